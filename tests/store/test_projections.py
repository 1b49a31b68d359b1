"""Timers, outbox, open subjects and answers follow the facts, in the same commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.envelope import Body
from firstminute.model.facts.desk import (
    FormsReserved,
    GradeSwitched,
    MessageOutcome,
    MessageQueued,
    TimerCancelled,
    TimerFired,
    TimerSet,
)
from firstminute.model.facts.incident import IncidentReopened
from firstminute.store import commands, outbox, subjects, timers
from firstminute.store.commands import Answered
from firstminute.store.store import Store
from tests.support.record import closing, facts_of, incident

pytestmark = pytest.mark.usefixtures("engine")

KEY = st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y"]), st.integers(1, 2))
ACT = st.one_of(
    st.builds(
        lambda key, due_s: TimerSet(timer_subject=key[0], timer=key[1], round=key[2], due_s=due_s),
        KEY,
        st.floats(1, 9),
    ),
    st.builds(lambda key: TimerFired(timer_subject=key[0], timer=key[1], round=key[2], due_s=1.0), KEY),
    st.builds(lambda key: TimerCancelled(timer_subject=key[0], timer=key[1], round=key[2]), KEY),
    st.builds(lambda key: TimerCancelled(timer_subject=key[0], timer=key[1]), KEY),
    st.builds(lambda key: TimerCancelled(timer_subject=key[0]), KEY),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.begin()
    return made


def _write(store: Store, bodies: Sequence[Body]) -> None:
    store.append({"live": facts_of(bodies, after=store.heads["live"].seq)})


@settings(max_examples=25)
@given(st.lists(st.lists(ACT, max_size=6), max_size=4))
def test_the_table_of_timers_equals_the_slice_folded_from_the_same_facts(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[Body]]
) -> None:
    store = Store(tmp_path_factory.mktemp("record"))
    store.begin()
    folded = State()
    for group in groups:
        _write(store, group)
        for fact in facts_of(group):
            fold(folded, fact)
    with store.reading() as connection:
        assert timers.pending(connection, "city", "live") == folded.timers.pending
        assert timers.pending(connection, "city", "exercise") == {}
    store.close()


def _queued(number: int, expires_s: float = 2000.0) -> MessageQueued:
    return MessageQueued(
        message_id=f"m{number}",
        channel="sms",
        recipient="team-1",
        reason="alert",
        reason_id="a1",
        expires_s=expires_s,
    )


def test_a_delivery_waits_from_its_fact_until_its_outcome_and_is_tried_ever_more_seldom(store: Store) -> None:
    _write(store, [_queued(1), _queued(2)])
    with store.database.write() as connection:
        first = outbox.due(connection, "city", 1010.0)
        assert [(each.message_id, each.attempts) for each in first] == [("m1", 0), ("m2", 0)]
        outbox.note_attempts(connection, "city", first, 1010.0)
        assert outbox.due(connection, "city", 1011.9) == []
        (again, _) = outbox.due(connection, "city", 1012.0)
        assert again.attempts == 1
        outbox.note_attempts(connection, "city", [again], 1012.0)
    _write(
        store,
        [MessageOutcome(message_id="m2", reason_id="a1", channel="page", outcome="delivered", attempts=1)],
    )
    with store.reading() as connection:
        assert [each.message_id for each in outbox.due(connection, "city", 1016.0)] == ["m1"]
        assert outbox.waiting(connection, "city") == 1


def test_the_attempt_is_still_noted_after_a_restart(store: Store, tmp_path: Path) -> None:
    _write(store, [_queued(1)])
    with store.database.write() as connection:
        outbox.note_attempts(connection, "city", outbox.due(connection, "city", 1010.0), 1010.0)
    store.close()
    again = Store(tmp_path)
    with again.reading() as connection:
        assert outbox.due(connection, "city", 1011.0) == []
        assert [each.attempts for each in outbox.due(connection, "city", 1013.0)] == [1]


def test_ended_deliveries_are_pruned_and_waiting_ones_never(store: Store) -> None:
    _write(
        store,
        [
            _queued(1),
            _queued(2),
            MessageOutcome(message_id="m1", reason_id="a1", channel="page", outcome="failed", attempts=3),
        ],
    )
    with store.database.write() as connection:
        assert outbox.prune(connection, 9e9) == 1
        assert outbox.waiting(connection, "city") == 1


def _state_facts(store: Store, at_s: float = 1100.0) -> list[int]:
    with store.reading() as connection:
        return [fact.seq for fact in subjects.facts_of_state(connection, store.journal, "live", at_s)]


def test_state_is_made_of_the_facts_of_open_subjects_and_of_what_stands(store: Store) -> None:
    grades = [GradeSwitched(district="d1", grade=grade, reason="") for grade in ("heightened", "normal")]
    _write(
        store,
        [
            *incident(1),
            grades[0],
            *incident(2),
            grades[1],
            TimerCancelled(timer_subject="incident-1"),
            closing(1),
        ],
    )
    assert _state_facts(store) == list(range(1, 5)) + list(range(6, 13))
    late_s = 1012.0 + subjects.KEEP_CLOSED_S + 1
    assert _state_facts(store, late_s) == [6, 7, 8, 9, 10]


def test_the_highest_number_of_a_form_outlives_everything_that_was_open(store: Store) -> None:
    """The last block stands alone: a state built anew a year later gives no number again."""
    _write(store, [FormsReserved(seat="A", first=1, last=40), *incident(1), closing(1)])
    _write(store, [FormsReserved(seat="B", first=41, last=60)])
    folded = State()
    with store.reading() as connection:
        for fact in subjects.facts_of_state(connection, store.journal, "live", 40e6):
            fold(folded, fact)
        assert not list(subjects.facts_of_state(connection, store.journal, "exercise", 40e6))
    assert folded.desk.forms_last == 60


def test_a_reopened_incident_is_open_with_all_its_facts(store: Store) -> None:
    _write(store, [*incident(1), closing(1)])
    _write(store, [IncidentReopened(incident_id="incident-1", reason="back", type_code="fight", priority=2)])
    late_s = 1012.0 + subjects.KEEP_CLOSED_S + 1
    assert {2, 4, 5, 6} <= set(_state_facts(store, late_s))


def test_a_pending_timer_keeps_its_subject_known_even_where_nothing_is_open(store: Store) -> None:
    _write(store, [TimerSet(timer_subject="team-1", timer="chase", round=1, due_s=5000.0)])
    assert _state_facts(store) == [1]
    _write(store, [TimerFired(timer_subject="team-1", timer="chase", round=1, due_s=5000.0)])
    assert _state_facts(store) == []


def test_subjects_closed_long_ago_are_forgotten(store: Store) -> None:
    _write(store, [*incident(1), closing(1), *incident(2)])
    with store.database.write() as connection:
        assert subjects.prune(connection, 9e9) == 2
    assert set(_state_facts(store)) >= {6, 7, 8, 9}


def test_an_answer_is_given_again_until_it_is_pruned(store: Store) -> None:
    answer = Answered(
        "c1", b"d" * 32, "live", 4, "done", None, {"reply": {"call_id": "x"}, "params": {}}, 1000.0
    )
    store.append({"live": facts_of(incident(1))}, [answer])
    assert store.answered(["c0", "c1"]) == {"c1": answer}
    with store.database.write() as connection:
        assert commands.prune(connection, 999.0) == 0
        assert commands.prune(connection, 1001.0) == 1
    assert store.answered(["c1"]) == {}


def test_a_message_for_a_page_waits_for_its_reader_and_fails_after_a_while_only_where_it_asks(
    store: Store,
) -> None:
    """An alert that no page has shown for five seconds is given back for its next way; a notice waits until it expires."""
    alert = MessageQueued(
        message_id="a", channel="page", recipient="m1", reason="alert", reason_id="x", expires_s=2_000.0
    )
    _write(store, [alert, replace(alert, message_id="n", reason="keep_away")])
    with store.reading() as connection:
        assert outbox.due(connection, "city", 1_003.0) == []
        there = outbox.due(connection, "city", 1_003.0, present=("m1",))
        assert {each.message_id for each in there} == {"a", "n"}
        assert [each.message_id for each in outbox.due(connection, "city", 1_010.0)] == ["a"]
        assert {each.message_id for each in outbox.due(connection, "city", 2_000.0)} == {"a", "n"}
