"""What follows for muster, spot calls and drills: the missing are chased, shifts end, minutes run out, what was slow becomes a task."""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.incident import TaskSet
from firstminute.model.facts.people import DrillEnded
from firstminute.respond import drill, muster, spot
from firstminute.respond.muster_records import Shift

TASK_WITHIN_S = 7 * 86_400.0
MOST_TASKS = 50


def chase_missing(state: State, fact: Fact, act: Act) -> list[Body]:
    """Teams that have not reported are asked again, at last their station."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != muster.CHASE:
        return []
    shift = state.muster.shifts.get(body.timer_subject)
    if shift is None:
        return []
    gone = muster.missing(state.muster, state.registers.teams, expected(state, shift), at_s=act.at_s)
    if not gone:
        return []
    stations = {t: station_of(state, t) for t in gone}
    return muster.chase(
        state.muster,
        shift,
        gone,
        stations,
        books=state.registers,
        number=body.round,
        at_s=act.at_s,
        ids=act.ids,
    )


def expected(state: State, shift: Shift) -> list[str]:
    """The teams that should stand in a shift: all of its district, or of the city."""
    books = state.registers
    if shift.district is None:
        return list(books.teams)
    return [
        t.team_id
        for t in books.teams.values()
        if (v := books.venues.get(t.venue_id)) is not None and v.district == shift.district
    ]


def station_of(state: State, team_id: str) -> str | None:
    """The station of a team's venue."""
    venue = state.registers.venues.get(state.registers.teams[team_id].venue_id)
    return venue.station_id if venue is not None else None


def end_shift(state: State, fact: Fact, act: Act) -> list[Body]:
    """The shift is over: its people are off duty."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != muster.END:
        return []
    shift = state.muster.shifts.get(body.timer_subject)
    if shift is None:
        return []
    return muster.end_shift(
        state.muster, shift, len(expected(state, shift)), number=body.round, at_s=act.at_s
    )


def end_spot_call(state: State, fact: Fact, act: Act) -> list[Body]:
    """The minutes of a spot call are over."""
    body = fact.body
    return (
        spot.due(state.muster, body.timer_subject)
        if isinstance(body, TimerFired) and body.timer == spot.TIMER
        else []
    )


def end_drill(state: State, fact: Fact, act: Act) -> list[Body]:
    """The time of a drill is over."""
    body = fact.body
    return (
        drill.due(state.muster, body.timer_subject)
        if isinstance(body, TimerFired) and body.timer == drill.TIMER
        else []
    )


def slow_becomes_task(state: State, fact: Fact, act: Act) -> list[Body]:
    """What a drill found slow gets an owner and a date."""
    body = fact.body
    if not isinstance(body, DrillEnded):
        return []
    known = [t for t in body.slow if t in state.registers.teams][:MOST_TASKS]
    return [
        TaskSet(
            task_id=next(act.ids),
            incident_id=None,
            what="drill_slow",
            owner=station_of(state, team_id) or "duty_officer",
            due_s=act.at_s + TASK_WITHIN_S,
            team_id=team_id,
        )
        for team_id in known
    ]
