"""What the public page shows of the record: what became of one report, and the notices that stand now.

Idea: whoever holds a receipt's code learns whether somebody has read the report, whether it is in hand and how it ended, and the desk's answers; nothing of
who, where or with what. A notice is public where a commander sent it to the people around; the automatic ones, of the first minute, are not, because a crowd
gathers where a fight is announced.
Limits: of reports that the desk no longer has in memory the shell asks the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstminute.model.records import District, IncidentType, Venue
from firstminute.respond.attachments import find
from firstminute.respond.catalogue import type_of
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Call, Incident, Respond

NOTICES_MOST = 20
RECEIVED, READ, IN_HAND, DONE = "received", "read", "in_hand", "done"


def progress(respond: Respond, call_id: str) -> dict[str, Any] | None:
    """State (received, read, in_hand, done), when it was received and read, and the desk's answers; None where it is not known (any more)."""
    call = respond.calls.get(call_id)
    if call is None:
        return None
    about = find(respond, call.incident_id or "")
    incident = about if isinstance(about, Incident) else None
    read_s = call.claimed_s or (incident.claimed_s if incident is not None else None)
    read_s = read_s or (call.told[0][0] if call.told else None)
    return {
        "state": _state(respond, call, incident, read=read_s is not None),
        "received_s": call.received_s,
        "read_s": read_s,
        "told": [{"at_s": at_s, "text": text} for at_s, text in call.told],
    }


def _state(respond: Respond, call: Call, incident: Incident | None, *, read: bool) -> str:
    if call.closed or (incident is not None and incident.incident_id in respond.closed):
        return DONE
    bound = (respond.assignments.get(key) for key in incident.assignments) if incident is not None else ()
    if any(each is not None and each.state not in OVER for each in bound):
        return IN_HAND
    return READ if read or call.told else RECEIVED


def notices(
    respond: Respond,
    venues: Mapping[str, Venue],
    districts: Mapping[str, District],
    types: Mapping[str, IncidentType],
) -> list[dict[str, Any]]:
    """Keep-away notices that a commander sent and that stand, the newest first: what to do, about where, since when."""
    found: list[dict[str, Any]] = []
    for incident in respond.incidents.values():
        row = type_of(types, incident.type_code)
        if (
            incident.warned is None
            or incident.silent
            or incident.confidential
            or row.gentle
            or row.restricted
        ):
            continue
        venue, district = venues.get(incident.venue_id or ""), districts.get(incident.district or "")
        found.append(
            {
                "since_s": incident.warned.at_s,
                "advice": list(incident.warned.advice),
                "places": [
                    {"name": each.name, "name_en": each.name_en}
                    for each in (venue, district)
                    if each is not None
                ],
            }
        )
    return sorted(found, key=lambda each: -each["since_s"])[:NOTICES_MOST]
