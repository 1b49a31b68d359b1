"""The time slider's server: the rows of the room as they stood at a moment of the past, and what changed in a while after it.

Idea (DESIGN.md §4): the state of a moment is folded from the journal anew, on a thread of its own which lets the desk go first, through the same folds, views
and hub as the live feed. So a reader is shown the part of the past that he would be shown of the present, by the rights that he has now. Sealed words are
opened for what the reader has on his screen now; of everything else they stay shut, as they are of a closed incident. Where crews were is read from their
tracks, for whoever named a purpose, and only while they were on duty.
Limits: one moment at a time, `MOST_WAITING` wait; `FACTS_MOST` facts to fold, `WITHIN_S` to do it, `BYTES_MOST` of changes. An answer that had to stop early
says until when it goes. Coverage is not kept and has no past.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection

from firstminute.api.errors import Problem
from firstminute.api.hub import Hub
from firstminute.app.desk import Desk
from firstminute.command.picture import Audience, visible
from firstminute.flow import registers, views
from firstminute.flow.past import TABLES_SHOWN, UNTIMELY, Step, steps
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.access.things import Who
from firstminute.model.facts.desk import RegisterChanged
from firstminute.store import past, tracks
from firstminute.store.registers import valid_at
from firstminute.store.store import Store

MOST_WAITING = 4
FACTS_MOST = 300_000
BYTES_MOST = 32_000_000
WITHIN_S = 20.0
GIVE_WAY_EVERY, GIVE_WAY_S, LOOKS_EVERY_S = 64, 0.02, 0.0005
LAST_FIX_S = 600.0
"""A crew that was heard this long before the moment stands where it was."""
FIXES_MOST = 120_000
STEPS_S = (5.0, 10.0, 20.0, 60.0)
"""How far apart the fixes of a crew are that are shown: as near as there is room for."""
Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose eyes look at which span, the subjects whose words are on that reader's screen now, and whether crews are followed."""

    audience: Audience
    from_s: float
    to_s: float
    words: frozenset[str]
    followed: bool


@dataclass(slots=True)
class Duty:
    """When crews whose rows a reader sees were on duty: unit → spans, the last one open where its end is inf."""

    spans: dict[str, list[list[float]]] = field(default_factory=dict)

    def take(self, rows: dict[str, Any], at_s: float, since: Callable[[str], float]) -> None:
        """Rows as they were shown at a moment."""
        for key, row in rows.items():
            sort, _, unit_id = key.partition("/")
            if sort != "unit":
                continue
            spans = self.spans.setdefault(unit_id, [])
            on = bool(spans) and spans[-1][1] == math.inf
            if row.get("on_duty") and not on:
                spans.append([max(since(unit_id), at_s - LAST_FIX_S), math.inf])
            elif on and not row.get("on_duty"):
                spans[-1][1] = at_s

    def gone(self, keys: Iterable[str], at_s: float) -> None:
        """Rows that the reader sees no longer."""
        for key in keys:
            spans = self.spans.get(key.partition("/")[2]) if key.startswith("unit/") else None
            if spans and spans[-1][1] == math.inf:
                spans[-1][1] = at_s

    def on(self, unit_id: str, at_s: float) -> bool:
        """Whether a crew was on duty at a moment, and seen."""
        return any(begin <= at_s < end for begin, end in self.spans.get(unit_id, ()))


