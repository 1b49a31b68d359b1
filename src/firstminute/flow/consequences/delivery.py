"""What follows from the fate of a message: an alert is delivered, or its next way is tried; and whoever is called off hears it on every way."""

from __future__ import annotations

from firstminute.flow.consequences.replacement import refill
from firstminute.flow.scene import scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import MessageOutcome, MessageQueued, TimerCancelled, TimerFired
from firstminute.model.facts.incident import IncidentClosed
from firstminute.model.facts.response import (
    AlertDelivered,
    AlertExpired,
    AlertFailed,
    AlertWithdrawn,
    Released,
)
from firstminute.respond import alerting, progress
from firstminute.respond.alerting import still_on_duty
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Alert
from firstminute.respond.telling import PAGE, channels_of, tell

LASTS_S = 600.0
THANKS_LAST_S = 86_400.0
STOPPED = frozenset({"stood_down", "safety_gate"})
"""Withdrawn for one of these, an alert is followed by the word to stop."""
KNOWN_ALREADY = frozenset({"cannot", "vehicle_down", "unavailable", *STOPPED})
"""Released for one of these, the responder said so, or is told and asked by `consequences.welfare`."""


def try_next_channel(state: State, fact: Fact, act: Act) -> list[Body]:
    """A way could not deliver: the next one. When none is left somebody else is asked, and it is over, but on the page, where a yes still counts."""
    body = fact.body
    if not isinstance(body, AlertFailed):
        return []
    alert = state.respond.alerts.get(body.alert_id)
    if alert is None or alert.state != "failed":
        return []
    channels = channels_of(state.registers, alert.responder_id)
    left = channels[channels.index(body.channel) + 1 :] if body.channel in channels else ()
    on_duty = still_on_duty(state.muster, alert, act.at_s)
    if left and on_duty and act.at_s < alert.expires_s:
        return [
            *_waits_no_more(state, alert),
            MessageQueued(
                message_id=next(act.ids), channel=left[0], recipient=alert.responder_id, reason="alert", reason_id=alert.alert_id,
                expires_s=alert.expires_s,
            ),
            *alerting.waits(alert.incident_id, alert.alert_id, channels.index(left[0]), len(channels), at_s=act.at_s),
        ]  # fmt: skip
    if body.channel == PAGE and on_duty:
        found = scene(state, alert.incident_id)
        return refill(state, found, alert.ring, act) if found is not None and _asks_people(alert) else []
    return [
        AlertExpired(alert_id=alert.alert_id, incident_id=alert.incident_id, responder_id=alert.responder_id)
    ]


def _waits_no_more(state: State, alert: Alert) -> list[Body]:
    """A way that said itself that it failed is not waited for."""
    timer = alerting.DELIVERY + alert.alert_id
    pending = any(key[1] == timer for key in state.timers.by_subject.get(alert.incident_id, ()))
    return [TimerCancelled(timer_subject=alert.incident_id, timer=timer)] if pending else []


def not_delivered(state: State, fact: Fact, act: Act) -> list[Body]:
    """Nothing was heard of a way in its seconds: it has failed, and the next one follows from that."""
    body = fact.body
    if not isinstance(body, TimerFired) or not body.timer.startswith(alerting.DELIVERY):
        return []
    alert = state.respond.alerts.get(body.timer.removeprefix(alerting.DELIVERY))
    if alert is None or alert.state not in ("asked", "failed"):
        return []
    channels = channels_of(state.registers, alert.responder_id)
    if body.round > len(channels):
        return []
    return [
        AlertFailed(
            alert_id=alert.alert_id, incident_id=alert.incident_id, channel=channels[body.round - 1], problem="not_in_time"
        )
    ]  # fmt: skip


def thank_who_came(state: State, fact: Fact, act: Act) -> list[Body]:
    """It is over: everybody of a team who came hears thanks, and what came of it."""
    body = fact.body
    assert isinstance(body, IncidentClosed)
    kept = state.respond.closed.get(body.incident_id)
    came = [who for who, team_id in kept.came.items() if team_id is not None] if kept is not None else []
    until_s = act.at_s + THANKS_LAST_S
    return tell(state.registers, came, "thanks", body.incident_id, expires_s=until_s, ids=act.ids)


def _asks_people(alert: Alert) -> bool:
    return alert.responder_kind in ("member", "team")


def note_delivery(state: State, fact: Fact, act: Act) -> list[Body]:
    """What the outbox says of an alert's message becomes the alert's own fact."""
    body = fact.body
    alert = state.respond.alerts.get(body.reason_id) if isinstance(body, MessageOutcome) else None
    if alert is None or not isinstance(body, MessageOutcome) or alert.state not in ("asked", "failed"):
        return []
    if body.outcome == "delivered":
        return [AlertDelivered(alert_id=alert.alert_id, incident_id=alert.incident_id, channel=body.channel)]
    if body.outcome == "failed":
        return [
            AlertFailed(
                alert_id=alert.alert_id,
                incident_id=alert.incident_id,
                channel=body.channel,
                problem="not_delivered",
            )
        ]
    return []


def tell_withdrawn(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever was asked and is not needed, or must stop, hears it on every way to them, not only where they happen to look."""
    body = fact.body
    assert isinstance(body, AlertWithdrawn)
    stopped = body.reason_code in STOPPED
    if stopped and _is_bound(state, body):
        return []  # told to stop and asked whether all is well, in one
    about = body.incident_id if stopped else body.alert_id
    return tell(
        state.registers,
        (body.responder_id,),
        "stand_down" if stopped else "withdrawn",
        about,
        expires_s=act.at_s + LASTS_S,
        ids=act.ids,
    )


def _is_bound(state: State, body: AlertWithdrawn) -> bool:
    about = state.respond.incidents.get(body.incident_id)
    bound = progress.task_of(state.respond, about, body.responder_id) if about is not None else None
    return bound is not None and bound.state not in OVER


def tell_released(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever is unbound by somebody else, and may be on the way, hears it as well."""
    body = fact.body
    assert isinstance(body, Released)
    if body.reason_code in KNOWN_ALREADY:
        return []
    people = (body.responder_id,)
    return tell(
        state.registers, people, "released", body.incident_id, expires_s=act.at_s + LASTS_S, ids=act.ids
    )
