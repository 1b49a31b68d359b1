"""One thing, many callers: attached with reasons, taken apart with one key, merged by hand without losing a crew."""

from __future__ import annotations

import pytest

from firstminute.flow.views import render
from firstminute.model.errors import Refused
from firstminute.model.facts.call import CallAttached
from firstminute.model.facts.incident import (
    IncidentAmended,
    IncidentClosed,
    IncidentOpened,
    SurgeDeclared,
    SurgeEnded,
)
from firstminute.model.facts.response import Arrived, Assigned
from firstminute.respond.lifecycle import OVER
from tests.support.play import PLACES, Play, play


def at(letter: str, east_m: float = 0.0, **more: object) -> dict[str, object]:
    """A place some metres east of a letter."""
    lon, lat = PLACES[letter]
    return {"points": [(lon + east_m / 102_000.0, lat)], **more}


@pytest.fixture
def town() -> Play:
    """The mustered town."""
    return play()


def take(town: Play, **more: object) -> str:
    """Take a call; its id."""
    town.submit("receive_call", **more)
    return list(town.state.respond.calls)[-1]


def test_same_place_time_and_kind_are_one_thing_and_say_why(town: Play) -> None:
    """The second caller adds to the first."""
    take(town, type_code="fight", place=at("k"))
    town.at_s += 60
    take(town, type_code="robbery", place=at("k", 90.0))
    attached = town.found(CallAttached)[-1]
    assert attached.reasons == ("place", "time", "type") and attached.distance_m == pytest.approx(90, abs=5)
    assert len(town.state.respond.incidents) == 1
    assert town.found(IncidentAmended)[-1].type_code == "robbery", "the more urgent kind counts"
    assert "type:robbery" in attached.news


@pytest.mark.parametrize(
    "later",
    [
        {"type_code": "fight", "place": at("k", 400.0)},
        {"type_code": "theft", "place": at("k")},
        {"type_code": "cardiac_arrest", "place": at("k")},
        {"type_code": "fraud_phone", "place": at("k")},
    ],
)
def test_another_place_or_another_kind_stands_alone(town: Play, later: dict[str, object]) -> None:
    """Two things may happen in one street."""
    take(town, type_code="fight", place=at("k"))
    take(town, **later)
    assert len(town.found(IncidentOpened)) == 2


def test_too_late_is_another_thing(town: Play) -> None:
    """Merge time counts from the last call about it, not from the first."""
    take(town, type_code="fight", place=at("k"))
    for _ in range(3):
        town.at_s += 800
        take(town, type_code="fight", place=at("k", 10.0))
    assert len(town.found(IncidentOpened)) == 1
    town.at_s += 1_000
    take(town, type_code="fight", place=at("k"))
    assert len(town.found(IncidentOpened)) == 2


def test_a_vague_place_reaches_farther(town: Play) -> None:
    """Somewhere around the market, and at its gate, may be one thing."""
    take(town, type_code="fight", place=at("k", radius_m=250.0))
    take(town, type_code="fight", place=at("k", 350.0))
    assert len(town.found(IncidentOpened)) == 1


def test_the_same_caller_and_the_same_button_say_it_again(town: Play) -> None:
    """Hung up and called back, without a place."""
    take(town, type_code="fight", place=at("k"), caller_phone="139")
    take(town, caller_phone="139")
    assert town.found(CallAttached)[-1].reasons == ("same_caller",)
    take(town, device_id="B", type_code="sos", place=at("a"))
    take(town, device_id="B")
    assert town.found(CallAttached)[-1].reasons == ("same_device",)


def test_a_wrong_merge_is_undone_with_one_key_within_ten_seconds(town: Play) -> None:
    """The call stands alone again, and what it had changed is drawn back."""
    take(town, type_code="fight", place=at("k", radius_m=40.0))
    second = take(town, type_code="armed_attack", place=at("k", 30.0, radius_m=5.0))
    first_incident = town.found(IncidentOpened)[0].incident_id
    assert town.state.respond.incidents[first_incident].type_code == "armed_attack"
    town.at_s += 9
    town.submit("detach_call", call_id=second)
    assert len(town.found(IncidentOpened)) == 2
    assert town.state.respond.incidents[first_incident].type_code == "fight"
    assert town.state.respond.calls[second].incident_id == town.found(IncidentOpened)[1].incident_id


def test_after_ten_seconds_undoing_takes_a_reason(town: Play) -> None:
    """Others have acted on it."""
    take(town, type_code="fight", place=at("k"))
    second = take(town, type_code="fight", place=at("k"))
    town.at_s += 11
    with pytest.raises(Refused, match="undo_needs_reason"):
        town.submit("detach_call", call_id=second)
    town.submit("detach_call", call_id=second, reason_code="other_street")
    assert len(town.state.respond.incidents) == 2


