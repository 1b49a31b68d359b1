"""Single sign-on against a directory that speaks real HTTP: linked accounts, accounts at first sight, and every answer that must open nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from click.testing import CliRunner
from joserfc.jwk import ECKey

from firstminute.api.hub import Hub
from firstminute.app.cli import main
from firstminute.app.entrance import Entrance
from firstminute.app.settings import Settings
from firstminute.app.sso import SignOn, SignOnRefused
from firstminute.model.errors import Refused
from firstminute.store.accounts_file import AccountsFile
from tests.support.accounts import PASSWORD
from tests.support.directory import CLIENT, SECRET, Directory, directory
from tests.support.person import Person, book_of, person, signed
from tests.support.service import VENUES, Running, drawn, free_port, start

NEXT = iter(range(1000))


@pytest.fixture(scope="module")
def city_directory() -> Iterator[Directory]:
    """The city's own."""
    with directory() as found:
        yield found


def _settings(found: Directory, folder: Path, port: int, **more: str) -> dict[str, str]:
    secret = folder / "oidc.secret"
    secret.write_text(f"{SECRET}\n")
    given = {
        "oidc_issuer": found.issuer, "oidc_client_id": CLIENT, "oidc_secret": str(secret), "public_url": f"http://localhost:{port}",
        "oidc_roles": json.dumps({"desk": "dispatcher", "look": "analyst"}), **more,
    }  # fmt: skip
    return {f"FIRSTMINUTE_{name.upper()}": value for name, value in given.items()}


@pytest.fixture(scope="module")
def linked(city_directory: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that lets linked accounts in and trusts the directory's second factor."""
    folder, port = tmp_path_factory.mktemp("linked"), free_port()
    env = _settings(city_directory, folder, port, oidc_trusts_factor="true")
    service = start(folder / "data", None, drawn(VENUES)[0], port=port, env=env)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def made(city_directory: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that makes accounts at first sight."""
    folder, port = tmp_path_factory.mktemp("made"), free_port()
    env = _settings(city_directory, folder, port, oidc_trusts_factor="true", oidc_accounts="made")
    service = start(folder / "data", None, drawn(VENUES)[0], port=port, env=env)
    yield service
    service.stop()


@pytest.fixture(autouse=True)
def _honest(city_directory: Directory) -> Iterator[None]:
    yield
    city_directory.wrong = ""
    city_directory.claims = {"sub": f"u{next(NEXT)}", "name": "Wang", "groups": []}


def _go(service: Running, token: str = "", password: str | None = None) -> dict[str, str]:
    """Ask where to go, go there, and come back: code and state, as the page gets them."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    where, body = ("/sso/begin", None) if password is None else ("/sso/link", {"password": password})
    begun = httpx.post(service.address + where, json=body, headers=headers)
    assert begun.status_code == 200, begun.text
    sent = httpx.get(begun.json()["url"], follow_redirects=False)
    back = parse_qs(urlsplit(sent.headers["location"]).query)
    assert back["state"] == [begun.json()["state"]]
    return {"code": back["code"][0], "state": back["state"][0]}


def _finish(service: Running, back: dict[str, str], token: str = "") -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.post(f"{service.address}/sso/finish", json=back, headers=headers, timeout=30.0)


def _link(service: Running, who: Person) -> None:
    token = who.sign_in()["token"]
    done = _finish(service, _go(service, token, PASSWORD), token)
    assert done.json() == {"step": "linked"}, done.text


def test_a_linked_account_still_shows_our_second_factor_unless_the_directory_asked_for_one(
    linked: Running, city_directory: Directory
) -> None:
    city_directory.claims = {"sub": "wang-1", "name": "Wang"}
    assert httpx.get(f"{linked.address}/session/ways").json()["sso"] == "127.0.0.1"
    wang = person(linked, "wang 1")
    unknown = _finish(linked, _go(linked))
    assert (unknown.status_code, unknown.json()["code"]) == (403, "sso_unknown")
    _link(linked, wang)
    first = _finish(linked, _go(linked))
    assert (first.status_code, first.json()["step"], first.json()["ways"]) == (200, "second_factor", ["code"])
    second = {"ticket": first.json()["ticket"], "code": wang.recovery.pop()}
    assert httpx.post(f"{linked.address}/session", json=second).json()["account_id"] == wang.account_id
    city_directory.claims["amr"] = ["pwd", "mfa"]
    done = _finish(linked, _go(linked))
    assert done.status_code == 201
    with signed(linked, done.json()["token"]) as client:
        assert client.get("/me").json()["account_id"] == wang.account_id
        assert client.get("/me/ways").json()["sso"] is True
    book = book_of(linked)
    book.lock(wang.account_id, by="command-line")
    book.file.close()
    assert _finish(linked, _go(linked)).status_code == 403, "who is locked is locked for the directory too"


def test_linking_needs_the_password_and_the_session_that_began_it(
    linked: Running, city_directory: Directory
) -> None:
    city_directory.claims = {"sub": "wang-2"}
    wang, li = person(linked, "wang 2"), person(linked, "li 2")
    token, other = wang.sign_in()["token"], li.sign_in()["token"]
    headers = {"authorization": f"Bearer {token}"}
    wrong = httpx.post(f"{linked.address}/sso/link", json={"password": "guess"}, headers=headers)
    assert wrong.json()["code"] == "wrong_secret"
    assert httpx.post(f"{linked.address}/sso/link", json={"password": PASSWORD}).status_code == 401
    for shown in ("", other):
        assert _finish(linked, _go(linked, token, PASSWORD), shown).json()["code"] == "sso_failed"
    _link(linked, wang)
    taken = _finish(linked, _go(linked, other, PASSWORD), other)
    assert taken.json()["code"] == "identity_taken"


@pytest.mark.parametrize("wrong", ["signature", "key", "none_alg", "hs256"])
def test_39_tokens_that_the_directory_did_not_sign_open_nothing(
    made: Running, city_directory: Directory, wrong: str
) -> None:
    city_directory.claims |= {"groups": ["desk"], "amr": ["mfa"]}
    city_directory.wrong = wrong
    refused = _finish(made, _go(made))
    assert (refused.status_code, refused.json()["code"]) == (401, "sso_failed")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"aud": "another client"},
        {"aud": ["firstminute", "another"], "azp": "another"},
        {"nonce": "x" * 40},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"iat": 4_000_000_000},
    ],
    ids=lambda claims: "-".join(claims),
)
def test_39_tokens_for_somebody_or_some_moment_else_open_nothing(
    made: Running, city_directory: Directory, claims: dict[str, Any]
) -> None:
    city_directory.claims |= {"groups": ["desk"], "amr": ["mfa"], **claims}
    refused = _finish(made, _go(made))
    assert (refused.status_code, refused.json()["code"]) == (401, "sso_failed")


