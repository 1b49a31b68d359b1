"""The table of the soak: what is broken in one piece keeps no other from being played, and is played again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import table
from tests.soak.parts import PARTS, Figures, Part, unbroken


def test_a_broken_piece_is_written_down_the_rest_is_played_and_it_alone_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "folder", lambda: tmp_path)
    monkeypatch.setattr(table, "ROOT", tmp_path)
    monkeypatch.setattr(table, "SCALE", 1.0)
    played: list[int] = []
    sound = False

    def play(folder: Path, first: int, count: int) -> Figures:
        played.append(first)
        assert sound or first != 2, "a promise"
        return {"done": count, "slowest_ms": first, "peak_mb": 10 - first}

    part = Part("trial", "things", 6, 2, play, unbroken)
    monkeypatch.setattr(table, "PARTS", (part,))
    for sound in (False, True):
        for first, count, path in table.pieces(part):
            table.play(part, first, count, path)
        (row,) = table.table().splitlines()[1:-1]
        assert ("1 broken" in row, "yes" in row) == (not sound, sound)
        assert len(table.broken_of(part)) == (not sound)
    assert played == [0, 2, 4, 2]
    assert table.figures(part)[0] == {"done": 6, "slowest_ms": 4, "peak_mb": 10}


def test_parts_have_names_of_their_own_and_whole_pieces() -> None:
    assert len({part.name for part in PARTS}) == len(PARTS)
    assert all(part.whole % part.at_once == 0 for part in PARTS)
