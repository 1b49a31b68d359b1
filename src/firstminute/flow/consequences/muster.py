"""What follows for muster, spot calls and drills: the missing are chased, shifts end, minutes run out, what was slow becomes a task."""

from __future__ import annotations

from firstminute.flow.plans import below, short_now, wanted_people
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import GradeSwitched, TimerCancelled, TimerFired, TimerSet
from firstminute.model.facts.incident import TaskSet
from firstminute.model.facts.people import DrillEnded, MusterEnded, RosterFilled, RosterFoundShort
from firstminute.model.records import GRADES
from firstminute.respond import drill, muster, spot
from firstminute.respond.muster_records import Shift
from firstminute.respond.roster import Short
from firstminute.respond.telling import tell

TASK_WITHIN_S = 7 * 86_400.0
MOST_TASKS = 50
REPORT_LASTS_S = 600.0


def chase_missing(state: State, fact: Fact, act: Act) -> list[Body]:
    """Teams that stand with fewer than the roster wants are asked, at last their station; who watches over the district hears how many are missing."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != muster.CHASE:
        return []
    shift = state.muster.shifts.get(body.timer_subject)
    if shift is None:
        return []
    short = short_now(state, districts_of(state, shift), act.at_s)
    if not short.teams and not short.crews:
        filled = RosterFilled(shift=shift.shift, district=shift.district)
        return [filled] if shift.short is not None else []
    open_ = [n for t in short.teams if (n := shift.chased.get(t, 0)) < muster.CHASES]
    look = min(open_) + 1 if open_ else shift.looks + 1
    facts = _report(state, shift, short, look, act) if shift.looks < look <= muster.CHASES else []
    gone = list(short.teams)
    stations = {t: station_of(state, t) for t in gone}
    asked = muster.chase(
        shift, gone, stations, books=state.registers, number=body.round, at_s=act.at_s, ids=act.ids
    )
    again = any(isinstance(each, TimerSet) for each in asked) or look >= muster.CHASES
    return [*facts, *asked, *([] if again else [_look_again(shift, body.round, act)])]


def _look_again(shift: Shift, number: int, act: Act) -> TimerSet:
    due_s = act.at_s + muster.CHASE_AGAIN_S
    return TimerSet(timer_subject=shift.shift, timer=muster.CHASE, round=number + 1, due_s=due_s)


def _report(state: State, shift: Shift, short: Short, look: int, act: Act) -> list[Body]:
    """The duty officer hears who is missing; at the last look the commander, who alone may call people back."""
    who = f"{'commander' if look == muster.CHASES else 'duty_officer'}:{shift.district or 'city'}"
    found = RosterFoundShort(
        shift=shift.shift,
        district=shift.district,
        attempt=look,
        teams=len(short.teams),
        people=short.people,
        crews=dict(short.crews),
        told=who,
    )
    lasts_s = act.at_s + REPORT_LASTS_S
    told = tell(state.registers, (who,), "roster_short", shift.shift, expires_s=lasts_s, ids=act.ids)
    return [found, *told]


def districts_of(state: State, shift: Shift) -> frozenset[str] | None:
    """Whose teams and crews a shift is about: its district with all under it; of a grade switch, which is a shift in each, that district alone."""
    if shift.district is None:
        return None
    return frozenset({shift.district} if shift.grade else below(state.registers, shift.district))


def call_up(state: State, fact: Fact, act: Act) -> list[Body]:
    """A higher grade wants more people: those who lack them are called and chased like at the start of a shift. A switch ends what the last one called."""
    body = fact.body
    assert isinstance(body, GradeSwitched)
    facts: list[Body] = []
    for shift in state.muster.shifts.values():
        if shift.grade and shift.district == body.district and shift.grade != body.grade:
            facts += _ended(state, shift, act)
    short = short_now(state, frozenset({body.district}), act.at_s)
    raised = GRADES.index(body.grade) > GRADES.index(body.before)
    name = f"{body.grade}:{body.district}:{fact.seq}"
    if not raised or not (short.teams or short.crews):
        return facts
    running = [s.until_s for s in state.muster.shifts.values() if s.district in (None, body.district)]
    until_s = max([act.at_s + muster.MINUTE_S, *running]) if running else act.at_s + muster.SHIFT_S
    called = muster.call_muster(
        state.muster, shift=name, district=body.district, due_s=act.at_s, until_s=until_s, at_s=act.at_s, grade=body.grade
    )  # fmt: skip
    return [*facts, *called]


def _ended(state: State, shift: Shift, act: Act) -> list[Body]:
    """A grade's call is over; nobody goes off duty by it."""
    wanted = wanted_people(state, districts_of(state, shift), act.at_s)
    lacking = len(short_now(state, districts_of(state, shift), act.at_s).teams)
    over = MusterEnded(shift=shift.shift, reported=len(wanted) - lacking, missing=lacking)
    return [over, TimerCancelled(timer_subject=shift.shift)]


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
    if shift.grade:
        return _ended(state, shift, act)
    expected = len(wanted_people(state, districts_of(state, shift), act.at_s))
    ended = muster.end_shift(state.muster, shift, expected, number=body.round, at_s=act.at_s)
    if not isinstance(ended[-1], MusterEnded) or not _chases(state, shift):
        return ended
    return [*ended, TimerCancelled(timer_subject=shift.shift)]


def _chases(state: State, shift: Shift) -> bool:
    return bool(state.timers.by_subject.get(shift.shift))


def end_spot_call(state: State, fact: Fact, act: Act) -> list[Body]:
    """The minutes of a spot call are over."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != spot.TIMER:
        return []
    call = state.muster.spots.get(body.timer_subject)
    known = [t for t in call.team_ids if t in state.registers.teams] if call is not None else []
    stations = {t: station_of(state, t) for t in known}
    return spot.due(state.muster, state.registers, body.timer_subject, stations, at_s=act.at_s, ids=act.ids)


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
    due_s = act.at_s + TASK_WITHIN_S
    facts: list[Body] = []
    for team_id in known:
        task_id, owner = next(act.ids), station_of(state, team_id) or "duty_officer"
        facts.append(
            TaskSet(
                task_id=task_id,
                incident_id=None,
                what="drill_slow",
                owner=owner,
                due_s=due_s,
                team_id=team_id,
            )
        )
        facts.append(TimerSet(timer_subject=task_id, timer="task", round=1, due_s=due_s))
    return facts
