"""Helping a venue alone: where the desk cannot be heard in time, the zone outside alerts the venue's own team by itself.

Idea: the same gate as inside (shut: only those trained and equipped are informed, and choose), the last roll that came over, the venue's own people and
nobody else. Whom it alerted stands beside the call in the same transaction, so that the desk learns both together and alerts nobody twice; an
alert that comes from the desk later, for somebody who was alerted here for the same call, is not delivered again.
Limits: types whose first ring is automatic; a call that names no venue waits for the desk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from firstminute.app.border.letters import alert_letters, keep_away_letters
from firstminute.app.border.link import Link
from firstminute.app.ids import new_id
from firstminute.flow.outward import EVERYBODY, type_row
from firstminute.respond.catalogue import type_of
from firstminute.respond.intake import type_guess
from firstminute.store.border_out import Letter

ALONE_AFTER_S = 10.0
"""A call that the desk has not read within so long is answered alone; where it cannot be in time at all, at once."""
ASKED_MOST = 16
TABLES_OUT = (
    """CREATE TABLE IF NOT EXISTS kept (
        command_id TEXT PRIMARY KEY, digest BLOB NOT NULL, name TEXT NOT NULL, call_id TEXT, kept_s REAL NOT NULL, seq INTEGER NOT NULL,
        about TEXT NOT NULL, alone INTEGER NOT NULL DEFAULT 0, status TEXT, code TEXT, reply TEXT, read_s REAL)""",
    "CREATE INDEX IF NOT EXISTS kept_calls ON kept (call_id)",
    "CREATE INDEX IF NOT EXISTS kept_unread ON kept (kept_s) WHERE read_s IS NULL AND name = 'receive_call'",
    """CREATE TABLE IF NOT EXISTS alone (
        alert_id TEXT PRIMARY KEY, call_id TEXT NOT NULL, responder_id TEXT NOT NULL, team_id TEXT NOT NULL, sent_s REAL NOT NULL,
        expires_s REAL NOT NULL, venue_id TEXT NOT NULL, type TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS alone_people ON alone (responder_id)",
    "CREATE INDEX IF NOT EXISTS alone_venues ON alone (venue_id, type, sent_s)",
)
TABLES_IN = (
    "CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, parts BLOB NOT NULL, round INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS letters (
        id TEXT PRIMARY KEY, recipient TEXT NOT NULL, body BLOB NOT NULL, came_s REAL NOT NULL, expires_s REAL NOT NULL, state TEXT NOT NULL,
        failed INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS letters_waiting ON letters (state, expires_s)",
)


