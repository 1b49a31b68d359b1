"""Must-visit points: which turn a moment belongs to, who may say what of a point, and that its last word is all that is kept."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from firstminute.flow import views
from firstminute.flow.registers import put
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.envelope import SYSTEM, Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import SubjectErased
from firstminute.model.facts.patrol import PointLeftOut, PointVisited
from firstminute.model.facts.people import UnitOffDuty
from firstminute.model.records import MustVisit
from firstminute.respond.points import DAY_S, Points, Word, turn_of
from firstminute.respond.reasons import REASONS
from tests.support.play import NINE, PLACES, Play, play

HOUR = 3600.0


def crew(unit_id: str) -> Actor:
    return Actor(id=f"token-{unit_id}", role="patrol", unit_id=unit_id, district="D")


def point(**more: Any) -> MustVisit:
    """At h, from 16:00 to 18:00: the town's clock says 17:00."""
    lon, lat = PLACES["h"]
    given: dict[str, Any] = {
        "point_id": "P", "name": "gate", "lon": lon, "lat": lat, "district": "D", "station_id": "S1", "from_min": 960, "until_min": 1080,
    }  # fmt: skip
    return MustVisit(**{**given, **more})


@pytest.fixture
def town() -> Play:
    made = play(mustered=False)
    put(made.state.registers, "must_visits", [point(), point(point_id="Q", unit_ids=("U3",))])
    return made


def row(town: Play, key: str = "P") -> dict[str, Any]:
    found = views.render(town.state, [f"point/{key}"])[f"point/{key}"]
    assert found is not None
    return found


@whatever(
    st.integers(0, 1439), st.integers(1, 1440), st.floats(0, 4e9), st.sampled_from([0.0, 8 * HOUR, -5 * HOUR])
)
def test_every_moment_belongs_to_one_turn_of_a_day(
    from_min: int, until_min: int, at_s: float, offset_s: float
) -> None:
    if from_min == until_min:
        return
    begin_s, end_s = turn_of(from_min, until_min, at_s, offset_s)
    assert begin_s <= at_s < begin_s + DAY_S
    assert 60.0 <= end_s - begin_s <= DAY_S
    assert ((begin_s + offset_s) % DAY_S, (end_s + offset_s) % DAY_S) == (
        from_min * 60.0,
        until_min % 1440 * 60.0,
    )
    assert turn_of(from_min, until_min, begin_s + DAY_S - 0.001, offset_s)[0] == begin_s


def test_a_crew_ticks_its_point_once_and_the_word_stands_until_the_next_window(town: Play) -> None:
    assert row(town)["state"] == "open" and row(town)["crews"] == ["U1", "U2", "U3", "U4"]
    (fact,) = town.submit("visit_point", point_id="P", actor=crew("U1"))
    assert fact.body == PointVisited(point_id="P", unit_id="U1", evidence="touch", turn_s=NINE - HOUR)
    assert town.submit("visit_point", point_id="P", unit_id="U2") == []
    now = row(town)
    assert (now["state"], now["unit_id"], now["evidence"], now["until_s"]) == (
        "visited", "U1", "touch", NINE - HOUR + DAY_S,
    )  # fmt: skip
    town.wait(23 * HOUR + 60.0)
    assert town.submit("visit_point", point_id="P", unit_id="U2")[0].body.turn_s == NINE - HOUR + DAY_S  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "actor", "given"),
    [
        ("not_yours", crew("U1"), {"unit_id": "U2"}),
        ("not_yours", crew("U1"), {"point_id": "Q"}),
        ("not_yours", SYSTEM, {"point_id": "Q", "unit_id": "U1", "evidence": "fix"}),
        ("off_duty", crew("U4"), {}),
        ("unknown_point", crew("U1"), {"point_id": "X"}),
        ("unknown_unit", None, {}),
        ("unknown_evidence", None, {"unit_id": "U1", "evidence": "qr"}),
        ("unknown_evidence", crew("U1"), {"evidence": "fix"}),
        ("point_not_now", crew("U1"), {"occurred_s": NINE - 2 * HOUR}),
        ("point_not_now", None, {"unit_id": "U1", "occurred_s": NINE + HOUR}),
        ("forbidden", Actor(id="m", role="member", team_id="Th"), {}),
        ("forbidden", Actor(id="r", role="resident"), {}),
    ],
)
def test_what_is_refused(town: Play, code: str, actor: Actor | None, given: dict[str, Any]) -> None:
    town.happen(UnitOffDuty(unit_id="U4"))
    with pytest.raises(Refused) as refused:
        town.submit("visit_point", actor=actor, **{"point_id": "P", **given})
    assert refused.value.code == code