def test_a_state_is_good_once_and_a_code_for_its_own_question_alone(
    made: Running, city_directory: Directory
) -> None:
    city_directory.claims |= {"groups": ["desk"], "amr": ["mfa"]}
    one, two = _go(made), _go(made)
    crossed = {"code": two["code"], "state": one["state"]}
    assert _finish(made, crossed).json()["code"] == "sso_failed", "PKCE: another verifier"
    for state in (one["state"], "0" * 64, "not hexadecimal at all"):
        assert _finish(made, {"code": one["code"], "state": state}).json()["code"] == "sso_failed"
    back = _go(made)
    assert _finish(made, back).status_code == 201 and _finish(made, back).status_code == 401


def test_at_first_sight_groups_give_roles_and_a_group_that_is_gone_takes_them_with_their_sessions(
    made: Running, city_directory: Directory
) -> None:
    city_directory.claims = {
        "sub": "li-9",
        "preferred_username": "Li Na",
        "groups": ["desk", "other"],
        "amr": ["mfa"],
    }
    done = _finish(made, _go(made))
    assert (done.status_code, done.json()["role"]) == (201, "dispatcher")
    account_id = done.json()["account_id"]
    book = book_of(made)
    try:
        assert book.get(account_id).name == "li na"
        assert [each.role for each in book.roles_of(account_id)] == ["dispatcher"]
        city_directory.claims["groups"] = ["look"]
        again = _finish(made, _go(made))
        assert (again.json()["account_id"], again.json()["role"]) == (account_id, "analyst")
        with signed(made, done.json()["token"]) as old:
            assert old.get("/me").status_code == 401
        city_directory.claims["groups"] = ["nothing of ours"]
        assert _finish(made, _go(made)).json()["code"] == "no_role_by_groups"
        assert book.roles_of(account_id) == []
        with signed(made, again.json()["token"]) as old:
            assert old.get("/me").status_code == 401
        city_directory.claims |= {"groups": ["desk"], "amr": ["pwd"]}
        assert _finish(made, _go(made)).json()["code"] == "sso_one_factor"
        book.lock(account_id, by="command-line", why="left")
    finally:
        book.file.close()


