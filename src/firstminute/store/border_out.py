"""The way out over the border: messages that wait, signed and chained, until the other side says that it has read them.

Idea: whatever is put here is sealed, signed and durable before anybody hears "kept"; it stays until the other side's signed greeting acknowledges it, so a
carrier may lose, double or reorder as it likes. Who stands beside a message in the same transaction (a receipt, an alert given outside) is the
caller's business (`beside`). What may be made again (pictures, positions) is refused before the file is full, so that calls always find room.
Limits: one stream at a time; `restart` re-signs what waits as a new stream, after a backup was put back on either side.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from firstminute.store.border_keys import Card, Keys
from firstminute.store.border_wire import (
    BATCH_MOST,
    BODY_MOST,
    MESSAGES_MOST,
    Hello,
    Message,
    digest_of,
    first_prev,
    write_batch,
)
from firstminute.store.canonical import canonical
from firstminute.store.errors import StorageRefused
from firstminute.store.small_file import SmallFile

FILE = "out.db"
LINE_SPARE = 600
TABLES = (
    """CREATE TABLE IF NOT EXISTS messages (
        seq INTEGER PRIMARY KEY, prev TEXT NOT NULL, at_s REAL NOT NULL, expires_s REAL NOT NULL, kind TEXT NOT NULL, digest TEXT NOT NULL,
        signature TEXT NOT NULL, body BLOB NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stream was read: its name, the last number and its hash, and whose card is trusted."""

    stream: str = ""
    seq: int = 0
    hash: str = ""
    card: Card | None = None


Beside = Callable[[sqlite3.Connection, int], None]


class Forked(Exception):
    """The two sides do not have the same past; `restart` puts what waits into a new stream."""


class BorderFull(Exception):
    """There is no room for a message of this kind; nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to go over.

    `expires_s`: 0 = never; `share`: of the room that messages of its kind may fill; `beside`: what is written with it, given its number.
    """

    kind: str
    body: Mapping[str, Any]
    expires_s: float = 0.0
    share: float = 1.0
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: how many messages, their bytes, since when."""

    count: int
    size: int
    since_s: float | None


class BorderOut:
    """One direction.

    Parameters
    ----------
    tables : further tables in the same file, for what stands beside messages
    other : the card of whom to seal to, None where nobody is trusted yet
    most_bytes : room for bodies that wait
    clock : seconds since 1970
    """

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        other: Callable[[], Card | None],
        *,
        most_bytes: int,
        clock: Callable[[], float],
        tables: Sequence[str] = (),
        before_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._keys, self._other, self._most, self._clock = keys, other, most_bytes, clock
        self.file = SmallFile(folder / FILE, (*TABLES, *tables), before_commit=before_commit)
        with self.file.write() as connection:
            if _meta(connection, "stream") is None:
                _begin(connection, os.urandom(16).hex())
                _set(connection, "sign", keys.newest)

    def put(self, *letters: Letter) -> list[int]:
        """Keep letters, durable when this returns; their numbers.

        Raises
        ------
        NotDurable : the disk failed, nothing is kept
        BorderFull : no room, nothing is kept
        """
        with self.file.write() as connection:
            return [self._put(connection, each) for each in letters]

    def _put(self, connection: sqlite3.Connection, letter: Letter) -> int:
        other = self._other()
        if other is None:
            raise StorageRefused("border_no_trust", "no card of the other side is trusted yet")
        stream = str(_meta(connection, "stream"))
        plain = canonical(letter.body)
        size = int(_meta(connection, "size") or 0) + len(plain)
        if len(plain) > BODY_MOST - 100 or size > self._most * letter.share:
            raise BorderFull(letter.kind)
        body = other.seal_to(plain, about(stream, letter.kind))
        seq = int(_meta(connection, "last") or 0) + 1
        message = Message(
            stream=stream, seq=seq, prev=str(_meta(connection, "hash")), at_s=round(self._clock(), 3), expires_s=letter.expires_s,
            kind=letter.kind, digest=digest_of(body), body=body,
        )  # fmt: skip
        self._write(connection, message, str(_meta(connection, "sign")))
        _set(connection, "size", str(size))
        if letter.beside is not None:
            letter.beside(connection, seq)
        return seq

    def _write(self, connection: sqlite3.Connection, message: Message, sign: str) -> None:
        signature = self._keys.sign(message.said(), sign)
        connection.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (message.seq, message.prev, message.at_s, message.expires_s, message.kind, message.digest, signature, message.body),
        )  # fmt: skip
        _set(connection, "last", str(message.seq))
        _set(connection, "hash", message.hash)

    def acknowledge(self, hello: Hello) -> None:
        """The other side has read so far: that need not be kept.

        Raises
        ------
        Forked : what it has read is not what we have; after a backup was put back on one side
        """
        stream, acked = self._known("stream"), int(self._known("acked") or 0)
        if hello.at_s <= float(self._known("acked_s") or 0.0):
            return  # it said so before it read more
        if hello.acked_stream != stream and acked == 0:
            return  # it has read nothing of this stream yet
        if hello.acked_stream != stream or hello.acked < acked or hello.acked > self.last:
            raise Forked(hello.acked)
        if hello.acked == acked:
            return
        with self.file.write() as connection:
            row = connection.execute("SELECT * FROM messages WHERE seq = ?", (hello.acked,)).fetchone()
            if row is None or Message(stream=stream, **dict(row)).hash != hello.acked_hash:
                raise Forked(hello.acked)
            connection.execute("DELETE FROM messages WHERE seq <= ?", (hello.acked,))
            left = connection.execute("SELECT coalesce(sum(length(body)), 0) FROM messages").fetchone()[0]
            _set(connection, "size", str(left))
            _set(connection, "acked", str(hello.acked))
            _set(connection, "acked_s", str(min(hello.at_s, self._clock())))

    def batch(self, read: Place, *, refused: int, after: int = 0, echo_s: float = 0.0) -> tuple[bytes, int]:
        """A greeting and what waits behind `after`, as much as fits; and the number of its last message (`after` where there is none).

        read : the other's stream, how far it was read
        echo_s : the time of the other's newest greeting
        """
        now_s = round(self._clock(), 3)
        found: list[Message] = []
        room = BATCH_MOST - 4_000
        rows = self.file.read(
            "SELECT * FROM messages WHERE seq > ? ORDER BY seq LIMIT ?", after, MESSAGES_MOST
        )
        stream = str(self._known("stream"))
        for row in rows:
            message = Message(stream=stream, **dict(row))
            if message.expired(now_s):
                message = replace(message, body=None)
            room -= LINE_SPARE + (0 if message.body is None else len(message.body) * 4 // 3 + 8)
            if room < 0:
                break
            found.append(message)
        self._keys.look()
        hello = Hello(
            stream=stream,
            at_s=now_s,
            last=int(self._known("last") or 0),
            acked_stream=read.stream,
            acked=read.seq,
            acked_hash=read.hash,
            echo_s=echo_s,
            refused=refused,
        )
        signed = replace(hello, signature=self._keys.sign(hello.said(), str(self._known("sign"))))
        return write_batch(signed, found), found[-1].seq if found else after

    def waiting(self) -> Waiting:
        """What the other side has not acknowledged."""
        row = self.file.read("SELECT count(*), coalesce(sum(length(body)), 0), min(at_s) FROM messages")[0]
        return Waiting(int(row[0]), int(row[1]), row[2])

    def count(self, kind: str) -> int:
        """How many messages of a kind wait."""
        return int(self.file.read("SELECT count(*) FROM messages WHERE kind = ?", kind)[0][0])

    @property
    def last(self) -> int:
        """The number of the last message."""
        return int(self._known("last") or 0)

    @property
    def stream(self) -> str:
        """The stream's name."""
        return str(self._known("stream"))

    @property
    def sign(self) -> str:
        """The public signing key in use."""
        return str(self._known("sign"))

    def rotate(self) -> Card:
        """Announce new keys under the old one; from the next message on the new ones are used."""
        card = self._keys.add()
        with self.file.write() as connection:
            self._put(connection, Letter(kind="keys", body=card.plain()))
            _set(connection, "sign", card.sign)
        return card

    def restart(self) -> int:
        """Put what waits into a new stream, signed anew: after a backup was put back here or on the other side. How many messages."""
        self._keys.look()
        with self.file.write() as connection:
            rows = connection.execute("SELECT * FROM messages ORDER BY seq").fetchall()
            before, stream = str(_meta(connection, "stream")), os.urandom(16).hex()
            connection.execute("DELETE FROM messages")
            connection.execute("DELETE FROM meta WHERE name IN ('acked', 'acked_s')")
            _begin(connection, stream)
            sign, prev = str(_meta(connection, "sign")), first_prev(stream)
            for seq, row in enumerate(rows, 1):
                kept = Message(stream=stream, **{**dict(row), "seq": seq, "prev": prev})
                self._write(connection, replace(kept, kind=_of(kept.kind, before)), sign)
                prev = replace(kept, kind=_of(kept.kind, before)).hash
        return len(rows)

    def _known(self, name: str) -> str | None:
        rows = self.file.read("SELECT value FROM meta WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def about(stream: str, kind: str) -> bytes:
    """What a sealed body is bound to. A body that was taken into a newer stream says which one it was sealed for."""
    plain, _, sealed_for = kind.partition("@")
    return f"{sealed_for or stream}:{plain}".encode()


def _of(kind: str, stream: str) -> str:
    return kind if "@" in kind else f"{kind}@{stream}"


def _begin(connection: sqlite3.Connection, stream: str) -> None:
    for name, value in (("stream", stream), ("last", "0"), ("hash", first_prev(stream))):
        _set(connection, name, value)


def _meta(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def _set(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
