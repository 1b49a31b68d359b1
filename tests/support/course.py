"""Everything that somebody may try in the little town, one entry a command, for courses of random acts; and what must hold after each of them.

Idea: a course is a list of small numbers; each picks an act and, by what there is just then, whom and what it is about. A command that is missing here
fails a test, so that new ones are tried as well. The rules (`broken_rules`) are read from state and facts alone, by other ways than the code takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from firstminute.flow.access.second import VERDICTS
from firstminute.flow.registers import put
from firstminute.flow.scene import scene
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM, Actor, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentAmended, IncidentReopened
from firstminute.model.facts.response import AlertSent, AlertWithdrawn, Assigned, Diverted, GateOpened
from firstminute.model.purposes import BREAK_GLASS, REVIEWED
from firstminute.model.records import AlertPolicy, Device, District, Member, MustVisit
from firstminute.respond import lifecycle
from firstminute.respond.closure import OUTCOMES
from firstminute.respond.reasons import REASONS
from firstminute.respond.safety import GUARD_SKILL, SHIELDING_KIT
from tests.support.play import COMMANDER, PLACES, SECOND, Play, play, roll

TYPES = (
    None, "fight", "quarrel", "cardiac_arrest", "fire", "armed_attack", "fraud_phone", "suicide_threat", "missing_person", "sos", "medical",
)  # fmt: skip
WORDS = ("到", "出发", "完毕", "ok", "支援", "见到人", "收到", "去不了", "休息", "待命", "不可用", "mayday")
TEAMS = ("Th", "Ti", "To", "Tv")
NOT_TRIED = frozenset({"change_register", "fire_timer"})
"""Registers change by `put` in these courses; timers fire as time passes, and by an act of their own."""


def pick(items: Any, k: int) -> Any:
    """One of what there is, `nobody` where there is nothing."""
    keys = list(items)
    return keys[k % len(keys)] if keys else "nobody"


def place(k: int) -> dict[str, Any] | None:
    """A place at a letter, or none."""
    letters = sorted(PLACES)
    if k % 5 == 0:
        return None
    return {"points": [PLACES[letters[k % len(letters)]]], "radius_m": float(k % 3) * 40.0}


def member(k: int) -> Actor:
    """Somebody of a team."""
    letter = "hiov"[k % 4]
    return Actor(id=f"M{letter}{k % 4}", role="member", team_id=f"T{letter}")


def why(act: str, k: int) -> str:
    """A reason that the act may give."""
    return REASONS[act][k % len(REASONS[act])]


Act = Callable[[Play, int, int], Any]


def _parties() -> Iterator[tuple[str, Act]]:
    """Two parties to one act; a third of the proposals find nobody who says yes at once."""
    yield "switch_grade", lambda t, a, b: t.submit(
        "switch_grade", grade=("normal", "heightened", "emergency")[a % 3], reason=why("grade", b), district=("", "D", "E")[b % 3],
        actor=COMMANDER, second=None,
    )  # fmt: skip
    yield (
        "send_keep_away",
        lambda t, a, b: t.submit(
            "send_keep_away",
            incident_id=incident(t, a),
            radius_m=100.0 + b,
            reason=why("keep_away", b),
            actor=COMMANDER,
        ),
    )
    yield (
        "lift_keep_away",
        lambda t, a, b: t.submit(
            "lift_keep_away",
            incident_id=incident(t, a),
            reason=why("lift", b) if b % 3 else "wrong street",
            actor=COMMANDER,
        ),
    )
    yield (
        "confirm_proposal",
        lambda t, a, b: t.submit("confirm_proposal", proposal_id=proposal(t, a), actor=pair(b)),
    )
    yield (
        "refuse_proposal",
        lambda t, a, b: t.submit("refuse_proposal", proposal_id=proposal(t, a), actor=pair(b)),
    )
    yield (
        "act_alone",
        lambda t, a, b: t.submit(
            "act_alone",
            proposal_id=proposal(t, a),
            reason="人潮涌来，等不及第二人确认" if b % 4 else "快",
            actor=COMMANDER,
        ),
    )
    yield (
        "review_alone",
        lambda t, a, b: t.submit(
            "review_alone", proposal_id=pick(t.state.access.alone, a), verdict=VERDICTS[b % 3], actor=pair(b)
        ),
    )
    yield "offer_share", lambda t, a, b: t.submit(
        "offer_share", incident_id=incident(t, a) if b % 2 else None, district="D", to_district="ED"[b % 2], lasts_s=60.0 * (1 + a), reason=why("share", b),
        actor=COMMANDER,
    )  # fmt: skip
    yield (
        "agree_share",
        lambda t, a, b: t.submit("agree_share", share_id=pick(t.state.access.offers, a), actor=pair(b)),
    )
    yield (
        "end_share",
        lambda t, a, b: t.submit(
            "end_share", share_id=pick((*t.state.access.offers, *t.state.access.shares), a), actor=pair(b)
        ),
    )


def proposal(town: Play, k: int) -> str:
    """A proposal that waits, or nobody's."""
    return str(pick(town.state.access.proposals, k))


