"""Commands about looking: the caller of an open incident, data opened for a purpose, glass broken and reviewed, reads of the record, complaints."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from firstminute.flow import opening
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.data import (
    ComplaintAnswered,
    ComplaintRecorded,
    DataRefused,
    GlassBroken,
    GlassReviewed,
    RecordRead,
)
from firstminute.model.facts.desk import DataOpened, TimerCancelled, TimerSet
from firstminute.model.purposes import BREAK_GLASS, PURPOSES, REVIEW_WITHIN_S, REVIEWED
from firstminute.respond import reasons

TIMER = "glass_review"
CHANNELS = ("phone", "web", "letter", "visit", "agency")
"""How a complaint comes."""
ID = re.compile(r"[0-9a-f]{32}")
READ_WITHIN_S = 3600.0
"""So long what a second person has agreed to may be read by whoever asked."""
MOST_OPEN = 10_000
"""So many reviews, or complaints, may wait at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtCallers:
    """The open incident, or the call that belongs to none yet, whose caller is looked at."""

    subject_id: str


def look_at_callers(state: State, a: LookAtCallers, act: Act) -> list[Body]:
    """Whoever has an open incident sees who called, at once, and the look is a fact."""
    incident, call = state.respond.incidents.get(a.subject_id), state.respond.calls.get(a.subject_id)
    if incident is not None:
        allowed = opening.may_look(state, act.actor, incident)
    else:
        allowed = call is not None and opening.may_look_at_call(state, act.actor, call)
    if not allowed:
        raise Refused("caller_hidden")
    about = a.subject_id if incident is not None else call.incident_id if call is not None else None
    return [_opened(state, act, opening.Asked(a.subject_id, "respond", about), how="look")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenData:
    """Whose data, for what, and the incident or file it is for.

    The shell says the calls of a closed incident, in which district it was, and whether all is taken out. Under which number it may be read
    and who else said yes is written in when somebody confirms it, and never taken from what is sent (`app.admission`).
    """

    subject_id: str
    purpose: str | None = None
    incident_id: str | None = None
    file_id: str | None = None
    related: tuple[str, ...] = ()
    was_in: tuple[str | None, ...] = ()
    access_id: str | None = None
    confirmed_by: str | None = None
    export: bool = False


def open_data(state: State, a: OpenData, act: Act) -> list[Body]:
    """Whoever opens personal data names a purpose from a fixed list and what it is for, and the access is itself a fact (Charter)."""
    asked = asked_in(a)
    why = opening.wrong_form(act.actor, asked)
    if why is None:
        opening.must_be_in_place(state, act, "opening", asked)
        why = opening.why_not(state, act.actor, asked)
    if why is not None:
        raise Refused(why, purpose=reasons.as_code(a.purpose or ""))
    opened = _opened(state, act, asked, how="export" if a.export else "opening")
    if a.access_id is None:
        return [opened]
    return [
        replace(opened, access_id=a.access_id, confirmed_by=a.confirmed_by, until_s=act.at_s + READ_WITHIN_S)
    ]


def asked_in(a: OpenData) -> opening.Asked:
    """What the arguments ask for."""
    return opening.Asked(a.subject_id, a.purpose, a.incident_id, a.file_id, a.related, a.was_in)


def confirmed(a: OpenData, access_id: str, by: str) -> OpenData:
    """The same once somebody else has said yes: the number under which it is read, and who said so."""
    return replace(a, access_id=access_id, confirmed_by=by)


def _opened(state: State, act: Act, asked: opening.Asked, *, how: str) -> DataOpened:
    return DataOpened(
        account_id=act.actor.id, subject_id=asked.subject_id, purpose=asked.purpose or "", incident_id=asked.incident_id, file_id=asked.file_id,
        how=how, assigned=opening.assigned(state, act.actor, asked.incident_id), on_duty=opening.on_duty(state, act.actor),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseData:
    """Whose data somebody was not let to open, with what purpose, and the code that was answered."""

    subject_id: str
    why: str
    purpose: str | None = None


def refuse_data(state: State, a: RefuseData, act: Act) -> list[Body]:
    """What was refused is on record as well."""
    purpose = None if a.purpose is None else reasons.as_code(a.purpose)
    return [DataRefused(account_id=act.actor.id, subject_id=a.subject_id, purpose=purpose, why=a.why)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """Whose data must be seen although the right is lacking, why (a code), and what else there is to say."""

    subject_id: str
    reason: str
    incident_id: str | None = None
    note: str | None = None
    was_in: tuple[str | None, ...] = ()


def break_glass(state: State, a: BreakGlass, act: Act) -> list[Body]:
    """In one's own place it opens at once; a second person looks at it within a day, or the desk is alarmed."""
    opening.must_be_in_place(
        state, act, "glass", opening.Asked(a.subject_id, None, a.incident_id, was_in=a.was_in)
    )
    if a.reason not in BREAK_GLASS:
        raise Refused("unknown_reason", reason=reasons.as_code(a.reason), listed=", ".join(BREAK_GLASS))
    if len(state.desk.glass) >= MOST_OPEN:
        raise Refused("too_many_reviews", most=MOST_OPEN)
    access_id, due_s = next(act.ids), act.at_s + REVIEW_WITHIN_S
    return [
        GlassBroken(
            access_id=access_id, account_id=act.actor.id, subject_id=a.subject_id, incident_id=a.incident_id, reason=a.reason, due_s=due_s,
            assigned=opening.assigned(state, act.actor, a.incident_id), on_duty=opening.on_duty(state, act.actor), note=a.note,
        ),
        TimerSet(timer_subject=access_id, timer=TIMER, round=1, due_s=due_s),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewGlass:
    """Which opening, what was found, and what else there is to say."""

    access_id: str
    result: str
    note: str | None = None


def review_glass(state: State, a: ReviewGlass, act: Act) -> list[Body]:
    """Never by whoever broke it."""
    waiting = state.desk.glass.get(a.access_id)
    if waiting is None:
        raise Refused("unknown_access")
    if waiting.account_id == act.actor.id:
        raise Refused("own_access")
    if a.result not in REVIEWED:
        raise Refused("unknown_reason", reason=reasons.as_code(a.result), listed=", ".join(REVIEWED))
    return [
        GlassReviewed(access_id=a.access_id, account_id=act.actor.id, result=a.result, note=a.note),
        TimerCancelled(timer_subject=a.access_id),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRead:
    """What of the record somebody reads."""

    what: str
    kinds: tuple[str, ...] = ()
    actor: str | None = None
    subject_id: str | None = None
    since_s: float | None = None
    until_s: float | None = None
    seq: int = 0
    most: int = 0


def note_read(state: State, a: NoteRead, act: Act) -> list[Body]:
    """Whoever reads the record stands in it."""
    return [
        RecordRead(
            account_id=act.actor.id, what=a.what, kinds=a.kinds, actor=a.actor, subject_id=a.subject_id, since_s=a.since_s, until_s=a.until_s,
            seq=a.seq, most=a.most,
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePast:
    """Between which moments somebody looks at the room as it was, because of which incident, and for what crews are followed."""

    since_s: float
    until_s: float
    incident_id: str | None = None
    purpose: str | None = None


def note_past(state: State, a: NotePast, act: Act) -> list[Body]:
    """Whoever looks back stands in the record; crews are looked back on for a purpose of the reader's that may reach what is closed."""
    if a.purpose is not None:
        purpose = PURPOSES.get(a.purpose)
        if purpose is None or not purpose.closed:
            raise Refused("unknown_purpose")
        if act.actor.role not in purpose.roles:
            raise Refused("purpose_of_others")
    return [
        RecordRead(
            account_id=act.actor.id, what="past", subject_id=a.incident_id, since_s=a.since_s, until_s=a.until_s, purpose=a.purpose
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordComplaint:
    """What it is about (a code), how it came, the incident or district it speaks of, and its words."""

    about: str
    channel: str = "phone"
    incident_id: str | None = None
    district: str | None = None
    note: str | None = None


def record_complaint(state: State, a: RecordComplaint, act: Act) -> list[Body]:
    """A complaint is kept until somebody answers it; it counts in the oversight report."""
    if len(state.desk.complaints) >= MOST_OPEN:
        raise Refused("too_many_complaints", most=MOST_OPEN)
    about = reasons.check("complaint", a.about)
    if a.channel not in CHANNELS:
        raise Refused("unknown_reason", reason=reasons.as_code(a.channel), listed=", ".join(CHANNELS))
    incident = state.respond.incidents.get(a.incident_id or "")
    kept = state.respond.closed.get(a.incident_id or "")
    known = incident or (kept.incident if kept is not None else None)
    if a.incident_id is not None and known is None and ID.fullmatch(a.incident_id) is None:
        raise Refused("unknown_incident")
    if a.district is not None and a.district not in state.registers.districts:
        raise Refused("unknown_district", district=reasons.as_code(a.district))
    district = a.district or (known.district if known is not None else None)
    return [
        ComplaintRecorded(
            complaint_id=next(act.ids),
            about=about,
            channel=a.channel,
            incident_id=a.incident_id,
            district=district,
            note=a.note,
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerComplaint:
    """Which complaint, what came of it, and what was answered."""

    complaint_id: str
    result: str
    note: str | None = None


def answer_complaint(state: State, a: AnswerComplaint, act: Act) -> list[Body]:
    """Whoever answers says what was found."""
    if a.complaint_id not in state.desk.complaints:
        raise Refused("unknown_complaint")
    result = reasons.check("complaint_result", a.result)
    return [ComplaintAnswered(complaint_id=a.complaint_id, result=result, note=a.note)]
