"""Commands about who stands: muster, rolls, check-in, spot calls, drills, kit, recall."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.plans import below
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.records import Member, Team
from firstminute.respond import drill, muster, recall, spot
from firstminute.respond.candidates import roll_now
from firstminute.respond.muster import RollRow
from firstminute.respond.speaking import speaks_for
from firstminute.respond.telling import tell

TEST_LASTS_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRolls:
    """Rows of one batch, at most 1,000."""

    rolls: tuple[RollRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMuster:
    """A shift that begins: until when its teams report, when it ends, which district (none = the city)."""

    shift: str
    due_s: float
    until_s: float
    district: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A member walks up."""

    team_id: str
    member_id: str
    shift: str = "open"
    method: str = "qr"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut:
    """A member leaves."""

    team_id: str
    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HearTest:
    """Who heard the test that rang at check-in."""

    team_id: str
    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRoll:
    """The team that goes off duty."""

    team_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSpotCall:
    """Teams by name, or so many drawn at random from those on duty (of a district)."""

    within_s: float = 300.0
    count: int = 0
    team_ids: tuple[str, ...] = ()
    district: str | None = None
    spot_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSpotCall:
    """A team shows that it stands."""

    spot_id: str
    team_id: str
    on_duty: int
    evidence: str = "qr"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPullTest:
    """Teams by name, or all of a district: whether they stand is what it asks."""

    team_ids: tuple[str, ...] = ()
    district: str | None = None
    within_s: float = 180.0
    form: str = "pull_test"
    drill_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDrill:
    """A team stands where it was asked to stand."""

    drill_id: str
    team_id: str
    evidence: str = "touch"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDrill:
    """The drill to stop."""

    drill_id: str
    reason: str = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveDrill:
    """Teams that a live alert went to."""

    team_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportKit:
    """What a team has at hand, and what of it is out of date."""

    team_id: str
    kit: tuple[str, ...]
    out_of_date: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Whom a commander calls back to duty, and why (a code, and a note where there is more to say)."""

    reason: str
    team_ids: tuple[str, ...] = ()
    unit_ids: tuple[str, ...] = ()
    note: str | None = None


def take_roll(state: State, a: RollRow, act: Act) -> list[Body]:
    """One team reports."""
    _own_team(act, a.team_id)
    return muster.take_roll(
        state.muster, state.registers.teams, state.registers.members, a, at_s=act.at_s, ids=act.ids
    )


def take_rolls(state: State, a: TakeRolls, act: Act) -> list[Body]:
    """Many teams report at once: a shift change, or a list ticked over the radio."""
    return muster.take_rolls(
        state.muster, state.registers.teams, state.registers.members, a.rolls, at_s=act.at_s, ids=act.ids
    )


def call_muster(state: State, a: CallMuster, act: Act) -> list[Body]:
    """A shift begins."""
    if a.district is not None and a.district not in state.registers.districts:
        raise Refused("unknown_district", district=a.district)
    return muster.call_muster(
        state.muster, shift=a.shift, district=a.district, due_s=a.due_s, until_s=a.until_s, at_s=act.at_s
    )


def check_in(state: State, a: CheckIn, act: Act) -> list[Body]:
    """One person joins. On the own phone a test rings on every way to that person; who hears it counts as reachable."""
    _own_team(act, a.team_id, a.member_id)
    rung = act.actor.id == a.member_id
    facts = muster.check_in(
        state.muster,
        _team(state, a.team_id),
        _member(state, a.member_id),
        shift=a.shift,
        method=a.method,
        at_s=act.at_s,
        ids=act.ids,
        rung=rung,
    )
    if not facts or not rung:
        return facts
    until_s = act.at_s + TEST_LASTS_S
    return [*facts, *tell(state.registers, (a.member_id,), "test", a.team_id, expires_s=until_s, ids=act.ids)]


def hear_test(state: State, a: HearTest, act: Act) -> list[Body]:
    """The test was heard: this person can be reached."""
    _own_team(act, a.team_id, a.member_id)
    return muster.heard(state.muster, a.team_id, a.member_id)


def check_out(state: State, a: CheckOut, act: Act) -> list[Body]:
    """One person leaves."""
    _own_team(act, a.team_id, a.member_id)
    return muster.check_out(state.muster, a.team_id, a.member_id)


def end_roll(state: State, a: EndRoll, act: Act) -> list[Body]:
    """A team goes off duty."""
    _own_team(act, a.team_id)
    return muster.end_roll(state.muster, a.team_id)


def start_spot_call(state: State, a: StartSpotCall, act: Act) -> list[Body]:
    """Draw and ask. The draw is by the call's own random id, which the shell made."""
    spot_id = a.spot_id or next(act.ids)
    for team_id in a.team_ids:
        _team(state, team_id)
    drawn = a.team_ids or spot.draw(_standing(state, a.district, act.at_s), spot_id, a.count)
    return spot.start(
        state.muster, state.registers, drawn, within_s=a.within_s, at_s=act.at_s, ids=act.ids, spot_id=spot_id
    )


