"""What somebody changes about his own ways in over HTTP: each costs the password again, and what is shown once works once."""

from __future__ import annotations

import base64
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from firstminute.store.guesses import GUESSES
from firstminute.store.totp import STEP_S, code_at
from tests.support.accounts import PASSWORD
from tests.support.authenticator import Authenticator
from tests.support.person import Person, person, signed
from tests.support.service import Running, running

NEXT = iter(range(1000))
NEW = "another long password"


@pytest.fixture
def wang(service: Running) -> Person:
    """A dispatcher."""
    return person(service, f"own {next(NEXT)}", "dispatcher", seat="seat-7")


def _local(service: Running) -> dict[str, str]:
    """As the page asks under a name that passkeys can be bound to."""
    return {"host": f"localhost:{urlsplit(service.address).port}"}


def _second(service: Running, wang: Person, **shown: Any) -> httpx.Response:
    first = httpx.post(
        f"{service.address}/session", json={"name": wang.name, "password": PASSWORD}, headers=_local(service)
    )
    body = {"ticket": first.json()["ticket"], **shown}
    return httpx.post(f"{service.address}/session", json=body, headers=_local(service), timeout=30.0)


def test_a_new_password_ends_every_other_session(service: Running, wang: Person) -> None:
    with wang.client() as here, wang.client() as there:
        wrong = here.put("/me/password", json={"password": "guess", "new": NEW})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_secret")
        weak = here.put("/me/password", json={"password": PASSWORD, "new": "short"})
        assert weak.json()["code"] == "password_too_short"
        assert here.put("/me/password", json={"password": PASSWORD, "new": NEW}).status_code == 204
        assert here.get("/me").status_code == 200 and there.get("/me").status_code == 401
    assert wang.ticket(PASSWORD).status_code == 401 and wang.ticket(NEW).status_code == 200


def test_guesses_at_an_open_desk_are_charged_like_any_other(service: Running, wang: Person) -> None:
    with wang.client() as here:
        answers = [here.post("/me/recovery", json={"password": f"guess {n}"}) for n in range(GUESSES)]
        assert {answer.json()["code"] for answer in answers} == {"wrong_secret"}
        assert here.post("/me/recovery", json={"password": PASSWORD}).status_code == 403
        assert here.get("/me").status_code == 200, "the session itself stays"
    assert wang.ticket().status_code == 401


