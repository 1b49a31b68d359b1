"""Whatever happens in whatever order: the state is the fold of its journal, nobody has two tasks at once, and nothing is lost.

Idea: hypothesis plays a town with random commands, most of them nonsense; a refusal changes nothing, an error is a bug. After the play the invariants are
checked, the journal is folded again (also as plain data, also with everything sealed destroyed) and compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.encoding import decode_body, encode_body
from firstminute.model.envelope import Actor, Fact
from firstminute.model.errors import Refused
from firstminute.model.records import Device
from firstminute.respond import lifecycle
from firstminute.respond.closure import OUTCOMES
from firstminute.respond.intake import SPOKEN
from firstminute.respond.nearby import square_of
from firstminute.respond.records import Respond
from tests.support.play import COMMANDER, DISPATCHER, PLACES, Play, play

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing course is shown as it was found: making it shorter would take minutes."""
TYPES = (
    None,
    "fight",
    "quarrel",
    "cardiac_arrest",
    "fire",
    "armed_attack",
    "fraud_phone",
    "suicide_threat",
    "missing_person",
)
WORDS = ("到", "出发", "完毕", "ok", "支援", "见到人", "收到", "去不了", "休息", "待命")
MEMBER = Actor(id="Mh0", role="member", team_id="Th")


def _place(k: int) -> dict[str, Any] | None:
    letters = sorted(PLACES)
    if k % 5 == 0:
        return None
    return {"points": [PLACES[letters[k % len(letters)]]], "radius_m": float(k % 3) * 40.0}


def _pick(items: Any, k: int) -> Any:
    keys = list(items)
    return keys[k % len(keys)] if keys else "nobody"


