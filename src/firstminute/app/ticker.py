"""The ticker: a thread of its own that knocks when a timer is due, and watches the wall clock.

Idea (trust.md finding 6): timers must not wait for an event loop or a slow request. The ticker decides nothing: it wakes the desk, which
checks that the timer is pending and due. It also reports when the wall clock has parted from the desk's time, and when they are together
again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from firstminute.model.envelope import SYSTEM

if TYPE_CHECKING:
    from firstminute.app.desk import Desk

LONGEST_S = 1.0
SHORTEST_S = 0.01  # between two knocks, should a timer refuse to fire


class Ticker:
    """Knocks for one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._woken, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="ticker", daemon=True)
        self._reported = "together"

    def start(self) -> None:
        """Begin to knock."""
        self._thread.start()

    def wake(self) -> None:
        """The next due time may be earlier than it was."""
        self._woken.set()

    def confirmed(self) -> None:
        """A person has confirmed the time."""
        self._reported = "together"

    def stop(self) -> None:
        """Knock no more."""
        self._stopped.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        watched_s = 0.0
        while not self._stopped.is_set():
            due_s, now_s = self._desk.next_due_s, self._desk.now_s()
            wait_s = LONGEST_S if due_s is None else min(LONGEST_S, due_s - now_s)
            if wait_s > 0:
                self._woken.wait(wait_s)
                self._woken.clear()
            else:
                self._desk.tick()
                self._stopped.wait(SHORTEST_S)
            if now_s - watched_s >= LONGEST_S:
                watched_s = now_s
                self.watch()

    def watch(self) -> None:
        """Report a change between together, parted and held; what is held stays so until a person confirms."""
        apart = self._desk.clock.apart()
        if apart == self._reported or self._reported == "held":
            return
        self._reported = apart
        distance_s = self._desk.clock.apart_s()
        report = {
            "desk": self._desk.store.desk,
            "apart_s": round(distance_s, 3),
            "timers_held": apart == "held",
        }
        self._desk.submit("report_clock", report, SYSTEM, self._desk.new_id(), repeatable=False)
