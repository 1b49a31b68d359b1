"""The record in PostgreSQL: how it is connected to, which settings make a commit durable there, and who may write.

Idea (trust.md findings 4 and 5): nothing is trusted that can be asked. Each connection that writes asks whether the server is the primary and
whether fsync, full_page_writes and synchronous_commit are on, and refuses otherwise; the lease asks again twice a second, because a server's
settings change without a restart. One process writes: it holds the lease (`lease`), and each of its transactions first makes sure that it still leads
(`fence`), so a leader that was frozen and replaced can write nothing more. Readers see one consistent state and cannot write.
Limits: the same tables as SQLite's; statements differ only in `bulk`. Connections are the server's own (a pooler that hands sessions around would lose
lease and prepared statements).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from firstminute.store.engine import Database
from firstminute.store.errors import HeadLost, StorageRefused, Unreadable
from firstminute.store.lease import Lease, application_of
from firstminute.store.server import ask, connected, refuse_unfit, unreachable

PATIENCE_S = 5.0
"""How long a commit waits for a server that restarts before it fails."""
IDLE_MS = 5_000
"""The server ends a transaction in which a frozen process holds its locks for longer than this."""
READING = "SET default_transaction_read_only = on"
WRITING = f"SET idle_in_transaction_session_timeout = {IDLE_MS:d}"
READERS = 4
FENCE = "SELECT 1 FROM desk_head WHERE desk = :desk AND world = 'live' AND epoch = :epoch FOR NO KEY UPDATE"


def engine_of(url: str, *, reader: bool, application: str = "firstminute reader") -> Engine:
    """An engine whose connections are asked (`ask`) and set when they are made."""
    pool: dict[str, Any] = {"poolclass": NullPool}
    if reader:
        pool = {
            "poolclass": QueuePool,
            "pool_size": READERS,
            "max_overflow": 4 * READERS,
            "pool_pre_ping": True,
        }
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connected(url, application),
        hide_parameters=True,
        isolation_level="REPEATABLE READ" if reader else "READ COMMITTED",
        **pool,
    )

    @event.listens_for(engine, "connect")
    def settle(connection: psycopg.Connection[Any], _record: Any) -> None:
        before, connection.autocommit = connection.autocommit, True
        try:
            ask(connection)
            connection.execute(READING if reader else WRITING)
        except BaseException:
            connection.close()
            raise
        connection.autocommit = before

    return engine


class PostgresDatabase(Database):
    """The same as `Database`, on a server.

    Parameters
    ----------
    path : of the file that would be the record: its folder is locked all the same, for the vault's and the tracks' sake
    url : of the database; the role that it names owns the tables
    before_commit : see `Database`
    lease : taken already; without one it is taken here
    """

    failures = (SQLAlchemyError, psycopg.Error, OSError)

    def __init__(
        self,
        path: Path,
        url: str,
        before_commit: Callable[[], None] | None = None,
        lease: Lease | None = None,
    ) -> None:
        self._url, self._lease = url, lease
        self._fence: dict[str, Any] | None = None
        super().__init__(path, before_commit)

    def _engines(self) -> tuple[Engine, Engine]:
        try:
            if self._lease is None:
                self._lease = Lease(self._url)
                self._lease.take()
            application = application_of(self._lease.name)
        except psycopg.Error as problem:
            self._give_up()
            raise unreachable(self._url, problem) from None
        except BaseException:
            self._give_up()
            raise
        return engine_of(self._url, reader=False, application=application), engine_of(self._url, reader=True)

    def _give_up(self) -> None:
        if self._lease is not None:
            self._lease.close()
        if self._lock is not None:
            self._lock.close()

    def _stat(self) -> None:
        return None

    def _assert_durable(self) -> dict[str, str | int | bool]:
        assert self._lease is not None
        try:
            connection = self._connection()
            driver: Any = connection.connection.driver_connection
            found = ask(driver)
            fit = connection.execute(
                text(
                    "SELECT current_setting('server_encoding'), datcollate FROM pg_database WHERE datname = current_database()"
                )
            ).one()
            connection.rollback()
        except (SQLAlchemyError, psycopg.Error) as problem:
            raise unreachable(self._url, problem) from None
        refuse_unfit(driver.info.server_version, *fit)
        return {
            "engine": "postgresql",
            "version": found.pop("server_version"),
            **found,
            "lease": self._lease.name,
            "locked": True,
        }

    def attend(self, alive: Callable[[], bool], lost: Callable[[], object]) -> None:
        """Beat only while `alive` says so; call `lost`, from the lease's thread, once another process leads."""
        if self._lease is not None:
            self._lease.attend(alive, lost)

    def assert_in_place(self) -> None:
        """Raises HeadLost where another process has the lease by now."""
        if self._lease is not None and self._lease.lost is not None:
            raise HeadLost(self._lease.lost)

    def _connection(self) -> Connection:
        until = time.monotonic() + PATIENCE_S
        while self._writing is None:
            self.assert_in_place()
            try:
                self._writing = self._writer.connect()
            except (DBAPIError, StorageRefused) as problem:
                coming_back = isinstance(problem, DBAPIError) or problem.code == "in_recovery"
                if self._fence is None or not coming_back or time.monotonic() > until:
                    raise
                time.sleep(0.1)
        return self._writing

    @property
    def restless(self) -> bool:
        """A server brings its log into its files by itself."""
        return False

    def fence(self, desk: str, epoch: int) -> None:
        """From now on each transaction first makes sure that this process still leads `desk` in this epoch, and keeps others from taking over meanwhile."""
        self._fence = {"desk": desk, "epoch": epoch}

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction on the writing connection, as `Database.write`."""
        with super().write() as connection:
            if self._fence is not None and connection.execute(text(FENCE), self._fence).first() is None:
                raise HeadLost(
                    f"epoch {self._fence['epoch']} of {self._fence['desk']} is over: another desk has taken over"
                )
            yield connection

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A reading connection that stays open; each statement by itself. A broken one counts as a failed commit: its group is not decided."""
        try:
            if self._looking is None:
                self._looking = self._reader.connect().execution_options(isolation_level="AUTOCOMMIT")
            yield self._looking
        except self.failures as problem:
            broken, self._looking = self._looking, None
            if broken is not None:
                broken.invalidate()
                broken.close()
            raise Unreadable(self._said(problem)) from problem

    def _said(self, problem: Exception) -> str:
        """The kind of failure only: what a server says of it may name what was in the row."""
        cause = getattr(problem, "orig", None) or problem
        state = getattr(cause, "sqlstate", None)
        if isinstance(cause, psycopg.Error) and state:
            return f"PostgreSQL: {type(cause).__name__} ({state})"
        return f"PostgreSQL: {type(cause).__name__}" if isinstance(cause, psycopg.Error) else str(problem)

    def close(self) -> None:
        """Close everything and let the next process in."""
        super().close()
        if self._lease is not None:
            self._lease.close()
