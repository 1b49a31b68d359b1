"""What somebody may try with alerts and tasks."""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.model.envelope import SYSTEM
from tests.support.course.picks import (
    TEAMS,
    WORDS,
    Act,
    alert,
    crew,
    incident,
    pick,
    task,
    unit,
    why,
)


def response() -> Iterator[tuple[str, Act]]:
    """Acts of who responds: alerts, tasks, radio words."""
    yield "recommend", lambda t, a, b: t.submit("recommend", incident_id=incident(t, a))
    yield (
        "dispatch",
        lambda t, a, b: t.submit(
            "dispatch",
            incident_id=incident(t, a),
            responder_ids=(unit(b),),
            reason_code=why("override", b),
            divert=bool(a % 2),
        ),
    )
    yield (
        "dispatch",
        lambda t, a, b: t.submit(
            "dispatch",
            incident_id=incident(t, a),
            responder_ids=(TEAMS[b % 4],),
            reason_code=why("override", b),
            open_gate=bool(a % 2),
        ),
    )
    yield (
        "dispatch",
        lambda t, a, b: t.submit(
            "dispatch", incident_id=incident(t, a), responder_ids=("S1",), reason_code="kit"
        ),
    )
    yield (
        "open_ring",
        lambda t, a, b: t.submit(
            "open_ring",
            incident_id=incident(t, a),
            ring=("self_rescue", "neighbour_aid", "reinforcement")[b % 3],
        ),
    )
    for name in ("alert_delivered", "alert_seen", "decline_alert", "withdraw_alert"):
        yield name, lambda t, a, b, name=name: t.submit(name, alert_id=alert(t, a))
    yield (
        "alert_failed",
        lambda t, a, b: t.submit("alert_failed", alert_id=alert(t, a), channel=("page", "sms")[b % 2]),
    )
    for _ in range(3):
        yield "accept_alert", lambda t, a, b: t.submit("accept_alert", alert_id=alert(t, a))
    for name in ("report_en_route", "report_person_reached", "report_cleared"):
        yield name, lambda t, a, b, name=name: t.submit(name, assignment_id=task(t, a))
    yield (
        "report_arrived",
        lambda t, a, b: t.submit(
            "report_arrived", assignment_id=task(t, a), evidence=("fix", "qr", "touch", "radio")[b % 4]
        ),
    )
    yield (
        "release_assignment",
        lambda t, a, b: t.submit(
            "release_assignment", assignment_id=task(t, a), reason_code=why("release", b)
        ),
    )
    yield (
        "ask_help",
        lambda t, a, b: t.submit(
            "ask_help",
            assignment_id=task(t, a),
            what=("reinforcement", "cannot_cope", "officer_sos", "medical")[b % 4],
        ),
    )
    yield (
        "self_attach",
        lambda t, a, b: t.submit(
            "self_attach", incident_id=incident(t, a), unit_id=unit(b), on_scene=bool(a % 2)
        ),
    )
    yield "swap_crews", lambda t, a, b: t.submit("swap_crews", assignment_id=task(t, a), with_unit_id=unit(b))
    yield (
        "radio_words",
        lambda t, a, b: t.submit(
            "radio_words", incident_id=incident(t, a), line=f"{1 + b % 4} {WORDS[a % len(WORDS)]}"
        ),
    )
    yield "answer_safety", lambda t, a, b: t.submit(
        "answer_safety", incident_id=incident(t, a), safe=bool(b % 3),
        responder_id=pick(getattr(t.state.respond.incidents.get(incident(t, a)), "safety", ()), b),
    )  # fmt: skip
    yield (
        "answer_welfare",
        lambda t, a, b: t.submit(
            "answer_welfare", incident_id=incident(t, a), responder_id=unit(b), well=bool(a % 4)
        ),
    )
    yield (
        "unit_on_duty",
        lambda t, a, b: t.submit("unit_on_duty", unit_id=unit(b), shift="late", crew=1 + a % 2, sworn=1),
    )
    yield "unit_off_duty", lambda t, a, b: t.submit("unit_off_duty", unit_id=unit(b))
    yield "visit_point", lambda t, a, b: t.submit(
        "visit_point", point_id=f"P{a % 4}", unit_id=unit(b) if b % 5 else None, evidence=(None, "touch", "radio", "qr")[a % 4],
        occurred_s=t.at_s - 3600.0 * (b % 30) if a % 3 == 0 else None,
    )  # fmt: skip
    yield "visit_point", lambda t, a, b: t.submit(
        "visit_point", point_id=f"P{a % 3}", unit_id=unit(b), evidence=("fix", None)[a % 2], actor=SYSTEM if a % 2 == 0 else crew(b + a % 3),
    )  # fmt: skip
    yield "leave_out_point", lambda t, a, b: t.submit(
        "leave_out_point", point_id=f"P{b % 4}", reason=why("point", a), unit_id=unit(a) if a % 3 else None, note="路面开挖" if b % 2 else None,
    )  # fmt: skip
    yield "set_unit_status", lambda t, a, b: t.submit(
        "set_unit_status", unit_id=unit(b), status=("available", "resting", "unavailable", "refuelling")[a % 4], reason=why("status", b),
        until_s=t.at_s + 200.0 if b % 3 == 0 else None,
    )  # fmt: skip
