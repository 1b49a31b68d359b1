"""Takes recorded facts into the muster slice: rolls, spot calls, drills, kit. A fold never raises, also when names are erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.facts.people import (
    DrillAnswered,
    DrillEnded,
    DrillLeft,
    DrillStarted,
    KitReported,
    MemberCheckedIn,
    MemberCheckedOut,
    MemberReached,
    MusterCalled,
    MusterEnded,
    RollEnded,
    RollTaken,
    RosterFilled,
    RosterFoundShort,
    SpotCallAnswered,
    SpotCallEnded,
    SpotCallStarted,
    TeamChased,
)
from firstminute.respond.muster_records import Drill, Muster, Roll, Shift, SpotCall


def fold(muster: Muster, fact: Fact, body: Body) -> None:
    """Take in one fact of the kinds in `HANDLERS`."""
    team_id = getattr(body, "team_id", None)
    before = _standing(muster, team_id)
    HANDLERS[type(body)](muster, fact, body)
    muster.on_duty_total += _standing(muster, team_id) - before


def _standing(muster: Muster, team_id: str | None) -> int:
    roll = muster.rolls.get(team_id) if team_id is not None else None
    return roll.on_duty if roll is not None else 0


def _roll_taken(muster: Muster, fact: Fact, body: RollTaken) -> None:
    named = set(body.member_ids or ())
    muster.rolls[body.team_id] = Roll(
        body.roll_id, body.team_id, body.shift, fact.occurred_s, body.until_s, body.on_duty, body.reachable, body.method, body.well,
        body.remark_code, named, set(named) if body.reachable == 0 else set(),
    )  # fmt: skip
    muster.changed += 1


def _roll_ended(muster: Muster, fact: Fact, body: RollEnded) -> None:
    roll = muster.rolls.get(body.team_id)
    if roll is not None and roll.roll_id == body.roll_id:
        del muster.rolls[body.team_id]
        muster.changed += 1


def _member_in(muster: Muster, fact: Fact, body: MemberCheckedIn) -> None:
    roll = muster.rolls.get(body.team_id)
    if roll is None or roll.roll_id != body.roll_id:
        return
    if body.member_id is not None:
        roll.members.add(body.member_id)
        if body.rung:
            roll.unheard.add(body.member_id)
    roll.on_duty += 1
    roll.reachable += not body.rung
    muster.changed += 1


def _member_reached(muster: Muster, fact: Fact, body: MemberReached) -> None:
    roll = muster.rolls.get(body.team_id)
    if roll is None or roll.roll_id != body.roll_id:
        return
    roll.unheard.discard(body.member_id or "")
    roll.reachable = min(roll.on_duty, roll.reachable + 1)


def _member_out(muster: Muster, fact: Fact, body: MemberCheckedOut) -> None:
    roll = muster.rolls.get(body.team_id)
    if roll is None or roll.roll_id != body.roll_id:
        return
    if body.member_id is not None:
        roll.members.discard(body.member_id)
    heard = body.member_id not in roll.unheard
    roll.unheard.discard(body.member_id or "")
    roll.on_duty = max(0, roll.on_duty - 1)
    roll.reachable = min(max(0, roll.reachable - heard), roll.on_duty)
    muster.changed += 1


def _shift_called(muster: Muster, fact: Fact, body: MusterCalled) -> None:
    muster.shifts[body.shift] = Shift(body.shift, body.district, body.due_s, body.until_s, body.grade)


def _shift_ended(muster: Muster, fact: Fact, body: MusterEnded) -> None:
    muster.shifts.pop(body.shift, None)


def _chased(muster: Muster, fact: Fact, body: TeamChased) -> None:
    shift = muster.shifts.get(body.shift)
    if shift is not None:
        shift.chased[body.team_id] = body.attempt


def _roster_short(muster: Muster, fact: Fact, body: RosterFoundShort) -> None:
    shift = muster.shifts.get(body.shift)
    if shift is not None:
        shift.looks, shift.short = body.attempt, (body.teams, body.people, dict(body.crews))


def _roster_filled(muster: Muster, fact: Fact, body: RosterFilled) -> None:
    shift = muster.shifts.get(body.shift)
    if shift is not None:
        shift.short = None


def _spot_started(muster: Muster, fact: Fact, body: SpotCallStarted) -> None:
    muster.spots[body.spot_id] = SpotCall(body.spot_id, body.team_ids, fact.at_s, body.due_s)


def _spot_answered(muster: Muster, fact: Fact, body: SpotCallAnswered) -> None:
    spot = muster.spots.get(body.spot_id)
    if spot is not None:
        spot.answered[body.team_id] = body.on_duty


def _spot_ended(muster: Muster, fact: Fact, body: SpotCallEnded) -> None:
    muster.spots.pop(body.spot_id, None)


def _drill_started(muster: Muster, fact: Fact, body: DrillStarted) -> None:
    muster.drills[body.drill_id] = Drill(
        body.drill_id, body.form, body.team_ids, fact.at_s, body.due_s, body.incident_id
    )


def _drill_answered(muster: Muster, fact: Fact, body: DrillAnswered) -> None:
    drill = muster.drills.get(body.drill_id)
    if drill is not None:
        drill.answered[body.team_id] = body.since_start_s


def _drill_left(muster: Muster, fact: Fact, body: DrillLeft) -> None:
    drill = muster.drills.get(body.drill_id)
    if drill is not None:
        drill.left.add(body.team_id)


def _drill_ended(muster: Muster, fact: Fact, body: DrillEnded) -> None:
    muster.drills.pop(body.drill_id, None)


def _kit(muster: Muster, fact: Fact, body: KitReported) -> None:
    muster.kit[body.team_id] = (body.kit, body.missing)


HANDLERS: dict[type[Body], Callable[[Muster, Fact, Any], None]] = {
    RollTaken: _roll_taken,
    RollEnded: _roll_ended,
    MemberCheckedIn: _member_in,
    MemberCheckedOut: _member_out,
    MemberReached: _member_reached,
    MusterCalled: _shift_called,
    MusterEnded: _shift_ended,
    TeamChased: _chased,
    RosterFoundShort: _roster_short,
    RosterFilled: _roster_filled,
    SpotCallStarted: _spot_started,
    SpotCallAnswered: _spot_answered,
    SpotCallEnded: _spot_ended,
    DrillStarted: _drill_started,
    DrillAnswered: _drill_answered,
    DrillLeft: _drill_left,
    DrillEnded: _drill_ended,
    KitReported: _kit,
}
