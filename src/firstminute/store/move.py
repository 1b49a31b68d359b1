"""A record moved from its file to PostgreSQL: every row of every table and every key, compared on both sides before it counts.

Idea: all tables are written in one transaction of the server, so a move that is stopped half way leaves nothing of the record there and is simply done
again. Before the commit the rows of each table are digested on both sides, and the journal is walked on both: chain heads, tree roots and findings
must be the same. Then the folder points to the server (one rename), and the file gets another name. A move that was killed after the commit finds its own
record there, compares it once more and only finishes.
Limits: no process may write the record meanwhile. Text with a NUL, which PostgreSQL cannot keep, stops the move: no release of ours lets one in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import SQLAlchemyError

from firstminute.store import record
from firstminute.store.engine import Database
from firstminute.store.errors import StorageRefused
from firstminute.store.keyfile import SqliteKeys
from firstminute.store.lease import Lease, application_of
from firstminute.store.migrations.upgrade import upgrade
from firstminute.store.postgres import engine_of
from firstminute.store.postgres_keys import PostgresKeys
from firstminute.store.schema import metadata
from firstminute.store.server import refuse_unfit, unreachable
from firstminute.store.vault import Vault
from firstminute.store.verify import Finding, verify

AT_ONCE = 2000
NO_HURRY = "SET LOCAL idle_in_transaction_session_timeout = 0"
KEYS = {
    "vault.keys": "SELECT * FROM keys ORDER BY key_id",
    "vault.masters": "SELECT * FROM masters ORDER BY number",
    "vault.secrets": "SELECT * FROM secrets ORDER BY name",
}


@dataclass(frozen=True, slots=True)
class Held:
    """What one table holds: how many rows, and a digest over all of them in the order of their key."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: tables and keys by name, where each stream ends. `again`: it was there already, and was only compared."""

    tables: dict[str, Held]
    streams: tuple[Finding, ...]
    again: bool

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "tables": {name: asdict(held) for name, held in self.tables.items()},
            "streams": [each.plain() for each in self.streams],
            "again": self.again,
        }


def move(folder: Path, url: str, told: Callable[[str], None] = lambda table: None) -> Moved:
    """Move the record of `folder` to the empty database at `url`; `told` hears which table is on its way.

    Raises
    ------
    StorageRefused : a process writes one of both; the target holds another record; something is not the same on both sides (then nothing has changed)
    """
    record.checked(url)
    file = folder / record.DATABASE
    if record.url_of(folder) not in (None, url):
        raise StorageRefused(
            "moved", f"the record of {folder} is elsewhere by now", folder=folder, file=record.POINTER
        )
    if record.url_of(folder) is None and (folder / record.MOVED).is_file() and not file.exists():
        (folder / record.MOVED).rename(
            file
        )  # an earlier move was killed at its very end: it is compared once more
    if not file.is_file():
        raise StorageRefused("no_database", f"there is no database at {file}", path=file)
    source = Database(file)
    try:
        Vault(folder).close()  # brought to this release's tables, and its master key tried
        with source.write() as connection:
            upgrade(connection)
        with (
            source.read() as here,
            here.begin(),
            target_of(url) as there,
            SqliteKeys(folder / "vault.db").reading() as keys,
        ):
            found = _moved(here, there, keys, url, told)
    except (SQLAlchemyError, psycopg.Error) as problem:
        raise unreachable(url, problem) from None
    finally:
        source.close()
    _switch(folder, url)
    return found


@contextmanager
def target_of(url: str) -> Iterator[Connection]:
    """A connection to the server that leads the record there, with the tables of this release; outside a transaction."""
    lease = Lease(url)
    try:
        lease.take()
        engine = engine_of(url, reader=False, application=application_of(lease.name))
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            fit = connection.exec_driver_sql(
                "SELECT current_setting('server_encoding'), datcollate FROM pg_database WHERE datname = current_database()"
            ).one()
            refuse_unfit(driver.info.server_version, *fit)
            connection.commit()
            yield connection
        engine.dispose()
    finally:
        lease.close()


def _moved(
    here: Connection, there: Connection, keys: SqliteKeys, url: str, told: Callable[[str], None]
) -> Moved:
    wanted, walked = held(here), tuple(verify(here))
    with there.begin():
        there.exec_driver_sql(NO_HURRY)
        upgrade(there)
        again = not _empty(there)
        if not again:
            for table in metadata.sorted_tables:
                told(table.name)
                _copy(here, there, table)
        told("keys")
        target = PostgresKeys(url)
        try:
            wanted |= held_keys(keys)
            if not again:
                target.take_in(keys.path, instead=True)
            found, seen = held(there) | held_keys(target), tuple(verify(there))
            different = [name for name, each in wanted.items() if found[name] != each]
            if different or seen != walked:
                raise _differs(different or ["journal"], again)
        finally:
            target.close()
    return Moved(found, seen, again)


def _differs(names: list[str], again: bool) -> StorageRefused:
    if again:
        return StorageRefused("not_empty", "the target holds another record", where=", ".join(names))
    return StorageRefused(
        "not_the_same", f"not the same on both sides: {', '.join(names)}", tables=", ".join(names)
    )


def _empty(there: Connection) -> bool:
    return all(there.execute(select(table).limit(1)).first() is None for table in metadata.sorted_tables)


def _copy(here: Connection, there: Connection, table: Table) -> None:
    driver: Any = there.connection.driver_connection
    columns = ", ".join(table.columns.keys())
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for page in pages_of(here, table):
                for row in page:
                    copy.write_row(row)
    except psycopg.DataError as problem:
        said = f"{table.name} has text that PostgreSQL cannot keep"
        raise StorageRefused("unfit_text", said, table=table.name) from problem


def pages_of(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table in the order of their keys, some thousands at a time."""
    query = select(table).order_by(*table.primary_key.columns)
    for page in connection.execute(query, execution_options={"yield_per": AT_ONCE}).partitions():
        yield [tuple(row) for row in page]


def held(connection: Connection) -> dict[str, Held]:
    """What each table holds; two databases with the same of it hold the same."""
    return {
        table.name: digested(chain.from_iterable(pages_of(connection, table)))
        for table in metadata.sorted_tables
    }


def held_keys(keys: SqliteKeys | PostgresKeys) -> dict[str, Held]:
    """The same of a vault's keys."""
    return {name: digested(map(tuple, keys.rows(query))) for name, query in KEYS.items()}


def digested(rows: Iterator[tuple[Any, ...]]) -> Held:
    """How many rows, and a digest over them."""
    made, count = hashlib.sha256(), 0
    for row in rows:
        made.update(repr(row).encode())
        count += 1
    return Held(count, made.hexdigest())


def _switch(folder: Path, url: str) -> None:
    """From here on the folder points to the server, and in between to nothing, which is refused.

    The key file becomes a backup like those of every day, which are deleted after days.
    """
    (folder / record.DATABASE).rename(folder / record.MOVED)
    record.point(folder, url)
    backups = folder / "vault-backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    if (folder / "vault.db").exists():
        (folder / "vault.db").rename(backups / f"vault-{datetime.now(UTC).date().isoformat()}.db")
