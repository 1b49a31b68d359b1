"""Is the journal still what was written? Walks the chain, builds the Merkle tree beside it, and says where it breaks.

Idea: every fact's leaf is computed again from its stored bytes and linked to the one before; the end must be the head. A changed, missing,
moved or added fact breaks the chain at its place. Whoever can write the database can also compute the chain anew: that, and a journal cut back
together with its head, is found by what was written down elsewhere earlier, an *anchor* (a value of the chain) or a signed head.
Limits: it proves that nothing changed since, not that what was written was true; it needs no key and opens nothing sealed. It checks the facts
that are there when it begins; those that come meanwhile wait for the next walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import Connection, func, select

from firstminute.model.envelope import World
from firstminute.store.chain import START, hash_called, leaf, link
from firstminute.store.heads import SignedHead
from firstminute.store.journal import ENVELOPE, Head, read_head
from firstminute.store.merkle import Hash, hashes_of
from firstminute.store.schema import desk_head, facts, segments
from firstminute.store.tree_check import Asked, FactProof, HeadProof, TreeCheck

AT_ONCE = 2000
COLUMNS = len(ENVELOPE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the walk over one stream found.

    Attributes
    ----------
    facts : how many facts were read
    seq, chain : the last sound fact and the chain's value there: the anchor to write down
    tree : the root of the Merkle tree over the sound facts
    broken_at : the first fact that is not what was written, None where all is sound
    broken_upto : where only a run of facts can be named, its last one
    problem : changed, missing, beyond_head, cut, head_changed, no_segment, anchor, rewritten, contradicted
    peaks : roots of the tree's full subtrees
    hashes : from which fact on which hash function, as heads say it
    facts_proved, heads_proved : what was asked for beside the walk
    """

    desk: str
    world: str
    facts: int
    seq: int
    chain: str
    broken_at: int | None = None
    problem: str | None = None
    tree: str = ""
    broken_upto: int | None = None
    peaks: tuple[str, ...] = ()
    hashes: str = ""
    facts_proved: tuple[FactProof, ...] = ()
    heads_proved: tuple[HeadProof, ...] = ()

    @property
    def sound(self) -> bool:
        """True where nothing is broken."""
        return self.problem is None

    @property
    def proved(self) -> bool:
        """True where nothing is broken and every fact asked for stands in the tree."""
        return self.sound and all(each.included for each in self.facts_proved)

    def head(self, at_s: int) -> SignedHead:
        """The head of the sound facts, still to be signed."""
        return SignedHead(
            desk=self.desk, world=self.world, seq=self.seq, tree=self.tree, chain=self.chain, at_s=at_s, hashes=self.hashes, key_id="",
            peaks=self.peaks,
        )  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return {**asdict(self), "sound": self.sound}


def verify(
    connection: Connection,
    anchors: dict[tuple[str, str], tuple[int, str]] | None = None,
    *,
    asked: Mapping[tuple[str, str], Asked] | None = None,
    step_aside: bool = False,
    only: tuple[str, str] | None = None,
) -> Iterator[Finding]:
    """One finding per stream.

    Parameters
    ----------
    anchors : (desk, world) → (seq, chain as hex) noted earlier, which the chain must still pass through
    asked : (desk, world) → facts and earlier heads that the tree is to prove
    step_aside : let go of the read transaction between two pages, so that a long walk beside a running desk does not keep its write-ahead
        log from being cut; facts only grow, so what was walked stays walked
    only : desk and world, where one stream is enough
    """
    for row in connection.execute(select(desk_head).order_by(desk_head.c.desk, desk_head.c.world)).all():
        stream = (row.desk, row.world)
        if only not in (None, stream):
            continue
        walk = _Walk(connection, row.desk, cast(World, row.world), step_aside)
        yield walk.run((anchors or {}).get(stream), (asked or {}).get(stream, Asked()))


