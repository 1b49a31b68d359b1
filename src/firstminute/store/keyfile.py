"""The small database that holds a vault's keys: a SQLite file in the data folder, or a schema of its own beside a record in PostgreSQL.

Idea: the vault speaks the few statements that both understand and asks here for what they say differently. Where the record is on a server the keys are
there too, so that a desk that moves to another machine finds them; what wraps them, `master.key`, is never on the server. Their schema is not
the record's: it is left out of backups that are kept for long, as the file is.
Limits: the place of a deleted row of PostgreSQL is given free in a minute or so and overwritten later; without the master key it says nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

TABLES = (
    "CREATE TABLE IF NOT EXISTS keys (key_id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL, master INTEGER NOT NULL DEFAULT 1)",
    "CREATE TABLE IF NOT EXISTS masters (number INTEGER PRIMARY KEY, mark BLOB NOT NULL, way BLOB NOT NULL, recorded INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL, master INTEGER NOT NULL)",
)


class KeyFile(Protocol):
    """What a vault needs of the place where its keys are. Rows are tuples; values are marked `?`."""

    where: str
    """What it is called in messages."""
    failures: tuple[type[Exception], ...]

    def rows(self, statement: str, *values: Any) -> Sequence[Any]:
        """The rows of a query, or none of a change."""

    def run(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """One change for each of `rows`."""

    def writing(self) -> Any:
        """A context: one durable transaction, whole or not at all."""

    def prepare(self) -> None:
        """Make the tables where they are missing."""

    def has(self, table: str) -> bool:
        """Whether a table is there: older files lack some."""

    @property
    def last(self) -> int:
        """The highest number that any key here ever had."""

    @property
    def generation(self) -> int:
        """How far destruction has come in this very place: a backup of it is behind."""

    def reached(self, generation: int) -> None:
        """Destruction has come this far; inside `writing`."""

    def scrub(self) -> None:
        """Leave no old copy of what was deleted or wrapped anew, as far as the place can."""

    def back_up(self, target: Path) -> None:
        """A consistent copy as a SQLite file."""

    def close(self) -> None:
        """Let go of it."""


class SqliteKeys:
    """Keys in a file. `read_only`: it must be there, and nothing is written."""

    failures: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.where = path, str(path)
        self._read_only = read_only
        self._file = self._connected()
        if not read_only:
            path.chmod(0o600)

    def _connected(self) -> sqlite3.Connection:
        where = f"file:{self.path}?mode={'ro' if self._read_only else 'rwc'}"
        made = sqlite3.connect(where, uri=True, check_same_thread=False, isolation_level=None)
        if not self._read_only:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                made.execute(f"PRAGMA {pragma}")
        return made

    def rows(self, statement: str, *values: Any) -> Sequence[Any]:
        """See `KeyFile`."""
        return self._file.execute(statement, values).fetchall()

    def run(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """See `KeyFile`."""
        self._file.executemany(statement, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See `KeyFile`. A connection on which the disk failed is not used again."""
        try:
            self._file.execute("BEGIN IMMEDIATE")
            yield
            self._file.execute("COMMIT")
        except sqlite3.Error:
            self._file.close()
            self._file = self._connected()
            raise
        except BaseException:
            self._file.execute("ROLLBACK")
            raise

    def prepare(self) -> None:
        """See `KeyFile`."""
        for statement in TABLES:
            self._file.execute(statement)
        if "master" not in [row[1] for row in self._file.execute("PRAGMA table_info(keys)")]:
            self._file.execute("ALTER TABLE keys ADD COLUMN master INTEGER NOT NULL DEFAULT 1")

    def has(self, table: str) -> bool:
        """See `KeyFile`."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE name = ?", table))

    @property
    def last(self) -> int:
        """See `KeyFile`."""
        found = self.rows("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'keys'), 0)")
        return int(found[0][0])

    @property
    def generation(self) -> int:
        """See `KeyFile`."""
        return int(self.rows("PRAGMA user_version")[0][0])

    def reached(self, generation: int) -> None:
        """See `KeyFile`."""
        self._file.execute(f"PRAGMA user_version = {generation:d}")

    def scrub(self) -> None:
        """See `KeyFile`."""
        self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def back_up(self, target: Path) -> None:
        """See `KeyFile`."""
        here = f"file:{self.path}?mode=ro"  # a connection of its own: nobody waits for it
        with (
            closing(sqlite3.connect(here, uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        target.chmod(0o600)

    @contextmanager
    def reading(self) -> Iterator[SqliteKeys]:
        """These keys until the block ends."""
        try:
            yield self
        finally:
            self.close()

    def close(self) -> None:
        """See `KeyFile`."""
        self._file.close()


def key_file(path: Path, url: str | None, *, read_only: bool = False) -> KeyFile:
    """The keys of a data folder: the file `path`, or those beside the record at `url`."""
    if url is None:
        return SqliteKeys(path, read_only=read_only)
    from firstminute.store.postgres_keys import PostgresKeys  # the driver is loaded only where it is used

    return PostgresKeys(url, read_only=read_only)
