"""What a command, or a question, is about: ids become things that a policy can judge.

Idea: one table from the name of an argument to the sort of thing it names, so that a new command is judged without saying so. What is not known is None: the
decision itself says that it is not. Limits: an argument that only names somebody to be sent or told (`responder_ids`, `to_district`, a venue as a
place) is no object: the nearest crew is sent whichever district it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from firstminute.flow import areas
from firstminute.flow.known import areas_of
from firstminute.flow.points import crews_of
from firstminute.flow.state import State
from firstminute.model.access.things import Thing
from firstminute.model.records import TABLES
from firstminute.respond.records import Alert, Assignment, Call, Incident

ELSEWHERE = "?"
"""The district of what cannot be placed and must not count as everybody's."""


def incident_thing(state: State, key: str) -> Thing | None:
    """An incident, open or lately closed, with everybody who was bound to it."""
    about = state.respond.incidents.get(key)
    came: dict[str, str | None] = {}
    if about is None:
        kept = state.respond.closed.get(key)
        if kept is None:
            return None
        about, came = kept.incident, kept.came
    bound = [*_some(state.respond.alerts, about.alerts), *_some(state.respond.assignments, about.assignments)]
    calls = [call for each in about.calls if (call := state.respond.calls.get(each)) is not None]
    known = {*about.safety, *about.welfare}
    return Thing(
        sort="incident",
        id=key,
        district=about.district,
        station=about.station_id,
        offered_to=about.transfer_to,
        units=tuple({*(b.responder_id for b in bound if b.responder_kind == "unit"), *known, *_said(c.unit_id for c in calls)}),
        teams=tuple({*_said(b.team_id for b in bound), *known, *_said(c.team_id for c in calls), *_said(came.values())}),
        people=tuple({*(b.responder_id for b in bound), *came, *known, *_callers(calls), *(a.agency for a in about.agencies.values())}),
    )  # fmt: skip


def _some(book: dict[str, Alert] | dict[str, Assignment], keys: Iterable[str]) -> list[Alert | Assignment]:
    return [found for key in keys if (found := book.get(key)) is not None]


def _said(values: Iterable[str | None]) -> Iterable[str]:
    return (value for value in values if value is not None)


def _callers(calls: Iterable[Call]) -> set[str]:
    return {who for call in calls for who in (call.by, call.member_id, call.device_id) if who is not None}


def call_thing(state: State, key: str) -> Thing | None:
    """A call: where its incident is, else where it says it is."""
    call = state.respond.calls.get(key)
    if call is None:
        return None
    district, station = place_of_call(state, call)
    return Thing(
        sort="call", id=key, district=district, station=station, people=tuple(_callers([call])),
        units=tuple(_said([call.unit_id])), teams=tuple(_said([call.team_id])),
    )  # fmt: skip


def place_of_call(state: State, call: Call) -> tuple[str | None, str | None]:
    """District and station of a call, as far as anybody knows."""
    about = _incident(state, call.incident_id)
    if about is not None:
        return about.district, about.station_id
    if call.place is None and call.venue_id is None and call.cell is None:
        return None, None
    point, radius_m = (
        (call.place.centre, call.place.radius_m or 0.0) if call.place is not None else (call.cell, 0.0)
    )
    found = areas.where(areas_of(state), state.registers, point, call.venue_id, radius_m)
    return found.district, found.station_id


def _incident(state: State, key: str | None) -> Incident | None:
    if key is None:
        return None
    kept = state.respond.closed.get(key)
    return state.respond.incidents.get(key) or (kept.incident if kept is not None else None)


def _bound(state: State, sort: str, found: Alert | Assignment | None, key: str) -> Thing | None:
    if found is None:
        return None
    about = _incident(state, found.incident_id)
    return Thing(
        sort=sort, id=key, district=about.district if about is not None else ELSEWHERE, station=about.station_id if about is not None else None,
        units=(found.responder_id,), teams=tuple(_said([found.team_id])), people=(found.responder_id,),
    )  # fmt: skip


def alert_thing(state: State, key: str) -> Thing | None:
    """An alert belongs to whoever was asked, in the place of its incident."""
    return _bound(state, "alert", state.respond.alerts.get(key), key)


def assignment_thing(state: State, key: str) -> Thing | None:
    """A task belongs to whoever is bound by it, in the place of its incident."""
    return _bound(state, "assignment", state.respond.assignments.get(key), key)


