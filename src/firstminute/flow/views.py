"""The live picture's rows: which a fact touches, and how each is rendered from the state.

Idea: `keys_of(fact)` over the facts of a commit gives a small set; each key is rendered once. A fresh snapshot renders every key of the state, so
`snapshot + feed == fresh snapshot` holds by construction and is tested. The incident's log is folded here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, cast

from firstminute.flow.access import second, sharing
from firstminute.flow.access.objects import place_of_call
from firstminute.flow.points import crews_of
from firstminute.flow.state import State
from firstminute.model.envelope import Body, Fact
from firstminute.model.facts.desk import RegisterChanged, SeatHandedOver, SeatMoved, SubjectErased
from firstminute.model.facts.incident import IncidentAmended, MessageSaid, TransferAnswered
from firstminute.model.facts.people import RollEnded
from firstminute.model.records import Unit
from firstminute.respond import nearer, points, view
from firstminute.respond.records import Incident

Row = dict[str, Any]

SORT_OF_TABLE = {
    "venues": "venue",
    "units": "unit",
    "stations": "station",
    "zones": "zone",
    "must_visits": "point",
}
UNTOLD = frozenset({"incident_id", "alert_id", "assignment_id", "expires_s", "digest", "body"})
"""Fields that a log line leaves out: the reader has them already."""
SAID = frozenset({"note", "reason"})
"""Sealed fields that are words of the desk about the incident."""
MOVES = (IncidentAmended, TransferAnswered)
"""What may bring an incident into another district."""
_TOLD: dict[type[Body], tuple[str, ...]] = {}


def keys_of(state: State, fact: Fact) -> set[str]:
    """The rows that a fact touches."""
    body = fact.body
    if isinstance(body, RegisterChanged):
        sort = SORT_OF_TABLE.get(body.table)
        if body.table == "teams":
            had = state.registers.venues_of_team
            return {f"venue/{venue}" for key in (*body.keys, *body.removed) for venue in had.get(key, ())}
        rows = {f"{sort}/{key}" for key in (*body.keys, *body.removed)} if sort else set()
        if body.table == "units":  # whom a point of a whole station is meant for
            rows |= {f"point/{key}" for key, row in state.registers.must_visits.items() if not row.unit_ids}
        return rows
    found = {"desk/now"}
    point_id = body.subject_id if isinstance(body, SubjectErased) else getattr(body, "point_id", None)
    if point_id in state.registers.must_visits:
        found.add(f"point/{point_id}")
    incident_id = getattr(body, "incident_id", None)
    if incident_id:
        found.add(f"incident/{incident_id}")
        if isinstance(body, MOVES):
            found.update(_crews(state, incident_id))
    if isinstance(body, SeatHandedOver):
        found.update(f"incident/{key}" for key in (*body.open_incidents, *body.since))
    if isinstance(body, SeatMoved):
        found.update(f"incident/{key}" for key in body.incident_ids)
        found.update(f"call/{key}" for key in body.call_ids)
    call_id = getattr(body, "call_id", None)
    if call_id:
        found.add(f"call/{call_id}")
        call = state.respond.calls.get(call_id)
        if call is not None:
            found.update(f"incident/{key}" for key in (call.incident_id, call.moved_from) if key)
    for name in ("responder_id", "unit_id"):
        value = getattr(body, name, None)
        if value in state.registers.units:
            found.add(f"unit/{value}")
            found.update(_elsewhere(state, value))
            if value in state.respond.nearer:  # where it was offered for a swap: that may have come or gone
                found.add(f"incident/{state.respond.nearer[value]}")
    team_id = getattr(body, "team_id", None)
    if team_id and (hasattr(body, "roll_id") or isinstance(body, RollEnded)):
        team = state.registers.teams.get(team_id)
        if team is not None:
            found.add(f"venue/{team.venue_id}")
    return found


def _elsewhere(state: State, unit_id: str) -> Iterator[str]:
    """The other incidents of a crew with more than one task: which of them is the active one may just have changed."""
    respond = state.respond
    duty = respond.units.get(unit_id)
    for key in (duty.active, *duty.stack) if duty is not None and duty.stack else ():
        bound = respond.assignments.get(key or "")
        if bound is not None:
            yield f"incident/{bound.incident_id}"


def _crews(state: State, incident_id: str) -> Iterator[str]:
    """The crews of an incident that may have come into another district: they serve that one now."""
    about = state.respond.incidents.get(incident_id)
    for key in about.assignments if about is not None else ():
        bound = state.respond.assignments.get(key)
        if bound is not None and bound.responder_id in state.registers.units:
            yield f"unit/{bound.responder_id}"


def render(state: State, keys: Iterable[str]) -> dict[str, Row | None]:
    """Each key's row now, None where there is nothing to show any more."""
    return {key: _row(state, *key.split("/", 1)) for key in keys}


