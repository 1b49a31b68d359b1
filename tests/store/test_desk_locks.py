"""A desk's lock: it comes by itself and never during a call, opens by PIN, password or passkey or by a commander, and outlives a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.store.accounts import Role
from firstminute.store.desk_locks import PIN_LEAST, PIN_MOST, TURN_S, DeskLocks, pin_hash
from firstminute.store.enrolment import Enrolment
from firstminute.store.guesses import GUESSES
from firstminute.store.passkeys import Passkeys, Site
from firstminute.store.sessions import DAY_S, EXTENDED_S, IDLE_S, Opened, Place, Session, Sessions
from tests.support.accounts import PASSWORD, Book
from tests.support.authenticator import Authenticator

LOCK_S = 600.0
HERE = Place("page", "10.0.0.7")
PIN = "2580"


class Room:
    """A dispatcher at a desk, and what the desk holds."""

    def __init__(self, folder: Path) -> None:
        self.book = Book(folder)
        self.held: set[str] = set()
        self.sessions = self.again()
        self.passkeys = Passkeys(self.book.file)
        self.locks = DeskLocks(
            self.book.accounts, self.sessions, self.passkeys, lambda actor: "call" in self.held
        )
        self.wang = self.book.person("Wang", "dispatcher", seat="7")
        self.opened = self.book.sign_in("Wang")

    def again(self) -> Sessions:
        """What a restarted service knows."""
        return Sessions(self.book.file, lambda actor: bool(self.held), lock_after_s=LOCK_S)

    @property
    def session(self) -> Session:
        """Wang's."""
        found = self.sessions.session_of(self.opened.token)
        assert found is not None
        return found

    @property
    def locked(self) -> str:
        """Why Wang may not act."""
        return self.sessions.locked(self.opened.token)

    def wait(self, seconds: float) -> None:
        """Nobody touches the desk."""
        self.book.clock.now_s += seconds


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Wang sits at desk 7."""
    room = Room(tmp_path)
    room.locks.set_pin(room.wang, PIN, password=PASSWORD)
    assert room.locked == ""
    return room


def _refused(code: str, call: object, *arguments: object, **named: object) -> None:
    with pytest.raises(Refused) as found:
        call(*arguments, **named)  # type: ignore[operator]
    assert found.value.code == code


def test_a_desk_that_nobody_touches_locks_and_goes_on_seeing_until_its_day_is_over(room: Room) -> None:
    room.wait(LOCK_S - 1)
    room.sessions.acted(room.opened.token)
    room.wait(LOCK_S)
    assert room.locked == ""
    room.wait(2)
    assert room.locked == "idle"
    room.wait(4 * IDLE_S)
    assert room.sessions.holds(room.opened.token) == Actor(id=room.wang, role="dispatcher", seat="7")
    room.wait(DAY_S)
    assert room.sessions.holds(room.opened.token) is None


def test_looking_is_not_touching(room: Room) -> None:
    for _ in range(11):
        room.wait(60)
        assert room.sessions.find(room.opened.token) is not None
    assert room.locked == "idle"


def test_neither_lock_nor_end_comes_while_the_desk_holds_a_call(room: Room) -> None:
    room.held.add("call")
    for _ in range(100):
        room.wait(DAY_S / 50)
        assert room.locked == "" and room.sessions.holds(room.opened.token) is not None
    _refused("call_in_hand", room.locks.lock, room.session)
    room.held.clear()
    room.wait(EXTENDED_S + 1)
    assert room.locked == "idle" or room.sessions.holds(room.opened.token) is None


def test_while_an_incident_is_claimed_nothing_locks_by_itself_and_a_hand_still_may(room: Room) -> None:
    room.held.add("incident")
    room.wait(10 * LOCK_S)
    assert room.locked == ""
    room.locks.lock(room.session)
    assert room.locked == "hand"


def test_a_lock_that_was_noticed_outlives_a_restart(room: Room) -> None:
    room.wait(LOCK_S + 1)
    assert room.locked == "idle" and room.sessions.write_locks() == 1 and room.sessions.write_locks() == 0
    assert room.again().locked(room.opened.token) == "idle"


def test_what_is_noticed_by_nobody_is_written_by_the_round_of_each_second(room: Room) -> None:
    room.wait(LOCK_S + 1)
    assert room.sessions.write_locks() == 1
    assert [(each.name, each.seat, each.how) for each in room.locks.locked()] == [("wang", "7", "idle")]


@pytest.mark.parametrize("secret", [{"pin": PIN}, {"password": PASSWORD}])
@pytest.mark.parametrize("written", [False, True])
def test_its_holder_opens_it_and_its_time_begins_anew(
    room: Room, secret: dict[str, str], written: bool
) -> None:
    room.wait(LOCK_S + 1)
    assert room.locked == "idle"
    if written:
        room.sessions.write_locks()
    room.locks.unlock(room.session, secret, None)
    assert room.locked == ""
    room.wait(LOCK_S)
    assert room.locked == "" and room.again().locked(room.opened.token) == ""
    room.wait(1)
    assert room.locked == "idle"


def test_a_passkey_opens_it(room: Room) -> None:
    site, key = Site("desk.example", "https://desk.example"), Authenticator()
    options = room.passkeys.begin(room.wang, "wang", site)
    room.passkeys.finish(room.wang, key.make(options, site.origin), "key", site)
    room.locks.lock(room.session)
    asked = room.passkeys.ask(room.wang, site)
    assert asked is not None
    _refused("unlock_failed", room.locks.unlock, room.session, {"passkey": {}}, site)
    asked = room.passkeys.ask(room.wang, site)
    assert asked is not None
    room.locks.unlock(room.session, {"passkey": key.sign(asked, site.origin)}, site)
    assert room.locked == ""


@pytest.mark.parametrize(
    "secret", [{}, {"pin": ""}, {"pin": "2581"}, {"password": "x"}, {"pin": PIN, "by": "wang"}]
)
def test_what_is_wrong_opens_nothing(room: Room, secret: dict[str, str]) -> None:
    room.locks.lock(room.session)
    _refused("unlock_failed", room.locks.unlock, room.session, secret, None)
    assert room.locked == "hand"


def test_five_wrong_pins_leave_the_password_and_lock_nobody_out(room: Room) -> None:
    room.locks.lock(room.session)
    for _ in range(GUESSES):
        _refused("unlock_failed", room.locks.unlock, room.session, {"pin": "9999"}, None)
    _refused("unlock_failed", room.locks.unlock, room.session, {"pin": PIN}, None)
    assert [line.said["changed"] for line in room.book.file.untold() if line.what == "CredentialChanged"] == [
        "pin", "pin_shut"
    ]  # fmt: skip
    room.locks.unlock(room.session, {"password": PASSWORD}, None)
    assert room.locked == ""
    room.locks.lock(room.session)
    room.locks.unlock(room.session, {"pin": PIN}, None)


def test_a_commander_on_duty_opens_it_on_the_spot_and_the_record_says_who(room: Room) -> None:
    zhang = room.book.person("Zhang", "commander")
    room.locks.set_pin(zhang, "1357", password=PASSWORD)
    room.locks.lock(room.session)
    _refused("unlock_failed", room.locks.unlock, room.session, {"by": "zhang", "pin": "1357"}, None)
    room.book.sign_in("Zhang")
    room.locks.unlock(room.session, {"by": " ZHANG ", "pin": "1357"}, None)
    assert room.locked == ""
    room.locks.lock(room.session)
    room.locks.open_for(room.session.session_id, by=zhang)
    assert room.locked == ""
    told = [line for line in room.book.file.untold() if line.what == "DeskUnlocked"]
    assert [(line.by, line.said["account_id"]) for line in told] == [(zhang, room.wang)] * 2
    _refused("unknown_session", room.locks.open_for, room.session.session_id, by=zhang)
    room.locks.lock(room.session)
    _refused("own_rights", room.locks.open_for, room.session.session_id, by=room.wang)


def test_another_dispatcher_is_no_commander(room: Room) -> None:
    li = room.book.person("Li", "dispatcher")
    room.locks.set_pin(li, "1357", password=PASSWORD)
    room.book.sign_in("Li")
    room.locks.lock(room.session)
    _refused("unlock_failed", room.locks.unlock, room.session, {"by": "li", "pin": "1357"}, None)


def test_a_pin_needs_the_password_or_the_old_pin(room: Room) -> None:
    _refused("wrong_secret", room.locks.set_pin, room.wang, "1357")
    _refused("wrong_secret", room.locks.set_pin, room.wang, "1357", old=PIN)
    _refused("wrong_secret", room.locks.set_pin, "nobody", "1357")


@given(st.text(max_size=16))
@settings(max_examples=200, deadline=None)
def test_a_pin_is_digits_and_not_the_first_that_anybody_tries(text: str) -> None:
    fit = PIN_LEAST <= len(text) <= PIN_MOST and text.isascii() and text.isdigit()
    if not fit:
        _refused("pin_unfit", pin_hash, text)


@pytest.mark.parametrize("pin", ["1111", "1234", "4321", "0123456789", "999999999999"])
def test_simple_pins_are_refused(pin: str) -> None:
    _refused("pin_unfit", pin_hash, pin)


# --- the phone of a post ----------------------------------------------------------------------------------------------------------


class Post:
    """A team with a phone on which three people take turns."""

    def __init__(self, folder: Path) -> None:
        self.book = Book(folder)
        self.sessions = self.book.sessions
        self.enrolment = Enrolment(self.book.accounts)
        self.locks = DeskLocks(self.book.accounts, self.sessions, Passkeys(self.book.file))
        code = self.enrolment.open("t1", by="lead").code
        self.people = {
            name: self.enrolment.join(code, name, HERE, pin)[0] for name, pin in (("liu", "2580"), ("zhao", "1470"))
        }  # fmt: skip
        self.phone_opened = self.enrolment.join(code, "post phone", HERE)[0]
        self.locks.share(self.phone_opened.account_id, "t1")

    @property
    def phone(self) -> Session:
        """The phone's own session."""
        found = self.sessions.session_of(self.phone_opened.token)
        assert found is not None
        return found

    def take(self, name: str, pin: str) -> Opened:
        """Touch the name, type the PIN."""
        return self.locks.switch(self.phone, self.people[name].account_id, pin, HERE)


