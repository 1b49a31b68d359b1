"""What waits in front of the desk: bounded, with room kept for calls.

Idea: everybody may fill the queue up to three quarters; the rest is for what must not wait behind check-ins and positions (`URGENT`). The
desk's own commands and questions always get in. A full queue says `busy` at once, which is better than an answer that comes too late.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from firstminute.app.desk_loop import Waiting

URGENT = frozenset(
    {"receive_call", "receive_unreadable_call", "amend_call", "ask_help", "accept_alert", "decline_alert"}
)
MOST_IN_GROUP = 512


class Queue:
    """Commands in order of arrival, questions to the state, and the ticker's knock."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Waiting] = deque()
        self._asked: deque[Callable[[], None]] = deque()
        self._tick = False
        self._closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, some: Sequence[Waiting]) -> list[Waiting]:
        """Queue commands that came together; those for which there is no room, or all where the desk is closed."""
        with self._changed:
            left = [each for each in some if not self._put(each)]
            self._changed.notify()
            return left

    def _put(self, waiting: Waiting) -> bool:
        room = self._most if waiting.name in URGENT else self._most * 3 // 4
        if self._closed or (waiting.actor.role != "system" and len(self._waiting) >= room):
            return False
        self._waiting.append(waiting)
        return True

    def ask(self, question: Callable[[], None]) -> bool:
        """Queue a question to be run between groups; False where the desk is closed."""
        with self._changed:
            if self._closed:
                return False
            self._asked.append(question)
            self._changed.notify()
            return True

    def tick(self) -> None:
        """Something may be due."""
        with self._changed:
            self._tick = True
            self._changed.notify()

    def give_way(self, most_s: float) -> None:
        """Leave the interpreter to whoever fills the queue until the next of it arrives, at most `most_s`."""
        with self._changed:
            if not self._closed:
                self._changed.wait(most_s)

    def take(
        self, most: int = MOST_IN_GROUP, *, within_s: float | None = None
    ) -> tuple[list[Waiting], list[Callable[[], None]], bool] | None:
        """Take what is there, waiting (at most `within_s`) only where there is nothing: never to fill a group. None once closed and empty."""
        with self._changed:
            while not (self._waiting or self._asked or self._tick or self._closed):
                if not self._changed.wait(within_s):
                    break
            if self._closed and not self._waiting and not self._asked:
                return None
            group = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            questions, self._asked = list(self._asked), deque()
            tick, self._tick = self._tick, False
            return group, questions, tick

    @property
    def closed(self) -> bool:
        """True once nothing new gets in."""
        return self._closed

    def close(self) -> None:
        """Let nothing new in; what waits is still served."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def abandon(self) -> list[Waiting]:
        """Close and hand back whatever waits: nobody will serve it."""
        with self._changed:
            self._closed = True
            left, self._waiting = list(self._waiting), deque()
            self._changed.notify_all()
            return left
