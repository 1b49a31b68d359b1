"""Snapshots and the check of the chain, made by processes beside a running desk: the same state, nothing blocked, nothing spoilt."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from firstminute.app import desk_state, upkeep
from firstminute.app.cli import main
from firstminute.app.desk import Desk
from firstminute.app.desk_state import save_beside
from firstminute.app.settings import Settings
from firstminute.app.upkeep import Upkeep
from firstminute.flow import timers
from firstminute.flow.state import State
from firstminute.model.encoding import encode
from firstminute.model.records import District, Member, Team, Venue
from firstminute.store.import_export import change_of
from firstminute.store.onlooker import Onlooker
from firstminute.store.store import Store
from tests.support.desk import ADMIN, Hands, desk_at, do, receive


def _whole(state: State) -> str:
    pending = sorted(state.timers.pending.items())
    return repr((state.seq, state.respond, state.muster, pending, state.desk, state.registers.districts))


def _life(desk: Desk, part: int) -> None:
    """Calls, a closing, a grade, a roll, a drill."""
    rows = {
        "districts": District(district_id=f"d{part}", name="x"),
        "venues": Venue(venue_id=f"V{part}", name="v", category="mall", lon=113.0, lat=23.0, district="d1"),
        "teams": Team(team_id=f"T{part}", venue_id=f"V{part}", name="t"),
        "members": Member(member_id=f"m{part}", team_id=f"T{part}"),
    }
    for table, row in rows.items():
        assert do(desk, "change_register", change_of(table, [encode(row)]), f"{table}-{part}", ADMIN).done
    for number in range(4):
        receive(desk, part * 100 + number)
    incident = receive(desk, part * 100 + 99).reply["incident_id"]
    assert do(desk, "close_incident", {"incident_id": incident, "outcome": "resolved"}, f"close-{part}").done
    grade = {"grade": "heightened", "reason": "x", "district": f"d{part}"}
    assert do(desk, "switch_grade", grade, f"grade-{part}").done
    assert do(desk, "switch_grade", grade, f"drill-{part}", world="exercise").done
    roll = {"team_id": f"T{part}", "shift": f"s{part}", "on_duty": 1, "member_ids": [f"m{part}"]}
    assert do(desk, "take_roll", roll, f"roll-{part}").done
    _settled(desk)


def _settled(desk: Desk) -> None:
    """Wait until nothing is due any more: what a grade switch looks at once is then written down."""
    end_s = time.monotonic() + 20.0
    while any(
        desk.ask(lambda state: timers.due(state.timers, desk.now_s()), world).result(10)
        for world in ("live", "exercise")
    ):
        assert time.monotonic() < end_s
        time.sleep(0.01)


def _killed(folder: Path, into: Path) -> Path:
    """The folder as a kill would leave it: copied while the desk runs."""
    shutil.copytree(folder, into)
    (into / "desk.lock").unlink()
    return into


def _fold_beside(folder: Path) -> dict[str, int]:
    with Onlooker(folder, "city") as onlooker:
        return {str(world): seq for world, seq in save_beside(onlooker).items()}


def test_a_snapshot_folded_beside_the_desk_is_the_desks_own_state(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands()
    caplog.set_level(logging.INFO, "firstminute.desk")
    with desk_at(tmp_path / "record", hands) as desk:
        for part in (1, 2, 3):
            _life(desk, part)
            kept = _fold_beside(tmp_path / "record")  # from nothing, then each from the one before
            assert kept == {
                world: desk.ask(lambda state: state.seq, world).result(10) for world in ("live", "exercise")
            }
        receive(desk, 7)
        before = {world: desk.ask(_whole, world).result(10) for world in ("live", "exercise")}
        left = _killed(tmp_path / "record", tmp_path / "left")
    caplog.clear()
    with desk_at(left, hands) as desk:
        said = next(each.message for each in caplog.records if each.message.startswith("live:"))
        assert "after a snapshot" in said and int(said.split()[1]) < 20
        assert {world: desk.ask(_whole, world).result(10) for world in ("live", "exercise")} == before


def test_the_desk_goes_on_while_a_process_folds(tmp_path: Path) -> None:
    async def both(desk: Desk) -> tuple[bool, int]:
        folding = asyncio.create_task(Upkeep(desk, Settings(data_dir=tmp_path)).snapshot())
        count = 0
        while not folding.done():
            await asyncio.to_thread(receive, desk, count)
            count += 1
            await asyncio.sleep(0.01)
        return folding.result(), count

    with desk_at(tmp_path) as desk:
        _life(desk, 1)
        kept, count = asyncio.run(both(desk))
        assert kept and count > 1
        assert desk.health()["running"]
        assert (tmp_path / "snapshot-live.bin").exists() and not list(tmp_path.glob("*.new"))


def test_a_writer_that_is_killed_half_way_leaves_the_old_snapshot_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()
    with desk_at(tmp_path / "record", hands) as desk:
        _life(desk, 1)
        _fold_beside(tmp_path / "record")
        old = (tmp_path / "record" / "snapshot-live.bin").read_bytes()
        _life(desk, 2)

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("firstminute.store.snapshots.os.fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            _fold_beside(tmp_path / "record")
        monkeypatch.undo()
        assert (tmp_path / "record" / "snapshot-live.bin").read_bytes() == old
        (tmp_path / "record" / "snapshot-live.77.new").write_bytes(old[:100])
        before = desk.ask(_whole).result(10)
        left = _killed(tmp_path / "record", tmp_path / "left")
    with desk_at(left, hands) as desk:
        assert not list(left.glob("*.new"))
        assert desk.ask(_whole).result(10) == before


def test_a_snapshot_of_somebody_who_is_erased_while_it_is_written_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands, whole = Hands(), desk_state._save
    with desk_at(tmp_path, hands) as desk:
        said = receive(desk, 1).reply
        assert do(
            desk, "close_incident", {"incident_id": said["incident_id"], "outcome": "resolved"}, "c"
        ).done
        hands.pass_s(9 * 3600.0)

        def erased_meanwhile(onlooker: Any, state: State) -> Path:
            do(desk, "erase_subjects", {"subject_ids": [said["call_id"]], "reason": "retention"}, "e", ADMIN)
            return whole(onlooker, state)

        monkeypatch.setattr(desk_state, "_save", erased_meanwhile)
        assert _fold_beside(tmp_path) == {}
        assert not list(tmp_path.glob("snapshot-live*"))
        monkeypatch.undo()
        assert "live" in _fold_beside(tmp_path)


def test_a_snapshot_is_due_when_facts_came_and_time_or_very_many_facts_have_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("firstminute.app.upkeep.time.monotonic", lambda: clock[0])
    with desk_at(tmp_path) as desk:
        keeping = Upkeep(desk, Settings(data_dir=tmp_path, snapshot_minutes=5.0))
        clock[0] += 301
        assert not keeping.snapshot_due()
        receive(desk, 1)
        assert keeping.snapshot_due()
        assert asyncio.run(keeping.snapshot()) and keeping.health()["snapshot"]["seq"]["live"] > 0
        assert not keeping.snapshot_due()
        receive(desk, 2)
        assert not keeping.snapshot_due()
        monkeypatch.setattr(upkeep, "MANY_FACTS", 1)
        assert keeping.snapshot_due()


def test_the_chain_is_checked_in_the_background_and_a_break_is_loud(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with desk_at(tmp_path) as desk:
        keeping = Upkeep(desk, Settings(data_dir=tmp_path))
        receive(desk, 1)
        assert asyncio.run(keeping.check()) is True and keeping.health()["chain"]["sound"] is True
        with desk.store.database.write() as connection:
            connection.exec_driver_sql("UPDATE facts SET actor = 'x' WHERE seq = 2")
        assert asyncio.run(keeping.check()) is False
        assert any("broken at fact 2" in record.message for record in caplog.records)
        assert keeping.health()["chain"]["broken"][0]["broken_at"] == 2


def test_a_process_that_fails_or_hangs_is_counted_and_the_desk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_at(tmp_path) as desk:
        keeping = Upkeep(desk, Settings(data_dir=tmp_path / "nowhere"))
        assert asyncio.run(keeping.check()) is None and keeping.failures == 1
        monkeypatch.setattr(upkeep, "QUIETLY", "import time; time.sleep(60)")
        monkeypatch.setattr(upkeep, "SNAPSHOT_WITHIN_S", 0.2)
        assert asyncio.run(keeping.snapshot()) is False and keeping.failures == 2
        assert receive(desk, 1).done


def test_an_onlooker_can_write_nothing(tmp_path: Path) -> None:
    from sqlalchemy.exc import OperationalError

    with desk_at(tmp_path) as desk:
        receive(desk, 1)
        with Onlooker(tmp_path, "city") as onlooker:
            with onlooker.reading() as connection, pytest.raises(OperationalError, match="readonly"):
                connection.exec_driver_sql("DELETE FROM facts")
            with pytest.raises(Exception, match="readonly"):
                onlooker.vault.draw(2000)


def test_the_command_line_keeps_a_snapshot_beside_a_desk_and_says_where_there_is_none(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        seq = receive(desk, 1).seq
        said = CliRunner().invoke(main, ["snapshot", "--data", str(tmp_path)])
        assert said.exit_code == 0 and f"city/live: kept as of fact {seq}" in said.output, said.output
    store = Store(tmp_path)
    store.close()
    missing = CliRunner().invoke(main, ["snapshot", "--data", str(tmp_path / "nowhere")])
    assert missing.exit_code == 1 and "There is no database" in missing.output
