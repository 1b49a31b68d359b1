"""The city's own 110 or another dispatch system beside us: what it may know of its record, and when it is told.

Idea: a partner's record is a call with its `external_id` (`<system>:<id>`); it hears status and disposition, never positions or names. News arrive in any
order on both sides: each message says the whole status, so the last one is right. Limits: only what is open or ended within the last shift.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from firstminute.model.envelope import Body
from firstminute.model.facts.desk import MessageQueued
from firstminute.respond.records import Call, Incident, Respond

LASTS_S = 3_600.0
REASON = "cad_status"


def status_of(respond: Respond, external_id: str) -> dict[str, Any] | None:
    """Where a partner's record stands; None where it is not known (any more).

    Returns
    -------
    call_id, incident_id, status, type, on_scene (bool), outcome and handed_to (None while open)
    """
    call = respond.calls.get(respond.external.get(external_id, ""))
    if call is None:
        return None
    kept = respond.closed.get(call.incident_id or "")
    about = kept.incident if kept is not None else respond.incidents.get(call.incident_id or "")
    return {
        "call_id": call.call_id,
        "incident_id": call.incident_id,
        "status": about.status if about is not None else "closed" if call.closed else "received",
        "type": about.type_code if about is not None else call.type_code,
        "on_scene": about is not None and sum(about.arrived.values()) > 0,
        "outcome": kept.outcome if kept is not None else None,
        "handed_to": kept.handed_to if kept is not None else None,
    }


def records_of(respond: Respond, incident: Incident) -> list[Call]:
    """The calls of an incident that are partners' records."""
    calls = (respond.calls.get(key) for key in incident.calls)
    return [call for call in calls if call is not None and call.external_id]


def tell(respond: Respond, incident: Incident, *, at_s: float, ids: Iterator[str]) -> list[Body]:
    """One message per partner's record: go and read its status."""
    return [
        MessageQueued(
            message_id=next(ids), channel="cad", recipient=str(call.external_id), reason=REASON, reason_id=incident.incident_id,
            expires_s=at_s + LASTS_S,
        )
        for call in records_of(respond, incident)
    ]  # fmt: skip
