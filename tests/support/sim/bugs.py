"""Bugs to plant, each of another kind, to see that the simulation finds them: a tester that finds nothing proves nothing.

Idea: each is a patch of one place in the real code, as somebody might write it in good faith; the last two are bugs that the simulation did find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from firstminute.api.hub import Hub
from firstminute.app import desk_state
from firstminute.app.desk_loop import Loop
from firstminute.app.turns import Turns
from firstminute.flow import timers, views
from firstminute.model.facts.desk import TimerFired
from firstminute.respond import fold_response
from firstminute.store.store import Store

Plant = Callable[[], AbstractContextManager[Any]]


def answered_before_the_commit() -> AbstractContextManager[Any]:
    """Whoever sent a command hears "done" as soon as it is decided."""
    real = Loop._step

    def step(self: Loop, each: Any, hurried: bool) -> Any:
        facts, ack = real(self, each, hurried)
        if ack.done and each.digest is not None:
            each.reply(ack)
        return facts, ack

    return patch.object(Loop, "_step", step)


def fired_timers_come_back() -> AbstractContextManager[Any]:
    """A state that is rebuilt does not know which timers have fired."""
    real = desk_state.fold
    return patch.object(
        desk_state,
        "fold",
        lambda state, fact: None if isinstance(fact.body, TimerFired) else real(state, fact),
    )


def answers_are_forgotten() -> AbstractContextManager[Any]:
    """Answers are remembered by the process alone, so a retry after a restart is a new command."""
    real = Store.append

    def append(self: Store, runs: Mapping[Any, Any], answers: Sequence[Any] = ()) -> None:
        real(self, runs)
        self.__dict__.setdefault("kept", {}).update({each.command_id: each for each in answers})

    def answered(self: Store, command_ids: Sequence[str]) -> dict[str, Any]:
        kept = self.__dict__.get("kept", {})
        return {each: kept[each] for each in command_ids if each in kept}

    stack = ExitStack()
    stack.enter_context(patch.object(Store, "append", append))
    stack.enter_context(patch.object(Store, "answered", answered))
    return stack


def a_crew_has_two_tasks() -> AbstractContextManager[Any]:
    """What a crew did before does not go on its stack."""

    def activate(respond: Any, bound: Any) -> None:
        bound.state = fold_response._standing(bound)
        duty = respond.units.get(bound.responder_id)
        if duty is None:
            respond.busy[bound.responder_id] = bound.assignment_id
        else:
            duty.active = bound.assignment_id

    return patch.object(fold_response, "_activate", activate)


@contextmanager
def snapshots_without_timers() -> Iterator[None]:
    """A slice was left out of the snapshot."""
    desk_state._shapes.cache_clear()
    with patch.object(desk_state, "SLICES", tuple(each for each in desk_state.SLICES if each != "timers")):
        yield
    desk_state._shapes.cache_clear()


def the_feed_deletes_nothing() -> AbstractContextManager[Any]:
    """Rows that are gone stay on the screens."""
    real = Hub._part

    def part(self: Hub, *given: Any) -> Any:
        found = real(self, *given)
        return found if found is None else {**found, "del": []}

    return patch.object(Hub, "_part", part)


def timers_fire_early() -> AbstractContextManager[Any]:
    """Half a second is called near enough."""
    real_due, real_fire, real_next = timers.due, timers.fire, timers.next_due_s
    stack = ExitStack()
    stack.enter_context(patch.object(timers, "due", lambda t, at_s, most=256: real_due(t, at_s + 0.5, most)))
    stack.enter_context(patch.object(timers, "fire", lambda *key, at_s: real_fire(*key, at_s=at_s + 0.5)))
    stack.enter_context(
        patch.object(timers, "next_due_s", lambda t: None if (at_s := real_next(t)) is None else at_s - 0.5)
    )
    return stack


def deferred_calls_wait_for_ever() -> AbstractContextManager[Any]:
    """Nobody gives out turns."""
    return patch.object(Turns, "next", lambda self, states, *, busy, at_s: [])


def the_other_incident_is_not_shown() -> AbstractContextManager[Any]:
    """Found once: a crew whose active task changed stayed on the row of the other incident."""
    return patch.object(views, "_elsewhere", lambda state, unit_id: ())


def nobody_is_told_after_a_doubtful_commit() -> AbstractContextManager[Any]:
    """Found once: what a commit had written although it was called failed reached no screen."""
    real = Loop.start_again

    def start_again(self: Loop) -> list[Any]:
        real(self)
        return []

    return patch.object(Loop, "start_again", start_again)


PLANTS: tuple[Plant, ...] = (
    answered_before_the_commit,
    fired_timers_come_back,
    answers_are_forgotten,
    a_crew_has_two_tasks,
    snapshots_without_timers,
    the_feed_deletes_nothing,
    timers_fire_early,
    deferred_calls_wait_for_ever,
    the_other_incident_is_not_shown,
    nobody_is_told_after_a_doubtful_commit,
)
