"""One picture, many audiences: what part of each row of the live feed somebody may see.

Idea (DESIGN.md §4, Charter): the desk's rows are rendered once; an audience sees a row whole, in part or not at all. Whether at all is said
by the policy of the row's sort (`model.access.policies.ROWS`); which part stands here. Positions, routes, gaps and coverage of the police
never reach members, companies or residents, who see "police, about n minutes". Limits: rows are plain dicts with the shapes of
docs/howto/follow-the-feed.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from firstminute.model.access.memory import predicate
from firstminute.model.access.policies import PLACED, sees
from firstminute.model.access.things import Thing, Who
from firstminute.model.access.tree import Share, Tree, who_of
from firstminute.model.envelope import Actor

Row = dict[str, Any]

DESK_ROLES = frozenset({"dispatcher", "commander"})
STAFF_ROLES = frozenset({"dispatcher", "commander", "patrol"})
TEAM_ROLES = frozenset({"lead", "member"})
OVER = frozenset({"withdrawn", "expired"})

CREW_FIELDS = (
    "id", "label", "type", "priority", "status", "grade", "zone", "silent", "level", "lon", "lat", "radius_m", "place_text", "floor",
    "venue_id", "venue_name", "started_s", "clocks", "rings", "log", "advice", "responders", "commander", "changed", "posts",
    "attachments", "chat",
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
OWN_LINE = ("responder_id", "kind", "state", "alert_id", "assignment_id", "role", "task", "team_id")
POLICE_ONLY = frozenset({"reserve"})
"""Fields of a station that say how many police stand ready."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who looks: a role, the unit or team it speaks for, its place in the tree, and at the desk the account and seat that incidents belong to."""

    role: str
    unit_id: str | None = None
    team_id: str | None = None
    district: str | None = None
    names: frozenset[str] = frozenset()  # account and seat of somebody at the desk

    @property
    def sees_positions(self) -> bool:
        """Only the desk and patrols see where units are; a patrol's token names its unit."""
        return self.role in DESK_ROLES or (self.role == "patrol" and self.unit_id is not None)


_PLACED = predicate(PLACED)


def who_looks(
    audience: Audience,
    tree: Tree | None = None,
    shares: Iterable[Share] = (),
    *,
    at_s: float = 0.0,
    on_duty: bool = True,
) -> Who:
    """An audience as a policy sees it."""
    actor = Actor(
        id="",
        role=audience.role,
        unit_id=audience.unit_id,
        team_id=audience.team_id,
        district=audience.district,
    )
    return who_of(actor, tree or Tree(), shares, at_s=at_s, on_duty=on_duty, reading=True)


def visible(audience: Audience, key: str, row: Row, who: Who | None = None) -> Row | None:
    """The part of one row that an audience may see, None for nothing. `who`: the same as a policy sees it now."""
    if who is None:
        who = who_looks(audience)
    sort = key.partition("/")[0]
    if not sees(who, thing_of(sort, row)):
        return None
    if sort == "desk":
        return _desk(who, row)
    if sort == "coverage":
        return coverage_for(who, row)
    if audience.role in DESK_ROLES:
        return _for_desk(audience, who, row) if sort == "incident" else row
    if sort in ("unit", "venue", "zone", "point"):
        return row
    if sort == "station":
        return row if audience.role == "patrol" else {k: v for k, v in row.items() if k not in POLICE_ONLY}
    if audience.role == "patrol":
        return {name: row.get(name) for name in CREW_FIELDS}
    return _for_team(who, row)


def _for_desk(audience: Audience, who: Who, row: Row) -> Row:
    """An incident at a desk; `callers_shown`: who called will be told to it when it asks (`flow.opening.may_look`), never of another place's."""
    mine, restricted = _has(audience, row), bool(row.get("restricted"))
    free = row.get("holder") is None and row.get("seat") is None
    usual = audience.role == "commander" or (audience.role == "dispatcher" and free)
    shown = row if mine or not restricted else _without_words(row)
    acts = _PLACED(who, thing_of("incident", row))
    return {**shown, "callers_shown": acts and (mine or (usual and not restricted))}


def _has(audience: Audience, row: Row) -> bool:
    """Whether the incident is that desk's to answer for, or that commander's."""
    return bool(
        audience.names & {row.get("holder"), row.get("seat"), *(row.get("commanders") or {}).values()}
    )


