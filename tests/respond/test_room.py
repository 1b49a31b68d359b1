"""What a room does beside incidents: claiming with grace, taking a dispatch back, splitting and joining seats, its log, lines to the scene, a nearer crew."""

from __future__ import annotations

import pytest

from firstminute.flow.known import rows_of
from firstminute.flow.views import render
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued, RoomNoted, SeatMoved
from firstminute.model.facts.incident import DispatchUndone, IncidentClaimed, MessageSaid, NearerCrewFree
from firstminute.model.facts.response import AlertWithdrawn, Released
from firstminute.respond import nearer
from firstminute.respond.candidates import Found
from firstminute.respond.records import Assignment, Incident
from firstminute.respond.similar import earlier, similar
from tests.support.play import PLACES, Play, play


@pytest.fixture
def town() -> Play:
    """The mustered town."""
    return play()


def at(letter: str) -> dict[str, object]:
    """The place of a letter."""
    return {"points": [PLACES[letter]]}


def sent(town: Play) -> tuple[Incident, Assignment]:
    """A quiet matter to which the desk has just sent the first crew on the list."""
    town.submit("receive_call", type_code="noise", place=at("k"))
    incident = list(town.state.respond.incidents.values())[-1]
    assert incident.recommendation is not None
    unit = next(c.responder_id for c in incident.recommendation.candidates if "recommended" in c.reasons)
    town.submit("dispatch", incident_id=incident.incident_id, responder_ids=(unit,))
    return incident, town.state.respond.assignments[incident.assignments[-1]]


def last_call(town: Play) -> str:
    """The call that came last."""
    return list(town.state.respond.calls)[-1]


def test_an_incident_is_re_taken_within_its_grace_and_deliberately_after(town: Play) -> None:
    """The same as for a call; who had it is named."""
    town.open("fight")
    town.submit("claim_incident", incident_id="i1", seat="A")
    town.at_s += 19
    town.submit("claim_incident", incident_id="i1", seat="B")
    town.at_s += 21
    with pytest.raises(Refused, match="incident_claimed"):
        town.submit("claim_incident", incident_id="i1", seat="A")
    town.submit("claim_incident", incident_id="i1", seat="A", take_over=True)
    assert [(f.seat, f.taken_over_from) for f in town.found(IncidentClaimed)] == [
        ("A", None),
        ("B", "A"),
        ("A", "B"),
    ]


def test_a_dispatch_is_taken_back_by_one_key_and_later_with_a_reason(town: Play) -> None:
    """Its alert and its task end, and the crew may be asked again."""
    incident, bound = sent(town)
    unit = bound.responder_id
    asked = {"incident_id": incident.incident_id, "responder_ids": (unit,)}
    with pytest.raises(Refused, match="nothing_to_undo"):
        town.submit("undo_dispatch", incident_id=incident.incident_id, responder_ids=("nobody",))
    town.at_s += 11
    with pytest.raises(Refused, match="dispatch_undo_needs_reason"):
        town.submit("undo_dispatch", **asked)
    town.submit("undo_dispatch", **asked, reason_code="wrong_crew")
    assert town.found(DispatchUndone)[-1].responder_ids == (unit,)
    assert [f.responder_id for f in town.found(Released)] == [unit]
    assert unit in {f.responder_id for f in town.found(AlertWithdrawn)}
    assert unit not in incident.asked and town.state.respond.units[unit].active is None
    town.submit(
        "dispatch", incident_id=incident.incident_id, responder_ids=(unit,), reason_code="known_better"
    )
    town.submit("undo_dispatch", **asked)
    assert town.found(DispatchUndone)[-1].reason_code is None, "within ten seconds nobody asks why"


def test_whoever_is_there_is_not_taken_back(town: Play) -> None:
    """That is no dispatch any more."""
    incident, bound = sent(town)
    town.submit("report_arrived", assignment_id=bound.assignment_id, evidence="radio")
    with pytest.raises(Refused, match="responder_there"):
        town.submit("undo_dispatch", incident_id=incident.incident_id, responder_ids=(bound.responder_id,))