def test_the_desk_types_later_what_it_heard_also_of_a_crew_that_went_home(town: Play) -> None:
    town.happen(UnitOffDuty(unit_id="U4"))
    town.wait(3 * HOUR)
    (fact,) = town.submit("visit_point", point_id="P", unit_id="U4", occurred_s=NINE)
    assert (fact.body.evidence, row(town)["at_s"]) == ("radio", NINE)  # type: ignore[attr-defined]


def test_a_point_is_left_out_with_a_reason_of_the_list_and_may_be_passed_after_all(town: Play) -> None:
    for said, code in (
        ({"reason": "lazy"}, "unknown_reason"),
        ({"reason": "other", "note": " "}, "note_missing"),
    ):
        with pytest.raises(Refused) as refused:
            town.submit("leave_out_point", point_id="P", actor=crew("U1"), **said)
        assert refused.value.code == code
    town.submit("leave_out_point", point_id="P", reason="other", note="procession", actor=crew("U1"))
    assert (row(town)["state"], row(town)["why"], row(town)["said"]) == ("left_out", "other", "procession")
    assert (
        town.submit("leave_out_point", point_id="P", reason="other", note="procession", actor=crew("U1"))
        == []
    )
    town.submit("visit_point", point_id="P", actor=crew("U1"))
    assert (row(town)["state"], row(town)["why"]) == ("visited", None)
    with pytest.raises(Refused) as refused:
        town.submit("leave_out_point", point_id="P", reason="unsafe")
    assert refused.value.code == "point_visited"


def test_leaving_out_may_come_after_the_window_and_names_no_crew_where_the_desk_does_not(town: Play) -> None:
    town.wait(4 * HOUR)
    (fact,) = town.submit("leave_out_point", point_id="P", reason="called_away")
    assert fact.body == PointLeftOut(point_id="P", reason="called_away", turn_s=NINE - HOUR)
    with pytest.raises(Refused) as refused:
        town.submit("visit_point", point_id="P", unit_id="U1", occurred_s=NINE - DAY_S)
    assert refused.value.code == "point_not_now", "what is said of today is not undone by yesterday's"


def test_erased_words_are_forgotten_and_the_state_is_the_fold_of_its_journal(town: Play) -> None:
    town.submit(
        "leave_out_point", point_id="P", reason="other", note="Mr Wang blocks the way", actor=crew("U1")
    )
    town.submit("visit_point", point_id="Q", actor=crew("U3"))
    (fact,) = town.happen(SubjectErased(subject_id="P", reason="order"))
    assert "point/P" in views.keys_of(town.state, fact)
    assert row(town)["said"] is None and row(town)["why"] == "other"
    again = State()
    for each in town.facts:
        fold(again, each)
    assert again.points == town.state.points


def test_whom_a_point_of_a_station_is_meant_for_follows_the_register_of_units(town: Play) -> None:
    moved = town.state.registers.units["U1"]
    put(town.state.registers, "units", [replace(moved, station_id="S2")])
    assert row(town)["crews"] == ["U2", "U3", "U4"] and row(town, "Q")["crews"] == ["U3"]


def test_nothing_is_added_up_for_a_crew() -> None:
    assert [each.name for each in fields(Points)] == ["last"]
    assert not {"count", "visits", "missed"} & {each.name for each in fields(Word)}
    assert "other" in REASONS["point"]
