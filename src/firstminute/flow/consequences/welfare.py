"""What follows for the people who went: asked at intervals, asked after a stand-down, helped where they are not safe."""

from __future__ import annotations

from firstminute.flow.known import rows_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.incident import StandDownOrdered
from firstminute.model.facts.people import WelfareAnswered
from firstminute.model.facts.response import AlertWithdrawn, Arrived, HelpAsked, Released, SafetyAnswered
from firstminute.respond import closure, lifecycle, progress, welfare
from firstminute.respond.fold_response import ASKED_FOR_SAFETY
from firstminute.respond.records import Incident


def begin(state: State, fact: Fact, act: Act) -> list[Body]:
    """A crew arrived: its first welfare question is set."""
    body = fact.body
    assert isinstance(body, Arrived)
    bound = state.respond.assignments.get(body.assignment_id)
    about = state.respond.incidents.get(body.incident_id)
    if bound is None or about is None or bound.responder_kind != "unit":
        return []
    return welfare.begin(state.respond, bound, rows_of(state)(about.type_code), at_s=act.at_s)


def due(state: State, fact: Fact, act: Act) -> list[Body]:
    """A welfare or safety timer fired."""
    body = fact.body
    assert isinstance(body, TimerFired)
    if not body.timer.startswith(("welfare", "safety")):
        return []
    about = state.respond.incidents.get(body.timer_subject)
    if about is None:
        return []
    if body.timer == welfare.SAFETY:
        return welfare.safety_missing(state.registers, about, at_s=act.at_s, ids=act.ids)
    bound = state.respond.assignments.get(body.timer.partition(":")[2])
    if bound is None:
        return []
    if body.timer.startswith(welfare.ASK):
        return welfare.ask(state.registers, bound, attempt=1, number=body.round, at_s=act.at_s, ids=act.ids)
    return welfare.missed(state.registers, about, bound, number=body.round, at_s=act.at_s, ids=act.ids)


def ask_again(state: State, fact: Fact, act: Act) -> list[Body]:
    """A good answer sets the next question."""
    body = fact.body
    assert isinstance(body, WelfareAnswered)
    about = state.respond.incidents.get(body.incident_id)
    bound = progress.task_of(state.respond, about, body.responder_id) if about is not None else None
    if about is None or bound is None or not body.well:
        return []
    asked = [
        key
        for key in state.timers.by_subject.get(about.incident_id, ())
        if key[1] == welfare.ASK + bound.assignment_id
    ]
    if asked:
        return []
    row = rows_of(state)(about.type_code)
    return welfare.begin(state.respond, bound, row, at_s=act.at_s)


def stand_down(state: State, fact: Fact, act: Act) -> list[Body]:
    """Everybody hears it at once: alerts withdrawn, those on the way released, all asked whether they are safe."""
    body = fact.body
    assert isinstance(body, StandDownOrdered)
    about = state.respond.incidents.get(body.incident_id)
    if about is None:
        return []
    facts: list[Body] = []
    for alert_id in about.alerts:
        alert = state.respond.alerts.get(alert_id)
        if alert is not None and alert.state not in closure.ANSWERED:
            facts.append(
                AlertWithdrawn(
                    alert_id=alert_id,
                    incident_id=about.incident_id,
                    responder_id=alert.responder_id,
                    reason_code="stood_down",
                )
            )
    bound = closure.bound_to(state.respond, about)
    for task in bound:
        if task.arrived_s is None:
            facts.append(
                Released(
                    assignment_id=task.assignment_id,
                    incident_id=about.incident_id,
                    responder_id=task.responder_id,
                    reason_code="stood_down",
                )
            )
    if not bound:
        return facts
    people = [task.responder_id for task in bound]
    books = state.registers
    facts += welfare.ask_safety(books, about, people, "stand_down", at_s=act.at_s, ids=act.ids)
    return [*facts, *_safety_clock(state, about, act)]


def _safety_clock(state: State, about: Incident, act: Act) -> list[Body]:
    """One minute runs for all; whoever is asked while it runs has what is left of it and is asked again."""
    if any(key[1] == welfare.SAFETY for key in state.timers.by_subject.get(about.incident_id, ())):
        return []
    return welfare.safety_clock(about, at_s=act.at_s)


def ask_safety(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever is taken back because it turned dangerous is asked whether all is well."""
    body = fact.body
    assert isinstance(body, Released)
    about = state.respond.incidents.get(body.incident_id)
    if about is None or body.reason_code not in ASKED_FOR_SAFETY or about.status == lifecycle.STOOD_DOWN:
        return []
    books, people = state.registers, (body.responder_id,)
    asked = welfare.ask_safety(books, about, people, "safety_gate", at_s=act.at_s, ids=act.ids)
    return [*asked, *_safety_clock(state, about, act)]


def help_unsafe(state: State, fact: Fact, act: Act) -> list[Body]:
    """Somebody is not safe: that is a call for help, a crew's an SOS."""
    body = fact.body
    assert isinstance(body, SafetyAnswered)
    if body.safe:
        return []
    what = "officer_sos" if body.responder_id in state.registers.units else "reinforcement"
    return [HelpAsked(incident_id=body.incident_id, responder_id=body.responder_id, what=what)]
