"""The life of an incident, pair by pair: every status with every fact kind, lawful and not."""

from __future__ import annotations

from dataclasses import fields
from itertools import product
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.envelope import Body, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts import KINDS
from firstminute.model.facts.incident import IncidentOpened, TaskDone, TaskSet
from firstminute.model.facts.response import Arrived, Assigned, Cleared, Diverted, EnRoute, Released
from firstminute.respond import lifecycle
from firstminute.respond.lifecycle import CLOSED, LIFECYCLE, NEW, STATUSES, STOOD_DOWN

ABOUT_INCIDENTS = sorted(
    (kind for kind in KINDS.values() if kind.SUBJECT == "incident_id"), key=lambda kind: kind.NAME
)
OUT_OF_REACH = {
    (STOOD_DOWN, name)
    for name in ("RingOpened", "SurgeDeclared", "UnitsChosen", "RecommendationOverridden", "GateOpened", "AlertAccepted", "Assigned",
                 "AssignmentActivated")
}  # fmt: skip


def test_the_table_speaks_of_every_fact_about_an_incident() -> None:
    """A new fact kind about incidents must be given its place in the table."""
    assert {k.NAME for k in ABOUT_INCIDENTS} == {k.NAME for k in lifecycle.KINDS_OF_LIFE}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", ABOUT_INCIDENTS, ids=lambda kind: kind.NAME)
def test_each_pair_is_lawful_or_refused_by_name(status: str, kind: type[Body]) -> None:
    """Lawful pairs lead to a status of the table; others are refused with a code that says why."""
    if lifecycle.lawful(status, kind):
        lifecycle.refuse_unlawful(status, kind)
        assert lifecycle.after(status, kind, ["assigned"]) in STATUSES
        return
    with pytest.raises(Refused) as refused:
        lifecycle.refuse_unlawful(status, kind)
    assert refused.value.code == ("incident_closed" if status == CLOSED else "not_lawful_now")
    assert lifecycle.after(status, kind, ["arrived"]) == status


@pytest.mark.parametrize("status", ("open", "responding", "on_scene", "cleared"))
def test_while_it_is_open_everything_may_happen_but_to_open_it_twice(status: str) -> None:
    """Nobody on the scene is told that the table forbids what is happening."""
    forbidden = {kind.NAME for kind in ABOUT_INCIDENTS if not lifecycle.lawful(status, kind)}
    assert forbidden == {"IncidentOpened", "IncidentReopened"}


def test_after_a_stand_down_nobody_is_called_any_more() -> None:
    """What calls people to the scene is out; what brings them home is not."""
    unlawful = {(STOOD_DOWN, k.NAME) for k in ABOUT_INCIDENTS if not lifecycle.lawful(STOOD_DOWN, k)}
    assert unlawful == OUT_OF_REACH | {(STOOD_DOWN, "IncidentOpened"), (STOOD_DOWN, "StandDownOrdered")}


def test_a_closed_incident_is_only_reopened_reviewed_noted_or_swept_up() -> None:
    """The end is the end."""
    assert {k.NAME for k in LIFECYCLE[CLOSED]} == {
        "IncidentReopened", "IncidentReviewed", "NoteAdded", "FeedbackGiven", "AlertWithdrawn", "Cleared", "Released", "ClockStopped", "KeepAwayLifted",
    }  # fmt: skip
    assert {k.NAME for k in LIFECYCLE[NEW]} == {"IncidentOpened"}


@pytest.mark.parametrize(
    "states, status",
    [
        ([], "open"),
        (["stacked"], "open"),
        (["assigned"], "responding"),
        (["en_route", "arrived"], "on_scene"),
        (["cleared", "en_route"], "responding"),
        (["cleared"], "cleared"),
        (["diverted"], "open"),
        (["released", "cleared"], "cleared"),
        (["reached"], "on_scene"),
    ],
)
def test_the_status_says_where_the_crews_are(states: list[str], status: str) -> None:
    """Somebody there, somebody coming, somebody was there, nobody; in any order."""
    for kind in (Assigned, EnRoute, Arrived, Cleared, Released, Diverted):
        assert lifecycle.after("responding", kind, states) == status
        assert lifecycle.after("responding", kind, reversed(states)) == status


def _empty(hint: Any) -> Any:
    origin = get_origin(hint) or hint
    plain: dict[Any, Any] = {str: "i", int: 1, float: 1.0, bool: False, tuple: (), dict: {}}
    if origin in plain:
        return plain[origin]
    arguments = [each for each in get_args(hint) if each is not type(None)]
    return None if type(None) in get_args(hint) else _empty(arguments[0]) if arguments else None


def _bare(kind: type[Body], **given: Any) -> Fact:
    """A fact of a kind that says as little as its fields allow, about incident `i`."""
    hints = get_type_hints(kind)
    body = kind(**{**{f.name: _empty(hints[f.name]) for f in fields(kind)}, **given})  # type: ignore[arg-type, call-arg]
    return Fact(
        seq=1,
        at_s=1.0,
        occurred_s=1.0,
        time_source="system",
        body=body,
        actor="a",
        command_id="c",
        origin="system",
        world="live",
    )


@pytest.mark.parametrize(
    "status, kind", list(product(STATUSES[1:], [*ABOUT_INCIDENTS, TaskSet, TaskDone])), ids=str
)
def test_a_fold_accepts_every_recorded_fact_in_every_status(status: str, kind: type[Body]) -> None:
    """Also one that the table calls unlawful, about things nobody knows, with nothing sealed left: no error, and no status from outside the table."""
    state = State()
    fold(state, _bare(IncidentOpened, incident_id="i", place=None))
    state.respond.incidents["i"].status = status
    fold(state, _bare(kind))
    fold(state, _bare(kind))
    assert all(each.status in STATUSES for each in state.respond.incidents.values())


@pytest.mark.parametrize("kind", [KINDS[name] for name in sorted(KINDS)], ids=lambda kind: kind.NAME)
def test_a_fold_accepts_every_fact_about_nothing_it_knows(kind: type[Body]) -> None:
    """A journal that starts in the middle still folds."""
    fold(State(), _bare(kind))
