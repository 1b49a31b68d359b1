"""Commands about the desk itself: timers, registers, grade, policies, clock, hand-over, deliveries, opened data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firstminute.flow import in_use, timers
from firstminute.flow.boards import faults_of
from firstminute.flow.plans import below, grade_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import (
    CapReported,
    ClockConfirmed,
    ClockParted,
    GradeSwitched,
    MessageOutcome,
    PolicyAdopted,
    RecordResumed,
    RegisterChanged,
    SubjectErased,
)
from firstminute.model.records import GRADES, TABLES
from firstminute.respond import handover, reasons

ERASE_REASONS = ("request_of_person", "retention", "entered_by_mistake", "order")
ERASE_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FireTimer:
    """The key of a pending timer."""

    subject: str
    timer: str
    round: int


def fire_timer(state: State, a: FireTimer, act: Act) -> list[Body]:
    """Fire one timer once, where it is pending and due and timers are not held."""
    if state.desk.timers_held:
        raise Refused("timers_held", apart_s=state.desk.clock_apart_s)
    return timers.fire(state.timers, a.subject, a.timer, a.round, at_s=act.at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRegister:
    """Rows to write and keys to remove; the shell has checked every row and counted versions and digest. `staged`: the bulk import that holds them."""

    table: str
    keys: tuple[str, ...]
    versions: tuple[int, ...]
    digest: str
    rows: tuple[Any, ...]
    removed: tuple[str, ...] = ()
    staged: str | None = None


def change_register(state: State, a: ChangeRegister, act: Act) -> list[Body]:
    """One fact for one import, however many rows."""
    if a.table not in TABLES:
        raise Refused("unknown_table", table=a.table)
    if not a.keys and not a.removed:
        raise Refused("nothing_to_change", table=a.table)
    for key in a.removed:
        if key not in state.registers.table(a.table):
            raise Refused("unknown_row", table=a.table, key=key)
    return [
        RegisterChanged(
            table=a.table,
            keys=a.keys,
            versions=a.versions,
            digest=a.digest,
            removed=a.removed,
            rows=a.rows,
            staged=a.staged,
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchGrade:
    """The district (empty = all) and the grade it goes to; why as a code, and a note where there is more to say."""

    grade: str
    reason: str
    district: str = ""
    note: str | None = None


def switch_grade(state: State, a: SwitchGrade, act: Act) -> list[Body]:
    """平战转换: one fact for the district and each one under it; targets, rosters and alert policies are looked up by grade from then on."""
    if a.grade not in GRADES:
        raise Refused("unknown_grade", grade=a.grade)
    if a.district and a.district not in state.registers.districts:
        raise Refused("unknown_district", district=a.district)
    districts = below(state.registers, a.district) if a.district else sorted(state.registers.districts)
    changing = {d: before for d in districts if (before := grade_of(state, d)) != a.grade}
    if not changing:
        raise Refused("grade_already", grade=a.grade)
    reason, note = reasons.settle("grade", a.reason, a.note)
    return [
        GradeSwitched(district=d, grade=a.grade, reason=reason, before=before, note=note)
        for d, before in changing.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptPolicy:
    """The policy to switch on, and what it was compared on: a replay's or a twin's report."""

    policy_id: str
    compared_on: str = ""


def adopt_policy(state: State, a: AdoptPolicy, act: Act) -> list[Body]:
    """A policy applies only after somebody adopted it by name, and said on what it was compared with the one in force."""
    policy = state.registers.alert_policies.get(a.policy_id)
    if policy is None:
        raise Refused("unknown_policy", policy=a.policy_id)
    if not a.compared_on.strip():
        raise Refused("policy_not_compared", policy=a.policy_id)
    return [PolicyAdopted(policy_id=a.policy_id, version=policy.version, compared_on=a.compared_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportClock:
    """How far wall clock and desk time are apart."""

    desk: str
    apart_s: float
    timers_held: bool


def report_clock(state: State, a: ReportClock, act: Act) -> list[Body]:
    """The desk says so when its clocks part."""
    return [ClockParted(desk=a.desk, apart_s=a.apart_s, timers_held=a.timers_held)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPause:
    """The record could not be written from `since_s` until now, and what the disk said."""

    desk: str
    since_s: float
    problem: str


def report_pause(state: State, a: ReportPause, act: Act) -> list[Body]:
    """It can be written again: whoever reads the record must see when it could not."""
    return [RecordResumed(desk=a.desk, since_s=a.since_s, problem=a.problem)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCap:
    """How full something with a bound is, in the place where it becomes an alarm or ceases to be one."""

    cap: str
    share: float
    alarm: bool


def report_cap(state: State, a: ReportCap, act: Act) -> list[Body]:
    """The desk says so when something it has only so much of runs out."""
    return [CapReported(cap=a.cap, share=a.share, alarm=a.alarm)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmClock:
    """The desk whose time a person has checked."""

    desk: str


def confirm_clock(state: State, a: ConfirmClock, act: Act) -> list[Body]:
    """Timers run again."""
    return [ClockConfirmed(desk=a.desk)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferHandOver:
    """Who leaves the seat and signs, who comes, what is not working (codes, and a note where there is more to say)."""

    seat: str
    from_person: str
    to_person: str
    faults: tuple[str, ...] = ()
    note: str | None = None


def offer_hand_over(state: State, a: OfferHandOver, act: Act) -> list[Body]:
    """交接班: the sheet lists what is open, what was promised, who is out and what is broken; it waits for the second signature."""
    people, faults = (a.from_person, a.to_person), (*a.faults, *faults_of(state))
    return handover.offer(state.respond, a.seat, people, faults=faults, note=a.note, ids=act.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignHandOver:
    """Who comes to the seat and signs what was offered."""

    seat: str
    person: str


def sign_hand_over(state: State, a: SignHandOver, act: Act) -> list[Body]:
    """The second signature: only now it is a hand-over."""
    return handover.sign(state.respond, a.seat, a.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivery:
    """What the outbox says of one delivery."""

    message_id: str
    reason_id: str
    channel: str
    outcome: str
    attempts: int


def record_delivery(state: State, a: RecordDelivery, act: Act) -> list[Body]:
    """The outcome of a delivery comes back as a fact."""
    return [
        MessageOutcome(
            message_id=a.message_id,
            reason_id=a.reason_id,
            channel=a.channel,
            outcome=a.outcome,
            attempts=a.attempts,
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseSubjects:
    """Calls, incidents, rolls or register rows (`members/<id>`) whose keys are to be destroyed, and why. The shell says about which nothing is sealed."""

    subject_ids: tuple[str, ...]
    reason: str
    keyless: tuple[str, ...] = ()


def erase_subjects(state: State, a: EraseSubjects, act: Act) -> list[Body]:
    """Destroy keys for ever, one fact a subject; whom the desk still works with waits until it is done, closed and a shift has passed; who is on hold stays."""
    if a.reason not in ERASE_REASONS:
        raise Refused("unknown_erase_reason", reason=reasons.as_code(a.reason))
    wanted = tuple(dict.fromkeys(a.subject_ids))
    if not 0 < len(wanted) <= ERASE_MOST:
        raise Refused("erase_count", count=len(wanted), most=ERASE_MOST)
    for subject_id in wanted:
        if subject_id in a.keyless:
            raise Refused("nothing_sealed", subject=subject_id)
        if in_use.by_desk(state, subject_id, act.at_s):
            raise Refused("subject_in_use", subject=subject_id)
    for subject_id in in_use.held(state, wanted):
        raise Refused("subject_on_hold", subject=subject_id)
    return [SubjectErased(subject_id=subject_id, reason=a.reason) for subject_id in wanted]
