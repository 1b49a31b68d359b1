"""Commands about calls: take, amend, claim, attach, detach, close, promise, call back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from heapq import nsmallest
from itertools import islice
from typing import Any

from firstminute.flow.deciders.incidents import timers_of
from firstminute.flow.known import calls_of, rows_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.call import (
    AskedOutside,
    AskedOutsideTold,
    CallAttached,
    CallDetached,
    CallReceived,
    CallTakenUp,
)
from firstminute.model.facts.incident import IncidentAmended
from firstminute.model.place import Place
from firstminute.respond import attach, closure, incident, intake, paper
from firstminute.respond.intake import Said
from firstminute.respond.nearby import distance_m

AT_OWN_VENUE_M = 150.0
OWN_CHANNELS = ("member", "sos")
"""By these a team's own people call from where they stand."""
LOOK_AHEAD = 256
SPEAKS_FOR_RECORDS = frozenset({"dispatcher", "commander", "admin", "partner", "system"})
SPEAKS_FOR_DEVICES = SPEAKS_FOR_RECORDS | {"device", "patrol", "lead", "member"}
OPEN_CHANNELS = {
    "resident": ("web", "chat", "sos", "phone"),
    "device": ("sos", "sensor"),
    "member": ("member", "sos", "web"),
    "lead": ("member", "sos", "web"),
    "patrol": ("radio", "sos", "web"),
}
"""Who may say by which channel a call came, the first one where something else is said. Nobody but the desk types from paper."""


def occurred(act: Act) -> float:
    """When it happened, as far as anybody said."""
    return act.at_s if act.occurred_s is None else act.occurred_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveCall:
    """Everything that may be known of a call from its first keystroke; nothing is needed."""

    call_id: str | None = None
    channel: str = "phone"
    seat: str | None = None
    external_id: str | None = None
    device_id: str | None = None
    unit_id: str | None = None
    type_code: str | None = None
    venue_id: str | None = None
    silent: bool | None = None
    language: str | None = None
    place: Place | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    text: str | None = None
    answered_s: float | None = None
    problems: tuple[str, ...] = ()
    asked_outside: tuple[AskedOutside, ...] = ()
    confidential: bool = False
    form: int | None = None


def _said(a: ReceiveCall | AmendCall) -> Said:
    return Said(
        type_code=a.type_code, venue_id=a.venue_id, silent=a.silent, language=a.language, place=a.place, caller_name=a.caller_name,
        caller_phone=a.caller_phone, text=a.text,
    )  # fmt: skip


def receive_call(state: State, a: ReceiveCall, act: Act) -> list[Body]:
    """Take a call. A partner's record that is known already is amended; a member's call names the team that found it itself."""
    a, refused = vouched(a, act.actor.role)
    known = state.respond.external.get(a.external_id or "")
    if known is not None:
        earlier = state.respond.calls[known]
        return [] if earlier.closed else intake.amend(earlier, _said(a), occurred_s=occurred(act))
    if a.call_id is not None and a.call_id in state.respond.calls:
        raise Refused("call_exists", call=a.call_id)
    registers = state.registers
    device = registers.devices.get(a.device_id or "")
    problems = [*a.problems, *refused, *paper.wrong(state.respond, state.desk.forms_last, a.form)]
    said = _said(a)
    team = registers.teams.get(act.actor.team_id or "") if a.channel in OWN_CHANNELS else None
    if a.type_code and registers.incident_types and a.type_code not in registers.incident_types:
        problems.append("type_code:unknown")
    if a.venue_id and a.venue_id not in registers.venues:
        problems.append("venue_id:unknown")
    own_team = _own_team(state, team.team_id if team else None, said)
    caller = registers.members.get(act.actor.id) if own_team else None
    if said.venue_id is None and team is not None and said.place is None:
        said = replace(said, venue_id=team.venue_id)
    unit_id = (
        a.unit_id
        or (device.unit_id if device else None)
        or (act.actor.unit_id if a.channel == "radio" else None)
    )
    call_id = a.call_id or next(act.ids)
    told: list[Body] = []
    if a.asked_outside and act.time_source == "outside":
        told = [AskedOutsideTold(call_id=call_id, alerts=a.asked_outside)]
    return [
        CallReceived(
            call_id=call_id,
            channel=a.channel,
            seat=a.seat,
            external_id=a.external_id,
            device_id=a.device_id,
            answered_s=a.answered_s,
            problems=tuple(problems),
            team_id=own_team,
            member_id=caller.member_id if caller is not None and caller.team_id == own_team else None,
            unit_id=unit_id,
            deferred=act.hurried and may_wait(a, unit_id),
            confidential=a.confidential,
            form=a.form,
            **intake.spoken(said, device, occurred_s=occurred(act), venues=registers.venues),
        ),
        *told,
    ]


