"""Nobody is asked by two at once, bound twice, or asked about what they stand in front of."""

from __future__ import annotations

import pytest

from firstminute.flow.registers import put
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.people import UnitStatusSet
from firstminute.model.facts.response import AlertExpired, AlertSent, Arrived, Assigned, Diverted, Released
from firstminute.model.records import Member
from tests.support.play import Play, play, roll


def member(asked: AlertSent) -> Actor:
    """Whoever was asked."""
    return Actor(id=asked.responder_id, role="member", team_id=asked.team_id)


def of_team(town: Play, incident_id: str, team_id: str) -> list[AlertSent]:
    """Alerts of an incident to a team."""
    return [a for a in town.found(AlertSent) if a.incident_id == incident_id and a.team_id == team_id]


def test_who_waits_to_answer_one_alert_gets_no_second_one() -> None:
    """Two fires beside each other: every person is asked about one of them."""
    town = play()
    town.open("fire", incident_id="i1", venue_id="Vh")
    town.open("fire", incident_id="i2", venue_id="Vi")
    asked = [a.responder_id for a in town.found(AlertSent) if a.team_id is not None]
    assert len(asked) == len(set(asked)) > 6


def test_who_is_bound_says_yes_to_nothing_else() -> None:
    """An alert that came another way: refused, with the incident that holds the person."""
    town = play()
    town.open("fire", incident_id="i1", venue_id="Vh")
    first = of_town = of_team(town, "i1", "Th")[0]
    town.submit("accept_alert", alert_id=first.alert_id, actor=member(first))
    town.open("fire", incident_id="i2", venue_id="Vi")
    late = AlertSent(
        alert_id="late", incident_id="i2", responder_id=of_town.responder_id, responder_kind="member", team_id="Th", ring="neighbour_aid",
        round=1, task="respond", expires_s=town.at_s + 30,
    )  # fmt: skip
    town.happen(late)
    with pytest.raises(Refused) as refused:
        town.submit("accept_alert", alert_id="late", actor=member(first))
    assert refused.value.code == "busy_elsewhere" and refused.value.parameters["incident"] == "i1"
    live = [b for b in town.state.respond.assignments.values() if b.responder_id == first.responder_id]
    assert [b.incident_id for b in live] == ["i1"]


def test_the_people_of_a_team_that_comes_as_one_are_not_asked_one_by_one_when_their_names_come() -> None:
    """The shared device said yes; then the roll with names is sent."""
    town = play(mustered=False)
    town.submit("take_roll", **{**roll("h", 4), "member_ids": ()})
    town.open("quarrel")
    [asked] = of_team(town, "i1", "Th")
    assert asked.responder_kind == "team"
    town.submit("accept_alert", alert_id=asked.alert_id, actor=member(asked))
    town.submit("take_roll", **roll("h", 4))
    town.wait(200)
    assert of_team(town, "i1", "Th") == [asked]


def test_a_crew_that_was_taken_away_cannot_say_yes_to_what_it_left() -> None:
    """Diverted with the old question still open: a late yes is refused, and the question ends by itself."""
    town = play(mustered=False)
    town.open("noise", incident_id="i1", priority=4)
    town.submit("dispatch", incident_id="i1", responder_ids=("U2",), reason_code="known_better")
    left = town.found(AlertSent)[-1]
    town.open("fraud_phone", incident_id="i2", priority=1)
    town.submit("dispatch", incident_id="i2", responder_ids=("U2",), reason_code="known_better", divert=True)
    assert town.found(Diverted)
    with pytest.raises(Refused, match="task_over"):
        town.submit("accept_alert", alert_id=left.alert_id)
    assert town.state.respond.units["U2"].active is not None
    held = town.state.respond.assignments[town.state.respond.units["U2"].active or ""]
    assert held.incident_id == "i2" and not town.state.respond.units["U2"].stack
    town.submit("accept_alert", alert_id=town.found(AlertSent)[-1].alert_id)
    town.wait(40)
    assert [e.alert_id for e in town.found(AlertExpired)] == [left.alert_id]


