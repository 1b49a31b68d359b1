"""Three districts × all roles × every route × own, other and none: nothing leaks, and nothing that is here is without a policy."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, cast

import pytest

from firstminute.api.feed import TOPICS
from firstminute.command.picture import thing_of
from firstminute.flow.access.allowed import AREA, NAMED, OBJECTS
from firstminute.flow.access.rules import RULES
from firstminute.flow.commands import COMMANDS
from firstminute.model.access.policies import POLICIES, ROWS, sees
from firstminute.model.access.things import Who
from firstminute.model.roles import ACCOUNT_ROLES
from tests.support.rights.city import ROLES
from tests.support.rights.matrix import Matrix, routes


def test_nothing_leaks(matrix: Matrix) -> None:
    assert matrix.leaks == [], "\n".join(matrix.leaks[:50])


def test_nothing_breaks(matrix: Matrix) -> None:
    assert matrix.broken == []


def test_every_route_was_asked_by_every_role_with_a_request_that_somebody_could_have_been_granted(
    matrix: Matrix,
) -> None:
    assert {(name, role) for name, _ in routes() for role in ROLES} == set(matrix.cells)
    assert matrix.misshapen() == []
    assert all(cell.asked for cell in matrix.cells.values()) and matrix.requests > 8_000


def test_the_desks_own_people_can_do_their_work(matrix: Matrix) -> None:
    """A matrix in which everything is refused would leak nothing either."""
    own = [
        name
        for name, policy in routes()
        if policy == "dispatcher"
        and not any(
            status < 300 for (kind, status) in matrix.cells[name, "dispatcher"].answers if kind == "own"
        )
        and not any(
            status < 300 for (kind, status) in matrix.cells[name, "commander"].answers if kind == "own"
        )
    ]
    assert len(own) <= len([each for each in routes() if each[1] == "dispatcher"]) // 2, own


def test_every_role_that_a_person_can_hold_is_in_the_matrix() -> None:
    assert set(ACCOUNT_ROLES) <= set(ROLES)
    assert {role for policy in POLICIES.values() for role in policy.roles} - {"system", "border"} <= set(
        ROLES
    )


def test_every_command_and_every_topic_names_a_policy() -> None:
    assert [command.name for command in COMMANDS if command.policy not in POLICIES] == []
    assert [topic for topic, policy in TOPICS.items() if policy not in POLICIES] == []
    assert [name for name, rule in RULES.items() if rule.second not in POLICIES] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.name)
def test_every_argument_that_names_something_is_judged_or_said_to_name_only(command: Any) -> None:
    """A command about a new kind of thing cannot be added without saying how it is judged."""
    known = OBJECTS.keys() | AREA | NAMED
    unjudged = [
        each.name
        for each in fields(cast(Any, command.schema))
        if each.name.endswith(("_id", "_ids", "district")) and each.name not in known
    ]
    assert unjudged == []
    assert command.about is None or set(command.about) <= OBJECTS.keys() | AREA | {"*"}


def test_a_row_of_the_feed_without_a_policy_is_seen_by_nobody() -> None:
    for role in ROLES:
        who = Who(id="x", role=role, everywhere=True, reading=True, unit="u", team="t")
        assert "secret" not in ROWS and not sees(who, thing_of("secret", {"id": "x"}))