def pair(k: int) -> Actor:
    """Whoever proposed, or somebody else."""
    return (COMMANDER, SECOND)[k % 2]


def _acts() -> Iterator[tuple[str, Act]]:
    yield from _calls()
    yield from _incidents()
    yield from _response()
    yield from _people()
    yield from _desk()
    yield from _parties()


def _asked_outside(t: Play, a: int, b: int) -> Any:
    """A zone outside says whom it has alerted: for a call that is known or not, somebody asked already or not."""
    who = member(b)
    alert = {
        "alert_id": f"OUT{a % 6}", "responder_id": who.id, "responder_kind": "member", "team_id": who.team_id, "task": "respond",
        "sent_s": t.at_s - 30.0 * (a % 3), "expires_s": t.at_s + 30.0 * (b % 3 - 1),
    }  # fmt: skip
    return t.submit("tell_asked_outside", call_id=pick(t.state.respond.calls, a), alerts=[alert])


def _calls() -> Iterator[tuple[str, Act]]:
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


def _incidents() -> Iterator[tuple[str, Act]]:
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


def _response() -> Iterator[tuple[str, Act]]:
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


def _people() -> Iterator[tuple[str, Act]]:
    yield (
        "call_muster",
        lambda t, a, b: t.submit(
            "call_muster",
            shift=f"s{a % 3}",
            due_s=t.at_s + 5,
            until_s=t.at_s + 60.0 * (1 + b),
            district=("D", None)[a % 2],
            actor=COMMANDER,
        ),
    )
    yield (
        "take_roll",
        lambda t, a, b: t.submit(
            "take_roll", **roll("hiov"[a % 4], 1 + b % 4, until_s=t.at_s + 100.0 * (1 + b))
        ),
    )
    yield (
        "take_rolls",
        lambda t, a, b: t.submit(
            "take_rolls",
            rolls=[{"team_id": x, "shift": "s0", "on_duty": 1 + b % 5} for x in TEAMS[: 1 + a % 4]],
        ),
    )
    yield (
        "check_in",
        lambda t, a, b: t.submit(
            "check_in", team_id=f"T{'hiov'[a % 4]}", member_id=f"M{'hiov'[a % 4]}{b % 4}"
        ),
    )
    yield (
        "check_out",
        lambda t, a, b: t.submit(
            "check_out", team_id=f"T{'hiov'[a % 4]}", member_id=f"M{'hiov'[a % 4]}{b % 4}"
        ),
    )
    yield (
        "hear_test",
        lambda t, a, b: t.submit(
            "hear_test", team_id=f"T{'hiov'[a % 4]}", member_id=f"M{'hiov'[a % 4]}{b % 4}"
        ),
    )
    yield (
        "enter_member",
        lambda t, a, b: t.submit(
            "enter_member",
            row={
                "member_id": f"P{b % 3}",
                "team_id": TEAMS[a % 4],
                "channels": ("page", "push", "sms")[: 1 + b % 3],
            },
            digest="",
            actor=Actor(id=f"P{(a + b) % 3}", role="member", team_id=TEAMS[a % 4]),
        ),
    )
    yield (
        "give_feedback",
        lambda t, a, b: t.submit(
            "give_feedback",
            incident_id=pick([*t.state.respond.incidents, *t.state.respond.closed], a),
            found=("as_told", "different", "nothing_there", "more_needed", "bored")[b % 5],
        ),
    )
    yield "end_roll", lambda t, a, b: t.submit("end_roll", team_id=TEAMS[a % 4])
    yield "start_spot_call", lambda t, a, b: t.submit("start_spot_call", count=1 + a % 3, within_s=60.0)
    yield (
        "answer_spot_call",
        lambda t, a, b: t.submit(
            "answer_spot_call", spot_id=pick(t.state.muster.spots, a), team_id=TEAMS[b % 4], on_duty=b % 5
        ),
    )
    yield (
        "start_pull_test",
        lambda t, a, b: t.submit("start_pull_test", team_ids=(TEAMS[a % 4],), within_s=60.0),
    )
    yield (
        "answer_drill",
        lambda t, a, b: t.submit(
            "answer_drill", drill_id=pick(t.state.muster.drills, a), team_id=TEAMS[b % 4]
        ),
    )
    yield "end_drill", lambda t, a, b: t.submit("end_drill", drill_id=pick(t.state.muster.drills, a))
    yield "leave_drill", lambda t, a, b: t.submit("leave_drill", team_ids=(TEAMS[b % 4],), actor=SYSTEM)
    yield (
        "report_kit",
        lambda t, a, b: t.submit("report_kit", team_id=TEAMS[a % 4], kit=("shield", "aed")[: b % 3]),
    )
    yield (
        "recall",
        lambda t, a, b: t.submit(
            "recall", reason=why("recall", a), unit_ids=(unit(b),), team_ids=(TEAMS[a % 4],), actor=COMMANDER
        ),
    )


