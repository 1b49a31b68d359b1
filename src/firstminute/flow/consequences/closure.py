"""What follows when somebody should have acted and has not: reports, agencies, transfers, measures, promises and tasks that are due."""

from __future__ import annotations

from firstminute.flow.consequences.intake import MEASURE
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerFired
from firstminute.respond import agencies, closure, escalation, transfer
from firstminute.respond.records import Incident
from firstminute.respond.telling import tell_desk

REMINDER_LASTS_S = 600.0
ABOUT_INCIDENT = (closure.REPORT, agencies.TIMER, transfer.TIMER, MEASURE)


def due(state: State, fact: Fact, act: Act) -> list[Body]:
    """A clock of the desk ran out."""
    body = fact.body
    assert isinstance(body, TimerFired)
    if body.timer in ("promise", "task"):
        return _remind(state, body, act)
    if not body.timer.startswith(ABOUT_INCIDENT):
        return []
    about = state.respond.incidents.get(body.timer_subject)
    if about is None:
        return []
    if body.timer == closure.REPORT:
        return closure.report_missing(state.respond, about, number=body.round, at_s=act.at_s, ids=act.ids)
    if body.timer == transfer.TIMER:
        return transfer.unanswered(about, at_s=act.at_s, ids=act.ids)
    if body.timer.startswith(agencies.TIMER):
        return agencies.silent(about, body.timer.removeprefix(agencies.TIMER), at_s=act.at_s, ids=act.ids)
    return _measure(about, body.timer.removeprefix(MEASURE), act)


def _measure(about: Incident, measure: str, act: Act) -> list[Body]:
    """止付 or 劝阻 not done in time: the duty officer is woken."""
    if about.measures.get(measure, (0.0, "done"))[1] is not None:
        return []
    return escalation.insist(about, "duty_officer", "measure_missed", at_s=act.at_s, ids=act.ids)


def _remind(state: State, body: TimerFired, act: Act) -> list[Body]:
    """A promise to a caller or a task is due: its owner hears of it."""
    owner = None
    if body.timer == "task":
        kept = state.respond.tasks.get(body.timer_subject)
        owner = kept.owner if kept is not None else None
    else:
        for call in state.respond.calls.values():
            if body.timer_subject in call.promises:
                about = state.respond.incidents.get(call.incident_id or "")
                owner = (about.seat if about is not None else None) or call.seat or "desk"
    if owner is None:
        return []
    return tell_desk(
        owner, f"{body.timer}_due", body.timer_subject, expires_s=act.at_s + REMINDER_LASTS_S, ids=act.ids
    )
