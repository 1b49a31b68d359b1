"""The end of an incident, in half a minute: what came of it, everybody freed, nobody forgotten; reopened where it was not over.

Idea (处警反馈): one act says outcome, corrected type, handed to whom and a note; the rest follows from the state: open alerts are withdrawn, tasks cleared,
clocks stopped, timers cancelled, calls closed with it. A report that nobody writes is chased. False alarms are counted per device, never per
person. Limits: only what ended within the last shift can be opened again (`respond.fold_incidents.KEEP_CLOSED_S`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.incident import DeskMeasureTaken, IncidentClosed, IncidentReopened, ReportOverdue
from firstminute.model.facts.people import DeviceRateLearned, TeamStatsLearned
from firstminute.model.facts.response import (
    AlertWithdrawn,
    Arrived,
    Assigned,
    Cleared,
    ClockStopped,
    EnRoute,
    KeepAwaySent,
    Released,
)
from firstminute.respond import lifecycle, reasons
from firstminute.respond.chance import answer_key
from firstminute.respond.records import Assignment, Call, Incident, Respond
from firstminute.respond.telling import tell_desk

FALSE_OUTCOMES = frozenset({"false_alarm", "malicious", "device_fault", "nobody_found"})
OUTCOMES = (
    "resolved", "handed_over", "false_alarm", "malicious", "device_fault", "nobody_found", "cancelled", "advice", "merged",
)  # fmt: skip
ANSWERED = frozenset({"accepted", "declined", "expired", "withdrawn"})
REPORT, NOT_TAKEN = "report", "not_taken"
REPORT_DUE_S = 1_800.0
REPORT_CHASED_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the closing report says."""

    outcome: str
    type_code: str | None = None
    handed_to: str | None = None
    note: str | None = None


def close(respond: Respond, incident: Incident, ending: Ending) -> list[Body]:
    """Close, and end everything that hangs on it. Refused while another agency has not answered for it, or where the report is incomplete."""
    if ending.outcome not in OUTCOMES:
        raise Refused("unknown_outcome", outcome=ending.outcome)
    if ending.outcome == "handed_over":
        if not ending.handed_to:
            raise Refused("handed_to_missing", incident=incident.incident_id)
        asked = [
            a for a in incident.agencies.values() if a.agency == ending.handed_to and a.mode == "hand_over"
        ]
        if asked and not any(a.answer == "accepted" for a in asked):
            raise Refused("agency_not_accepted", agency=ending.handed_to)
    if incident.transfer_to is not None:
        raise Refused("transfer_pending", district=incident.transfer_to)
    if any(safe is None for safe in incident.safety.values()):
        raise Refused("safety_unanswered", people=sum(s is None for s in incident.safety.values()))
    device_id = next((c.device_id for c in calls_of(respond, incident) if c.device_id), None)
    closed = IncidentClosed(
        incident_id=incident.incident_id,
        outcome=ending.outcome,
        type_code=ending.type_code or incident.type_code,
        handed_to=ending.handed_to,
        call_ids=tuple(incident.calls),
        device_id=device_id,
        note=ending.note,
    )
    return [*not_taken(incident), closed, *_ends(respond, incident), *learned(respond, incident, closed)]


def learned(respond: Respond, incident: Incident, closed: IncidentClosed) -> list[Body]:
    """What is known from now on, in all: how teams answer, and how often the device was wrong. It outlives the incident, and a restart."""
    facts: list[Body] = []
    if closed.device_id:
        calls, false = respond.false_by_device.get(closed.device_id, (0, 0))
        wrong = false + (closed.outcome in FALSE_OUTCOMES)
        facts.append(DeviceRateLearned(device_id=closed.device_id, calls=calls + 1, false=wrong))
    alerts = (respond.alerts.get(key) for key in incident.alerts)
    keys = {answer_key(a): None for a in alerts if a is not None and a.team_id is not None}
    for key in keys:
        if key in respond.answered:
            (team_id, hour, channel), (asked, answered) = key, respond.answered[key]
            facts.append(
                TeamStatsLearned(team_id=team_id, hour=hour, channel=channel, asked=asked, answered=answered)
            )
    return facts


def not_taken(incident: Incident) -> list[Body]:
    """Desk measures that nobody took: said, so that no clock of a fraud call ends without a word."""
    return [
        DeskMeasureTaken(incident_id=incident.incident_id, measure=measure, result=NOT_TAKEN)
        for measure, (_, result) in incident.measures.items()
        if result is None
    ]


def _ends(respond: Respond, incident: Incident) -> list[Body]:
    facts: list[Body] = _withdrawn(respond, incident, "closed")
    for bound in bound_to(respond, incident):
        facts.append(
            Cleared(
                assignment_id=bound.assignment_id,
                incident_id=incident.incident_id,
                responder_id=bound.responder_id,
                evidence="closed",
            )
            if bound.arrived_s is not None
            else Released(
                assignment_id=bound.assignment_id,
                incident_id=incident.incident_id,
                responder_id=bound.responder_id,
                reason_code="closed",
            )
        )
    for clock in incident.clocks.values():
        if clock.state == "running":
            facts.append(ClockStopped(incident_id=incident.incident_id, clock=clock.clock, reason="closed"))
    return facts


