"""A place at a corner belongs to every street there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firstminute.geo.ground import Ground
from firstminute.geo.junctions import as_goals, as_starts, quickest
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


def times_between(ground: Ground, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    graph = ground.graph("car")
    search = build_search_graph(graph)
    snaps = ground.snap(lon, lat, "car")
    node = ground.junctions(snaps, lon, lat, "car")
    starts, goals = (side(ground.network, graph, snaps, node) for side in (as_starts, as_goals))
    times = matrix(search, FloodSpace(search), (starts.edge, starts.share), (goals.edge, goals.share))
    return quickest(times, starts, goals)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return city_in_memory(SKETCH.city()).ground


@pytest.mark.parametrize("digits", [9, 7, 6])
def test_from_a_corner_of_one_ways_every_way_out_is_open_and_every_way_in_counts_however_it_was_rounded(
    ground: Ground, digits: int
) -> None:
    names = "abcdm"
    times = times_between(ground, *np.round(np.array([SKETCH.place(name) for name in names]).T, digits))
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


def test_from_a_junction_that_nothing_leads_to_every_way_out_is_open_and_a_dead_end_of_one_ways_counts_all_ways_in() -> (
    None
):
    sketch = Sketch(
        {"s": (0, 0), "p": (2, 1), "q": (2, -1), "t": (4, 0)},
        [("s p", ONE), ("s q", ONE), ("p t", ONE), ("q t", ONE)],
    )
    times = times_between(
        city_in_memory(sketch.city()).ground, *np.array([sketch.place(name) for name in "spqt"]).T
    )
    assert times[0, 1] == times[0, 2] == times[1, 3] == times[2, 3] > 0
    assert times[0, 3] == 2 * times[0, 1]
    assert times[3].tolist() == [-1, -1, -1, 0]
    assert times[:, 0].tolist() == [0, -1, -1, -1]


def test_turn_rules_bind_nobody_who_starts_or_ends_at_the_junction_itself() -> None:
    both = {"highway": "residential"}
    bans = [
        (
            {"type": "restriction", "restriction": "no_left_turn"},
            [("from", "w", source), ("via", "n", "b"), ("to", "w", target)],
        )
        for source in range(3)
        for target in range(3)
        if source != target
    ]
    sketch = Sketch(
        {"a": (0, 0), "b": (5, 0), "c": (10, 0), "d": (5, 5)},
        [("a b", both), ("b c", both), ("b d", both)],
        turns=bans,
    )
    times = times_between(
        city_in_memory(sketch.city()).ground, *np.array([sketch.place(name) for name in "abcd"]).T
    )
    step = times[0, 1]
    assert step > 0
    assert times[1].tolist() == [step, 0, step, step]
    assert times[:, 1].tolist() == [step, 0, step, step]
    assert times[0].tolist() == [0, step, -1, -1]


def test_places_part_way_and_off_the_network_stay(ground: Ground) -> None:
    (ax, ay), (mx, my) = SKETCH.place("a"), SKETCH.place("m")
    lon, lat = np.array([(ax + mx) / 2, 0.0]), np.array([(ay + my) / 2, 0.0])
    snaps = ground.snap(lon, lat, "car")
    node = ground.junctions(snaps, lon, lat, "car")
    assert node.tolist() == [-1, -1]
    for moved in (as_starts, as_goals):
        found = moved(ground.network, ground.graph("car"), snaps, node)
        assert found.edge.tolist() == snaps.edge.tolist()
        assert found.share.tolist() == snaps.share.tolist()
    assert snaps.edge[1] == -1


def test_a_junction_beside_its_own_rounded_drawing_is_found_by_its_place_though_another_street_is_nearer() -> (
    None
):
    sketch = Sketch(
        {"a": (0, 0), "m": (2, 0), "x": (0, 0.004), "y": (4, 0.004)}, [("a m", ONE), ("x y", ONE)]
    )
    city = city_in_memory(sketch.city()).ground
    at = int(
        np.argmin(
            np.hypot(
                city.network.node_lon - sketch.place("m")[0], city.network.node_lat - sketch.place("m")[1]
            )
        )
    )
    node_lat = city.network.node_lat.copy()
    node_lat[at] = sketch.place("x")[
        1
    ]  # its table says it lies on the other street, its drawing ends 40 cm away
    moved = replace(city, network=replace(city.network, node_lat=node_lat))
    lon, lat = moved.network.node_lon[at : at + 1], node_lat[at : at + 1]
    snaps = moved.snap(lon, lat, "car")
    assert at not in (moved.network.edge_from[snaps.edge[0]], moved.network.edge_to[snaps.edge[0]])
    assert moved.junctions(snaps, lon, lat, "car").tolist() == [at]
    start = as_starts(moved.network, moved.graph("car"), snaps, np.array([at], np.int32))
    assert moved.network.edge_to[start.edge[0]] == at
    assert start.share.tolist() == [1.0]
