"""Taking a call while the caller speaks: saved from the first keystroke, every later word an amendment, nothing ever refused for being unclear.

Idea: `spoken` and `amend` turn what was said into facts and skip what says nothing new, so the same partner record sent twice changes nothing. What a
type-less caller says is searched for words of danger only: a guess may shut the safety gate and raise the priority, never open it. Limits: words
are looked up as substrings of the catalogue's synonyms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.call import (
    CallAmended,
    CallbackRecorded,
    CallClaimed,
    CallClosed,
    PromiseMade,
    ProtocolAnswered,
    ReportAnswered,
    UnreadableCallReceived,
)
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.place import Place, cell_of, dated
from firstminute.model.records import Device, IncidentType, Venue
from firstminute.respond import reasons
from firstminute.respond.catalogue import in_force
from firstminute.respond.records import CLAIM_GRACE_S, Call, Respond
from firstminute.respond.safety import SHUT_FOR

TEXT_MOST = 1_000_000
ANSWER_MOST = 1_000
SPOKEN = ("type_code", "venue_id", "silent", "language", "place", "caller_name", "caller_phone", "text")
CALLBACK_RESULTS = ("reached", "no_answer", "satisfied", "unsatisfied")
CALL_OUTCOMES = ("with_incident", "unreadable_entered", "advice_given", "abandoned")
PROMISE = "promise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a caller, device or partner said so far; None = not said."""

    type_code: str | None = None
    venue_id: str | None = None
    silent: bool | None = None
    language: str | None = None
    place: Place | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    text: str | None = None


def get_call(respond: Respond, call_id: str) -> Call:
    """The call, or `Refused`."""
    call = respond.calls.get(call_id)
    if call is None:
        raise Refused("unknown_call", call=call_id)
    return call


def since(place: Place | None, at_s: float) -> Place | None:
    """A place that says since when it is known."""
    return dated(place, at_s) if place is not None and place.known_s <= 0 else place


def spoken(
    said: Said, device: Device | None, *, occurred_s: float, venues: Mapping[str, Venue]
) -> dict[str, Any]:
    """The fields of a call's first fact that say what was said, completed by what its device and its venue know of themselves."""
    place = since(said.place, occurred_s)
    type_code, venue_id, silent = said.type_code, said.venue_id, bool(said.silent)
    if device is not None:
        type_code, venue_id = type_code or device.type_code, venue_id or device.venue_id
        silent = silent or device.silent
        if place is None and device.lon is not None and device.lat is not None:
            place = Place(
                points=((device.lon, device.lat),), source="device", known_s=occurred_s, floor=device.floor
            )
    venue = venues.get(venue_id or "")
    point = place.centre if place is not None else (venue.lon, venue.lat) if venue is not None else None
    return {
        "type_code": type_code,
        "venue_id": venue_id,
        "silent": silent,
        "language": said.language,
        "place": place,
        "cell": cell_of(*point) if point is not None else None,
        "caller_name": said.caller_name,
        "caller_phone": said.caller_phone,
        "text": said.text,
    }


def amend(call: Call, said: Said, *, occurred_s: float) -> list[Body]:
    """Later words: only what differs from what is known; nothing new, no fact. Words that come after the end are kept as well."""
    place = since(said.place, occurred_s)
    values = {name: getattr(said, name) for name in SPOKEN}
    values["place"] = place
    changed = tuple(
        name
        for name, value in values.items()
        if value is not None and not _same(name, value, getattr(call, name))
    )
    if not changed:
        return []
    kept = {name: values[name] for name in changed}
    cell = cell_of(*place.centre) if place is not None and "place" in changed else None
    return [CallAmended(call_id=call.call_id, changed=changed, cell=cell, **kept)]


def _same(name: str, value: object, known: object) -> bool:
    if name == "place" and isinstance(value, Place) and isinstance(known, Place):
        return dated(value, 0.0) == dated(known, 0.0)
    return value == known


def unreadable(call_id: str, channel: str, raw: str, *, length: int, problem: str) -> list[Body]:
    """Bytes that are no call are kept as one, for a person to read."""
    return [UnreadableCallReceived(call_id=call_id, channel=channel, length=length, problem=problem, raw=raw)]


