"""Joining a team by QR: a bound that holds when everybody scans at once, two hours and no more, and a leaver who is out at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.store.enrolment import LASTS_S, Enrolment
from firstminute.store.sessions import DEVICE_S, IDLE_S, Place
from tests.support.accounts import Book

PHONE = Place("phone", "10.1.1.1")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Nobody has joined."""
    return Book(tmp_path)


def _code(call: object, *arguments: object, **named: object) -> str:
    with pytest.raises(Refused) as found:
        call(*arguments, **named)  # type: ignore[operator]
    return found.value.code


def test_a_phone_joins_speaks_for_its_team_and_does_not_idle(book: Book) -> None:
    enrolment = Enrolment(book.accounts)
    code = enrolment.open("t1", by="lead-1")
    opened, team_id = enrolment.join(code.code, "Auntie Liu", PHONE)
    assert team_id == "t1"
    assert book.sessions.find(opened.token) == Actor(id=opened.account_id, role="member", team_id="t1")
    book.clock.now_s += 100 * IDLE_S
    assert book.sessions.find(opened.token) is not None
    book.clock.now_s += DEVICE_S
    assert book.sessions.find(opened.token) is None
    assert book.door.password("Auntie Liu " + opened.account_id[:8], "") is None, "there is no password"


def test_of_thirty_who_scan_at_once_eighteen_join(book: Book) -> None:
    enrolment, joined, turned_away = Enrolment(book.accounts), [], []
    code = enrolment.open("t1", by="lead-1", most=18)

    def scan(number: int) -> None:
        try:
            joined.append(enrolment.join(code.code, f"member {number}", PHONE)[0].account_id)
        except Refused as problem:
            turned_away.append(problem.code)

    threads = [threading.Thread(target=scan, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(joined)) == 18 and turned_away == ["enrolment_unknown"] * 12
    assert {member.account_id for member in enrolment.members("t1")} == set(joined)


def test_a_code_ends_after_two_hours_by_a_newer_one_and_when_the_lead_says_so(book: Book) -> None:
    enrolment = Enrolment(book.accounts)
    older, newer, others = (enrolment.open(team, by="lead") for team in ("t1", "t1", "t2"))
    assert _code(enrolment.join, older.code, "someone", PHONE) == "enrolment_unknown"
    assert enrolment.join(newer.code, "someone", PHONE)[1] == "t1"
    assert enrolment.close("t1") and not enrolment.close("t1")
    assert _code(enrolment.join, newer.code, "someone", PHONE) == "enrolment_unknown"
    book.clock.now_s += LASTS_S + 1
    assert _code(enrolment.join, others.code, "someone", PHONE) == "enrolment_unknown"


def test_a_leaver_is_out_and_only_the_own_lead_takes_off(book: Book) -> None:
    enrolment = Enrolment(book.accounts)
    opened, _ = enrolment.join(enrolment.open("t1", by="lead-1").code, "Lao Zhang", PHONE)
    stays, _ = enrolment.join(enrolment.open("t1", by="lead-1").code, "Lao Zhang", PHONE)
    assert [member.label for member in enrolment.members("t1")] == ["lao zhang"] * 2
    assert _code(enrolment.leave, opened.account_id, "t2", by="lead-2") == "unknown_account"
    enrolment.leave(opened.account_id, "t1", by="lead-1")
    assert book.sessions.find(opened.token) is None and book.sessions.find(stays.token) is not None
    assert [member.account_id for member in enrolment.members("t1")] == [stays.account_id]
    assert _code(enrolment.leave, opened.account_id, "t1", by="lead-1") == "unknown_account"


@pytest.mark.parametrize("label", ["", " ", "\x1b[31m", "x" * 65, "\u202egnp"])
def test_a_label_that_cannot_be_read_is_refused_and_spends_nothing(book: Book, label: str) -> None:
    enrolment = Enrolment(book.accounts)
    code = enrolment.open("t1", by="lead-1", most=1)
    assert _code(enrolment.join, code.code, label, PHONE) == "name_unfit"
    assert enrolment.join(code.code, "readable", PHONE)


@pytest.mark.parametrize("most", [0, -1, 201, 10**9])
def test_a_code_for_nobody_or_for_everybody_is_refused(book: Book, most: int) -> None:
    assert _code(Enrolment(book.accounts).open, "t1", by="lead-1", most=most) == "enrolment_count"


def test_the_code_is_a_fact_and_its_words_are_not(book: Book) -> None:
    enrolment = Enrolment(book.accounts)
    code = enrolment.open("t1", by="lead-1", most=2)
    enrolment.join(code.code, "Auntie Liu", PHONE)
    lines = book.file.untold()
    assert [(line.what, line.by) for line in lines] == [
        ("EnrolmentOpened", "lead-1"), ("AccountMade", code.enrolment_id), ("AccountRoleGiven", code.enrolment_id)
    ]  # fmt: skip
    assert not any(word in str(lines) for word in (code.code, "Liu", "liu"))
