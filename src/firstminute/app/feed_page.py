"""The live feed as deliveries see it.

Idea: messages are carried on a thread of their own, the hub belongs to the event loop; here a question crosses from one to the other and waits for its answer.
Limits: waits `ON_LOOP_S` at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from firstminute.api.hub import Hub

ON_LOOP_S = 5.0


class FeedPage:
    """The live feed as deliveries see it: asked from their thread, answered on the event loop that owns the hub."""

    def __init__(self, hub: Hub) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._hub = hub

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Names, teams, and whether somebody sits at the desk."""

        async def look() -> tuple[frozenset[str], frozenset[str], bool]:
            return self._hub.present()

        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(look(), self.loop).result(ON_LOOP_S)

    def show(self, recipients: Sequence[str], message: Mapping[str, Any], *, at_desk: bool) -> bool:
        """Hand a message over; False where nobody is there."""

        async def hand() -> bool:
            return self._hub.tell(recipients, message, at_desk=at_desk)

        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(hand(), self.loop).result(ON_LOOP_S)