class Alone:
    """What the outer zone may do by itself. `rows` is the picture that came over, key → parts."""

    def __init__(self, link: Link, language: str) -> None:
        self._link, self._language = link, language
        self.rows: dict[str, dict[str, Any]] = {
            row["key"]: orjson.loads(row["parts"]) for row in link.into.file.read("SELECT * FROM rows")
        }

    @property
    def slow(self) -> bool:
        """Whether the desk cannot answer in time: it is silent, or there and back takes too long."""
        return self._link.silent_s > ALONE_AFTER_S or (self._link.round_s or 0.0) > ALONE_AFTER_S

    def _known(self, key: str) -> Mapping[str, Any] | None:
        return self.rows.get(key, {}).get(EVERYBODY)

    def _venue_of(self, team_id: str | None) -> str | None:
        """The venue of a team, as far as its own row says."""
        venues = (key for key, parts in self.rows.items() if key.startswith("venue/") and team_id in parts)
        return next(venues, "").partition("/")[2] or None if team_id is not None else None

    def about(self, arguments: Mapping[str, Any], team_id: str | None) -> dict[str, Any]:
        """Of a call, what decides about alerting its venue's team: no word of the caller."""
        device = self._known(f"device/{arguments.get('device_id')}") or {}
        if arguments.get("confidential"):  # a report about a venue is for the desk alone
            return {"venue_id": None, "type": "unknown", "silent": True}
        silent = arguments.get("silent")
        return {
            "venue_id": arguments.get("venue_id") or device.get("venue_id") or self._venue_of(team_id),
            "type": arguments.get("type_code")
            or device.get("type")
            or type_guess(arguments.get("text"), {})
            or "unknown",
            "silent": bool(device.get("silent") if silent is None else silent),
        }

    def _kind(self, about: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._known(f"type/{about['type']}") or type_row(type_of({}, about["type"]))

    def recent(self, about: Mapping[str, Any], now_s: float) -> bool:
        """Whether the team was alerted a while ago for the same kind of thing at this venue: more calls about it do not ring again."""
        query = "SELECT 1 FROM alone WHERE venue_id = ? AND type = ? AND sent_s > ? LIMIT 1"
        since_s = now_s - type_of({}, about["type"]).merge_within_s
        return bool(self._link.out.file.read(query, about["venue_id"], about["type"], since_s))

    def asks(self, about: Mapping[str, Any], now_s: float) -> list[dict[str, Any]]:
        """Whom to alert for a call about this, as the desk is told: the venue's people on duty whom the gate lets be asked."""
        order, kind = self._known(f"standing/{about['venue_id']}"), self._kind(about)
        if order is None or not kind["automatic"] or order["until_s"] <= now_s or self.recent(about, now_s):
            return []
        people = [
            p
            for p in order["people"]
            if p["id"] != about.get("caller") and (p["informed"] or not kind["shut"])
        ]
        return [
            {
                "alert_id": new_id(), "responder_id": person["id"], "responder_kind": person["kind"], "team_id": order["team_id"],
                "task": kind["task"], "sent_s": now_s, "expires_s": now_s + order["answer_within_s"],
            }
            for person in people[: min(ASKED_MOST, order["at_once"])]
        ]  # fmt: skip

    def write(
        self,
        connection: sqlite3.Connection,
        call_id: str,
        about: Mapping[str, Any],
        asks: list[dict[str, Any]],
    ) -> None:
        """Write down whom we alert, in the transaction that tells the desk."""
        where = (about["venue_id"], about["type"])
        connection.executemany(
            "INSERT OR IGNORE INTO alone VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (a["alert_id"], call_id, a["responder_id"], a["team_id"], a["sent_s"], a["expires_s"], *where)
                for a in asks
            ],
        )
        connection.execute("UPDATE kept SET alone = 1 WHERE call_id = ?", (call_id,))

    def letters(self, about: Mapping[str, Any], asks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What is shown to those whom we alert."""
        order, kind = self._known(f"standing/{about['venue_id']}") or {}, self._kind(about)
        return alert_letters(order, kind, asks, silent=about["silent"], language=self._language)

    def warnings(
        self, about: Mapping[str, Any], asks: Sequence[Mapping[str, Any]], now_s: float
    ) -> list[dict[str, Any]]:
        """What is shown to the venue's other people on duty, who may not be asked: keep away. Nothing where it must stay silent."""
        order, kind = self._known(f"standing/{about['venue_id']}"), self._kind(about)
        if order is None or not asks or about["silent"] or not kind["warns"]:
            return []
        others = [p for p in order["people"] if not p["informed"] and p["id"] != about.get("caller")]
        return keep_away_letters(order, kind, others, now_s=now_s, language=self._language)

    def asked_for(self, call_id: str | None) -> bool:
        """Whether anybody was alerted here for a call."""
        return bool(self._link.out.file.read("SELECT 1 FROM alone WHERE call_id = ? LIMIT 1", call_id or ""))

    def unfinished(self, now_s: float) -> list[sqlite3.Row]:
        """Alerts that still hold, with what their call is about."""
        query = "SELECT alone.*, kept.about FROM alone JOIN kept USING (call_id) WHERE alone.expires_s > ?"
        return self._link.out.file.read(query, now_s)

    def alerted(self, calls: list[str], responder_id: str) -> bool:
        """Whether somebody was alerted here for one of these calls."""
        query = "SELECT call_id FROM alone WHERE responder_id = ?"
        return any(row["call_id"] in calls for row in self._link.out.file.read(query, responder_id))

    def late(self, now_s: float) -> list[sqlite3.Row]:
        """Calls that the desk has not read in time and for which nobody was alerted here yet."""
        return self._link.out.file.read(
            "SELECT * FROM kept WHERE read_s IS NULL AND name = 'receive_call' AND alone = 0 AND kept_s < ? AND kept_s > ? ORDER BY kept_s LIMIT 50",
            now_s - ALONE_AFTER_S,
            now_s - 600.0,
        )

    def tell(self, row: sqlite3.Row, now_s: float) -> tuple[list[Letter], list[dict[str, Any]]]:
        """The message that tells the desk whom we alert for a call that it has not read, and the letters to those."""
        about = orjson.loads(row["about"])
        asks = self.asks(about, now_s)
        call_id = str(row["call_id"])
        said = {
            "name": "tell_asked_outside", "arguments": {"call_id": call_id, "alerts": asks}, "command_id": new_id(), "occurred_s": now_s,
            "world": "live", "actor": {"id": "system", "role": "system", "unit_id": None, "team_id": None},
        }  # fmt: skip
        letter = Letter(
            kind="command",
            body=said,
            beside=lambda connection, _: self.write(connection, call_id, about, asks),
        )
        return ([letter] if asks else []), [*self.letters(about, asks), *self.warnings(about, asks, now_s)]

    def give_up(self, row: sqlite3.Row) -> None:
        """Nobody can be alerted for this call: it is not looked at again."""
        with self._link.out.file.write() as connection:
            connection.execute("UPDATE kept SET alone = 1 WHERE command_id = ?", (row["command_id"],))
