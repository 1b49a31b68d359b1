"""Coming in: links that work once, two factors, codes used once, and five guesses however many guess at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.model.errors import Refused
from firstminute.store import passwords
from firstminute.store.accounts import LINK_S, Role
from firstminute.store.sessions import Place
from firstminute.store.signing_in import GUESSES, SHUT_S, TICKET_S
from tests.support.accounts import PASSWORD, Book

HERE = Place("page", "10.0.0.7")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """One dispatcher called wang."""
    book = Book(tmp_path)
    book.person("Wang")
    return book


def _refused(code: str, call: object, *arguments: object, **named: object) -> None:
    with pytest.raises(Refused) as found:
        call(*arguments, **named)  # type: ignore[operator]
    assert found.value.code == code


def test_nobody_is_there_at_first_and_the_first_link_makes_the_system_administrator_once(
    tmp_path: Path,
) -> None:
    book = Book(tmp_path)
    assert book.accounts.everybody() == []
    older, link = book.accounts.first_link(), book.accounts.first_link()
    assert older and link and older != link
    _refused("link_unknown", book.door.look, older)
    look = book.door.look(link)
    assert (look.name, look.role) == (None, "system_admin")
    book.secrets["Chen"] = look.secret
    account_id, codes = book.door.set_up(link, "Chen", PASSWORD, book.code("Chen"))
    made = book.accounts.get("chen")
    assert made.account_id == account_id and [r.role for r in made.roles] == ["system_admin"]
    assert len(set(codes)) == 10 and made.state == "active"
    assert book.accounts.first_link() is None
    _refused("link_unknown", book.door.set_up, link, "Eve", PASSWORD, book.code("Chen", 1))


def test_a_link_ends_after_a_day_and_is_spent_by_success_alone(tmp_path: Path) -> None:
    book = Book(tmp_path)
    link = book.accounts.first_link()
    assert link is not None
    book.secrets["c"] = book.door.look(link).secret
    _refused("second_factor_wrong", book.door.set_up, link, "Chen", PASSWORD, "000000")
    _refused("password_too_short", book.door.set_up, link, "Chen", "short", book.code("c"))
    _refused("password_too_simple", book.door.set_up, link, "Chen", "aaaaaaaaaaaaaa", book.code("c"))
    _refused("password_too_simple", book.door.set_up, link, "chen lin", "xyz Chen Lin 99", book.code("c"))
    _refused("password_too_long", book.door.set_up, link, "Chen", "abcdefgh" * 20, book.code("c"))
    _refused("name_unfit", book.door.set_up, link, "\x1b[31m", PASSWORD, book.code("c"))
    book.clock.now_s += LINK_S + 1
    _refused("link_unknown", book.door.set_up, link, "Chen", PASSWORD, book.code("c"))


def test_two_at_once_with_one_link_make_one_account(tmp_path: Path) -> None:
    book = Book(tmp_path)
    link = book.accounts.first_link()
    assert link is not None
    book.secrets["c"] = book.door.look(link).secret
    found: list[str] = []

    def use(name: str) -> None:
        try:
            found.append(book.door.set_up(link, name, PASSWORD, book.code("c"))[0])
        except Refused as problem:
            found.append(problem.code)

    threads = [threading.Thread(target=use, args=(f"name {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found)["link_unknown"] == 3 and len(book.accounts.everybody()) == 1


def test_both_factors_open_a_session_and_neither_alone(book: Book) -> None:
    ticket = book.door.password("wang", PASSWORD)
    assert ticket is not None and book.sessions.find(ticket) is None
    assert book.door.second(ticket, "000000", HERE) is None
    opened = book.door.second(ticket, book.code("Wang"), HERE)
    assert opened is not None
    actor = book.sessions.find(opened.token)
    assert actor is not None and (actor.id, actor.role) == (opened.account_id, "dispatcher")
    assert book.door.second(ticket, book.code("Wang", 1), HERE) is None, "a ticket is for one session"


def test_names_are_the_same_in_any_width_and_case_and_passwords_are_not(book: Book) -> None:
    assert book.door.password("  ＷＡＮＧ ", PASSWORD) is not None
    assert book.door.password("Wang", PASSWORD.upper()) is None


def test_a_ticket_ends_and_a_newer_one_ends_the_older(book: Book) -> None:
    older, ticket = book.door.password("wang", PASSWORD), book.door.password("wang", PASSWORD)
    assert older and ticket
    assert book.door.second(older, book.code("Wang"), HERE) is None
    book.clock.now_s += TICKET_S + 1
    assert book.door.second(ticket, book.code("Wang"), HERE) is None


def test_a_code_is_used_once_also_by_two_at_the_same_moment(book: Book) -> None:
    code, found = book.code("Wang"), []
    ticket = book.door.password("wang", PASSWORD)
    assert ticket is not None
    threads = [
        threading.Thread(target=lambda: found.append(book.door.second(ticket, code, HERE))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(opened is not None for opened in found) == 1
    again = book.door.password("wang", PASSWORD)
    assert again is not None and book.door.second(again, code, HERE) is None, (
        "the same code with a new ticket"
    )


def test_a_recovery_code_opens_once_however_it_is_typed_and_is_told(book: Book) -> None:
    code = book.recovery["Wang"][3]
    for typed, opens in ((code.upper().replace("-", " "), True), (code, False)):
        ticket = book.door.password("wang", PASSWORD)
        assert ticket is not None
        assert (book.door.second(ticket, typed, HERE) is not None) == opens
    told = [line for line in book.file.untold() if line.what == "RecoveryCodeUsed"]
    assert [line.said["left"] for line in told] == [9]


def test_another_persons_codes_open_nothing(book: Book) -> None:
    book.person("Li")
    ticket = book.door.password("wang", PASSWORD)
    assert ticket is not None
    assert book.door.second(ticket, book.code("Li"), HERE) is None
    assert book.door.second(ticket, book.recovery["Li"][0], HERE) is None


def test_the_fifth_wrong_guess_shuts_the_door_and_time_or_a_person_opens_it(book: Book) -> None:
    account = book.accounts.get("wang")
    assert [book.door.password("wang", "wrong guess") for _ in range(GUESSES)] == [None] * GUESSES
    assert book.door.password("wang", PASSWORD) is None
    assert book.accounts.get("wang").locked_until_s == pytest.approx(book.clock.now_s + SHUT_S)
    assert [(line.what, line.said["why"]) for line in book.file.untold() if line.what == "AccountLocked"] == [
        ("AccountLocked", "guesses")
    ]
    book.accounts.unlock(account.account_id, by="supervisor")
    assert book.door.password("wang", PASSWORD) is not None
    for _ in range(GUESSES):
        book.door.password("wang", "wrong guess")
    book.clock.now_s += SHUT_S + 1
    assert book.door.password("wang", "wrong guess") is None, "one guess of the next round"
    for _ in range(GUESSES - 1):
        book.door.password("wang", "wrong guess")
    book.clock.now_s += SHUT_S + 1
    assert book.door.password("wang", PASSWORD) is None, "the second round is twice as long"
    book.clock.now_s += SHUT_S + 1
    assert book.door.password("wang", PASSWORD) is not None


def test_wrong_codes_count_like_wrong_passwords_and_a_right_password_forgives_none(book: Book) -> None:
    for _ in range(GUESSES):
        ticket = book.door.password("wang", PASSWORD)
        assert ticket is not None
        assert book.door.second(ticket, "000000", HERE) is None
    assert book.door.password("wang", PASSWORD) is None


def test_an_open_session_stays_open_while_others_guess(book: Book) -> None:
    opened = book.sign_in("Wang")
    for _ in range(GUESSES):
        book.door.password("wang", "wrong guess")
    assert book.sessions.find(opened.token) is not None


@given(st.lists(st.booleans(), max_size=14))
@settings(max_examples=12, deadline=None)
def test_any_order_of_right_and_wrong_passwords_evaluates_five_wrong_ones_at_most(
    tmp_path_factory: pytest.TempPathFactory, tries: list[bool]
) -> None:
    book = _cheap(tmp_path_factory.mktemp("any"))
    wrong = 0
    for right in tries:
        answer = book.door.password("wang", PASSWORD if right else "wrong guess")
        assert (answer is not None) == (right and wrong < GUESSES)
        wrong += not right


def _cheap(folder: Path) -> Book:
    book = Book(folder)
    book.person("Wang")
    return book


def test_of_forty_parallel_guesses_five_are_evaluated(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated: list[bool] = []
    real = passwords.right

    def watched(kept: str | None, password: str) -> bool:
        evaluated.append(kept is not None)
        return real(kept, password)

    monkeypatch.setattr(passwords, "right", watched)
    start = threading.Barrier(40)

    def guess(number: int) -> None:
        start.wait()
        assert book.door.password("wang", f"wrong guess {number}") is None

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(evaluated) == 40, "a guess that is not looked at costs as much"
    assert sum(evaluated) == GUESSES
    assert book.door.password("wang", PASSWORD) is None
    assert sum(line.what == "AccountLocked" for line in book.file.untold()) == 1


GUESSER = """
import json, sys
from pathlib import Path
from firstminute.store import passwords
from firstminute.store.accounts import Accounts
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.signing_in import SigningIn
evaluated, real = [], passwords.right
passwords.right = lambda kept, password: (evaluated.append(kept is not None), real(kept, password))[1]
door = SigningIn(Accounts(AccountsFile(Path(sys.argv[1]), clock=lambda: float(sys.argv[2]))))
print("ready", flush=True)
sys.stdin.readline()
opened = [door.password("wang", f"wrong guess {n}") for n in range(8)]
print(json.dumps([sum(evaluated), sum(ticket is not None for ticket in opened)]), flush=True)
"""


def test_two_processes_share_the_five_guesses(book: Book) -> None:
    command = [sys.executable, "-c", GUESSER, str(book.folder), str(book.clock.now_s)]
    both = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [json.loads(process.communicate(timeout=60)[0].strip()) for process in both]
    assert sum(evaluated for evaluated, _ in said) == GUESSES and sum(opened for _, opened in said) == 0


def test_a_name_that_nobody_has_is_charged_hashed_and_written_like_one_that_somebody_has(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "right", lambda kept, password: hashed.append(password) is not None)
    writes: dict[str, list[bool]] = {}
    for name in ("wang", "nobody at all"):
        for _ in range(GUESSES + 2):
            before = _state(book)
            book.door.password(name, "wrong guess")
            writes.setdefault(name, []).append(_state(book) != before)
    assert len(hashed) == 2 * (GUESSES + 2)
    assert writes["wang"] == writes["nobody at all"] == [True] * GUESSES + [False] * 2
    locked = [line.said["account_id"] for line in book.file.untold() if line.what == "AccountLocked"]
    assert locked == [book.accounts.get("wang").account_id]


def _state(book: Book) -> int:
    """Another number after each commit by the other connection."""
    return int(book.file.read("PRAGMA data_version")[0][0])


def test_names_that_nobody_has_do_not_fill_the_file(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "right", lambda kept, password: False)
    monkeypatch.setattr("firstminute.store.signing_in.BUCKETS", 8)
    for number in range(60):
        book.door.password(f"nobody {number}", "x")
    assert len(book.file.read("SELECT * FROM tries")) <= 9


def test_a_role_that_is_not_held_opens_nothing_and_uses_no_code(book: Book) -> None:
    ticket = book.door.password("wang", PASSWORD)
    assert ticket is not None
    _refused("role_not_held", book.door.second, ticket, book.code("Wang"), HERE, "commander")
    assert book.door.second(ticket, book.code("Wang"), HERE, "dispatcher") is not None


def test_nothing_that_opens_a_door_stands_in_the_file(book: Book) -> None:
    opened = book.sign_in("Wang")
    _, link = book.accounts.add("Li", Role(role="inspector"), by="command-line")
    ticket = book.door.password("wang", PASSWORD)
    assert ticket is not None
    book.file.close()
    kept = b"".join(path.read_bytes() for path in book.folder.iterdir())
    for secret in (PASSWORD, opened.token, link, ticket, *book.recovery["Wang"]):
        assert secret.encode() not in kept and secret.replace("-", "").encode() not in kept
    assert book.secrets["Wang"] not in kept
    assert all(path.stat().st_mode & 0o077 == 0 for path in book.folder.iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize(
    "password", ["1234567890", "Password12", "QWERTYUIOP!", "woaini1314", "admin12345", "firstminute1"]
)
def test_a_password_that_everybody_tries_is_refused(password: str) -> None:
    assert passwords.weakness_of(password, "") == "password_too_simple"


@pytest.mark.parametrize(
    "password", [PASSWORD, "正确的马电池订书钉四个", "my password lives in another house"]
)
def test_a_password_of_ones_own_is_taken(password: str) -> None:
    assert passwords.weakness_of(password, "wang") is None


def test_passwords_are_kept_as_argon2id(book: Book) -> None:
    kept = book.file.read("SELECT password FROM accounts")[0]["password"]
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