def may_wait(a: ReceiveCall, unit_id: str | None) -> bool:
    """Words may wait for their turn when many call at once; a button, and a crew that speaks for itself, never do."""
    return unit_id is None and a.device_id is None and a.channel != "sos" and not a.asked_outside


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUpCall:
    """A deferred call whose turn has come."""

    call_id: str


def take_up_call(state: State, a: TakeUpCall, act: Act) -> list[Body]:
    """Decide now what a call is about that was only saved at first."""
    return [CallTakenUp(call_id=a.call_id)] if a.call_id in state.respond.deferred else []


def next_turns(state: State, most: int) -> list[str]:
    """Deferred calls in the order of their turns: by priority, then the first call of each telephone before any second one, then as they came.

    So whoever calls five hundred times stands in nobody's way, and loses no word. Only the `LOOK_AHEAD` oldest compete, so none waits for ever.
    """
    row = rows_of(state)
    said: Counter[str] = Counter()
    ranks: dict[str, tuple[int, int]] = {}
    for call_id in islice(state.respond.deferred, LOOK_AHEAD):
        call = state.respond.calls[call_id]
        ranks[call_id] = (row(call.type_code).priority, said[call.caller_phone] if call.caller_phone else 0)
        if call.caller_phone:
            said[call.caller_phone] += 1
    return nsmallest(most, ranks, key=ranks.__getitem__)


def vouched(a: ReceiveCall, role: str) -> tuple[ReceiveCall, list[str]]:
    """What a role may say of a call's origin; the rest is left out and named. A stranger speaks for no seat, button or partner, and for no paper."""
    left_out: dict[str, None] = {}
    if role not in SPEAKS_FOR_RECORDS:
        left_out |= dict.fromkeys(
            n for n in ("external_id", "seat", "answered_s", "form") if getattr(a, n) is not None
        )
    if role not in SPEAKS_FOR_DEVICES:
        left_out |= dict.fromkeys(n for n in ("device_id", "unit_id") if getattr(a, n) is not None)
    channel = a.channel
    if role not in SPEAKS_FOR_RECORDS and channel not in OPEN_CHANNELS.get(role, ("web",)):
        channel = OPEN_CHANNELS.get(role, ("web",))[0]
    if not left_out and channel == a.channel:
        return a, []
    nothing: dict[str, Any] = dict.fromkeys(left_out)
    return replace(a, channel=channel, **nothing), [f"{name}:not_yours" for name in left_out]


def _own_team(state: State, team_id: str | None, said: Said) -> str | None:
    """A member's team found it itself only where it is at its own venue."""
    team = state.registers.teams.get(team_id or "")
    if team is None or said.venue_id not in (None, team.venue_id):
        return None
    venue = state.registers.venues.get(team.venue_id)
    if said.place is not None and venue is not None:
        near = distance_m(said.place.centre, (venue.lon, venue.lat)) <= AT_OWN_VENUE_M
        return team.team_id if near else None
    return team.team_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveUnreadable:
    """The first bytes (base64) of something nobody could read as a call."""

    channel: str
    raw: str
    length: int
    problem: str


