"""What the inside sends out, shown outside: the picture for each team, and letters until their end.

Idea: rows and letters lie in a file of their own, so that a start shows at once what was known, with its age. A letter that is over is not shown, however
it came to be late. Whether an alert was shown goes in as that person's own word. Calls that the desk has not read in time are looked after here too.
Limits: a letter is shown on its recipient's own open pages (a team's, where a roll names nobody); other ways (text message, push) are the inside's.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from firstminute.api.hub import Hub, Row
from firstminute.app.border.banner import banner
from firstminute.app.border.letters import text_of, texts_of
from firstminute.app.border.outside import Outside
from firstminute.command.picture import Audience
from firstminute.flow.crossing import Crossed, plain_of
from firstminute.flow.outward import EVERYBODY
from firstminute.model.access.things import Who
from firstminute.model.envelope import Actor, World
from firstminute.store.border_in import Opened, plain_kind
from firstminute.store.border_out import BorderFull, Letter
from firstminute.store.errors import NotDurable

LOG = logging.getLogger("firstminute.border")
EVERY_S, BANNER_EVERY = 0.5, 4
FAILED_AFTER_S = 5.0
AT_ONCE = 200
LETTERS_KEPT_S = 86_400.0
BORDER = "border/inside"
PUT = "INSERT OR IGNORE INTO letters (id, recipient, body, came_s, expires_s, state) VALUES (?, ?, ?, ?, ?, 'waits')"
SHOWN_SORTS = frozenset({"desk", "zone", "station", "venue", "incident", "border"})
"""Sorts of rows that are pictures; the others are the zone's own standing orders."""


def part_for(audience: Audience, key: str, row: Row, who: Who | None = None) -> Row | None:
    """What of a row that came over somebody outside may see: what the inside chose for their team, or for everybody."""
    if key.partition("/")[0] not in SHOWN_SORTS:
        return None
    part: Row | None = row.get(audience.team_id or "") or row.get(EVERYBODY)
    return part


