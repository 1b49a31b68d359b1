"""Rights over HTTP: given by the security administrator alone, never to himself, never one of the three duties; and 18 members who join by QR."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from firstminute.app.secrets import ROLES
from firstminute.model.roles import ACCOUNT_ROLES, DUTIES
from firstminute.store.signing_in import GUESSES
from tests.support.accounts import PASSWORD
from tests.support.person import Person, person, signed, use_link
from tests.support.service import Running, wait_until

NEXT = iter(range(1000))


@pytest.fixture(scope="module")
def security(service: Running) -> httpx.Client:
    """A security administrator, signed in."""
    return person(service, "security of the accounts test", "security_admin").client()


def _new(service: Running, security: httpx.Client, role: str = "inspector", **place: str) -> Person:
    name = f"new {next(NEXT)}"
    made = security.post("/accounts", json={"name": name, "role": role, **place})
    assert made.status_code == 201, made.text
    return use_link(service, name, made.json()["link"], made.json()["account_id"])


def test_an_account_is_made_used_locked_unlocked_reset_and_its_timeline_is_the_auditors(
    service: Running, security: httpx.Client
) -> None:
    wang = _new(service, security, "dispatcher", seat="3")
    at = f"/accounts/{wang.account_id}"
    with wang.client() as his, person(service, f"audit {next(NEXT)}", "auditor").client() as auditor:
        assert his.get("/me").json()["seat"] == "3"
        assert security.post(f"{at}/roles", json={"role": "analyst"}).status_code == 204
        assert wang.sign_in(role="analyst")["role"] == "analyst"
        assert security.delete(f"{at}/roles/dispatcher").status_code == 204
        assert his.get("/me").status_code == 401
        (session,) = security.get(f"{at}/sessions").json()["sessions"]
        assert session["role"] == "analyst" and "token" not in session
        assert security.delete(f"{at}/sessions").json() == {"count": 1}
        assert security.get(f"{at}/sessions").json() == {"sessions": []}
        assert security.post(f"{at}/lock").status_code == 204
        found = security.get(
            "/accounts", params={"holding": f" {wang.name[1:].upper()} ", "state": "locked"}
        ).json()
        assert [each["account_id"] for each in found["accounts"]] == [wang.account_id]
        assert found["next"] is None
        asked = {"holding": wang.name, "state": "active"}
        assert security.get("/accounts", params=asked).json()["accounts"] == []
        assert security.get("/accounts", params={"state": "elsewhere"}).status_code == 422
        assert wang.ticket().status_code == 401
        assert security.post(f"{at}/unlock").status_code == 204
        assert wang.ticket().status_code == 200
        assert use_link(service, wang.name, security.post(f"{at}/reset").json()["link"], wang.account_id)
        assert security.post(f"{at}/lock", json={"left": True}).status_code == 204
        assert security.post(f"{at}/unlock").status_code == 404
        wanted = (
            "AccountMade AccountRoleGiven AccountSetUp RecoveryCodeUsed AccountRoleGiven RecoveryCodeUsed AccountRoleRevoked "
            "SessionsEnded AccountLocked AccountUnlocked CredentialsReset AccountSetUp AccountLocked"
        ).split()

        def kinds() -> list[str]:
            answer = auditor.get(f"{at}/timeline")
            return [fact["kind"] for fact in answer.json().get("facts", [])]

        assert wait_until(lambda: kinds() == wanted, 20.0), kinds()
        actors = {fact["actor"] for fact in auditor.get(f"{at}/timeline").json()["facts"]}
        assert actors == {security.get("/me").json()["account_id"], wang.account_id}
        assert security.get(f"{at}/timeline").status_code == 403, "who gives rights does not read the record"
        assert wang.name not in auditor.get(f"{at}/timeline").text


@pytest.mark.parametrize("duty", DUTIES)
def test_duties_are_not_given_taken_or_reset_over_the_network(
    service: Running, security: httpx.Client, duty: str
) -> None:
    holder = person(service, f"{duty} {next(NEXT)}", duty)
    at = f"/accounts/{holder.account_id}"
    answers = [
        security.post("/accounts", json={"name": f"x {next(NEXT)}", "role": duty}),
        security.post(f"{at}/roles", json={"role": duty}),
        security.delete(f"{at}/roles/{duty}"),
        security.post(f"{at}/reset"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "duty_by_command_line")] * 4


def test_nobody_gives_himself_anything(service: Running, security: httpx.Client) -> None:
    own = f"/accounts/{security.get('/me').json()['account_id']}"
    answers = [
        security.post(f"{own}/roles", json={"role": "commander"}),
        security.post(f"{own}/lock"),
        security.post(f"{own}/unlock"),
    ]
    assert [a.json()["code"] for a in answers] == ["own_rights"] * 3


def test_only_the_security_administrator_reaches_accounts(service: Running, security: httpx.Client) -> None:
    target = _new(service, security)
    at = f"/accounts/{target.account_id}"
    doors = [
        ("GET", "/accounts", None), ("GET", f"{at}/sessions", None),
        ("POST", "/accounts", {"name": "x y", "role": "commander"}), ("POST", f"{at}/roles", {"role": "commander"}),
        ("DELETE", f"{at}/roles/inspector", None), ("POST", f"{at}/lock", None), ("POST", f"{at}/reset", None), ("DELETE", f"{at}/sessions", None),
    ]  # fmt: skip
    clients = {role: service.client(role) for role in ROLES}
    for role in ACCOUNT_ROLES:
        if role != "security_admin":
            needed = {"patrol": {"unit_id": "u1"}, "lead": {"team_id": "t1"}, "member": {"team_id": "t1"}}
            clients[f"session {role}"] = person(
                service, f"{role} {next(NEXT)}", role, **needed.get(role, {})
            ).client()
    for who, client in clients.items():
        for method, path, body in doors:
            answer = client.request(method, path, json=body)
            assert answer.status_code == 403, (who, method, path, answer.text)
        client.close()
    assert httpx.get(f"{service.address}/accounts").status_code == 401


def test_a_commander_opens_the_door_that_guesses_shut_and_no_other(
    service: Running, security: httpx.Client
) -> None:
    wang = _new(service, security, "dispatcher", seat="4")
    at = f"/accounts/{wang.account_id}"
    for _ in range(GUESSES):
        wang.ticket("wrong guess")
    assert wang.ticket(PASSWORD).status_code == 401
    with service.client("commander", **{"accept-language": "zh-CN"}) as commander:
        assert commander.post(f"{at}/unlock").status_code == 204
        assert wang.ticket(PASSWORD).status_code == 200
        security.post(f"{at}/lock")
        refused = commander.post(f"{at}/unlock")
        assert refused.json()["code"] == "locked_by_order" and "安全管理员" in refused.json()["title"]
        admin = person(service, f"sys {next(NEXT)}", "system_admin")
        assert commander.post(f"/accounts/{admin.account_id}/unlock").status_code == 403
    with service.client("dispatcher") as dispatcher:
        assert dispatcher.post(f"{at}/unlock").status_code == 403


def test_eighteen_members_join_by_qr_in_two_minutes_and_a_leaver_is_out_at_once(service: Running) -> None:
    team = service.city.registers["teams"][0].team_id  # type: ignore[union-attr]
    began = time.monotonic()
    with person(service, f"lead {next(NEXT)}", "lead", team_id=team).client() as lead:
        shown = lead.post(f"/teams/{team}/enrolment", json={"most": 18})
        assert shown.status_code == 201
        answers: list[httpx.Response] = []

        def scan(number: int) -> None:
            body = {"code": shown.json()["code"], "label": f"队员 {number}"}
            answers.append(httpx.post(f"{service.address}/enrolment", json=body, timeout=60.0))

        threads = [threading.Thread(target=scan, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(a.status_code for a in answers) == [201] * 18 + [404] * 2
        assert time.monotonic() - began < 120.0
        joined = [a.json() for a in answers if a.status_code == 201]
        assert len(lead.get(f"/teams/{team}/enrolled").json()["enrolled"]) == 18
        with signed(service, joined[0]["token"]) as phone, signed(service, joined[1]["token"]) as other:
            assert phone.get("/me").json()["team_id"] == team and phone.get("/incidents").status_code == 200
            assert lead.delete(f"/teams/{team}/enrolled/{joined[0]['account_id']}").status_code == 204
            assert phone.get("/me").status_code == 401 and other.get("/me").status_code == 200
        assert lead.delete(f"/teams/{team}/enrolment").status_code == 204
        elsewhere = service.city.registers["teams"][1].team_id  # type: ignore[union-attr]
        for answer in (
            lead.post(f"/teams/{elsewhere}/enrolment"),
            lead.get(f"/teams/{elsewhere}/enrolled"),
            lead.delete(f"/teams/{elsewhere}/enrolled/{joined[1]['account_id']}"),
        ):
            assert answer.status_code == 403 and answer.json()["code"] == "not_yours"
    with service.client("lead") as nobody:
        assert nobody.post(f"/teams/{team}/enrolment").status_code == 403
