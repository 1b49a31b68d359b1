"""What a commit changed, shown on the live feed: at once, and in a rush of calls a moment later.

Idea: the rows that facts touch are rendered on the desk's own thread, after the answers went out; the next callers wait for that. So while many call
at once the rows of calls that were only saved gather: they are rendered when the rush is over or the oldest has waited for `WITHIN_S`, at most `AT_ONCE`
of them between two groups. Whatever else happens, a button or a crew's word, is shown at once. Rows go to the event loop in the order in which they
were rendered, so an older one never covers a newer one.
Limits: the live world; calls that nobody has looked into are on the screen up to `WITHIN_S` after their answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.flow import views
from firstminute.flow.state import State
from firstminute.model.facts.call import CallReceived

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
        state, gathered = committed.state, len(self._keys)
        now: dict[str, None] = {}
        for fact in committed.facts:
            waits = isinstance(fact.body, CallReceived) and fact.body.deferred
            (self._keys if waits else now).update(dict.fromkeys(views.keys_of(state, fact)))
        if len(now) > AT_ONCE:  # a bulk import: the desk has calls to answer meanwhile
            self._keys.update(now)
            now = {}
        if not gathered:
            self._since_s = self._now_s()
        if not (self._desk.hurried and self._now_s() - self._since_s < WITHIN_S):
            self.show_some(state, now)
            return
        if now or not self._keys:
            self._render(state, now)
        if self._keys and not self._asked:
            self._asked = True
            self._loop.call_soon_threadsafe(self._loop.call_later, WITHIN_S, self._ask)

    def show_some(self, state: State, first: Mapping[str, None] | None = None) -> None:
        """Render `first` and what has waited longest; what is left is asked for again, behind whoever waits for the desk by then."""
        keys = dict.fromkeys(islice(self._keys, AT_ONCE))
        for key in keys:
            del self._keys[key]
        self._since_s = self._now_s()
        self._render(state, {**(first or {}), **keys})
        if self._keys and not self._asked:
            self._asked = True
            self._loop.call_soon_threadsafe(self._ask)

    def _render(self, state: State, keys: Mapping[str, None]) -> None:
        self._loop.call_soon_threadsafe(self._show, state.seq, views.render(state, keys))

    def _ask(self) -> None:
        """On the event loop: the desk shall show what gathered, between two groups. Once too often does no harm, once too few would."""
        self._asked = False
        self._desk.ask(self.show_some)