def unit_thing(state: State, key: str) -> Thing | None:
    """A crew."""
    row = state.registers.units.get(key)
    if row is None:
        return None
    duty = state.respond.units.get(key)
    task = state.respond.assignments.get(duty.active or "") if duty is not None else None
    about = _incident(state, task.incident_id) if task is not None else None
    serves = about.district if about is not None else None
    return Thing(
        sort="unit", id=key, district=row.district, station=row.station_id, serves=serves, units=(key,)
    )


def point_thing(state: State, key: str) -> Thing | None:
    """A must-visit point, of the crews that it is meant for."""
    row = state.registers.must_visits.get(key)
    if row is None:
        return None
    return Thing(
        sort="point", id=key, district=row.district, station=row.station_id, units=crews_of(state, row)
    )


def venue_thing(state: State, key: str) -> Thing | None:
    """A venue with its team."""
    row = state.registers.venues.get(key)
    if row is None:
        return None
    team = state.registers.team_of_venue.get(key)
    return Thing(
        sort="venue", id=key, district=row.district, station=row.station_id, teams=tuple(_said([team]))
    )


def team_thing(state: State, key: str) -> Thing | None:
    """A team, where its venue is."""
    row = state.registers.teams.get(key)
    if row is None:
        return None
    venue = state.registers.venues.get(row.venue_id)
    place = (venue.district, venue.station_id) if venue is not None else (ELSEWHERE, None)
    return Thing(sort="team", id=key, district=place[0], station=place[1], teams=(key,))


def member_thing(state: State, key: str) -> Thing | None:
    """A person of a team."""
    row = state.registers.members.get(key)
    team = team_thing(state, row.team_id) if row is not None else None
    if row is None:
        return None
    return Thing(
        sort="member", id=key, district=team.district if team else ELSEWHERE, station=team.station if team else None, teams=(row.team_id,), people=(key,)
    )  # fmt: skip


def district_thing(state: State, key: str | None) -> Thing:
    """A district; nothing named is the whole city, which only those over all of it may speak for."""
    return Thing(sort="district", id=key or None, district=key or ELSEWHERE)


def task_thing(state: State, key: str) -> Thing | None:
    """A follow-up task, where its incident or its team is."""
    task = state.respond.tasks.get(key)
    if task is None:
        return None
    about = incident_thing(state, task.incident_id) if task.incident_id else None
    about = about or (team_thing(state, task.team_id) if task.team_id else None)
    place = (about.district, about.station) if about is not None else (None, None)
    return Thing(sort="task", id=key, district=place[0], station=place[1], owner=task.owner)


def row_thing(state: State, table: str, key: str) -> Thing:
    """A row of a register: where it is; what is of the whole city only those over all of it may change."""
    makes: dict[str, Callable[[State, str], Thing | None]] = {
        "venues": venue_thing, "teams": team_thing, "members": member_thing, "units": unit_thing, "districts": district_thing,
        "must_visits": point_thing,
    }  # fmt: skip
    if table in makes:
        return makes[table](state, key) or Thing(sort="row", id=key, district=ELSEWHERE)
    row = state.registers.table(table).get(key) if table in TABLES else None
    if table == "devices" and row is not None:
        about = venue_thing(state, getattr(row, "venue_id", "") or "") or unit_thing(
            state, getattr(row, "unit_id", "") or ""
        )
        return about or Thing(sort="row", id=key, district=ELSEWHERE)
    district = getattr(row, "district", None) if row is not None else None
    station = key if table == "stations" else None
    return Thing(sort="row", id=key, district=district or ELSEWHERE, station=station)


def subject_thing(state: State, key: str) -> Thing:
    """Whose data: an incident, a call, a row, else what only those over the whole city may ask for."""
    table, _, row = key.partition("/")
    if row and table in TABLES:
        return row_thing(state, table, row)
    found = incident_thing(state, key) or call_thing(state, key) or complaint_thing(state, key)
    return found or Thing(sort="subject", id=key, district=ELSEWHERE)


def complaint_thing(state: State, key: str) -> Thing | None:
    """A complaint that nobody has answered: of the district it speaks of, else everybody's."""
    found = state.desk.complaints.get(key)
    return Thing(sort="complaint", id=key, district=found.district) if found is not None else None


def glass_thing(state: State, key: str) -> Thing | None:
    """What was opened without a right and waits for its review: where the subject is."""
    found = state.desk.glass.get(key)
    return (
        replace(subject_thing(state, found.subject_id), sort="access", id=key) if found is not None else None
    )


def teams_things(state: State, teams: Iterable[str]) -> list[Thing]:
    """Several teams."""
    return [thing for key in teams if (thing := team_thing(state, key)) is not None]