def test_a_stacked_task_that_changes_hands_leaves_both_crews_where_they_were() -> None:
    """U1 works at one and has another waiting; U2 takes the waiting one and gives its own: that waits with U1."""
    town = play(mustered=False)
    for number, unit in ((1, "U1"), (2, "U1"), (3, "U2")):
        town.open("fraud_phone", incident_id=f"i{number}")
        town.submit("dispatch", incident_id=f"i{number}", responder_ids=(unit,), reason_code="known_better")
    of = {b.incident_id: b for b in town.state.respond.assignments.values()}
    assert (of["i1"].state, of["i2"].state, of["i3"].state) == ("assigned", "stacked", "assigned")
    town.submit("swap_crews", assignment_id=of["i2"].assignment_id, with_unit_id="U2")
    respond = town.state.respond

    def at(key: str | None) -> str:
        return respond.assignments[key or ""].incident_id

    assert at(respond.units["U1"].active) == "i1" and [at(k) for k in respond.units["U1"].stack] == ["i3"]
    assert at(respond.units["U2"].active) == "i2" and respond.units["U2"].stack == []


def test_no_crew_is_bound_by_a_swap_after_a_stand_down() -> None:
    """Who is on the scene goes home; nobody takes over."""
    town = play(mustered=False)
    town.open("quarrel")
    key = town.found(Assigned)[0].assignment_id
    town.submit("report_arrived", assignment_id=key)
    town.submit("stand_down", incident_id="i1", reason="settled")
    with pytest.raises(Refused, match="not_lawful_now"):
        town.submit("swap_crews", assignment_id=key, with_unit_id="U2")


def test_a_member_who_called_is_there_and_is_not_asked() -> None:
    """Bound on the scene by the call; the others of the team are asked."""
    town = play()
    caller = Actor(id="Mh0", role="member", team_id="Th")
    town.submit("receive_call", channel="member", actor=caller, type_code="quarrel")
    assert [(a.responder_id, a.how) for a in town.found(Assigned) if a.responder_kind == "member"] == [
        ("Mh0", "on_view")
    ]
    assert [a.responder_id for a in town.found(Arrived)] == ["Mh0"]
    assert {a.responder_id for a in town.found(AlertSent) if a.team_id == "Th"} == {"Mh1", "Mh2", "Mh3"}


def test_a_member_off_duty_who_called_is_bound_to_nothing() -> None:
    """A witness is not on duty."""
    town = play()
    town.submit("check_out", team_id="Th", member_id="Mh0")
    caller = Actor(id="Mh0", role="member", team_id="Th")
    town.submit("receive_call", channel="member", actor=caller, type_code="quarrel")
    assert not [a for a in town.found(Assigned) if a.responder_id == "Mh0"]


def test_an_untrained_member_who_called_about_a_fight_is_told_to_leave_it() -> None:
    """On the scene of something violent: taken back in the same breath, and asked whether all is well."""
    town = play()
    put(town.state.registers, "members", [Member(member_id="Mh0", team_id="Th")])
    caller = Actor(id="Mh0", role="member", team_id="Th")
    town.submit("receive_call", channel="member", actor=caller, type_code="fight")
    assert [(r.responder_id, r.reason_code) for r in town.found(Released)] == [("Mh0", "safety_gate")]
    incident = next(iter(town.state.respond.incidents.values()))
    assert incident.safety == {"Mh0": None}


def test_a_crew_that_breaks_down_gives_back_what_it_has_not_reached() -> None:
    """Its task is replaced at once; what it is at, it keeps."""
    town = play(mustered=False)
    town.open("quarrel")
    [first] = [a.responder_id for a in town.found(Assigned)]
    town.submit("set_unit_status", unit_id=first, status="unavailable", reason="fault")
    assert [(r.responder_id, r.reason_code) for r in town.found(Released)] == [(first, "unavailable")]
    second = town.found(Assigned)[-1]
    assert second.responder_id != first
    town.submit("report_arrived", assignment_id=second.assignment_id)
    town.submit("set_unit_status", unit_id=second.responder_id, status="refuelling", reason="fuel")
    assert town.state.respond.assignments[second.assignment_id].state == "arrived"


def test_a_status_with_an_end_ends_by_itself() -> None:
    """Back from the meal; a word before that counts, and its timer is gone."""
    town = play(mustered=False)
    town.submit("set_unit_status", unit_id="U1", status="resting", reason="meal", until_s=town.at_s + 600)
    town.submit("set_unit_status", unit_id="U2", status="resting", reason="meal", until_s=town.at_s + 600)
    with pytest.raises(Refused, match="due_in_the_past"):
        town.submit("set_unit_status", unit_id="U3", status="resting", until_s=town.at_s - 1)
    town.submit("set_unit_status", unit_id="U2", status="available")
    town.wait(700)
    assert [t.timer_subject for t in town.found(TimerFired)] == ["U1"]
    assert (
        town.found(UnitStatusSet)[-1].unit_id == "U1" and town.state.respond.units["U1"].status == "available"
    )
