"""Staff with a smart card instead of a phone: the key is proved in TLS or by a proxy that signs, bound to one account, and out when it is withdrawn."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from firstminute.api.cards import signature
from firstminute.app import certificates
from firstminute.app.cli import main
from firstminute.app.settings import Settings
from firstminute.app.transport import Transport, TransportRefused
from firstminute.model.errors import Refused
from firstminute.store.accounts import Accounts, Role
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.staff_cards import StaffCards, fingerprint
from tests.support.accounts import PASSWORD, Book
from tests.support.authority import Authority, Card
from tests.support.service import VENUES, Running, drawn, start, wait_until


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who issues cards."""
    return Authority(tmp_path / "authority")


# --- what counts ------------------------------------------------------------------------------------------------------------------


def _cards(tmp_path: Path, authority: Authority) -> tuple[Book, StaffCards, str]:
    book = Book(tmp_path / "data")
    book.clock.now_s = time.time()
    return book, StaffCards(book.file, authority.file, authority.list), book.person("Wang")


def test_a_card_is_bound_to_one_account_and_right_for_it_alone(tmp_path: Path, authority: Authority) -> None:
    book, cards, wang = _cards(tmp_path, authority)
    li, card = book.person("Li"), authority.card("wang")
    bound = cards.bind(wang, card.pem.encode(), by="admin")
    assert bound.fingerprint == fingerprint(card.certificate) and cards.of(wang) == [bound]
    with book.file.write() as connection:
        assert cards.right(connection, wang, card.der)
        assert not cards.right(connection, li, card.der)
        assert not cards.right(connection, wang, authority.card("wang2").der)
        for shown in (None, b"", b"nonsense"):
            assert not cards.right(connection, wang, shown)
    with pytest.raises(Refused, match="card_bound"):
        cards.bind(li, card.pem.encode(), by="admin")


@pytest.mark.parametrize(
    "why, how",
    [
        ("over", {"days": -0.5, "since_days": -3.0}),
        ("not_yet", {"since_days": 1.0}),
        ("not_for_people", {"ca": True}),
        ("not_for_people", {"client": False}),
    ],
)
def test_a_certificate_that_does_not_count_is_not_bound(
    tmp_path: Path, authority: Authority, why: str, how: dict[str, Any]
) -> None:
    _, cards, wang = _cards(tmp_path, authority)
    with pytest.raises(Refused) as refused:
        cards.bind(wang, authority.card("x", **how).pem.encode(), by="admin")
    assert refused.value.parameters["why"] == why


def test_another_authority_of_the_same_name_the_authority_itself_and_nonsense_do_not_count(
    tmp_path: Path, authority: Authority
) -> None:
    _, cards, wang = _cards(tmp_path, authority)
    forged = Authority(tmp_path / "forged").card("wang")
    for pem in (forged.pem, authority.file.read_text(), "-----BEGIN CERTIFICATE-----\n" + "A" * 64):
        with pytest.raises(Refused, match="card_refused"):
            cards.bind(wang, pem.encode(), by="admin")


def test_a_withdrawn_card_is_dropped_and_its_holder_is_out(tmp_path: Path, authority: Authority) -> None:
    book, cards, wang = _cards(tmp_path, authority)
    card, opened = authority.card("wang"), None
    cards.bind(wang, card.pem.encode(), by="admin")
    opened = book.sign_in("Wang")
    assert cards.put_out_withdrawn() == 0
    authority.withdrawn.append(card.certificate.serial_number)
    authority.publish()
    with book.file.write() as connection:
        assert not StaffCards(book.file, authority.file, authority.list).right(connection, wang, card.der)
    assert cards.put_out_withdrawn() == 1 and cards.of(wang) == []
    assert book.sessions.find(opened.token) is None
    changed = [line.said["changed"] for line in book.file.untold() if line.what == "CredentialChanged"]
    assert changed == ["certificate_bound", "certificate_revoked"]


def test_a_list_that_is_old_missing_or_somebody_elses_opens_nothing(
    tmp_path: Path, authority: Authority
) -> None:
    _, cards, _ = _cards(tmp_path, authority)
    card = authority.card("wang")
    good = authority.list.read_bytes()
    authority.publish(days=1.0, at=datetime.now(UTC) - timedelta(days=3))
    for content in (authority.list.read_bytes(), b"", Authority(tmp_path / "forged").list.read_bytes()):
        authority.list.write_bytes(content)
        assert cards.wrong_with(card.certificate) == "list_old"
    authority.list.unlink()
    assert cards.wrong_with(card.certificate) == "list_old"
    authority.list.write_bytes(good)
    assert cards.wrong_with(card.certificate) is None


def test_an_authority_that_is_no_longer_pinned_issues_for_nobody(
    tmp_path: Path, authority: Authority
) -> None:
    _, cards, _ = _cards(tmp_path, authority)
    card = authority.card("wang")
    assert cards.wrong_with(card.certificate) is None
    authority.file.write_bytes(Authority(tmp_path / "next").file.read_bytes())
    assert cards.wrong_with(card.certificate) == "no_authority"


def test_cards_without_tls_and_keys_that_anybody_may_read_are_refused_at_the_start(
    tmp_path: Path, authority: Authority
) -> None:
    def refused(**more: Any) -> str:
        with pytest.raises(TransportRefused) as found:
            Transport(Settings(data_dir=tmp_path, staff_card_authorities=authority.file, **more))
        return found.value.code

    key = tmp_path / "proxy.key"
    assert refused() == "cards_without_tls"
    assert refused(behind_proxy=True, proxy_key=key) == "no_file"
    key.write_bytes(b"short")
    assert refused(behind_proxy=True, proxy_key=key) == "no_proxy_key"
    key.write_bytes(secrets.token_bytes(16).hex().encode())
    assert refused(proxy_key=key) == "no_proxy_key"
    key.chmod(0o604)
    assert refused(behind_proxy=True, proxy_key=key) == "key_is_open"
    pair = certificates.write(tmp_path, *certificates.make(["localhost"], 90, datetime.now(UTC)))
    authority.file.write_text("nothing")
    assert refused(tls_certificate=pair[0], tls_key=pair[1]) == "no_authorities"