def _do(town: Play, op: int, a: int, b: int) -> None:
    """One of many things that somebody may try."""
    respond = town.state.respond
    incident, call = _pick(respond.incidents, a), _pick(respond.calls, b)
    task, alert = _pick(respond.assignments, a), _pick(respond.alerts, a)
    unit = f"U{1 + b % 4}"
    pending = [k for k in town.state.timers.pending]
    acts: list[Any] = [
        lambda: town.submit("receive_call", type_code=TYPES[a % len(TYPES)], place=_place(b), text="有人打架" if a % 4 == 0 else "请快来",
                            caller_phone=f"1{a % 4}", device_id=f"B{b % 2}" if a % 5 == 1 else None, silent=bool(a % 7 == 3)),
        lambda: town.submit("receive_call", channel="member", actor=MEMBER, type_code=TYPES[1 + a % 8]),
        lambda: town.submit("receive_call", channel="cad", external_id=f"cad:{a % 3}", type_code=TYPES[b % 9], place=_place(a)),
        lambda: town.submit("amend_call", call_id=call, type_code=TYPES[a % 9], place=_place(b), text=f"再说一遍 {a % 3}"),
        lambda: town.submit("answer_protocol", call_id=call, question="weapon", answer=("no", "knife")[a % 2]),
        lambda: town.submit("attach_call", call_id=call, incident_id=incident),
        lambda: town.submit("detach_call", call_id=call, reason_code="wrong_merge" if a % 2 else None),
        lambda: town.submit("close_call", call_id=call, outcome="abandoned"),
        lambda: town.submit("make_promise", call_id=call, what="call_back", within_s=60.0),
        lambda: town.submit("record_callback", call_id=call, result="reached", keeps_all=True),
        lambda: town.submit("amend_incident", incident_id=incident, type_code=TYPES[1 + b % 8], place=_place(a)),
        lambda: town.submit("raise_level", incident_id=incident, level=1 + b % 3, reason="more_people"),
        lambda: town.submit("dispatch", incident_id=incident, responder_ids=(unit,), reason_code="known_better", divert=bool(a % 2)),
        lambda: town.submit("self_attach", incident_id=incident, unit_id=unit, on_scene=bool(a % 2)),
        lambda: town.submit("swap_crews", assignment_id=task, with_unit_id=unit),
        lambda: town.submit("report_en_route", assignment_id=task),
        lambda: town.submit("report_arrived", assignment_id=task, evidence="fix"),
        lambda: town.submit("report_person_reached", assignment_id=task),
        lambda: town.submit("report_cleared", assignment_id=task, safe=True),
        lambda: town.submit("release_assignment", assignment_id=task),
        lambda: town.submit("ask_help", assignment_id=task, what=("reinforcement", "cannot_cope", "officer_sos", "medical")[b % 4]),
        lambda: town.submit("accept_alert", alert_id=alert),
        lambda: town.submit("decline_alert", alert_id=alert),
        lambda: town.submit("radio_words", incident_id=incident, line=f"{1 + b % 4} {WORDS[a % len(WORDS)]}"),
        lambda: town.submit("request_cancel", incident_id=incident, duress=bool(b % 5 == 0)),
        lambda: town.submit("stand_down", incident_id=incident, reason="settled"),
        lambda: town.submit("answer_safety", incident_id=incident, responder_id=unit, safe=bool(a % 3)),
        lambda: town.submit("answer_welfare", incident_id=incident, responder_id=unit, well=bool(a % 4)),
        lambda: town.submit("close_incident", incident_id=incident, outcome=OUTCOMES[b % 8], handed_to="120"),
        lambda: town.submit("reopen_incident", incident_id=_pick(respond.closed, a), reason="called_again"),
        lambda: town.submit("ask_agency", incident_id=incident, agency="120", mode=("copy", "hand_over")[b % 2]),
        lambda: town.submit("offer_transfer", incident_id=incident, to_district="E", reason="border"),
        lambda: town.submit("answer_transfer", incident_id=incident, accepted=bool(b % 2)),
        lambda: town.submit("unit_off_duty", unit_id=unit),
        lambda: town.submit("unit_on_duty", unit_id=unit, shift="late"),
        lambda: town.submit("take_command", incident_id=incident, commander_id=f"c{b % 2}"),
        lambda: town.submit("claim_incident", incident_id=incident, seat="AB"[b % 2]),
        lambda: town.submit("fire_timer", subject=pending[a % len(pending)][0], timer=pending[a % len(pending)][1],
                            round=pending[a % len(pending)][2]) if pending else None,
        lambda: town.submit("alert_delivered", alert_id=alert, channel="page"),
        lambda: town.submit("alert_failed", alert_id=alert, channel="page"),
        lambda: town.submit("alert_seen", alert_id=alert),
        lambda: town.submit("withdraw_alert", alert_id=alert),
        lambda: town.submit("open_ring", incident_id=incident, ring=("self_rescue", "neighbour_aid", "reinforcement")[b % 3]),
        lambda: town.submit("recommend", incident_id=incident),
        lambda: town.submit("take_measure", incident_id=incident, measure="stop_payment", result="done"),
        lambda: town.submit("set_unit_status", unit_id=unit, status=("available", "resting", "unavailable")[a % 3]),
        lambda: town.submit("receive_unreadable_call", channel="web", raw="AA", length=2, problem="encoding"),
        lambda: town.submit("claim_call", call_id=call, seat="AB"[a % 2], take_over=bool(b % 2)),
        lambda: town.submit("set_post", incident_id=incident, what="staging", name="P1", place=_place(b)),
        lambda: town.submit("add_note", incident_id=incident, note="看到一辆红色摩托车"),
        lambda: town.submit("set_task", what="train", owner="S1", within_s=30.0, incident_id=incident),
        lambda: town.submit("switch_grade", grade=("normal", "heightened", "emergency")[a % 3], reason="festival", actor=COMMANDER),
        lambda: town.submit("receive_call", channel="radio", unit_id=unit, type_code=TYPES[a % 9], place=_place(b)),
        lambda: town.submit("receive_call", channel="paper", type_code=TYPES[a % 9], place=_place(b), occurred_s=town.at_s - 60.0 * a),
        lambda: town.submit("receive_call", channel="sos", device_id="B2", place=_place(b)),
        lambda: town.submit("offer_hand_over", seat="A", from_person="p1", to_person="p2") if a % 2 else town.submit("sign_hand_over", seat="A", person="p2"),
        lambda: town.wait(float(a % 90)),
        lambda: town.wait(float(a) * 10.0),
    ]  # fmt: skip
    try:
        acts[op % len(acts)]()
    except Refused:
        pass
    town.at_s += 1.0


