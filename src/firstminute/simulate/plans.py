"""What the twin's people mean to do next: commands on a seeded heap.

Idea: people answer facts with plans (a command, a time, who); the heap gives them back in order of time, and of making where times are equal, so
that the same seed gives the same run. A plan may hang on a trip that is called off meanwhile; then it is dropped. Limits: a plan that the core
refuses is counted and forgotten, as a person would shrug.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush
from typing import Any

from firstminute.model.envelope import Actor
from firstminute.model.swift import swift


@swift
@dataclass(frozen=True, slots=True)
class Planned:
    """One command that somebody will give.

    Attributes
    ----------
    at_s : when, seconds since 1970
    trip : (assignment id, number of the try) it hangs on, None where on none
    """

    at_s: float
    name: str
    arguments: Mapping[str, Any]
    actor: Actor
    trip: tuple[str, int] | None = None


@dataclass(slots=True)
class Agenda:
    """All plans, earliest first."""

    _heap: list[tuple[float, int, Planned]] = field(default_factory=list)
    _made: int = 0

    def add(self, planned: Planned) -> None:
        """Put a plan in."""
        heappush(self._heap, (planned.at_s, self._made, planned))
        self._made += 1

    def next_s(self) -> float | None:
        """When the next plan is due, None where nothing is planned."""
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Planned:
        """Take the next plan out. Raises IndexError where nothing is planned."""
        return heappop(self._heap)[2]

    def __len__(self) -> int:
        return len(self._heap)


CREW, MEMBER = "patrol", "member"


@cache
def crew_of(unit_id: str) -> Actor:
    """The crew of a unit as an actor."""
    return Actor(id=f"crew:{unit_id}", role=CREW, unit_id=unit_id)


def member_of(member_id: str, team_id: str | None) -> Actor:
    """A member, or a team's shared device, as an actor."""
    return Actor(id=member_id, role=MEMBER, team_id=team_id)


SEAT = "T1"
"""Of the people of the twin: nobody who tries the demo sits there."""
DISPATCHER = Actor(id="dispatcher:1", role="dispatcher", seat=SEAT)
COMMANDER = Actor(id="commander:1", role="commander", seat="T0")
CALLER = Actor(id="phone", role="dispatcher", seat=SEAT)
"""A call on the phone is typed by the seat that answers it."""
