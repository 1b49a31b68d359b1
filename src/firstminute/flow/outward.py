"""What goes out over the border: what each team may see of the picture, and what the zone outside needs to help a venue alone.

Idea: the same eyes as everywhere (`command.picture.visible`, for a member of each team that a row concerns), and behind them a closed list of fields, so
that a field which somebody adds to a row tomorrow stays inside until it is listed here. Never: callers, their words and numbers, names and
phones of members, positions, routes and coverage of the police. Limits: a venue's standing order holds the ids of those on duty and whether they may be
told of violence; that is what a venue's own team knows of itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from firstminute.command.picture import Audience, visible
from firstminute.flow.plans import plan_of_district
from firstminute.flow.state import State
from firstminute.model.records import Device, IncidentType
from firstminute.respond.candidates import roll_now
from firstminute.respond.catalogue import in_force
from firstminute.respond.plans import rings_open
from firstminute.respond.policy import at_once, policy_of_plan
from firstminute.respond.safety import gate_of, may_be_informed, warns_own

Row = dict[str, Any]
EVERYBODY = "*"
FIELDS: dict[str, frozenset[str]] = {
    "desk": frozenset({"at_s", "grade", "world"}),
    "zone": frozenset({"id", "name", "zone_class", "district", "ring"}),
    "station": frozenset({"id", "name", "name_en", "kind", "lon", "lat", "district"}),
    "venue": frozenset(
        {
            "id", "name", "name_en", "category", "lon", "lat", "zone", "district", "station_id", "floors", "team_id", "minimum", "on_duty",
            "reachable", "well", "until_s",
        }
    ),
    "incident": frozenset(
        {
            "id", "label", "type", "priority", "status", "silent", "venue_id", "venue_name", "started_s", "advice", "responders",
            "police_about_min", "lon", "lat", "place_text", "access_note", "floor",
        }
    ),
    "responder": frozenset({"responder_id", "kind", "state", "alert_id", "assignment_id", "role", "task", "team_id"}),
}  # fmt: skip
"""Sort of row → the fields that may leave. What is not here does not."""
NOBODY = Audience("member", team_id="-")


def parts(key: str, row: Mapping[str, Any] | None) -> dict[str, Row]:
    """Who outside sees which part of a row: team id, or * for everybody → part. Empty where nobody does."""
    sort = key.partition("/")[0]
    if row is None or sort not in FIELDS:
        return {}
    if sort in ("desk", "zone", "station"):
        part = visible(NOBODY, key, dict(row))
        return {} if part is None else {EVERYBODY: _only(sort, part)}
    found: dict[str, Row] = {}
    for team_id in _teams(row):
        part = visible(Audience("member", team_id=team_id), key, dict(row))
        if part is not None:
            found[team_id] = _only(sort, part)
    return found


def _teams(row: Mapping[str, Any]) -> Iterable[str]:
    named = [
        row.get("team_id"),
        row.get("own_venue_team"),
        *(r.get("team_id") for r in row.get("responders") or ()),
    ]
    return dict.fromkeys(team for team in named if team)


def _only(sort: str, part: Row) -> Row:
    kept = {name: value for name, value in part.items() if name in FIELDS[sort]}
    if sort == "incident":
        shown = FIELDS["responder"]
        kept["responders"] = [
            {name: value for name, value in each.items() if name in shown}
            for each in part.get("responders") or ()
        ]
    return kept


def standing(state: State, venue_id: str, at_s: float) -> Row | None:
    """A venue's standing order: whom of its own team to ask when the desk cannot be heard, None where nobody stands there."""
    books = state.registers
    team = books.teams.get(books.team_of_venue.get(venue_id, ""))
    roll = roll_now(state.muster, team.team_id, at_s) if team is not None else None
    venue = books.venues.get(venue_id)
    if team is None or roll is None or venue is None:
        return None
    kit = state.muster.kit.get(team.team_id, (None, None))[0]
    people: list[Row] = [
        {
            "id": member_id,
            "kind": "member",
            "language": member.language if (member := books.members.get(member_id)) is not None else None,
            "informed": may_be_informed(member, team, kit),
        }
        for member_id in sorted(roll.members)
    ]
    if not people:
        people = [
            {
                "id": team.team_id,
                "kind": "team",
                "language": None,
                "informed": may_be_informed(None, team, kit),
            }
        ]
    policy = policy_of_plan(plan_of_district(state, venue.district), books, state.desk.policies)
    return {
        "venue_id": venue_id, "name": venue.name, "team_id": team.team_id, "shift": roll.shift, "until_s": roll.until_s, "people": people,
        "answer_within_s": policy.answer_within_s, "at_once": at_once(policy, "self_rescue"),
    }  # fmt: skip


def type_row(row: IncidentType) -> Row:
    """Of a type of incident, what decides about asking a venue's own team."""
    gate = gate_of(row)
    return {
        "code": row.code, "shut": gate.shut, "task": gate.own_task, "gentle": row.gentle, "restricted": row.restricted,
        "warns": warns_own(gate, row, silent=False),
        "automatic": rings_open(row.rings, has_team=True, gate_shut=gate.shut).get("self_rescue") == "automatic", "advice": list(row.advice),
    }  # fmt: skip


def device_row(row: Device) -> Row:
    """Of a button, where it hangs and whether it is silent; never its codes."""
    return {"device_id": row.device_id, "venue_id": row.venue_id, "silent": row.silent, "type": row.type_code}


def books_of(state: State) -> dict[str, Row]:
    """Types and buttons, by key."""
    books = state.registers
    return {
        **{f"type/{key}": type_row(row) for key, row in in_force(books.incident_types).items()},
        **{f"device/{key}": device_row(row) for key, row in books.devices.items() if row.venue_id},
    }
