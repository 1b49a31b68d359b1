"""Which grade, plan and roster a district has now: its own, else that of the district above it.

Idea: districts are a tree (station → district → city → province); what a district does not say for itself, the one above says. One place, because targets,
rosters and alert policies must be looked up the same way. Limits: an incident keeps the grade that it opened under.
"""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.flow.registers import Registers
from firstminute.flow.state import State
from firstminute.geo.entrances import minute_of_week
from firstminute.model.records import Plan, Team, Venue
from firstminute.respond.books import LOCAL
from firstminute.respond.policy import plan_at
from firstminute.respond.roster import Short, Wanted, crews_missing, crews_wanted, roster_of

INHERITED = "default"
"""A district with this plan has that of the district above it."""


def chain(registers: Registers, district: str | None) -> Iterator[str]:
    """A district and those above it, each once."""
    seen: set[str] = set()
    while district is not None and district not in seen:
        seen.add(district)
        yield district
        row = registers.districts.get(district)
        district = row.parent if row is not None else None


def below(registers: Registers, district: str) -> list[str]:
    """A district and all under it."""
    return sorted(d for d in registers.districts if district in chain(registers, d))


def grade_of(state: State, district: str | None) -> str:
    """The grade in force: switched for the district or above it, else the register's own."""
    switched, books = state.desk.grades, state.registers
    for each in chain(books, district):
        if each in switched:
            return switched[each]
    row = books.districts.get(district or "")
    return row.grade if row is not None else "normal"


def plan_id_of(registers: Registers, district: str | None) -> str:
    """The plan that a district runs under, whatever the grade."""
    for each in chain(registers, district):
        row = registers.districts.get(each)
        if row is not None and row.plan_id != INHERITED:
            return row.plan_id
    return INHERITED


def plan_of_district(state: State, district: str | None) -> Plan:
    """The plan in force in a district now."""
    return plan_at(plan_id_of(state.registers, district), grade_of(state, district), state.registers)


def wanted_people(state: State, districts: frozenset[str] | None, at_s: float) -> dict[str, int]:
    """Team → how many people should stand now, for the teams of these districts (of all, where None); teams that are not expected are left out."""
    books, minute = state.registers, minute_of_week(at_s, LOCAL.utc_offset_s)
    by_district: dict[str, Wanted] = {}
    found: dict[str, int] = {}
    for team in books.teams.values():
        venue = books.venues.get(team.venue_id)
        where = venue.district if venue is not None else ""
        if districts is not None and where not in districts:
            continue
        if where not in by_district:
            by_district[where] = Wanted(
                roster_of(plan_of_district(state, where or None), books.rosters), minute
            )
        number = by_district[where].of(
            team, venue.category if venue is not None else "", venue.zone if venue is not None else ""
        )
        if number is not None:
            found[team.team_id] = number
    return found


def wanted_of(state: State, team: Team, venue: Venue | None) -> int | None:
    """How many people of one team should stand now, None where it is not expected."""
    roster = roster_of(
        plan_of_district(state, venue.district if venue is not None else None), state.registers.rosters
    )
    wanted = Wanted(roster, minute_of_week(state.at_s, LOCAL.utc_offset_s))
    return wanted.of(
        team, venue.category if venue is not None else "", venue.zone if venue is not None else ""
    )


def short_now(state: State, districts: frozenset[str] | None, at_s: float) -> Short:
    """Who is missing in these districts (in all, where None) against the roster in force there."""
    people = wanted_people(state, districts, at_s)
    rolls = state.muster.rolls
    lacking: dict[str, int] = {}
    for team_id, number in people.items():
        roll = rolls.get(team_id)
        there = roll.on_duty if roll is not None and roll.until_s > at_s else 0
        if there < number:
            lacking[team_id] = number - there
    books, minute = state.registers, minute_of_week(at_s, LOCAL.utc_offset_s)
    crews: dict[str, int] = {}
    for each in sorted(books.districts if districts is None else districts):
        asked = crews_wanted(roster_of(plan_of_district(state, each), books.rosters), minute)
        if not asked:
            continue
        rows = (books.units.get(unit_id) for unit_id in state.respond.units)
        present = [row.kind for row in rows if row is not None and row.district == each]
        for kind, number in crews_missing(asked, present).items():
            crews[kind] = crews.get(kind, 0) + number
    return Short(lacking, crews)
