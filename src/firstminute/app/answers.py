"""The desk as an event loop sees it: commands out together, answers back in one wake-up for all of a group.

Idea: the desk decides and answers on its own thread, a whole group at a time. Handing commands over one by one would wake it while the loop is still
reading the next ones, and the two would pass the interpreter to and fro; so what one turn of the loop has read goes over in one piece. Answers are
put down here and the loop is woken once for all that lie there. Limits: for one event loop at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(eq=False, slots=True)
class _Asked:
    """One command that was sent, and until when its answer is waited for."""

    answer: asyncio.Future[Ack]
    expiry: asyncio.TimerHandle


class Answers:
    """Sends commands from an event loop. How many may wait is bounded by the desk's own queue, how long by `within_s`."""

    def __init__(self, desk: Desk, within_s: float = WITHIN_S) -> None:
        self._desk, self._within_s = desk, within_s
        self._leaving: list[Waiting] = []
        self._lying: deque[tuple[_Asked, Ack]] = deque()
        self._woken = False

    def send(
        self, name: str, arguments: Mapping[str, Any], actor: Actor, command_id: str, **more: Any
    ) -> asyncio.Future[Ack]:
        """Send one command; awaited, it gives the `Ack` that `Desk.submit` would, or TimeoutError: then nobody knows yet what became of it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Ack] = loop.create_future()
        asked = _Asked(answer, loop.call_later(self._within_s, _expire, answer))
        reply = partial(self._put, loop, asked)
        admitted = self._desk.admit(reply, name, arguments, actor, command_id, **{**FRESH, **more})
        if admitted is not None:
            if not self._leaving:
                loop.call_soon(self._leave)
            self._leaving.append(admitted)
        return answer

    def _leave(self) -> None:
        leaving, self._leaving = self._leaving, []
        self._desk.put(*leaving)

    def _put(self, loop: asyncio.AbstractEventLoop, asked: _Asked, ack: Ack) -> None:
        """On the desk's thread. The answer lies there before the flag is read, so none is left behind."""
        self._lying.append((asked, ack))
        if not self._woken:
            self._woken = True
            try:
                loop.call_soon_threadsafe(self._take)
            except RuntimeError:
                self._woken = False  # the loop has closed: nobody waits any more

    def _take(self) -> None:
        self._woken = False
        while self._lying:
            asked, ack = self._lying.popleft()
            asked.expiry.cancel()
            if not asked.answer.done():
                asked.answer.set_result(ack)


def _expire(answer: asyncio.Future[Ack]) -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())
