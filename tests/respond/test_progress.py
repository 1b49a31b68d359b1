"""Tasks: in any order, once each, one active and the rest stacked, nothing silently lost."""

from __future__ import annotations

import pytest

from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import (
    AgencyAsked,
    IncidentAmended,
    IncidentClosed,
    IncidentReopened,
    LevelRaised,
    ReportOverdue,
)
from firstminute.model.facts.people import WelfareAsked, WelfareMissed
from firstminute.model.facts.response import (
    AlertSent,
    AlertWithdrawn,
    Arrived,
    Assigned,
    AssignmentActivated,
    Cleared,
    Diverted,
    EnRoute,
    Escalated,
    HelpAsked,
    PersonReached,
    Released,
    UnitsRecommended,
)
from firstminute.model.place import Place
from firstminute.respond.records import Assignment
from tests.support.play import PLACES, Play, play

U1 = Actor(id="U1", role="patrol", unit_id="U1")
U2 = Actor(id="U2", role="patrol", unit_id="U2")


@pytest.fixture
def town() -> Play:
    """The mustered town, units only."""
    return play(mustered=False)


def send(town: Play, unit: str, incident: str = "i1", **more: object) -> str:
    """Dispatch a unit by hand; its task."""
    town.submit("dispatch", incident_id=incident, responder_ids=(unit,), reason_code="known_better", **more)
    return next(
        b.assignment_id for b in reversed(town.state.respond.assignments.values()) if b.responder_id == unit
    )


def task(town: Play, key: str) -> Assignment:
    """A task as it stands."""
    return town.state.respond.assignments[key]


@pytest.fixture
def quiet(town: Play) -> Play:
    """A fraud call: no crew goes by itself."""
    town.open("fraud_phone")
    return town


def test_news_in_the_wrong_order_and_twice_gives_each_stamp_once(quiet: Play) -> None:
    """Person, gate, on the way, gate again: the state never goes back, late stamps are kept with their own time."""
    key = send(quiet, "U1")
    at = quiet.at_s
    quiet.at_s += 100
    quiet.submit("report_person_reached", assignment_id=key, actor=U1)
    quiet.submit("report_en_route", assignment_id=key, actor=U1, occurred_s=at + 20)
    assert quiet.submit("report_arrived", assignment_id=key, actor=U1) == []
    assert task(quiet, key).state == "reached" and task(quiet, key).en_route_s == at + 20
    assert [len(quiet.found(kind)) for kind in (Arrived, PersonReached, EnRoute)] == [1, 1, 1]
    quiet.submit("report_cleared", assignment_id=key, actor=U1, safe=True)
    assert quiet.submit("report_cleared", assignment_id=key, actor=U1) == []
    assert quiet.submit("report_arrived", assignment_id=key, actor=U1) == []


def test_evidence_says_how_an_arrival_is_known(quiet: Play) -> None:
    """A crew's own touch, a fix, or what the desk heard."""
    quiet.submit("report_arrived", assignment_id=send(quiet, "U1"), actor=U1)
    quiet.submit("report_arrived", assignment_id=send(quiet, "U2"))
    quiet.submit("report_arrived", assignment_id=send(quiet, "U3"), evidence="fix")
    assert [a.evidence for a in quiet.found(Arrived)] == ["touch", "radio", "fix"]


def test_nobody_speaks_for_somebody_else(quiet: Play) -> None:
    """A crew's task is its own and the desk's."""
    key = send(quiet, "U1")
    for act in ("report_en_route", "report_arrived", "report_cleared", "release_assignment", "ask_help"):
        with pytest.raises(Refused, match="not_yours"):
            quiet.submit(act, assignment_id=key, actor=U2)
    with pytest.raises(Refused, match="unknown_assignment"):
        quiet.submit("report_arrived", assignment_id="0" * 32, actor=U1)


def test_a_busy_crew_gets_an_ordered_stack_and_goes_on_by_itself(town: Play) -> None:
    """Two wait; the more urgent one is next, whoever was first."""
    for incident, kind, priority in (("i1", "fraud_phone", 2), ("i2", "noise", 4), ("i3", "fraud_paying", 1)):
        town.open(kind, incident_id=incident, priority=priority)
    first, second, third = (send(town, "U1", incident) for incident in ("i1", "i2", "i3"))
    assert [task(town, k).state for k in (first, second, third)] == ["assigned", "stacked", "stacked"]
    town.submit("report_cleared", assignment_id=first, actor=U1)
    assert town.found(AssignmentActivated)[-1].assignment_id == third
    town.submit("release_assignment", assignment_id=third, actor=U1)
    assert town.found(AssignmentActivated)[-1].assignment_id == second
    assert town.state.respond.units["U1"].stack == []


