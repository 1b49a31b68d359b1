"""Whatever happens in whatever order: the state is the fold of its journal, nobody has two tasks at once, and nothing is lost.

Idea: hypothesis plays a town with random commands, most of them nonsense; a refusal changes nothing, an error is a bug. After the play the invariants are
checked, the journal is folded again (also as plain data, also with everything sealed destroyed) and compared.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from firstminute.flow.commands import COMMANDS
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.encoding import decode_body, encode_body
from firstminute.model.envelope import Body, Fact
from firstminute.respond import lifecycle
from firstminute.respond.intake import SPOKEN
from firstminute.respond.nearby import square_of
from firstminute.respond.records import Respond
from tests.support.course import ACTS, NOT_TRIED, a_town, broken_rules, place, try_one
from tests.support.play import DISPATCHER, play

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing course is shown as it was found: making it shorter would take minutes."""
moves = st.lists(
    st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 60), st.integers(0, 60)), min_size=5, max_size=40
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
    seen: Counter[tuple[str, str]] = Counter()
    for op, a, b in course:
        new = try_one(town, op, a, b)
        check(town.state.respond)
        assert broken_rules(town, new, seen) == []
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
        try_one(town, op, a, b)
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
        found |= _named(body, body.OPENS)
        found -= _named(body, body.CLOSES)
    return found


def _named(body: Body, names: tuple[str, ...]) -> set[str]:
    values = [getattr(body, name) for name in names]
    return {each for value in values for each in ([value] if isinstance(value, str) else value)}


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


def test_a_course_may_hold_every_command_there_is() -> None:
    """A new command is tried as well, or says why not."""
    assert {name for name, _ in ACTS} - {"wait"} == {command.name for command in COMMANDS} - NOT_TRIED | {
        "fire_timer"
    }


@settings(max_examples=15, phases=PHASES)
@given(moves)
def test_an_exercise_keeps_the_same_promises(course: list[tuple[int, int, int]]) -> None:
    """Drills may be played there; nothing else is different."""
    town = a_town("exercise")
    seen: Counter[tuple[str, str]] = Counter()
    for op, a, b in course:
        new = try_one(town, op, a, b)
        assert broken_rules(town, new, seen) == []


def test_every_sealed_word_of_a_call_is_gone_after_erasure() -> None:
    """What could name a person is in no open part of any fact that follows from a call."""
    town = a_town()
    town.submit(
        "receive_call",
        text="张三的秘密",
        caller_name="张三",
        caller_phone="13900000000",
        type_code="fight",
        place=place(3),
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
