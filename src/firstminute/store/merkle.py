"""Merkle trees over the leaves of a journal: one hash for a whole run of facts, and short proofs of what stands in it.

Idea: `node = H(0x01 ‖ left ‖ right)` over the leaves of `chain.leaf` (which begin with 0x00, so a node never passes for a leaf). A tree of n leaves
is split at the largest power of two below n, so a longer journal keeps every full subtree of a shorter one. An *inclusion proof* shows with
log2(n) hashes that a leaf stands at its place; a *consistency proof* shows that an older root is the beginning of a younger one: nothing that
was there has been changed, dropped or moved. A segment of a journal names its hash function: a node is made with that of its last leaf, so
every root of the past stays what it was when a new function comes into use.
Parts of a tree are half-open ranges `(start, stop)` of leaves counted from 0; `stop` is then also the seq of the last fact in it.
Source: RFC 9162 section 2.1 (the same trees and proofs as RFC 6962).
Limits: pure functions; `Frontier` holds log2(n) hashes, whatever the length of the journal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from firstminute.store.chain import DEFAULT_HASH, hash_called

Hash = Callable[[bytes], bytes]
HashAt = Callable[[int], Hash]
"""seq of a fact → the hash function of its segment."""
Range = tuple[int, int]
NODE = b"\x01"


class Tree(NamedTuple):
    """What a head says of a tree: its root and its number of leaves."""

    root: bytes
    size: int


def hashes_of(names: Mapping[int, str]) -> HashAt:
    """The hash function of each seq, from the first seqs of the segments and the names of their functions.

    Raises
    ------
    ValueError : no segment holds the first fact, or this machine has no function of such a name
    """
    if not names:
        names = {1: DEFAULT_HASH}
    firsts = sorted(names)
    if firsts[0] > 1:
        raise ValueError("no segment says how the first fact was hashed")
    functions = [hash_called(names[first]) for first in firsts]
    if len(functions) == 1:
        only = functions[0]
        return lambda seq: only
    return lambda seq: functions[max(bisect_right(firsts, max(seq, 1)) - 1, 0)]


def split(start: int, stop: int) -> int:
    """Where a range of two leaves or more is parted: after the largest power of two of them that leaves a rest."""
    return start + (1 << ((stop - start - 1).bit_length() - 1))


def root_of(leaves: Sequence[bytes], hash_at: HashAt, start: int = 0) -> bytes:
    """The root over leaves that begin at `start`; that of no leaves is the hash of nothing."""
    frontier = Frontier(hash_at, start=start)
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


class Frontier:
    """A tree that grows by one leaf at a time and keeps only the roots of its full subtrees (its peaks), largest first.

    Parameters
    ----------
    hash_at : the hash function of each seq
    start : leaves before the first one, where the tree is a part of a larger one
    wanted : ranges whose roots are to be kept in `found` when they have passed
    """

    __slots__ = ("found", "hash_at", "peaks", "size", "start", "wanted")

    def __init__(self, hash_at: HashAt, *, start: int = 0, wanted: Iterable[Range] = ()) -> None:
        self.hash_at, self.start, self.size = hash_at, start, 0
        self.peaks: list[bytes] = []
        self.wanted = frozenset(wanted)
        self.found: dict[Range, bytes] = {}

    def add(self, leaf: bytes) -> None:
        """Take in the next leaf. A node that it completes is made at once."""
        self.size += 1
        stop, width, left, node = self.start + self.size, 1, self.size, leaf
        hashed = self.hash_at(stop)
        if self.wanted:
            self._keep(stop - 1, stop, node)
        while not left & 1:
            node = hashed(NODE + self.peaks.pop() + node)
            left >>= 1
            width <<= 1
            if self.wanted:
                self._keep(stop - width, stop, node)
        self.peaks.append(node)

    def _keep(self, start: int, stop: int, node: bytes) -> None:
        if (start, stop) in self.wanted:
            self.found[start, stop] = node

    def root(self) -> bytes:
        """The root over all leaves so far; ranges that were wanted and end here are found with it."""
        hashed = self.hash_at(self.start + self.size)
        if not self.peaks:
            return hashed(b"")
        stop, node = self.start + self.size, self.peaks[-1]
        for (start, _), peak in zip(reversed(self.ranges()[:-1]), reversed(self.peaks[:-1]), strict=True):
            node = hashed(NODE + peak + node)
            self._keep(start, stop, node)
        return node

    def ranges(self) -> list[Range]:
        """Which leaves each peak stands over."""
        return peaks_of(self.size, self.start)


def peaks_of(size: int, start: int = 0) -> list[Range]:
    """The full subtrees of a tree of `size` leaves, largest first.

    >>> peaks_of(11)
    [(0, 8), (8, 10), (10, 11)]
    """
    found: list[Range] = []
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            found.append((start, start + (1 << bit)))
            start += 1 << bit
    return found


def root_of_peaks(peaks: Sequence[bytes], size: int, hash_at: HashAt) -> bytes:
    """The root of a tree of which only the peaks are known.

    Raises
    ------
    ValueError : there are not as many peaks as such a tree has
    """
    frontier = Frontier(hash_at)
    if len(peaks) != size.bit_count():
        raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
    frontier.peaks, frontier.size = list(peaks), size
    return frontier.root()


def inclusion_path(index: int, size: int) -> tuple[Range, ...]:
    """The ranges whose roots prove that leaf `index` (from 0) stands in a tree of `size` leaves, from the leaf upwards.

    >>> inclusion_path(2, 5)
    ((3, 4), (0, 2), (4, 5))
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    path: list[Range] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = split(start, stop)
        if index < middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start = middle
    return tuple(reversed(path))


