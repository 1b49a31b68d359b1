"""What the zone outside did by itself, taken into the picture: whom it alerted is not alerted again, and what they answered there counts.

Idea: a zone outside that hears nothing from the desk in time alerts the venue's own team, by the same gate and the last roll that it knows (DESIGN.md
§6). Its alerts become ours under their own ids, with the time at which they went out; somebody whom we asked meanwhile keeps our alert, and
the answer to the outside's one is taken for it. Limits: only the venue's own people; neighbours and police are asked inside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from firstminute.model.envelope import Body
from firstminute.model.facts.call import AskedOutside
from firstminute.model.facts.desk import TimerSet
from firstminute.model.facts.response import AlertSent
from firstminute.model.records import IncidentType
from firstminute.respond.alerting import EXPIRY
from firstminute.respond.records import Alert, Call, Incident, Respond
from firstminute.respond.safety import gate_of

LASTS_MOST_S = 300.0
"""No alert that the outside gave is believed to last longer."""
ANSWERS_FOLLOW_S = 5.0
"""An answer given outside comes behind the alert it answers: so long an alert that is over by its time waits for it."""


def sent_already(
    respond: Respond, incident: Incident, row: IncidentType, asked: Iterable[AskedOutside], *, at_s: float
) -> list[Body]:
    """The alerts that went out outside, for whoever was not asked here yet, each person once, and the time at which they end.

    What they are asked to do is what this desk's gate says: the outside may not know yet what has become of it.
    """
    task = gate_of(row).own_task
    first: dict[str, AskedOutside] = {}
    for each in asked:
        first.setdefault(each.responder_id, each)
    fresh = [
        replace(
            each,
            task=task,
            sent_s=min(each.sent_s, at_s),
            expires_s=min(each.expires_s, each.sent_s + LASTS_MOST_S),
        )
        for each in first.values()
        if each.alert_id not in respond.alerts and each.responder_id not in incident.asked
    ]
    facts: list[Body] = [
        AlertSent(
            alert_id=each.alert_id, incident_id=incident.incident_id, responder_id=each.responder_id, responder_kind=each.responder_kind,
            team_id=each.team_id, ring="self_rescue", round=1, task=each.task, expires_s=each.expires_s, outside_venue=False,
            style="silent" if incident.silent or row.gentle else "normal", sent_s=each.sent_s,
        )
        for each in fresh
    ]  # fmt: skip
    if not facts:
        return []
    due_s = max(at_s + ANSWERS_FOLLOW_S, *(each.expires_s for each in fresh))
    number = len(incident.alerts) + 1
    return [*facts, TimerSet(timer_subject=incident.incident_id, timer=EXPIRY, round=number, due_s=due_s)]


def alert_of(respond: Respond, alert_id: str) -> Alert | None:
    """The alert of an id; where the outside's alert and ours crossed, ours to the same responder."""
    found = respond.alerts.get(alert_id)
    if found is not None:
        return found
    for call in respond.calls.values():
        for each in call.asked_outside:
            if each.alert_id == alert_id:
                return _ours(respond, call, each.responder_id)
    return None


def _ours(respond: Respond, call: Call, responder_id: str) -> Alert | None:
    incident = respond.incidents.get(call.incident_id or "")
    asked = (respond.alerts.get(key) for key in reversed(incident.alerts)) if incident is not None else ()
    return next((each for each in asked if each is not None and each.responder_id == responder_id), None)


def assignment_of(respond: Respond, alert_id: str) -> str | None:
    """The task that followed from an alert, None where none did: whoever answered outside knows the alert alone."""
    alert = alert_of(respond, alert_id)
    if alert is None:
        return None
    incident = respond.incidents.get(alert.incident_id)
    bound = (
        (respond.assignments.get(key) for key in reversed(incident.assignments))
        if incident is not None
        else ()
    )
    return next(
        (b.assignment_id for b in bound if b is not None and b.responder_id == alert.responder_id), None
    )