def _withdrawn(respond: Respond, incident: Incident, reason_code: str) -> list[Body]:
    alerts = (respond.alerts.get(key) for key in incident.alerts)
    return [
        AlertWithdrawn(
            alert_id=a.alert_id,
            incident_id=incident.incident_id,
            responder_id=a.responder_id,
            reason_code=reason_code,
        )
        for a in alerts
        if a is not None and a.state not in ANSWERED
    ]


def bound_to(respond: Respond, incident: Incident) -> list[Assignment]:
    """Assignments of an incident that are not over."""
    found = (respond.assignments.get(key) for key in incident.assignments)
    return [b for b in found if b is not None and b.state not in lifecycle.OVER]


def calls_of(respond: Respond, incident: Incident) -> list[Call]:
    """The calls of an incident that are known."""
    return [respond.calls[c] for c in incident.calls if c in respond.calls]


def merge(respond: Respond, left: Incident, into: Incident, *, ids: Iterator[str]) -> list[Body]:
    """An incident was the same thing as another: it closes as merged, and its crews go on to the other one where they stand."""
    closed = IncidentClosed(
        incident_id=left.incident_id, outcome="merged", type_code=left.type_code, handed_to=into.incident_id
    )
    facts: list[Body] = [closed, *_withdrawn(respond, left, "merged")]
    if left.kept_away:
        said = left.warned  # a commander's notice stands on, the automatic ones stay what they are
        kept = tuple(sorted(left.kept_away.difference(said.told if said is not None else ())))
        if kept:
            facts.append(KeepAwaySent(incident_id=into.incident_id, team_ids=kept, advice=()))
        if said is not None:
            facts.append(
                KeepAwaySent(
                    incident_id=into.incident_id,
                    team_ids=said.told,
                    advice=said.advice,
                    radius_m=said.radius_m,
                    reason_code=said.reason_code,
                )
            )
    there = {b.responder_id for b in bound_to(respond, into)}
    for bound in bound_to(respond, left):
        if bound.responder_id in there:
            continue
        assignment_id = next(ids)
        who = {
            "assignment_id": assignment_id,
            "incident_id": into.incident_id,
            "responder_id": bound.responder_id,
        }
        facts.append(
            Assigned(
                **who,
                responder_kind=bound.responder_kind,
                team_id=bound.team_id,
                ring=bound.ring,
                how="merged",
                mode=bound.mode,
                role=bound.role,
                active=bound.state != "stacked",
                travel_s=bound.travel_s,
            )
        )
        if bound.arrived_s is not None:
            facts.append(
                Arrived(
                    **who,
                    responder_kind=bound.responder_kind,
                    ring=bound.ring,
                    evidence=bound.evidence or "radio",
                )
            )
        elif bound.en_route_s is not None:
            facts.append(EnRoute(**who, evidence="radio"))
    return facts


def reopen(incident: Incident, reason: str, note: str | None = None) -> list[Body]:
    """It was not over after all. Clocks do not start again; who was asked may be asked anew."""
    reason, note = reasons.settle("reopen", reason, note)
    return [
        IncidentReopened(
            incident_id=incident.incident_id,
            reason=reason,
            type_code=incident.type_code,
            priority=incident.priority,
            cell=incident.cell,
            call_ids=tuple(incident.calls),
            note=note,
        )
    ]


def report_wanted(respond: Respond, incident: Incident) -> bool:
    """Whether nothing is left to do but to write the report: crews gone, everybody stood down and home, or a desk's measures all taken."""
    if incident.status == lifecycle.CLEARED:
        return True
    if bound_to(respond, incident):
        return False
    if incident.status == lifecycle.STOOD_DOWN:
        return True
    measures = incident.measures.values()
    return incident.desk_only and bool(measures) and all(result is not None for _, result in measures)


def report_timer(respond: Respond, incident: Incident, *, at_s: float) -> list[Body]:
    """Nothing is left to do: the report is due."""
    if incident.report_due_s is not None or not report_wanted(respond, incident):
        return []
    return [TimerSet(timer_subject=incident.incident_id, timer=REPORT, round=1, due_s=at_s + REPORT_DUE_S)]


def report_missing(
    respond: Respond, incident: Incident, *, number: int, at_s: float, ids: Iterator[str]
) -> list[Body]:
    """Its timer fired: the owner is chased, a bounded number of times, at last the duty officer hears; nothing where crews work again."""
    if not report_wanted(respond, incident):
        return []
    duty_officer = f"duty_officer:{incident.district or 'city'}"
    owner = duty_officer if number >= REPORT_CHASED_MOST else incident.seat or duty_officer
    facts: list[Body] = [
        ReportOverdue(incident_id=incident.incident_id, owner=owner),
        *tell_desk(owner, "report_overdue", incident.incident_id, expires_s=at_s + REPORT_DUE_S, ids=ids),
    ]
    if number < REPORT_CHASED_MOST:
        facts.append(
            TimerSet(
                timer_subject=incident.incident_id, timer=REPORT, round=number + 1, due_s=at_s + REPORT_DUE_S
            )
        )
    return facts


def timers_ended(subjects: Iterator[str]) -> list[Body]:
    """No timer of these subjects is wanted any more."""
    return [TimerCancelled(timer_subject=subject) for subject in subjects]


def false_rate(respond: Respond, device_id: str) -> float | None:
    """Share of a device's calls that were false, None where it never called. Never asked of a person."""
    calls, false = respond.false_by_device.get(device_id, (0, 0))
    return false / calls if calls else None