def test_another_app_takes_over_with_its_first_code_and_not_before(service: Running, wang: Person) -> None:
    with wang.client() as here:
        assert here.put("/me/app", json={"code": "000000"}).json()["code"] == "second_factor_wrong"
        told = here.post("/me/app", json={"password": PASSWORD}).json()
        secret = base64.b32decode(told["secret"])
        assert told["uri"].startswith("otpauth://totp/") and set("".join(told["qr"])) == {"0", "1"}
        code = code_at(secret, int(time.time() // STEP_S))
        assert _second(service, wang, code=code).status_code == 401, "not yet"
        fresh = here.put("/me/app", json={"code": code}).json()["recovery_codes"]
        assert len(set(fresh)) == 10
    assert _second(service, wang, code=wang.recovery[0]).status_code == 401, "the old codes ended"
    assert _second(service, wang, code=code_at(wang.secret, int(time.time() // STEP_S))).status_code == 401
    assert _second(service, wang, code=fresh[0]).status_code == 201


def test_new_recovery_codes_end_the_old(service: Running, wang: Person) -> None:
    with wang.client() as here:
        fresh = here.post("/me/recovery", json={"password": PASSWORD}).json()["recovery_codes"]
        assert here.get("/me/ways").json()["recovery"] == 10
    assert _second(service, wang, code=wang.recovery[0]).status_code == 401
    assert _second(service, wang, code=fresh[3]).status_code == 201


def test_a_passkey_is_made_used_and_removed(service: Running, wang: Person) -> None:
    key, origin = Authenticator(), f"http://{_local(service)['host']}"
    with signed(service, wang.sign_in()["token"], **_local(service)) as here:
        assert here.post("/me/passkeys/begin", json={"password": "guess"}).json()["code"] == "wrong_secret"
        asked = here.post("/me/passkeys/begin", json={"password": PASSWORD}).json()
        assert asked["rp"]["id"] == "localhost"
        made = here.post("/me/passkeys", json={"label": "My Key", "passkey": key.make(asked, origin)})
        assert made.status_code == 201 and made.json()["label"] == "my key"
        first = httpx.post(
            f"{service.address}/session",
            json={"name": wang.name, "password": PASSWORD},
            headers=_local(service),
        ).json()
        assert first["ways"] == ["code", "passkey"]
        body = {"ticket": first["ticket"], "passkey": key.sign(first["passkey"], origin)}
        done = httpx.post(f"{service.address}/session", json=body, headers=_local(service))
        assert done.status_code == 201, done.text
        again = httpx.post(f"{service.address}/session", json=body, headers=_local(service))
        assert again.status_code == 401
        at = f"/me/passkeys/{made.json()['passkey_id']}/remove"
        assert here.post(at, json={"password": "guess"}).status_code == 403
        assert here.post(at, json={"password": PASSWORD}).status_code == 204
        assert here.get("/me/ways").json()["passkeys"] == []
        assert here.post("/session/unlock/passkey").json()["code"] == "unknown_passkey"
        assert (
            here.post(
                "/me/passkeys/begin", json={"password": PASSWORD}, headers={"host": "127.0.0.1"}
            ).json()["code"]
            == "no_public_url"
        )


def test_a_passkey_alone_opens_nothing_where_policy_wants_a_password(service: Running, wang: Person) -> None:
    begun = httpx.post(f"{service.address}/session/passkey", headers=_local(service))
    assert begun.json()["code"] == "no_passkey_first"
    lonely = Authenticator().sign({"challenge": "AAAA", "rpId": "localhost"}, "http://localhost")
    assert httpx.post(f"{service.address}/session", json={"passkey": lonely}).status_code == 401


def test_where_policy_says_so_a_passkey_alone_is_enough(tmp_path_factory: pytest.TempPathFactory) -> None:
    env = {"FIRSTMINUTE_PASSKEY_FIRST": "true", "FIRSTMINUTE_PUBLIC_URL": "https://desk.example"}
    with running(tmp_path_factory.mktemp("first"), with_ground=False, env=env) as service:
        wang, key = person(service, "first", "dispatcher"), Authenticator()
        with wang.client() as here:
            asked = here.post("/me/passkeys/begin", json={"password": PASSWORD}).json()
            answer = key.make(asked, "https://desk.example")
            assert here.post("/me/passkeys", json={"label": "key", "passkey": answer}).status_code == 201
        begun = httpx.post(f"{service.address}/session/passkey").json()
        body = {"passkey": key.sign(begun, "https://desk.example")}
        done = httpx.post(f"{service.address}/session", json=body)
        assert (done.status_code, done.json()["account_id"]) == (201, wang.account_id)
        assert httpx.post(f"{service.address}/session", json=body).status_code == 401


def test_43_one_code_used_twice_at_once_opens_one_door(service: Running, wang: Person) -> None:
    code = code_at(wang.secret, wang.made + 1)
    tickets = [wang.ticket().json()["ticket"]]
    answers: list[int] = []

    def use() -> None:
        body = {"ticket": tickets[0], "code": code}
        answers.append(httpx.post(f"{service.address}/session", json=body, timeout=60.0).status_code)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 401, 401, 401]
    assert _second(service, wang, code=code).status_code == 401


def test_43_ten_parallel_guesses_shut_the_door_and_a_phone_ninety_seconds_behind_stays_out(
    service: Running, wang: Person
) -> None:
    late = code_at(wang.secret, int((time.time() - 90) // STEP_S))
    assert _second(service, wang, code=late).status_code == 401
    other = person(service, f"own {next(NEXT)}", "dispatcher")
    answers: list[int] = []

    def guess(number: int) -> None:
        answers.append(other.ticket(f"wrong guess {number}").status_code)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [401] * 10 and other.ticket().status_code == 401


def test_a_device_has_no_ways_to_change(service: Running) -> None:
    with service.client("device") as device:
        assert device.get("/me/ways").json()["code"] == "no_session"
        assert device.put("/me/pin", json={"pin": "2580"}).json()["code"] == "no_session"
        assert device.post("/session/lock").json()["code"] == "no_session"
        assert device.post("/session/here").status_code == 204
