"""Every part of the soak, piece by piece (`make soak`; `SOAK=20` plays a tenth, `PART=power` one part)."""

from __future__ import annotations

import os

import pytest

from tests.soak.parts import PARTS, Part
from tests.soak.table import broken_of, figures, pieces, play

ONLY = os.environ.get("FIRSTMINUTE_SOAK_PART", "")
CHOSEN = [part for part in PARTS if ONLY in ("", part.name)]


@pytest.mark.parametrize("part", CHOSEN, ids=[part.name for part in CHOSEN])
def test_the_part_holds(part: Part) -> None:
    for first, count, path in pieces(part):
        play(part, first, count, path)
    found, done, everything = figures(part)
    assert done == everything, "\n".join(broken_of(part))
    assert part.holds(found) is None, part.holds(found)