def answer(call: Call, question: str, said: str) -> list[Body]:
    """One protocol question answered; the same answer again says nothing new."""
    if call.answers.get(question) == said:
        return []
    return [
        ProtocolAnswered(call_id=call.call_id, incident_id=call.incident_id, question=question, answer=said)
    ]


def claim(call: Call, seat: str, *, at_s: float, take_over: bool = False) -> list[Body]:
    """A seat takes the call. Two seats reaching for it at once may change their minds for 20 s; later it takes a deliberate take-over."""
    if call.seat == seat:
        return []
    held = call.seat is not None and call.claimed_s is not None
    if held and not take_over and at_s - (call.claimed_s or 0.0) > CLAIM_GRACE_S:
        raise Refused("call_claimed", seat=call.seat)
    return [CallClaimed(call_id=call.call_id, seat=seat, taken_over_from=call.seat)]


def close(call: Call, outcome: str, note_code: str | None) -> list[Body]:
    """A call that needs nothing more; one with an open incident ends with it."""
    if outcome not in CALL_OUTCOMES:
        raise Refused("unknown_outcome", outcome=outcome)
    reasons.check_some("call_note", note_code)
    if call.closed:
        return []
    if call.incident_id is not None:
        raise Refused("call_has_incident", incident=call.incident_id)
    facts: list[Body] = [CallClosed(call_id=call.call_id, outcome=outcome, note_code=note_code)]
    return [*(TimerCancelled(timer_subject=p, timer=PROMISE) for p in call.promises), *facts]


def answer_report(call: Call, words: str) -> list[Body]:
    """The desk's answer to a report of the public page; the same once more is no news."""
    said = words.strip()[:ANSWER_MOST]
    if not call.confidential:
        raise Refused("no_report", call=call.call_id)
    if not said:
        raise Refused("answer_empty", call=call.call_id)
    return (
        [] if call.told and call.told[-1][1] == said else [ReportAnswered(call_id=call.call_id, answer=said)]
    )


def promise(call: Call, promise_id: str, what: str, *, at_s: float, due_s: float) -> list[Body]:
    """Something promised to the caller, with a timer that brings it back."""
    if due_s <= at_s:
        raise Refused("due_in_the_past", due_s=due_s)
    return [
        PromiseMade(call_id=call.call_id, promise_id=promise_id, what=what, due_s=due_s),
        TimerSet(timer_subject=promise_id, timer=PROMISE, round=1, due_s=due_s),
    ]


def call_back(call: Call, result: str, *, promise_id: str | None, keeps_all: bool) -> list[Body]:
    """回访: the caller was called back, perhaps as promised."""
    if result not in CALLBACK_RESULTS:
        raise Refused("unknown_result", result=result)
    if call.silent:
        raise Refused("silent_no_callback", call=call.call_id)
    if promise_id is not None and promise_id not in call.promises:
        raise Refused("unknown_promise", promise=promise_id)
    kept = [promise_id] if promise_id is not None else list(call.promises) if keeps_all else []
    said = CallbackRecorded(
        call_id=call.call_id,
        incident_id=call.incident_id,
        result=result,
        promised=bool(kept),
        promise_id=promise_id,
    )
    return [said, *(TimerCancelled(timer_subject=p, timer=PROMISE) for p in kept)]


def type_guess(text: str | None, types: Mapping[str, IncidentType]) -> str | None:
    """A dangerous type that a caller's words name, the most urgent first; None where they name none.

    >>> from firstminute.respond.catalogue import DEFAULT_TYPES
    >>> type_guess("有人持刀砍人", DEFAULT_TYPES), type_guess("我的猫在树上", DEFAULT_TYPES)
    ('armed_attack', None)
    """
    if not text:
        return None
    low = text[:4_000].lower()
    found = [row for row in _dangerous(in_force(types)) if any(word.lower() in low for word in row.synonyms)]
    return min(found, key=lambda row: (row.priority, row.code)).code if found else None


def _dangerous(types: Mapping[str, IncidentType]) -> Iterator[IncidentType]:
    return (
        row for row in types.values() if row.hazard in SHUT_FOR and row.code not in ("unknown", "officer_sos")
    )
