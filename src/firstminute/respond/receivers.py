"""Machines outside that asked to hear of incidents: who hears what, and how little.

Idea: a receiver is a row of a register: where it listens, which events, which districts. It learns that something of a kind began, that somebody is there, that
it ended; never a caller, a word, an address or where crews are. Of a restricted kind it learns that help was needed, and no place. Each message says
the whole status, so that news in any order end right.
Limits: live incidents alone; a drill tells nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from firstminute.model.envelope import Body
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.records import IncidentType, Receiver
from firstminute.respond.records import Incident, Respond

CHANNEL = "webhook"
LASTS_S = 6 * 3_600.0
EVENTS = ("incident_opened", "on_scene", "stood_down", "incident_closed", "incident_reopened")
PREFIX = "hook_"


def tell(
    receivers: Mapping[str, Receiver], incident: Incident, event: str, *, at_s: float, ids: Iterator[str]
) -> list[Body]:
    """One message to each receiver that wants this event of this district."""
    assert event in EVENTS, event
    return [
        MessageQueued(
            message_id=next(ids), channel=CHANNEL, recipient=key, reason=PREFIX + event, reason_id=incident.incident_id,
            expires_s=at_s + LASTS_S,
        )
        for key, row in receivers.items()
        if event in row.events and (not row.districts or incident.district in row.districts)
    ]  # fmt: skip


def news(respond: Respond, incident: Incident, kind: IncidentType) -> dict[str, Any]:
    """What a receiver may know of an incident: kind, urgency, cell and status."""
    kept = respond.closed.get(incident.incident_id)
    shown = not (kind.restricted or incident.silent)
    return {
        "incident_id": incident.incident_id,
        "label": incident.incident_id[-4:].upper(),
        "type": incident.type_code if shown else "help_needed",
        "priority": incident.priority,
        "level": incident.level,
        "status": incident.status,
        "district": incident.district,
        "lon": incident.cell[0] if incident.cell and shown else None,
        "lat": incident.cell[1] if incident.cell and shown else None,
        "started_s": incident.started_s,
        "on_scene": sum(incident.arrived.values()) > 0,
        "closed_s": kept.closed_s if kept is not None else None,
        "outcome": kept.outcome if kept is not None and shown else None,
    }