def a_town() -> Play:
    """The town with a second district and two buttons, one of them silent."""
    from firstminute.flow.registers import put
    from firstminute.model.records import District

    town = play()
    put(town.state.registers, "districts", [District(district_id="E", name="E")])
    lon, lat = PLACES["h"]
    put(town.state.registers, "devices", [
        Device(device_id="B0", kind="sos_button", venue_id="Vh", lon=lon, lat=lat, type_code="sos", cancel_pin="12", duress_pin="13"),
        Device(device_id="B1", kind="sos_button", venue_id="Vi", silent=True, type_code="sos"),
        Device(device_id="B2", kind="sos_button", unit_id="U2", silent=True, type_code="officer_sos"),
    ])  # fmt: skip
    return town


moves = st.lists(
    st.tuples(st.integers(0, 57), st.integers(0, 60), st.integers(0, 60)), min_size=5, max_size=40
)


def check(respond: Respond) -> None:
    """What must hold after every fact."""
    for unit_id, duty in respond.units.items():
        ids = [*([duty.active] if duty.active else []), *duty.stack]
        assert len(ids) == len(set(ids))
        for key in ids:
            bound = respond.assignments[key]
            assert bound.responder_id == unit_id
            assert bound.state not in lifecycle.OVER
            assert bound.incident_id in respond.incidents
        if duty.active:
            assert respond.assignments[duty.active].state != "stacked"
        assert all(respond.assignments[key].state == "stacked" for key in duty.stack)
    for key, bound in respond.assignments.items():
        assert key in respond.incidents[bound.incident_id].assignments
        duty = respond.units.get(bound.responder_id)
        if bound.state not in lifecycle.OVER and bound.responder_kind == "unit":
            assert duty is not None and key in (duty.active, *duty.stack), "a task nobody holds"
    for key, alert in respond.alerts.items():
        assert key in respond.incidents[alert.incident_id].alerts
    for call_id, call in respond.calls.items():
        known = call.incident_id in respond.incidents or call.incident_id in respond.closed
        assert known or call_id in respond.loose, "a call nobody looks after"
        assert (call.incident_id is None) == (call_id in respond.loose)
        if call.incident_id in respond.incidents:
            assert call_id in respond.incidents[call.incident_id].calls
    index = {(square, key) for square, here in respond.near.items() for key in here}
    assert index == {
        (square_of(i.cell), i.incident_id) for i in respond.incidents.values() if i.cell is not None
    }
    for incident in respond.incidents.values():
        assert incident.status in lifecycle.STATUSES
        bound_states = [respond.assignments[k].state for k in incident.assignments]
        if incident.status in ("open", "responding", "on_scene", "cleared"):
            assert incident.status == lifecycle.as_bound(bound_states)


def again(facts: list[Fact], **settings_of: Any) -> State:
    """The state that a journal alone gives."""
    state = State()
    for fact in facts:
        fold(state, fact)
    return state


@settings(max_examples=40, phases=PHASES)
@given(moves)
def test_any_course_of_events_keeps_its_promises(course: list[tuple[int, int, int]]) -> None:
    """No error, no lost task, no lost call, and the journal says it all."""
    town = a_town()
    start = list(town.facts)
    before = town.state.respond
    units = {u: (d.crew, d.sworn, d.shift, d.since_s, d.station_id) for u, d in before.units.items()}
    opening = _duty_facts(units)
    for op, a, b in course:
        _do(town, op, a, b)
        check(town.state.respond)
    whole = again([*opening, *start, *town.facts])
    assert whole.respond == town.state.respond
    assert {k: v for k, v in whole.timers.pending.items() if k[1] != "shift_end"} == {
        k: v for k, v in town.state.timers.pending.items() if k[1] != "shift_end"
    }
    written = [_rewritten(fact) for fact in town.facts]
    assert again([*opening, *written]).respond == town.state.respond
    erased = again([*opening, *(_erased(fact) for fact in town.facts)]).respond
    check(erased)
    assert list(erased.incidents) == list(town.state.respond.incidents)
    assert {k: (i.status, i.cell, i.priority, i.calls) for k, i in erased.incidents.items()} == {
        k: (i.status, i.cell, i.priority, i.calls) for k, i in town.state.respond.incidents.items()
    }


