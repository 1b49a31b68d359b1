"""The database connection: one that writes, many that only read, and the settings that make a commit durable.

Idea (trust.md findings 1, 3 and 4): a durability setting is asserted, never trusted. SQLite runs in WAL with `synchronous=FULL`, without
mmap; only one connection writes and checkpoints. A lock file keeps a second process out: always, because the second one would take the
record away from the first; and with the WAL-reset bug (3.7.0 - 3.51.2 except 3.50.7 and 3.44.6, sqlite.org/wal.html#walresetbug) two could
corrupt it. Before each commit the files must still be those that were opened: a folder that was deleted or put back from a copy under a running
service would swallow acknowledged calls. A connection on which a commit failed is thrown away, never used again.
Limits: SQLite here; `postgres` is the same over a server, and `opened` says which of both a folder's record is in.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from firstminute.store import record
from firstminute.store.errors import HeadLost, NotDurable, StorageRefused, Unreadable

if TYPE_CHECKING:
    from firstminute.store.lease import Lease

WAL_PAGES = 16_000
"""A commit brings the log into the file only where it has grown to some 64 MB: that stops it for as long as the disk needs, 0.1 s and more."""
REST_COMMITS = 64
"""After so many commits the log is brought into the file as soon as nobody waits."""
FULL = 2
SETTLED_NS = 50_000_000
"""A folder whose last change is younger is looked into again: two changes within one tick of the file system's clock look like one."""
STATEMENTS_KEPT = 512


