"""The desk as an event loop sees it: commands out together, answers back in one wake-up for all of a group.

Idea: the desk decides and answers on its own thread, a whole group at a time. Handing commands over one by one would wake it while the loop is still
reading the next ones, and the two would pass the interpreter to and fro; so what one turn of the loop has read goes over in one piece. Answers are
put down here and the loop is woken once for all that lie there. All wait for the same time, so one timer for the oldest serves them all. Limits: for
one event loop at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Waiting
from firstminute.flow.acks import Ack
from firstminute.model.envelope import Actor

WITHIN_S = 10.0
FRESH: dict[str, Any] = {
    "occurred_s": None,
    "time_source": "system",
    "world": "live",
    "repeatable": True,
}


class Answers:
    """Sends commands from an event loop. How many may wait is bounded by the desk's own queue, how long by `within_s`."""

    def __init__(self, desk: Desk, within_s: float = WITHIN_S) -> None:
        self._desk, self._within_s = desk, within_s
        self._leaving: list[Waiting] = []
        self._lying: deque[tuple[asyncio.Future[Ack], Ack]] = deque()
        self._waiting: deque[tuple[float, asyncio.Future[Ack]]] = deque()
        self._expiry: asyncio.TimerHandle | None = None
        self._woken = False

    def send(
        self, name: str, arguments: Mapping[str, Any], actor: Actor, command_id: str, **more: Any
    ) -> asyncio.Future[Ack]:
        """Send one command; awaited, it gives the `Ack` that `Desk.submit` would, or TimeoutError: then nobody knows yet what became of it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Ack] = loop.create_future()
        self._waiting.append((loop.time() + self._within_s, answer))
        if self._expiry is None:
            self._expiry = loop.call_later(self._within_s, self._expire, loop)
        reply = partial(self._put, loop, answer)
        admitted = self._desk.admit(reply, name, arguments, actor, command_id, **{**FRESH, **more})
        if admitted is not None:
            if not self._leaving:
                loop.call_soon(self._leave)
            self._leaving.append(admitted)
        return answer

    def _leave(self) -> None:
        leaving, self._leaving = self._leaving, []
        self._desk.put(*leaving)

    def _put(self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Ack], ack: Ack) -> None:
        """On the desk's thread. The answer lies there before the flag is read, so none is left behind."""
        self._lying.append((answer, ack))
        if not self._woken:
            self._woken = True
            try:
                loop.call_soon_threadsafe(self._take)
            except RuntimeError:
                self._woken = False  # the loop has closed: nobody waits any more

    def _take(self) -> None:
        self._woken = False
        while self._lying:
            answer, ack = self._lying.popleft()
            if not answer.done():
                answer.set_result(ack)
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up those that waited long enough; come again when the next one has."""
        while self._waiting and (self._waiting[0][0] <= loop.time() or self._waiting[0][1].done()):
            answer = self._waiting.popleft()[1]
            if not answer.done():
                answer.set_exception(TimeoutError())
        self._expiry = loop.call_at(self._waiting[0][0], self._expire, loop) if self._waiting else None
