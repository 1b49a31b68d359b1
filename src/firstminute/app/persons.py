"""What the record holds about one person, as plain data to hand out, and a register row with a correction in it.

Idea: a person is found under the subjects that their keys belong to: a call, an incident, a roll, a row of a register. The export tells every fact about
the subject with its sealed part opened, every version of its row, and the sealed mentions of it elsewhere (whom a roll names).
Limits: mentions are looked for among the kinds that name members (`NAMING`); words that somebody said about a person in a call of somebody else are
that call's. At most `MOST` mentions are told, and the export says where there are more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from firstminute.model.encoding import encode
from firstminute.model.envelope import WORLDS, Fact
from firstminute.model.facts import KINDS
from firstminute.model.records import TABLES
from firstminute.store import registers
from firstminute.store.import_export import change_of
from firstminute.store.store import Store

MOST = 10_000
NAMING = tuple(name for name, kind in KINDS.items() if kind.SEALED & {"member_id", "member_ids"})


class Persons:
    """Reads a store; writes nothing. Implements `api.ports.PersonPort`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def export(self, subject_id: str) -> dict[str, Any]:
        """Everything kept about a subject: `facts`, `rows`, `mentions`; empty lists where there is nothing."""
        journal, desk = self._store.journal, self._store.desk
        table, _, key = subject_id.partition("/")
        rows: list[dict[str, Any]] = []
        mentions: list[Fact] = []
        with self._store.reading() as connection:
            facts = [fact for world in WORLDS for fact in journal.about(connection, world, subject_id)]
            if table in TABLES and key:
                found = registers.history(connection, desk, table, key, self._store.keys)
                rows = [
                    {
                        "version": version,
                        "valid_from": _time(since),
                        "valid_to": _time(until),
                        "row": encode(row),
                    }
                    for version, since, until, row in found
                ]
                mentions = [
                    fact
                    for fact in journal.read(connection, "live", 0, kinds=NAMING)
                    if key == getattr(fact.body, "member_id", None)
                    or key in (getattr(fact.body, "member_ids", None) or ())
                ]
        return {
            "subject_id": subject_id,
            "facts": [_told(fact) for fact in facts],
            "rows": rows,
            "mentions": [_told(fact) for fact in mentions[:MOST]],
            "more_mentions": max(0, len(mentions) - MOST),
        }

    def corrected_row(self, subject_id: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments of `change_register` that put right values into the row valid now; None where no row is."""
        table, _, key = subject_id.partition("/")
        with self._store.reading() as connection:
            found = registers.history(connection, self._store.desk, table, key, self._store.keys)
        now = [row for _, _, until, row in found if until is None]
        return change_of(table, [{**encode(now[-1]), **values}]) if now else None


def _told(fact: Fact) -> dict[str, Any]:
    return {
        "seq": fact.seq, "world": fact.world, "at": _time(fact.at_s), "kind": fact.kind, "by": fact.actor, "body": encode(fact.body),
    }  # fmt: skip


def _time(at_s: float | None) -> str | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
