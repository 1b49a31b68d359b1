"""What somebody may try at a desk: seats, reviews, personal data, agencies, points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from firstminute.model.envelope import SYSTEM
from firstminute.model.purposes import BREAK_GLASS, REVIEWED
from tests.support.course.picks import (
    Act,
    alert,
    call,
    incident,
    pick,
    why,
)
from tests.support.play import COMMANDER, SECOND, Play


def desk() -> Iterator[tuple[str, Act]]:
    """Acts of the desk itself."""
    yield (
        "switch_grade",
        lambda t, a, b: t.submit(
            "switch_grade",
            grade=("normal", "heightened", "emergency")[a % 3],
            reason=why("grade", b),
            district=("", "D")[b % 2],
            actor=COMMANDER,
        ),
    )
    yield (
        "adopt_policy",
        lambda t, a, b: t.submit(
            "adopt_policy", policy_id="default", compared_on="replay 2026-07", actor=COMMANDER
        ),
    )
    yield (
        "report_clock",
        lambda t, a, b: t.submit(
            "report_clock", desk="city", apart_s=float(a), timers_held=False, actor=SYSTEM
        ),
    )
    yield "confirm_clock", lambda t, a, b: t.submit("confirm_clock", desk="city", actor=COMMANDER)
    yield (
        "offer_hand_over",
        lambda t, a, b: t.submit(
            "offer_hand_over", seat="AB"[a % 2], from_person="p1", to_person="p2", faults=(why("fault", b),)
        ),
    )
    yield "sign_hand_over", lambda t, a, b: t.submit("sign_hand_over", seat="AB"[a % 2], person="p2")
    yield (
        "record_delivery",
        lambda t, a, b: t.submit(
            "record_delivery",
            message_id="m",
            reason_id=alert(t, a),
            channel="page",
            outcome=("delivered", "failed", "moot")[b % 3],
            attempts=1,
            actor=SYSTEM,
        ),
    )
    yield (
        "erase_subjects",
        lambda t, a, b: t.submit(
            "erase_subjects", subject_ids=(call(t, a), pick(t.state.respond.closed, b)), reason="retention"
        ),
    )
    yield (
        "renew_keys",
        lambda t, a, b: t.submit(
            "renew_keys", subject_ids=(call(t, a), f"members/M{b % 3}"), reason=why("renew", b)
        ),
    )
    yield (
        "hold_data",
        lambda t, a, b: t.submit(
            "hold_data",
            subject_ids=(incident(t, a), call(t, b)),
            reason=why("hold", b),
            note="案号" if a % 2 else None,
        ),
    )
    yield (
        "release_hold",
        lambda t, a, b: t.submit(
            "release_hold", hold_id=pick(t.state.desk.holds, a), reason=why("release_hold", b)
        ),
    )
    yield (
        "correct_data",
        lambda t, a, b: t.submit(
            "correct_data", subject_id=pick(t.state.respond.closed, a) if b % 2 else call(t, a),
            values={("caller_name", "text", "age")[b % 3]: "王小明"}, reason=why("correct", b),
        ),
    )  # fmt: skip
    yield (
        "record_master_key",
        lambda t, a, b: t.submit(
            "record_master_key", desk="city", number=a + 2, cipher="sm4-gcm", actor=SYSTEM
        ),
    )
    yield (
        "look_at_callers",
        lambda t, a, b: t.submit("look_at_callers", subject_id=incident(t, a) if b % 2 else call(t, a)),
    )
    yield "refuse_data", lambda t, a, b: t.submit("refuse_data", subject_id=call(t, a), why="caller_hidden")
    yield (
        "break_glass",
        lambda t, a, b: t.submit(
            "break_glass", subject_id=call(t, a), incident_id=incident(t, b) if b % 2 else None, reason=BREAK_GLASS[b % len(BREAK_GLASS)],
            note="他在门口" if a % 2 else None,
        ),
    )  # fmt: skip
    yield (
        "review_glass",
        lambda t, a, b: t.submit(
            "review_glass",
            actor=COMMANDER,
            access_id=pick(t.state.desk.glass, a),
            result=REVIEWED[b % len(REVIEWED)],
        ),
    )
    yield "note_read", lambda t, a, b: t.submit("note_read", what="search", seq=a)
    yield (
        "record_complaint",
        lambda t, a, b: t.submit(
            "record_complaint", about=why("complaint", a), incident_id=incident(t, b) if b % 2 else None, note="他骂人" if a % 2 else None
        ),
    )  # fmt: skip
    yield (
        "answer_complaint",
        lambda t, a, b: t.submit(
            "answer_complaint",
            actor=COMMANDER,
            complaint_id=pick(t.state.desk.complaints, a),
            result=why("complaint_result", b),
        ),
    )
    yield (
        "open_data",
        lambda t, a, b: t.submit(
            "open_data", subject_id=call(t, a), purpose="respond", incident_id=incident(t, b)
        ),
    )
    yield (
        "open_data",
        lambda t, a, b: t.submit(
            "open_data", subject_id=call(t, a), purpose=("review", "call_back", "audit", "")[b % 4], file_id="A-1",
            incident_id=pick({**t.state.respond.closed, **t.state.respond.incidents}, a), second=SECOND if b % 3 else None,
        ),
    )  # fmt: skip
    yield (
        "keep_attachment",
        lambda t, a, b: t.submit(
            "keep_attachment", subject_id=(incident(t, a), call(t, a))[b % 2], attachment_id=f"{a:032x}", media="image/jpeg", size=a + 1,
            shown_size=b + 1, digest="0" * 64, name="门口.jpg" if b % 3 else None,
        ),
    )  # fmt: skip
    yield (
        "report_pause",
        lambda t, a, b: t.submit(
            "report_pause", actor=SYSTEM, desk="city", since_s=t.at_s - a, problem="no space left"
        ),
    )
    yield (
        "report_cap",
        lambda t, a, b: t.submit(
            "report_cap", actor=SYSTEM, cap=("queue", "disk")[a % 2], share=b / 60, alarm=b > 42
        ),
    )
    yield (
        "anchor_head",
        lambda t, a, b: t.submit(
            "anchor_head", desk=("north", "south")[a % 2], world="live", seq=a % 7, tree=f"{b % 3:064x}", chain="0" * 64, at_s=1_700_000_000,
            hashes="1:sha256", key_id=f"{b % 2:016x}", public_key="0" * 64, signature="0" * 128, problem="",
        ),
    )  # fmt: skip
    yield (
        "record_account",
        lambda t, a, b: t.submit(
            "record_account", what=("AccountMade", "AccountLocked", "SessionsEnded", "none such")[a % 4], account_id=f"account-{b % 3}",
            why="guesses", how="command_line", count=b % 5, actor=SYSTEM,
        ),
    )  # fmt: skip
    yield (
        "note_past",
        lambda t, a, b: t.submit(
            "note_past", since_s=t.at_s - 60 * a, until_s=t.at_s, incident_id=incident(t, b) if b % 2 else None,
            purpose=(None, "review", "respond", "case")[a % 4],
        ),
    )  # fmt: skip
    yield "fire_timer", _fire
    yield "wait", lambda t, a, b: t.wait(float(a % 90))
    yield "wait", lambda t, a, b: t.wait(float(a) * 10.0)


def _fire(t: Play, a: int, b: int) -> Any:
    pending = list(t.state.timers.pending)
    if pending:
        subject, timer, number = pending[a % len(pending)]
        t.submit("fire_timer", subject=subject, timer=timer, round=number)
