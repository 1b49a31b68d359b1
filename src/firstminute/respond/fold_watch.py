"""What watches over an incident, as facts change it: clocks, escalation, welfare, safety answers, the gate."""

from __future__ import annotations

from firstminute.model.envelope import Fact
from firstminute.model.facts.people import WelfareAnswered, WelfareAsked, WelfareMissed
from firstminute.model.facts.response import (
    ClockArrivedLate,
    ClockBreached,
    ClockMet,
    ClockStarted,
    ClockStopped,
    Escalated,
    GateOpened,
    KeepAwayLifted,
    KeepAwaySent,
    SafetyAnswered,
)
from firstminute.respond.fold_calls import Handlers
from firstminute.respond.records import Clock, Respond, Warned


def _safety(respond: Respond, fact: Fact, body: SafetyAnswered) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.safety[body.responder_id] = body.safe


def _kept_away(respond: Respond, fact: Fact, body: KeepAwaySent) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.kept_away.update(body.team_ids, body.member_ids)
        if body.radius_m is not None:
            before = incident.warned.told if incident.warned is not None else ()
            told = tuple(dict.fromkeys((*before, *body.team_ids)))
            incident.warned = Warned(
                fact.at_s, fact.actor, told, body.advice, body.radius_m, body.reason_code or ""
            )


def _keep_away_lifted(respond: Respond, fact: Fact, body: KeepAwayLifted) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.kept_away.difference_update(body.told)
        if incident.warned is not None and incident.kept_away.isdisjoint(incident.warned.told):
            incident.warned = None


def _gate_opened(respond: Respond, fact: Fact, body: GateOpened) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.gate_open_for.update(body.team_ids)


def _clock_started(respond: Respond, fact: Fact, body: ClockStarted) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.clocks[body.clock] = Clock(
            body.clock, body.owner, body.target_s, body.started_s, body.binds, body.start_event
        )


def _clock_ended(respond: Respond, fact: Fact, body: ClockMet | ClockArrivedLate) -> None:
    incident = respond.incidents.get(body.incident_id)
    clock = incident.clocks.get(body.clock) if incident is not None else None
    if clock is not None:
        clock.state = "met" if isinstance(body, ClockMet) else "late"
        clock.since_call_s, clock.since_alert_s = body.since_call_s, body.since_alert_s
        clock.evidence, clock.responder_id = body.evidence, body.responder_id


def _clock_broken(respond: Respond, fact: Fact, body: ClockBreached | ClockStopped) -> None:
    incident = respond.incidents.get(body.incident_id)
    clock = incident.clocks.get(body.clock) if incident is not None else None
    if clock is not None and clock.state == "running":
        clock.state = "breached" if isinstance(body, ClockBreached) else "stopped"
        clock.reason = body.reason


def _escalated(respond: Respond, fact: Fact, body: Escalated) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.escalation_step = max(incident.escalation_step, body.step)


def _welfare(respond: Respond, fact: Fact, body: WelfareAsked | WelfareAnswered | WelfareMissed) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    if isinstance(body, WelfareAsked):
        incident.welfare.setdefault(body.responder_id, 0)
    elif isinstance(body, WelfareMissed):
        incident.welfare[body.responder_id] = body.attempt
    else:
        incident.welfare.pop(body.responder_id, None)


HANDLERS: Handlers = {
    SafetyAnswered: _safety,
    KeepAwaySent: _kept_away,
    KeepAwayLifted: _keep_away_lifted,
    GateOpened: _gate_opened,
    ClockStarted: _clock_started,
    ClockMet: _clock_ended,
    ClockArrivedLate: _clock_ended,
    ClockBreached: _clock_broken,
    ClockStopped: _clock_broken,
    Escalated: _escalated,
    WelfareAsked: _welfare,
    WelfareAnswered: _welfare,
    WelfareMissed: _welfare,
}