class Pages:
    """Shows. `do` is what carriers call with what came."""

    def __init__(self, outside: Outside, hub: Hub) -> None:
        self._outside, self._hub, self._link = outside, hub, outside.link
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking = asyncio.Lock()
        outside.on_alone = self.write
        self._recover()
        hub.publish(1, dict(outside.alone.rows))

    def do(self, run: Sequence[Opened]) -> int:
        """Take rows, letters and receipts, on a thread of the carrier's: all of them or none."""
        rows: dict[str, Any] = {}
        with self._link.into.file.write() as connection:
            for each in run:
                kind, body = plain_kind(each.message), each.body
                if kind == "rows":
                    rows |= body["set"]
                    rows |= _write_rows(connection, body)
                elif kind == "letter":
                    self._put(connection, body)
        receipts = [each.body for each in run if plain_kind(each.message) == "receipt"]
        if receipts:
            self._outside.note(receipts)
        self._show(rows)
        return len(run)

    def _show(self, rows: Mapping[str, Any]) -> None:
        known = self._outside.alone.rows
        for key, parts in rows.items():
            if parts:
                known[key] = parts
            else:
                known.pop(key, None)
        told = {key: parts or None for key, parts in rows.items()}
        if told and self._loop is not None:
            self._loop.call_soon_threadsafe(self._publish, told)
        elif told:
            self._publish(told)

    def _publish(self, rows: Mapping[str, Row | None]) -> None:
        self._hub.publish(self._hub.seq + 1, rows)

    def _put(self, connection: sqlite3.Connection, body: Mapping[str, Any]) -> None:
        recipient = str(body["to"])
        if body.get("reason") == "alert" and self._outside.alone.alerted(
            list(body.get("calls") or ()), recipient
        ):
            self._outside.counts["merged"] += 1  # alerted here already, for the same call: not twice
            return
        connection.execute(
            PUT,
            (
                str(body["id"]),
                recipient,
                orjson.dumps(dict(body)),
                self._link.clock(),
                float(body["expires_s"]),
            ),
        )

    def write(self, letters: Sequence[Mapping[str, Any]]) -> None:
        """Letters of our own, durable when this returns."""
        with self._link.into.file.write() as connection:
            for each in letters:
                row = (
                    each["id"],
                    each["to"],
                    orjson.dumps(dict(each)),
                    self._link.clock(),
                    each["expires_s"],
                )
                connection.execute(PUT, row)

    def _recover(self) -> None:
        """Somebody whom the desk was told we alert, and whose letter was not written before a kill, gets it now."""
        for row in self._outside.alone.unfinished(self._link.clock()):
            about = orjson.loads(row["about"])
            ask = {name: row[name] for name in ("alert_id", "responder_id", "team_id", "sent_s", "expires_s")}
            self.write(self._outside.alone.letters(about, [ask]))

    async def run(self) -> None:
        """Show, until cancelled."""
        self._loop = asyncio.get_running_loop()
        turns = 0
        while True:
            try:
                await self.look()
                if turns % BANNER_EVERY == 0:
                    health = await asyncio.to_thread(self._link.health)
                    shown = {name: health[name] for name in ("cut", "delay_s", "round_s")}
                    self._publish(
                        {BORDER: {EVERYBODY: {"id": "inside", **shown, "banner": banner(self._link)}}}
                    )
            except Exception:  # whatever it is, the next turn tries again
                LOG.exception("a turn of showing failed")
            turns += 1
            await asyncio.sleep(EVERY_S)

    async def look(self) -> int:
        """One pass at a time: alerts for calls that the desk has not read in time, then letters; how many were shown."""
        async with self._looking:
            return await self._look()

    async def _look(self) -> int:
        await asyncio.to_thread(self._help_late_calls)
        now_s = self._link.clock()
        rows = self._link.into.file.read(
            "SELECT * FROM letters WHERE state = 'waits' ORDER BY expires_s LIMIT ?", AT_ONCE
        )
        ended: list[tuple[str, int, str]] = []
        words: list[Letter] = []
        for row in rows:
            body = orjson.loads(row["body"])
            state, failed = "waits", row["failed"]
            if row["expires_s"] <= now_s:
                state = "late"
                self._outside.counts["too_late"] += 1
            elif self._hub.tell((row["recipient"],), self._message(body, now_s), at_desk=False):
                state = "shown"
                self._outside.counts["shown"] += 1
                words += _said(body, "alert_delivered", now_s)
            elif not failed and now_s - row["came_s"] > FAILED_AFTER_S and body.get("reason") == "alert":
                failed = 1
                words += _said(body, "alert_failed", now_s)
            if state != "waits" or failed != row["failed"]:
                ended.append((state, failed, row["id"]))
        if ended:
            await asyncio.to_thread(self._note, ended, words, now_s)
        return sum(state == "shown" for state, _, _ in ended)

    def _note(self, ended: list[tuple[str, int, str]], words: list[Letter], now_s: float) -> None:
        if words:
            try:
                self._link.out.put(*words)
            except BorderFull:
                LOG.warning("no room to tell the inside who was shown an alert")
        with self._link.into.file.write() as connection:
            connection.executemany("UPDATE letters SET state = ?, failed = ? WHERE id = ?", ended)
            connection.execute("DELETE FROM letters WHERE expires_s < ?", (now_s - LETTERS_KEPT_S,))

    def _message(self, body: Mapping[str, Any], now_s: float) -> dict[str, Any]:
        shown = {name: value for name, value in body.items() if name != "calls"}
        return {
            **shown,
            "text": text_of(body, now_s),
            "texts": texts_of(body, now_s),
            "delay_s": round(self._link.age_s, 1),
        }

    def _help_late_calls(self) -> None:
        now_s = self._link.clock()
        for row in self._outside.alone.late(now_s):
            told, letters = self._outside.alone.tell(row, now_s)
            try:
                if told:
                    self._link.out.put(*told)
                    self._outside.counts["alone"] += len(letters)
                    self.write(letters)
                else:
                    self._outside.alone.give_up(row)
            except (BorderFull, NotDurable) as problem:
                LOG.error("a late call is not helped yet: %s", problem)
                return


def _write_rows(connection: sqlite3.Connection, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write one message of rows; what a whole round no longer held, as gone."""
    kept = [(key, orjson.dumps(parts), body["round"]) for key, parts in body["set"].items() if parts]
    connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", kept)
    gone = [(key,) for key, parts in body["set"].items() if not parts]
    if body["ends"]:
        gone += [
            tuple(row) for row in connection.execute("SELECT key FROM rows WHERE round < ?", (body["round"],))
        ]
    connection.executemany("DELETE FROM rows WHERE key = ?", gone)
    return {key: {} for (key,) in gone}


def _said(body: Mapping[str, Any], name: str, now_s: float) -> list[Letter]:
    """What became of an alert, as that person's own word."""
    if body.get("reason") != "alert":
        return []
    command_id = hashlib.sha256(f"{name}:{body['id']}".encode()).hexdigest()[:32]
    arguments: dict[str, Any] = {"alert_id": body["about"], "channel": "page"}
    actor = Actor(id=str(body["to"]), role="member")
    world: World = "exercise" if body.get("exercise") else "live"
    said = plain_of(Crossed(name, arguments, actor, command_id, now_s, world))
    return [Letter(kind="command", body=said, expires_s=float(body["expires_s"]) + 3_600.0, share=0.95)]
