"""The record as the edge sees it: facts to read, registers to import and export (`api.ports`).

Idea: every call opens a reading connection of its own, on whatever thread it is called from; nothing here can write.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from firstminute.geo.datum import MAINLAND, Ring
from firstminute.model.access.expr import Expr
from firstminute.model.access.sql import where
from firstminute.model.access.things import Who
from firstminute.model.encoding import encode
from firstminute.model.envelope import Fact, World
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import TABLES, Record
from firstminute.store import read_models, registers
from firstminute.store.import_export import FORMS, change_of, read_rows, write_rows
from firstminute.store.store import Store


class JournalReader:
    """Recorded facts, decoded, with what is sealed in them where its key still exists."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_subject(self, subject: str, *, world: World = "live") -> Sequence[Fact]:
        """All facts of one subject, oldest first."""
        with self._store.reading() as connection:
            return self._store.journal.about(connection, world, subject)

    def between(
        self, from_s: float, to_s: float, *, kinds: Sequence[str] = (), most: int = 100_000
    ) -> Sequence[Fact]:
        """Facts recorded in a span of time, oldest first."""
        with self._store.reading() as connection:
            return self._store.journal.between(connection, "live", from_s, to_s, kinds=kinds, most=most)

    def after(self, seq: int, *, most: int = 1_000) -> Sequence[Fact]:
        """Facts behind a place in the journal."""
        with self._store.reading() as connection:
            return list(islice(self._store.journal.read(connection, "live", seq), most))


class RegisterFiles:
    """Register tables as files, in and out.

    Parameters
    ----------
    sealed : whether an export opens names and phones
    """

    def __init__(self, store: Store, *, sealed: bool = False) -> None:
        self._store, self._keys = store, store.keys if sealed else None

    def export(self, table: str, form: str, keep: Container[str] | None = None) -> tuple[bytes, str]:
        """The rows valid now as json, csv or geojson, and the media type. `keep`: only the rows with these keys."""
        with self._store.reading() as connection:
            rows = [
                record
                for key, _, record in registers.current(connection, self._store.desk, table, self._keys)
                if keep is None or key in keep
            ]
        return write_rows(table, form, rows), FORMS[form]

    def prepare(
        self, table: str, form: str, data: bytes, datum: str = "wgs84", mask: Ring = MAINLAND
    ) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
        """The arguments of `change_register` for what `data` holds, or None and the errors row by row."""
        rows, errors = read_rows(table, form, data, datum, mask)
        if errors or not rows:
            said = [each.plain() for each in errors] or [{"row": 0, "field": "", "problem": "no_rows"}]
            return None, said
        return change_of(table, rows), []

    def history(self, table: str, key: str) -> Sequence[Mapping[str, Any]]:
        """Every version of one row with who made it, newest first; sealed fields are None. A version is the place of its fact in the journal."""
        with self._store.reading() as connection:
            found = registers.history(connection, self._store.desk, table, key)
            return [
                {
                    "version": version, "valid_from_s": from_s, "valid_to_s": to_s, "by": self._actor(connection, version), "row": encode(record),
                    "removed_by": self._remover(connection, table, key, to_s) if to_s is not None else None,
                }
                for version, from_s, to_s, record in reversed(found)
            ]  # fmt: skip

    def _actor(self, connection: Connection, seq: int) -> str | None:
        fact = next(iter(self._store.journal.read(connection, "live", seq - 1)), None)
        return fact.actor if fact is not None and fact.seq == seq else None

    def _remover(self, connection: Connection, table: str, key: str, at_s: float) -> str | None:
        """Who took the row out, where no newer version took its place."""
        around = self._store.journal.between(
            connection, "live", at_s - 0.001, at_s + 0.001, kinds=(RegisterChanged.NAME,), most=100
        )
        return next(
            (
                f.actor
                for f in around
                if isinstance(f.body, RegisterChanged) and f.body.table == table and key in f.body.removed
            ),
            None,
        )

    def page(
        self, table: str, words: str, after: str, most: int, keep: Container[str] | None = None
    ) -> tuple[int, Sequence[Mapping[str, Any]]]:
        """How many rows hold the words, and some of them behind a key, without what is sealed."""
        with self._store.reading() as connection:
            found, rows = registers.page(
                connection, self._store.desk, table, words=words, after=after, most=most, keep=keep
            )
        return found, [open_row(table, row) for row in rows]

    def counts(self) -> Mapping[str, int]:
        """Register → rows valid now."""
        with self._store.reading() as connection:
            return registers.count(connection, self._store.desk)

    def file(self, table: str, form: str, rows: Sequence[Record]) -> tuple[bytes, str]:
        """Records as a file that can be imported, and its media type."""
        return write_rows(table, form, rows), FORMS[form]


def open_row(table: str, row: Record) -> dict[str, Any]:
    """A record as plain data without the fields that are sealed."""
    return {name: value for name, value in encode(row).items() if name not in TABLES[table].SEALED}


class History:
    """Incidents of the past, filtered by the database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def seen(self, incident_id: str, rows: Expr, who: Who) -> bool:
        """Whether an incident is known and may be seen."""
        with self._store.reading() as connection:
            return read_models.is_seen(
                connection, self._store.desk, incident_id, where(rows, who, read_models.PLACES)
            )

    def ids(self, rows: Expr, who: Who, since_s: float) -> frozenset[str]:
        """Incidents that may be seen and were open at a time or later."""
        with self._store.reading() as connection:
            return read_models.ids_since(
                connection, self._store.desk, since_s, where(rows, who, read_models.PLACES)
            )

    def page(
        self, rows: Expr, who: Who, span_s: tuple[float, float], after: tuple[float, str], most: int
    ) -> tuple[int, Sequence[Mapping[str, Any]]]:
        """How many incidents closed in a span of time may be seen, and some of them behind a place, oldest first."""
        may = where(rows, who, read_models.PLACES)
        with self._store.reading() as connection:
            count = read_models.count_closed(connection, self._store.desk, span_s, may)
            return count, read_models.page_closed(
                connection, self._store.desk, span_s, may, after=after, most=most
            )
