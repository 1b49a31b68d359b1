"""Is the journal still what was written? Walks the chain and says where it breaks.

Idea: every fact's leaf is computed again from its stored bytes and linked to the one before; the end must be the head. A changed, missing,
moved or added fact breaks the chain at its place. A journal cut back together with its head is found by an *anchor*: a head written down
elsewhere earlier.
Limits: it proves that nothing changed since, not that what was written was true; it needs no key and opens nothing sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import Connection, select

from firstminute.model.envelope import World
from firstminute.store.chain import START, hash_called, leaf, link
from firstminute.store.journal import ENVELOPE, read_head
from firstminute.store.schema import desk_head, facts, segments

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """What the walk over one stream found.

    Attributes
    ----------
    facts : how many facts were read
    seq, chain : the last sound fact and the chain's value there: the anchor to write down
    broken_at : the first fact that is not what was written, None where all is sound
    problem : changed, missing, beyond_head, cut, head_changed, no_segment, anchor
    """

    desk: str
    world: str
    facts: int
    seq: int
    chain: str
    broken_at: int | None = None
    problem: str | None = None

    @property
    def sound(self) -> bool:
        """True where nothing is broken."""
        return self.problem is None

    def plain(self) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return {**asdict(self), "sound": self.sound}


def verify(
    connection: Connection,
    anchors: dict[tuple[str, str], tuple[int, str]] | None = None,
    *,
    step_aside: bool = False,
) -> Iterator[Finding]:
    """One finding per stream.

    Parameters
    ----------
    anchors : (desk, world) → (seq, chain as hex) noted earlier, which the chain must still pass through
    step_aside : let go of the read transaction between two pages, so that a long walk beside a running desk does not keep its write-ahead
        log from being cut; facts only grow, so what was walked stays walked
    """
    for row in connection.execute(select(desk_head).order_by(desk_head.c.desk, desk_head.c.world)).all():
        anchor = (anchors or {}).get((row.desk, row.world))
        yield _walk(connection, row.desk, cast(World, row.world), anchor, step_aside)


def _walk(
    connection: Connection, desk: str, world: World, anchor: tuple[int, str] | None, step_aside: bool
) -> Finding:
    mine = (segments.c.desk == desk, segments.c.world == world)
    hashes = {
        row.first_seq: row.hash_name
        for row in connection.execute(select(segments.c.first_seq, segments.c.hash_name).where(*mine))
    }
    before = [first for first in hashes if first <= 1]
    hashed = hash_called(hashes[max(before)]) if before else None
    seq, chain = 0, START

    def found(problem: str | None = None, at: int | None = None) -> Finding:
        return Finding(desk, world, seq, seq, chain.hex(), at, problem)

    while True:
        if step_aside:
            connection.rollback()
        head = read_head(connection, desk, world)
        assert head is not None, f"{desk}/{world} is gone"
        query = (
            select(facts)
            .where(facts.c.desk == desk, facts.c.world == world, facts.c.seq > seq)
            .order_by(facts.c.seq)
            .limit(AT_ONCE)
        )
        rows = connection.execute(query).all()
        for row in rows:
            if row.seq != seq + 1:
                return found("missing", seq + 1)
            if row.seq > head.seq:
                return found("beyond_head", row.seq)
            if row.seq in hashes:
                hashed = hash_called(hashes[row.seq])
            if hashed is None:
                return found("no_segment", row.seq)
            envelope = tuple(getattr(row, name) for name in ENVELOPE)
            value = link(hashed, chain, leaf(hashed, envelope, _bytes(row.body) or b"", _bytes(row.sealed)))
            if value != row.chain:
                return found("changed", row.seq)
            seq, chain = row.seq, value
            if anchor is not None and seq == anchor[0] and chain.hex() != anchor[1]:
                return found("anchor", seq)
        if len(rows) < AT_ONCE:
            break
    if seq < head.seq:
        return found("cut", seq + 1)
    if chain != head.chain:
        return found("head_changed", seq)
    if anchor is not None and anchor[0] > seq:
        return found("anchor", seq + 1)
    return found()


def _bytes(value: object) -> bytes | None:
    """A column as it was hashed; whoever tampers may leave text or a number where bytes were."""
    return value if value is None or isinstance(value, bytes) else str(value).encode()