class _Walk:
    """One walk over one stream, from its first fact to the head that it has when the walk begins."""

    def __init__(self, connection: Connection, desk: str, world: World, step_aside: bool) -> None:
        self._connection, self._desk, self._world, self._step_aside = connection, desk, world, step_aside
        self._mine = (facts.c.desk == desk, facts.c.world == world)
        self.names = _segments(connection, desk, world)
        self.seq, self.chain = 0, START

    def run(self, anchor: tuple[int, str] | None, asked: Asked) -> Finding:
        """Walk, then say what was found."""
        head = self._head()
        problem = self._without_function()
        tree = TreeCheck(head.seq, hashes_of({} if problem else self.names), asked)
        if problem is None:
            problem = self._pages(head, tree, anchor) or self._ends(head, anchor)
        heads, upto = tree.heads(), None
        failed = next((each for each in heads if each.problem not in (None, "broken")), None)
        if problem is None and failed is not None and failed.problem is not None:
            problem, upto = (failed.problem, failed.first or 1), failed.last
        what, at = problem if problem is not None else (None, None)
        return Finding(
            desk=self._desk, world=self._world, facts=self.seq, seq=self.seq, chain=self.chain.hex(), broken_at=at, problem=what,
            tree=tree.tree.root().hex(), broken_upto=upto, peaks=tuple(peak.hex() for peak in tree.tree.peaks), hashes=self._hashes(),
            facts_proved=tree.facts(), heads_proved=heads,
        )  # fmt: skip

    def _hashes(self) -> str:
        """The segments that hold the sound facts, as heads say them."""
        return ",".join(
            f"{first}:{name}" for first, name in sorted(self.names.items()) if first <= max(self.seq, 1)
        )

    def _head(self) -> Head:
        if self._step_aside:
            self._connection.rollback()
        head = read_head(self._connection, self._desk, self._world)
        assert head is not None, f"{self._desk}/{self._world} is gone"
        return head

    def _without_function(self) -> tuple[str, int] | None:
        """The first fact that is hashed in a way nobody says, or this machine does not know."""
        if min(self.names, default=2) > 1:
            return "no_segment", 1
        for first, name in sorted(self.names.items()):
            try:
                hash_called(name)
            except ValueError:
                return "no_segment", max(first, 1)
        return None

    def _pages(self, head: Head, tree: TreeCheck, anchor: tuple[int, str] | None) -> tuple[str, int] | None:
        """Walk up to `head`; the first break."""
        names = self.names
        hashed: Hash = hash_called(names[min(names)])
        wanted = (*(facts.c[name] for name in ENVELOPE), facts.c.body, facts.c.sealed, facts.c.chain)
        seq_at = ENVELOPE.index("seq")
        while self.seq < head.seq:
            if self._step_aside:
                self._connection.rollback()
            query = select(*wanted).where(*self._mine, facts.c.seq > self.seq, facts.c.seq <= head.seq)
            rows = self._connection.execute(query.order_by(facts.c.seq).limit(AT_ONCE)).all()
            for row in rows:
                seq = row[seq_at]
                if seq != self.seq + 1:
                    return "missing", self.seq + 1
                if seq in names:
                    hashed = hash_called(names[seq])
                its_leaf = leaf(hashed, tuple(row[:COLUMNS]), _bytes(row.body) or b"", _bytes(row.sealed))
                value = link(hashed, self.chain, its_leaf)
                if value != row.chain:
                    return "changed", seq
                self.seq, self.chain = seq, value
                tree.add(its_leaf, value)
                if anchor is not None and seq == anchor[0] and value.hex() != anchor[1]:
                    return "anchor", seq
            if len(rows) < AT_ONCE:
                break
        return None

    def _ends(self, head: Head, anchor: tuple[int, str] | None) -> tuple[str, int] | None:
        """What is wrong at the end: facts lack, there are too many, or the head says something else."""
        if self.seq < head.seq:
            return ("missing" if self._beyond(self.seq) else "cut"), self.seq + 1
        if self.chain != head.chain:
            return "head_changed", self.seq
        beyond = self._beyond(self._head().seq)
        if beyond is not None:
            return "beyond_head", beyond
        if anchor is not None and anchor[0] > self.seq:
            return "anchor", self.seq + 1
        return None

    def _beyond(self, seq: int) -> int | None:
        """The first fact after `seq`."""
        query = select(func.min(facts.c.seq)).where(*self._mine, facts.c.seq > seq)
        return cast("int | None", self._connection.execute(query).scalar())


def _segments(connection: Connection, desk: str, world: World) -> dict[int, str]:
    mine = (segments.c.desk == desk, segments.c.world == world)
    rows = connection.execute(select(segments.c.first_seq, segments.c.hash_name).where(*mine)).all()
    return {int(row.first_seq): str(row.hash_name) for row in rows}


def _bytes(value: object) -> bytes | None:
    """A column as it was hashed; whoever tampers may leave text or a number where bytes were."""
    return value if value is None or isinstance(value, bytes) else str(value).encode()
