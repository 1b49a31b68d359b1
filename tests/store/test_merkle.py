"""Trees, frontiers and proofs against the recursive definition of RFC 9162, with one hash function and with several along one run."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.store.merkle import (
    Frontier,
    HashAt,
    Tree,
    consistency_path,
    consistent,
    hashes_of,
    included,
    inclusion_path,
    peaks_of,
    root_of,
    root_of_peaks,
)

FUNCTIONS = ("sha256", "sha3_256", "blake2s")


def oracle(leaves: list[bytes], names: dict[int, str], start: int = 0) -> bytes:
    """The definition word for word, as slow as it is; a node is hashed as the segment of its last leaf says."""
    stop = start + len(leaves)
    name = names[max(first for first in names if first <= max(stop, 1))]
    if not leaves:
        return hashlib.new(name, b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, right = oracle(leaves[:half], names, start), oracle(leaves[half:], names, start + half)
    return hashlib.new(name, b"\x01" + left + right).digest()


def leaves_of(count: int) -> list[bytes]:
    return [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(count)]


segments = st.dictionaries(st.integers(2, 70), st.sampled_from(FUNCTIONS), max_size=3).map(
    lambda later: {1: "sha256", **later}
)
sizes = st.integers(0, 70)


def test_the_test_vectors_of_rfc_6962_implementations_come_out() -> None:
    """The leaves and roots that the Certificate Transparency tests publish: leaf = SHA-256(0x00 ‖ data)."""
    data = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [hashlib.sha256(b"\x00" + bytes.fromhex(each)).digest() for each in data]
    hash_at = hashes_of({1: "sha256"})
    assert root_of([], hash_at).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (
        root_of(leaves[:1], hash_at).hex()
        == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert (
        root_of(leaves, hash_at).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@given(sizes, segments)
def test_the_frontier_has_the_root_of_the_definition_at_every_size(count: int, names: dict[int, str]) -> None:
    leaves, hash_at = leaves_of(count), hashes_of(names)
    frontier = Frontier(hash_at)
    assert frontier.root() == oracle([], names)
    for size, leaf in enumerate(leaves, 1):
        frontier.add(leaf)
        assert frontier.root() == oracle(leaves[:size], names)
        assert root_of_peaks(frontier.peaks, size, hash_at) == frontier.root()
        assert len(frontier.peaks) == len(peaks_of(size)) == size.bit_count()
    assert root_of(leaves, hash_at) == oracle(leaves, names)


@given(st.data(), segments)
def test_wanted_ranges_are_found_while_the_leaves_pass(data: st.DataObject, names: dict[int, str]) -> None:
    count = data.draw(st.integers(1, 70))
    leaves, hash_at = leaves_of(count), hashes_of(names)
    index, old = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count))
    wanted = {*inclusion_path(index, count), *consistency_path(old, count)}
    frontier = Frontier(hash_at, wanted=wanted)
    for leaf in leaves:
        frontier.add(leaf)
    frontier.root()
    assert frontier.found == {
        (start, stop): oracle(leaves[start:stop], names, start) for start, stop in wanted
    }


def inclusion(leaves: list[bytes], index: int, names: dict[int, str]) -> list[bytes]:
    return [oracle(leaves[a:b], names, a) for a, b in inclusion_path(index, len(leaves))]


def consistency(leaves: list[bytes], old: int, names: dict[int, str]) -> list[bytes]:
    return [oracle(leaves[a:b], names, a) for a, b in consistency_path(old, len(leaves))]


@given(st.data(), segments)
def test_an_inclusion_proof_holds_for_its_leaf_place_and_tree_alone(
    data: st.DataObject, names: dict[int, str]
) -> None:
    count = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, count - 1))
    leaves, hash_at = leaves_of(count), hashes_of(names)
    root, proof = oracle(leaves, names), inclusion(leaves, index, names)
    assert included(Tree(root, count), index, leaves[index], proof, hash_at)
    assert len(proof) <= (count - 1).bit_length()
    other = data.draw(st.integers(0, count - 1))
    if other != index:
        assert not included(Tree(root, count), index, leaves[other], proof, hash_at)
        assert not included(Tree(root, count), other, leaves[index], proof, hash_at)
    assert not included(Tree(root, count), index, bytes(32), proof, hash_at)
    assert not included(Tree(bytes(32), count), index, leaves[index], proof, hash_at)
    assert not included(Tree(root, count), index, leaves[index], [*proof, bytes(32)], hash_at)
    assert not included(Tree(root, count), count, leaves[index], proof, hash_at)
    for place in range(len(proof)):
        bent = [*proof[:place], bytes(32), *proof[place + 1 :]]
        assert not included(Tree(root, count), index, leaves[index], bent, hash_at)


@given(st.data(), segments)
def test_a_consistency_proof_holds_for_the_true_beginning_alone(
    data: st.DataObject, names: dict[int, str]
) -> None:
    count = data.draw(st.integers(1, 70))
    old = data.draw(st.integers(0, count))
    leaves, hash_at = leaves_of(count), hashes_of(names)
    before, root, proof = oracle(leaves[:old], names), oracle(leaves, names), consistency(leaves, old, names)
    assert consistent(Tree(before, old), Tree(root, count), proof, hash_at)
    assert not consistent(Tree(bytes(32), old), Tree(root, count), proof, hash_at)
    assert not consistent(Tree(before, old), Tree(root, count), [*proof, bytes(32)], hash_at)
    assert not consistent(Tree(before, count + 1), Tree(root, count), proof, hash_at)
    if old:
        assert not consistent(Tree(before, old), Tree(bytes(32), count), proof, hash_at)
        changed = data.draw(st.integers(0, old - 1))
        forged = [*leaves[:changed], bytes(32), *leaves[changed + 1 :]]
        assert not consistent(
            Tree(before, old), Tree(oracle(forged, names), count), consistency(forged, old, names), hash_at
        )


@given(st.data())
def test_two_leaves_that_changed_places_make_another_root(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 40))
    one, two = data.draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True))
    leaves = leaves_of(count)
    swapped = [*leaves]
    swapped[one], swapped[two] = leaves[two], leaves[one]
    hash_at = hashes_of({1: "sha256"})
    assert root_of(leaves, hash_at) != root_of(swapped, hash_at)


def test_a_node_never_passes_for_a_leaf() -> None:
    """Two leaves and the one leaf that is their node's hash have one root, but trees of two sizes; sizes are part of every head."""
    leaves, hash_at = leaves_of(2), hashes_of({1: "sha256"})
    root = root_of(leaves, hash_at)
    assert root == hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert root != hashlib.sha256(b"\x00" + leaves[0] + leaves[1]).digest()
    assert not included(Tree(root, 1), 0, leaves[0], [], hash_at)


def test_a_new_hash_function_leaves_every_older_root_as_it_was() -> None:
    leaves = leaves_of(40)
    before, after = hashes_of({1: "sha256"}), hashes_of({1: "sha256", 21: "sha3_256"})
    for size in range(21):
        assert root_of(leaves[:size], before) == root_of(leaves[:size], after)
    assert root_of(leaves, before) != root_of(leaves, after)


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_path(5, 5)
    with pytest.raises(ValueError, match="not the beginning"):
        consistency_path(6, 5)
    with pytest.raises(ValueError, match="peaks"):
        root_of_peaks([bytes(32)], 3, hashes_of({1: "sha256"}))
    with pytest.raises(ValueError, match="first fact"):
        hashes_of({5: "sha256"})
    with pytest.raises(ValueError, match="md5"):
        hashes_of({1: "md5"})


def _typed(hash_at: HashAt) -> bytes:
    return hash_at(1)(b"")


def test_no_segment_at_all_is_the_function_that_has_always_been() -> None:
    assert _typed(hashes_of({})) == hashlib.sha256(b"").digest()
