"""The journal: facts appended for ever, chained, and read after a cursor.

Idea (DESIGN.md §4): one stream per world of a desk. `append` writes a run of facts on the one writing connection and moves `desk_head` by
compare-and-set; the caller's transaction makes both durable or neither. What is read is decoded by today's classes: older versions are
lifted, erased parts are None, register rows are joined.
Limits: a stream has one writer; reading is in order of `seq`, a thousand rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, select

from firstminute.model.encoding import decode_body, encode_body
from firstminute.model.envelope import WORLDS, Body, Fact, World
from firstminute.model.facts.data import KeyRenewed
from firstminute.model.facts.desk import RegisterChanged, SubjectErased
from firstminute.store import staging
from firstminute.store.bulk import change_rows, insert_rows
from firstminute.store.canonical import canonical, read
from firstminute.store.chain import DEFAULT_HASH, START, hash_called, leaf, link
from firstminute.store.errors import Broken, HeadLost
from firstminute.store.keys import SubjectKeys
from firstminute.store.registers import rows_at, write_rows
from firstminute.store.schema import desk_head, facts, segments

Opening: TypeAlias = bool | Callable[[str], bool]
"""Whether sealed parts are opened: all, none, or those of the subjects for which it says so."""
AT_ONCE = 1000
MOVE_HEAD = "UPDATE desk_head SET epoch = ?, seq = ?, chain = ? WHERE desk = ? AND world = ? AND epoch = ? AND seq = ? AND chain = ?"
ENVELOPE = (
    "desk",
    "world",
    "seq",
    "at_s",
    "occurred_s",
    "time_source",
    "kind",
    "version",
    "subject",
    "actor",
    "command_id",
    "origin",
    "because",
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends: who may write it (`epoch`), its last `seq` and the chain's value there."""

    epoch: int
    seq: int
    chain: bytes


