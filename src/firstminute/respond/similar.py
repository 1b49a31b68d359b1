"""While a call is taken: which open incidents it may be about all the same, and what the same telephone said before.

Idea: `respond.attach` merges only where place, time and kind all agree. What agrees in part is shown to whoever takes the call, with what does,
and a person decides. A caller's earlier calls are those that the desk still remembers (open, or closed within a shift): telephone numbers are sealed, so
nobody can search the record of years by one. Limits: words are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.respond.attach import RowOf, alike
from firstminute.respond.nearby import distance_m, squares_around
from firstminute.respond.records import Call, Incident, Respond

NEAR_M = 500.0
WITHIN_S = 3_600.0
VENUE_M = 50.0
MOST = 5
EARLIER_MOST = 10


@dataclass(frozen=True, slots=True)
class Similar:
    """An open incident that a call may be about. `agrees`: codes same_caller, same_device, venue, place, time, type, in words `match.<code>`."""

    incident_id: str
    agrees: tuple[str, ...]
    distance_m: float | None


def similar(respond: Respond, call: Call, row_of: RowOf, *, at_s: float) -> list[Similar]:
    """Open incidents near a call, or of the same caller, that it was not attached to; those that agree in most first."""
    point = call.cell if call.place is None else call.place.centre
    wanted: dict[str, None] = {}
    for earlier_id in (call.device_before, call.phone_before):
        earlier = respond.calls.get(earlier_id or "")
        if earlier is not None and earlier.incident_id in respond.incidents:
            wanted[str(earlier.incident_id)] = None
    if point is not None:
        for square in squares_around(point, NEAR_M):
            wanted.update(respond.near.get(square, {}))
    wanted.pop(call.incident_id or "", None)
    found = [_judged(respond, call, respond.incidents[key], row_of, at_s=at_s) for key in wanted]
    kept = [each for each in found if each is not None]
    return sorted(kept, key=lambda each: (-len(each.agrees), each.distance_m or 0.0))[:MOST]


def _judged(
    respond: Respond, call: Call, incident: Incident, row_of: RowOf, *, at_s: float
) -> Similar | None:
    point = call.cell if call.place is None else call.place.centre
    agrees: list[str] = []
    for earlier_id, reason in ((call.device_before, "same_device"), (call.phone_before, "same_caller")):
        earlier = respond.calls.get(earlier_id or "")
        if earlier is not None and earlier.incident_id == incident.incident_id:
            agrees.append(reason)
    here = incident.cell if incident.place is None else incident.place.centre
    apart_m = distance_m(point, here) if point is not None and here is not None else None
    mine, theirs = row_of(call.type_code), row_of(incident.type_code)
    if call.venue_id is not None and call.venue_id == incident.venue_id:
        agrees.append("venue")
    elif apart_m is not None and apart_m <= max(VENUE_M, mine.merge_radius_m):
        agrees.append("place")
    if not agrees and (apart_m is None or apart_m > NEAR_M or at_s - incident.last_call_s > WITHIN_S):
        return None
    if at_s - incident.last_call_s <= max(mine.merge_within_s, theirs.merge_within_s):
        agrees.append("time")
    if alike(mine, theirs):
        agrees.append("type")
    return (
        Similar(incident.incident_id, tuple(agrees), None if apart_m is None else round(apart_m, 1))
        if agrees
        else None
    )


def earlier(respond: Respond, call: Call) -> list[Call]:
    """What the same telephone, or device, said before, the latest first."""
    if not call.caller_phone and not call.device_id:
        return []
    same = [
        each
        for each in respond.calls.values()
        if each.call_id != call.call_id
        and (
            (call.caller_phone and each.caller_phone == call.caller_phone)
            or (call.device_id and each.device_id == call.device_id)
        )
    ]
    return sorted(same, key=lambda each: -each.received_s)[:EARLIER_MOST]
