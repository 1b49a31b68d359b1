"""The desk's clock: wall time at start-up plus what really passed, never backwards.

Idea (DESIGN.md §4): timers must not fire early because somebody set a clock. `at_s` follows a clock that nobody can set (it also counts
while the machine sleeps) and starts no earlier than the last recorded fact. If the wall clock parts from it by more than 5 s the desk says
so; beyond 10 min timers wait until a person confirms.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

SAYS_SO_S = 5.0
HOLDS_TIMERS_S = 600.0

Apart: TypeAlias = Literal["together", "parted", "held"]


def _elapsed() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class DeskClock:
    """Seconds since 1970 for facts and timers.

    Parameters
    ----------
    floor_s : the time of the last recorded fact; the clock starts no earlier
    wall, elapsed : for tests; `elapsed` only ever grows
    """

    def __init__(
        self,
        floor_s: float = 0.0,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = _elapsed,
    ) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._base = max(wall(), floor_s) - elapsed()
        self._last = floor_s
        self._accepted = 0.0

    def at_s(self) -> float:
        """Now, never below what it said before."""
        self._last = max(self._last, self._base + self._elapsed())
        return self._last

    def apart_s(self) -> float:
        """How far the wall clock is ahead of `at_s`, beyond what a person has confirmed."""
        return self._wall() - self.at_s() - self._accepted

    def apart(self) -> Apart:
        """What that means: all well, to be said, or timers wait."""
        distance = abs(self.apart_s())
        return "together" if distance <= SAYS_SO_S else "parted" if distance <= HOLDS_TIMERS_S else "held"

    def confirm(self) -> None:
        """A person says that the wall clock is right: jump forward to it, or accept that it is behind (time never runs back)."""
        ahead = self._wall() - self.at_s()
        if ahead > 0:
            self._base += ahead
            self._accepted = 0.0
        else:
            self._accepted = ahead
