"""The live picture: rows rendered commit by commit are the rows of a fresh snapshot, and every field of a row is described."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstminute.command.picture import Audience, visible
from firstminute.flow import views
from tests.support.town import Town


@pytest.fixture(scope="module")
def lived() -> Town:
    """A town that has lived for a while."""
    town = Town(7)
    town.live(160)
    return town


def test_rows_kept_commit_by_commit_are_the_rows_of_a_fresh_snapshot(lived: Town) -> None:
    fresh = {
        key: row
        for key, row in views.render(lived.state, views.all_keys(lived.state)).items()
        if row is not None
    }
    assert set(lived.rows) == set(fresh)
    different = {
        key: {name for name in row if row[name] != lived.rows[key][name]}
        for key, row in fresh.items()
        if lived.rows[key] != row
    }
    assert different == {}


def test_the_town_had_something_to_show(lived: Town) -> None:
    assert lived.state.seq > 500
    assert any(row["responders"] for key, row in lived.rows.items() if key.startswith("incident/"))


def test_every_field_of_every_row_is_described(lived: Town, repository: Path) -> None:
    page = (repository / "docs" / "howto" / "follow-the-feed.md").read_text(encoding="utf-8")
    names = {name for row in lived.rows.values() for name in row}
    assert sorted(name for name in names if f"`{name}`" not in page) == []


def test_the_words_of_a_note_stand_in_the_row_for_the_desk_and_for_nobody_else() -> None:
    town = Town(11)
    for unit in town.city.registers["units"]:
        town.do("unit_on_duty", unit_id=unit.unit_id, shift="day")  # type: ignore[union-attr]
    town.call()
    incident_id = next(iter(town.state.respond.incidents))
    town.do("add_note", incident_id=incident_id, note="caller is hiding upstairs")
    key = f"incident/{incident_id}"
    row = town.rows[key]
    note = next(line for line in row["log"] if line["kind"] == "NoteAdded")
    assert row["said"][str(note["seq"])] == "caller is hiding upstairs"
    assert "caller is hiding" not in str(row["log"])
    for audience in (Audience("patrol", unit_id=row["responders"][0]["responder_id"]), Audience("member")):
        assert "caller is hiding" not in str(visible(audience, key, row))
    assert visible(Audience("dispatcher", names=frozenset({"d1"})), key, row) == {
        **row,
        "callers_shown": True,
    }
