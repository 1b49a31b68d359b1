"""Snapping onto street pieces, against shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from firstminute.geo.match import METRES_PER_DEGREE, SnapIndex, build_snap_index, snap, snap_one
from tests.support.osm import Sketch, piece

ROAD = {"highway": "residential"}


def random_streets(seed: int, edges: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 6, edges)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    lon, lat = np.empty(start[-1]), np.empty(start[-1])
    for k in range(edges):
        steps = rng.normal(0, 10.0 ** rng.uniform(-4.5, -2.3), (size[k], 2))
        line = rng.uniform(-0.01, 0.01, 2) + np.cumsum(steps, axis=0)
        lon[start[k] : start[k + 1]], lat[start[k] : start[k + 1]] = 117.0 + line[:, 0], 36.6 + line[:, 1]
    return start, lon, lat, rng.integers(1, 16, edges).astype(np.uint8)


def oracle(
    streets: tuple[np.ndarray, ...], point: tuple[float, float], modes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Distance of a point to every piece (inf where the mode may not use it), and the share of the nearest place on each."""
    start, lon, lat, masks = streets
    scale = METRES_PER_DEGREE * np.cos(np.radians(point[1]))
    distance, share = np.full(len(masks), np.inf), np.zeros(len(masks))
    for k in range(len(masks)):
        part = slice(start[k], start[k + 1])
        line = shapely.LineString(
            np.c_[(lon[part] - point[0]) * scale, (lat[part] - point[1]) * METRES_PER_DEGREE]
        )
        if masks[k] & modes and line.length > 0:
            distance[k] = line.distance(shapely.Point(0, 0))
            share[k] = line.project(shapely.Point(0, 0), normalized=True)
    return distance, share


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cell_m", [15.0, 80.0, 700.0])
def test_the_nearest_allowed_piece_is_found_as_shapely_finds_it(seed: int, cell_m: float) -> None:
    streets = random_streets(seed)
    index = build_snap_index(*streets, cell_m=cell_m)
    rng = np.random.default_rng(100 + seed)
    lon, lat = 117.0 + rng.uniform(-0.02, 0.02, 40), 36.6 + rng.uniform(-0.02, 0.02, 40)
    for modes in (1, 4, 15):
        found = snap(index, lon, lat, modes=modes, max_distance_m=800.0)
        for k in range(len(lon)):
            one = snap_one(index, lon[k], lat[k], modes=modes, max_distance_m=800.0)
            assert one == (found.edge[k], found.share[k], found.offset_m[k])
            distance, share = oracle(streets, (lon[k], lat[k]), modes)
            best = distance.min()
            if best > 800.0:
                assert found.edge[k] == -1
                continue
            edge = found.edge[k]
            assert found.offset_m[k] == pytest.approx(best, abs=1e-6)
            assert distance[edge] == pytest.approx(best, abs=1e-6)
            assert found.share[k] == pytest.approx(share[edge], abs=2e-3)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_place_far_away_has_no_street(lon: float, lat: float) -> None:
    found = snap(INDEX, np.array([lon]), np.array([lat]), max_distance_m=500.0)
    near = abs(lon - 117.0) < 0.05 and abs(lat - 36.6) < 0.05
    assert near or (found.edge[0] == -1 and found.offset_m[0] == np.inf)


@pytest.mark.parametrize(
    "place", [(np.nan, 36.6), (117.0, np.nan), (117.0, 91.0), (181.0, 36.6), (np.inf, 0.0), (0.0, 0.0)]
)
def test_what_is_no_place_finds_nothing(place: tuple[float, float]) -> None:
    assert snap(INDEX, np.array([place[0]]), np.array([place[1]])).edge.tolist() == [-1]


def test_ties_go_to_the_lower_edge_whatever_the_order() -> None:
    start = np.array([0, 2, 4], np.int64)
    lon, lat = np.array([117.0, 117.001, 117.001, 117.0]), np.full(4, 36.6)
    index = build_snap_index(start, lon, lat, np.array([1, 1], np.uint8))
    assert snap(index, np.array([117.0005]), np.array([36.6001])).edge[0] == 0
    assert snap(index, np.array([117.0005]), np.array([36.6001]), modes=2).edge[0] == -1


def test_a_unit_stands_part_way_along_the_piece() -> None:
    sketch = Sketch({"a": (0, 0), "b": (4, 0)}, [("a b", ROAD)])
    city = sketch.city()
    edge, direction = piece(city, sketch, "a", "b")
    lon, lat = Sketch({"p": (1, 0.2)}, []).place("p")
    found = snap(city.snap, np.array([lon]), np.array([lat]))
    assert found.edge[0] == edge
    assert found.share[0] == pytest.approx(0.75 if direction else 0.25, abs=1e-4)
    assert found.offset_m[0] == pytest.approx(20.0, abs=0.01)


def test_no_streets_no_snap_and_no_points_no_work() -> None:
    empty = build_snap_index(np.zeros(1, np.int64), np.empty(0), np.empty(0), np.empty(0, np.uint8))
    assert snap(empty, np.array([117.0]), np.array([36.6])).edge[0] == -1
    assert len(snap(INDEX, np.empty(0), np.empty(0)).edge) == 0


INDEX: SnapIndex = build_snap_index(*random_streets(9))
