"""Registers: what a city writes down about itself, every version of every row, with the time it was valid.

Idea (DESIGN.md §4): the table is the truth. A fact `RegisterChanged` names table, keys, versions and a digest; rows and fact are written in
one transaction, and a replay joins the rows that were valid then. Names and phones (`SEALED`) are sealed under the key of their row's own
subject.
Limits: one desk, one set of registers, shared by its worlds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_

from firstminute.model.encoding import decode, encode
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import KEYS, TABLES, Record
from firstminute.store.bulk import change_rows, insert_rows
from firstminute.store.canonical import canonical, read
from firstminute.store.keys import SubjectKeys
from firstminute.store.schema import register_rows

AT_ONCE = 500
_ENDING = "UPDATE register_rows SET valid_to_s = ? WHERE desk = ? AND register = ? AND key = ? AND valid_to_s IS NULL"


def digest_of(table: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """The digest of rows as it stands in `RegisterChanged`: of their open part, for a digest of a phone number could be guessed back."""
    secret = TABLES[table].SEALED
    return hashlib.sha256(
        canonical([{name: value for name, value in row.items() if name not in secret} for row in rows])
    ).hexdigest()


def row_subject(register: str, key: str) -> str:
    """Whose key seals a row: register and key together."""
    return f"{register}/{key}"


def write_rows(
    connection: Connection, keys: SubjectKeys, desk: str, body: RegisterChanged, at_s: float
) -> None:
    """The rows that travel with a fact become valid at `at_s`; those before them end."""
    ended = [*body.keys, *body.removed]
    change_rows(connection, _ENDING, [(at_s, desk, body.table, key) for key in ended])
    if not body.keys:
        return
    sealed_fields = TABLES[body.table].SEALED
    made = []
    key_ids = (
        keys.of(connection, [row_subject(body.table, key) for key in body.keys]) if sealed_fields else {}
    )
    for key, version, row in zip(body.keys, body.versions, body.rows, strict=True):
        sealed, key_id = None, None
        row = row if isinstance(row, dict) else encode(row)
        secret = {name: row.get(name) for name in sealed_fields if row.get(name) is not None}
        if secret:
            subject = row_subject(body.table, key)
            key_id = key_ids[subject]
            sealed = keys.vault.seal(key_id, canonical(secret), subject.encode())
        open_part = canonical({name: value for name, value in row.items() if name not in sealed_fields})
        digest = hashlib.sha256(open_part + (sealed or b"")).digest()
        made.append((desk, body.table, key, version, at_s, None, digest, open_part, sealed, key_id))
    insert_rows(connection, register_rows, made)


def _plain(row: Any, keys: SubjectKeys | None) -> dict[str, Any]:
    plain: dict[str, Any] = read(row.body)
    if keys is not None and row.sealed is not None:
        opened = keys.vault.open(row.key_id, row.sealed, row_subject(row.register, row.key).encode())
        plain.update(read(opened) if opened is not None else {})
    return plain


def rows_at(
    connection: Connection, keys: SubjectKeys | None, desk: str, body: RegisterChanged
) -> tuple[dict[str, Any], ...]:
    """The rows a recorded `RegisterChanged` speaks of, in its order; a row that is gone is left as its bare key."""
    wanted = list(zip(body.keys, body.versions, strict=True))
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = (
            select(register_rows)
            .where(register_rows.c.desk == desk, register_rows.c.register == body.table)
            .where(tuple_(register_rows.c.key, register_rows.c.version).in_(part))
        )
        for row in connection.execute(query):
            found[(row.key, row.version)] = _plain(row, keys)
    return tuple(found.get(each, {KEYS[body.table]: each[0]}) for each in wanted)


def current(
    connection: Connection, desk: str, register: str, keys: SubjectKeys | None = None
) -> Iterator[tuple[str, int, Record]]:
    """(key, version, record) of every row valid now; sealed fields are None without `keys`."""
    query = select(register_rows).where(
        register_rows.c.desk == desk,
        register_rows.c.register == register,
        register_rows.c.valid_to_s.is_(None),
    )
    cls = TABLES[register]
    for row in connection.execute(query):
        yield row.key, row.version, decode(cls, _plain(row, keys))


def history(
    connection: Connection, desk: str, register: str, key: str
) -> Sequence[tuple[int, float, float | None, Record]]:
    """(version, valid from, valid to, record) of one row through time, sealed fields None."""
    query = (
        select(register_rows)
        .where(register_rows.c.desk == desk, register_rows.c.register == register, register_rows.c.key == key)
        .order_by(register_rows.c.version)
    )
    return [
        (row.version, row.valid_from_s, row.valid_to_s, decode(TABLES[register], _plain(row, None)))
        for row in connection.execute(query)
    ]


def last_versions(connection: Connection, desk: str, register: str, wanted: Sequence[str]) -> dict[str, int]:
    """The highest version of each key that ever had a row."""
    found: dict[str, int] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = select(register_rows.c.key, register_rows.c.version).where(
            register_rows.c.desk == desk,
            register_rows.c.register == register,
            register_rows.c.key.in_(wanted[start : start + AT_ONCE]),
        )
        for key, version in connection.execute(query):
            found[key] = max(version, found.get(key, 0))
    return found


def plain_record(record: Record) -> dict[str, Any]:
    """A record as the plain row that travels with a fact."""
    return encode(record)
