"""What somebody may try with an incident."""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.respond.closure import OUTCOMES
from tests.support.course.picks import (
    TYPES,
    Act,
    incident,
    member,
    pick,
    place,
    why,
)


def incidents() -> Iterator[tuple[str, Act]]:
    """Acts about incidents, from a claim to the closing."""
    yield (
        "amend_incident",
        lambda t, a, b: t.submit(
            "amend_incident", incident_id=incident(t, a), type_code=TYPES[1 + b % 10], place=place(a)
        ),
    )
    yield (
        "claim_incident",
        lambda t, a, b: t.submit(
            "claim_incident", incident_id=incident(t, a), seat="AB"[b % 2], take_over=bool(a % 2)
        ),
    )
    yield "say", lambda t, a, b: t.submit(
        "say", incident_id=incident(t, a), note="灰色面包车，车牌不清", **({"actor": member(b)} if b % 3 == 0 else {})
    )  # fmt: skip
    yield "undo_dispatch", lambda t, a, b: t.submit(
        "undo_dispatch", incident_id=incident(t, a), reason_code=why("undo", b) if b % 2 else None,
        responder_ids=(pick(sorted(getattr(t.state.respond.incidents.get(incident(t, a)), "asked", ())), b),),
    )  # fmt: skip
    yield (
        "move_seat",
        lambda t, a, b: t.submit(
            "move_seat",
            seat="AB"[a % 2],
            to_seat="BC"[b % 2],
            incident_ids=(incident(t, b),) if a % 3 else (),
        ),
    )
    yield (
        "note_room",
        lambda t, a, b: t.submit("note_room", note="市局来电", about=why("room_note", b), seat="A"),
    )
    yield "reserve_forms", lambda t, a, b: t.submit("reserve_forms", seat="AB"[a % 2], count=b)
    yield (
        "add_note",
        lambda t, a, b: t.submit("add_note", incident_id=incident(t, a), note="看到一辆红色摩托车"),
    )
    yield (
        "raise_level",
        lambda t, a, b: t.submit(
            "raise_level", incident_id=incident(t, a), level=1 + b % 3, reason=why("level", b), note="n"
        ),
    )
    yield (
        "take_command",
        lambda t, a, b: t.submit("take_command", incident_id=incident(t, a), commander_id=f"c{b % 2}"),
    )
    yield (
        "set_post",
        lambda t, a, b: t.submit(
            "set_post", incident_id=incident(t, a), what="staging", name="P1", place=place(b)
        ),
    )
    yield (
        "take_measure",
        lambda t, a, b: t.submit(
            "take_measure", incident_id=incident(t, a), measure=("stop_payment", "dissuasion")[b % 2]
        ),
    )
    yield (
        "ask_agency",
        lambda t, a, b: t.submit(
            "ask_agency", incident_id=incident(t, a), agency="120", mode=("copy", "hand_over")[b % 2]
        ),
    )
    yield "answer_agency", lambda t, a, b: t.submit(
        "answer_agency", incident_id=incident(t, a), request_id=pick(getattr(t.state.respond.incidents.get(incident(t, a)), "agencies", ()), b),
        answer=("accepted", "refused")[b % 2],
    )  # fmt: skip
    yield (
        "offer_transfer",
        lambda t, a, b: t.submit(
            "offer_transfer", incident_id=incident(t, a), to_district="DE"[b % 2], reason=why("transfer", b)
        ),
    )
    yield (
        "answer_transfer",
        lambda t, a, b: t.submit("answer_transfer", incident_id=incident(t, a), accepted=bool(b % 2)),
    )
    yield (
        "request_cancel",
        lambda t, a, b: t.submit("request_cancel", incident_id=incident(t, a), duress=bool(b % 5 == 0)),
    )
    yield (
        "stand_down",
        lambda t, a, b: t.submit(
            "stand_down", incident_id=incident(t, a), reason=why("stand_down", b), note="n"
        ),
    )
    yield (
        "close_incident",
        lambda t, a, b: t.submit(
            "close_incident", incident_id=incident(t, a), outcome=OUTCOMES[b % 8], handed_to="120"
        ),
    )
    yield (
        "reopen_incident",
        lambda t, a, b: t.submit(
            "reopen_incident",
            incident_id=pick([*t.state.respond.closed, *t.state.respond.incidents], a),
            reason=why("reopen", b),
        ),
    )
    yield (
        "review_incident",
        lambda t, a, b: t.submit(
            "review_incident", incident_id=incident(t, a), findings=(why("finding", b),)
        ),
    )
    yield (
        "set_task",
        lambda t, a, b: t.submit(
            "set_task", what=why("task", a), owner="S1", within_s=30.0, incident_id=incident(t, b)
        ),
    )
    yield (
        "finish_task",
        lambda t, a, b: t.submit(
            "finish_task", task_id=pick(t.state.respond.tasks, a), result=why("task_result", b)
        ),
    )
