"""Retention and legal hold: time passes, what is due goes and what is held stays, by whatever way somebody tries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.app.desk import Desk
from firstminute.app.housekeeping import Housekeeping
from firstminute.app.ports import JournalReader
from firstminute.app.retention import CLASS_OF, CLASSES, Retention, days_of, plan
from firstminute.app.settings import Settings
from firstminute.model.encoding import encode
from firstminute.model.facts import KINDS
from firstminute.model.records import TABLES, Member, Team, Venue
from firstminute.store.import_export import change_of
from firstminute.store.onlooker import Onlooker
from tests.support.desk import ADMIN, Hands, desk_at, do, receive

DAY_S = 86_400.0
SECRET = "王小明的话"


def _settings(folder: Path, **days: int) -> Settings:
    return Settings(data_dir=folder, **{f"{name}_kept_days": days.get(name, 0) for name in CLASSES})


def _closed(desk: Desk, number: int, text: str = SECRET) -> tuple[str, str]:
    said = receive(desk, number, text).reply
    close = {"incident_id": said["incident_id"], "outcome": "resolved"}
    assert do(desk, "close_incident", close, f"close-{number}").done
    return said["call_id"], said["incident_id"]


def _hold(desk: Desk, *subjects: str, key: str = "hold") -> str:
    ack = do(
        desk, "hold_data", {"subject_ids": list(subjects), "reason": "court", "note": "第7号"}, key, ADMIN
    )
    assert ack.done, ack
    hold_id: str = ack.reply["hold_id"]
    return hold_id


def _walk(desk: Desk, settings: Settings) -> int:
    walk = Retention(desk, settings)
    while walk.bite():
        pass
    return walk.erased


def _told(desk: Desk) -> str:
    return repr(JournalReader(desk.store).after(0))


@contextmanager
def _years_later(folder: Path, hands: Hands, days: int) -> Iterator[Desk]:
    """The desk started anew when so many days have passed."""
    hands.pass_s(days * DAY_S)
    with desk_at(folder, hands) as desk:
        yield desk


def test_the_clock_moved_forward_what_is_due_is_gone_and_what_is_held_stays(tmp_path: Path) -> None:
    hands, settings = Hands(), _settings(tmp_path, calls=30, incidents=30)
    with desk_at(tmp_path, hands) as desk:
        gone, held = _closed(desk, 1, "会走的话"), _closed(desk, 2, "留下的话")
        assert _walk(desk, settings) == 0
        hold_id = _hold(desk, held[1])  # the incident alone: its call stays with it
    with _years_later(tmp_path, hands, 31) as desk:
        assert _walk(desk, settings) == len(gone)
        assert "会走的话" not in _told(desk) and "留下的话" in _told(desk)
        made = [fact for fact in JournalReader(desk.store).after(0) if fact.kind == "SubjectErased"]
        assert {(fact.actor, fact.body.reason) for fact in made} == {("retention", "retention")}  # type: ignore[attr-defined]
        for subject in held:
            ack = do(
                desk,
                "erase_subjects",
                {"subject_ids": [subject], "reason": "request_of_person"},
                subject,
                ADMIN,
            )
            assert (ack.status, ack.code) == ("refused", "subject_on_hold")
        release = {"hold_id": hold_id, "reason": "decided"}
        assert do(desk, "release_hold", release, "release", ADMIN).done
        assert do(desk, "release_hold", release, "release-again", ADMIN).code == "unknown_hold"
        assert _walk(desk, settings) == len(held)
        assert "留下的话" not in _told(desk)


def test_a_hold_outlives_restarts_without_a_snapshot_and_another_hold_keeps_what_one_released(
    tmp_path: Path,
) -> None:
    hands, settings = Hands(), _settings(tmp_path, calls=1, incidents=1)
    with desk_at(tmp_path, hands) as desk:
        call_id, incident_id = _closed(desk, 1)
        first, second = _hold(desk, call_id, key="one"), _hold(desk, call_id, incident_id, key="two")
        assert do(desk, "release_hold", {"hold_id": first, "reason": "closed"}, "r", ADMIN).done
    for path in tmp_path.glob("snapshot-*"):
        path.unlink()
    with _years_later(tmp_path, hands, 400) as desk:
        assert list(desk.ask(lambda state: dict(state.desk.holds)).result(10)) == [second]
        assert _walk(desk, settings) == 0 and SECRET in _told(desk)


def test_a_hold_on_an_open_incident_keeps_its_calls(tmp_path: Path) -> None:
    with desk_at(tmp_path) as desk:
        said = receive(desk, 1).reply
        hold_id = _hold(desk, said["incident_id"])
        held = desk.ask(lambda state: state.desk.holds[hold_id]).result(10)
        assert set(held) == {said["incident_id"], said["call_id"]}


def test_what_is_open_stays_however_old(tmp_path: Path) -> None:
    hands, settings = Hands(), _settings(tmp_path, calls=1, incidents=1)
    with desk_at(tmp_path, hands) as desk:
        receive(desk, 1, SECRET)
    with _years_later(tmp_path, hands, 30) as desk:
        assert _walk(desk, settings) == 0 and SECRET in _told(desk)


def test_a_row_counts_from_when_it_left_its_register(tmp_path: Path) -> None:
    hands, settings = Hands(), _settings(tmp_path, registers=90)

    def put(desk: Desk, table: str, rows: list[Any], removed: tuple[str, ...] = ()) -> None:
        change = change_of(table, [encode(row) for row in rows], removed)
        assert do(desk, "change_register", change, f"{table}-{removed}", ADMIN).done

    with desk_at(tmp_path, hands) as desk:
        put(
            desk,
            "venues",
            [Venue(venue_id="V", name="m", category="mall", lon=113.0, lat=23.0, district="D")],
        )
        put(desk, "teams", [Team(team_id="T", venue_id="V", name="m")])
        put(desk, "members", [Member(member_id=name, team_id="T", name=SECRET) for name in "AB"])
    with _years_later(tmp_path, hands, 100) as desk:
        assert _walk(desk, settings) == 0
        put(desk, "members", [], ("A",))
    with _years_later(tmp_path, hands, 89) as desk:
        assert _walk(desk, settings) == 0
        hands.pass_s(2 * DAY_S)
        assert _walk(desk, settings) == 1
        made = [fact.subject for fact in JournalReader(desk.store).after(0) if fact.kind == "SubjectErased"]
        assert made == ["members/A"]


def test_bites_are_small_and_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstminute.store.ageing.aged.__defaults__", (3,))
    hands, settings = Hands(), _settings(tmp_path, calls=1, incidents=1)
    with desk_at(tmp_path, hands) as desk:
        for number in range(6):
            _closed(desk, number)
    with _years_later(tmp_path, hands, 5) as desk:
        walk, seen = Retention(desk, settings), []
        while walk.bite():
            seen.append(walk.erased)
        assert len(seen) >= 4 and all(b - a <= 3 for a, b in zip([0, *seen], seen, strict=False))
        assert walk.erased >= 7 and SECRET not in _told(desk)


def test_housekeeping_walks_beside_the_desk_and_waits_in_a_rush(tmp_path: Path) -> None:
    hands, settings = Hands(), _settings(tmp_path, calls=1, incidents=1)
    with desk_at(tmp_path, hands) as desk:
        _closed(desk, 1)
    with _years_later(tmp_path, hands, 5) as desk:
        keeping = Housekeeping(desk.store, desk, settings)
        desk.hurried = True
        assert not keeping.retain() and SECRET in _told(desk)
        desk.hurried = False
        assert keeping.retain() and SECRET not in _told(desk)
        assert not keeping.retain()


def test_the_command_line_plans_holds_releases_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CLASSES:
        monkeypatch.setenv(f"FIRSTMINUTE_{name.upper()}_KEPT_DAYS", "30")
    hands = Hands()  # of 2023: everything is due by now
    with desk_at(tmp_path, hands) as desk:
        call_id, incident_id = _closed(desk, 1)
        planned = _run("retention", "--plan", folder=tmp_path)  # beside a running desk
        assert f"due    {call_id}" in planned and "2 subjects would go, 0 stay on hold" in planned
        refused = CliRunner().invoke(main, ["retention", "--run", "--data", str(tmp_path), "--lang", "en"])
        assert refused.exit_code == 1 and "is writing" in refused.output
    placed = _run("hold", "place", incident_id, "--reason", "court", folder=tmp_path)
    hold_id = placed.split()[1]
    assert set(_run("hold", "list", folder=tmp_path, lang=False).split()) == {hold_id, incident_id, call_id}
    assert "0 subjects would go, 2 stay on hold" in _run("retention", "--plan", folder=tmp_path)
    assert "0 subjects erased" in _run("retention", "--run", folder=tmp_path)
    _run("hold", "release", hold_id, "--reason", "closed", folder=tmp_path)
    assert "2 subjects erased" in _run("retention", "--run", folder=tmp_path)
    assert json.loads(_run("verify", "--json", folder=tmp_path, lang=False))["sound"]
    with Onlooker(tmp_path, "city") as onlooker:
        assert list(plan(onlooker, _settings(tmp_path, calls=1), 1e10)) == []


def _run(*words: str, folder: Path, lang: bool = True) -> str:
    done = CliRunner().invoke(main, [*words, "--data", str(folder), *(["--lang", "en"] if lang else [])])
    assert done.exit_code == 0, done.output
    return done.output


def test_one_of_plan_and_run_must_be_said(tmp_path: Path) -> None:
    for words in ([], ["--plan", "--run"]):
        done = CliRunner().invoke(main, ["retention", *words, "--data", str(tmp_path), "--lang", "en"])
        assert done.exit_code == 2 and "--plan or --run" in done.output


def test_every_class_has_a_setting_and_every_sealed_thing_a_class() -> None:
    """Whatever is sealed about a subject begins with a kind that stands in a class, or is a fact about such a subject."""
    assert set(days_of(Settings())) == set(CLASSES)
    starts = {KINDS[name].SUBJECT for name in CLASS_OF if name in KINDS}
    without = [
        name for name, kind in KINDS.items() if kind.SEALED and kind.SUBJECT not in {*starts, "subject_id"}
    ]
    assert without == []
    assert [table for table, cls in TABLES.items() if cls.SEALED and table not in CLASS_OF] == []
