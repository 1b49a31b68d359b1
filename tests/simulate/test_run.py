"""The twin: same seed same facts, and invariants that hold whatever happens."""

from __future__ import annotations

from collections import Counter

import pytest

from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.facts.desk import ReactionFailed, TimerFired, TimerSet
from firstminute.model.facts.incident import IncidentClosed, IncidentOpened
from firstminute.model.facts.people import UnitOffDuty
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertSent,
    Arrived,
    Assigned,
    AssignmentActivated,
    Cleared,
    ClockBreached,
    ClockMet,
    Diverted,
    EnRoute,
    Released,
)
from firstminute.simulate.run import Twin, seeded_ids
from firstminute.simulate.statistics import digest_of
from firstminute.simulate.world import city_day, city_twin
from tests.support.city import small_city

START_S = 1_700_000_000.0


def _day(seed: int, hours: float = 1.5, calls_per_day: float = 1_600.0) -> Twin:
    city, ground = small_city()
    twin = city_twin(city, ground, seed=seed, start_s=START_S)
    given = city_day(city, seed=seed, start_s=START_S, hours=hours, calls_per_day=calls_per_day)
    twin.run(given, until_s=START_S + (hours + 6) * 3600.0)
    return twin


@pytest.fixture(scope="module")
def twin() -> Twin:
    return _day(1)


def test_the_same_seed_gives_the_same_facts_to_the_last_digit(twin):
    again, other = _day(1), _day(2)
    assert digest_of(again.journal) == digest_of(twin.journal)
    assert digest_of(other.journal) != digest_of(twin.journal)


def test_it_is_a_living_day(twin):
    kinds = Counter(fact.kind for fact in twin.journal)
    calls = kinds["CallReceived"]
    assert calls > 60
    assert kinds["Arrived"] > 0.7 * calls
    assert kinds["AlertSent"] > calls
    assert len(twin.journal) / calls > 20
    assert {"ClockMet", "AlertDeclined", "AlertExpired", "RoleGiven"} <= set(kinds)


def test_no_reaction_fails(twin):
    assert [fact.body for fact in twin.journal if isinstance(fact.body, ReactionFailed)] == []


def test_a_unit_has_one_active_task_at_a_time(twin):
    active: dict[str, str] = {}
    unit_of: dict[str, str] = {}
    for fact in twin.journal:
        body = fact.body
        if isinstance(body, Assigned) and body.responder_kind == "unit":
            unit_of[body.assignment_id] = body.responder_id
            if body.active:
                assert body.responder_id not in active, fact
                active[body.responder_id] = body.assignment_id
        elif isinstance(body, AssignmentActivated) and body.assignment_id in unit_of:
            assert body.responder_id not in active, fact
            active[body.responder_id] = body.assignment_id
        elif isinstance(body, Cleared | Released | Diverted):
            if active.get(body.responder_id) == body.assignment_id:
                del active[body.responder_id]


def test_no_incident_is_forgotten(twin):
    opened = {fact.body.incident_id for fact in twin.journal if isinstance(fact.body, IncidentOpened)}
    closed = {fact.body.incident_id for fact in twin.journal if isinstance(fact.body, IncidentClosed)}
    still = set(twin.state.respond.incidents)
    assert opened == closed | still
    assert len(closed) >= 0.97 * len(opened)
    assert all(twin.state.timers.by_subject.get(incident_id) for incident_id in still), (
        "an open incident has something due"
    )


def test_every_timer_fires_once_never_early_and_only_when_set(twin):
    due: dict[tuple[str, str, int], float] = {}
    for fact in twin.journal:
        body = fact.body
        if isinstance(body, TimerSet):
            due[body.timer_subject, body.timer, body.round] = body.due_s
        elif isinstance(body, TimerFired):
            assert due.pop((body.timer_subject, body.timer, body.round)) == body.due_s
            assert fact.at_s >= body.due_s


def test_every_promise_is_judged_at_most_once(twin):
    judged = Counter(
        (fact.body.incident_id, fact.body.clock)
        for fact in twin.journal
        if isinstance(fact.body, ClockMet | ClockBreached)
    )
    assert judged and max(judged.values()) == 1


def test_nobody_arrives_who_was_not_on_the_way_and_nobody_off_duty_is_asked(twin):
    asked, moving = set(), set()
    assert not any(isinstance(fact.body, UnitOffDuty) for fact in twin.journal)
    on_duty = set(twin.state.respond.units)
    for fact in twin.journal:
        body = fact.body
        if isinstance(body, AlertSent):
            asked.add(body.alert_id)
            if body.responder_kind == "unit":
                assert body.responder_id in on_duty
        elif isinstance(body, AlertAccepted):
            assert body.alert_id in asked
        elif isinstance(body, EnRoute):
            moving.add(body.assignment_id)
        elif isinstance(body, Arrived):
            assert body.assignment_id in moving


def test_folding_the_journal_gives_the_state(twin):
    _, ground = small_city()
    fresh = State(world="twin", ground=ground, registers=twin.state.registers)
    for fact in twin.journal:
        fold(fresh, fact)
    assert fresh.respond == twin.state.respond
    assert fresh.muster == twin.state.muster
    assert fresh.timers.pending == twin.state.timers.pending
    assert fresh.seq == twin.state.seq == len(twin.journal)


def test_people_and_core_understand_each_other(twin):
    """Refusals are few and of the kind that people cause by being late."""
    assert sum(twin.refused.values()) < 0.25 * len(twin.journal) / 20
    assert not {code for code in twin.refused if code.startswith("unknown")}


def test_ids_are_seeded_and_well_formed():
    from firstminute.model.ids import is_id

    first, again, other = seeded_ids(1), seeded_ids(1), seeded_ids(2)
    assert [next(first) for _ in range(5)] == [next(again) for _ in range(5)]
    assert next(first) != next(other)
    assert is_id(next(first))
