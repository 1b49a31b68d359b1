"""A record on a server, copied into files of the same form as one that never left its file: for a backup beside the running service.

Idea: one transaction (REPEATABLE READ) sees one moment of the server and cannot write; every table is written through its own declaration into a fresh
SQLite file, and what was read is held against what stands in it, row by row. The keys are read in one moment that is later, as a key is made before it is used.
What comes out is a data folder that starts as it is, or is moved to a server again (`move`).
Limits: while it is read, the server cannot tidy away what changed since its moment.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select

from firstminute.store import kept_files
from firstminute.store.bulk import insert_rows
from firstminute.store.engine import Database, lock_of, read_only
from firstminute.store.errors import StorageRefused
from firstminute.store.migrations.upgrade import revision, upgrade
from firstminute.store.move import digested, pages_of
from firstminute.store.postgres_keys import PostgresKeys
from firstminute.store.record import DATABASE, shown
from firstminute.store.schema import REVISION, metadata

KEPT_WITHIN_S, LOOK_S = 5.0, 0.25
Progress = Callable[[int, int], None]


def copy_record(folder: Path, url: str, target: Path, progress: Progress) -> None:
    """The record that `folder` points to, as a single file that is durable when this returns. `progress` counts rows.

    Raises
    ------
    StorageRefused : the server has tables of another release, cannot be reached, or the copy is not what was read
    """
    with read_only(folder / DATABASE) as here:
        if (found := revision(here)) != REVISION:
            said = f"{shown(url)} has tables of revision {found}, this release has {REVISION}"
            raise StorageRefused("other_revision", said, found=found, known=REVISION)
        counts = {name: _count(here, table) for name, table in metadata.tables.items()}
        file = Database(target)
        try:
            with file.write() as there:
                upgrade(there)
            done, of = 0, sum(counts.values())
            for table in metadata.sorted_tables:
                read = digested(_passed(here, file, table, partial(_told, progress, done, of)))
                with file.read() as there:
                    if digested(_rows(there, table)) != read:
                        said = f"{table.name} is not the same in the copy"
                        raise StorageRefused("not_the_same", said, tables=table.name)
                done += counts[table.name]
        finally:
            file.close()
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
    lock_of(target).unlink()
    target.chmod(0o600)


def _told(progress: Progress, before: int, of: int, rows: int) -> None:
    progress(before + rows, of)


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    for page in pages_of(connection, table):
        yield from page


def _passed(
    here: Connection, file: Database, table: Table, told: Callable[[int], None]
) -> Iterator[tuple[Any, ...]]:
    """The rows of a table, each page of them written to the copy on its way."""
    rows = 0
    for page in pages_of(here, table):
        with file.write() as there:
            insert_rows(there, table, page)
        rows += len(page)
        told(rows)
        yield from page


def copy_keys(_folder: Path, url: str, target: Path, _progress: Progress) -> None:
    """The keys beside that record, as a key file."""
    keys = PostgresKeys(url, read_only=True)
    try:
        keys.back_up(target)
    finally:
        keys.close()


COPIES: Mapping[str, Callable[[Path, str, Path, Progress], None]] = {
    DATABASE: copy_record,
    "vault.db": copy_keys,
}
"""File of a backup → what makes it where the record is on a server."""


def assert_own_accounts(folder: Path) -> None:
    """Raise StorageRefused where the accounts of this folder are not those that follow the record: another machine leads, or led last."""
    until_s = time.monotonic() + KEPT_WITHIN_S
    while (here := kept_files.mark_of(folder)) != (there := _kept(folder)) and time.monotonic() < until_s:
        time.sleep(LOOK_S)  # a change is on its way to the server
    if there is not None and here != there:
        said = f"the accounts of {folder} are not those of the record: another machine leads it"
        raise StorageRefused("accounts_elsewhere", said, folder=folder)


def _kept(folder: Path) -> str | None:
    """Which copy of accounts the server holds, None where it has none yet."""
    with read_only(folder / DATABASE) as connection:
        return kept_files.stamp_of(connection, kept_files.ACCESS)