def included(tree: Tree, index: int, leaf: bytes, proof: Sequence[bytes], hash_at: HashAt) -> bool:
    """True where `proof` (the roots of `inclusion_path`) leads from the leaf to the root."""
    if not 0 <= index < tree.size:
        return False
    path = inclusion_path(index, tree.size)
    if len(path) != len(proof):
        return False
    node, stop = leaf, index + 1
    for (its_start, its_stop), other in zip(path, proof, strict=True):
        left = its_start > index
        stop = max(stop, its_stop)
        node = hash_at(stop)(NODE + (node + other if left else other + node))
    return node == tree.root


def consistency_path(old: int, size: int) -> tuple[Range, ...]:
    """The ranges whose roots prove that a tree of `old` leaves is the beginning of one of `size`, in the order of RFC 9162.

    >>> consistency_path(3, 7)
    ((2, 3), (3, 4), (0, 2), (4, 7))
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {old} leaves is not the beginning of one of {size}")
    path: list[Range] = []
    start, stop, whole = 0, size, True
    while old not in (0, stop):
        middle = split(start, stop)
        if old <= middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if old and not whole:
        path.append((start, stop))
    return tuple(reversed(path))


def consistent(old: Tree, new: Tree, proof: Sequence[bytes], hash_at: HashAt) -> bool:
    """True where `proof` (the roots of `consistency_path`) leads from parts both trees share to the old root and to the new one."""
    if not 0 <= old.size <= new.size or len(proof) != len(consistency_path(old.size, new.size)):
        return False
    if old.size == 0:
        return old.root == hash_at(0)(b"")
    return _both((0, new.size), old.size, iter(proof), hash_at, old.root) == (old.root, new.root)


def _both(
    span: Range, old: int, proof: Iterator[bytes], hash_at: HashAt, whole: bytes | None
) -> tuple[bytes, bytes]:
    """The roots of (start, old) and (start, stop). `whole`: the old root, as long as the old tree may be a left part of its own."""
    start, stop = span
    if old == stop:
        node = whole if whole is not None else next(proof)
        return node, node
    middle = split(start, stop)
    if old <= middle:
        before, after = _both((start, middle), old, proof, hash_at, whole)
        return before, hash_at(stop)(NODE + after + next(proof))
    before, after = _both((middle, stop), old, proof, hash_at, None)
    left = next(proof)
    return hash_at(old)(NODE + left + before), hash_at(stop)(NODE + left + after)