def test_diverting_returns_the_old_task_to_the_queue_visibly(town: Play) -> None:
    """Taken for something more urgent: the old incident is open again and is recommended for anew."""
    town.open("theft", incident_id="i1", priority=4)
    bound = next(b for b in town.state.respond.assignments.values())
    other = next(u for u in ("U1", "U2") if u != bound.responder_id)
    town.submit("set_unit_status", unit_id=other, status="unavailable")
    town.open("fraud_paying", incident_id="i2", priority=1)
    before = len([r for r in town.found(UnitsRecommended) if r.incident_id == "i1"])
    send(town, bound.responder_id, "i2", divert=True)
    diverted = town.found(Diverted)[-1]
    assert (diverted.incident_id, diverted.to_incident_id) == ("i1", "i2")
    assert (
        town.state.respond.incidents["i1"].changed == ("diverted",)
        or town.found(Assigned)[-1].incident_id == "i1"
    )
    assert len([r for r in town.found(UnitsRecommended) if r.incident_id == "i1"]) >= before
    assert town.state.respond.units[bound.responder_id].active is not None


def test_crews_swap_and_neither_is_ever_free_in_between(town: Play) -> None:
    """Both keep one active task; the given-back ones say why."""
    town.open("fraud_phone", incident_id="i1")
    town.open("noise", incident_id="i2")
    one, two = send(town, "U1", "i1"), send(town, "U2", "i2")
    town.submit("swap_crews", assignment_id=one, with_unit_id="U2")
    active = {u: task(town, town.state.respond.units[u].active or "").incident_id for u in ("U1", "U2")}
    assert active == {"U1": "i2", "U2": "i1"}
    assert {r.assignment_id for r in town.found(Released)} == {one, two}
    assert {r.reason_code for r in town.found(Released)} == {"swapped"}
    town.submit("swap_crews", assignment_id=town.state.respond.units["U1"].active, with_unit_id="U3")
    assert town.state.respond.units["U1"].active is None
    with pytest.raises(Refused, match="task_over"):
        town.submit("swap_crews", assignment_id=one, with_unit_id="U3")


def test_on_view_leaves_what_is_less_urgent_and_stacks_what_is_not(town: Play) -> None:
    """One dispatcher key."""
    town.open("noise", incident_id="i1", priority=4)
    town.open("fraud_paying", incident_id="i2", priority=1)
    first = send(town, "U1", "i1")
    town.submit("self_attach", incident_id="i2", unit_id="U1", on_scene=True)
    assert task(town, first).state == "diverted" and town.found(Assigned)[-1].how == "on_view"
    town.submit("self_attach", incident_id="i1", unit_id="U1", on_scene=False)
    assert town.found(Assigned)[-1].active is False
    with pytest.raises(Refused, match="already_bound"):
        town.submit("self_attach", incident_id="i1", unit_id="U1")


def test_nobody_goes_off_duty_with_a_task(quiet: Play) -> None:
    """It is cleared or swapped first."""
    key = send(quiet, "U1")
    with pytest.raises(Refused, match="unit_has_tasks"):
        quiet.submit("unit_off_duty", unit_id="U1")
    quiet.submit("report_cleared", assignment_id=key)
    quiet.submit("unit_off_duty", unit_id="U1")
    assert quiet.submit("unit_off_duty", unit_id="U1") == []
    with pytest.raises(Refused, match="off_duty"):
        quiet.submit("self_attach", incident_id="i1", unit_id="U1")


def test_the_help_button_brings_more_and_the_officers_sos_outranks_all(quiet: Play) -> None:
    """Reinforcement raises the level; an SOS everything."""
    key = send(quiet, "U1")
    quiet.submit("ask_help", assignment_id=key, what="reinforcement", actor=U1)
    assert quiet.found(LevelRaised)[-1].level == 2
    quiet.submit("ask_help", assignment_id=key, what="officer_sos", silent=True, actor=U1)
    incident = quiet.state.respond.incidents["i1"]
    assert (incident.priority, incident.level, incident.type_code, incident.silent) == (
        0,
        3,
        "officer_sos",
        True,
    )
    assert {a.responder_kind for a in quiet.found(AlertSent) if a.task == "escalate"} >= {"duty_officer"}
    count = len(quiet.found(HelpAsked))
    quiet.submit("ask_help", assignment_id=key, what="officer_sos", actor=U1)
    assert len(quiet.found(HelpAsked)) == count + 1, "a second press is never refused"


