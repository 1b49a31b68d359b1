"""Passkeys: bound to our address, counted, several and revocable; what any other key, place or moment signed opens nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

from firstminute.model.errors import Refused
from firstminute.store.guesses import GUESSES
from firstminute.store.passkeys import MOST_OF_ONE, Passkeys, Site
from firstminute.store.sessions import Opened, Place
from tests.support.accounts import PASSWORD, Book
from tests.support.authenticator import PRESENT, Authenticator

SITE = Site("desk.example", "https://desk.example")
HERE = Place("page", "10.0.0.7")


class Held:
    """A dispatcher with a passkey."""

    def __init__(self, folder: Path) -> None:
        self.book = Book(folder)
        self.account_id = self.book.person("Wang")
        self.passkeys = Passkeys(self.book.file)
        self.key = Authenticator()
        self.add(self.key)

    def add(self, key: Authenticator, label: str = "my key") -> str:
        """Make a passkey."""
        options = self.passkeys.begin(self.account_id, "wang", SITE)
        made = self.passkeys.finish(self.account_id, key.make(options, SITE.origin), label, SITE)
        return made.passkey_id

    def ask(self) -> dict[str, Any]:
        """What the browser is told after the password."""
        asked = self.passkeys.ask(self.account_id, SITE)
        assert asked is not None
        return asked

    def enter(self, answer: dict[str, Any], site: Site = SITE) -> Opened | None:
        """Password, then this answer."""
        ticket = self.book.door.password("wang", PASSWORD)
        assert ticket is not None
        return self.book.door.second_by(
            ticket,
            lambda connection, row: self.passkeys.right(connection, row["account_id"], answer, site),
            HERE,
        )

    def told(self) -> list[str]:
        """What was written about the ways in."""
        lines = self.book.file.untold()
        return [line.said["changed"] for line in lines if line.what == "CredentialChanged"]


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """Wang has one passkey."""
    return Held(tmp_path)


def test_a_passkey_is_a_second_factor_and_each_question_is_answered_once(held: Held) -> None:
    answer = held.key.sign(held.ask(), SITE.origin)
    assert held.enter(answer) is not None
    assert held.enter(answer) is None, "the same answer again"
    held.ask()
    assert held.enter(answer) is None, "the same answer to another question"
    assert held.enter(held.key.sign(held.ask(), SITE.origin)) is not None
    assert held.told() == ["passkey_added"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://desk.example.evil.test"},
        {"origin": "http://desk.example"},
        {"rp_id": "evil.test"},
        {"challenge": bytes_to_base64url(b"\0" * 32)},
        {"key": ec.generate_private_key(ec.SECP256R1())},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_another_address_question_or_key_signed_opens_nothing(held: Held, wrong: dict[str, Any]) -> None:
    origin = wrong.pop("origin", SITE.origin)
    assert held.enter(held.key.sign(held.ask(), origin, **wrong)) is None


def test_a_counter_that_does_not_rise_is_a_copy_and_is_told(held: Held) -> None:
    assert held.enter(held.key.sign(held.ask(), SITE.origin)) is not None
    assert held.enter(held.key.sign(held.ask(), SITE.origin, step=0)) is None
    assert held.told()[-1] == "passkey_copied"
    assert held.enter(held.key.sign(held.ask(), SITE.origin)) is not None, "the one that goes on counting"


def test_a_key_that_never_counts_is_taken(held: Held) -> None:
    still = Authenticator()
    held.add(still, "a phone")
    for _ in range(2):
        assert held.enter(still.sign(held.ask(), SITE.origin, step=0)) is not None


def test_several_passkeys_each_removed_by_itself(held: Held) -> None:
    second = Authenticator()
    passkey_id = held.add(second, "Spare Key")
    assert [each.label for each in held.passkeys.of(held.account_id)] == ["my key", "spare key"]
    held.passkeys.remove(held.account_id, passkey_id)
    assert held.enter(second.sign(held.ask(), SITE.origin)) is None
    assert held.enter(held.key.sign(held.ask(), SITE.origin)) is not None
    with pytest.raises(Refused, match="unknown_passkey"):
        held.passkeys.remove("0" * 32, held.passkeys.of(held.account_id)[0].passkey_id)


def test_an_account_holds_a_bounded_number_and_no_key_twice(held: Held) -> None:
    options = held.passkeys.begin(held.account_id, "wang", SITE)
    assert [each["id"] for each in options["excludeCredentials"]] == [
        bytes_to_base64url(held.key.credential_id)
    ]
    with pytest.raises(Refused, match="passkey_refused"):
        held.passkeys.finish(held.account_id, held.key.make(options, SITE.origin), "again", SITE)
    for number in range(MOST_OF_ONE - 1):
        held.add(Authenticator(), f"key {number}")
    with pytest.raises(Refused, match="passkeys_full"):
        held.passkeys.begin(held.account_id, "wang", SITE)


@pytest.mark.parametrize("origin", ["https://evil.test", "http://desk.example"])
def test_a_passkey_made_elsewhere_or_without_a_question_is_not_kept(held: Held, origin: str) -> None:
    options = held.passkeys.begin(held.account_id, "wang", SITE)
    for answer in (Authenticator().make(options, origin), Authenticator().make(options, SITE.origin)):
        with pytest.raises(Refused, match="passkey_refused"):
            held.passkeys.finish(held.account_id, answer, "stolen", SITE)
    assert len(held.passkeys.of(held.account_id)) == 1, "the first try spent the question"


@pytest.mark.parametrize(
    "answer",
    [{}, {"id": "x"}, {"id": "x", "rawId": "y", "type": "public-key", "response": {"clientDataJSON": "!"}}],
)
def test_what_is_no_answer_is_refused_without_a_fault(held: Held, answer: dict[str, Any]) -> None:
    held.ask()
    assert held.enter(answer) is None
    held.passkeys.begin(held.account_id, "wang", SITE)
    with pytest.raises(Refused, match="passkey_refused"):
        held.passkeys.finish(held.account_id, answer, "label", SITE)


def test_wrong_passkeys_are_charged_like_wrong_codes(held: Held) -> None:
    for _ in range(GUESSES):
        assert held.enter({}) is None
    assert held.book.door.password("wang", PASSWORD) is None


def test_alone_it_must_have_verified_its_holder_and_answers_an_open_question(held: Held) -> None:
    def alone(answer: dict[str, Any]) -> bool:
        with held.book.file.write() as connection:
            return held.passkeys.right(connection, held.account_id, answer, SITE, alone=True)

    assert (
        held.passkeys.holder(held.key.sign(held.passkeys.ask_anybody(SITE), SITE.origin)) == held.account_id
    )
    answer = held.key.sign(held.passkeys.ask_anybody(SITE), SITE.origin)
    assert alone(answer) and not alone(answer)
    assert not alone(held.key.sign(held.ask(), SITE.origin)), "a question that was asked after a password"
    held.key.flags = PRESENT
    assert not alone(held.key.sign(held.passkeys.ask_anybody(SITE), SITE.origin))
    assert held.passkeys.ask_anybody(SITE)["userVerification"] == "required"


def test_questions_end_after_minutes_and_a_flood_of_them_keeps_everybodys_own(held: Held) -> None:
    asked = held.ask()
    for _ in range(5_000):
        held.passkeys.ask_anybody(SITE)
    assert held.enter(held.key.sign(asked, SITE.origin)) is not None


def test_whoever_is_reset_or_leaves_has_no_passkey(held: Held) -> None:
    held.book.accounts.reset(held.account_id, by="command-line")
    assert held.passkeys.of(held.account_id) == [] and held.passkeys.ask(held.account_id, SITE) is None
    assert (
        held.passkeys.holder(json.loads(json.dumps(held.key.sign({"challenge": "", "rpId": "x"}, "y"))))
        is None
    )