WORDS: Row = {"said": {}, "chat": [], "answers": {}, "place_text": None, "floor": None, "attachments": []}
"""Fields of an incident that hold words, and what stands there for whoever does not have a restricted one."""


def _without_words(row: Row) -> Row:
    """敏感警情: listed with kind, urgency and whereabouts, but without a word of it, for whoever does not have it."""
    spoken = row.get("spoken") or {}
    return {
        **row, **WORDS,
        "calls": [{**call, "text": None, "told": [], "problems": [], "promises": []} for call in row.get("calls", ())],
        "spoken": {**spoken, "params": {**spoken.get("params", {}), "place": None}},
        "log": [{**line, "params": {}} for line in row.get("log", ())],
    }  # fmt: skip


def thing_of(sort: str, row: Mapping[str, Any]) -> Thing:
    """A row of the feed as a policy sees it."""
    responders = row.get("responders", ())
    units: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    if sort == "incident":
        units = tuple(r["responder_id"] for r in responders)
        teams = tuple(r["team_id"] for r in responders if r.get("team_id") and r.get("state") not in OVER)
    elif sort == "unit":
        units = (row["id"],) if row.get("id") else ()
    elif sort == "point":
        units = tuple(row.get("crews", ()))
    elif sort == "venue" and row.get("team_id"):
        teams = (row["team_id"],)
    return Thing(
        sort=sort, id=row.get("id"), district=row.get("district"), station=row.get("id") if sort == "station" else row.get("station_id"),
        offered_to=row.get("transfer_to"), serves=row.get("serves"), units=units, teams=teams,
    )  # fmt: skip


def _desk(who: Who, row: Row) -> Row | None:
    """The desk's own line: whole for the desk of the whole city, what concerns its place for another, the time for everybody else."""
    if who.role in DESK_ROLES or (who.role == "patrol" and who.unit is not None):
        return row if who.everywhere else _of_place(who, row)
    if who.role in TEAM_ROLES or who.role == "patrol":
        return {"at_s": row.get("at_s"), "grade": row.get("grade"), "world": row.get("world")}
    return {"at_s": row.get("at_s")}


def _of_place(who: Who, row: Row) -> Row:
    """The desk's line for a district or a station: lists of its own, and no counts of the city; the hub counts what is seen."""
    mine = {name: value for name, value in row.items() if name not in ("counts", "surge")}
    mine["grades"] = {
        district: grade for district, grade in (row.get("grades") or {}).items() if district in who.districts
    }
    for name in ("roster", "proposals", "alone", "shares"):
        if name in row:
            mine[name] = [
                each for each in row[name] if who.districts & {each.get("district"), each.get("to_district")}
            ]
    return mine


def coverage_for(who: Who, row: Row) -> Row:
    """Coverage as the reader's place has it: of the whole city, or added up from its districts."""
    if who.everywhere:
        return {name: value for name, value in row.items() if name != "by_district"}
    mine = [part for name, part in (row.get("by_district") or {}).items() if name in who.districts]
    metres = sum(part["metres"] for part in mine)
    rings = tuple(row.get("shares") or {})
    within = [sum(part["within"][k] for part in mine) for k in range(len(rings))]
    return {
        "computed_at_seq": row.get("computed_at_seq"),
        "shares": {
            ring: round(count / metres, 4) if metres else 0.0
            for ring, count in zip(rings, within, strict=True)
        },
        "metres": metres,
        "gaps": [place for part in mine for place in part["gaps"]],
    }


def _for_team(who: Who, row: Row) -> Row:
    own = [
        r for r in row.get("responders", ()) if r.get("team_id") == who.team and r.get("state") not in OVER
    ]
    part = {name: row.get(name) for name in TEAM_FIELDS}
    if row.get("restricted"):
        part["type"] = "help_needed"
    part["responders"] = [{name: r.get(name) for name in OWN_LINE} for r in own]
    part["police_about_min"] = police_about_min(row)
    if (
        any(r.get("state") in ("accepted", "assigned", "en_route", "arrived", "reached") for r in own)
        or row.get("own_venue_team") == who.team
    ):
        part.update(_where_to(row))
    if any(
        r.get("state") in ("accepted", "assigned", "en_route", "arrived", "reached") for r in own
    ) and not row.get("restricted"):
        part["chat"] = [
            line for line in row.get("chat", ()) if line["from_desk"] or line["team_id"] == who.team
        ]
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