def answer_spot_call(state: State, a: AnswerSpotCall, act: Act) -> list[Body]:
    """A team answers."""
    _own_team(act, a.team_id)
    at_s = act.at_s if act.occurred_s is None else act.occurred_s
    return spot.answer(state.muster, a.spot_id, a.team_id, on_duty=a.on_duty, evidence=a.evidence, at_s=at_s)


def start_pull_test(state: State, a: StartPullTest, act: Act) -> list[Body]:
    """One button: teams are called as in earnest, in the exercise world."""
    for team_id in a.team_ids:
        _team(state, team_id)
    teams = a.team_ids or tuple(_expected(state, a.district))
    return drill.start(
        state.muster,
        state.registers,
        teams,
        form=a.form,
        within_s=a.within_s,
        world=act.world,
        at_s=act.at_s,
        ids=act.ids,
        drill_id=a.drill_id,
    )


def answer_drill(state: State, a: AnswerDrill, act: Act) -> list[Body]:
    """A team stands."""
    _own_team(act, a.team_id)
    occurred_s = act.at_s if act.occurred_s is None else act.occurred_s
    return drill.answer(state.muster, a.drill_id, a.team_id, evidence=a.evidence, occurred_s=occurred_s)


def end_drill(state: State, a: EndDrill, act: Act) -> list[Body]:
    """A drill stops."""
    return drill.end(state.muster, a.drill_id, a.reason)


def leave_drill(state: State, a: LeaveDrill, act: Act) -> list[Body]:
    """Live alerts end the drill tasks of these teams."""
    return drill.leave(state.muster, a.team_ids)


def report_kit(state: State, a: ReportKit, act: Act) -> list[Body]:
    """What is at hand."""
    _own_team(act, a.team_id)
    return muster.report_kit(_team(state, a.team_id), a.kit, a.out_of_date)


def recall_to_duty(state: State, a: Recall, act: Act) -> list[Body]:
    """召回备勤, a commander's own act."""
    return recall.recall(
        state.registers,
        act.actor,
        team_ids=a.team_ids,
        unit_ids=a.unit_ids,
        reason=a.reason,
        at_s=act.at_s,
        ids=act.ids,
        note=a.note,
    )


def _team(state: State, team_id: str) -> Team:
    team = state.registers.teams.get(team_id)
    if team is None:
        raise Refused("unknown_team", team=team_id)
    return team


def _member(state: State, member_id: str) -> Member:
    member = state.registers.members.get(member_id)
    if member is None:
        raise Refused("unknown_member", member=member_id)
    return member


def _own_team(act: Act, team_id: str, member_id: str | None = None) -> None:
    """A member or lead speaks for the own team only, and for themselves."""
    if not speaks_for(act.actor, team_id, member_id):
        raise Refused("not_yours", team=team_id)


def _expected(state: State, district: str | None) -> list[str]:
    books = state.registers
    within = None if district is None else set(below(books, district))
    return [
        t.team_id
        for t in books.teams.values()
        if within is None or ((v := books.venues.get(t.venue_id)) is not None and v.district in within)
    ]


def _standing(state: State, district: str | None, at_s: float) -> list[str]:
    return [t for t in _expected(state, district) if roll_now(state.muster, t, at_s) is not None]
