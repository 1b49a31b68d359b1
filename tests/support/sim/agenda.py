"""The simulated world: true time, what is to happen when, and one source of chance.

Idea: one `random.Random(seed)` decides everything; what happens is a heap of (when, number, act). After each act the watchers look. Nothing here reads a
real clock, so the same seed is the same world.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

START_S = 1_760_000_400.0


@dataclass(slots=True)
class Agenda:
    """What is to happen, in order of true time (seconds since 1970)."""

    rng: Random
    now_s: float = START_S
    number: int = 0
    watchers: list[Callable[[], None]] = field(default_factory=list)
    _heap: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let `act` happen `seconds` from now."""
        self.number += 1
        heapq.heappush(self._heap, (self.now_s + seconds, self.number, act))

    def run(self, until_s: float) -> None:
        """Let everything happen up to a time; after each act the watchers look."""
        while self._heap and self._heap[0][0] <= until_s:
            self.now_s, _, act = heapq.heappop(self._heap)
            act()
            for watch in self.watchers:
                watch()
        self.now_s = until_s