def _desk() -> Iterator[tuple[str, Act]]:
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


def unit(k: int) -> str:
    """One of the four crews."""
    return f"U{1 + k % 4}"


def crew(k: int) -> Actor:
    """One of the crews, by its own token."""
    return Actor(id=f"crew-{k % 4}", role="patrol", unit_id=unit(k), district="D")


def incident(t: Play, k: int) -> Any:
    """An open incident."""
    return pick(t.state.respond.incidents, k)


def call(t: Play, k: int) -> Any:
    """A call that is known."""
    return pick(t.state.respond.calls, k)


def task(t: Play, k: int) -> Any:
    """A task of an open incident."""
    return pick(t.state.respond.assignments, k)


def alert(t: Play, k: int) -> Any:
    """An alert of an open incident."""
    return pick(t.state.respond.alerts, k)


ACTS: tuple[tuple[str, Act], ...] = tuple(_acts())


def try_one(town: Play, op: int, a: int, b: int) -> list[Fact]:
    """One act of the course; the facts that came of it, none where it was refused."""
    before = len(town.facts)
    try:
        ACTS[op % len(ACTS)][1](town, a, b)
    except Refused:
        pass
    town.at_s += 1.0
    return town.facts[before:]


def a_town(world: Any = "live") -> Play:
    """The town with a second district, three buttons, and one untrained member who is reached by text message."""
    town = play()
    town.state.world = world
    lon, lat = PLACES["h"]
    books = town.state.registers
    put(books, "districts", [District(district_id="E", name="E")])
    put(books, "alert_policies", [AlertPolicy(policy_id="default")])
    put(books, "members", [Member(member_id="Mh3", team_id="Th", channels=("sms", "page"))])
    put(books, "must_visits", [
        MustVisit(
            point_id=f"P{k}", name=f"point {k}", lon=lon, lat=lat, district="D", station_id="S1", from_min=from_min, until_min=until_min, unit_ids=crews,
        )
        for k, (from_min, until_min, crews) in enumerate(((0, 1440, ()), (16 * 60, 18 * 60, ("U1", "U3")), (22 * 60, 2 * 60, ())))
    ])  # fmt: skip
    put(books, "devices", [
        Device(device_id="B0", kind="sos_button", venue_id="Vh", lon=lon, lat=lat, type_code="sos", cancel_pin="12", duress_pin="13"),
        Device(device_id="B1", kind="sos_button", venue_id="Vi", silent=True, type_code="sos"),
        Device(device_id="B2", kind="sos_button", unit_id="U2", silent=True, type_code="officer_sos"),
    ])  # fmt: skip
    return town


def broken_rules(town: Play, new: list[Fact], seen: Counter[tuple[str, str]]) -> list[str]:
    """What does not hold that must: in words, empty where all is well.

    Parameters
    ----------
    new : the facts of the last act
    seen : (incident, responder) → alerts since it opened, kept by the caller from act to act
    """
    state = town.state
    return [
        *_bound_once(state),
        *_timers_wanted(state),
        *_gate_kept(state, new),
        *_asked_rightly(state, new, seen),
        *_told(state, new),
    ]


def _bound_once(state: State) -> Iterator[str]:
    respond = state.respond
    live = [b for b in respond.assignments.values() if b.state not in lifecycle.OVER]
    for (who, where), count in Counter((b.responder_id, b.incident_id) for b in live).items():
        if count > 1:
            yield f"{who} is bound to {where} {count} times"
    people = Counter(b.responder_id for b in live if b.responder_kind in ("member", "team"))
    yield from (f"{who} is bound {count} times" for who, count in people.items() if count > 1)
    for who, key in respond.busy.items():
        bound = respond.assignments.get(key)
        if bound is None or bound.responder_id != who or bound.state in lifecycle.OVER:
            yield f"{who} counts as busy with what is over"
    for bound in live:
        if (
            bound.responder_kind in ("member", "team")
            and respond.busy.get(bound.responder_id) != bound.assignment_id
        ):
            yield f"{bound.responder_id} is bound and counts as free"
        if bound.incident_id not in respond.incidents:
            yield f"{bound.responder_id} is bound to nothing that is open"
    for who, key in respond.asking.items():
        asked = respond.alerts.get(key)
        if (
            asked is None
            or asked.responder_id != who
            or asked.state in ("accepted", "declined", "expired", "withdrawn")
        ):
            yield f"{who} counts as asked by what is answered"


