"""Commands about single alerts: delivered, failed, seen, accepted, declined, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.scene import scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.response import AlertDelivered, AlertFailed, AlertSeen, AlertWithdrawn
from firstminute.respond import alerting, lifecycle, outside, reasons
from firstminute.respond.policy import PENDING, cap, coming
from firstminute.respond.records import Alert, Incident
from firstminute.respond.speaking import speaks_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The alert, and the channel that brought it."""

    alert_id: str
    channel: str = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The alert, and the channel that could not bring it."""

    alert_id: str
    channel: str
    problem: str = "not_delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The alert somebody looked at."""

    alert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The alert, and the role the responder offers to take."""

    alert_id: str
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """The alert; a reason helps and is never asked for, and a word nobody knows is no mistake."""

    alert_id: str
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """The alert to take back."""

    alert_id: str
    reason_code: str = "by_hand"


def alert_delivered(state: State, a: Delivered, act: Act) -> list[Body]:
    """It reached the device; news that comes late changes nothing."""
    alert = _alert(state, a.alert_id, act)
    if alert.state not in ("asked", "failed"):
        return []
    return [AlertDelivered(alert_id=alert.alert_id, incident_id=alert.incident_id, channel=a.channel)]


def alert_failed(state: State, a: Failed, act: Act) -> list[Body]:
    """A channel failed: the next one is tried."""
    alert = _alert(state, a.alert_id, act)
    if alert.state != "asked":
        return []
    return [
        AlertFailed(
            alert_id=alert.alert_id, incident_id=alert.incident_id, channel=a.channel, problem=a.problem
        )
    ]


def alert_seen(state: State, a: Seen, act: Act) -> list[Body]:
    """The responder looked at it."""
    alert = _alert(state, a.alert_id, act)
    if alert.state not in ("asked", "delivered", "failed"):
        return []
    return [AlertSeen(alert_id=alert.alert_id, incident_id=alert.incident_id)]


def accept_alert(state: State, a: Accept, act: Act) -> list[Body]:
    """Yes, by when it was said."""
    alert = _alert(state, a.alert_id, act)
    found = scene(state, alert.incident_id)
    if found is None:
        raise Refused("incident_closed", incident=alert.incident_id)
    if alert.state != "accepted":
        _refuse_bound(state, found.incident, alert)
    full = alert.responder_kind in ("member", "team") and coming(
        state.respond, found.incident, alert.ring
    ) >= cap(found.policy, alert.ring)
    at_s = act.at_s if act.occurred_s is None else min(act.at_s, act.occurred_s)
    late = act.time_source == "outside"
    return alerting.accept(alert, at_s=at_s, full=full, role=a.role, told_late=late)


def _refuse_bound(state: State, incident: Incident, alert: Alert) -> None:
    """Nobody is bound twice: not while bound elsewhere, and not to a task that was taken away meanwhile."""
    elsewhere = state.respond.assignments.get(state.respond.busy.get(alert.responder_id, ""))
    if elsewhere is not None and elsewhere.incident_id != incident.incident_id and alert.task != "escalate":
        raise Refused("busy_elsewhere", incident=elsewhere.incident_id)
    bound = alerting.assignment_of(state.respond, incident, alert.responder_id)
    if alert.responder_kind == "unit" and bound is not None and bound.state in lifecycle.OVER:
        raise Refused("task_over", assignment=bound.assignment_id)


def decline_alert(state: State, a: Decline, act: Act) -> list[Body]:
    """No."""
    why = reasons.nearest("decline", a.reason_code)
    at_s = act.occurred_s if act.time_source == "outside" and act.occurred_s is not None else act.at_s
    return alerting.decline(_alert(state, a.alert_id, act), at_s=min(act.at_s, at_s), reason_code=why)


def withdraw_alert(state: State, a: Withdraw, act: Act) -> list[Body]:
    """A dispatcher takes one alert back."""
    alert = _alert(state, a.alert_id, act)
    if alert.state not in (*PENDING, "failed"):
        raise Refused("alert_answered", alert=alert.alert_id, state=alert.state)
    return [
        AlertWithdrawn(
            alert_id=alert.alert_id,
            incident_id=alert.incident_id,
            responder_id=alert.responder_id,
            reason_code=reasons.check("withdraw", a.reason_code),
        )
    ]


def _alert(state: State, alert_id: str, act: Act) -> Alert:
    """The alert, if it is the actor's own to speak for. A closed incident's alerts are gone: the person is told so."""
    alert = outside.alert_of(state.respond, alert_id)
    if alert is None:
        raise Refused("alert_over", alert=alert_id)
    if not speaks_for(act.actor, alert.responder_id, alert.team_id):
        raise Refused("not_yours", alert=alert_id)
    return alert
