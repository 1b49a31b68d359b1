"""Whoever changes, drops, moves or adds a fact is found, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.store.engine import read_only
from firstminute.store.store import DATABASE, Store
from firstminute.store.verify import Finding, verify
from tests.support.raw import change, lose_keys
from tests.support.record import facts_of, incident, incidents

pytestmark = pytest.mark.usefixtures("engine")

BEGIN = "UPDATE facts SET "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = Store(tmp_path)
    store.begin()
    store.append({"live": facts_of(list(incidents(5))), "exercise": facts_of(incident(9), world="exercise")})
    store.close()
    return tmp_path


def _live(folder: Path, anchor: tuple[int, str] | None = None) -> Finding:
    with read_only(folder / DATABASE) as connection:
        found = {
            each.world: each for each in verify(connection, {("city", "live"): anchor} if anchor else None)
        }
    return found["live"]


def test_an_untouched_journal_is_sound_also_without_its_vault(folder: Path) -> None:
    lose_keys(folder)
    found = _live(folder)
    assert found.sound and found.facts == 20


@pytest.mark.parametrize(
    ("statement", "at", "problem"),
    [
        (BEGIN + "body = replace(body, 'fight', 'theft') WHERE world = 'live' AND seq = 2", 2, "changed"),
        (BEGIN + "at_s = at_s - 0.5 WHERE world = 'live' AND seq = 7", 7, "changed"),
        (BEGIN + "actor = 'nobody' WHERE world = 'live' AND seq = 20", 20, "changed"),
        (BEGIN + "because = 'rule' WHERE world = 'live' AND seq = 1", 1, "changed"),
        (BEGIN + "sealed = zeroblob(40) WHERE world = 'live' AND seq = 5", 5, "changed"),
        (BEGIN + "sealed = NULL WHERE world = 'live' AND seq = 5", 5, "changed"),
        (BEGIN + "chain = zeroblob(32) WHERE world = 'live' AND seq = 3", 3, "changed"),
        ("DELETE FROM facts WHERE world = 'live' AND seq = 11", 11, "missing"),
        ("DELETE FROM facts WHERE world = 'live' AND seq > 18", 19, "cut"),
        (BEGIN + "seq = 21 WHERE world = 'live' AND seq = 20", 20, "missing"),
        ("DELETE FROM facts WHERE world = 'live'", 1, "cut"),
        ("UPDATE desk_head SET chain = zeroblob(32) WHERE world = 'live'", 20, "head_changed"),
        ("DELETE FROM segments", 1, "no_segment"),
    ],
)
def test_each_kind_of_tampering_is_found_at_its_place(
    folder: Path, statement: str, at: int, problem: str
) -> None:
    change(folder, statement)
    found = _live(folder)
    assert (found.broken_at, found.problem) == (at, problem)


def test_two_facts_that_changed_places_are_found(folder: Path) -> None:
    change(
        folder, BEGIN + "seq = 99 WHERE world = 'live' AND seq = 3", BEGIN + "seq = 3 WHERE world = 'live' AND seq = 7",
        BEGIN + "seq = 7 WHERE world = 'live' AND seq = 99",
    )  # fmt: skip
    assert _live(folder).broken_at == 3


def test_an_added_fact_is_found(folder: Path) -> None:
    columns = "desk, world, seq, at_s, occurred_s, time_source, kind, version, subject, actor, command_id, origin, because, body, sealed, key_id, chain"
    change(
        folder,
        f"INSERT INTO facts SELECT {columns.replace('seq,', '21,')} FROM facts WHERE world = 'live' AND seq = 20",
    )
    assert _live(folder).problem == "beyond_head"


def test_a_journal_cut_back_with_its_head_is_found_by_an_anchor(folder: Path) -> None:
    noted = _live(folder)
    anchor = (noted.seq, noted.chain)
    assert _live(folder, anchor).sound
    change(
        folder, "DELETE FROM facts WHERE world = 'live' AND seq > 10",
        "UPDATE desk_head SET seq = 10, chain = (SELECT chain FROM facts WHERE world = 'live' AND seq = 10) WHERE world = 'live'",
    )  # fmt: skip
    assert _live(folder).sound
    assert _live(folder, anchor).problem == "anchor"


def test_another_hash_function_starts_a_new_segment_and_both_are_checked(folder: Path) -> None:
    store = Store(folder, hash_name="sha3_256")
    store.begin()
    store.append({"live": facts_of(incident(7), after=20)})
    store.close()
    assert _live(folder).facts == 24 and _live(folder).sound
    change(folder, BEGIN + "actor = 'x' WHERE world = 'live' AND seq = 22")
    assert _live(folder).broken_at == 22


def test_a_hash_function_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="md5"):
        Store(tmp_path, hash_name="md5")


def test_the_command_line_says_sound_or_where_it_breaks_and_exits_accordingly(folder: Path) -> None:
    said = CliRunner().invoke(main, ["verify", "--data", str(folder)])
    assert said.exit_code == 0 and "city/live: 20 facts, sound" in said.output
    anchor = next(
        word for line in said.output.splitlines() for word in line.split() if word.startswith("live:20:")
    )
    assert CliRunner().invoke(main, ["verify", "--data", str(folder), "--anchor", anchor]).exit_code == 0
    assert CliRunner().invoke(main, ["verify", "--data", str(folder), "--anchor", "live:x:y"]).exit_code == 2
    change(folder, BEGIN + "actor = 'x' WHERE world = 'live' AND seq = 4")
    said = CliRunner().invoke(main, ["verify", "--data", str(folder)])
    assert said.exit_code == 1 and "BROKEN at fact 4: changed" in said.output
    assert '"broken_at": 4' in CliRunner().invoke(main, ["verify", "--data", str(folder), "--json"]).output


def test_the_command_line_works_beside_a_running_desk(folder: Path) -> None:
    store = Store(folder)
    store.begin()
    store.append({"live": facts_of(incident(7), after=20)})
    assert "24 facts, sound" in CliRunner().invoke(main, ["verify", "--data", str(folder)]).output
    store.append({"live": facts_of(incident(8), after=24)})
    store.close()


def test_a_folder_without_a_record_gets_a_clear_error(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["verify", "--data", str(tmp_path)])
    assert said.exit_code == 1 and "There is no database" in said.output
