"""A disk that keeps only what was synced: the store runs on it, the power goes at a chosen operation, and what is left is put on a real disk.

Idea (trust.md finding 1): a killed process proves nothing about power, because the page cache outlives it. Here every write of SQLite stays in memory
until SQLite asks for a sync. At the moment of a cut the unsynced writes are lost, or any of them reached the medium, or some of those were torn at a
sector. SQLite is called through `apsw`, behind just as much of a database module as SQLAlchemy needs.
Limits: making, deleting and renaming a file counts as durable at once, which is kind to rollback journals and means nothing to a log. The key file is not on
this disk: it is synced before the record on its own.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apsw
import pytest
from sqlalchemy import create_engine

from firstminute.app import pause
from firstminute.app.desk import Desk
from firstminute.model.facts.call import CallReceived
from firstminute.store import engine
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.desk import receive
from tests.support.record import facts_of, incidents

SECTOR = 512
BACK_WITHIN_S = 60.0
"""How long a desk on a disk that is sound again may take, on a machine that does much else."""
MODES = ("drop", "subset", "torn")
KEPT = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_WAL
Write = tuple[int, bytes | None]
"""Where and what; None: the file is cut there."""


@dataclass
class Medium:
    """One file: what readers see, what is on the medium for certain, what is on its way."""

    seen: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    waiting: list[Write] = field(default_factory=list)

    def take(self, write: Write) -> None:
        """A write that nobody has synced."""
        self.waiting.append(write)
        put(self.seen, write)

    def sync(self) -> None:
        """Everything seen is on the medium."""
        self.synced, self.waiting = bytes(self.seen), []

    def after_cut(self, mode: str, rng: random.Random) -> bytes:
        """What the medium holds when the power goes now."""
        left = bytearray(self.synced)
        if mode != "drop":
            for at, data in (each for each in self.waiting if rng.random() < 0.5):
                if mode == "torn" and data and len(data) > SECTOR and rng.random() < 0.5:
                    data = data[: SECTOR * rng.randrange(1, len(data) // SECTOR + 1)]
                put(left, (at, data))
        return bytes(left)


def put(data: bytearray, write: Write) -> None:
    """Take a write into a file's bytes."""
    at, new = write
    if new is None:
        del data[at:]
        return
    if len(data) < at:
        data.extend(bytes(at - len(data)))
    data[at : at + len(new)] = new


