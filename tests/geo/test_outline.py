"""The area around streets: valid polygons that hold every reached line."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.geometry

from firstminute.geo.outline import outline


def lines_of(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 5, count)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    spot = np.repeat(rng.uniform(-0.02, 0.02, (count, 2)), size, axis=0) + rng.normal(
        0, 0.002, (int(start[-1]), 2)
    )
    return start, 117.0 + spot[:, 0], 36.6 + spot[:, 1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [1, 20, 120])
def test_the_area_is_valid_and_holds_every_line(seed: int, count: int) -> None:
    start, lon, lat = lines_of(seed, count)
    polygons, km2 = outline(start, lon, lat)
    area = shapely.geometry.shape({"type": "MultiPolygon", "coordinates": polygons})
    assert area.is_valid
    assert all(shapely.is_ccw(polygon.exterior) for polygon in area.geoms)
    assert not any(shapely.is_ccw(ring) for polygon in area.geoms for ring in polygon.interiors)
    square_km = area.area * (111.195**2) * np.cos(np.radians(36.6))
    assert square_km == pytest.approx(km2, rel=0.01)
    lines = shapely.linestrings(np.c_[lon, lat], indices=np.repeat(np.arange(count), np.diff(start)))
    assert shapely.MultiLineString(list(lines)).difference(area.buffer(1e-6)).length == 0


def test_cells_that_close_a_court_only_at_a_corner_leave_a_hole_that_touches() -> None:
    from firstminute.geo.outline import _trace

    cells = np.array([[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 1]], bool)
    cells[2, 2] = False
    shapes = [shapely.Polygon(corners) for corners, _ in _trace(np.pad(cells, 1))]
    assert all(shape.is_valid for shape in shapes)


def test_nothing_reached_is_no_area() -> None:
    assert outline(np.zeros(1, np.int64), np.empty(0), np.empty(0)) == ([], 0.0)
