"""The open parts of a journal, read without vault and keys: for reports that anybody who holds the journal can compute, and for auditors.

Idea: nothing here can open what is sealed, because it has no key to do it with; sealed fields are None, rows of registers stay where they are.
Limits: it reads what is there; whether it is still what was written says `verify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Select, select

from firstminute.model.encoding import decode_body
from firstminute.model.envelope import Fact, World
from firstminute.store.canonical import read
from firstminute.store.chain import START
from firstminute.store.errors import StorageRefused
from firstminute.store.schema import desk_head, facts

AT_ONCE = 2000
PAGE_MOST = 200
"""So many facts a search gives at once."""
OPEN = (
    facts.c.seq, facts.c.at_s, facts.c.occurred_s, facts.c.time_source, facts.c.kind, facts.c.version, facts.c.actor, facts.c.command_id, facts.c.origin,
    facts.c.world, facts.c.because, facts.c.body,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """The facts of a stream recorded in a span: the first and the last `seq`, the chain's value at the last, and whether there are later ones."""

    first_seq: int
    last_seq: int
    chain: str
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a search asks for: every field that is said must fit. `after`: only facts behind this one."""

    actor: str | None = None
    subject: str | None = None
    kinds: tuple[str, ...] = ()
    since_s: float | None = None
    until_s: float | None = None
    after: int = 0
    most: int = 50


class OpenJournal:
    """One stream of one desk.

    Parameters
    ----------
    desk : whose journal; None where the file holds one alone

    Raises
    ------
    StorageRefused : there is no such stream, or several desks to choose from
    """

    def __init__(self, connection: Connection, desk: str | None = None, world: World = "live") -> None:
        found = connection.execute(
            select(desk_head.c.desk, desk_head.c.seq).where(desk_head.c.world == world)
        ).all()
        named = [(row[0], row[1]) for row in found if desk in (None, row[0])]
        if len(named) != 1:
            names = ", ".join(sorted(row[0] for row in found))
            said = f"there is no one journal {desk or '*'}/{world} here, only {names or 'none'}"
            raise StorageRefused("which_journal", said, desk=desk or "*", world=world, desks=names or "-")
        self.desk, self.world, self._connection = str(named[0][0]), world, connection
        self.seq = int(named[0][1])
        self._mine = (facts.c.desk == self.desk, facts.c.world == world, facts.c.seq <= self.seq)

    def span(self, from_s: float, to_s: float) -> Span:
        """Where a span of time begins and ends in the stream."""
        first, end = self._first_at(from_s), self._first_at(to_s)
        query = select(facts.c.chain).where(*self._mine, facts.c.seq == end - 1)
        chain = self._connection.execute(query).scalar()
        return Span(first, end - 1, (chain if chain is not None else START).hex(), end <= self.seq)

    def _first_at(self, at_s: float) -> int:
        """The first fact recorded at `at_s` or later, by halving: time only grows along a stream."""
        low, high = 1, self.seq + 1
        one = select(facts.c.at_s).where(*self._mine)
        while low < high:
            middle = (low + high) // 2
            found = self._connection.execute(one.where(facts.c.seq == middle)).scalar_one()
            low, high = (middle + 1, high) if found < at_s else (low, middle)
        return low

    def facts(self, span: Span, kinds: Sequence[str] = ()) -> Iterator[Fact]:
        """The facts of a span in order, of some kinds where they are named."""
        after = span.first_seq - 1
        while True:
            query = (
                self._query()
                .where(facts.c.seq > after, facts.c.seq <= span.last_seq)
                .order_by(facts.c.seq)
                .limit(AT_ONCE)
            )
            rows = self._connection.execute(query.where(facts.c.kind.in_(kinds)) if kinds else query).all()
            yield from map(_fact, rows)
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].seq

    def acts(
        self, from_s: float, to_s: float, actors: Sequence[str], without: Sequence[str]
    ) -> dict[str, list[float]]:
        """Actor → when it did something else than `without`, ascending."""
        span = self.span(from_s, to_s)
        found: dict[str, list[float]] = {each: [] for each in actors}
        query = select(facts.c.actor, facts.c.at_s).where(
            *self._mine,
            facts.c.seq >= span.first_seq,
            facts.c.seq <= span.last_seq,
            facts.c.kind.not_in(without),
        )
        for actor, at_s in self._connection.execute(query.order_by(facts.c.seq)):
            if actor in found:
                found[actor].append(at_s)
        return found

    def search(self, wanted: Wanted) -> list[Fact]:
        """At most `most` (and `PAGE_MOST`) facts that fit, oldest first; a page of nothing is the end."""
        query = self._query().where(facts.c.seq > wanted.after)
        if wanted.actor is not None:
            query = query.where(facts.c.actor == wanted.actor)
        if wanted.subject is not None:
            query = query.where(facts.c.subject == wanted.subject)
        if wanted.kinds:
            query = query.where(facts.c.kind.in_(wanted.kinds))
        if wanted.since_s is not None or wanted.until_s is not None:
            span = self.span(
                wanted.since_s or 0.0, float("inf") if wanted.until_s is None else wanted.until_s
            )
            query = query.where(facts.c.seq >= span.first_seq, facts.c.seq <= span.last_seq)
        most = min(max(wanted.most, 1), PAGE_MOST)
        return [_fact(row) for row in self._connection.execute(query.order_by(facts.c.seq).limit(most))]

    def _query(self) -> Select[Any]:
        return select(*OPEN).where(*self._mine)


def _fact(row: Any) -> Fact:
    body = decode_body(row.kind, row.version, read(row.body))
    return Fact(
        seq=row.seq, at_s=row.at_s, occurred_s=row.occurred_s, time_source=row.time_source, body=body, actor=row.actor, command_id=row.command_id,
        origin=row.origin, world=cast(World, row.world), because=row.because,
    )  # fmt: skip