class Disk(apsw.VFS):
    """The file system. `at_operation` is told before each write and sync."""

    def __init__(self, at_operation: Callable[[], None]) -> None:
        self.media: dict[str, Medium] = {}
        self.at_operation = at_operation
        super().__init__("forgetting", "", iVersion=1)

    def xOpen(self, name: Any, flags: Any) -> Any:
        """A file of ours where it is the database or its log, any other as it is."""
        return File(self, name, flags)

    def xAccess(self, name: str, flags: int) -> bool:
        """Whether it is there: its bytes are here, and the real file is empty."""
        medium = self.media.get(name)
        return bool(medium.seen) if medium is not None else super().xAccess(name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        """Gone for good."""
        self.media.pop(name, None)
        super().xDelete(name, sync)


class File(apsw.VFSFile):
    """One open file."""

    def __init__(self, disk: Disk, name: Any, flags: Any) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        path = name.filename() if hasattr(name, "filename") else name
        self._medium = disk.media.setdefault(path, Medium()) if path and flags[0] & KEPT else None

    def xRead(self, amount: int, offset: int) -> bytes:
        """As written, synced or not."""
        if self._medium is None:
            return bytes(super().xRead(amount, offset))
        return bytes(self._medium.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        """Into memory."""
        if self._medium is None:
            super().xWrite(data, offset)
            return
        self._disk.at_operation()
        self._medium.take((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        """A write like any other."""
        if self._medium is None:
            super().xTruncate(size)
        else:
            self._medium.take((size, None))

    def xSync(self, flags: int) -> None:
        """From here on it is certain."""
        if self._medium is None:
            super().xSync(flags)
            return
        self._disk.at_operation()
        self._medium.sync()

    def xFileSize(self) -> int:
        """As seen."""
        return super().xFileSize() if self._medium is None else len(self._medium.seen)


class Cursor:
    """As much of a database module's cursor as is needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._cursor = connection, connection.inner.cursor()
        self.description: Any = None
        self._rows: Iterator[Any] = iter(())
        self.rowcount, self.lastrowid, self.arraysize = -1, None, 1
        self._cursor.exec_trace = self._describe

    def _describe(self, cursor: Any, statement: str, bindings: Any) -> bool:
        found = cursor.get_description()
        self.description = tuple((each[0], *(None,) * 6) for each in found) or None
        return True

    def execute(self, statement: str, values: Any = ()) -> Cursor:
        """One statement."""
        with translated():
            before = self._connection.inner.total_changes()
            self._rows = iter(list(self._cursor.execute(statement, tuple(values))))
            self.rowcount = (
                self._connection.inner.total_changes() - before if self.description is None else -1
            )
        return self

    def executemany(self, statement: str, rows: Any) -> Cursor:
        """One statement for many rows."""
        with translated():
            before = self._connection.inner.total_changes()
            self._cursor.executemany(statement, [tuple(row) for row in rows])
            self.rowcount = self._connection.inner.total_changes() - before
        return self

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return list(self._rows)

    def fetchone(self) -> Any:
        """The next row."""
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Some rows."""
        return list(islice(self._rows, size))

    def close(self) -> None:
        """Done."""
        self._cursor.close()


class Connection:
    """As much of a database module's connection as is needed."""

    isolation_level = None

    def __init__(self, name: str) -> None:
        flags = apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        self.inner = apsw.Connection(name, flags=flags, vfs="forgetting")

    def cursor(self) -> Cursor:
        """A cursor."""
        return Cursor(self)

    def execute(self, statement: str, values: Any = ()) -> Cursor:
        """One statement on a cursor of its own."""
        return Cursor(self).execute(statement, values)

    def create_function(self, *_: Any, **__: Any) -> None:
        """No functions of ours are called."""

    def commit(self) -> None:
        """End what was begun."""
        if self.inner.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Undo what was begun."""
        if self.inner.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Let go."""
        self.inner.close(True)


@contextmanager
def translated() -> Iterator[None]:
    """Errors by the names that SQLAlchemy knows."""
    try:
        yield
    except apsw.Error as problem:
        raise sqlite3.OperationalError(str(problem)) from problem


MODULE: Any = SimpleNamespace(
    **{
        name: getattr(sqlite3, name)
        for name in dir(sqlite3)
        if not name.startswith("_") and name != "connect"
    },
    connect=lambda name, **_: Connection(name),
)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a power cut left: files, and how many facts had been acknowledged until then."""

    files: dict[str, bytes]
    acknowledged: int


@contextmanager
def store_on(folder: Path, at_operation: Callable[[], None]) -> Iterator[tuple[Store, Disk]]:
    """A store on the forgetting disk, which checkpoints often."""
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(at_operation)
        patch.setattr(engine, "WAL_PAGES", 60)
        patch.setattr(engine, "create_engine", lambda url, **more: create_engine(url, module=MODULE, **more))
        store = Store(folder)
        try:
            yield store, disk
        finally:
            store.close()
            disk.unregister()


def cuts(folder: Path, rng: random.Random, *, count: int, durable: bool = True) -> list[Cut]:
    """Write a record on the forgetting disk, cut the power at `count` operations spread over it, and say what each left."""
    found: list[Cut] = []
    acknowledged, operations = [0], [0]
    moments: set[int] = set()

    def at_operation() -> None:
        operations[0] += 1
        if operations[0] in moments:
            mode = rng.choice(MODES)
            left = {Path(path).name: medium.after_cut(mode, rng) for path, medium in disk.media.items()}
            found.append(Cut(left, acknowledged[0]))

    with store_on(folder, at_operation) as (store, disk):
        store.begin()
        if not durable:
            driver = store.database._connection().connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA synchronous=NORMAL")
        moments |= {operations[0] + rng.randrange(1, 1200) for _ in range(count)}
        bodies = list(incidents(240))
        while len(found) < len(moments) and acknowledged[0] < len(bodies):
            size = rng.choice((4, 4, 8, 24))
            group = bodies[acknowledged[0] : acknowledged[0] + size]
            store.append({"live": facts_of(group, after=acknowledged[0])})
            acknowledged[0] += len(group)
    return found


def lost(cut: Cut, folder: Path, home: Path) -> int:
    """Start a desk's store on what a cut left: whole, sound, and how many acknowledged facts are not there."""
    folder.mkdir()
    for name in ("vault.db", "master.key", "head.key"):
        shutil.copyfile(home / name, folder / name)
    for name, data in cut.files.items():
        (folder / name).write_bytes(data)
    store = Store(folder)
    try:
        store.begin()
        with store.reading() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            assert said == ["ok"], said
            assert all(each.sound for each in verify(connection))
            seen = [f for f in store.journal.read(connection, "live")]
        assert all(f.body.text for f in seen if isinstance(f.body, CallReceived)), (
            "every key was there before its use"
        )
        return max(0, cut.acknowledged - len(seen))
    finally:
        store.close()


def play(folder: Path, seeds: Sequence[int], each: int, *, durable: bool = True) -> tuple[int, int, int]:
    """Many cuts: how many there were, how many facts they had acknowledged before, how many of those are gone."""
    number = before = gone = 0
    for seed in seeds:
        home = folder / f"{seed}"
        for cut in cuts(home, random.Random(seed), count=each, durable=durable):
            number += 1
            before += cut.acknowledged
            gone += lost(cut, folder / f"{seed}-{number}", home)
            shutil.rmtree(folder / f"{seed}-{number}")
    return number, before, gone


def fail_at(folder: Path, number: int, *, lasting: int, calls: int = 5) -> tuple[int, int]:
    """A desk whose disk fails from operation `number` on, for `lasting` operations: how many answers were no, and how many calls are lost in the end."""
    count, armed = [0], [False]

    def at_operation() -> None:
        count[0] += armed[0]
        if armed[0] and number <= count[0] < number + lasting:
            raise apsw.FullError("no room") if count[0] % 2 else apsw.IOError("input/output error")

    refused = 0
    with store_on(folder, at_operation) as (store, disk), pytest.MonkeyPatch.context() as patch:
        patch.setattr(pause, "SHORTEST_S", 0.01)
        patch.setattr(pause, "LONGEST_S", 0.02)
        desk = Desk(store, ticking=False).start()
        armed[0] = True
        try:
            for each in range(calls):
                until = time.monotonic() + BACK_WITHIN_S
                while not receive(desk, each).done:
                    refused += 1
                    assert time.monotonic() < until, f"the desk never came back: {desk.health()}"
                    time.sleep(0.02)
        finally:
            armed[0] = False
            desk.stop()
        left = Cut({Path(path).name: bytes(medium.seen) for path, medium in disk.media.items()}, 0)
    lost(left, folder / "left", folder)
    store = Store(folder / "left")
    with store.reading() as connection:
        facts = [f for f in store.journal.read(connection, "live") if isinstance(f.body, CallReceived)]
    store.close()
    return refused, calls - len({fact.body.caller_phone for fact in facts}) + abs(len(facts) - calls)