def test_nobody_gets_an_account_without_a_group_or_with_one_factor(
    made: Running, city_directory: Directory
) -> None:
    city_directory.claims |= {"groups": [], "amr": ["mfa"]}
    assert _finish(made, _go(made)).json()["code"] == "no_role_by_groups"
    city_directory.claims |= {"groups": ["desk"], "amr": []}
    assert _finish(made, _go(made)).json()["code"] == "sso_one_factor"


def test_a_new_key_of_the_directory_is_fetched_once(
    city_directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstminute.app.sso.KEYS_AGAIN_S", 0.0)
    sign_on = SignOn(city_directory.issuer, CLIENT, None, "groups")
    sign_on._secret = SECRET

    def through() -> str:
        begun = sign_on.begin("http://localhost/")
        back = parse_qs(urlsplit(httpx.get(begun["url"]).headers["location"]).query)
        return sign_on.finish(back["code"][0], back["state"][0]).subject

    assert through() == city_directory.claims["sub"]
    city_directory.key = ECKey.generate_key("P-256", auto_kid=True)
    assert through() == city_directory.claims["sub"]


def test_a_directory_that_is_gone_or_another_is_said_so(city_directory: Directory) -> None:
    gone = SignOn(f"http://127.0.0.1:{free_port()}", CLIENT, None, "groups")
    began = time.monotonic()
    with pytest.raises(Refused, match="sso_unreachable"):
        gone.begin("http://localhost/")
    assert time.monotonic() - began < 6.0
    try:
        for name, value in (
            ("described_as", "https://evil.test"),
            ("end", "http://10.0.0.1"),
            ("end", "file:///etc"),
        ):
            setattr(city_directory, name, value)
            lying = SignOn(city_directory.issuer, CLIENT, None, "groups")
            with pytest.raises(Refused, match="sso_unreachable"):
                begun = lying.begin("http://localhost/")
                back = parse_qs(urlsplit(httpx.get(begun["url"]).headers["location"]).query)
                lying.finish(back["code"][0], back["state"][0])
            setattr(city_directory, name, "")
    finally:
        city_directory.described_as = city_directory.end = ""


@pytest.mark.parametrize(
    "given, says",
    [
        ({"oidc_issuer": "http://directory.example"}, "not over TLS"),
        ({"oidc_roles": {"x": "system_admin"}}, "system_admin"),
        ({"oidc_roles": {"x": "patrol"}}, "patrol"),
        ({"oidc_accounts": "made", "oidc_trusts_factor": False}, "oidc_trusts_factor"),
        ({"public_url": None}, "public_url"),
        ({"oidc_client_id": ""}, "oidc_client_id"),
    ],
)
def test_settings_that_cannot_be_stop_the_start_with_a_sentence(
    tmp_path: Path, given: dict[str, Any], says: str
) -> None:
    whole: dict[str, Any] = {
        "oidc_issuer": "https://directory.example", "oidc_client_id": "x", "public_url": "https://desk.example", **given
    }  # fmt: skip
    file = AccountsFile(tmp_path)
    with pytest.raises(SignOnRefused) as refused:
        Entrance(file, Hub(), Settings(data_dir=tmp_path, **whole))
    assert says in str(refused.value.params["reason"])
    file.close()


def test_the_command_line_says_it_in_the_operators_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRSTMINUTE_OIDC_ISSUER", "https://directory.example")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said = CliRunner().invoke(main, ["serve", "--data", str(tmp_path), "--port", "0"])
    assert said.exit_code == 1 and "统一身份登录设置有误" in said.output
