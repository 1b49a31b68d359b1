"""Accounts: duties kept apart by the database itself, nobody changes his own rights, and whatever is taken is gone at once."""

from __future__ import annotations

import sqlite3
from itertools import permutations
from pathlib import Path

import pytest

from firstminute.model.errors import Refused
from firstminute.model.facts import KINDS
from firstminute.model.roles import ACCOUNT_ROLES, DUTIES
from firstminute.store.accounts import Role
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.errors import NotDurable, StorageRefused
from firstminute.store.sessions import DAY_S, EXTENDED_S, IDLE_S, MOST_OF_ONE, Place, Sessions
from tests.support.accounts import PASSWORD, Book


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A system administrator and a dispatcher."""
    book = Book(tmp_path)
    book.person("Chen", "system_admin")
    book.person("Wang", "dispatcher", seat="7")
    return book


def _refused(code: str, call: object, *arguments: object, **named: object) -> None:
    with pytest.raises(Refused) as found:
        call(*arguments, **named)  # type: ignore[operator]
    assert found.value.code == code


@pytest.mark.parametrize("first, second", list(permutations(DUTIES, 2)))
def test_no_account_holds_two_of_the_three_duties_not_even_by_hand(
    book: Book, first: str, second: str
) -> None:
    account_id = book.person("Zhao", first)
    _refused("duties_apart", book.accounts.give, account_id, Role(role=second), by="somebody")
    assert [role.role for role in book.accounts.get("zhao").roles] == [first]
    with sqlite3.connect(book.file.path) as by_hand, pytest.raises(sqlite3.IntegrityError):
        by_hand.execute(
            "INSERT INTO roles (account_id, role, given_s) VALUES (?, ?, 0)", (account_id, second)
        )


def test_a_duty_that_is_taken_makes_room_for_another(book: Book) -> None:
    account_id = book.person("Zhao", "auditor")
    book.accounts.take(account_id, "auditor", by="somebody")
    book.accounts.give(account_id, Role(role="security_admin"), by="somebody")
    assert [role.role for role in book.accounts.get("zhao").roles] == ["security_admin"]


def test_nobody_changes_his_own_rights(book: Book) -> None:
    own = book.accounts.get("wang").account_id
    _refused("own_rights", book.accounts.give, own, Role(role="commander"), by=own)
    _refused("own_rights", book.accounts.take, own, "dispatcher", by=own)
    _refused("own_rights", book.accounts.lock, own, by=own)
    _refused("own_rights", book.accounts.unlock, own, by=own)


def test_the_last_system_administrator_is_not_taken_away(book: Book) -> None:
    chen = book.accounts.get("chen").account_id
    _refused("last_admin", book.accounts.take, chen, "system_admin", by="x")
    _refused("last_admin", book.accounts.lock, chen, by="x")
    book.person("Deng", "system_admin")
    book.accounts.take(chen, "system_admin", by="x")


@pytest.mark.parametrize("role", ACCOUNT_ROLES)
def test_every_role_can_be_given_and_names_whom_it_speaks_for(book: Book, role: str) -> None:
    needed = {"patrol": {"unit_id": "u1"}, "lead": {"team_id": "t1"}, "member": {"team_id": "t1"}}.get(
        role, {}
    )
    if needed:
        _refused("role_names_nobody", book.accounts.add, f"new {role}", Role(role=role), by="x")
    book.accounts.add(f"new {role}", Role(role=role, **needed), by="x")
    assert book.accounts.get(f"NEW {role}").state == "invited"


def test_unknown_roles_names_and_accounts_are_refused(book: Book) -> None:
    _refused("unknown_role", book.accounts.add, "Li", Role(role="admin"), by="x")
    _refused("name_taken", book.accounts.add, "ＷＡＮＧ", Role(role="inspector"), by="x")
    _refused("name_unfit", book.accounts.add, "0" * 32, Role(role="inspector"), by="x")
    _refused("unknown_account", book.accounts.get, "nobody")
    _refused("unknown_account", book.accounts.reset, "nobody", by="x")
    _refused("role_not_held", book.accounts.take, book.accounts.get("wang").account_id, "commander", by="x")


@pytest.mark.parametrize("how", ["lock", "take", "reset", "end", "end_all", "leave"])
def test_whatever_is_taken_ends_the_session_also_in_another_process(book: Book, how: str) -> None:
    opened = book.sign_in("Wang")
    beside = Sessions(AccountsFile(book.folder, clock=book.clock))
    assert beside.find(opened.token) is not None
    wang = opened.account_id
    {
        "lock": lambda: book.accounts.lock(wang, by="x"),
        "take": lambda: book.accounts.take(wang, "dispatcher", by="x"),
        "reset": lambda: book.accounts.reset(wang, by="x"),
        "end": lambda: book.sessions.end(opened.session_id, wang),
        "end_all": lambda: book.sessions.end_all(wang, by="x"),
        "leave": lambda: book.accounts.lock(wang, by="x", why="left"),
    }[how]()
    beside._looked_s -= 1.0  # a look later
    assert beside.find(opened.token) is None
    book.sessions._looked_s -= 1.0
    assert book.sessions.find(opened.token) is None


def test_a_locked_account_opens_with_nothing_until_somebody_unlocks_it(book: Book) -> None:
    wang = book.accounts.get("wang").account_id
    ticket = book.door.password("wang", PASSWORD)
    book.accounts.lock(wang, by="x")
    assert ticket is not None and book.door.second(ticket, book.code("Wang"), Place()) is None
    assert book.door.password("wang", PASSWORD) is None
    book.accounts.unlock(wang, by="x")
    assert book.sign_in("Wang")


def test_who_has_left_is_forgotten_and_does_not_come_back(book: Book) -> None:
    wang = book.accounts.get("wang").account_id
    book.accounts.lock(wang, by="x", why="left")
    _refused("unknown_account", book.accounts.unlock, wang, by="x")
    row = book.file.read("SELECT password, secret FROM accounts WHERE account_id = ?", wang)[0]
    assert tuple(row) == (None, None)


def test_a_reset_gives_a_link_with_which_the_holder_starts_anew(book: Book) -> None:
    wang = book.accounts.get("wang").account_id
    link = book.accounts.reset(wang, by="x")
    assert book.door.password("wang", PASSWORD) is None
    look = book.door.look(link)
    assert look.name == "wang" and look.secret != book.secrets["Wang"]
    book.secrets["Wang"] = look.secret
    assert book.door.set_up(link, "somebody else", PASSWORD, book.code("Wang"))[0] == wang
    book.clock.now_s += 30
    assert book.sign_in("Wang").role == "dispatcher"


def test_a_session_idles_out_unless_it_is_used_or_its_seat_holds_a_call(book: Book) -> None:
    opened = book.sign_in("Wang")
    for _ in range(3):
        book.clock.now_s += IDLE_S - 60
        assert book.sessions.find(opened.token) is not None
    book.clock.now_s += IDLE_S - 60
    assert book.sessions.holds(opened.token) is not None, "a feed looks and does not use"
    book.clock.now_s += 120
    assert book.sessions.holds(opened.token) is None
    book.sessions.busy = lambda actor: actor.seat == "7"
    assert book.sessions.holds(opened.token) is not None
    book.sessions.busy = lambda actor: False
    book.clock.now_s += EXTENDED_S + 1
    assert book.sessions.holds(opened.token) is None, "the call is over and nobody came back"


def test_the_day_ends_a_session_that_is_used_all_the_time(book: Book) -> None:
    opened = book.sign_in("Wang")
    until = book.clock.now_s + DAY_S
    while book.clock.now_s < until - 600:
        assert book.sessions.find(opened.token) is not None
        book.clock.now_s += 600
    book.clock.now_s += 600
    assert book.sessions.find(opened.token) is None


def test_memory_forgets_what_it_has_no_room_for_and_not_when_it_was_used(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstminute.store.sessions.KEPT", 2)
    tokens = [book.sign_in("Wang").token for _ in range(5)]
    book.clock.now_s += IDLE_S - 200
    assert all(book.sessions.find(token) for token in tokens)
    book.clock.now_s += IDLE_S - 200
    assert all(book.sessions.find(token) for token in tokens) and len(book.sessions._by_hash) <= 2


@pytest.mark.parametrize(
    "by_hand",
    [
        "DELETE FROM sessions",
        "DELETE FROM roles WHERE role = 'dispatcher'",
        "UPDATE accounts SET state = 'locked'",
        "UPDATE roles SET seat = '8' WHERE role = 'dispatcher'",
        "DELETE FROM accounts",
    ],
)
def test_what_somebody_takes_with_bare_hands_is_seen_too(book: Book, by_hand: str) -> None:
    opened = book.sign_in("Wang")
    before = book.sessions.find(opened.token)
    with sqlite3.connect(book.file.path) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(by_hand)
    book.sessions._looked_s -= 1.0
    assert book.sessions.find(opened.token) != before


def test_when_a_session_was_used_survives_a_restart(book: Book) -> None:
    opened = book.sign_in("Wang")
    book.clock.now_s += IDLE_S - 60
    book.sessions.find(opened.token)
    assert book.sessions.write_seen() == 1 and book.sessions.write_seen() == 0
    book.clock.now_s += IDLE_S - 60
    assert Sessions(AccountsFile(book.folder, clock=book.clock)).find(opened.token) is not None


def test_an_account_has_so_many_sessions_and_the_oldest_makes_room(book: Book) -> None:
    tokens = [book.sign_in("Wang").token for _ in range(MOST_OF_ONE + 2)]
    assert [book.sessions.find(token) is not None for token in tokens] == [False] * 2 + [True] * MOST_OF_ONE
    assert len(book.sessions.list_of(book.accounts.get("wang").account_id)) == MOST_OF_ONE


def test_a_new_place_is_told_once_and_the_first_one_never(book: Book) -> None:
    home, away = Place("page", "10.0.0.7"), Place("page", "192.0.2.9")
    made = [
        book.sign_in("Wang", place=place).new_place for place in (home, Place("page", "10.0.0.8"), away, away)
    ]
    assert made == [False, False, True, False]
    assert sum(line.what == "SignedInFromNewPlace" for line in book.file.untold()) == 1


def test_every_line_is_a_fact_without_names_and_is_told_once(book: Book) -> None:
    lines = book.file.untold()
    assert [line.what for line in lines] == ["AccountMade", "AccountRoleGiven", "AccountSetUp"] * 2
    for line in lines:
        assert set(line.said) <= set(KINDS[line.what].__slots__), line.what
        assert "wang" not in str(line.said).lower() and "chen" not in str(line.said).lower()
    for line in lines:
        book.file.told(line.event_id)
    assert book.file.untold() == []


def test_what_fails_half_way_leaves_nothing_and_tells_nothing(book: Book) -> None:
    before = len(book.file.untold())
    with pytest.raises(ZeroDivisionError), book.file.write() as connection:
        connection.execute("DELETE FROM accounts")
        book.file.tell(connection, "AccountMade", "x", account_id="y", how="z")
        raise ZeroDivisionError
    assert len(book.accounts.everybody()) == 2 and len(book.file.untold()) == before


def test_a_file_without_its_key_or_with_a_broken_one_is_refused(tmp_path: Path) -> None:
    Book(tmp_path).file.close()
    key = tmp_path / "accounts.key"
    kept = key.read_bytes()
    for broken, code in ((kept[:5], "no_accounts_key"), (None, "accounts_key_missing")):
        key.unlink()
        if broken is not None:
            key.write_bytes(broken)
        with pytest.raises(StorageRefused) as found:
            AccountsFile(tmp_path)
        assert found.value.code == code


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    Book(tmp_path).file.close()
    (tmp_path / "accounts.db").write_bytes(b"no database" * 500)
    with pytest.raises(StorageRefused) as found:
        AccountsFile(tmp_path)
    assert found.value.code == "accounts_broken"


def test_while_the_disk_does_not_answer_who_is_in_stays_in_and_nobody_comes_in(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, unknown = book.sign_in("Wang").token, book.sign_in("Wang").token
    assert book.sessions.find(known) is not None

    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(book.file, "read", fails)
        broken.setattr(book.file, "taken", fails)
        book.sessions._looked_s -= 1.0
        assert book.sessions.find(known) is not None and book.sessions.find(unknown) is None
    assert book.sessions.find(unknown) is not None


def test_a_full_disk_changes_nothing_and_says_so(book: Book) -> None:
    pages = book.file.read("PRAGMA page_count")[0][0]
    with book.file.write() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages}")
    before = (book.accounts.everybody(), len(book.file.untold()))
    with pytest.raises(NotDurable):
        for number in range(1000):
            book.accounts.add(f"{number} " + "x" * 50, Role(role="inspector"), by="x")
    names = [account.name for account in book.accounts.everybody()]
    assert before[0][0].name in names and len(book.file.untold()) == before[1] + 2 * (len(names) - 2)
    book.accounts.add("after it", Role(role="inspector"), by="x")


def test_a_secret_of_one_account_is_worth_nothing_in_another(book: Book) -> None:
    sealed = book.file.seal(b"secret", "a")
    assert book.file.unseal(sealed, "a") == b"secret" and book.file.unseal(sealed, "b") is None
    assert book.file.unseal(sealed[:-1] + b"x", "a") is None and b"secret" not in sealed
