"""Timers and housekeeping under load, small: the figures themselves stand in the soak."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstminute.app import housekeeping
from firstminute.app.housekeeping import BITE, Housekeeping
from firstminute.app.settings import Settings
from firstminute.model.envelope import Fact
from firstminute.model.facts.call import CallReceived
from firstminute.store.bulk import insert_rows
from firstminute.store.schema import commands
from firstminute.store.store import Store
from tests.support.desk import call, desk_at, do, receive
from tests.support.lateness import lateness, purge, restart
from tests.support.rush import rush


def test_timers_under_load_fire_once_and_none_early(tmp_path: Path) -> None:
    found = lateness(tmp_path, 400, spread_s=2.0, per_s=20.0)
    assert (found["fired"], found["early"]) == (400, 0) and found["calls"] > 10


def test_after_a_restart_what_fell_due_fires_once_and_the_rest_waits(tmp_path: Path) -> None:
    assert restart(tmp_path, 400, overdue=60)["fired"] == 60


def test_56_a_purge_goes_in_short_bites_and_calls_are_taken_between_them(tmp_path: Path) -> None:
    found = purge(tmp_path, 20_000, per_s=30.0, calm_s=0.5)
    assert found["rows"] == 20_000 and found["bites"] >= 20_000 / BITE
    assert found["calls"] > 0


def test_56_a_purge_stops_for_whoever_is_in_a_hurry_and_never_takes_more_than_a_bite_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BREATH_S", 0.0)
    with desk_at(tmp_path) as desk:
        old = [("city", f"old-{n}", b"d", "live", 0, "done", None, b"{}", 1.0) for n in range(5 * BITE)]
        with desk.store.database.write() as connection:
            insert_rows(connection, commands, old)
        keeper = Housekeeping(desk.store, desk, Settings(data_dir=tmp_path))
        assert max(keeper.bite()) == BITE
        desk.hurried = True
        assert keeper.prune() == 0
        desk.hurried = False
        assert keeper.prune() == 4 * BITE
        assert receive(desk, 1).done


@pytest.mark.parametrize("last", [2**31 - 5, 2**53 - 5])
def test_55_a_desk_goes_on_past_the_ends_of_smaller_numbers(tmp_path: Path, last: int) -> None:
    store = Store(tmp_path)
    store.begin()
    head = store.heads["live"]
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE desk_head SET seq = ? WHERE world = 'live'", (last,))
        connection.exec_driver_sql("UPDATE segments SET first_seq = ? WHERE world = 'live'", (last + 1,))
    assert head.seq == 0
    store.vault._file.rows("INSERT INTO keys (key_id, wrapped, master) VALUES (?, x'00', 1)", last)
    store.vault._file.rows("DELETE FROM keys WHERE key_id = ?", last)
    store.close()
    seen: list[Fact] = []
    with desk_at(tmp_path) as desk:
        for number in range(3):
            ack = receive(desk, number)
            assert ack.done and ack.seq > last
        again = do(desk, "receive_call", call(1), "call-1")
        assert again.again and again.seq > last
    with desk_at(tmp_path) as desk, desk.store.reading() as connection:
        seen = list(desk.store.journal.read(connection, "live", last))
        assert [fact.seq for fact in seen] == list(range(last + 1, last + 1 + len(seen)))
        assert seen[-1].seq > last + 20 and desk.store.vault.last_made > last
        assert sum(isinstance(f.body, CallReceived) and f.body.text == "打架" for f in seen) == 3


def test_calls_at_ten_times_the_peak_are_taken_while_crews_report(tmp_path: Path) -> None:
    found = rush(tmp_path, 4.0, rows=100, crews=20)
    assert found["calls"] > 0 and found["lost"] == 0
