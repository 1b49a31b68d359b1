"""Muster (打卡上岗): which teams stand, counted and reachable apart; the missing are chased; nobody off duty is ever alerted.

Idea: a roll is a count ("18 on duty, all well" or "something to report") with names sealed beside it, taken by button, QR, radio tick or list; a later
roll of a team replaces the earlier one. A called shift has a due time: who has not reported by then is chased, twice itself, then its station.
All is done in bounded portions, so that 23,000 teams never make one endless command. Who should stand is the roster's word (`respond.roster`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerSet
from firstminute.model.facts.people import (
    KitReported,
    MemberCheckedIn,
    MemberCheckedOut,
    MemberReached,
    MusterCalled,
    MusterEnded,
    RollEnded,
    RollsRejected,
    RollTaken,
    TeamChased,
)
from firstminute.model.records import Member, Team
from firstminute.respond import reasons
from firstminute.respond.books import Books
from firstminute.respond.muster_records import Muster, Roll, Shift
from firstminute.respond.telling import tell

MOST_ROLLS = 1_000
MOST_PEOPLE = 5_000
SHIFT_S = 8 * 3600.0
MINUTE_S = 60.0
CHASE, END = "muster_chase", "muster_end"
CHASE_PORTION, END_PORTION = 300, 400
CHASES = 3
CHASE_AGAIN_S = 120.0
METHODS = ("button", "qr", "radio", "list")


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRow:
    """What a team reports. Without a count, that of its last roll or its minimum: a radio tick says "as always"."""

    team_id: str
    shift: str
    on_duty: int | None = None
    reachable: int | None = None
    method: str = "button"
    well: bool = True
    remark_code: str | None = None
    note: str | None = None
    member_ids: tuple[str, ...] = ()
    until_s: float | None = None
    roll_id: str | None = None


def take_roll(
    muster: Muster,
    teams: Mapping[str, Team],
    members: Mapping[str, Member],
    row: RollRow,
    *,
    at_s: float,
    ids: Iterator[str],
) -> list[Body]:
    """One team's report: the earlier roll of the team ends, the new one stands."""
    team = teams.get(row.team_id)
    if team is None:
        raise Refused("unknown_team", team=row.team_id)
    if row.method not in METHODS:
        raise Refused("unknown_method", method=row.method)
    remark_code = reasons.nearest("remark", row.remark_code) or ("other" if row.note else None)
    unlisted = row.remark_code if remark_code == "other" and row.remark_code != "other" else None
    for member_id in row.member_ids:
        member = members.get(member_id)
        if member is None or member.team_id != row.team_id:
            raise Refused("not_of_this_team", team=row.team_id)
    before = muster.rolls.get(row.team_id)
    on_duty = row.on_duty
    if on_duty is None:
        on_duty = len(row.member_ids) or (before.on_duty if before else team.minimum)
    reachable = on_duty if row.reachable is None else row.reachable
    until_s = row.until_s if row.until_s is not None else _until_s(muster, row.shift, at_s)
    if not 0 <= reachable <= on_duty <= MOST_PEOPLE or len(row.member_ids) > on_duty:
        raise Refused("roll_counts_wrong", team=row.team_id, on_duty=on_duty, reachable=reachable)
    if until_s <= at_s:
        raise Refused("shift_over", shift=row.shift)
    taken = RollTaken(
        roll_id=row.roll_id or next(ids), team_id=row.team_id, shift=row.shift, on_duty=on_duty, reachable=reachable, method=row.method,
        well=row.well and remark_code is None, remark_code=remark_code, member_ids=row.member_ids or None, until_s=until_s,
        note=row.note or unlisted,
    )  # fmt: skip
    if before is not None and before.roll_id != taken.roll_id:
        return [RollEnded(roll_id=before.roll_id, team_id=before.team_id), taken]
    return [taken]


def take_rolls(
    muster: Muster,
    teams: Mapping[str, Team],
    members: Mapping[str, Member],
    rows: Iterable[RollRow],
    *,
    at_s: float,
    ids: Iterator[str],
) -> list[Body]:
    """Many teams' reports at once: a row that fits no team is named in `RollsRejected`, the others stand.

    Raises
    ------
    Refused("too_many_rolls") beyond 1,000 rows, Refused("nothing_to_take") where no row is good
    """
    rows = list(rows)
    if len(rows) > MOST_ROLLS:
        raise Refused("too_many_rolls", most=MOST_ROLLS)
    facts: list[Body] = []
    problems: list[str] = []
    seen: set[str] = set()
    for number, row in enumerate(rows):
        if row.team_id in seen:
            problems.append(f"{number}:team_twice:{row.team_id}")
            continue
        seen.add(row.team_id)
        try:
            facts += take_roll(muster, teams, members, row, at_s=at_s, ids=ids)
        except Refused as refused:
            problems.append(f"{number}:{refused.code}:{row.team_id}")
    if not facts:
        raise Refused("nothing_to_take", first=problems[0] if problems else "")
    return [*facts, RollsRejected(batch_id=next(ids), problems=tuple(problems))] if problems else facts


def _until_s(muster: Muster, shift: str, at_s: float) -> float:
    called = muster.shifts.get(shift)
    return called.until_s if called is not None else at_s + SHIFT_S