@pytest.fixture
def post(tmp_path: Path) -> Post:
    """The phone lies on the table."""
    return Post(tmp_path)


def test_the_phone_sees_and_each_who_takes_it_acts_as_himself(post: Post) -> None:
    assert post.sessions.locked(post.phone_opened.token) == "shared"
    assert [each["label"] for each in post.locks.people(post.phone)] == ["liu", "zhao"]
    liu = post.take("liu", "2580")
    assert post.sessions.find(liu.token) == Actor(
        id=post.people["liu"].account_id, role="member", team_id="t1"
    )
    assert post.sessions.locked(liu.token) == ""
    zhao = post.take("zhao", "1470")
    assert post.sessions.find(liu.token) is None, "one at a time"
    assert post.sessions.find(post.people["liu"].token) is not None, "her own phone goes on"
    post.locks.put_down(post.phone)
    assert post.sessions.find(zhao.token) is None and post.sessions.find(post.phone_opened.token) is not None


def test_whoever_does_nothing_says_anew_who_he_is(post: Post) -> None:
    liu = post.take("liu", "2580")
    post.book.clock.now_s += TURN_S + 1
    assert post.sessions.find(liu.token) is None and post.sessions.find(post.phone_opened.token) is not None


def test_a_phone_that_is_taken_off_takes_its_holder_with_it(post: Post) -> None:
    liu = post.take("liu", "2580")
    post.enrolment.leave(post.phone_opened.account_id, "t1", by="lead")
    assert post.sessions.find(liu.token) is None and post.sessions.find(post.phone_opened.token) is None


