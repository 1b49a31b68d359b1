"""Timers as state folded from facts: keyed (subject, kind, round), due once, never early.

Idea (DESIGN.md §4): the ticker outside only submits `fire_timer(key)`; the step checks here that the key is pending and due, and the firing is a fact.
So a kill between two steps can neither lose nor double a timer. Limits: `due` walks a heap with lazily removed entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerFired, TimerSet

Key = tuple[str, str, int]  # subject, kind, round


@dataclass(slots=True)
class Timers:
    """Pending timers and when each is due, seconds since 1970."""

    pending: dict[Key, float] = field(default_factory=dict)
    by_subject: dict[str, set[Key]] = field(default_factory=dict)
    heap: list[tuple[float, Key]] = field(default_factory=list)


def _set(timers: Timers, fact: Fact, body: TimerSet) -> None:
    key = (body.timer_subject, body.timer, body.round)
    timers.pending[key] = body.due_s
    timers.by_subject.setdefault(body.timer_subject, set()).add(key)
    heappush(timers.heap, (body.due_s, key))


def _fired(timers: Timers, fact: Fact, body: TimerFired) -> None:
    _drop(timers, (body.timer_subject, body.timer, body.round))


def _cancelled(timers: Timers, fact: Fact, body: TimerCancelled) -> None:
    for key in list(timers.by_subject.get(body.timer_subject, ())):
        if body.timer in ("", key[1]) and (not body.timer or body.round in (0, key[2])):
            _drop(timers, key)


HANDLERS: dict[type[Body], Callable[[Timers, Fact, Any], None]] = {
    TimerSet: _set,
    TimerFired: _fired,
    TimerCancelled: _cancelled,
}
"""Fact kind → what it changes in this slice."""


def _drop(timers: Timers, key: Key) -> None:
    timers.pending.pop(key, None)
    keys = timers.by_subject.get(key[0])
    if keys is not None:
        keys.discard(key)
        if not keys:
            del timers.by_subject[key[0]]


def due(timers: Timers, at_s: float, most: int = 256) -> list[Key]:
    """At most `most` keys that are pending and due at `at_s`, earliest first. They stay pending until their firing is a fact."""
    found: dict[Key, float] = {}
    while timers.heap and timers.heap[0][0] <= at_s and len(found) < most:
        due_s, key = heappop(timers.heap)
        if timers.pending.get(key) == due_s:
            found[key] = due_s
    for key, due_s in found.items():
        heappush(timers.heap, (due_s, key))
    return list(found)


def next_due_s(timers: Timers) -> float | None:
    """When the next timer is due, None where none is pending."""
    while timers.heap and timers.pending.get(timers.heap[0][1]) != timers.heap[0][0]:
        heappop(timers.heap)
    return timers.heap[0][0] if timers.heap else None


def fire(timers: Timers, subject: str, timer: str, number: int, *, at_s: float) -> list[Body]:
    """The firing of one timer as a fact; refused where it is not pending or not due yet."""
    due_s = timers.pending.get((subject, timer, number))
    if due_s is None:
        raise Refused("timer_not_pending", timer=timer)
    if at_s < due_s:
        raise Refused("timer_not_due", timer=timer, due_s=due_s)
    return [TimerFired(timer_subject=subject, timer=timer, round=number, due_s=due_s)]
