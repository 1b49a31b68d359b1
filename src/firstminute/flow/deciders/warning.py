"""Keep-away notices that a person sends: everybody of the teams around an incident, as far as the sender says."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.response import KeepAwaySent
from firstminute.respond import incident, reasons
from firstminute.respond.candidates import roll_now
from firstminute.respond.catalogue import type_of
from firstminute.respond.nearby import distance_m
from firstminute.respond.telling import people_of_team, tell

RADIUS_MOST_M = 5_000.0
REACHED_MOST = 1_500
"""One command sets off a bounded number of facts; a whole city is warned by other means."""
NOTICE_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendKeepAway:
    """The incident, how far around it, and why."""

    incident_id: str
    radius_m: float
    reason: str
    note: str | None = None


def reached(state: State, a: SendKeepAway) -> int:
    """How many people and team pages would hear it."""
    return sum(
        len(people_of_team(state.registers, state.muster, each)) for each in _around(state, a, state.at_s)
    )


def _around(state: State, a: SendKeepAway, at_s: float) -> list[str]:
    """Teams that stand within the radius and have not been told."""
    about, books = state.respond.incidents.get(a.incident_id), state.registers
    if about is None:
        return []
    at = books.venues.get(about.venue_id or "")
    known = about.place.centre if about.place is not None else about.cell
    centre = known or ((at.lon, at.lat) if at is not None else None)
    if centre is None:
        return []
    found: list[str] = []
    for team in books.teams.values():
        venue = books.venues.get(team.venue_id)
        if (
            venue is None
            or team.team_id in about.kept_away
            or (about.confidential and team.venue_id == about.venue_id)
            or roll_now(state.muster, team.team_id, at_s) is None
        ):
            continue
        if distance_m(centre, (venue.lon, venue.lat)) <= a.radius_m:
            found.append(team.team_id)
    return found


def send_keep_away(state: State, a: SendKeepAway, act: Act) -> list[Body]:
    """People around are told to keep away; a silent incident stays silent, and who was told is not told twice."""
    about = incident.find(state.respond, a.incident_id, KeepAwaySent)
    row = type_of(state.registers.incident_types, about.type_code)
    if about.silent or row.gentle:
        raise Refused("silent_stays_silent", incident=a.incident_id)
    if not 0 < a.radius_m <= RADIUS_MOST_M:
        raise Refused("radius_out_of_range", most_m=RADIUS_MOST_M)
    reasons.check("keep_away", a.reason)
    teams = _around(state, a, act.at_s)
    if not teams:
        raise Refused("nobody_around", radius_m=a.radius_m)
    people = [who for team in teams for who in people_of_team(state.registers, state.muster, team)]
    if len(people) > REACHED_MOST:
        raise Refused("too_many_reached", count=len(people), most=REACHED_MOST)
    sent = KeepAwaySent(
        incident_id=about.incident_id, team_ids=tuple(teams), advice=row.advice or ("stay_away",)
    )
    return [
        sent,
        *tell(
            state.registers,
            people,
            "keep_away",
            about.incident_id,
            expires_s=act.at_s + NOTICE_S,
            ids=act.ids,
        ),
    ]
