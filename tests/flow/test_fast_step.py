"""What makes a step fast changes nothing that it says: remembered actors, compiled policies, the tables of folds and of timers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.flow import reactions
from firstminute.flow.access.places import who_in
from firstminute.flow.reactions import REACTIONS, TIMERS
from firstminute.flow.registers import put
from firstminute.flow.state import State
from firstminute.flow.step import FOLDS
from firstminute.model.access.policies import POLICIES, may, may_everything
from firstminute.model.access.things import Thing
from firstminute.model.access.tree import Share
from firstminute.model.envelope import Actor
from firstminute.model.facts import KINDS
from firstminute.model.facts.desk import TimerFired
from firstminute.model.records import District, Station, Unit
from firstminute.respond.records import UnitDuty

SOURCES = Path(reactions.__file__).parents[1]
PLACES = ("north", "south", "north/1")
ACTORS = [
    Actor(id=f"a{k % 3}", role=role, unit_id=unit, district=district)
    for k, (role, unit, district) in enumerate(
        (role, unit, district)
        for role in ("dispatcher", "patrol", "auditor")
        for unit in (None, "U1", "U2")
        for district in (None, "north", "S1")
    )
]
CHANGE = st.one_of(
    st.tuples(st.just("unit"), st.sampled_from(["U1", "U2"]), st.sampled_from(PLACES)),
    st.tuples(st.just("district"), st.sampled_from(PLACES), st.none() | st.sampled_from(PLACES)),
    st.tuples(st.just("station"), st.sampled_from(["S1", "S2"]), st.sampled_from(PLACES)),
    st.tuples(st.just("duty"), st.sampled_from(["U1", "U2"]), st.booleans()),
    st.tuples(st.just("share"), st.sampled_from(["s1", "s2"]), st.floats(0.0, 20.0)),
    st.tuples(st.just("over"), st.sampled_from(["s1", "s2"]), st.none()),
)


def _change(state: State, what: str, key: str, value: object) -> None:
    match what:
        case "unit":
            row = Unit(
                unit_id=key, call_sign=key, kind="car", mode="car", station_id="S1", district=str(value)
            )
            put(state.registers, "units", [row])
        case "district":
            row = District(district_id=key, name=key, parent=value if value is None else str(value))
            put(state.registers, "districts", [row])
        case "station":
            put(
                state.registers,
                "stations",
                [Station(station_id=key, name=key, lon=0.0, lat=0.0, district=str(value))],
            )
        case "duty" if value:
            state.respond.units[key] = UnitDuty(key, 2, 1, "day", 0.0)
        case "duty":
            state.respond.units.pop(key, None)
        case "share":
            assert isinstance(value, float)
            state.access.shares[key] = Share(key, "south", "north", value)
        case _:
            state.access.shares.pop(key, None)


@given(st.lists(st.tuples(CHANGE, st.sampled_from(ACTORS)), max_size=20))
def test_a_remembered_actor_is_what_a_fresh_look_says_after_any_change(
    course: list[tuple[tuple[str, str, object], Actor]],
) -> None:
    state = State()
    for n, (change, actor) in enumerate(course):
        for each in (
            actor,
            Actor(id=actor.id, role=actor.role, unit_id=actor.unit_id, district=actor.district),
        ):
            who_in(state, each, float(n))
        _change(state, *change)
        for each in (actor, *ACTORS[:3]):
            said = who_in(state, each, float(n))
            state.asked.clear()
            assert said == who_in(state, each, float(n))


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_who_may_everything_may_each_thing(policy: str) -> None:
    things = [
        Thing(sort="incident"),
        Thing(sort="unit", id="U1", district="south", station="S2", units=("U1",)),
    ]
    for actor in ACTORS:
        who = who_in(State(), actor, 0.0)
        if may_everything(policy, who):
            assert all(may(policy, who, thing) for thing in things)


def test_every_kind_of_fact_that_can_be_folded_is_known() -> None:
    assert set(FOLDS) <= set(KINDS.values())
    assert all(len({id(take) for _, take in takes}) == len(takes) for takes in FOLDS.values())


def test_every_timer_that_is_set_has_its_reactions() -> None:
    """Whatever stands as `timer=` of a `TimerSet` begins with a stem of `TIMERS`, and no reaction waits for `TimerFired` elsewhere."""
    assert TimerFired not in REACTIONS
    found = set()
    for path in [*SOURCES.glob("flow/**/*.py"), *SOURCES.glob("respond/*.py")]:
        tree = ast.parse(path.read_text())
        names = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "TimerSet":
                [said] = [each.value for each in node.keywords if each.arg == "timer"]
                found.add((path.name, _stem(said, names)))
    stems = {stem for _, stem in found if stem is not None}
    assert len(stems) > 12
    assert {stem.partition(":")[0] for stem in stems} <= set(TIMERS)


def _constants(tree: ast.Module) -> dict[str, str]:
    """Names that a module gives to texts, also several at once."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for target, value in zip(targets, values, strict=False):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[ast.unparse(target)] = value.value
    return found


def _stem(said: ast.expr, names: dict[str, str]) -> str | None:
    """What a timer's name begins with; None where this module does not say it."""
    if isinstance(said, ast.BinOp):
        return _stem(said.left, names)
    if isinstance(said, ast.Constant):
        return str(said.value)
    return names.get(ast.unparse(said))
