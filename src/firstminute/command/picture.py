"""One picture, many audiences: what part of each row of the live feed somebody may see.

Idea (DESIGN.md §4, Charter): the desk's rows are rendered once; an audience sees a row whole, in part or not at all. Positions, routes, gaps and
coverage of the police never reach members, companies or residents, who see "police, about n minutes". Limits: rows are plain dicts with the shapes of
docs/howto/follow-the-feed.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

Row = dict[str, Any]

DESK_ROLES = frozenset({"dispatcher", "commander", "admin"})
STAFF_ROLES = frozenset({"dispatcher", "commander", "admin", "patrol"})

CREW_FIELDS = (
    "id", "label", "type", "priority", "status", "grade", "zone", "silent", "level", "lon", "lat", "radius_m", "place_text", "floor",
    "venue_id", "venue_name", "started_s", "clocks", "rings", "log", "advice", "responders", "commander", "changed", "posts",
)  # fmt: skip
TEAM_FIELDS = (
    "id",
    "label",
    "type",
    "priority",
    "status",
    "silent",
    "venue_id",
    "venue_name",
    "started_s",
    "advice",
)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who looks: a role, the unit or team it speaks for, and at the desk the account and seat that incidents belong to."""

    role: str
    unit_id: str | None = None
    team_id: str | None = None
    names: frozenset[str] = frozenset()  # account and seat of somebody at the desk

    @property
    def sees_positions(self) -> bool:
        """Only the desk and patrols see where units are; a patrol's token names its unit."""
        return self.role in DESK_ROLES or (self.role == "patrol" and self.unit_id is not None)


def visible(audience: Audience, key: str, row: Row) -> Row | None:
    """The part of one row that an audience may see, None for nothing."""
    sort = key.partition("/")[0]
    if audience.role in DESK_ROLES:
        return _for_desk(audience, row) if sort == "incident" else row
    if sort in ("zone", "station") and audience.role in STAFF_ROLES | {"lead", "member"}:
        return row
    if audience.role == "patrol":
        return _for_crew(audience, sort, row)
    if audience.role in ("lead", "member"):
        return _for_team(audience, sort, row)
    if sort == "desk" and audience.role in ("auditor", "resident", "partner", "device"):
        return {"at_s": row.get("at_s")}
    return None


def _for_desk(audience: Audience, row: Row) -> Row:
    """An incident at a desk; `callers_shown`: who called will be told to it when it asks (`flow.opening.may_look`)."""
    mine, restricted = _has(audience, row), bool(row.get("restricted"))
    free = row.get("holder") is None and row.get("seat") is None
    usual = audience.role == "commander" or (audience.role == "dispatcher" and free)
    shown = row if mine or not restricted else _without_words(row)
    return {**shown, "callers_shown": mine or (usual and not restricted)}


def _has(audience: Audience, row: Row) -> bool:
    """Whether the incident is that desk's to answer for, or that commander's."""
    return bool(
        audience.names & {row.get("holder"), row.get("seat"), *(row.get("commanders") or {}).values()}
    )


WORDS: Row = {"said": {}, "answers": {}, "place_text": None, "floor": None}
"""Fields of an incident that hold words, and what stands there for whoever does not have a restricted one."""


def _without_words(row: Row) -> Row:
    """敏感警情: listed with kind, urgency and whereabouts, but without a word of it, for whoever does not have it."""
    spoken = row.get("spoken") or {}
    return {
        **row, **WORDS,
        "calls": [{**call, "text": None, "problems": [], "promises": []} for call in row.get("calls", ())],
        "spoken": {**spoken, "params": {**spoken.get("params", {}), "place": None}},
        "log": [{**line, "params": {}} for line in row.get("log", ())],
    }  # fmt: skip


def _for_crew(audience: Audience, sort: str, row: Row) -> Row | None:
    if audience.unit_id is None:
        return _for_nobody(sort, row)
    if sort in ("unit", "venue", "desk"):
        return row
    if sort == "incident" and any(
        r.get("responder_id") == audience.unit_id for r in row.get("responders", ())
    ):
        return {name: row.get(name) for name in CREW_FIELDS}
    return None


def _for_nobody(sort: str, row: Row) -> Row | None:
    """A token that names no unit and no team: that the desk is there, and what everybody in a uniform knows."""
    return (
        {"at_s": row.get("at_s"), "grade": row.get("grade"), "world": row.get("world")}
        if sort == "desk"
        else None
    )


def _for_team(audience: Audience, sort: str, row: Row) -> Row | None:
    if audience.team_id is None:
        return _for_nobody(sort, row)
    if sort == "venue":
        return row if row.get("team_id") == audience.team_id else None
    if sort == "desk":
        return {"at_s": row.get("at_s"), "grade": row.get("grade"), "world": row.get("world")}
    if sort != "incident":
        return None
    own = [
        r
        for r in row.get("responders", ())
        if r.get("team_id") == audience.team_id and r.get("state") not in ("withdrawn", "expired")
    ]
    if not own:
        return None
    part = {name: row.get(name) for name in TEAM_FIELDS}
    if row.get("restricted"):
        part["type"] = "help_needed"
    part["responders"] = [
        {
            name: r.get(name)
            for name in (
                "responder_id",
                "kind",
                "state",
                "alert_id",
                "assignment_id",
                "role",
                "task",
                "team_id",
            )
        }
        for r in own
    ]
    part["police_about_min"] = police_about_min(row)
    if (
        any(r.get("state") in ("accepted", "assigned", "en_route", "arrived", "reached") for r in own)
        or row.get("own_venue_team") == audience.team_id
    ):
        part.update(_where_to(row))
    return part


def _where_to(row: Row) -> Row:
    """Where a team goes. Of a restricted incident only the venue and about 100 m: never a floor, a flat or an address that names one."""
    if not row.get("restricted"):
        return {name: row.get(name) for name in ("lon", "lat", "place_text", "access_note", "floor")}
    return {
        "lon": _about(row.get("lon")), "lat": _about(row.get("lat")), "place_text": row.get("venue_name"), "access_note": None, "floor": None,
    }  # fmt: skip


def _about(degrees: float | None) -> float | None:
    """A coordinate to about 100 m."""
    return None if degrees is None else round(degrees, 3)


def police_about_min(row: Row) -> int | None:
    """Minutes until police, rounded up to whole minutes, from the nearest unit on its way; None where none is."""
    times = [
        r["travel_s"]
        for r in row.get("responders", ())
        if r.get("kind") == "unit" and r.get("state") in ("assigned", "en_route") and r.get("travel_s")
    ]
    return max(1, ceil(min(times) / 60)) if times else None
