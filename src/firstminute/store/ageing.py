"""How old what is sealed about each subject is: what retention goes by.

Idea: the table of keys lists everybody about whom something can still be read. For each, the journal says what it is (the kind of its first fact) and
when something was last said about it; a register row counts from when it was no longer valid. Walked in the order of the subjects, some hundreds a
bite, after a cursor: nothing waits for it.
Limits: a subject is as old as the last fact about it; who is written about for ever grows no older (renew its key instead).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from firstminute.model.envelope import World
from firstminute.model.facts.data import DataHeld
from firstminute.model.records import TABLES
from firstminute.store.journal import Journal
from firstminute.store.schema import facts, open_subjects, register_rows, subject_keys

AT_ONCE = 300
WORLDS: tuple[World, ...] = ("live", "exercise", "twin")


@dataclass(frozen=True, slots=True)
class Aged:
    """A subject: what it is (the kind of its first fact, or the register of its row) and since when nothing more was said; None = still valid."""

    subject_id: str
    what: str
    last_s: float | None


def aged(connection: Connection, desk: str, after: str, most: int = AT_ONCE) -> list[Aged]:
    """The next `most` subjects behind `after`, in order; an empty list at the end. Subjects that nothing was ever written about are left out."""
    query = (
        select(subject_keys.c.subject)
        .where(subject_keys.c.subject > after)
        .order_by(subject_keys.c.subject)
        .limit(most)
    )
    return [_aged(connection, desk, subject) for subject in connection.execute(query).scalars()]


def _aged(connection: Connection, desk: str, subject: str) -> Aged:
    table, _, key = subject.partition("/")
    if table in TABLES and key:
        mine = (register_rows.c.desk == desk, register_rows.c.register == table, register_rows.c.key == key)
        ends = list(connection.execute(select(register_rows.c.valid_to_s).where(*mine)).scalars())
        return Aged(subject, table, None if not ends or None in ends else max(ends))
    first, last = None, None
    for world in WORLDS:
        of = (
            select(facts.c.kind, facts.c.at_s)
            .where(facts.c.desk == desk, facts.c.world == world, facts.c.subject == subject)
            .limit(1)
        )
        begun = connection.execute(of.order_by(facts.c.seq)).first()
        if begun is not None:
            ended = connection.execute(of.order_by(facts.c.seq.desc())).first()
            first = first or begun.kind
            last = max(last or 0.0, ended.at_s if ended else begun.at_s)
    return Aged(subject, first or "", last)


def holds(connection: Connection, journal: Journal) -> dict[str, tuple[str, ...]]:
    """Legal holds that stand, hold id → subjects, read from the record: for whoever looks on from beside the desk."""
    query = select(open_subjects.c.subject).where(
        open_subjects.c.desk == journal.desk,
        open_subjects.c.world == "live",
        open_subjects.c.closed_s.is_(None),
    )
    held = _held(connection, journal, list(connection.execute(query).scalars()))
    return {body.hold_id: body.subject_ids for body in held}


def _held(connection: Connection, journal: Journal, subjects: Sequence[str]) -> Iterator[DataHeld]:
    for subject in subjects:
        for fact in journal.about(connection, "live", subject, kinds=(DataHeld.NAME,)):
            if isinstance(fact.body, DataHeld):
                yield fact.body
