"""Fences hold exactly the points that an independent geometry library says they hold."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from firstminute.geo.fences import build_fences, crossings, fences_at


def stars(rng: np.random.Generator, count: int, span_deg: float = 0.2) -> list[list[tuple[float, float]]]:
    """Star-shaped rings of 5 to 64 corners around random centres."""
    rings = []
    for _ in range(count):
        corners = int(rng.integers(5, 64))
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        radius = rng.uniform(0.3, 1.0, corners) * rng.uniform(0.001, 0.02)
        centre = np.array([113.0, 23.0]) + rng.uniform(0, span_deg, 2)
        rings.append(
            [
                (float(x), float(y))
                for x, y in zip(
                    centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle), strict=True
                )
            ]
        )
    return rings


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cell_m", [25.0, 50.0, 400.0])
def test_every_point_is_in_the_fences_that_shapely_says(seed: int, cell_m: float) -> None:
    rng = np.random.default_rng(seed)
    rings = stars(rng, 60)
    lon, lat = 113.0 + rng.uniform(-0.05, 0.25, 20_000), 23.0 + rng.uniform(-0.05, 0.25, 20_000)
    start, fence = fences_at(build_fences(rings, cell_m=cell_m), lon, lat)
    ours = {(int(p), int(f)) for p in range(len(lon)) for f in fence[start[p] : start[p + 1]]}
    tree = shapely.STRtree([shapely.Polygon(ring) for ring in rings])
    point, polygon = tree.query(shapely.points(lon, lat), "intersects")
    assert ours == {(int(p), int(f)) for p, f in zip(point, polygon, strict=True)}


def test_crossings_are_the_difference_of_two_look_ups() -> None:
    fences = build_fences(
        [[(0, 0), (1, 0), (1, 1), (0, 1)], [(0.5, 0), (2, 0), (2, 1), (0.5, 1)]], cell_m=5_000
    )
    before = fences_at(fences, np.array([0.2, 1.5, 5.0]), np.array([0.5, 0.5, 5.0]))
    now = fences_at(fences, np.array([0.7, 1.6, 0.1]), np.array([0.5, 0.5, 0.1]))
    entered_point, entered_fence, left_point, left_fence = crossings(*before, *now)
    assert list(zip(entered_point, entered_fence, strict=True)) == [(0, 1), (2, 0)]
    assert len(left_point) == len(left_fence) == 0


def test_no_fences_hold_nothing() -> None:
    start, fence = fences_at(build_fences([]), np.array([1.0]), np.array([2.0]))
    assert list(start) == [0, 0] and len(fence) == 0


def test_a_ring_of_two_corners_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than three"):
        build_fences([[(0, 0), (1, 1)]])