def check_in(
    muster: Muster,
    team: Team,
    member: Member,
    *,
    shift: str,
    method: str,
    at_s: float,
    ids: Iterator[str],
    rung: bool = False,
) -> list[Body]:
    """One person walks up and joins; the first one of a shift opens the team's roll.

    rung : the person's own phone rings a test, and counts as reachable once that is heard
    """
    if method not in METHODS:
        raise Refused("unknown_method", method=method)
    if member.team_id != team.team_id:
        raise Refused("not_of_this_team", team=team.team_id)
    roll = muster.rolls.get(team.team_id)
    if roll is None or roll.until_s <= at_s:
        row = RollRow(
            team_id=team.team_id, shift=shift, on_duty=1, reachable=0 if rung else 1, method=method, member_ids=(member.member_id,),
        )  # fmt: skip
        return take_roll(muster, {team.team_id: team}, {member.member_id: member}, row, at_s=at_s, ids=ids)
    if member.member_id in roll.members:
        return []
    return [
        MemberCheckedIn(
            roll_id=roll.roll_id,
            team_id=team.team_id,
            member_id=member.member_id,
            method=method,
            rung=rung,
        )
    ]


def heard(muster: Muster, team_id: str, member_id: str) -> list[Body]:
    """The test that rang at check-in was answered; once is enough."""
    roll = muster.rolls.get(team_id)
    if roll is None or member_id not in roll.members:
        raise Refused("not_on_duty", team=team_id)
    if member_id not in roll.unheard:
        return []
    return [MemberReached(roll_id=roll.roll_id, team_id=team_id, member_id=member_id)]


def check_out(muster: Muster, team_id: str, member_id: str) -> list[Body]:
    """One person leaves; the last one ends the roll."""
    roll = muster.rolls.get(team_id)
    if roll is None or member_id not in roll.members:
        raise Refused("not_on_duty", team=team_id)
    left = MemberCheckedOut(roll_id=roll.roll_id, team_id=team_id, member_id=member_id)
    return [left, RollEnded(roll_id=roll.roll_id, team_id=team_id)] if roll.on_duty <= 1 else [left]


def end_roll(muster: Muster, team_id: str) -> list[Body]:
    """The team goes off duty."""
    roll = muster.rolls.get(team_id)
    if roll is None:
        raise Refused("not_on_duty", team=team_id)
    return [RollEnded(roll_id=roll.roll_id, team_id=team_id)]


def call_muster(
    muster: Muster,
    *,
    shift: str,
    district: str | None,
    due_s: float,
    until_s: float,
    at_s: float,
    grade: str = "",
) -> list[Body]:
    """A shift begins: it will be chased from `due_s` on and ends at `until_s`."""
    if shift in muster.shifts:
        raise Refused("shift_called", shift=shift)
    if not at_s <= due_s < until_s:
        raise Refused("shift_times_wrong", shift=shift)
    return [
        MusterCalled(shift=shift, district=district, due_s=due_s, until_s=until_s, grade=grade),
        TimerSet(timer_subject=shift, timer=CHASE, round=1, due_s=due_s),
        TimerSet(timer_subject=shift, timer=END, round=1, due_s=until_s),
    ]


def chase(
    shift: Shift,
    gone: Sequence[str],
    stations: Mapping[str, str | None],
    *,
    books: Books,
    number: int,
    at_s: float,
    ids: Iterator[str],
) -> list[Body]:
    """Ask a portion of the missing again: itself twice, then its station.

    Parameters
    ----------
    gone : teams still missing
    stations : team → station that is told at last
    number : round of the timer that fired
    """
    open_ = [t for t in gone if shift.chased.get(t, 0) < CHASES]
    lowest = min((shift.chased.get(t, 0) for t in open_), default=CHASES)
    if lowest >= CHASES:
        return []
    waiting = [t for t in open_ if shift.chased.get(t, 0) == lowest]
    portion = waiting[:CHASE_PORTION]
    attempt = lowest + 1
    facts: list[Body] = []
    for team_id in portion:
        to = (
            (stations.get(team_id) or "duty_officer")
            if attempt == CHASES
            else (books.teams[team_id].lead_id or team_id)
        )
        facts.append(TeamChased(team_id=team_id, shift=shift.shift, attempt=attempt, to=to))
        facts += tell(books, (to,), "muster", team_id, expires_s=at_s + CHASE_AGAIN_S, ids=ids)
    more = len(waiting) > len(portion)
    wait_s = 1.0 if more else CHASE_AGAIN_S
    if more or attempt < CHASES:
        facts.append(TimerSet(timer_subject=shift.shift, timer=CHASE, round=number + 1, due_s=at_s + wait_s))
    return facts


def end_shift(muster: Muster, shift: Shift, expected: int, *, number: int, at_s: float) -> list[Body]:
    """End a portion of the shift's rolls; after the last one the muster itself."""
    over = [r for r in muster.rolls.values() if r.shift == shift.shift and r.until_s <= at_s]
    facts: list[Body] = [RollEnded(roll_id=r.roll_id, team_id=r.team_id) for r in over[:END_PORTION]]
    if len(over) > END_PORTION:
        return [*facts, TimerSet(timer_subject=shift.shift, timer=END, round=number + 1, due_s=at_s)]
    return [*facts, MusterEnded(shift=shift.shift, reported=len(over), missing=max(0, expected - len(over)))]


def report_kit(team: Team, kit: tuple[str, ...], out_of_date: tuple[str, ...]) -> list[Body]:
    """What is at hand; what the register lists and is not there, or is out of date, is missing."""
    gone = sorted((set(team.kit) - set(kit)) | set(out_of_date))
    usable = tuple(k for k in kit if k not in out_of_date)
    return [KitReported(team_id=team.team_id, kit=usable, missing=tuple(gone))]


def counts(rolls: Iterable[Roll], *, at_s: float) -> dict[str, int]:
    """Teams, people on duty and people reachable, apart, and teams with something to report."""
    standing = [r for r in rolls if r.until_s > at_s]
    return {
        "teams": len(standing),
        "on_duty": sum(r.on_duty for r in standing),
        "reachable": sum(r.reachable for r in standing),
        "to_report": sum(not r.well for r in standing),
    }
