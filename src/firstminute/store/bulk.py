"""Many rows into one table, without paying for each; the one place where statements of SQLite and PostgreSQL differ.

Idea: a statement is written once per table and dialect; the rows then go straight to the driver's own cursor as tuples, inside the
transaction that SQLAlchemy began. This is many times as fast as binding each row through the expression language, and it is on the way of
every call. SQLite takes rows as many marks in one statement; PostgreSQL takes them as one array a column (`unnest`), so that one prepared statement
serves any number of rows. Limits: what goes wrong is the driver's own error, which `Database.write` knows too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Dialect, Table

VALUES_AT_ONCE = 400
ROWS_AT_ONCE = 64
_STATEMENTS: dict[tuple[str, str, int, str], str] = {}
POSTGRESQL = "postgresql"
_ROWS: dict[str, Callable[[tuple[Any, ...]], Any]] = {}


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`, each with a value for every column in the table's order."""
    _put_rows(connection, table, rows, "")


def insert_new_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert those of `rows` whose key is not there yet; how many these were."""
    return _put_rows(connection, table, rows, " ON CONFLICT DO NOTHING")


def _cursor(connection: Connection) -> Any:
    """The driver's cursor, inside a transaction."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.cursor()


def change_rows(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Run one UPDATE or DELETE, whose values are marked `?`, for each of `rows`; how many rows it met in all."""
    if not rows:
        return 0
    cursor = _cursor(connection)
    if len(rows) == 1:
        cursor.execute(_marked(connection, statement), rows[0])
    else:
        cursor.executemany(_marked(connection, statement), rows)
    return int(cursor.rowcount)


def _marked(connection: Connection, statement: str) -> str:
    """The statement with the driver's own marks: sqlite3 has `?`, psycopg `%s`."""
    return statement.replace("?", "%s") if connection.dialect.name == POSTGRESQL else statement


def upsert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`, no two of them with the same key, or put them in the place of those with the same key."""
    _put_rows(connection, table, rows, _instead(table))


@cache
def _instead(table: Table) -> str:
    keys = [column.name for column in table.primary_key]
    others = [column.name for column in table.columns if column.name not in keys]
    instead = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {instead}"


def _put_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], conflict: str) -> int:
    """Many rows a statement: the driver gives the interpreter away at each one, and under load getting it back costs more than a row."""
    if not rows:
        return 0
    if connection.dialect.name == POSTGRESQL:
        cursor = _cursor(connection)
        cursor.execute(
            _putting(connection, table, 0, conflict), [list(each) for each in zip(*rows, strict=True)]
        )
        return int(cursor.rowcount)
    met = 0
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        cursor = _cursor(connection)
        cursor.execute(_putting(connection, table, len(some), conflict), tuple(chain.from_iterable(some)))
        met += int(cursor.rowcount)
    return met


def _putting(connection: Connection, table: Table, count: int, conflict: str) -> str:
    """The statement that puts `count` rows at once, or any number of them where the values are arrays."""
    name = (table.name, connection.dialect.name, count, conflict)
    if name not in _STATEMENTS:
        columns = table.columns.keys()
        if connection.dialect.name == POSTGRESQL:
            values = f"SELECT * FROM unnest({', '.join(_arrays(table, connection.dialect))})"
        else:
            values = "VALUES " + ", ".join([f"({', '.join('?' * len(columns))})"] * count)
        _STATEMENTS[name] = f"INSERT INTO {table.name} ({', '.join(columns)}) {values}{conflict}"
    return _STATEMENTS[name]


def _arrays(table: Table, dialect: Dialect) -> list[str]:
    """A mark for each column, an array of its type."""
    return [f"%s::{column.type.compile(dialect)}[]" for column in table.columns]


def rows_in(
    connection: Connection, table: Table, column: str, values: Sequence[str], **equal: str
) -> list[Any]:
    """Rows whose `column` is one of `values` and whose other columns are as given, some hundreds of values a query."""
    found: list[Any] = []
    for start in range(0, len(values), VALUES_AT_ONCE):
        some = values[start : start + VALUES_AT_ONCE]
        conditions = "".join(f"{name} = ? AND " for name in equal)
        wanted: Sequence[Any]
        if connection.dialect.name == POSTGRESQL:
            within, wanted = "= ANY(?)", [list(some)]
        else:
            within, wanted = f"IN ({', '.join('?' * len(some))})", some
        query = (
            f"SELECT {', '.join(table.columns.keys())} FROM {table.name} WHERE {conditions}{column} {within}"
        )
        cursor = _cursor(connection)
        cursor.execute(_marked(connection, query), (*equal.values(), *wanted))
        found += map(_row_of(table), cursor.fetchall())
    return found


def _row_of(table: Table) -> Callable[[tuple[Any, ...]], Any]:
    """Makes a driver's row one whose columns have names."""
    if table.name not in _ROWS:
        names = table.columns.keys()
        _ROWS[table.name] = lambda values: SimpleNamespace(**dict(zip(names, values, strict=True)))
    return _ROWS[table.name]
