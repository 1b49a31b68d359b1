"""A record's tables as somebody with write access sees them, whatever they are in: for tests that tamper, lose keys or put old ones back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from firstminute.store import record
from firstminute.store.postgres_keys import PostgresKeys


class Raw:
    """One connection; statements as SQLite says them."""

    def __init__(self, connection: Any, server: bool) -> None:
        self._connection, self._server = connection, server

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; its rows, as far as it has some."""
        if self._server:
            statement = re.sub(
                r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')", statement.replace("?", "%s")
            )
            statement = re.sub(r"CAST\((replace\(.*\)) AS BLOB\)", r"\1", statement)
            statement = re.sub(
                r"replace\(body, ('\w+'), ('\w+')\)",
                r"convert_to(replace(convert_from(body, 'UTF8'), \1, \2), 'UTF8')",
                statement,
            )
        cursor = self._connection.execute(statement, values)
        return cursor.fetchall() if cursor.description is not None else []


@contextmanager
def raw(folder: Path) -> Iterator[Raw]:
    """The tables of the record of `folder`; what was done is committed in the end."""
    url = record.url_of(folder)
    if url is not None:
        with psycopg.connect(url) as connection:
            yield Raw(connection, True)
        return
    with closing(sqlite3.connect(folder / record.DATABASE)) as file, file:
        yield Raw(file, False)


def change(folder: Path, *statements: str) -> None:
    """Tamper with a record."""
    with raw(folder) as connection:
        for statement in statements:
            connection.execute(statement)


def lose_keys(folder: Path) -> None:
    """The keys of the vault are gone; its master key stays."""
    url = record.url_of(folder)
    if url is None:
        for path in folder.glob("vault.db*"):
            path.unlink()
        return
    keys = PostgresKeys(url)
    keys.rows(f'DROP SCHEMA "{keys.schema}" CASCADE')
    keys.close()


def put_keys_back(folder: Path, copy: Path) -> None:
    """The keys of the vault are those of a backup again."""
    lose_keys(folder)
    url = record.url_of(folder)
    if url is None:
        copy.rename(folder / "vault.db")
        return
    keys = PostgresKeys(url)
    keys.take_in(copy)
    keys.close()