def test_seats_split_and_join_and_nothing_else_changes(town: Play) -> None:
    """One incident goes to a new seat, then all come back; whoever sits there claims them by name."""
    for kind, letter in (("theft", "k"), ("noise", "x")):
        town.submit("receive_call", type_code=kind, seat="A", place={"points": [PLACES[letter]]})
    first, second = (key for key, each in town.state.respond.incidents.items() if each.seat == "A")
    clocks = {key: dict(each.clocks) for key, each in town.state.respond.incidents.items()}
    with pytest.raises(Refused, match="seat_to_itself"):
        town.submit("move_seat", seat="A", to_seat="A")
    with pytest.raises(Refused, match="not_of_seat"):
        town.submit("move_seat", seat="B", to_seat="A", incident_ids=(first,))
    with pytest.raises(Refused, match="seat_empty"):
        town.submit("move_seat", seat="B", to_seat="A")
    town.submit("move_seat", seat="A", to_seat="B", incident_ids=(second,))
    incidents = town.state.respond.incidents
    assert (incidents[first].seat, incidents[second].seat, incidents[second].holder) == ("A", "B", None)
    town.submit("claim_incident", incident_id=second, seat="B")
    assert incidents[second].holder is not None
    town.submit("move_seat", seat="B", to_seat="A")
    assert {each.seat for each in incidents.values()} == {"A"}
    assert [(f.seat, f.to_seat, f.joined) for f in town.found(SeatMoved)] == [
        ("A", "B", False),
        ("B", "A", True),
    ]
    assert clocks == {key: dict(each.clocks) for key, each in incidents.items()}


def test_the_room_notes_what_is_about_no_incident(town: Play) -> None:
    """A line with what it is about; an empty one is refused."""
    town.submit("note_room", note=" 市局来电，19 点起限行 ", about="order", seat="A")
    [noted] = town.found(RoomNoted)
    assert (noted.note, noted.about, noted.seat) == ("市局来电，19 点起限行", "order", "A")
    assert "note" in RoomNoted.SEALED
    with pytest.raises(Refused, match="nothing_said"):
        town.submit("note_room", note="  ")
    with pytest.raises(Refused, match="unknown_reason"):
        town.submit("note_room", note="x", about="gossip")


def test_a_line_goes_from_the_desk_to_the_scene_and_back(town: Play) -> None:
    """Whoever is bound hears that there is one; the desk hears of theirs; the words are sealed."""
    town.open("fight")
    town.submit("say", incident_id="i1", note="灰色面包车，尾号 36")
    [said] = town.found(MessageSaid)
    bound = {a.responder_id for a in town.state.respond.assignments.values() if a.incident_id == "i1"}
    told = {f.recipient for f in town.found(MessageQueued) if f.reason == "said"}
    assert said.from_desk and bound and told == bound and "note" in MessageSaid.SEALED
    crew = next(iter(bound & set(town.state.registers.units)))
    town.submit(
        "say", actor=Actor(id=crew, role="patrol", unit_id=crew), incident_id="i1", note="收到，门锁着"
    )
    assert town.found(MessageSaid)[-1].unit_id == crew and not town.found(MessageSaid)[-1].from_desk
    assert [f.reason for f in town.found(MessageQueued)][-1] == "scene_said"
    with pytest.raises(Refused, match="not_yours"):
        town.submit("say", actor=Actor(id="x", role="patrol", unit_id="U9"), incident_id="i1", note="hi")


