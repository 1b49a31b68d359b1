"""A vault's keys on the server that has the record, in a schema of their own (see `keyfile`)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from firstminute.store.errors import StorageRefused
from firstminute.store.keyfile import TABLES
from firstminute.store.lease import application_of
from firstminute.store.server import ask, connected, unreachable

FILES = "CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, stamp TEXT NOT NULL, sealed BLOB NOT NULL)"
SCRUBBED = "ALTER TABLE keys SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0)"
"""The server gives the place of what was deleted free in its next round, a minute or so, and no commit waits for it."""
STATE = "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, number BIGINT NOT NULL)"
KEPT = "SELECT COALESCE((SELECT number FROM state WHERE name = %s), 0)"
KEEP = "INSERT INTO state VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET number = greatest(state.number, excluded.number)"

TABLE_NAMES = ("keys", "masters", "secrets")


@cache
def spoken(statement: str) -> str:
    """A statement as PostgreSQL says it: other names of types, other marks.

    >>> spoken("SELECT wrapped FROM keys WHERE key_id > ?")
    'SELECT wrapped FROM keys WHERE key_id > %s'
    """
    for here, there in ((" AUTOINCREMENT", ""), ("INTEGER", "BIGINT"), ("BLOB", "BYTEA"), ("?", "%s")):
        statement = statement.replace(here, there)
    return statement


def schema_of(record: str) -> str:
    """The schema of the keys that belong to the record in another.

    >>> schema_of("public"), schema_of("city")
    ('vault', 'city_vault')
    """
    return "vault" if record == "public" else f"{record}_vault"


class PostgresKeys:
    """Keys on a server. One connection, for one thread at a time; a broken one is made anew, except within a transaction."""

    failures: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._url, self._read_only = url, read_only
        self._mutex = threading.RLock()
        self._within = False
        try:
            self._connection = self._connect()
        except psycopg.Error as problem:
            raise unreachable(url, problem) from None

    def _connect(self) -> psycopg.Connection[Any]:
        made = connected(self._url, "firstminute reader", autocommit=True)
        try:
            return self._settled(made)
        except BaseException:
            made.close()
            raise

    def _settled(self, made: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
        ask(made)
        row = made.execute("SELECT current_schema(), current_database()").fetchone()
        assert row is not None
        self.schema, self.where = schema_of(row[0]), f"{row[1]}.{schema_of(row[0])}"
        name = f"{row[1]}.{row[0]}"[:40]
        if self._read_only:
            made.execute("SET default_transaction_read_only = on")
        else:
            made.execute("SELECT set_config('application_name', %s, false)", (application_of(name),))
            made.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"')
        made.execute("SELECT set_config('search_path', %s, false)", (f'"{self.schema}"',))
        return made

    def _run(self, statement: str, values: Sequence[Any]) -> psycopg.Cursor[Any]:
        with self._mutex:
            try:
                return self._connection.execute(spoken(statement), values)
            except psycopg.OperationalError:
                if self._within or not self._connection.broken:
                    raise
                self._connection = self._connect()
                return self._connection.execute(spoken(statement), values)

    def rows(self, statement: str, *values: Any) -> Sequence[Any]:
        """See `KeyFile`."""
        cursor = self._run(statement, values)
        return cursor.fetchall() if cursor.description is not None else ()

    def run(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """See `KeyFile`."""
        with self._mutex, self._connection.cursor() as cursor:
            cursor.executemany(spoken(statement), list(rows))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See `KeyFile`."""
        with self._mutex:
            self._run("SELECT 1", ())  # a connection that was lost meanwhile is made anew here
            self._within = True
            try:
                with self._connection.transaction():
                    yield
            finally:
                self._within = False

    @contextmanager
    def _moment(self) -> Iterator[None]:
        """What is read in this block is of one moment: no key is destroyed between two of its queries."""
        with self.writing():
            self._run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", ())
            yield

    def prepare(self) -> None:
        """See `KeyFile`."""
        for statement in (*TABLES, STATE, FILES, SCRUBBED):
            self._run(statement, ())

    def has(self, table: str) -> bool:
        """See `KeyFile`."""
        found = "SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = ?"
        return bool(self.rows(found, self.schema, table))

    @property
    def last(self) -> int:
        """See `KeyFile`. A key that was destroyed keeps its number: what `state` says is never lowered."""
        highest = self.rows("SELECT COALESCE(MAX(key_id), 0) FROM keys")
        return max(int(highest[0][0]), int(self.rows(KEPT, "last")[0][0]))

    @property
    def generation(self) -> int:
        """See `KeyFile`."""
        return int(self.rows(KEPT, "generation")[0][0]) if self.has("state") else 0

    def reached(self, generation: int) -> None:
        """See `KeyFile`. Called before keys go: their numbers are noted first."""
        self.rows(KEEP, "generation", generation)
        self.rows(KEEP, "last", self.last)

    def scrub(self) -> None:
        """See `KeyFile`. The server does it by itself (`SCRUBBED`)."""

    def back_up(self, target: Path) -> None:
        """See `KeyFile`. A file with which a vault can be opened anywhere, given its master key."""
        target.unlink(missing_ok=True)
        with self._moment(), closing(sqlite3.connect(target)) as copy, copy:
            target.chmod(0o600)
            for statement in TABLES:
                copy.execute(statement)
            for table in TABLE_NAMES:
                found = self.rows(f"SELECT * FROM {table}")
                if found:
                    copy.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(found[0]))})", found)
            last = self.last
            copy.execute("INSERT OR IGNORE INTO keys (key_id, wrapped) VALUES (?, x'')", (last,))
            copy.execute("DELETE FROM keys WHERE wrapped = x''")  # the counter of numbers stays there
            copy.execute(f"PRAGMA user_version = {self.generation:d}")

    def take_in(self, file: Path, *, instead: bool = False) -> int:
        """Fill this place, which has no keys yet, with those of a key file; how many they were.

        Parameters
        ----------
        instead : what a move that was stopped has left here, keys under masters of this very file, is taken for nothing

        Raises
        ------
        StorageRefused : there are keys already
        """
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source, self.writing():
            self.prepare()
            if instead and self._left_by_a_move(source):
                for table in (*TABLE_NAMES, "state"):
                    self.rows(f"DELETE FROM {table}")
            if self.rows("SELECT 1 FROM masters") or self.rows("SELECT 1 FROM keys LIMIT 1"):
                raise StorageRefused("not_empty", f"{self.where} has keys already", where=self.where)
            for table in TABLE_NAMES:
                found = source.execute(f"SELECT * FROM {table}").fetchall()
                if found:
                    self.run(f"INSERT INTO {table} VALUES ({', '.join('?' * len(found[0]))})", found)
            last = source.execute("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'keys'), 0)")
            self.rows(KEEP, "last", last.fetchone()[0])
            self.rows(KEEP, "generation", source.execute("PRAGMA user_version").fetchone()[0])
            return int(self.rows("SELECT count(*) FROM keys")[0][0])

    def _left_by_a_move(self, source: sqlite3.Connection) -> bool:
        here = {(int(number), bytes(mark)) for number, mark in self.rows("SELECT number, mark FROM masters")}
        return here == set(source.execute("SELECT number, mark FROM masters"))

    def close(self) -> None:
        """See `KeyFile`."""
        self._connection.close()
