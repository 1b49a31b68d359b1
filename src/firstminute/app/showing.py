"""What a commit changed, shown on the live feed: at once, and in a rush of calls a moment later.

Idea: the rows that facts touch are rendered on the desk's own thread, after the answers went out; the next callers wait for that. So while many call at
once the rows only gather: each is rendered once however often it was touched, when the rush is over or the oldest has waited for `WITHIN_S`, at most
`AT_ONCE` of them between two groups. Rows go to the event loop in the order in which they were rendered, so an older one never covers a newer one.
Limits: the live world; what is on the screen is then up to `WITHIN_S` behind the record, which no answer waits for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.flow import views
from firstminute.flow.state import State

WITHIN_S = 0.5
AT_ONCE = 200
"""So many rows are rendered between two groups at most."""

Show = Callable[[int, Mapping[str, Any]], None]


class Showing:
    """Renders the rows that commits touch. `take` and `show_some` run on the desk's thread.

    Parameters
    ----------
    show : given `seq` and rows on the event loop, None for a row that is gone
    now_s : for tests
    """

    def __init__(
        self,
        desk: Desk,
        loop: asyncio.AbstractEventLoop,
        show: Show,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk, self._loop, self._show, self._now_s = desk, loop, show, now_s
        self._keys: dict[str, None] = {}
        self._since_s = 0.0
        self._asked = False

    def take(self, committed: Committed) -> None:
        """A commit of the live world."""
        if not self._keys:
            self._since_s = self._now_s()
        for fact in committed.facts:
            self._keys.update(dict.fromkeys(views.keys_of(committed.state, fact)))
        if not self._keys:
            return
        if self._desk.hurried and self._now_s() - self._since_s < WITHIN_S:
            if not self._asked:
                self._asked = True
                self._loop.call_soon_threadsafe(self._loop.call_later, WITHIN_S, self._ask)
        else:
            self.show_some(committed.state)

    def show_some(self, state: State) -> None:
        """Render what has waited longest; what is left is asked for again, behind whoever waits for the desk by then."""
        keys = [key for key, _ in zip(self._keys, range(AT_ONCE), strict=False)]
        for key in keys:
            del self._keys[key]
        self._since_s = self._now_s()
        if keys:
            self._loop.call_soon_threadsafe(self._show, state.seq, views.render(state, keys))
        if self._keys and not self._asked:
            self._asked = True
            self._loop.call_soon_threadsafe(self._ask)

    def _ask(self) -> None:
        """On the event loop: the desk shall show what gathered, between two groups."""
        self._desk.ask(self._asked_for)

    def _asked_for(self, state: State) -> None:
        self._asked = False
        self.show_some(state)