def has_wal_reset_bug(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """True where this SQLite may corrupt a file that two connections write or checkpoint at once.

    >>> [has_wal_reset_bug(v) for v in [(3, 40, 1), (3, 44, 6), (3, 50, 7), (3, 51, 2), (3, 51, 3), (3, 54, 1)]]
    [True, False, False, True, False, False]
    """
    version = tuple(version[:3])
    if not (3, 7, 0) <= version <= (3, 51, 2):
        return False
    return not ((3, 44, 6) <= version < (3, 45, 0) or (3, 50, 7) <= version < (3, 51, 0))


class Lock:
    """An exclusive lock on a file, held until `close`; the operating system drops it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise StorageRefused(
                "in_use",
                f"another process (pid {holder}) is writing {path.parent}",
                pid=holder,
                folder=path.parent,
            ) from None
        self._path, self._opened = path, os.fstat(self._file.fileno())
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    @property
    def in_place(self) -> bool:
        """False once the file under this name is another one, or none: then somebody else may hold a lock too."""
        return _same(self._path, self._opened)

    def close(self) -> None:
        """Let the next process in."""
        self._file.close()


def _same(path: Path, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), opened)
    except OSError:
        return False


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Nobody else writes this database while the block runs; for whoever moves or deletes its folder.

    Raises
    ------
    StorageRefused : a service runs on it
    """
    lock = Lock(lock_of(database))
    try:
        yield
    finally:
        lock.close()


def lock_of(database: Path) -> Path:
    """The lock file that stands beside a database."""
    return database.with_suffix(".lock")


def _engine(path: Path, *, reader: bool) -> Engine:
    url = f"sqlite:///file:{path}?{'mode=ro&' if reader else ''}uri=true"
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,  # an error names the statement, never what was in it
        connect_args={"check_same_thread": False, "timeout": 10.0, "cached_statements": STATEMENTS_KEPT},
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by us, below
        if reader:
            connection.execute("PRAGMA query_only=ON")
            return
        connection.execute("PRAGMA journal_mode=WAL")
        for pragma in (
            "synchronous=FULL",
            "mmap_size=0",
            f"wal_autocheckpoint={WAL_PAGES}",
            "temp_store=MEMORY",
            "cache_size=-65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection  # past the expression language: this is on the way of every call
        driver.execute("BEGIN" if reader else "BEGIN IMMEDIATE")

    return engine


class Database:
    """One SQLite file: `write` for the single writing connection, `read` for anybody.

    Parameters
    ----------
    path : the file; its folder must exist
    before_commit : called just before each commit, for fault tests and benchmarks: it may wait, or raise as a failing disk would

    Attributes
    ----------
    failures : the exceptions that mean: the database or the disk failed
    """

    failures: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error, OSError)

    def __init__(self, path: Path, before_commit: Callable[[], None] | None = None) -> None:
        self.path = path
        self.before_commit = before_commit
        self.affected = has_wal_reset_bug()
        self._lock: Lock | None = Lock(lock_of(path))
        self._opened: os.stat_result | None = None
        self._folder_seen: tuple[int, int, int] | None = None
        self._mutex = threading.RLock()
        self._writing: Connection | None = None
        self._looking: Connection | None = None
        self._since_rest = 0
        self._writer, self._reader = self._engines()
        try:
            self.durability = self._assert_durable()
            self._opened = self._stat()
        except BaseException:
            self.close()
            raise

    def _engines(self) -> tuple[Engine, Engine]:
        """What writes and what reads."""
        return _engine(self.path, reader=False), _engine(self.path, reader=True)

    def _stat(self) -> os.stat_result | None:
        """Which file the record is, None where it is none of ours."""
        return os.stat(self.path)

    def _assert_durable(self) -> dict[str, str | int | bool]:
        connection = self._connection()
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "mmap_size")
        }
        connection.rollback()
        if (
            found["journal_mode"] != "wal"
            or found["synchronous"] != FULL
            or found["mmap_size"] not in (0, None)
        ):
            said = f"{self.path} is not durable: {found}; wal, synchronous=FULL and no mmap are needed"
            raise StorageRefused("not_durable", said, path=self.path, found=found)
        return {
            "engine": "sqlite",
            "version": sqlite3.sqlite_version,
            "journal_mode": "wal",
            "synchronous": "FULL",
            "wal_reset_bug": self.affected,
            "locked": self._lock is not None,
        }

    def _connection(self) -> Connection:
        if self._writing is None:
            self.assert_in_place()
            self._writing = self._writer.connect()
        return self._writing

    def assert_in_place(self) -> None:
        """Raises HeadLost where the files under these names are no longer those that were opened."""
        if self._opened is None:
            return
        folder = self._folder()
        if folder is not None and folder == self._folder_seen and time.time_ns() - folder[2] > SETTLED_NS:
            return  # nothing in it was made, removed or renamed since the last look
        if self._lock is None or not self._lock.in_place or not _same(self.path, self._opened):
            raise HeadLost(
                f"{self.path.parent} was deleted, moved or put back under the running service: nothing written now would be found again. "
                "Stop this process and start it anew"
            )
        self._folder_seen = folder

    def _folder(self) -> tuple[int, int, int] | None:
        """Which folder it is and when what it holds last changed; None where it is gone."""
        try:
            found = os.stat(self.path.parent)
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_mtime_ns

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction on the writing connection: committed and durable when the block ends.

        Raises
        ------
        NotDurable : the commit, or a statement, failed in the database or the disk; the connection is gone
        HeadLost : the record is not where it was opened
        """
        with self._mutex:
            try:
                connection = self._connection()
                connection.begin()
                yield connection
                if self.before_commit is not None:
                    self.before_commit()
                self.assert_in_place()
                connection.commit()
                self._since_rest += 1
            except self.failures as problem:
                self._throw_away()
                raise NotDurable(self._said(problem)) from problem
            except BaseException:
                self._throw_away()
                raise

    def _said(self, problem: Exception) -> str:
        """What may stand in a log about a failure: never what was to be written."""
        return str(problem)

    @property
    def restless(self) -> bool:
        """True where `rest` has something to do."""
        return self._since_rest >= REST_COMMITS

    def rest(self) -> None:
        """Nobody waits: bring what the log holds into the file, so that no commit has to. Raises NotDurable where the disk failed."""
        with self._mutex:
            try:
                driver: Any = self._connection().connection
                driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except self.failures as problem:
                self._throw_away()
                raise NotDurable(self._said(problem)) from problem
            finally:
                self._since_rest = 0

    def _throw_away(self) -> None:
        connection, self._writing = self._writing, None
        self._discard(connection)

    def _discard(self, connection: Connection | None) -> None:
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except self.failures:
                pass  # it is broken: that is why it goes

    def fence(self, desk: str, epoch: int) -> None:
        """From now on only whoever leads `desk` in this epoch may write. The lock on the folder is enough here."""

    def attend(self, alive: Callable[[], bool], lost: Callable[[], object]) -> None:
        """Lead as long as `alive` says so, asked from another thread; call `lost` once the record is somebody else's. A file knows neither."""

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A reading connection that stays open, for the writer's own quick look-ups: one thread at a time. It goes where it fails.

        Raises
        ------
        Unreadable : the database or the disk failed
        """
        try:
            if self._looking is None:
                self._looking = self._reader.connect()
            with self._looking.begin():
                yield self._looking
        except (SQLAlchemyError, sqlite3.Error) as problem:
            broken, self._looking = self._looking, None
            self._discard(broken)
            raise Unreadable(str(problem)) from problem

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection of its own that sees one consistent state and cannot write."""
        with self._reader.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close everything and let the next process in."""
        with self._mutex:
            looking, self._looking = self._looking, None
            self._discard(looking)
            self._throw_away()  # the last one out, so that what stands in the log is taken into the file
            self._writer.dispose()
            self._reader.dispose()
            if self._lock is not None:
                self._lock.close()
                self._lock = None


def opened(
    folder: Path, url: str | None, before_commit: Callable[[], None] | None = None, lease: Lease | None = None
) -> Database:
    """The record of a data folder, to be written by this process alone.

    Parameters
    ----------
    url : see `record.settle`
    lease : of a stand-by that waited for its turn
    """
    if url is None:
        return Database(folder / record.DATABASE, before_commit)
    from firstminute.store.postgres import PostgresDatabase  # the driver is loaded only where it is used

    return PostgresDatabase(folder / record.DATABASE, url, before_commit, lease)


@contextmanager
def read_only(path: Path) -> Iterator[Connection]:
    """Look into a record beside a running service: never writes, never checkpoints. `path`: of the file, also where its folder points elsewhere.

    Raises
    ------
    StorageRefused : there is no record, or it cannot be read as what it should be
    """
    url = record.url_of(path.parent)
    failures: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error)
    if url is not None:
        from firstminute.store.postgres import PostgresDatabase, engine_of
        from firstminute.store.server import unreachable

        engine = engine_of(url, reader=True)
        failures = tuple(each for each in PostgresDatabase.failures if each is not OSError)
    elif path.is_file():
        engine = _engine(path, reader=True)
    else:
        raise StorageRefused("no_database", f"there is no database at {path}", path=path)
    try:
        with engine.connect() as connection:
            yield connection
    except failures as problem:
        if url is not None:
            raise unreachable(url, problem) from problem
        reason = str(getattr(problem, "orig", None) or problem)
        raise StorageRefused("damaged", f"{path} is damaged: {reason}", path=path, reason=reason) from problem
    finally:
        engine.dispose()
