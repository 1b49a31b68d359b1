"""A call comes in: what is kept from the first keystroke until it belongs to an incident.

Every later word is an amendment; several calls about one thing are attached, and a wrong merge is undone. The exact place and the words of
a caller are sealed per call; the 100 m cell stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.model.envelope import Body, kind
from firstminute.model.place import Place

Cell = tuple[float, float]


@kind("call_id", sealed=("caller_name", "caller_phone", "text", "place", "member_id"), opens=("call_id",))
class CallReceived(Body):
    """Somebody asks for help, by whatever channel. Loose on purpose: unknown is allowed everywhere, `problems` says what was unreadable."""

    call_id: str
    channel: str  # phone, web, sos, radio, chat, sensor, cad, member, paper
    seat: str | None = None
    external_id: str | None = None  # "<system>:<id>" of a partner's own record
    language: str | None = None
    type_code: str | None = None
    venue_id: str | None = None
    device_id: str | None = None
    silent: bool = False
    answered_s: float | None = None
    cell: Cell | None = None
    place: Place | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    text: str | None = None
    problems: tuple[str, ...] = ()
    team_id: str | None = None  # a member called for this team: it found it itself
    unit_id: str | None = None  # a crew came upon it: it is bound at once
    member_id: str | None = None  # of the team that found it itself: is there already and is not asked again
    deferred: bool = False  # others were waiting to be taken: what it is about is decided when its turn comes
    confidential: bool = False  # from the public page: a person at the desk decides who is told, and nobody of the venue is by itself
    form: int | None = None  # the number of the paper form it was typed from, without its check digit


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOutside:
    """One person of the venue's own team whom the zone outside alerted by itself."""

    alert_id: str
    responder_id: str
    responder_kind: str  # member, team
    team_id: str
    task: str  # respond, inform
    sent_s: float
    expires_s: float


@kind("call_id")
class AskedOutsideTold(Body):
    """The zone outside, which had no answer from us in time, has alerted the venue's own team by itself: nobody is alerted again for it."""

    call_id: str
    alerts: tuple[AskedOutside, ...]


@kind("call_id")
class CallTakenUp(Body):
    """The turn of a deferred call came: what it is about is decided now."""

    call_id: str


@kind("call_id", sealed=("caller_name", "caller_phone", "text", "place"))
class CallAmended(Body):
    """Later words of the same caller: only the fields named in `changed` count."""

    call_id: str
    changed: tuple[str, ...]
    type_code: str | None = None
    venue_id: str | None = None
    silent: bool | None = None
    language: str | None = None
    cell: Cell | None = None
    place: Place | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    text: str | None = None


@kind("call_id", sealed=("raw",), opens=("call_id",))
class UnreadableCallReceived(Body):
    """Bytes that nobody could read as a call, kept and put in front of a dispatcher."""

    call_id: str
    channel: str
    length: int
    problem: str
    raw: str | None = None  # base64 of at most the first 64 kB


@kind("call_id", sealed=("answer",))
class ProtocolAnswered(Body):
    """One protocol question was answered while the caller spoke; the answer may name somebody."""

    call_id: str
    incident_id: str | None
    question: str
    answer: str | None = None


@kind("call_id")
class CallClaimed(Body):
    """A seat took the call; another may take it over within its grace."""

    call_id: str
    seat: str
    taken_over_from: str | None = None


@kind("call_id")
class CallAttached(Body):
    """The call is about an incident that exists. `reasons`: place, time, type, same_caller, same_device, by_hand."""

    call_id: str
    incident_id: str
    reasons: tuple[str, ...]
    distance_m: float | None = None
    by_hand: bool = False
    news: tuple[str, ...] = ()  # what the others had not said: place, type:<code>, answer:<question>


@kind("call_id")
class CallDetached(Body):
    """A merge was wrong and is undone: the call stands alone again and gets its own incident. `reason_code`: why, where it was not undone at once."""

    call_id: str
    incident_id: str
    reason_code: str | None = None


@kind("call_id", closes=("call_id",))
class CallClosed(Body):
    """The call needs nothing more. `outcome`: with_incident, unreadable_entered, advice_given, abandoned."""

    call_id: str
    outcome: str
    note_code: str | None = None


@kind("call_id")
class CallbackRecorded(Body):
    """The caller was called back (回访). `result`: reached, no_answer, satisfied, unsatisfied."""

    call_id: str
    incident_id: str | None
    result: str
    promised: bool = False
    promise_id: str | None = None  # the promise that this call-back keeps


@kind("call_id", sealed=("answer",))
class ReportAnswered(Body):
    """The desk answered whoever reported on the public page; it is read there with the receipt's code."""

    call_id: str
    answer: str | None = None


@kind("call_id", sealed=("what",))
class PromiseMade(Body):
    """Something was promised to the caller, due at `due_s`; it stands on the hand-over sheet until kept."""

    call_id: str
    promise_id: str
    what: str | None = None
    due_s: float
