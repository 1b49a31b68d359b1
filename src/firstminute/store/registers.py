"""Registers: what a city writes down about itself, every version of every row, with the time it was valid.

Idea (DESIGN.md §4): the table is the truth. A fact `RegisterChanged` names table, keys, versions and a digest; rows and fact are written in
one transaction, and a replay joins the rows that were valid then. Names and phones (`SEALED`) are sealed under the key of their row's own
subject.
Rows of a bulk import whose fact is written count at once, wherever they still stand (`staging`): every reader here looks in both places.
Limits: one desk, one set of registers, shared by its worlds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, func, literal, null, or_, select, tuple_

from firstminute.model.encoding import decode, encode
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import KEYS, TABLES, Record
from firstminute.store.bulk import change_rows, insert_rows
from firstminute.store.canonical import canonical, read
from firstminute.store.keys import SubjectKeys
from firstminute.store.schema import imports, register_rows, staged_rows

AT_ONCE = 500
Parts: TypeAlias = tuple[str, bytes, bytes | None]
"""A row on its way to the table: key, open part, and what is to be sealed, as canonical bytes."""
_ENDING = "UPDATE register_rows SET valid_to_s = ? WHERE desk = ? AND register = ? AND key = ? AND valid_to_s IS NULL"


def digest_of(table: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """The digest of rows as it stands in `RegisterChanged`: of their open part, for a digest of a phone number could be guessed back."""
    secret = TABLES[table].SEALED
    made = Digest()
    for row in rows:
        made.add(canonical({name: value for name, value in row.items() if name not in secret}))
    return made.hexdigest()


class Digest:
    """The digest of rows whose open parts come one by one: that of the canonical list of them."""

    def __init__(self) -> None:
        self._hash, self._before = hashlib.sha256(), b"["

    def add(self, open_part: bytes) -> None:
        """The next row's open part."""
        self._hash.update(self._before)
        self._hash.update(open_part)
        self._before = b","

    def hexdigest(self) -> str:
        """Of all that was added."""
        made = self._hash.copy()
        made.update(b"[]" if self._before == b"[" else b"]")
        return made.hexdigest()


@dataclass(frozen=True, slots=True)
class Import:
    """A bulk import on its way. `seq` and `at_s` are None until its fact is written."""

    import_id: str
    register: str
    seq: int | None = None
    at_s: float | None = None


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
    rows = [row if isinstance(row, dict) else encode(row) for row in body.rows]
    parts = [parts_of(body.table, key, row) for key, row in zip(body.keys, rows, strict=True)]
    sealed = sealed_rows(connection, keys, body.table, parts)
    made = [
        (desk, body.table, row[0], version, at_s, None, *row[1:])
        for row, version in zip(sealed, body.versions, strict=True)
    ]
    insert_rows(connection, register_rows, made)


def parts_of(table: str, key: str, row: Mapping[str, Any]) -> Parts:
    """A plain row in its two parts."""
    hidden = TABLES[table].SEALED
    secret = {name: row.get(name) for name in hidden if row.get(name) is not None}
    open_part = canonical({name: value for name, value in row.items() if name not in hidden})
    return key, open_part, canonical(secret) if secret else None


def sealed_rows(
    connection: Connection, keys: SubjectKeys, table: str, rows: Sequence[Parts]
) -> list[tuple[str, bytes, bytes, bytes | None, int | None]]:
    """key, digest, body, sealed part and its key's number of each row; keys that were not there yet are made in this transaction."""
    subjects = {key: row_subject(table, key) for key, _, secret in rows if secret is not None}
    key_ids = keys.of(connection, list(subjects.values())) if subjects else {}
    made: list[tuple[str, bytes, bytes, bytes | None, int | None]] = []
    for key, open_part, secret in rows:
        sealed = key_id = None
        if secret is not None:
            key_id = key_ids[subjects[key]]
            sealed = keys.vault.seal(key_id, secret, subjects[key].encode())
        digest = hashlib.sha256(open_part + (sealed or b"")).digest()
        made.append((key, digest, open_part, sealed, key_id))
    return made


def _plain(row: Any, register: str, keys: SubjectKeys | None) -> dict[str, Any]:
    plain: dict[str, Any] = read(row.body)
    if keys is not None and row.sealed is not None:
        opened = keys.vault.open(row.key_id, row.sealed, row_subject(register, row.key).encode())
        plain.update(read(opened) if opened is not None else {})
    return plain


def rows_at(
    connection: Connection, keys: SubjectKeys | None, desk: str, body: RegisterChanged
) -> tuple[dict[str, Any], ...]:
    """The rows a recorded `RegisterChanged` speaks of, in its order; a row that is gone is left as its bare key."""
    wanted = list(zip(body.keys, body.versions, strict=True))
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            select(register_rows)
            .where(register_rows.c.desk == desk, register_rows.c.register == body.table)
            .where(tuple_(register_rows.c.key, register_rows.c.version).in_(wanted[start : start + AT_ONCE]))
        )
        for row in connection.execute(query):
            found[(row.key, row.version)] = _plain(row, body.table, keys)
    about = standing(connection, desk, body.table)
    if about is not None and about.seq in body.versions:
        for row in connection.execute(_staged(desk, about)):
            found[(row.key, row.version)] = _plain(row, body.table, keys)
    return tuple(found.get(each, {KEYS[body.table]: each[0]}) for each in wanted)


