"""A place at a corner belongs to every street there."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.geo.ground import Ground
from firstminute.geo.junctions import as_goals, as_starts
from firstminute.geo.matrix import matrix
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import build_search_graph
from firstminute.store.ground import city_in_memory
from tests.support.osm import Sketch

ONE = {"highway": "residential", "oneway": "yes"}
SKETCH = Sketch(
    {"a": (0, 0), "m": (2, 0), "b": (4, 0), "c": (2, 2), "d": (2, -2)},
    [("a m", ONE), ("m b", ONE), ("c m", ONE), ("m d", ONE), ("b c", ONE), ("d a", ONE)],
)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return city_in_memory(SKETCH.city()).ground


def test_from_a_corner_of_one_ways_every_way_out_is_open_and_every_way_in_counts(ground: Ground) -> None:
    names = "abcdm"
    lon, lat = np.array([SKETCH.place(name) for name in names]).T
    graph = ground.graph("car")
    search = build_search_graph(graph)
    snaps = ground.snap(lon, lat, "car")
    starts, goals = as_starts(ground.network, graph, snaps), as_goals(ground.network, graph, snaps)
    times = matrix(search, FloodSpace(search), (starts.edge, starts.share), (goals.edge, goals.share))
    step = times[names.index("m"), names.index("b")]
    assert step > 0
    for pair, steps in {
        "am": 1,
        "cm": 1,
        "mb": 1,
        "md": 1,
        "ab": 2,
        "cd": 2,
        "ad": 2,
        "cb": 2,
        "mm": 0,
    }.items():
        assert times[names.index(pair[0]), names.index(pair[1])] == steps * step, pair


def test_places_part_way_and_off_the_network_stay(ground: Ground) -> None:
    (ax, ay), (mx, my) = SKETCH.place("a"), SKETCH.place("m")
    snaps = ground.snap(np.array([(ax + mx) / 2, 0.0]), np.array([(ay + my) / 2, 0.0]), "car")
    for moved in (as_starts, as_goals):
        found = moved(ground.network, ground.graph("car"), snaps)
        assert found.edge.tolist() == snaps.edge.tolist()
        assert found.share.tolist() == snaps.share.tolist()
    assert snaps.edge[1] == -1
