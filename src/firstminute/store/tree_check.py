"""What is proved of one stream with its Merkle tree while its facts pass by once: where a fact stands, and which earlier heads still hold.

Idea: the size of the tree is known before the walk, so the few ranges that proofs are made of are known too; they are caught as the frontier passes
them, and memory does not grow with the journal. An earlier head holds where the tree had its root at its seq. Where it does not, the peaks that
a head carries and the heads that do hold say between which two facts the past was rewritten.
Limits: with a head that carries no peaks (read from paper) the place is between the last head that holds and the first that does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firstminute.store.heads import SignedHead
from firstminute.store.merkle import (
    Frontier,
    HashAt,
    Range,
    Tree,
    consistency_path,
    consistent,
    included,
    inclusion_path,
    peaks_of,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be proved of one stream: facts by their seq, and heads noted earlier."""

    facts: tuple[int, ...] = ()
    heads: tuple[SignedHead, ...] = ()


@dataclass(frozen=True, slots=True)
class FactProof:
    """Whether a fact stands in the tree. `problem`: beyond (there is no such fact), broken (the walk ended before it could be shown)."""

    seq: int
    included: bool
    leaf: str = ""
    proof: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class HeadProof:
    """Whether an earlier head still holds, and if not between which facts the journal differs.

    Attributes
    ----------
    problem : cut (facts that the head counts are not here), rewritten (there are enough, but they are others), broken (the walk ended before the
        head's fact), contradicted (a later head holds that says otherwise, so this one was never true here)
    first, last : the facts between which the difference begins
    proof : what proves to anybody with both roots that one tree is the beginning of the other; empty while the walk is broken
    """

    seq: int
    tree: str
    key_id: str
    consistent: bool
    proof: tuple[str, ...] = ()
    problem: str | None = None
    first: int | None = None
    last: int | None = None


class TreeCheck:
    """Takes every leaf of a stream once and answers at the end.

    Parameters
    ----------
    size : how many facts the stream has
    """

    def __init__(self, size: int, hash_at: HashAt, asked: Asked) -> None:
        self.size, self._asked = size, asked
        wanted: set[Range] = set()
        for seq in asked.facts:
            if 1 <= seq <= size:
                wanted.update(inclusion_path(seq - 1, size))
        for head in asked.heads:
            wanted.update(peaks_of(head.seq))
            if head.seq <= size:
                wanted.update(consistency_path(head.seq, size))
        self.tree = Frontier(hash_at, wanted=wanted)
        self._stops = frozenset(head.seq for head in asked.heads)
        self._roots: dict[int, bytes] = {0: self.tree.root()} if 0 in self._stops else {}
        self._chains: dict[int, bytes] = {}
        self._kept = frozenset(asked.facts)
        self._leaves: dict[int, bytes] = {}

    def add(self, leaf: bytes, chain: bytes) -> None:
        """The next sound fact: its leaf, and the chain's value with it."""
        self.tree.add(leaf)
        seq = self.tree.size
        if seq in self._kept:
            self._leaves[seq] = leaf
        if seq in self._stops:
            self._roots[seq], self._chains[seq] = self.tree.root(), chain

    @property
    def whole(self) -> bool:
        """True once every fact has passed."""
        return self.tree.size == self.size

    def facts(self) -> tuple[FactProof, ...]:
        """What is proved of the facts asked for, in the order of asking."""
        root = self.tree.root()
        return tuple(self._fact(seq, root) for seq in self._asked.facts)

    def _fact(self, seq: int, root: bytes) -> FactProof:
        if not 1 <= seq <= self.size:
            return FactProof(seq, included=False, problem="beyond")
        if not self.whole:
            return FactProof(seq, included=False, problem="broken")
        proof = self._proof(inclusion_path(seq - 1, self.size))
        leaf = self._leaves[seq]
        held = included(Tree(root, self.size), seq - 1, leaf, proof, self.tree.hash_at)
        assert held, f"the proof of fact {seq} does not lead to the root it was made with"
        return FactProof(seq, included=True, leaf=leaf.hex(), proof=_hex(proof))

    def heads(self) -> tuple[HeadProof, ...]:
        """What has become of each earlier head, oldest first."""
        root = self.tree.root()
        ordered = sorted(self._asked.heads, key=lambda head: head.seq)
        holding = max((head.seq for head in ordered if self._holds(head)), default=0)
        return tuple(self._head(head, root, holding) for head in ordered)

    def _holds(self, head: SignedHead) -> bool:
        if self._roots.get(head.seq, b"").hex() != head.tree:
            return False
        return head.seq == 0 or not head.chain or self._chains[head.seq].hex() == head.chain

    def _head(self, head: SignedHead, root: bytes, holding: int) -> HeadProof:
        about = (head.seq, head.tree, head.key_id)
        if self._holds(head):
            if not self.whole:
                return HeadProof(*about, consistent=True)
            proof = self._proof(consistency_path(head.seq, self.size))
            old = Tree(bytes.fromhex(head.tree), head.seq)
            held = consistent(old, Tree(root, self.size), proof, self.tree.hash_at)
            assert held, (
                f"the proof of the head at fact {head.seq} does not lead to the root it was made with"
            )
            return HeadProof(*about, consistent=True, proof=_hex(proof))
        if not self.whole and head.seq > self.tree.size:
            return HeadProof(
                *about, consistent=False, problem="broken", first=self.tree.size + 1, last=head.seq
            )
        first, last = self._where(head)
        if head.seq <= holding:
            return HeadProof(*about, consistent=False, problem="contradicted", first=first, last=last)
        problem = "rewritten" if last <= self.size else "cut"
        return HeadProof(*about, consistent=False, problem=problem, first=max(first, holding + 1), last=last)

    def _where(self, head: SignedHead) -> Range:
        """The first run of facts whose subtree is not the one that the head carries, or is not here, as first and last seq."""
        if not head.peaks_hold():
            return 1, head.seq
        for (start, stop), peak in zip(peaks_of(head.seq), head.peaks, strict=True):
            if self.tree.found.get((start, stop), b"").hex() != peak:
                return start + 1, stop
        return head.seq, head.seq

    def _proof(self, path: Iterable[Range]) -> list[bytes]:
        return [self.tree.found[each] for each in path]


def _hex(proof: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(each.hex() for each in proof)