def test_cannot_cope_is_one_touch_to_the_station_and_medical_to_the_ambulance(quiet: Play) -> None:
    """Whoever is there does not look up numbers."""
    key = send(quiet, "U1")
    quiet.submit("ask_help", assignment_id=key, what="cannot_cope", actor=U1)
    assert quiet.found(Escalated)[-1].to == "station" and quiet.found(AlertSent)[-1].responder_id in (
        "S1",
        "U2",
        "U3",
    )
    quiet.submit("ask_help", assignment_id=key, what="medical", actor=U1)
    quiet.submit("ask_help", assignment_id=key, what="medical", actor=U1)
    assert [(a.agency, a.mode) for a in quiet.found(AgencyAsked)] == [("120", "copy")]


def test_stand_down_reaches_everybody_at_once_and_asks_for_safety(town: Play) -> None:
    """Alerts withdrawn, those on the way released, everybody asked; nobody closes over an open question."""
    town.open("fight")
    there = next(b.assignment_id for b in town.state.respond.assignments.values() if b.responder_id == "U1")
    town.submit("report_arrived", assignment_id=there, actor=U1)
    bound = {b.responder_id for b in town.state.respond.assignments.values()}
    town.submit("stand_down", incident_id="i1", reason="settled")
    incident = town.state.respond.incidents["i1"]
    assert set(incident.safety) == bound and incident.status == "stood_down"
    assert {r.reason_code for r in town.found(Released)} == {"stood_down"}
    with pytest.raises(Refused, match="safety_unanswered"):
        town.submit("close_incident", incident_id="i1", outcome="resolved")
    count = len(town.found(Assigned))
    town.wait(130.0)
    assert any(a.task == "escalate" for a in town.found(AlertSent)), "silence wakes the duty officer"
    assert len(town.found(Assigned)) == count, "nobody is sent after a stand-down"
    for who in bound:
        town.submit("answer_safety", incident_id="i1", responder_id=who, safe=True)
    town.submit("close_incident", incident_id="i1", outcome="resolved")


def test_a_crew_that_says_nothing_is_asked_again_then_sought(town: Play) -> None:
    """Ask, retry, duty officer, emergency; a good answer starts the round again."""
    town.open("fight")
    key = next(b.assignment_id for b in town.state.respond.assignments.values() if b.responder_id == "U1")
    town.submit("report_arrived", assignment_id=key, actor=U1)
    town.wait(601.0)
    assert [a.attempt for a in town.found(WelfareAsked)] == [1]
    town.submit("answer_welfare", incident_id="i1", well=True, actor=U1)
    town.wait(590.0)
    assert len(town.found(WelfareAsked)) == 1
    town.wait(300.0)
    assert [m.next for m in town.found(WelfareMissed)] == ["retry", "duty_officer", "emergency"]
    assert town.found(HelpAsked)[-1].what == "officer_sos"
    assert town.found(IncidentAmended)[-1].priority == 0


def test_closing_frees_everybody_and_stops_every_clock(town: Play) -> None:
    """Nothing of it is left pending; the next task begins."""
    town.open("fight")
    town.open("noise", incident_id="i2")
    unit = next(b.responder_id for b in town.state.respond.assignments.values())
    waiting = send(town, unit, "i2")
    town.submit("close_incident", incident_id="i1", outcome="false_alarm", type_code="quarrel", note="无事")
    respond = town.state.respond
    assert "i1" not in respond.incidents and not [k for k in town.state.timers.pending if k[0] == "i1"]
    assert not [b for b in respond.assignments.values() if b.incident_id == "i1"]
    assert respond.units[unit].active == waiting
    assert town.found(AssignmentActivated)[-1].assignment_id == waiting
    assert all(d.active in (None, waiting) for d in respond.units.values())
    kinds = {f.kind for f in town.facts if f.subject == "i1"}
    assert {"AlertWithdrawn", "Released", "ClockStopped", "IncidentClosed"} <= kinds
    with pytest.raises(Refused, match="incident_closed"):
        town.submit("close_incident", incident_id="i1", outcome="resolved")
    assert len(town.found(IncidentClosed)) == 1


