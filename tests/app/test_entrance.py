"""What happened to accounts becomes facts, each once, whatever dies in between; a seat that holds a call is not signed out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from firstminute.api.hub import Hub
from firstminute.app.desk import Desk
from firstminute.app.entrance import Entrance, tell
from firstminute.model.envelope import Actor
from firstminute.store.accounts import Role
from firstminute.store.sessions import DAY_S, EXTENDED_S, Sessions
from firstminute.store.store import Store
from tests.support.accounts import Book

SEAT = Actor(id="a1", role="dispatcher", seat="7")


def _kinds(store: Store) -> list[tuple[str, str]]:
    with store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT kind, actor FROM facts ORDER BY seq").fetchall()
    return [(row[0], row[1]) for row in rows]


def test_each_line_is_one_fact_also_when_the_service_dies_between_the_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(tmp_path)
    account_id = book.person("Wang")
    book.accounts.give(account_id, Role(role="inspector"), by="a-security-admin")
    store = Store(tmp_path, "city")
    desk = Desk(store, ticking=False).start()
    real = book.file.told
    monkeypatch.setattr(book.file, "told", lambda event_id: (_ for _ in ()).throw(InterruptedError))
    with pytest.raises(InterruptedError):
        asyncio.run(tell(book.file, desk))
    monkeypatch.setattr(book.file, "told", real)
    assert asyncio.run(tell(book.file, desk)) == 4 and asyncio.run(tell(book.file, desk)) == 0
    desk.stop()
    assert _kinds(store) == [
        ("AccountMade", "command-line"),
        ("AccountRoleGiven", "command-line"),
        ("AccountSetUp", account_id),
        ("AccountRoleGiven", "a-security-admin"),
    ]
    store.close()


@pytest.mark.parametrize("key", ["call/c1", "incident/i1"])
def test_a_session_does_not_end_while_its_seat_holds_a_call(tmp_path: Path, key: str) -> None:
    hub = Hub()
    entrance = Entrance(Book(tmp_path).file, hub)
    assert not entrance.busy(SEAT)
    hub.publish(1, {key: {"seat": "8"}})
    assert not entrance.busy(SEAT)
    hub.publish(2, {key: {"seat": "7"}})
    assert entrance.busy(SEAT) and not entrance.busy(Actor(id="a2", role="dispatcher"))
    hub.publish(3, {key: None})
    assert not entrance.busy(SEAT)


def test_what_the_page_claims_for_counts_also_where_the_account_names_no_seat_or_another(
    tmp_path: Path,
) -> None:
    hub = Hub()
    entrance = Entrance(Book(tmp_path).file, hub)
    hub.publish(1, {"incident/i1": {"seat": "9"}})
    for actor in (SEAT, Actor(id="a2", role="dispatcher")):
        assert not entrance.busy(actor)
        entrance.sits(actor.id, "9")
        assert entrance.busy(actor) and not entrance.in_call(actor)
        entrance.sits(actor.id, "8")
        assert not entrance.busy(actor)


def test_a_dispatchers_session_outlasts_its_day_during_a_call_and_ends_after_it(tmp_path: Path) -> None:
    hub, book = Hub(), Book(tmp_path)
    entrance = Entrance(book.file, hub)
    book.person("Wang", "dispatcher", seat="7")
    opened = book.sign_in("Wang")
    hub.publish(1, {"call/c1": {"seat": "7"}})
    book.clock.now_s += 2 * DAY_S
    assert entrance.sessions_of.find(opened.token) is not None
    book.clock.now_s += EXTENDED_S + 1
    assert entrance.sessions_of.find(opened.token) is not None, "the call goes on"
    assert entrance.sessions_of.write_seen() == 1
    assert Sessions(book.file).find(opened.token) is not None, "a restart does not throw him out either"
    hub.publish(2, {"call/c1": None})
    book.clock.now_s += EXTENDED_S + 1
    assert entrance.sessions_of.find(opened.token) is None
