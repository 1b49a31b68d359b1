"""The way in over the border: what came is believed only in order, whole, signed by the other side, and once.

Idea: `sift` holds each message against the chain that was read so far; what does not fit is refused and counted by its reason, and what is merely early
waits for the carrier to bring the rest. The place in the chain moves on only when what was read has been done, so a kill in between
does it again (whoever does it must know what was done: a command by its id). Nothing is lost silently: the other side keeps a message until we greet it
with a number behind it. Limits: of messages that nobody can open, the last `ODD_KEPT` are kept for a person to look at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from firstminute.store.border_keys import Card, Keys, card_of
from firstminute.store.border_out import Place, about
from firstminute.store.border_wire import Batch, Hello, Message, digest_of, first_prev, read_batch
from firstminute.store.small_file import SmallFile

FILE = "in.db"
ODD_KEPT = 100
REASONS = (
    "forged", "replayed", "doubled", "gap", "forked", "changed", "truncated", "oversized", "unreadable", "unsealable", "expired", "odd",
)  # fmt: skip
HARMLESS = frozenset({"doubled", "expired", "gap"})
"""Counted, but nobody's attack: a carrier that is slow, or brings something twice."""
TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS refused (reason TEXT PRIMARY KEY, count INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS streams (stream TEXT PRIMARY KEY, last INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS odd (id INTEGER PRIMARY KEY, reason TEXT NOT NULL, at_s REAL NOT NULL, line BLOB NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that fits, opened, and the place behind it. `body` is None where it expired, or is none of the carrier's own affairs."""

    message: Message
    body: Any
    after: Place


@dataclass(slots=True)
class Sifted:
    """What a batch was worth."""

    run: list[Opened] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    odd: list[tuple[str, Message]] = field(default_factory=list)
    hello: Hello | None = None

    def refuse(self, reason: str) -> None:
        """Count it."""
        self.refused[reason] = self.refused.get(reason, 0) + 1


Do = Callable[[Sequence[Opened]], int]
"""Does what messages say, in order; returns how many from the first on are done for good. The rest is brought again."""


class BorderIn:
    """One direction.

    Attributes
    ----------
    place : how far it was read
    """

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        *,
        clock: Callable[[], float],
        tables: Sequence[str] = (),
        before_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._keys, self._clock = keys, clock
        self.file = SmallFile(folder / FILE, (*TABLES, *tables), before_commit=before_commit)

    @property
    def place(self) -> Place:
        """As it is now, also where the command line changed it."""
        known = {row["name"]: row["value"] for row in self.file.read("SELECT * FROM meta")}
        card = card_of(orjson.loads(known["card"])) if "card" in known else None
        return Place(known.get("stream", ""), int(known.get("seq", "0")), known.get("hash", ""), card)

    def trust(self, card: Card) -> None:
        """From now on this card is the other side; the one before is believed no longer."""
        with self.file.write() as connection:
            _set(connection, "card", orjson.dumps(card.plain()).decode())

    def take(self, data: bytes, do: Do) -> Sifted:
        """Take what a carrier brought: believe what fits, do it, and note how far it was done.

        Raises
        ------
        NotDurable : the disk failed; nothing is noted, and it is done again
        """
        before = self.place
        found = sift(read_batch(data), before, self._keys, self._clock(), self._retired())
        done = do([each for each in found.run if each.body is not None]) if found.run else 0
        behind = _reached(found.run, done)
        if behind is not None or found.refused:
            with self.file.write() as connection:
                self._note(connection, found, before, behind)
        return found

    def _note(
        self, connection: sqlite3.Connection, found: Sifted, before: Place, behind: Place | None
    ) -> None:
        for reason, count in found.refused.items():
            connection.execute(
                "INSERT INTO refused VALUES (?, ?) ON CONFLICT (reason) DO UPDATE SET count = count + excluded.count",
                (reason, count),
            )
        for reason, message in found.odd:
            connection.execute(
                "INSERT INTO odd (reason, at_s, line) VALUES (?, ?, ?)",
                (reason, self._clock(), message.body or message.said()),
            )
        if found.odd:
            connection.execute("DELETE FROM odd WHERE id <= (SELECT max(id) FROM odd) - ?", (ODD_KEPT,))
        if behind is None:
            return
        if before.stream and before.stream != behind.stream:
            connection.execute("INSERT OR REPLACE INTO streams VALUES (?, ?)", (before.stream, before.seq))
        for name, value in (("stream", behind.stream), ("seq", str(behind.seq)), ("hash", behind.hash)):
            _set(connection, name, value)
        if behind.card is not None and behind.card != before.card:
            _set(connection, "card", orjson.dumps(behind.card.plain()).decode())

    def _retired(self) -> frozenset[str]:
        return frozenset(row[0] for row in self.file.read("SELECT stream FROM streams"))

    def refused(self) -> dict[str, int]:
        """Reason → how often, since the file was made."""
        return {
            row["reason"]: row["count"] for row in self.file.read("SELECT * FROM refused ORDER BY reason")
        }

    def count(self, reason: str, many: int = 1) -> None:
        """Count what somebody else refused: `odd` for a message that says what may not be said over the border."""
        found = Sifted(refused={reason: many})
        with self.file.write() as connection:
            self._note(connection, found, Place(), None)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def sift(batch: Batch, place: Place, keys: Keys, now_s: float, retired: frozenset[str]) -> Sifted:
    """Hold a batch against the chain as it was read so far: what fits, in order, and why the rest does not.

    Parameters
    ----------
    place : how far the stream was read, and whose card is trusted
    retired : streams that are over
    """
    found = Sifted(refused=dict(batch.problems))
    card = place.card
    if card is None:
        found.refuse("forged")
        return found
    for message in sorted(batch.messages, key=lambda each: (each.stream != place.stream, each.seq)):
        verdict = _verdict(message, place, retired)
        assert place.card is not None
        if verdict in ("", "new") and not place.card.signed(message.said(), message.signature):
            verdict = "forged"
        if verdict not in ("", "new"):
            found.refuse(verdict)
            continue
        place = _after(found, message, place, keys, now_s)
    hello = batch.hello
    if hello is not None:
        known = (
            place.card
            if place.card is not None and place.card.signed(hello.said(), hello.signature)
            else card
        )
        if known.signed(hello.said(), hello.signature):
            found.hello = hello
        else:
            found.refuse("forged")
    return found


def _verdict(message: Message, place: Place, retired: frozenset[str]) -> str:
    """Why a message does not fit behind a place; '' where it does, 'new' where it begins another stream."""
    if message.stream != place.stream:
        if message.stream in retired:
            return "replayed"
        begins = message.seq == 1 and message.prev == first_prev(message.stream)
        return "new" if begins else "gap"
    if message.seq <= place.seq:
        return "forked" if message.seq == place.seq and message.hash != place.hash else "doubled"
    if message.seq > place.seq + 1:
        return "gap"
    return "" if message.prev == place.hash else "forked"


def _after(found: Sifted, message: Message, before: Place, keys: Keys, now_s: float) -> Place:
    """Take one message that fits, and say where that leaves us; what it carries may have expired, or be nothing that we can open."""
    place = Place(message.stream, message.seq, message.hash, before.card)
    body: Any = None
    if message.expired(now_s):
        found.refuse("expired")
    elif message.body is None or digest_of(message.body) != message.digest:
        found.refuse("changed")
        return before
    else:
        body = _plain(keys.open(message.body, about(message.stream, message.kind)))
        if body is None:
            found.refuse("unsealable")
            found.odd.append(("unsealable", message))
    if plain_kind(message) == "keys" and body is not None:
        place, body = _turned(found, message, place, body), None
    found.run.append(Opened(message, body, place))
    return place


def _turned(found: Sifted, message: Message, place: Place, body: Any) -> Place:
    """The other side announces new keys under its old one."""
    card = card_of(body)
    if card is None:
        found.refuse("odd")
        found.odd.append(("odd", message))
        return place
    return Place(place.stream, place.seq, place.hash, card)


def plain_kind(message: Message) -> str:
    """The kind without the stream that it was sealed for."""
    return message.kind.partition("@")[0]


def _plain(data: bytes | None) -> Any:
    try:
        return None if data is None else orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _reached(run: Sequence[Opened], done: int) -> Place | None:
    """The place behind the last message that is done, and behind those after it that ask for nothing."""
    behind: Place | None = None
    for each in run:
        if each.body is not None:
            if done < 1:
                break
            done -= 1
        behind = each.after
    return behind


def _set(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