class Past:
    """Answers with moments of the past. Implements `api.ports.Services.past`.

    Parameters
    ----------
    hub : the live one: what districts show each other now, and what the reader sees now
    folder : of the tracks
    desk : goes first, and says what time it is
    """

    def __init__(self, store: Store, hub: Hub, folder: Path, desk: Desk) -> None:
        self._store, self._hub, self._folder, self._desk = store, hub, folder, desk
        self._pool = ThreadPoolExecutor(1, "past")
        self._waiting = 0

    async def show(self, audience: Audience, from_s: float, to_s: float, *, followed: bool) -> bytes:
        """A span of the past as JSON (docs/reference/http.md, `GET /past`). Raises Problem: past_busy, past_too_long."""
        if self._waiting >= MOST_WAITING:
            raise Problem("past_busy")
        asked = Asked(audience, from_s, min(to_s, self._desk.now_s()), self._words(audience), followed)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, self._show, asked, self._empty()
            )
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Forget what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _words(self, audience: Audience) -> frozenset[str]:
        """Incidents and calls whose words this reader has on the screen now: those may be read of their past too."""
        who, shown = self._hub.who(audience), set[str]()
        for row in self._hub.rows_for(audience, who, "incident/").values():
            if not row.get("restricted"):
                shown |= {row["id"], *(call["call_id"] for call in row.get("calls", ()))}
        shown |= {row["id"] for row in self._hub.rows_for(audience, who, "call/").values()}
        return frozenset(shown)

    def _empty(self) -> Hub:
        """A hub without rows that judges as the live one does now."""
        made = Hub(self._desk.now_s, part=part_of_past)
        made.tree, made.shares = self._hub.tree, self._hub.shares
        return made

    def _show(self, asked: Asked, hub: Hub) -> bytes:
        patience = Patience(lambda: self._desk.wanted)
        with self._store.reading() as connection:
            journal = self._store.journal
            upto = journal.first_at(connection, "live", math.nextafter(asked.from_s, math.inf)) - 1
            last = journal.first_at(connection, "live", math.nextafter(asked.to_s, math.inf)) - 1
            state = self._state(connection, asked, upto, patience)
            hub.seq, hub.rows = upto, _there(views.render(state, views.all_keys(state)))
            client, first = hub.join(asked.audience)
            duty, units = Duty(), state.respond.units

            def since(unit_id: str) -> float:
                return units[unit_id].since_s if unit_id in units else math.inf

            duty.take(first["set"], asked.from_s, since)
            made: list[bytes] = []
            size, until_s = 0, asked.to_s
            for step in self._steps(connection, state, asked, (upto, last), patience):
                if made and (size > BYTES_MOST or patience.over):
                    break
                hub.publish(step.seq, step.rows)
                while not client.queue.empty():
                    message: Row = {"set": {}, "del": (), **(client.queue.get_nowait() or {})}
                    duty.take(message["set"], step.at_s, since)
                    duty.gone(message["del"], step.at_s)
                    made.append(orjson.dumps(_told(step, message)))
                    size += len(made[-1])
                until_s = step.at_s
            else:
                until_s = asked.to_s
        moved = self._tracks(asked, duty, until_s) if asked.followed else {}
        head = orjson.dumps(
            {
                "from_s": asked.from_s, "until_s": until_s, "complete": until_s == asked.to_s, "seq": upto, "set": first["set"], "tracks": moved,
            }
        )  # fmt: skip
        return head[:-1] + b',"steps":[' + b",".join(made) + b"]}"

    def _state(self, connection: Connection, asked: Asked, upto: int, patience: Patience) -> State:
        """The state after fact `upto`, without ground and fleet."""
        state, journal = State(), self._store.journal
        for table in TABLES_SHOWN:
            registers.put(
                state.registers, table, valid_at(connection, journal.desk, table, upto, asked.from_s)
            )
        facts = past.facts_then(
            connection, journal, "live", upto, asked.from_s, opening=asked.words.__contains__, quiet=UNTIMELY, most=FACTS_MOST,
        )  # fmt: skip
        try:
            for fact in patience.each(facts):
                fold(state, fact)
        except past.TooMany:
            raise Problem("past_too_long") from None
        if patience.over:
            raise Problem("past_too_long")
        state.seq = upto
        return state

    def _steps(
        self, connection: Connection, state: State, asked: Asked, seqs: tuple[int, int], patience: Patience
    ) -> Iterator[Step]:
        journal, (after, upto) = self._store.journal, seqs
        told = journal.read(
            connection, "live", after, upto=upto, without=UNTIMELY, opening=asked.words.__contains__
        )
        changed = journal.read(
            connection, "live", after, upto=upto, kinds=(RegisterChanged.NAME,), about=TABLES_SHOWN, opening=False,
        )  # fmt: skip
        return steps(state, patience.each(heapq.merge(told, changed, key=lambda fact: fact.seq), stop=False))

    def _tracks(self, asked: Asked, duty: Duty, until_s: float) -> dict[str, list[list[float]]]:
        """Where crews were while they were on duty: unit → [fix_s, lon, lat], oldest first."""
        units = [unit_id for unit_id, spans in duty.spans.items() if spans]
        for step_s in STEPS_S:
            found = tracks.fixes_of(self._folder, units, asked.from_s - LAST_FIX_S, until_s, step_s)
            if sum(map(len, found.values())) <= FIXES_MOST:
                break
        return {
            unit_id: kept
            for unit_id, fixes in found.items()
            if (kept := [[round(t, 1), round(lon, 6), round(lat, 6)] for t, lon, lat in fixes if duty.on(unit_id, t)])
        }  # fmt: skip


class Patience:
    """How long a moment may be folded, with room for the desk in between."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted, self._until_s = wanted, time.monotonic() + WITHIN_S

    @property
    def over(self) -> bool:
        """True where it has taken too long."""
        return time.monotonic() > self._until_s

    def each(self, items: Iterable[T], *, stop: bool = True) -> Iterator[T]:
        """The items; every now and then the desk goes first. `stop`: end where it has taken too long."""
        for number, item in enumerate(items):
            if number % GIVE_WAY_EVERY == GIVE_WAY_EVERY - 1:
                self._give_way()
                if stop and self.over:
                    return
            yield item

    def _give_way(self) -> None:
        until_s = time.monotonic() + GIVE_WAY_S
        while self._wanted() and time.monotonic() < until_s:
            time.sleep(LOOKS_EVERY_S)


def part_of_past(audience: Audience, key: str, row: Row, who: Who | None = None) -> Row | None:
    """What an audience may see of a row of the past: as of a live one, but who called is never told beside it."""
    part = visible(audience, key, row, who)
    return {**part, "callers_shown": False} if part is not None and "callers_shown" in part else part


def _there(rows: dict[str, Row | None]) -> dict[str, Row]:
    return {key: row for key, row in rows.items() if row is not None}


def _told(step: Step, message: Row) -> Row:
    """One step as the reader is told it. A fact about an incident is named where the reader saw that incident change."""
    touched = {key for key in (*message["set"], *message["del"]) if key.startswith("incident/")}
    facts = [
        {"kind": kind, "incident_id": incident_id}
        for kind, incident_id in step.told
        if incident_id is None or f"incident/{incident_id}" in touched
    ]
    return {"seq": step.seq, "at_s": step.at_s, "facts": facts, "set": message["set"], "del": message["del"]}
