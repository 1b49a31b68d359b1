"""The course of a span says what its figures say, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from firstminute.model.envelope import Fact
from firstminute.respond.course import COLUMNS, course, table
from firstminute.respond.intervals import KINDS
from firstminute.respond.review import summary
from tests.support.town import START_S, Town

STEP_S, STEPS = 600.0, 12


@pytest.fixture(scope="module")
def facts() -> Sequence[Fact]:
    """What a town did in two hours."""
    town = Town(5)
    found: list[Fact] = []
    do = town.do
    town.do = lambda name, **more: found.extend((made := do(name, **more)).facts) or made  # type: ignore[method-assign, func-returns-value]
    town.live(120)
    return found


def test_steps_add_up_to_the_whole(facts: Sequence[Fact]) -> None:
    whole, steps = summary(facts), course(facts, START_S - 1.0, STEP_S, STEPS)
    assert sum(step["incidents"] for step in steps) == whole["incidents"] > 10
    for clock, row in whole["promises"].items():
        mine = [step["promises"][clock] for step in steps if clock in step["promises"]]
        assert sum(each["count"] for each in mine) == row["count"]
        assert sum(each["kept"] for each in mine) == row["kept"]


def test_what_lies_outside_the_span_counts_in_no_step(facts: Sequence[Fact]) -> None:
    assert sum(step["incidents"] for step in course(facts, START_S + 90_000.0, STEP_S, STEPS)) == 0


def test_the_kinds_that_are_read_are_enough(facts: Sequence[Fact]) -> None:
    assert summary([fact for fact in facts if fact.kind in KINDS]) == summary(facts)


def test_the_table_has_numbers_and_codes_only(facts: Sequence[Fact]) -> None:
    rows = list(table(summary(facts), course(facts, START_S, STEP_S, STEPS)))
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert {row[0].partition(":")[0] for row in rows} >= {"promise", "phase", "step"}
    assert all(str(cell).replace("_", "").isalnum() for row in rows for cell in row[1:2])


@pytest.mark.parametrize("steps", [1, 2])
def test_the_last_step_counts_too(facts: Sequence[Fact], steps: int) -> None:
    opened = [fact.occurred_s for fact in facts if fact.kind == "CallReceived"]
    from_s, until_s = min(opened), max(opened)
    found = course(facts, from_s, (until_s - from_s + 1.0) / steps, steps)
    assert sum(step["incidents"] for step in found) == summary(facts)["incidents"]
    assert found[-1]["incidents"] > 0