def standing(connection: Connection, desk: str, register: str) -> Import | None:
    """The import of a register that counts already and has not moved into it, None where there is none."""
    mine = (imports.c.desk == desk, imports.c.register == register, imports.c.seq.is_not(None))
    row = connection.execute(select(imports).where(*mine)).first()
    return Import(row.import_id, row.register, row.seq, row.at_s) if row is not None else None


def _staged(desk: str, about: Import) -> Select[Any]:
    """The staged rows of an import that counts, as if they stood in the register."""
    return select(
        staged_rows.c.key, literal(about.seq).label("version"), literal(about.at_s).label("valid_from_s"), null().label("valid_to_s"),
        staged_rows.c.body, staged_rows.c.sealed, staged_rows.c.key_id,
    ).where(staged_rows.c.desk == desk, staged_rows.c.import_id == about.import_id)  # fmt: skip


def _now(connection: Connection, desk: str, register: str) -> Iterator[Row[Any]]:
    """The rows valid now, staged ones in the place of those they replace."""
    mine = (register_rows.c.desk == desk, register_rows.c.register == register)
    query = select(register_rows).where(*mine, register_rows.c.valid_to_s.is_(None))
    about = standing(connection, desk, register)
    if about is not None:
        yield from connection.execute(_staged(desk, about))
        replaced = select(staged_rows.c.key).where(
            staged_rows.c.desk == desk, staged_rows.c.import_id == about.import_id
        )
        query = query.where(register_rows.c.key.not_in(replaced))
    yield from connection.execute(query)


def current(
    connection: Connection, desk: str, register: str, keys: SubjectKeys | None = None
) -> Iterator[tuple[str, int, Record]]:
    """(key, version, record) of every row valid now; sealed fields are None without `keys`."""
    cls = TABLES[register]
    for row in _now(connection, desk, register):
        yield row.key, row.version, decode(cls, _plain(row, register, keys))


def valid_at(connection: Connection, desk: str, register: str, seq: int, at_s: float) -> Iterator[Record]:
    """The rows that were valid when the fact `seq`, the last one recorded by `at_s`, was written; what is sealed in them stays shut."""
    cls, mine = TABLES[register], (register_rows.c.desk == desk, register_rows.c.register == register)
    query = select(register_rows).where(
        *mine,
        register_rows.c.version <= seq,
        or_(register_rows.c.valid_to_s.is_(None), register_rows.c.valid_to_s > at_s),
    )
    about = standing(connection, desk, register)
    replaced: frozenset[str] = frozenset()
    if about is not None and about.seq is not None and about.seq <= seq:
        staged = connection.execute(_staged(desk, about)).all()
        replaced = frozenset(row.key for row in staged)
        yield from (decode(cls, _plain(row, register, None)) for row in staged)
    for row in connection.execute(query):
        if row.key not in replaced:
            yield decode(cls, _plain(row, register, None))


def page(
    connection: Connection, desk: str, register: str, *, words: str = "", after: str = "", most: int = 50, keep: Container[str] | None = None,
) -> tuple[int, Sequence[Record]]:  # fmt: skip
    """How many rows valid now hold the words in their open part, and the first of them behind a key, in order of key. `keep`: among these keys alone."""
    wanted, cls = words.strip().lower().encode(), TABLES[register]
    found = 0

    def fit() -> Iterator[tuple[str, bytes]]:
        nonlocal found
        for row in _now(connection, desk, register):
            if (keep is None or row.key in keep) and (not wanted or wanted in bytes(row.body).lower()):
                found += 1
                if row.key > after:
                    yield row.key, bytes(row.body)

    some = nsmallest(most, fit())
    return found, [decode(cls, read(body)) for _, body in some]


def count(connection: Connection, desk: str) -> dict[str, int]:
    """Register → how many rows are valid now; those of an import that is still moving in are counted when they stand there."""
    query = (
        select(register_rows.c.register, func.count())
        .where(register_rows.c.desk == desk, register_rows.c.valid_to_s.is_(None))
        .group_by(register_rows.c.register)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def history(
    connection: Connection, desk: str, register: str, key: str, keys: SubjectKeys | None = None
) -> Sequence[tuple[int, float, float | None, Record]]:
    """(version, valid from, valid to, record) of one row through time; sealed fields are None without `keys`."""
    query = (
        select(register_rows)
        .where(register_rows.c.desk == desk, register_rows.c.register == register, register_rows.c.key == key)
        .order_by(register_rows.c.version)
    )
    found = [
        (row.version, row.valid_from_s, row.valid_to_s, decode(TABLES[register], _plain(row, register, keys)))
        for row in connection.execute(query)
    ]
    about = standing(connection, desk, register)
    new = connection.execute(_staged(desk, about).where(staged_rows.c.key == key)).first() if about else None
    if new is not None:
        found = [(*row[:2], new.valid_from_s if row[2] is None else row[2], row[3]) for row in found]
        found.append(
            (new.version, new.valid_from_s, None, decode(TABLES[register], _plain(new, register, keys)))
        )
    return found


def plain_record(record: Record) -> dict[str, Any]:
    """A record as the plain row that travels with a fact."""
    return encode(record)
