"""Takes recorded facts into the slice (written by its owner next)."""

from __future__ import annotations

from firstminute.model.envelope import Fact


def fold(slice_: object, fact: Fact) -> None:
    """Take in one fact."""
