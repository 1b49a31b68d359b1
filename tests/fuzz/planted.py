"""A reader with a bug behind three letters, of which its seeds know nothing: what the tester is tested with."""

from __future__ import annotations


def read(data: bytes) -> object:
    """Breaks on `crX`."""
    if data[:1] == b"c":
        if data[1:2] == b"r":
            if data[2:3] == b"X":
                raise RuntimeError("planted")
    return None
