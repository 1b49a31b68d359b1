"""What somebody may try with a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from firstminute.model.envelope import SYSTEM
from tests.support.course.picks import (
    TYPES,
    Act,
    call,
    incident,
    member,
    pick,
    place,
    unit,
    why,
)
from tests.support.play import Play


def _asked_outside(t: Play, a: int, b: int) -> Any:
    """A zone outside says whom it has alerted: for a call that is known or not, somebody asked already or not."""
    who = member(b)
    alert = {
        "alert_id": f"OUT{a % 6}", "responder_id": who.id, "responder_kind": "member", "team_id": who.team_id, "task": "respond",
        "sent_s": t.at_s - 30.0 * (a % 3), "expires_s": t.at_s + 30.0 * (b % 3 - 1),
    }  # fmt: skip
    return t.submit("tell_asked_outside", call_id=pick(t.state.respond.calls, a), alerts=[alert])


def calls() -> Iterator[tuple[str, Act]]:
    """Acts about calls, from the first word to one that joins another."""
    yield "tell_asked_outside", _asked_outside
    yield (
        "answer_report",
        lambda t, a, b: t.submit("answer_report", call_id=call(t, a), answer=("我们来了", " ")[b % 2]),
    )
    yield "receive_call", lambda t, a, b: t.submit(
        "receive_call", type_code=TYPES[a % len(TYPES)], place=place(b), text="有人打架" if a % 4 == 0 else "请快来", caller_phone=f"1{a % 4}",
        device_id=f"B{b % 2}" if a % 5 == 1 else None, silent=bool(a % 7 == 3), seat="AB"[b % 2],
    )  # fmt: skip
    yield (
        "receive_call",
        lambda t, a, b: t.submit(
            "receive_call", channel="member", actor=member(b), type_code=TYPES[1 + a % 10]
        ),
    )
    yield (
        "receive_call",
        lambda t, a, b: t.submit(
            "receive_call", channel="cad", external_id=f"cad:{a % 3}", type_code=TYPES[b % 11], place=place(a)
        ),
    )
    yield (
        "receive_call",
        lambda t, a, b: t.submit(
            "receive_call", channel="radio", unit_id=unit(b), type_code=TYPES[a % 11], place=place(b)
        ),
    )
    yield (
        "receive_call",
        lambda t, a, b: t.submit(
            "receive_call",
            channel="paper",
            type_code=TYPES[a % 11],
            place=place(b),
            occurred_s=t.at_s - 60.0 * a,
        ),
    )
    yield (
        "receive_call",
        lambda t, a, b: t.submit("receive_call", channel="sos", device_id="B2", place=place(b)),
    )
    yield (
        "receive_call",
        lambda t, a, b: t.submit(
            "receive_call", channel="web", type_code=TYPES[a % len(TYPES)], place=place(b), hurried=True
        ),
    )
    yield (
        "take_up_call",
        lambda t, a, b: t.submit("take_up_call", call_id=pick(t.state.respond.deferred, a), actor=SYSTEM),
    )
    yield (
        "receive_unreadable_call",
        lambda t, a, b: t.submit(
            "receive_unreadable_call", channel="web", raw="AA", length=2, problem="encoding"
        ),
    )
    yield (
        "amend_call",
        lambda t, a, b: t.submit(
            "amend_call",
            call_id=call(t, b),
            type_code=TYPES[a % 11],
            place=place(b),
            text=f"再说一遍 {a % 3}",
        ),
    )
    yield (
        "answer_protocol",
        lambda t, a, b: t.submit(
            "answer_protocol", call_id=call(t, b), question="weapon", answer=("no", "knife")[a % 2]
        ),
    )
    yield (
        "claim_call",
        lambda t, a, b: t.submit("claim_call", call_id=call(t, b), seat="AB"[a % 2], take_over=bool(b % 2)),
    )
    yield (
        "attach_call",
        lambda t, a, b: t.submit("attach_call", call_id=call(t, b), incident_id=incident(t, a)),
    )
    yield (
        "detach_call",
        lambda t, a, b: t.submit(
            "detach_call", call_id=call(t, b), reason_code=why("detach", a) if a % 2 else None
        ),
    )
    yield (
        "close_call",
        lambda t, a, b: t.submit(
            "close_call", call_id=call(t, b), outcome="abandoned", note_code=why("call_note", a)
        ),
    )
    yield (
        "make_promise",
        lambda t, a, b: t.submit("make_promise", call_id=call(t, b), what="call_back", within_s=60.0),
    )
    yield (
        "record_callback",
        lambda t, a, b: t.submit("record_callback", call_id=call(t, b), result="reached", keeps_all=True),
    )
