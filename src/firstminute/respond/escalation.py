"""What happens by itself when nobody answers or arrives in time: bounded, timed, and bundled when everything happens at once.

Idea: the policy names the seconds after the call; at each one the next tier is woken where what should have happened by then has not: somebody
comes, somebody is there, police are there. A breached clock wakes whom its plan names, once. In a surge a commander gets one bundled message
instead of one an incident. Nobody is woken twice for one incident, but for somebody's life (an SOS, people who cannot cope, a crew that says nothing): then
whoever was woken hears it again, and who does not answer is followed by the next. Limits: three tiers (station, duty officer, commander).
"""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.model.envelope import Body
from firstminute.model.facts.desk import MessageQueued, TimerSet
from firstminute.model.facts.response import AlertExpired, AlertSent, Escalated
from firstminute.model.records import AlertPolicy
from firstminute.respond.policy import COMES, PENDING
from firstminute.respond.records import Alert, Incident, Respond
from firstminute.respond.telling import DESK, tell_desk

TIMER, WOKEN = "escalation", "woken:"
TIERS = ("station", "duty_officer", "commander")
ANSWER_S = 120.0
BUNDLE_S = 120.0


def first(incident: Incident, policy: AlertPolicy, *, base_s: float) -> list[Body]:
    """The timer of the first step, counted from `base_s`: the call's answer, or now where an incident opens again."""
    return _timer(incident, policy, 1, base_s)


def due(
    respond: Respond,
    incident: Incident,
    policy: AlertPolicy,
    *,
    number: int,
    at_s: float,
    ids: Iterator[str],
    bundled: bool,
) -> list[Body]:
    """A step's timer fired: wake the next tier where it is needed, and set the next timer. Ends with the policy's last step."""
    facts: list[Body] = []
    reason = wanted(respond, incident, number)
    if reason is not None and incident.escalation_step < number:
        facts += step(incident, policy, reason=reason, number=number, at_s=at_s, ids=ids, bundled=bundled)
    if wanted(respond, incident, len(TIERS)) is not None:
        base_s = at_s - policy.escalate_after_s[min(number, len(policy.escalate_after_s)) - 1]
        facts += _timer(incident, policy, number + 1, base_s)
    return facts


def wanted(respond: Respond, incident: Incident, number: int) -> str | None:
    """Why a step is needed, None where what it waits for has happened: 1 somebody comes, 2 somebody is there, 3 police are there."""
    bound = [b for b in map(respond.assignments.get, incident.assignments) if b is not None]
    there = [b for b in bound if b.state in ("arrived", "reached", "cleared")]
    if number >= 3:
        return None if any(b.responder_kind == "unit" for b in there) else "no_police"
    if there:
        return None
    if number == 2:
        return "nobody_there"
    asked = map(respond.alerts.get, incident.alerts)
    answered = any(a is not None and a.state == "accepted" for a in asked)
    return None if answered or any(b.state == "en_route" for b in bound) else "nobody_answers"


def step(
    incident: Incident,
    policy: AlertPolicy,
    *,
    reason: str,
    at_s: float,
    ids: Iterator[str],
    bundled: bool,
    number: int = 1,
) -> list[Body]:
    """The next tier is woken, at least that of step `number`. Nothing beyond the policy's last step."""
    number = max(number, incident.escalation_step + 1)
    if number > len(policy.escalate_after_s):
        return []
    tier = TIERS[min(number, len(TIERS)) - 1]
    facts: list[Body] = [
        Escalated(
            incident_id=incident.incident_id,
            step=number,
            ring="reinforcement",
            to=tier,
            reason="bundled" if bundled else reason,
        )
    ]
    return facts if bundled else facts + wake(incident, tier, at_s=at_s, ids=ids)


def insist(incident: Incident, tier: str, reason: str, *, at_s: float, ids: Iterator[str]) -> list[Body]:
    """Wake a tier for somebody's life: whoever was woken already hears it again, and when nobody answers the next tier is woken."""
    woken = wake(incident, tier, at_s=at_s, ids=ids)
    if not woken:
        return tell_desk(
            holder(incident, tier), reason, incident.incident_id, expires_s=at_s + ANSWER_S, ids=ids
        )
    alert = woken[0]
    assert isinstance(alert, AlertSent)
    timer = WOKEN + alert.alert_id
    return [
        *woken,
        TimerSet(timer_subject=incident.incident_id, timer=timer, round=1, due_s=alert.expires_s),
    ]


def unanswered(incident: Incident, alert: Alert, *, at_s: float, ids: Iterator[str]) -> list[Body]:
    """A tier that was woken for somebody's life says nothing: the next one, and after the last one the desk is told."""
    if alert.state not in (*PENDING, "failed"):
        return []
    facts: list[Body] = [
        AlertExpired(alert_id=alert.alert_id, incident_id=alert.incident_id, responder_id=alert.responder_id)
    ]
    reached = [tier for tier in TIERS if holder(incident, tier) == alert.responder_id]
    above = TIERS[TIERS.index(reached[-1]) + 1 :] if reached else ()
    for tier in above:
        if holder(incident, tier) not in incident.asked:
            return [*facts, *insist(incident, tier, "escalation", at_s=at_s, ids=ids)]
    if above:
        return facts
    lasts_s = at_s + ANSWER_S
    return [
        *facts,
        *tell_desk(incident.seat, "nobody_answers", incident.incident_id, expires_s=lasts_s, ids=ids),
    ]


def wake(incident: Incident, tier: str, *, at_s: float, ids: Iterator[str]) -> list[Body]:
    """An alert to whoever holds a tier for this incident, unless it was woken already."""
    who = holder(incident, tier)
    if who in incident.asked:
        return []
    alert_id = next(ids)
    expires_s = at_s + ANSWER_S
    return [
        AlertSent(
            alert_id=alert_id, incident_id=incident.incident_id, responder_id=who, responder_kind=tier if tier != "commander" else "district",
            team_id=None, ring="reinforcement", round=1, task="escalate", expires_s=expires_s, style="silent" if incident.silent else "normal",
        ),
        MessageQueued(message_id=next(ids), channel=DESK, recipient=who, reason="escalation", reason_id=alert_id, expires_s=expires_s),
    ]  # fmt: skip


def holder(incident: Incident, tier: str) -> str:
    """Whom a tier's message goes to: the incident's station, its district's duty officer, its district's commander."""
    if tier == "station" and incident.station_id:
        return incident.station_id
    return f"{'duty_officer' if tier == 'station' else tier}:{incident.district or 'city'}"


def recently_told(respond: Respond, incidents: Iterator[Incident], who: str, *, at_s: float) -> bool:
    """Whether the holder was woken for one of these incidents within the time that is bundled."""
    for incident in incidents:
        for alert_id in incident.alerts:
            alert = respond.alerts.get(alert_id)
            if (
                alert is not None
                and alert.task == "escalate"
                and alert.responder_id == who
                and at_s - alert.sent_s < BUNDLE_S
            ):
                return True
    return False


def _timer(incident: Incident, policy: AlertPolicy, number: int, started_s: float) -> list[Body]:
    if number > len(policy.escalate_after_s):
        return []
    due_s = started_s + policy.escalate_after_s[number - 1]
    return [TimerSet(timer_subject=incident.incident_id, timer=TIMER, round=number, due_s=due_s)]


def police_come(respond: Respond, incident: Incident) -> bool:
    """Whether a police unit is bound to the incident and comes, or has been there."""
    states = (*COMES, "cleared")
    return any(
        b is not None and b.responder_kind == "unit" and b.state in states
        for b in map(respond.assignments.get, incident.assignments)
    )
