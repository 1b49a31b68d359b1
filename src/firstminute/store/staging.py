"""Bulk imports: rows are staged in small transactions, become valid with one fact, and move into their register afterwards.

Idea (DESIGN.md §4): an import is one fact, and rows and fact belong to one transaction; but hundreds of thousands of rows in one transaction would hold
the desk for many seconds. So the rows are written beforehand, where nobody looks (`stage`); the fact's transaction only says that they count from now
on (`accept`); then they take their place in the register, a bite at a time (`settle`). Whoever reads a register meanwhile sees the staged rows in the place
of those they replace (`registers`), so an import is never half visible, whenever the process is killed: what has no fact is dropped, what has one is settled.
Limits: one import a register at a time; no other change of that register until it is settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from firstminute.store.bulk import change_rows, insert_rows
from firstminute.store.keys import SubjectKeys
from firstminute.store.registers import Import, Parts, sealed_rows
from firstminute.store.schema import imports, register_rows, staged_rows

BITE = 500
END = "UPDATE register_rows SET valid_to_s = ? WHERE desk = ? AND register = ? AND key = ? AND valid_to_s IS NULL"
GONE = "DELETE FROM staged_rows WHERE desk = ? AND import_id = ? AND key = ?"


def begin(connection: Connection, desk: str, import_id: str, register: str) -> None:
    """Announce an import."""
    insert_rows(connection, imports, [(desk, import_id, register, None, None)])


def stage(connection: Connection, keys: SubjectKeys, desk: str, about: Import, rows: Sequence[Parts]) -> None:
    """Write some rows where nobody looks yet."""
    made = sealed_rows(connection, keys, about.register, rows)
    insert_rows(connection, staged_rows, [(desk, about.import_id, *row) for row in made])


def accept(connection: Connection, desk: str, import_id: str, seq: int, at_s: float) -> None:
    """The import's fact is being written: its rows count from now on."""
    mine = (imports.c.desk == desk, imports.c.import_id == import_id)
    done = connection.execute(imports.update().where(*mine).values(seq=seq, at_s=at_s))
    assert done.rowcount == 1, f"import {import_id} was never begun"


def on_their_way(connection: Connection, desk: str) -> list[Import]:
    """Every import that is not settled, with and without a fact."""
    query = select(imports).where(imports.c.desk == desk)
    return [Import(row.import_id, row.register, row.seq, row.at_s) for row in connection.execute(query)]


def settle(connection: Connection, desk: str, about: Import) -> bool:
    """Move the next bite into the register; False once nothing is left, then the import is over."""
    assert about.seq is not None and about.at_s is not None, f"import {about.import_id} has no fact"
    bite = _bite(connection, desk, about.import_id)
    change_rows(connection, END, [(about.at_s, desk, about.register, row.key) for row in bite])
    insert_rows(
        connection,
        register_rows,
        [
            (
                desk,
                about.register,
                row.key,
                about.seq,
                about.at_s,
                None,
                row.digest,
                row.body,
                row.sealed,
                row.key_id,
            )
            for row in bite
        ],
    )
    return _took(connection, desk, about.import_id, bite)


def drop(connection: Connection, desk: str, about: Import) -> bool:
    """Throw the next bite of an import without a fact away; False once nothing is left of it."""
    return _took(connection, desk, about.import_id, _bite(connection, desk, about.import_id))


def _bite(connection: Connection, desk: str, import_id: str) -> Sequence[Row[Any]]:
    query = select(staged_rows).where(staged_rows.c.desk == desk, staged_rows.c.import_id == import_id)
    return connection.execute(query.order_by(staged_rows.c.key).limit(BITE)).all()


def _took(connection: Connection, desk: str, import_id: str, bite: Iterable[Row[Any]]) -> bool:
    taken = [(desk, import_id, row.key) for row in bite]
    change_rows(connection, GONE, taken)
    if not taken:
        connection.execute(imports.delete().where(imports.c.desk == desk, imports.c.import_id == import_id))
    return bool(taken)
