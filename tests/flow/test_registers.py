"""The registers in memory: whatever changed in whatever order, they are what the valid rows say, and so are the rows of the picture."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.flow import registers, views
from firstminute.flow.registers import Registers
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import KEYS, Member, Record, Team, Unit, Venue
from tests.support.record import facts_of

A_FEW = st.sampled_from("abc")
ROWS: dict[str, st.SearchStrategy[Record]] = {
    "venues": st.builds(
        Venue, venue_id=st.sampled_from("abcdef"), name=A_FEW, category=st.just("mall"), lon=st.just(113.0), lat=st.just(23.0), district=st.just("d")
    ),
    "teams": st.builds(lambda key, moved: Team(team_id=key, venue_id=chr(ord(key) + 3 * moved), name=key), A_FEW, st.booleans()),
    "members": st.builds(Member, member_id=A_FEW, team_id=A_FEW),
    "units": st.builds(
        lambda key, device: Unit(unit_id=key, call_sign=key, kind="car", mode="car", station_id="s", district="d", device_id=device and key + device),
        A_FEW, st.sampled_from([None, "1", "2"]),
    ),
}  # fmt: skip


@st.composite
def changes(draw: st.DrawFn) -> RegisterChanged:
    """Some rows of one table written, some removed."""
    table = draw(st.sampled_from(sorted(ROWS)))
    rows = draw(st.lists(ROWS[table], max_size=3, unique_by=lambda row: getattr(row, KEYS[table])))
    keys = tuple(str(getattr(row, KEYS[table])) for row in rows)
    removed = tuple(key for key in draw(st.sets(A_FEW)) if key not in keys)
    return RegisterChanged(
        table=table, keys=keys, versions=(1,) * len(keys), digest="", removed=removed, rows=tuple(rows)  # type: ignore[arg-type]
    )  # fmt: skip


@settings(max_examples=200)
@given(st.lists(changes(), max_size=12))
def test_registers_and_rows_that_follow_the_changes_are_those_made_afresh(
    course: list[RegisterChanged],
) -> None:
    state = State()
    shown: dict[str, Any] = {}
    for fact in facts_of(course):
        fold(state, fact)
        for key, row in views.render(state, views.keys_of(state, fact)).items():
            if row is None:
                shown.pop(key, None)
            else:
                shown[key] = row
    afresh = State()
    for table in ROWS:
        registers.put(afresh.registers, table, list(state.registers.table(table).values()))
    assert _said(state.registers) == _said(afresh.registers)
    fresh = {key: row for key, row in views.render(afresh, views.all_keys(afresh)).items() if row is not None}
    assert {**shown, "desk/now": fresh["desk/now"]} == fresh


def _said(found: Registers) -> dict[str, Any]:
    """All that decisions read; how often a table changed is not part of it."""
    return {
        each.name: getattr(found, each.name)
        for each in fields(found)
        if each.name not in ("version", "venues_of_team")
    }