def receive_unreadable_call(state: State, a: ReceiveUnreadable, act: Act) -> list[Body]:
    """Keep what could not be read, for a dispatcher's eyes."""
    return intake.unreadable(next(act.ids), a.channel, a.raw, length=a.length, problem=a.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendCall:
    """Later words of the same caller; what is left out stays as it is."""

    call_id: str
    type_code: str | None = None
    venue_id: str | None = None
    silent: bool | None = None
    language: str | None = None
    place: Place | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    text: str | None = None


def amend_call(state: State, a: AmendCall, act: Act) -> list[Body]:
    """Every later word is an amendment that re-ranks and tells crews what changed; after the end it is only written down."""
    return intake.amend(intake.get_call(state.respond, a.call_id), _said(a), occurred_s=occurred(act))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerProtocol:
    """A question's code and what was answered."""

    call_id: str
    question: str
    answer: str


def answer_protocol(state: State, a: AnswerProtocol, act: Act) -> list[Body]:
    """Write down one protocol answer; a deciding one changes the type."""
    return intake.answer(intake.get_call(state.respond, a.call_id), a.question, a.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCall:
    """The seat that takes the call; `take_over` from another seat after its grace of 20 s."""

    call_id: str
    seat: str
    take_over: bool = False


def claim_call(state: State, a: ClaimCall, act: Act) -> list[Body]:
    """A seat takes the call."""
    call = intake.get_call(state.respond, a.call_id)
    return intake.claim(call, a.seat, at_s=act.at_s, take_over=a.take_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachCall:
    """The incident that a dispatcher says the call is about."""

    call_id: str
    incident_id: str


def attach_call(state: State, a: AttachCall, act: Act) -> list[Body]:
    """Merge by hand. An incident left without calls goes into the other one: its crews come along."""
    call = intake.get_call(state.respond, a.call_id)
    about = incident.find(state.respond, a.incident_id, IncidentAmended)
    if call.closed:
        raise Refused("call_closed", call=call.call_id)
    if call.incident_id == about.incident_id:
        return []
    left = state.respond.incidents.get(call.incident_id or "")
    facts: list[Body] = [
        CallAttached(
            call_id=call.call_id,
            incident_id=about.incident_id,
            reasons=("by_hand",),
            by_hand=True,
            news=attach.news(call, calls_of(state, about)),
        )
    ]
    if left is not None and left.calls == [call.call_id]:
        facts += closure.merge(state.respond, left, about, ids=act.ids)
        facts += timers_of(state, left)
    return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachCall:
    """The call whose merge was wrong; a reason once ten seconds have passed."""

    call_id: str
    reason_code: str | None = None


def detach_call(state: State, a: DetachCall, act: Act) -> list[Body]:
    """Undo a wrong merge: the call gets its own incident."""
    call = intake.get_call(state.respond, a.call_id)
    about = state.respond.incidents.get(call.incident_id or "")
    if about is None or len(about.calls) < 2:
        raise Refused("call_not_merged", call=call.call_id)
    attach.refuse_late_undo(call, at_s=act.at_s, reason_code=a.reason_code)
    return [CallDetached(call_id=call.call_id, incident_id=about.incident_id, reason_code=a.reason_code)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCall:
    """How a call without an incident ended."""

    call_id: str
    outcome: str
    note_code: str | None = None


def close_call(state: State, a: CloseCall, act: Act) -> list[Body]:
    """A call that needs nothing more."""
    return intake.close(intake.get_call(state.respond, a.call_id), a.outcome, a.note_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCallback:
    """What came of calling back, and which promise that keeps."""

    call_id: str
    result: str
    promise_id: str | None = None
    keeps_all: bool = False


def record_callback(state: State, a: RecordCallback, act: Act) -> list[Body]:
    """回访: also after the incident closed. A silent caller is never called back."""
    call = intake.get_call(state.respond, a.call_id)
    kept = state.respond.closed.get(call.incident_id or "")
    about = kept.incident if kept is not None else state.respond.incidents.get(call.incident_id or "")
    if about is not None and about.silent:
        raise Refused("silent_no_callback", call=call.call_id)
    return intake.call_back(call, a.result, promise_id=a.promise_id, keeps_all=a.keeps_all)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReport:
    """What whoever reported is to read."""

    call_id: str
    answer: str


def answer_report(state: State, a: AnswerReport, act: Act) -> list[Body]:
    """Answer a report of the public page, also after it is closed; whoever reported reads it there with the receipt's code."""
    return intake.answer_report(intake.get_call(state.respond, a.call_id), a.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePromise:
    """What was promised to the caller, and within how many seconds."""

    call_id: str
    what: str
    within_s: float


def make_promise(state: State, a: MakePromise, act: Act) -> list[Body]:
    """Promise the caller something by a time; it stands on the hand-over sheet until kept."""
    call = intake.get_call(state.respond, a.call_id)
    return intake.promise(call, next(act.ids), a.what, at_s=act.at_s, due_s=act.at_s + a.within_s)