def all_keys(state: State) -> list[str]:
    """Every row that a fresh snapshot holds."""
    registers, respond = state.registers, state.respond
    return [
        "desk/now",
        *(f"zone/{key}" for key in registers.zones),
        *(f"station/{key}" for key in registers.stations),
        *(f"venue/{key}" for key in registers.venues),
        *(f"unit/{key}" for key in registers.units),
        *(f"point/{key}" for key in registers.must_visits),
        *(f"call/{key}" for key in respond.loose),
        *(f"incident/{key}" for key in respond.incidents),
    ]


def _row(state: State, sort: str, key: str) -> Row | None:
    registers, respond = state.registers, state.respond
    if sort == "incident":
        return _incident(state, key)
    if sort == "call":
        call = respond.calls.get(key)
        if call is None or call.incident_id is not None or call.closed:
            return None
        district, station_id = place_of_call(state, call)
        return {**view.call_row(call), "district": district, "station_id": station_id}
    if sort == "unit":
        unit = registers.units.get(key)
        return _unit(state, unit) if unit else None
    if sort == "point":
        point = registers.must_visits.get(key)
        return points.point_row(point, crews_of(state, point), state.points.last.get(key)) if point else None
    if sort == "venue":
        venue = registers.venues.get(key)
        team = team_of(state, key)
        return (
            view.venue_row(venue, team, state.muster.rolls.get(team.team_id) if team else None)
            if venue
            else None
        )
    if sort == "station":
        return view.station_row(registers.stations[key]) if key in registers.stations else None
    if sort == "zone":
        return view.zone_row(registers.zones[key]) if key in registers.zones else None
    return desk_row(state)


def _unit(state: State, unit: Unit) -> Row:
    respond = state.respond
    row = view.unit_row(unit, respond.units.get(unit.unit_id), respond, state.fleet)
    about = respond.incidents.get(row["incident_id"] or "")
    row["serves"] = about.district if about is not None else None
    return row


def _incident(state: State, key: str) -> Row | None:
    incident, registers = state.respond.incidents.get(key), state.registers
    if incident is None or incident.status == "closed":
        return None
    row = view.incident_row(
        state.respond,
        incident,
        units=registers.units,
        teams=registers.teams,
        venues=registers.venues,
        types=registers.incident_types,
    )
    own = team_of(state, incident.venue_id) if incident.venue_id else None
    row["own_venue_team"] = own.team_id if own else None
    log = state.desk.logs.get(key, ())
    row["log"], row["said"] = [log_line(each) for each in log], said_in(log)
    row["chat"], row["swap"] = chat_of(log), _swap(state, incident)
    fleet = state.fleet
    for candidate in row["recommendation"]["candidates"] if row["recommendation"] else ():
        at = fleet.row.get(candidate["responder_id"])
        if at is not None and fleet.fix_s[at] > 0:
            candidate["lon"], candidate["lat"] = float(fleet.lon[at]), float(fleet.lat[at])
        else:
            venue = venue_of(state, candidate["responder_id"])
            candidate["lon"], candidate["lat"] = (venue.lon, venue.lat) if venue else (None, None)
    return row