# --- the whole service --------------------------------------------------------------------------------------------------------------


@contextmanager
def _serving(folder: Path, env: dict[str, str]) -> Iterator[Running]:
    service = start(folder / "data", None, drawn(VENUES)[0], env=env)
    try:
        yield service
    finally:
        service.stop()


def _invite(service: Running, name: str, card: Card, folder: Path) -> tuple[str, str]:
    """An account with a card, made at the machine: its id and its set-up link."""
    accounts = Accounts(AccountsFile(service.data))
    account_id, link = accounts.add(name, Role(role="dispatcher", seat="7"), by="command-line")
    accounts.file.close()
    words = ["account", "card", name, str(card.chain), "--data", str(service.data), "--json"]
    env = {"FIRSTMINUTE_STAFF_CARD_AUTHORITIES": str(folder / "authorities.pem")}
    done = CliRunner().invoke(main, words, env=env)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["fingerprint"] == fingerprint(card.certificate)
    return account_id, link


def test_over_tls_a_card_sets_up_and_signs_in_without_a_phone_and_withdrawing_puts_out(
    tmp_path: Path, authority: Authority
) -> None:
    pair = certificates.write(tmp_path, *certificates.make(["localhost", "127.0.0.1"], 90, datetime.now(UTC)))
    env = {
        "FIRSTMINUTE_TLS_CERTIFICATE": str(pair[0]), "FIRSTMINUTE_TLS_KEY": str(pair[1]),
        "FIRSTMINUTE_STAFF_CARD_AUTHORITIES": str(authority.file), "FIRSTMINUTE_STAFF_CARD_WITHDRAWN": str(authority.list),
    }  # fmt: skip
    card, other = authority.card("wang"), authority.card("li")

    def client(shown: Card | None) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(pair[0]))
        if shown is not None:
            context.load_cert_chain(shown.chain, shown.key)
        return httpx.Client(base_url=service.address, verify=context, timeout=30.0)

    with _serving(tmp_path, env) as service:
        _, link = _invite(service, "wang", card, authority.folder)
        setup = {"link": link, "password": PASSWORD, "card": True}
        with client(None) as nobody, client(other) as wrong, client(card) as wang:
            assert nobody.get("/session/ways").json()["card"] is True
            for without in (nobody, wrong):
                assert without.post("/setup", json=setup).json()["code"] == "second_factor_wrong"
            assert wang.post("/setup", json=setup).status_code == 201
            first = nobody.post("/session", json={"name": "wang", "password": PASSWORD}).json()
            assert first["ways"] == ["code", "card"]
            second = {"ticket": first["ticket"], "card": True}
            for without in (nobody, wrong):
                assert without.post("/session", json=second).status_code == 401
            done = wang.post("/session", json=second)
            assert done.status_code == 201, done.text
            bearer = {"authorization": f"Bearer {done.json()['token']}"}
            assert nobody.get("/me", headers=bearer).json()["seat"] == "7"
            authority.withdrawn.append(card.certificate.serial_number)
            authority.publish()
            assert wait_until(lambda: nobody.get("/me", headers=bearer).status_code == 401, 5.0)
            first = nobody.post("/session", json={"name": "wang", "password": PASSWORD}).json()
            assert first["ways"] == ["code"]
            shown = {"ticket": first["ticket"], "card": True}
            assert wang.post("/session", json=shown).status_code == 401


def test_a_proxy_shows_a_card_by_a_signature_and_nobody_else_can(
    tmp_path: Path, authority: Authority
) -> None:
    key = tmp_path / "proxy.key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    env = {
        "FIRSTMINUTE_BEHIND_PROXY": "true", "FIRSTMINUTE_PROXY_KEY": str(key),
        "FIRSTMINUTE_STAFF_CARD_AUTHORITIES": str(authority.file), "FIRSTMINUTE_STAFF_CARD_WITHDRAWN": str(authority.list),
    }  # fmt: skip
    card = authority.card("wang")
    shown = f":{base64.b64encode(card.der).decode()}:"

    def headers(path: str, *, at: int | None = None, with_key: bytes | None = None) -> dict[str, str]:
        now = int(time.time()) if at is None else at
        mac = signature(with_key or key.read_bytes().strip(), now, "POST", path, shown)
        return {"client-cert": shown, "client-cert-signature": f"{now}.{mac}"}

    with _serving(tmp_path, env) as service, httpx.Client(base_url=service.address, timeout=30.0) as proxy:
        _, link = _invite(service, "wang", card, authority.folder)
        setup = {"link": link, "password": PASSWORD, "card": True}
        assert proxy.post("/setup", json=setup, headers=headers("/setup")).status_code == 201

        def enter(with_headers: dict[str, str]) -> int:
            first = proxy.post("/session", json={"name": "wang", "password": PASSWORD}).json()
            second = {"ticket": first["ticket"], "card": True}
            return proxy.post("/session", json=second, headers=with_headers).status_code

        assert enter(headers("/session")) == 201
        wrong = [
            {"client-cert": shown}, headers("/session", with_key=b"x" * 64), headers("/setup"), headers("/session", at=int(time.time()) - 60),
        ]  # fmt: skip
        for each in wrong:
            assert enter(each) == 401
        assert enter(headers("/session")) == 201