def _timers_wanted(state: State) -> Iterator[str]:
    promises = {p for c in state.respond.calls.values() for p in c.promises}
    wanted = {
        *state.respond.incidents, *state.respond.tasks, *state.respond.units, *promises, *state.muster.shifts, *state.muster.spots,
        *state.muster.drills, *state.desk.glass, *state.access.proposals, *state.access.alone, *state.access.offers, *state.access.shares,
    }  # fmt: skip
    for subject, timer, _ in state.timers.pending:
        if subject not in wanted:
            yield f"timer {timer} of {subject} is left over"


def _may_be_there(state: State, incident_id: str, team_id: str, responder_id: str) -> bool:
    """By the words of the safety gate: the venue's own, or let through; trained; the team equipped."""
    found = scene(state, incident_id)
    assert found is not None
    own = found.team is not None and found.team.team_id == team_id
    team = state.registers.teams[team_id]
    row = state.registers.members.get(responder_id)
    kit = state.muster.kit.get(team_id, (team.kit, ()))[0]
    trained = GUARD_SKILL in (row.trained if row is not None else team.trained)
    return (own or team_id in found.incident.gate_open_for) and trained and bool(SHIELDING_KIT & set(kit))


def _gate_kept(state: State, new: list[Fact]) -> Iterator[str]:
    for fact in new:
        body = fact.body
        if (
            isinstance(body, AlertSent)
            and body.team_id is not None
            and body.incident_id in state.respond.incidents
        ):
            found = scene(state, body.incident_id)
            if found is None or not found.gate.shut or any(isinstance(f.body, IncidentAmended) for f in new):
                continue
            called_back = any(
                isinstance(f.body, AlertWithdrawn) and f.body.alert_id == body.alert_id for f in new
            )
            if not called_back and not _may_be_there(
                state, body.incident_id, body.team_id, body.responder_id
            ):
                yield f"{body.responder_id} was alerted towards danger"
            if body.task == "respond":
                yield f"{body.responder_id} was told to go towards danger"
    changed = any(isinstance(f.body, (Assigned, IncidentAmended, GateOpened)) for f in new)
    for bound in state.respond.assignments.values() if changed else ():
        if bound.team_id is None or bound.state in lifecycle.OVER or bound.arrived_s is not None:
            continue
        found = scene(state, bound.incident_id)
        fresh = any(isinstance(f.body, Assigned) and f.body.assignment_id == bound.assignment_id for f in new)
        if (
            fresh
            and found is not None
            and found.gate.shut
            and not _may_be_there(state, bound.incident_id, bound.team_id, bound.responder_id)
        ):
            yield f"{bound.responder_id} is on the way towards danger"


def _asked_rightly(state: State, new: list[Fact], seen: Counter[tuple[str, str]]) -> Iterator[str]:
    for fact in new:
        body = fact.body
        if isinstance(body, IncidentReopened):
            for key in [key for key in seen if key[0] == body.incident_id]:
                del seen[key]
        if isinstance(body, Diverted):  # back in the queue: whoever was taken away may be asked again
            seen.pop((body.incident_id, body.responder_id), None)
        if not isinstance(body, AlertSent) or body.task == "escalate":
            continue
        seen[body.incident_id, body.responder_id] += 1
        if seen[body.incident_id, body.responder_id] > 1:
            yield f"{body.responder_id} was asked twice for {body.incident_id}"
        if body.responder_kind == "unit" and body.responder_id not in state.respond.units:
            yield f"{body.responder_id} was alerted off duty"
        if body.team_id is not None and not any(
            f.kind in ("RollEnded", "RollTaken", "MemberCheckedOut") for f in new
        ):
            standing = state.muster.rolls.get(body.team_id)
            if standing is None or standing.until_s <= fact.at_s:
                yield f"{body.responder_id} of {body.team_id} was alerted off duty"
            elif body.responder_kind == "member" and body.responder_id not in standing.members:
                yield f"{body.responder_id} is not on the roll and was alerted"


def _told(state: State, new: list[Fact]) -> Iterator[str]:
    messages = {f.body.recipient for f in new if isinstance(f.body, MessageQueued)}
    for fact in new:
        if isinstance(fact.body, AlertWithdrawn) and fact.body.responder_id not in messages:
            yield f"{fact.body.responder_id} was called off and not told"