def test_what_agrees_in_part_is_shown_while_the_call_is_taken(town: Play) -> None:
    """The same corner with another kind of thing is no merge, and is shown; the far side of the town is not."""
    town.submit("receive_call", type_code="fight", place=at("k"))
    first = list(town.state.respond.incidents)[-1]
    town.submit("receive_call", type_code="theft", place=at("k"))
    call = town.state.respond.calls[last_call(town)]
    assert call.incident_id != first
    [found] = similar(town.state.respond, call, rows_of(town.state), at_s=town.at_s)
    assert (found.incident_id, found.agrees, found.distance_m) == (first, ("place", "time"), 0.0)
    town.at_s += 4_000.0
    assert [s.agrees for s in similar(town.state.respond, call, rows_of(town.state), at_s=town.at_s)] == [
        ("place",)
    ]


def test_what_the_same_telephone_said_before_is_found_for_a_shift(town: Play) -> None:
    """The latest first, never the call itself; a call without a number has no past."""
    for kind in ("noise", "theft"):
        town.submit("receive_call", type_code=kind, caller_phone="139", place=at("k"))
        town.at_s += 3_000.0
    town.submit("receive_call", type_code="fight", caller_phone="139", place=at("x"))
    town.submit("receive_call", type_code="fight", place=at("h"))
    calls = list(town.state.respond.calls.values())
    assert [each.type_code for each in earlier(town.state.respond, calls[-2])] == ["theft", "noise"]
    assert earlier(town.state.respond, calls[-1]) == []


def test_a_swap_is_offered_from_a_whole_minute_on_and_only_by_the_road(town: Play) -> None:
    """Both ways must be known; fifty-nine seconds are not worth the words."""
    town.open("fight")
    incident = town.state.respond.incidents["i1"]
    task = Assignment("a", "i1", "U1", "unit", None, "reinforcement", "dispatched", "car", 0.0)

    def ways(mine_s: float, theirs_s: float) -> list[Found]:
        return [Found("U2", "car", mine_s, 0.0, 0, 0.0), Found("U1", "car", theirs_s, 0.0, 0, 0.0)]

    assert nearer.offer(incident, task, "U2", ways(30.0, 89.0)) == []
    assert nearer.offer(incident, task, "U2", ways(30.0, 89.0)[:1]) == []
    [found] = nearer.offer(incident, task, "U2", ways(30.0, 95.0))
    assert (found.with_unit_id, found.saves_s, found.travel_s) == ("U2", 65.0, 30.0)  # type: ignore[attr-defined]


def test_a_crew_that_becomes_free_around_the_corner_is_offered_and_swapped_by_one_key(town: Play) -> None:
    """The far one is on its way, the near one clears: the offer stands in the row while one comes and the other is free."""
    town.submit("receive_call", type_code="noise", place=at("k"))
    incident = list(town.state.respond.incidents.values())[-1]
    town.place_units({"U1": "k", "U2": "x", "U3": "s", "U4": "r"}, fix_s=town.at_s)
    town.submit(
        "dispatch", incident_id=incident.incident_id, responder_ids=("U3",), reason_code="known_better"
    )
    task = town.state.respond.assignments[incident.assignments[-1]]
    town.submit("report_en_route", assignment_id=task.assignment_id)
    town.submit("set_unit_status", unit_id="U1", status="resting")
    town.submit("set_unit_status", unit_id="U1", status="available")
    [offered] = town.found(NearerCrewFree)
    assert (offered.responder_id, offered.with_unit_id) == ("U3", "U1") and offered.saves_s >= 60.0
    key = f"incident/{incident.incident_id}"
    row = render(town.state, [key])[key]
    assert (
        row is not None
        and row["swap"]["unit_id"] == "U1"
        and row["swap"]["assignment_id"] == task.assignment_id
    )
    town.submit("swap_crews", assignment_id=task.assignment_id, with_unit_id="U1")
    assert town.state.respond.units["U3"].active is None
    row = render(town.state, [key])[key]
    assert row is not None and row["swap"] is None
    town.submit("close_incident", incident_id=incident.incident_id, outcome="resolved")
    assert not town.state.respond.nearer