def test_a_missing_report_is_chased_but_not_for_ever(town: Play) -> None:
    """Three times, while nobody works there."""
    town.open("fraud_phone")
    town.submit("claim_incident", incident_id="i1", seat="A")
    key = send(town, "U1")
    town.submit("report_arrived", assignment_id=key, actor=U1)
    town.submit("report_cleared", assignment_id=key, actor=U1)
    assert town.state.respond.incidents["i1"].status == "cleared"
    town.wait(20_000.0)
    assert [r.owner for r in town.found(ReportOverdue)] == ["A", "A", "duty_officer:D"]


def test_reopened_within_the_shift_it_calls_again_and_its_clocks_do_not_start_anew(town: Play) -> None:
    """What was closed too early."""
    town.open("theft")
    clocks = dict(town.state.respond.incidents["i1"].clocks)
    town.submit("close_incident", incident_id="i1", outcome="nobody_found")
    town.at_s += 600
    town.submit("reopen_incident", incident_id="i1", reason="called_again")
    incident = town.state.respond.incidents["i1"]
    assert incident.status == "responding" and {k: c.started_s for k, c in incident.clocks.items()} == {
        k: c.started_s for k, c in clocks.items()
    }
    assert town.submit("reopen_incident", incident_id="i1", reason="called_again") == []
    with pytest.raises(Refused, match="unknown_incident"):
        town.submit("reopen_incident", incident_id="0" * 32, reason="not_over")


def test_a_withdrawn_alert_is_said_to_each_responder(town: Play) -> None:
    """Everybody who has not answered hears that it is over."""
    town.open("fight")
    asked = {a.alert_id for a in town.found(AlertSent)}
    town.submit("close_incident", incident_id="i1", outcome="cancelled")
    assert {a.alert_id for a in town.found(AlertWithdrawn)} == asked
    assert not town.found(Cleared)


def _told(town: Play, reason: str) -> list[str]:
    return [m.recipient for m in town.found(MessageQueued) if m.reason == reason]


def test_an_officers_sos_rings_again_for_whoever_was_woken_for_less(quiet: Play) -> None:
    """The duty officer was woken because nobody came; now an officer is in danger, and hears of it."""
    key = send(quiet, "U1")
    quiet.submit("ask_help", assignment_id=key, what="officer_sos", actor=U1)
    assert not _told(quiet, "officer_sos"), "woken by its alert"
    quiet.submit("ask_help", assignment_id=key, what="officer_sos", actor=U1)
    assert _told(quiet, "officer_sos") == ["duty_officer:D", "commander:D"]


def test_help_is_asked_for_and_never_nobody_hears_it(quiet: Play) -> None:
    """At the highest level the next tier is woken, at last the commander hears it again."""
    key = send(quiet, "U1")
    for _ in range(7):
        quiet.submit("ask_help", assignment_id=key, what="reinforcement", actor=U1)
    assert [level.level for level in quiet.found(LevelRaised)] == [2, 3]
    assert [e.to for e in quiet.found(Escalated)] == [
        "station",
        "duty_officer",
        "commander",
        "commander",
        "commander",
    ]
    assert _told(quiet, "help") == ["commander:D", "commander:D"]


def test_a_station_that_was_woken_already_hears_that_its_team_cannot_cope(quiet: Play) -> None:
    """One touch, also the second time."""
    key = send(quiet, "U1")
    for _ in range(2):
        quiet.submit("ask_help", assignment_id=key, what="cannot_cope", actor=U1)
    assert _told(quiet, "cannot_cope") == ["S1"]


def test_who_is_woken_for_somebodys_life_and_says_nothing_is_followed_by_the_next(quiet: Play) -> None:
    """Station, duty officer, commander, two minutes each, then the seat itself is told; an answer ends it."""
    key = send(quiet, "U1")
    quiet.submit("ask_help", assignment_id=key, what="cannot_cope", actor=U1)
    quiet.wait(400.0)
    woken = [a.responder_id for a in quiet.found(AlertSent) if a.task == "escalate"]
    assert woken == ["S1", "duty_officer:D", "commander:D"] and len(_told(quiet, "nobody_answers")) == 1
    quiet.wait(1_000.0)
    assert len(_told(quiet, "nobody_answers")) == 1, "bounded"


def test_an_answer_from_whoever_was_woken_wakes_nobody_else(quiet: Play) -> None:
    """The station says that it has heard."""
    key = send(quiet, "U1")
    quiet.submit("ask_help", assignment_id=key, what="cannot_cope", actor=U1)
    alert = next(a for a in quiet.found(AlertSent) if a.responder_id == "S1")
    quiet.submit("accept_alert", alert_id=alert.alert_id)
    assert {a.responder_kind for a in quiet.found(Assigned)} == {"unit"}, (
        "whoever was woken is bound to nothing"
    )
    quiet.wait(250.0)
    assert [a.responder_id for a in quiet.found(AlertSent) if a.task == "escalate"] == ["S1"]


