"""A policy says the same in memory and in the database, whoever asks and whatever the rows hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.model.access.expr import (
    AllOf,
    Always,
    AnyOf,
    Expr,
    Flag,
    Holds,
    Never,
    Not,
    Role,
    Same,
    Unsaid,
    Within,
)
from firstminute.model.access.memory import predicate
from firstminute.model.access.policies import POLICIES, ROWS
from firstminute.model.access.sql import Columns, ListOf, where
from firstminute.model.access.things import LISTS, SCALARS, Thing, Who
from firstminute.model.access.tree import Share, Tree, who_of
from firstminute.model.envelope import Actor

COLUMNS = Columns(
    {name: f"things.{name}" for name in SCALARS},
    {name: ListOf(f"{name}_of", "thing", "things.number", "value") for name in LISTS},
)
VALUES = st.sampled_from(["a", "A", "b", "c", "", "'; DROP TABLE things; --", "%", "_", "é"])
MAYBE = st.none() | VALUES
ROLES = st.sampled_from(["dispatcher", "commander", "patrol", "member", "resident", "admin"])
SETS = st.frozensets(VALUES, max_size=3)
WHO = st.builds(
    Who, id=VALUES, role=ROLES, unit=MAYBE, team=MAYBE, on_duty=st.booleans(), everywhere=st.booleans(), reading=st.booleans(),
    districts=SETS, stations=SETS, shared=SETS, shared_districts=SETS,
)  # fmt: skip
SOME = st.lists(VALUES, max_size=3, unique=True).map(tuple)
THINGS = st.lists(
    st.builds(
        Thing, sort=st.just("incident"), id=MAYBE, district=MAYBE, station=MAYBE, offered_to=MAYBE, serves=MAYBE, owner=MAYBE, units=SOME, teams=SOME,
        people=SOME,
    ),
    max_size=6,
)  # fmt: skip
ATOMS = st.one_of(
    st.just(Always()), st.just(Never()), st.builds(Role, st.frozensets(ROLES)), st.builds(Flag, st.sampled_from(["on_duty", "everywhere", "reading"])),
    st.builds(Same, st.sampled_from(SCALARS), st.sampled_from(["id", "unit", "team"])),
    st.builds(Within, st.sampled_from(SCALARS), st.sampled_from(["districts", "stations", "shared", "shared_districts"])),
    st.builds(Holds, st.sampled_from(LISTS), st.sampled_from(["id", "unit", "team"])),
    st.builds(Unsaid, st.sampled_from(SCALARS)),
)  # fmt: skip


def _some(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    parts = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(st.builds(AllOf, parts), st.builds(AnyOf, parts), st.builds(Not, inner))


EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(ATOMS, _some, max_leaves=12)


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        f"CREATE TABLE things (number INTEGER PRIMARY KEY, {', '.join(f'{name} TEXT' for name in SCALARS)})"
    )
    for name in LISTS:
        connection.execute(f"CREATE TABLE {name}_of (thing INTEGER, value TEXT)")
    yield connection
    connection.close()


def fill(database: sqlite3.Connection, things: list[Thing]) -> None:
    for table in ("things", *(f"{name}_of" for name in LISTS)):
        database.execute(f"DELETE FROM {table}")
    for number, thing in enumerate(things):
        marks = ", ".join("?" * (len(SCALARS) + 1))
        database.execute(
            f"INSERT INTO things VALUES ({marks})", (number, *(getattr(thing, name) for name in SCALARS))
        )
        for name in LISTS:
            database.executemany(
                f"INSERT INTO {name}_of VALUES (?, ?)", [(number, each) for each in getattr(thing, name)]
            )


def agree(database: sqlite3.Connection, expr: Expr, who: Who, things: list[Thing]) -> None:
    text, parameters = where(expr, who, COLUMNS)
    found = [
        row[0]
        for row in database.execute(f"SELECT number FROM things WHERE {text} ORDER BY number", parameters)
    ]
    assert found == [number for number, thing in enumerate(things) if predicate(expr)(who, thing)], text


@settings(max_examples=300)
@given(expr=EXPRESSIONS, who=WHO, things=THINGS)
def test_any_expression_finds_the_same_rows_in_memory_and_in_the_database(
    database: sqlite3.Connection, expr: Expr, who: Who, things: list[Thing]
) -> None:
    fill(database, things)
    agree(database, expr, who, things)


@settings(max_examples=40)
@given(who=WHO, things=THINGS)
def test_every_policy_in_force_does(database: sqlite3.Connection, who: Who, things: list[Thing]) -> None:
    fill(database, things)
    for expr in (*(policy.rows for policy in POLICIES.values()), *ROWS.values()):
        agree(database, expr, who, things)


def test_nothing_that_anybody_said_stands_in_the_statement() -> None:
    evil = "x' OR '1'='1"
    who = Who(id=evil, role="dispatcher", unit=evil, districts=frozenset({evil}))
    for policy in POLICIES.values():
        text, parameters = where(policy.rows, who, COLUMNS)
        assert evil not in text and text.count(":") == len(parameters)


def test_an_attribute_that_a_table_has_not_is_never_guessed() -> None:
    who = Who(id="a", role="dispatcher", districts=frozenset({"d"}))
    with pytest.raises(KeyError):
        where(Within("district", "districts"), who, Columns({}))
    assert where(Within("district", "districts"), who, Columns({}, missing=frozenset({"district"}))) == (
        "1 = 0",
        {},
    )


TREE = Tree(
    {"city": None, "north": "city", "south": "city", "harbour": "south"}, {"s1": "north", "s2": "harbour"}
)


def test_a_node_of_the_tree_holds_what_lies_below_it() -> None:
    def districts(node: str | None, role: str = "dispatcher") -> tuple[bool, set[str], set[str]]:
        who = who_of(Actor(id="x", role=role, district=node), TREE)
        return who.everywhere, set(who.districts), set(who.stations)

    assert districts("south") == (False, {"south", "harbour"}, set())
    assert districts("s2") == (False, set(), {"s2"})
    assert districts("city") == (True, {"city", "north", "south", "harbour"}, set())
    assert districts(None) == (True, set(), set()) and districts(None, "patrol") == (False, set(), set())
    assert districts("nowhere") == (False, {"nowhere"}, set())


def test_a_tree_that_bites_its_tail_ends() -> None:
    round_and_round = Tree({"a": "b", "b": "a"})
    assert round_and_round.under("a") == {"a", "b"} and round_and_round.chain("a") == ("a", "b")


def test_a_share_ends_by_itself_and_is_only_for_looking() -> None:
    share = Share("s", "north", "south", until_s=100.0, incident_id="i1")
    actor = Actor(id="x", role="dispatcher", district="south")
    incident, other = (Thing(sort="incident", id=key, district="north") for key in ("i1", "i2"))
    looks = predicate(POLICIES["dispatcher"].rows)
    assert looks(who_of(actor, TREE, [share], at_s=99.9, reading=True), incident)
    assert not looks(who_of(actor, TREE, [share], at_s=100.0, reading=True), incident), "it has run out"
    assert not looks(who_of(actor, TREE, [share], at_s=99.9), incident), "to act is not to look"
    assert not looks(who_of(actor, TREE, [share], at_s=99.9, reading=True), other)
