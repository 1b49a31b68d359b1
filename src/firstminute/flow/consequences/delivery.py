"""What follows from the fate of a message: an alert is delivered, or its next channel is tried, or it is over."""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import MessageOutcome, MessageQueued
from firstminute.model.facts.response import AlertDelivered, AlertExpired, AlertFailed


def try_next_channel(state: State, fact: Fact, act: Act) -> list[Body]:
    """A channel could not deliver: the member's next one, and when there is none the alert is over at once."""
    body = fact.body
    if not isinstance(body, AlertFailed):
        return []
    alert = state.respond.alerts.get(body.alert_id)
    if alert is None or alert.state != "failed":
        return []
    member = state.registers.members.get(alert.responder_id)
    channels = member.channels if member is not None else ("page",)
    left = channels[channels.index(body.channel) + 1 :] if body.channel in channels else ()
    if left and act.at_s < alert.expires_s:
        return [
            MessageQueued(
                message_id=next(act.ids), channel=left[0], recipient=alert.responder_id, reason="alert", reason_id=alert.alert_id,
                expires_s=alert.expires_s,
            )
        ]  # fmt: skip
    return [
        AlertExpired(alert_id=alert.alert_id, incident_id=alert.incident_id, responder_id=alert.responder_id)
    ]


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
