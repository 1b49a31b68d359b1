"""The hash chain over the journal: what makes a changed, missing or moved fact visible.

Idea (DESIGN.md §4): `leaf = H(0x00 ‖ envelope ‖ H(body) ‖ H(sealed))`, `chain = H(chain before ‖ leaf)`. Body and sealed part enter by
their hashes, so a proof needs neither. The same leaves serve a Merkle tree later (RFC 9162 prefixes leaves with 0x00 too). The name of H
stands in each segment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from orjson import dumps

DEFAULT_HASH = "sha256"
START = bytes(32)


def hash_called(name: str) -> Callable[[bytes], bytes]:
    """The hash function of a segment.

    Raises
    ------
    ValueError : this machine's OpenSSL has no such function, or its digests are not of 32 bytes
    """
    if name not in hashlib.algorithms_available or hashlib.new(name).digest_size != len(START):
        raise ValueError(f"no 32-byte hash function called {name} on this machine")
    return _sha256 if name == "sha256" else lambda data: hashlib.new(name, data).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf(
    hashed: Callable[[bytes], bytes], envelope: tuple[object, ...], body: bytes, sealed: bytes | None
) -> bytes:
    """The leaf of one fact. `envelope`: its columns from desk to because, in the order of DESIGN.md §4."""
    return hashed(b"\x00" + dumps(envelope) + hashed(body) + hashed(sealed or b""))


def link(hashed: Callable[[bytes], bytes], before: bytes, its_leaf: bytes) -> bytes:
    """The chain's value after one more leaf."""
    return hashed(before + its_leaf)