def test_merging_by_hand_takes_the_crews_along(town: Play) -> None:
    """The emptied incident closes as merged; whoever was on the way or there is so for the other one."""
    first = take(town, type_code="fight", place=at("a"))
    second = take(town, type_code="theft", place=at("x"))
    left, into = (i.incident_id for i in town.found(IncidentOpened))
    crews = {b.responder_id for b in town.state.respond.assignments.values() if b.incident_id == left}
    assert crews
    task = next(k for k, b in town.state.respond.assignments.items() if b.incident_id == left)
    town.submit("report_arrived", assignment_id=task, evidence="fix")
    town.submit("attach_call", call_id=first, incident_id=into)
    assert (
        town.found(IncidentClosed)[-1].outcome == "merged"
        and town.found(IncidentClosed)[-1].handed_to == into
    )
    assert left not in town.state.respond.incidents
    now = {
        b.responder_id
        for b in town.state.respond.assignments.values()
        if b.incident_id == into and b.state not in OVER
    }
    assert crews <= now
    assert any(a.incident_id == into for a in town.found(Arrived))
    assert all(a.how == "merged" for a in town.found(Assigned)[-len(crews) :])
    assert town.state.respond.incidents[into].calls == [second, first]


def test_eight_calls_near_one_place_are_a_surge_that_ends_by_itself(town: Play) -> None:
    """Short questions only; two looks later it is over."""
    for k in range(7):
        take(town, type_code="fire", place=at("k", k * 10.0))
    assert not town.found(SurgeDeclared)
    take(town, type_code="fire", place=at("k"))
    assert town.found(SurgeDeclared)[-1].calls == 8
    take(town, type_code="fire", place=at("k"))
    assert len(town.found(SurgeDeclared)) == 1
    town.wait(1_000.0)
    assert len(town.found(SurgeEnded)) == 1
    assert not next(iter(town.state.respond.incidents.values())).surge


def test_many_incidents_beside_each_other_are_a_surge_as_well(town: Play) -> None:
    """A collapse, smoke, people hurt, a blocked road: nobody's kind is like the other's, and yet it is one thing too many."""
    kinds = (
        "building_collapse",
        "fire",
        "medical",
        "theft",
        "noise",
        "quarrel",
        "drunk",
        "damage",
        "gas_leak",
    )
    for k, kind in enumerate(kinds[:7]):
        take(town, type_code=kind, place=at("k", k * 20.0))
    assert len(town.state.respond.incidents) > 3 and not town.found(SurgeDeclared)
    take(town, type_code=kinds[7], place=at("k", 10.0))
    first = town.found(SurgeDeclared)[-1]
    row = render(town.state, [f"incident/{first.incident_id}"])[f"incident/{first.incident_id}"]
    assert row is not None and row["posts_missing"] == ["staging", "cordon", "sector"]
    town.submit("set_post", incident_id=first.incident_id, what="cordon", name="N", place=at("k"))
    row = render(town.state, [f"incident/{first.incident_id}"])[f"incident/{first.incident_id}"]
    assert row is not None and row["posts_missing"] == ["staging", "sector"]


def test_an_evening_on_paper_and_a_wave_of_frauds_are_no_surge(town: Play) -> None:
    """Forms are typed one after the other; a desk's calls have no scene."""
    for k in range(10):
        take(town, channel="paper", type_code="noise", place=at("k"), occurred_s=town.at_s - 600.0 * k)
        take(town, type_code="fraud_phone", place=at("a"))
    assert not town.found(SurgeDeclared)


def test_calls_far_apart_are_no_surge(town: Play) -> None:
    """Twelve quarrels in twelve quarters are a busy evening."""
    for k in range(12):
        take(town, type_code="quarrel", place=at("k", k * 700.0))
    assert not town.found(SurgeDeclared)


@pytest.mark.parametrize("by", ["place", "caller"])
@pytest.mark.parametrize("end", ["cleared", "stood_down"])
def test_a_call_about_a_scene_that_everybody_has_left_is_a_new_incident(
    town: Play, end: str, by: str
) -> None:
    """They are back: attached to what is over, nobody would come."""
    first = take(town, type_code="quarrel", place=at("k"), caller_phone="139")
    about = str(town.state.respond.calls[first].incident_id)
    if end == "stood_down":
        town.submit("stand_down", incident_id=about, reason="settled")
    else:
        for bound in list(town.state.respond.assignments.values()):
            town.submit("report_arrived", assignment_id=bound.assignment_id)
            town.submit("report_cleared", assignment_id=bound.assignment_id)
    assert town.state.respond.incidents[about].status == end
    again = {"place": at("k")} if by == "place" else {"caller_phone": "139", "place": at("a", 900.0)}
    second = take(town, type_code="quarrel", **again)
    fresh = str(town.state.respond.calls[second].incident_id)
    assert fresh != about
    assert any(b.incident_id == fresh for b in town.state.respond.assignments.values()), "somebody is sent"


def test_paper_goes_with_paper_by_when_it_happened(town: Play) -> None:
    """A live call is never attached to what was written down, and two forms of one street but of different hours are two things."""
    hour_s = town.at_s
    town.at_s += 7_200
    take(town, channel="paper", type_code="fight", place=at("k"), occurred_s=hour_s)
    take(town, channel="paper", type_code="fight", place=at("k"), occurred_s=hour_s + 300)
    assert len(town.found(IncidentOpened)) == 1
    take(town, channel="paper", type_code="fight", place=at("k"), occurred_s=hour_s + 3_600)
    assert len(town.found(IncidentOpened)) == 2
    assert not town.found(Assigned)
    take(town, type_code="fight", place=at("k"))
    assert len(town.found(IncidentOpened)) == 3 and town.found(Assigned)