def test_a_leaver_is_off_the_phone_too(post: Post) -> None:
    liu = post.take("liu", "2580")
    post.enrolment.leave(post.people["liu"].account_id, "t1", by="lead")
    assert post.sessions.find(liu.token) is None
    _refused("unlock_failed", post.take, "liu", "2580")


def test_nobody_of_another_team_nor_without_a_pin_takes_it_and_nothing_opens_it(post: Post) -> None:
    other = post.enrolment.join(post.enrolment.open("t2", by="lead").code, "other", HERE, "2580")[0]
    for account_id in (other.account_id, post.phone_opened.account_id, "nobody"):
        _refused("unlock_failed", post.locks.switch, post.phone, account_id, "2580", HERE)
    _refused("shared_phone", post.locks.unlock, post.phone, {"pin": "2580"}, None)
    session = post.sessions.session_of(post.people["liu"].token)
    assert session is not None
    _refused("not_shared", post.locks.people, session)
    _refused("not_shared", post.locks.switch, session, post.people["zhao"].account_id, "1470", HERE)
    assert post.locks.locked() == []


def test_five_wrong_pins_shut_one_members_pin_alone(post: Post) -> None:
    for _ in range(GUESSES):
        _refused("unlock_failed", post.take, "liu", "0000")
    _refused("unlock_failed", post.take, "liu", "2580")
    assert post.take("zhao", "1470")
    post.book.accounts.unlock(post.people["liu"].account_id, by="commander")
    assert post.take("liu", "2580")


def test_only_the_own_lead_makes_a_phone_the_posts_and_no_staff_account_becomes_one(post: Post) -> None:
    _refused("unknown_account", post.locks.share, post.people["liu"].account_id, "t2")
    wang = post.book.person("Wang", "member", team_id="t1")
    post.book.accounts.give(wang, Role(role="dispatcher"), by="x")
    post.book.sign_in("Wang", "member")
    _refused("unknown_account", post.locks.share, wang, "t1")


def test_a_badge_says_who_takes_the_phone_and_ends_with_a_newer_one_and_with_its_member(post: Post) -> None:
    liu = post.people["liu"].account_id
    older = post.locks.badge(liu, "t1", by="lead")
    badge = post.locks.badge(liu, "t1", by="lead")
    _refused("unlock_failed", post.locks.switch_by_badge, post.phone, older, HERE)
    taken = post.locks.switch_by_badge(post.phone, badge, HERE)
    assert post.sessions.find(taken.token) == Actor(id=liu, role="member", team_id="t1")
    _refused("unknown_account", post.locks.badge, liu, "t2", by="lead")
    other = post.enrolment.join(post.enrolment.open("t2", by="lead").code, "other", HERE)[0]
    theirs = post.locks.badge(other.account_id, "t2", by="lead")
    _refused("unlock_failed", post.locks.switch_by_badge, post.phone, theirs, HERE)
    own = post.sessions.session_of(post.people["zhao"].token)
    _refused("not_shared", post.locks.switch_by_badge, own, badge, HERE)
    post.enrolment.leave(liu, "t1", by="lead")
    _refused("unlock_failed", post.locks.switch_by_badge, post.phone, badge, HERE)