@settings(max_examples=20, phases=PHASES)
@given(moves)
def test_what_is_open_can_be_rebuilt_from_the_facts_of_what_is_open(
    course: list[tuple[int, int, int]],
) -> None:
    """Without a snapshot the desk reads the facts of open subjects only: every open incident, call, task and crew is as it was."""
    town = a_town()
    opening = _duty_facts(
        {u: (d.crew, d.sworn, d.shift, d.since_s, d.station_id) for u, d in town.state.respond.units.items()}
    )
    for op, a, b in course:
        _do(town, op, a, b)
    facts = [*opening, *town.facts]
    wanted = _open_subjects(facts) | {key[0] for key in town.state.timers.pending}
    rebuilt = again([fact for fact in facts if fact.subject in wanted]).respond
    now = town.state.respond
    assert rebuilt.incidents == now.incidents
    assert (
        rebuilt.assignments == now.assignments and rebuilt.alerts == now.alerts and rebuilt.busy == now.busy
    )
    assert rebuilt.loose == now.loose and rebuilt.near == now.near and rebuilt.tasks == now.tasks
    assert {k: (d.active, d.stack, d.status, d.crew) for k, d in rebuilt.units.items()} == {
        k: (d.active, d.stack, d.status, d.crew) for k, d in now.units.items()
    }


def _open_subjects(facts: list[Fact]) -> set[str]:
    """What the store's projection keeps, without what closed within the last shift."""
    found: set[str] = set()
    for fact in facts:
        body = fact.body
        if body.OPENS is not None:
            found.add(str(getattr(body, body.OPENS)))
        for name in body.CLOSES:
            value = getattr(body, name)
            found -= {value} if isinstance(value, str) else set(value)
    return found


def _duty_facts(units: dict[str, Any]) -> list[Fact]:
    from firstminute.model.facts.people import UnitOnDuty

    made = play(mustered=False).state.respond.units
    assert set(made) == set(units)
    return [
        Fact(seq=0, at_s=since_s, occurred_s=since_s, time_source="system", actor="system", command_id="0", origin="system", world="live",
             body=UnitOnDuty(unit_id=u, crew=crew, sworn=sworn, shift=shift, station_id=station))
        for u, (crew, sworn, shift, since_s, station) in units.items()
    ]  # fmt: skip


def _rewritten(fact: Fact) -> Fact:
    """The fact as the journal gives it back."""
    plain, sealed = encode_body(fact.body)
    return replace(fact, body=decode_body(fact.kind, fact.body.VERSION, plain, sealed))


def _erased(fact: Fact) -> Fact:
    """The fact after every key was destroyed."""
    plain, _ = encode_body(fact.body)
    return replace(fact, body=decode_body(fact.kind, fact.body.VERSION, plain, None))


def test_every_sealed_word_of_a_call_is_gone_after_erasure() -> None:
    """What could name a person is in no open part of any fact that follows from a call."""
    town = a_town()
    town.submit(
        "receive_call",
        text="张三的秘密",
        caller_name="张三",
        caller_phone="13900000000",
        type_code="fight",
        place=_place(3),
    )
    town.submit(
        "amend_call",
        call_id=next(iter(town.state.respond.calls)),
        text="又是张三",
        caller_phone="13911111111",
    )
    said = str([encode_body(fact.body)[0] for fact in town.facts])
    assert "张三" not in said and "139" not in said
    assert set(SPOKEN) >= {"text", "place"} and DISPATCHER.role == "dispatcher"
