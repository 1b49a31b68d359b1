"""Questions that are asked once and answered within minutes: what a passkey signs, and what a sign-on elsewhere must bring back.

Idea: a challenge is random, belongs to one purpose and one asker, is good once, and lives in memory: after a restart people try again. Each asker has one
open question a purpose; questions to nobody in particular have a pool of their own, so that a flood of them never pushes out anybody's own.
Limits: one process; the oldest of a full pool goes.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

LASTS_S = 300.0
MOST = 4_096


class Challenges:
    """Open questions of one pool."""

    def __init__(self, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._mutex = threading.Lock()
        self._open: OrderedDict[tuple[str, str], tuple[float, bytes, Any]] = OrderedDict()

    def ask(self, purpose: str, asker: str = "", note: Any = None) -> bytes:
        """A new question; an older one of the same purpose and asker ends. Without an asker the question itself is its name."""
        question = secrets.token_bytes(32)
        key = (purpose, asker or question.hex())
        with self._mutex:
            self._open.pop(key, None)
            self._open[key] = (self._clock() + LASTS_S, question, note)
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return question

    def take(self, purpose: str, asker: str = "", question: bytes = b"") -> tuple[bytes, Any] | None:
        """The open question and its note, which end with this; None where there is none."""
        with self._mutex:
            found = self._open.pop((purpose, asker or question.hex()), None)
        if found is None or found[0] < self._clock():
            return None
        return found[1], found[2]
