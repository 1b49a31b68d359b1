"""The picture on its way out: what changed for somebody outside goes over in small messages, and no more of them wait than the other side can read.

Idea: rows are state, so while the border is slow they are gathered by key and go over as they are then. Each start sends all of it afresh, as a new round;
what was shown before stays until the round is whole. Letters to members (alerts and the rest of the outbox) go over as they are written, with
their end: whoever finds one too late does not deliver it. Limits: at most `MOST_WAITING` messages of rows wait at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from firstminute.api.hub import Hub
from firstminute.app.border.link import Link
from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.flow import outward
from firstminute.flow.state import State
from firstminute.model.facts.desk import RegisterChanged
from firstminute.respond.outside import alert_of
from firstminute.store.border_out import BorderFull, Letter
from firstminute.store.canonical import canonical
from firstminute.store.errors import NotDurable

LOG = logging.getLogger("firstminute.border")
EVERY_S, SHOW_EVERY_S = 0.2, 2.0
AT_ONCE, MOST_WAITING = 200, 1_000
PAUSES = ((50, 0.0), (300, 2.0), (MOST_WAITING, 10.0))
"""While fewer than so many messages of rows wait, one goes every so many seconds: over a slow border changes are gathered."""
ROWS_SHARE = 0.5
ANSWER_S = 10.0
ROW = "border/outside"


def pause_s(waiting: int) -> float:
    """How long to gather changes.

    >>> pause_s(0), pause_s(100), pause_s(999)
    (0.0, 2.0, 10.0)
    """
    return next((pause for most, pause in PAUSES if waiting < most), PAUSES[-1][1])


class Outward:
    """Sends the picture. `changed` is called with every publication of the hub, on the event loop."""

    def __init__(self, link: Link, desk: Desk, hub: Hub) -> None:
        self._link, self._desk, self._hub = link, desk, hub
        self._changed: dict[str, Any] = {}
        self._crossed: dict[str, bytes] = {}
        self._books_stale, self._fresh, self._filling = True, True, False
        self._round, self._sent_s = 0, 0.0
        desk.listen(self._follow)
        hub.taps.append(self.changed)

    def _follow(self, committed: Committed) -> None:
        tables = {f.body.table for f in committed.facts if isinstance(f.body, RegisterChanged)}
        if tables & {"incident_types", "devices"}:
            self._books_stale = True
        if tables & {"members", "plans", "alert_policies"}:
            self._fresh = True

    def changed(self, rows: Mapping[str, Any]) -> None:
        """Rows as they were published."""
        self._changed.update(rows)

    async def run(self) -> None:
        """Send what changed, and show the border in the feed, until cancelled."""
        turns = 0
        while True:
            try:
                await self.send()
                if turns % int(SHOW_EVERY_S / EVERY_S) == 0:
                    health = await asyncio.to_thread(self._link.health)
                    self._hub.publish(
                        self._hub.seq,
                        {ROW: {"id": "outside", "at_s": round(self._desk.now_s(), 1), **health}},
                    )
            except Exception:  # whatever it is, all of it is sent afresh
                LOG.exception("the picture does not go out")
                self._fresh = True
            turns += 1
            await asyncio.sleep(EVERY_S)

    async def send(self) -> int:
        """One pass: how many rows went over."""
        now_s, waiting = self._link.clock(), self._link.out.count("rows")
        if waiting >= MOST_WAITING or (not self._filling and now_s - self._sent_s < pause_s(waiting)):
            return 0
        if self._fresh:
            self._fresh, self._filling, self._books_stale, self._crossed = False, True, True, {}
            self._changed, self._round = dict(self._hub.now()), max(self._round + 1, int(now_s * 1000))
        some = dict(list(self._changed.items())[:AT_ONCE])
        for key in some:
            del self._changed[key]
        rows = {key: outward.parts(key, row) for key, row in some.items()}
        rows |= await self._asked([key.partition("/")[2] for key in some if key.startswith("venue/")])
        rows = {key: part for key, part in rows.items() if self._is_news(key, part)}
        ends = self._filling and not self._changed
        if not rows and not ends:
            return 0
        body = {"seq": self._hub.seq, "round": self._round, "ends": ends, "set": rows}
        await asyncio.to_thread(self._link.out.put, Letter(kind="rows", body=body, share=ROWS_SHARE))
        self._sent_s, self._filling = now_s, self._filling and not ends
        return len(rows)

    async def _asked(self, venues: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Standing orders of venues, and types and buttons where they changed."""
        stale, self._books_stale = self._books_stale, False
        if not venues and not stale:
            return {}
        now_s = self._desk.now_s()

        def look(state: State) -> dict[str, dict[str, Any]]:
            found = {f"standing/{each}": outward.standing(state, each, now_s) for each in venues}
            orders = {key: {} if row is None else {outward.EVERYBODY: row} for key, row in found.items()}
            books = outward.books_of(state) if stale else {}
            return orders | {key: {outward.EVERYBODY: row} for key, row in books.items()}

        return await asyncio.wrap_future(self._desk.ask(look))

    def _is_news(self, key: str, part: Mapping[str, Any]) -> bool:
        said = canonical(part)
        if self._crossed.get(key, b"{}") == said:
            return False
        if part:
            self._crossed[key] = said
        else:
            self._crossed.pop(key, None)
        return True


class Post:
    """Letters to people outside. Implements what `app.outgoing` asks of it."""

    def __init__(self, link: Link, desk: Desk) -> None:
        self._link, self._desk = link, desk

    def send(self, messages: Iterable[Mapping[str, Any]]) -> bool:
        """Hand letters over, durable when this returns; False where there is no room."""
        letters = [
            Letter(
                kind="letter",
                body={**each, "calls": self._calls(each)},
                expires_s=float(each["expires_s"]),
                share=0.9,
            )
            for each in messages
        ]
        try:
            self._link.out.put(*letters)
        except (BorderFull, NotDurable) as problem:
            LOG.error("%d letters do not go out: %s", len(letters), problem)
            return False
        return True

    def _calls(self, message: Mapping[str, Any]) -> list[str]:
        """The calls that an alert is about, as far as the zone outside kept them: it may have alerted for them itself."""
        if message["reason"] != "alert":
            return []

        def look(state: State) -> list[str]:
            alert = alert_of(state.respond, str(message["about"]))
            incident = state.respond.incidents.get(alert.incident_id) if alert is not None else None
            calls = (state.respond.calls.get(key) for key in incident.calls) if incident is not None else ()
            return [call.call_id for call in calls if call is not None and call.kept_outside]

        return self._desk.ask(look, "exercise" if message["exercise"] else "live").result(ANSWER_S)
