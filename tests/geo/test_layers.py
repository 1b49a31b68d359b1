"""Base-map pieces and strokes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from firstminute.geo.layers import Names, join_rings, make_layers
from firstminute.geo.strokes import join_strokes


def test_ways_are_joined_into_rings_whatever_their_direction() -> None:
    pieces = [np.array([1, 2, 3]), np.array([5, 4, 3]), np.array([5, 6, 1]), np.array([7, 8, 9, 7])]
    rings = {frozenset(ring.tolist()) for ring in join_rings(pieces)}
    assert rings == {frozenset({1, 2, 3, 4, 5, 6}), frozenset({7, 8, 9})}
    assert all(ring[0] == ring[-1] for ring in join_rings(pieces))


def test_a_ring_cut_by_the_border_is_closed_by_a_line() -> None:
    open_ring = (np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0]))
    layers = make_layers([], [("water", "湖", [open_ring], [])], [], Names())
    assert layers.ring_lon.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert layers.ring_hole.tolist() == [False]


def test_names_are_kept_once() -> None:
    names = Names()
    assert [names.row(text) for text in ("长江路", "", "黄河路", "长江路")] == [0, -1, 1, 0]
    assert names.texts == ["长江路", "黄河路"]


def strokes(ends: list[tuple[int, int]], at: list[tuple[float, float]], key: list[int]) -> list[list[int]]:
    spots = np.array(at)
    start, end = np.array(ends, np.int32).T
    away = spots[end] - spots[start]
    ahead = np.arctan2(away[:, 1], away[:, 0])
    bounds, pieces = join_strokes((start, end), (ahead, ahead + np.pi), np.array(key))
    return [pieces[a:b].tolist() for a, b in itertools.pairwise(bounds)]


LINE = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.1), (3.0, 0.0), (1.0, 1.0)]


def test_pieces_of_one_key_become_one_line_also_against_their_drawing() -> None:
    assert strokes([(0, 1), (2, 1), (2, 3)], LINE, [5, 5, 5]) == [[0, 3, 4]]


def test_another_name_or_a_sharp_corner_ends_a_line() -> None:
    assert strokes([(0, 1), (1, 2)], LINE, [5, 6]) == [[0], [2]]
    assert strokes([(0, 1), (1, 0)], LINE, [5, 5]) == [[0], [2]]


def test_at_a_fork_the_straighter_pair_is_joined() -> None:
    found = strokes([(0, 1), (1, 4), (1, 2)], LINE, [5, 5, 5])
    assert sorted(map(sorted, found)) == [[0, 4], [2]]


def test_every_piece_is_drawn_once_rings_too_and_closed_classes_not_at_all() -> None:
    ring = [(0.0, 0.0), (1.0, 0.0), (1.5, 0.9), (1.0, 1.7), (0.0, 1.7), (-0.5, 0.9)]
    ends = [(k, (k + 1) % 6) for k in range(6)]
    assert sorted(strokes(ends, ring, [1] * 6)[0]) == [0, 2, 4, 6, 8, 10]
    assert strokes(ends, ring, [-1] * 6) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_random_web_loses_no_piece(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = [tuple(spot) for spot in rng.uniform(0, 1, (30, 2))]
    ends = [tuple(pair) for pair in rng.integers(0, 30, (80, 2))]
    key = rng.integers(-1, 3, 80).tolist()
    found = [code // 2 for stroke in strokes(ends, at, key) for code in stroke]
    assert sorted(found) == [k for k in range(80) if key[k] >= 0]
