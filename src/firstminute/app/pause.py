"""While the record cannot be written: nothing is accepted, what stands is still shown, and it is tried again until it works.

Idea (DESIGN.md §4): a desk whose disk is full or broken must not stop for good, because the fault may be gone in a minute and nobody may be there to
start it anew; and it must not guess either. So it answers every command at once with `read_only`, which means paper, folds what the record says for
those who look, and takes the record over afresh every few seconds, on a new connection. What is accepted afterwards is as durable as ever.
Limits: a lost head is no fault of the disk; then the desk stops, because somebody else writes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from firstminute.app.desk_loop import Waiting
from firstminute.flow.deciders.desk import ReportPause
from firstminute.model.envelope import SYSTEM

LOG = logging.getLogger("firstminute.desk")
SHORTEST_S, LONGEST_S = 0.5, 4.0
SAID_MOST = 300


class Pause:
    """Whether the desk waits for its record, since when, and when it looks again.

    Parameters
    ----------
    passed_s : a clock that nobody sets

    Attributes
    ----------
    on : nothing can be accepted now
    shown : what the record says could be folded, so views are answered
    count : how often it came to this since start
    """

    def __init__(self, passed_s: Callable[[], float] = time.monotonic) -> None:
        self._passed_s = passed_s
        self.on, self.shown = False, True
        self.count = self.tries = 0
        self.since_s = 0.0
        self.problem = ""
        self._again_s = 0.0

    def begin(self, problem: Exception, at_s: float, *, shown: bool) -> None:
        """The record could not be taken over: wait, longer each time."""
        if not self.on:
            self.on, self.since_s, self.tries = True, at_s, 0
            self.count += 1
        self.tries += 1
        LOG.critical("READ-ONLY, write on paper: %s", problem)
        self.problem, self.shown = str(problem)[:SAID_MOST], shown
        self._again_s = self._passed_s() + min(LONGEST_S, SHORTEST_S * 2.0 ** min(self.tries - 1, 10))

    def end(self) -> None:
        """The record takes what is written again."""
        LOG.warning("the record can be written again after %d tries", self.tries)
        self.on, self.shown = False, True

    @property
    def wait_s(self) -> float | None:
        """How long until the next look, None where there is nothing to wait for."""
        return max(0.0, self._again_s - self._passed_s()) if self.on else None

    @property
    def due(self) -> bool:
        """Time to look again."""
        return self.on and self._passed_s() >= self._again_s

    def metrics(self) -> dict[str, float]:
        """Whether it is so now, and how often it was."""
        return {"read_only": float(self.on), "read_only_total": float(self.count)}

    def health(self) -> dict[str, Any] | None:
        """What `/health` says of it, None while all is well."""
        if not self.on:
            return None
        return {"since_s": round(self.since_s, 3), "problem": self.problem, "tries": self.tries}


def resumed(pause: Pause, desk: str, command_id: str) -> Waiting:
    """The command that says in the record itself that it was shut, and since when."""
    said = ReportPause(desk=desk, since_s=pause.since_s, problem=pause.problem)
    return Waiting("report_pause", said, None, SYSTEM, command_id, "live")
