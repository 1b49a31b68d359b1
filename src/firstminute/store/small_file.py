"""A small durable SQLite file of our own: one connection that writes, one that reads, and a lock that two processes share.

Idea: WAL with `synchronous=FULL`, asserted; each transaction holds a lock file, because SQLite before 3.51.3 can corrupt a WAL file that two
connections write or checkpoint at once (trust.md finding 3), and service and command line both write. A connection on which a commit failed is thrown away.
Limits: for files of which a few hundred transactions a second are asked.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from firstminute.store.errors import NotDurable, StorageRefused

WAIT_S = 5.0
FULL = 2
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "mmap_size=0")


class SmallFile:
    """One file and its tables, made where they are missing, readable by the owner alone.

    Parameters
    ----------
    tables : statements that make what is missing
    before_commit : called before each commit; a test makes it raise

    Raises
    ------
    StorageRefused : it is no such file, or the disk does not promise what is needed

    Attributes
    ----------
    broken : the code of a file that cannot be read
    passed_on : what a statement may raise that is its caller's business, and no failure of the disk
    commits : how many this process has made
    """

    broken = "border_broken"
    passed_on: tuple[type[sqlite3.Error], ...] = ()

    def __init__(
        self, path: Path, tables: Sequence[str], *, before_commit: Callable[[], None] = lambda: None
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path, self._tables, self._before_commit = path, tables, before_commit
        self._mutex, self._reading = threading.RLock(), threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self.commits = 0
        with self._alone():
            self._prepare()
            try:
                self._open()
            except sqlite3.DatabaseError as problem:
                said = f"{path} cannot be read: {problem}"
                raise StorageRefused(self.broken, said, path=path, reason=str(problem)) from None
        self._reader = sqlite3.connect(
            f"file:{path}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        self._reader.row_factory = sqlite3.Row

    def _prepare(self) -> None:
        """What must be there before the file is, made while no other process starts on it."""

    def _open(self) -> sqlite3.Connection:
        if self._writer is not None:
            return self._writer
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        found = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=WAIT_S)
        found.row_factory = sqlite3.Row
        for pragma in PRAGMAS:
            found.execute(f"PRAGMA {pragma}")
        mode, level = (found.execute(f"PRAGMA {n}").fetchone()[0] for n in ("journal_mode", "synchronous"))
        if (mode, level) != ("wal", FULL):
            said = f"{self.path} is not durable: {mode}, synchronous={level}; wal and FULL are needed"
            raise StorageRefused("not_durable", said, path=self.path, found=f"{mode}, synchronous={level}")
        found.execute("BEGIN IMMEDIATE")
        for statement in self._tables:
            found.execute(statement)
        found.execute("COMMIT")
        self._writer = found
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._mutex, self.path.with_suffix(".lock").open("a") as lock:
            until = time.monotonic() + WAIT_S
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        said = f"another process holds {self.path} for longer than {WAIT_S:g} s"
                        raise NotDurable(said) from None
                    time.sleep(0.002)
            yield

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when the block ends; undone where the block raises.

        Raises
        ------
        NotDurable : the database or the disk failed; the connection is gone
        """
        with self._alone():
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                self._before_commit()
                connection.execute("COMMIT")
                self.commits += 1
            except self.passed_on:
                self._throw_away()
                raise
            except (sqlite3.Error, OSError) as problem:
                self._throw_away()
                raise NotDurable(str(problem)) from problem
            except BaseException:
                self._throw_away()
                raise

    def _throw_away(self) -> None:
        connection, self._writer = self._writer, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def read(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Rows as they are now; never waits for a writer."""
        with self._reading:
            return self._reader.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close both connections; the last one out checkpoints, so nobody else may write meanwhile."""
        with self._alone():
            self._reader.close()
            self._throw_away()