class Journal:
    """The streams of one desk.

    Parameters
    ----------
    desk : its name, part of every envelope
    keys : seals and opens what can identify a person
    hash_name : of new segments; older ones keep theirs
    """

    def __init__(self, desk: str, keys: SubjectKeys, hash_name: str = DEFAULT_HASH) -> None:
        self.desk = desk
        self.keys = keys
        self.hash_name = hash_name
        self._hash = hash_called(hash_name)

    def take_over(self, connection: Connection) -> dict[World, Head]:
        """Become the writer of every stream: each epoch goes up by one, so whoever wrote before is fenced off."""
        heads: dict[World, Head] = {}
        for world in WORLDS:
            found = read_head(connection, self.desk, world)
            if found is None:
                heads[world] = Head(1, 0, START)
                connection.execute(
                    desk_head.insert().values(desk=self.desk, world=world, epoch=1, seq=0, chain=START)
                )
            else:
                heads[world] = replace(found, epoch=found.epoch + 1)
                self._move(connection, world, found, heads[world])
            last = select(segments.c.hash_name).where(segments.c.desk == self.desk, segments.c.world == world)
            if (
                connection.execute(last.order_by(segments.c.first_seq.desc()).limit(1)).scalar()
                != self.hash_name
            ):
                first = {"first_seq": heads[world].seq + 1, "hash_name": self.hash_name}
                same = (
                    segments.c.desk == self.desk,
                    segments.c.world == world,
                    segments.c.first_seq == first["first_seq"],
                )
                connection.execute(segments.delete().where(*same))
                connection.execute(segments.insert().values(desk=self.desk, world=world, **first))
        return heads

    def append(self, connection: Connection, world: World, head: Head, run: Sequence[Fact]) -> Head:
        """Write `run`, whose `seq` follow the head's, and move the head.

        Raises
        ------
        HeadLost : the head is not where this desk left it
        """
        if not run:
            return head
        chain = head.chain
        rows: list[tuple[Any, ...]] = []
        for change, some in groupby(run, _change_of_keys):
            part = list(some)
            about = [fact.body.subject for fact in part]
            # in their place: what was sealed before keeps or loses its key, what is said after gets a key of its own
            if change is SubjectErased:
                self.keys.erase(connection, about)
            elif change is KeyRenewed:
                self.keys.renew(connection, about)
            for fact, (envelope, body, sealed, key_id) in zip(
                part, self._sealed(connection, part), strict=True
            ):
                expected = head.seq + len(rows) + 1
                assert (fact.seq, fact.world) == (expected, world), (
                    f"{fact.seq} of {fact.world} is not {expected} of {world}"
                )
                chain = link(self._hash, chain, leaf(self._hash, envelope, body, sealed))
                rows.append((*envelope, body, sealed, key_id, chain))
        insert_rows(connection, facts, rows)
        moved = Head(head.epoch, run[-1].seq, chain)
        self._move(connection, world, head, moved)
        return moved

    def _sealed(
        self, connection: Connection, part: Sequence[Fact]
    ) -> Iterator[tuple[tuple[Any, ...], bytes, bytes | None, int | None]]:
        """Envelope, body, sealed part and its key's number of each fact; the rows that travel with one are written."""
        plain = [encode_body(each.body) for each in part]
        secrets = [each.subject for each, (_, secret) in zip(part, plain, strict=True) if secret is not None]
        key_ids = self.keys.of(connection, secrets) if secrets else {}
        for fact, (body, secret) in zip(part, plain, strict=True):
            if isinstance(fact.body, RegisterChanged):
                self._register(connection, fact, fact.body)
            sealed = key_id = None
            if secret is not None:
                key_id = key_ids[fact.subject]
                sealed = self.keys.vault.seal(key_id, canonical(secret), _about(fact.subject, fact.kind))
            yield self._envelope(fact), canonical(body), sealed, key_id

    def _register(self, connection: Connection, fact: Fact, body: RegisterChanged) -> None:
        if body.staged is not None:
            staging.accept(connection, self.desk, body.staged, fact.seq, fact.at_s)
        else:
            write_rows(connection, self.keys, self.desk, body, fact.at_s)

    def _envelope(self, fact: Fact) -> tuple[Any, ...]:
        """The columns of `ENVELOPE`."""
        body = fact.body
        return (
            self.desk, fact.world, fact.seq, fact.at_s, fact.occurred_s, fact.time_source, body.NAME, body.VERSION, body.subject,
            fact.actor, fact.command_id, fact.origin, fact.because,
        )  # fmt: skip

    def _move(self, connection: Connection, world: World, old: Head, new: Head) -> None:
        row = (new.epoch, new.seq, new.chain, self.desk, world, old.epoch, old.seq, old.chain)
        if change_rows(connection, MOVE_HEAD, [row]) != 1:
            raise HeadLost(
                f"the head of {self.desk}/{world} is no longer at epoch {old.epoch}, fact {old.seq}: another desk has taken over"
            )

    def read(
        self,
        connection: Connection,
        world: World,
        after: int = 0,
        *,
        upto: int | None = None,
        kinds: Sequence[str] = (),
        without: Sequence[str] = (),
        about: Sequence[str] = (),
        opening: Opening = True,
    ) -> Iterator[Fact]:
        """The facts after `after`, in order; of some kinds only, without some, or about some subjects, where they are named."""
        while True:
            query = self._query(world).where(facts.c.seq > after).order_by(facts.c.seq).limit(AT_ONCE)
            if kinds:
                query = query.where(facts.c.kind.in_(kinds))
            if without:
                query = query.where(facts.c.kind.not_in(without))
            if about:
                query = query.where(facts.c.subject.in_(about))
            rows = connection.execute(query if upto is None else query.where(facts.c.seq <= upto)).all()
            yield from self.facts_of(connection, rows, opening)
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].seq

    def about(
        self, connection: Connection, world: World, subject: str, *, kinds: Sequence[str] = ()
    ) -> list[Fact]:
        """Every fact about one subject, or those of some kinds, in order."""
        query = self._query(world).where(facts.c.subject == subject).order_by(facts.c.seq)
        if kinds:
            query = query.where(facts.c.kind.in_(kinds))
        return list(self.facts_of(connection, connection.execute(query).all()))

    def between(
        self,
        connection: Connection,
        world: World,
        from_s: float,
        to_s: float,
        *,
        kinds: Sequence[str] = (),
        most: int,
    ) -> list[Fact]:
        """At most `most` facts recorded from `from_s` to before `to_s`, in order. Time only grows along a stream, so its ends are found by halving."""
        first, last = self.first_at(connection, world, from_s), self.first_at(connection, world, to_s)
        query = self._query(world).where(facts.c.seq >= first, facts.c.seq < last)
        if kinds:
            query = query.where(facts.c.kind.in_(kinds))
        return list(
            self.facts_of(connection, connection.execute(query.order_by(facts.c.seq).limit(most)).all())
        )

    def first_at(self, connection: Connection, world: World, at_s: float) -> int:
        """The seq of the first fact recorded at `at_s` or later, one past the last where there is none."""
        head = read_head(connection, self.desk, world)
        low, high = 1, (head.seq if head else 0) + 1
        one = select(facts.c.at_s).where(facts.c.desk == self.desk, facts.c.world == world)
        while low < high:
            middle = (low + high) // 2
            found = connection.execute(one.where(facts.c.seq == middle)).scalar_one()
            low, high = (middle + 1, high) if found < at_s else (low, middle)
        return low

    def last_at_s(self, connection: Connection, world: World) -> float:
        """When the last fact was recorded, 0 where there is none."""
        query = (
            select(facts.c.at_s)
            .where(facts.c.desk == self.desk, facts.c.world == world)
            .order_by(facts.c.seq.desc())
            .limit(1)
        )
        return connection.execute(query).scalar() or 0.0

    def chain_at(self, connection: Connection, world: World, seq: int) -> bytes | None:
        """The chain's value at one fact."""
        query = select(facts.c.chain).where(
            facts.c.desk == self.desk, facts.c.world == world, facts.c.seq == seq
        )
        return connection.execute(query).scalar()

    def _query(self, world: World) -> Select[Any]:
        return select(facts).where(facts.c.desk == self.desk, facts.c.world == world)

    def facts_of(
        self, connection: Connection, rows: Iterable[Any], opening: Opening = True
    ) -> Iterator[Fact]:
        """Rows of the table as facts, with their sealed parts None where they are not to be opened."""
        opens = opening if callable(opening) else (lambda _: opening)
        for (
            _,
            world,
            seq,
            at_s,
            occurred_s,
            source,
            kind,
            version,
            subject,
            actor,
            command,
            origin,
            because,
            open_part,
            sealed,
            key,
            _,
        ) in rows:
            shut = sealed is None or not opens(subject)
            try:
                opened = None if shut else self.keys.vault.open(key, sealed, _about(subject, kind))
                body = decode_body(
                    kind, version, read(open_part), read(opened) if opened is not None else None
                )
            except (ValueError, TypeError, KeyError) as problem:
                raise Broken(f"fact {seq} of {world} is not what was written: {problem}") from problem
            if isinstance(body, RegisterChanged):
                body = replace(body, rows=rows_at(connection, self.keys, self.desk, body))
            yield Fact(
                seq=seq, at_s=at_s, occurred_s=occurred_s, time_source=source, body=body, actor=actor,
                command_id=command, origin=origin, world=world, because=because,
            )  # fmt: skip


def read_head(connection: Connection, desk: str, world: World) -> Head | None:
    """Where a stream ends, None where it never began."""
    row = connection.execute(
        select(desk_head).where(desk_head.c.desk == desk, desk_head.c.world == world)
    ).first()
    return None if row is None else Head(row.epoch, row.seq, row.chain)


def _change_of_keys(fact: Fact) -> type[Body] | None:
    return type(fact.body) if isinstance(fact.body, (SubjectErased, KeyRenewed)) else None


def _about(subject: str, kind: str) -> bytes:
    return f"{subject}/{kind}".encode()