def test_somebody_who_is_not_safe_after_a_stand_down_gets_help(town: Play) -> None:
    """The incident opens again by itself, and crews are sent; those who have not answered are still waited for."""
    town.open("quarrel")
    there = next(b for b in town.state.respond.assignments.values() if b.responder_id == "U1")
    town.submit("report_arrived", assignment_id=there.assignment_id, actor=U1)
    town.submit("stand_down", incident_id="i1", reason="settled")
    town.submit("answer_safety", incident_id="i1", responder_id="U1", safe=False)
    incident = town.state.respond.incidents["i1"]
    assert town.found(IncidentReopened)[-1].reason == "help" and incident.status == "on_scene"
    assert (incident.priority, incident.type_code) == (0, "officer_sos")
    assert "U2" in [a.responder_id for a in town.found(AlertSent)]


def test_what_opens_again_after_a_stand_down_is_open_though_crews_were_there_before(town: Play) -> None:
    """Who has left counts as gone: somebody is sent, and if nobody is there in time it escalates."""
    town.open("quarrel")
    key = town.found(Assigned)[0].assignment_id
    town.submit("report_arrived", assignment_id=key)
    town.submit("stand_down", incident_id="i1", reason="settled")
    town.submit("report_cleared", assignment_id=key, safe=True)
    for unit in ("U1", "U2", "U3"):
        town.submit("unit_off_duty", unit_id=unit)
    town.submit("reopen_incident", incident_id="i1", reason="called_again")
    assert town.state.respond.incidents["i1"].status == "open"
    town.wait(400.0)
    assert [e.to for e in town.found(Escalated)] == ["station", "duty_officer", "commander"]


def test_for_an_officers_sos_crews_leave_what_is_less_and_rest_for_later(town: Play) -> None:
    """Nobody is free: one is at a noise, one drives to a robbery, one has arrived there and stays."""
    town.open("noise", incident_id="noise", priority=4)
    loud = send(town, "U2", "noise")
    town.submit("report_arrived", assignment_id=loud)
    town.open("robbery", incident_id="robbery", priority=1, venue_id="Vv")
    at = {b.responder_id: b.assignment_id for b in town.state.respond.assignments.values()}
    assert set(at) == {"U1", "U2", "U3"}
    town.submit("report_arrived", assignment_id=at["U1"])
    town.open("officer_sos", incident_id="sos", priority=0, venue_id=None, place=Place(points=(PLACES["k"],)))
    assert {a.responder_id for a in town.found(Assigned) if a.incident_id == "sos"} == {"U2", "U3"}
    assert {d.incident_id for d in town.found(Diverted)} == {"noise", "robbery"}
    assert task(town, at["U1"]).state == "arrived", "who is on the most urgent scene stays"
    listed = town.found(UnitsRecommended)[-1].candidates
    assert {c.responder_id for c in listed if "may_divert" in c.reasons} == set()


def test_nothing_less_than_an_officers_sos_diverts_anybody_by_itself(town: Play) -> None:
    """An armed attack lists who is busy with a noise; a person decides."""
    town.open("noise", incident_id="noise", priority=4)
    for unit in ("U1", "U2", "U3"):
        send(town, unit, "noise")
    town.open("armed_attack", incident_id="armed", priority=1)
    assert not town.found(Diverted) and not [a for a in town.found(Assigned) if a.incident_id == "armed"]


def test_a_report_is_missed_too_where_no_crew_was_ever_there(town: Play) -> None:
    """Stood down before anybody arrived, and a fraud call whose measures are taken."""
    town.open("quarrel")
    town.submit("stand_down", incident_id="i1", reason="false_alarm")
    for who in list(town.state.respond.incidents["i1"].safety):
        town.submit("answer_safety", incident_id="i1", responder_id=who, safe=True)
    town.submit("receive_call", type_code="fraud_phone", seat="A")
    fraud = list(town.state.respond.incidents)[-1]
    for measure in ("stop_payment", "dissuasion"):
        town.submit("take_measure", incident_id=fraud, measure=measure)
    town.wait(1_900.0)
    assert {(r.incident_id, r.owner) for r in town.found(ReportOverdue)} == {
        ("i1", "duty_officer:D"),
        (fraud, "A"),
    }