def _swap(state: State, incident: Incident) -> Row | None:
    """A nearer crew that became free, and for whom it could go; None where there is none now."""
    found = nearer.offered_now(state.respond, incident)
    units = state.registers.units
    if found is None or found.with_unit_id not in units or found.responder_id not in units:
        return None
    return {
        "assignment_id": found.assignment_id, "instead_of": units[found.responder_id].call_sign, "unit_id": found.with_unit_id,
        "name": units[found.with_unit_id].call_sign, "travel_s": found.travel_s, "saves_s": found.saves_s, "at_s": found.at_s,
    }  # fmt: skip


def chat_of(log: Iterable[Fact]) -> list[Row]:
    """Lines between desk and scene, oldest first; one whose words were erased is left out."""
    return [
        {"seq": fact.seq, "at_s": fact.at_s, "from_desk": body.from_desk, "unit_id": body.unit_id, "team_id": body.team_id, "text": body.note}
        for fact in log
        if isinstance(body := fact.body, MessageSaid) and body.note
    ]  # fmt: skip


def team_of(state: State, venue_id: str | None) -> Any:
    """The team of a venue, None where it has none."""
    team_id = state.registers.team_of_venue.get(venue_id or "")
    return state.registers.teams.get(team_id) if team_id else None


def venue_of(state: State, team_id: str) -> Any:
    """The venue of a team, None where unknown."""
    team = state.registers.teams.get(team_id)
    return state.registers.venues.get(team.venue_id) if team else None


def desk_row(state: State) -> Row:
    """The desk's own line: grade, counts, held timers."""
    respond = state.respond
    grades = set(state.desk.grades.values()) or {"normal"}
    return {
        "world": state.world,
        "grade": max(grades, key=("normal", "heightened", "emergency").index),
        "grades": dict(state.desk.grades),
        "surge": len(state.desk.surges),
        "clock_apart_s": state.desk.clock_apart_s,
        "timers_held": state.desk.timers_held,
        "failed_reactions": state.desk.failed_reactions,
        "reviews_late": sum(each.late for each in state.desk.glass.values()),
        **two_parties(state),
        "caps": dict(state.desk.caps),
        "roster": [
            {
                "shift": s.shift,
                "district": s.district,
                "teams": s.short[0],
                "people": s.short[1],
                "crews": s.short[2],
            }
            for s in state.muster.shifts.values()
            if s.short is not None
        ],
        "counts": {
            "incidents": len(respond.incidents),
            "calls": len(respond.loose),
            "units_on_duty": len(respond.units),
            "units_busy": sum(duty.active is not None for duty in respond.units.values()),
            "teams_on_duty": len(state.muster.rolls),
            "members_on_duty": state.muster.on_duty_total,
        },
    }


def two_parties(state: State) -> Row:
    """What waits for a second person, was done alone and is to be reviewed, or is shown between districts."""
    access = state.access
    return {
        "proposals": [second.proposal_row(each) for each in access.proposals.values()],
        "alone": [second.alone_row(each) for each in access.alone.values()],
        "shares": sharing.share_rows(state),
    }


def said_in(log: Iterable[Fact]) -> dict[str, str]:
    """The free words of a log's lines by their seq: notes, and why another crew was sent. For the desk's eyes; an erased word is left out."""
    return {
        str(fact.seq): words
        for fact in log
        for name in SAID & fact.body.SEALED
        if (words := getattr(fact.body, name))
    }


def log_line(fact: Fact) -> dict[str, Any]:
    """A fact as a line of its incident's log: kind and what it says, nothing sealed."""
    body = fact.body
    told = _TOLD.get(type(body))
    if told is None:
        told = _TOLD[type(body)] = tuple(
            f.name for f in fields(cast(Any, body)) if f.name not in UNTOLD and f.name not in body.SEALED
        )
    params: dict[str, Any] = {}
    for name in told:
        value = getattr(body, name)
        if isinstance(value, (str, int, float, bool)):
            params[name] = value
        elif isinstance(value, tuple) and all(isinstance(item, str) for item in value[:4]):
            params[name] = list(value[:4])
    return {
        "seq": fact.seq,
        "at_s": fact.at_s,
        "occurred_s": fact.occurred_s,
        "kind": fact.kind,
        "actor": fact.actor,
        "params": params,
    }
