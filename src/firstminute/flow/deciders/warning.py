"""Keep-away notices that a person sends: everybody of the teams around an incident, as far as the sender says, in phrases that were written beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.response import KeepAwayLifted, KeepAwaySent
from firstminute.model.records import IncidentType
from firstminute.respond import incident, reasons
from firstminute.respond.candidates import roll_now
from firstminute.respond.catalogue import type_of
from firstminute.respond.nearby import distance_m
from firstminute.respond.safety import PHRASES, to_people_around
from firstminute.respond.telling import people_of_team, tell

RADIUS_MOST_M = 5_000.0
REACHED_MOST = 1_500
"""One command sets off a bounded number of facts; a whole city is warned by other means."""
NOTICE_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendKeepAway:
    """The incident, how far around it, and why; `advice`: codes of ready phrases, what its kind says where none is named."""

    incident_id: str
    radius_m: float
    reason: str
    note: str | None = None
    advice: tuple[str, ...] = ()


def reached(state: State, a: SendKeepAway) -> int:
    """How many people and team pages would hear it."""
    return len(_people(state, _around(state, a.incident_id, a.radius_m, state.at_s)))


def would_reach(state: State, incident_id: str, radius_m: float, at_s: float) -> dict[str, Any] | None:
    """Whom a notice would reach and what it may say, before anybody sends it; None where no such incident is open.

    `venues` and `people` count those who have not been told; `second`: somebody else is asked first.
    """
    about = state.respond.incidents.get(incident_id)
    if about is None:
        return None
    row = type_of(state.registers.incident_types, about.type_code)
    teams = _around(state, incident_id, radius_m, at_s)
    people = len(_people(state, teams))
    return {
        "radius_m": radius_m, "venues": len(teams), "people": people, "most": REACHED_MOST, "second": people > state.rules.mass_alert_over,
        "second_over": state.rules.mass_alert_over, "silent": about.silent or row.gentle, "advice": list(_advice((), row)),
    }  # fmt: skip


def _advice(said: tuple[str, ...], row: IncidentType) -> tuple[str, ...]:
    """The phrases that were chosen, else those of the kind of incident that are for people around."""
    for each in said:
        if each not in PHRASES:
            raise Refused("unknown_kind", kind=reasons.as_code(each))
    return tuple(dict.fromkeys(said)) or to_people_around(row.advice)


def _people(state: State, teams: Iterable[str]) -> list[str]:
    return [who for team in teams for who in people_of_team(state.registers, state.muster, team)]


def _around(state: State, incident_id: str, radius_m: float, at_s: float) -> list[str]:
    """Teams that stand within the radius and have not been told."""
    about, books = state.respond.incidents.get(incident_id), state.registers
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
        if distance_m(centre, (venue.lon, venue.lat)) <= radius_m:
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
    code, note = reasons.settle("keep_away", a.reason, a.note)
    advice = _advice(a.advice, row)
    teams = _around(state, a.incident_id, a.radius_m, act.at_s)
    if not teams:
        raise Refused("nobody_around", radius_m=a.radius_m)
    people = _people(state, teams)
    if len(people) > REACHED_MOST:
        raise Refused("too_many_reached", count=len(people), most=REACHED_MOST)
    sent = KeepAwaySent(
        incident_id=about.incident_id, team_ids=tuple(teams), advice=advice, radius_m=a.radius_m, reason_code=code, note=note
    )  # fmt: skip
    return [sent, *_notice(state, people, "keep_away", about.incident_id, act)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftKeepAway:
    """The incident whose notice is taken back, and why."""

    incident_id: str
    reason: str
    note: str | None = None


def lift_keep_away(state: State, a: LiftKeepAway, act: Act) -> list[Body]:
    """A commander's notice is taken back: whoever heard it hears that it is over. One person may; a wrong notice is put right at once."""
    about = incident.find(state.respond, a.incident_id, KeepAwayLifted)
    if about.warned is None:
        raise Refused("nothing_to_lift", incident=a.incident_id)
    code, note = reasons.settle("lift", a.reason, a.note)
    told = about.warned.told
    lifted = KeepAwayLifted(incident_id=about.incident_id, told=told, reason_code=code, note=note)
    return [lifted, *_notice(state, _people(state, told), "all_clear", about.incident_id, act)]


def _notice(state: State, people: list[str], reason: str, incident_id: str, act: Act) -> list[Body]:
    return tell(state.registers, people, reason, incident_id, expires_s=act.at_s + NOTICE_S, ids=act.ids)
