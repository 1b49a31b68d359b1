"""Is it the same thing? Which open incident a call is about, with the reasons a person can check.

Idea: same device or same caller calling again say it outright; otherwise place, time and kind must all agree: within the merge radius of its type
(plus how vague both places are), within the merge time since the last call, and kinds that people mix up when frightened. The nearest one wins.
A wrong merge is undone by hand; nothing is thrown away by merging. Limits: fraud and network calls never merge by place (radius 0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from firstminute.model.errors import Refused
from firstminute.model.place import CELL_M
from firstminute.model.records import IncidentType
from firstminute.respond import reasons
from firstminute.respond.lifecycle import ON_SCENE, OPEN, RESPONDING
from firstminute.respond.nearby import distance_m, squares_around
from firstminute.respond.records import Call, Incident, Respond

RowOf = Callable[[str | None], IncidentType]

SAME_CALLER_WITHIN_S = 1_800.0
VAGUE_MOST_M = 300.0
UNDO_WITHIN_S = 10.0
ANSWERED_IN = frozenset({OPEN, RESPONDING, ON_SCENE})
"""A call about a scene that everybody has left, or was called off from, is a new incident: attached to it, nobody would come."""
FEW_SQUARES = 24
MIXED_UP = (frozenset({"violent", "armed"}), frozenset({"fire", "crowd", "medical"}))
"""Kinds of danger that callers about one thing name differently."""
NAMELESS = frozenset({"unknown", "sos", "sensor_alarm", "other_help"})
"""Types that say that somebody needs help, not what happens."""


@dataclass(frozen=True, slots=True)
class Match:
    """The incident that a call is about, why, and how far apart they are."""

    incident_id: str
    reasons: tuple[str, ...]
    distance_m: float | None = None


def find_match(
    respond: Respond, call: Call, row_of: RowOf, *, at_s: float, but: frozenset[str] = frozenset()
) -> Match | None:
    """The open incident that a call is about, None where it stands alone.

    Parameters
    ----------
    row_of : type code → catalogue row
    at_s : now
    but : incidents that it is known not to be about
    """
    again = _again(respond, call)
    if again is not None and again.incident_id not in but:
        return again
    point = call.cell if call.place is None else call.place.centre
    if point is None:
        return None
    row = row_of(call.type_code)
    vague_m = min(VAGUE_MOST_M, call.place.radius_m) if call.place is not None else 0.0
    agreed: dict[str, tuple[float, float] | None] = {}
    best: Incident | None = None
    rank = (inf, inf)
    for incident_id in _around(respond, point, _reach_m(call, row, vague_m)):
        incident = respond.incidents.get(incident_id)
        if incident is None or incident.cell is None or incident_id in but or not _answers(call, incident):
            continue
        kind = incident.type_code
        limits = agreed[kind] if kind in agreed else agreed.setdefault(kind, _limits(row, row_of(kind)))
        if limits is None or _apart_s(call, incident, at_s) > limits[1]:
            continue
        place = incident.place
        apart_m = distance_m(point, incident.cell if place is None else place.centre)
        allowed_m = limits[0] + vague_m + (0.0 if place is None else min(VAGUE_MOST_M, place.radius_m))
        if apart_m > allowed_m and not _same_venue(call, incident):
            continue
        here = (round(apart_m, 1), -incident.last_call_s)
        if here < rank:
            best, rank = incident, here
    if best is None:
        return None
    where = "venue" if _same_venue(call, best) else "place"
    return Match(best.incident_id, (where, "time", "type"), rank[0])


def _answers(call: Call, incident: Incident) -> bool:
    """Whether somebody answers a call by attaching it: not where all have left or were called off.

    Paper goes with paper. What the public page alone says stays apart: attached to it, a call for help would wait for the desk.
    """
    if call.confidential is not incident.confidential:
        return False
    if call.channel == "paper":
        return incident.on_paper
    return not incident.on_paper and incident.status in ANSWERED_IN


def _apart_s(call: Call, incident: Incident, at_s: float) -> float:
    """Seconds since the last call about it; what is typed from paper is compared by when it happened."""
    return abs(call.received_s - incident.started_s) if incident.on_paper else at_s - incident.last_call_s


def _reach_m(call: Call, row: IncidentType, vague_m: float) -> float:
    """How far from a call an incident may lie that it is about: what merging allows, and wide enough for a venue that both name."""
    widest_m = max(row.merge_radius_m, 400.0) + 2 * VAGUE_MOST_M
    if call.venue_id is not None or row.code in NAMELESS:
        return widest_m
    return min(widest_m, row.merge_radius_m + vague_m + VAGUE_MOST_M + CELL_M)


def _same_venue(call: Call, incident: Incident) -> bool:
    return call.venue_id is not None and call.venue_id == incident.venue_id


def _limits(row: IncidentType, other: IncidentType) -> tuple[float, float] | None:
    """(metres, seconds) within which calls of two kinds may be about one thing, None where they never are."""
    radius_m = _radius_m(row, other)
    return (radius_m, _within_s(row, other)) if radius_m > 0 and alike(row, other) else None


def _around(respond: Respond, point: tuple[float, float], reach_m: float) -> list[str]:
    """Open incidents in the squares around a point; where few squares hold any, those are gone through instead."""
    near = respond.near
    if len(near) <= FEW_SQUARES:
        return [key for here in near.values() for key in here]
    return [key for square in squares_around(point, reach_m) for key in near.get(square, ())]


def _again(respond: Respond, call: Call) -> Match | None:
    """The same device, or the same caller with the same thing, while that is still open."""
    for earlier_id, reason in ((call.device_before, "same_device"), (call.phone_before, "same_caller")):
        earlier = respond.calls.get(earlier_id or "")
        about = respond.incidents.get(earlier.incident_id or "") if earlier is not None else None
        if earlier is None or about is None or not _answers(call, about):
            continue
        if abs(call.received_s - earlier.received_s) > SAME_CALLER_WITHIN_S:
            continue
        if (
            reason == "same_caller"
            and call.type_code
            and earlier.type_code
            and call.type_code != earlier.type_code
        ):
            continue
        return Match(about.incident_id, (reason,))
    return None


def _radius_m(row: IncidentType, other: IncidentType) -> float:
    if row.code in NAMELESS:
        return other.merge_radius_m
    return row.merge_radius_m if other.code in NAMELESS else min(row.merge_radius_m, other.merge_radius_m)


def _within_s(row: IncidentType, other: IncidentType) -> float:
    if row.code in NAMELESS:
        return other.merge_within_s
    return row.merge_within_s if other.code in NAMELESS else min(row.merge_within_s, other.merge_within_s)


def alike(row: IncidentType, other: IncidentType) -> bool:
    """Whether two callers with these types may speak of one thing."""
    if row.code == other.code or row.code in NAMELESS or other.code in NAMELESS:
        return True
    return any({row.hazard, other.hazard} <= mixed for mixed in MIXED_UP)


def news(call: Call, others: Iterable[Call]) -> tuple[str, ...]:
    """What a further call says that nobody had said: highlighted when a desk can no longer read every call."""
    known = list(others)
    found: list[str] = []
    if call.place is not None and all(
        o.place is None or o.place.radius_m > call.place.radius_m for o in known
    ):
        found.append("place")
    if call.type_code and all(o.type_code != call.type_code for o in known):
        found.append(f"type:{call.type_code}")
    found += [f"answer:{q}" for q, a in call.answers.items() if all(o.answers.get(q) != a for o in known)]
    return tuple(found)


def refuse_late_undo(call: Call, *, at_s: float, reason_code: str | None) -> None:
    """One key undoes a merge within ten seconds; later it takes a reason, because others have acted on it."""
    reasons.check_some("detach", reason_code)
    if call.attached_s is not None and at_s - call.attached_s > UNDO_WITHIN_S and not reason_code:
        raise Refused("undo_needs_reason", seconds=UNDO_WITHIN_S)
