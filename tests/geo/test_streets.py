"""Cutting drawn ways into street pieces."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.geo.speeds import CLASS_INDEX, LIGHTS_FREE
from firstminute.geo.tags import BIKE, FOOT
from tests.support.osm import Sketch, may_go, piece

ROAD = {"highway": "residential"}
CROSS = {"a": (0, 0), "b": (1, 0), "c": (2, 0), "d": (1, 1), "e": (1, -1)}


def test_shape_points_are_contracted_and_geometry_kept() -> None:
    sketch = Sketch({"a": (0, 0), "p": (1, 1), "q": (2, 1), "b": (3, 0)}, [("a p q b", ROAD)])
    network = sketch.city().network
    assert len(network.edge_from) == 1
    assert len(network.shape_lon) == 4
    assert network.edge_length_m[0] == pytest.approx(2 * 141.42 + 100, abs=0.1)


def test_ways_are_cut_where_they_meet_and_not_where_they_only_cross() -> None:
    met = Sketch(CROSS, [("a b c", ROAD), ("d b e", ROAD)]).city().network
    assert (len(met.node_lon), len(met.edge_from)) == (5, 4)
    bridge = Sketch({**CROSS, "x": (1, 0.001)}, [("a b c", ROAD), ("d x e", ROAD)]).city().network
    assert (len(bridge.node_lon), len(bridge.edge_from)) == (4, 2)


def test_a_ring_and_a_way_that_meets_itself_keep_their_pieces() -> None:
    ring = Sketch({"a": (0, 0), "b": (1, 0), "c": (1, 1)}, [("a b c a", ROAD)]).city().network
    assert (len(ring.node_lon), len(ring.edge_from)) == (1, 1)
    assert ring.edge_from[0] == ring.edge_to[0]
    eight = (
        Sketch({"a": (0, 0), "m": (1, 0), "c": (2, 1), "d": (2, -1)}, [("a m c d m", ROAD)]).city().network
    )
    assert (len(eight.node_lon), len(eight.edge_from)) == (2, 2)


def test_a_node_named_twice_in_a_row_is_one() -> None:
    network = Sketch({"a": (0, 0), "b": (1, 0)}, [("a a b b", ROAD)]).city().network
    assert network.edge_length_m.tolist() == [pytest.approx(100, abs=0.1)]


def test_a_bollard_stops_the_car_and_lets_walkers_through() -> None:
    sketch = Sketch(
        {"a": (0, 0), "x": (1, 0), "b": (2, 0)}, [("a x b", ROAD)], barriers={"x": {"barrier": "bollard"}}
    )
    city = sketch.city()
    network = city.network
    assert (network.edge_class == CLASS_INDEX["connector"]).sum() == 1
    for mode, parts in (("foot", 1), ("e-bike", 1), ("car", 2), ("car-lights", 2), (LIGHTS_FREE, 2)):
        graph = network.modes[mode]
        used = np.unique(np.concatenate([graph.arc_head, graph.arc_tail]))
        assert len(np.unique(graph.component[used])) == parts, mode
    assert may_go(city, sketch, "car", "a", "x")


def test_a_barrier_at_a_crossing_parts_every_street_end() -> None:
    sketch = Sketch(CROSS, [("a b c", ROAD), ("d b e", ROAD)], barriers={"b": {"barrier": "block"}})
    network = sketch.city().network
    assert len(network.node_lon) == 4 + 1 + 4
    graph = network.modes["car"]
    used = np.unique(np.concatenate([graph.arc_head, graph.arc_tail]))
    assert len(np.unique(graph.component[used])) == 4


def test_a_barrier_that_stops_nobody_on_its_streets_cuts_nothing() -> None:
    for tags, way in (({"barrier": "gate"}, ROAD), ({"barrier": "bollard"}, {"highway": "footway"})):
        network = (
            Sketch({"a": (0, 0), "x": (1, 0), "b": (2, 0)}, [("a x b", way)], barriers={"x": tags})
            .city()
            .network
        )
        assert (network.edge_class == CLASS_INDEX["connector"]).sum() == 0


def test_a_connector_takes_no_time_and_is_never_snapped_to() -> None:
    sketch = Sketch(
        {"a": (0, 0), "x": (1, 0), "b": (2, 0)}, [("a x b", ROAD)], barriers={"x": {"barrier": "bollard"}}
    )
    city = sketch.city()
    link = int(np.flatnonzero(city.network.edge_class == CLASS_INDEX["connector"])[0])
    foot = city.network.modes["foot"]
    assert foot.arc_time_ds[foot.edge_arc_forward[link]] == 0
    assert link not in city.snap.shape_edge[city.snap.cell_segment]


def test_every_mode_has_its_own_streets() -> None:
    sketch = Sketch(
        {name: (k, 0) for k, name in enumerate("abcdefg")},
        [
            ("a b", {"highway": "motorway"}),
            ("b c", {"highway": "residential", "oneway": "yes"}),
            ("c d", {"highway": "footway"}),
            ("d e", {"highway": "path"}),
            ("e f", {"waterway": "river"}),
            ("f g", {"highway": "busway"}),
        ],
    )
    city = sketch.city()
    expected = {
        "foot": "bc cb cd dc de ed",
        "e-bike": "bc de ed",
        "car": "ab bc",
        "car-lights": "ab bc fg gf",
        LIGHTS_FREE: "ab bc cb fg gf",
        "boat": "ef fe",
    }
    for mode, steps in expected.items():
        open_steps = [
            a + b
            for a, b in ("ab", "ba", "bc", "cb", "cd", "dc", "de", "ed", "ef", "fe", "fg", "gf")
            if may_go(city, sketch, mode, a, b)
        ]
        assert open_steps == steps.split(), mode


def test_times_are_deciseconds_by_limit_and_share() -> None:
    nodes = {"a": (0, 0), "b": (10, 0), "c": (20, 0)}
    sketch = Sketch(
        nodes,
        [("a b", {"highway": "primary"}), ("b c", {"highway": "primary", "maxspeed": "30", "oneway": "yes"})],
    )
    city = sketch.city()
    first, second = (piece(city, sketch, *ends)[0] for ends in ("ab", "bc"))
    metres = city.network.edge_length_m

    def time_ds(mode: str, edge: int) -> int:
        graph = city.network.modes[mode]
        return int(graph.arc_time_ds[graph.edge_arc_forward[edge]])

    assert time_ds("car", first) == int(metres[first] * 36 / (60 * 0.66) + 0.5)
    assert time_ds("car", second) == int(metres[second] * 36 / (30 * 0.66) + 0.5)
    assert time_ds("car-lights", second) == int(metres[second] * 36 / (30 * 0.93) + 0.5)
    assert time_ds("foot", first) == int(metres[first] * 36 / 4.8 + 0.5)
    free = city.network.modes[LIGHTS_FREE]
    against = int(free.arc_time_ds[free.edge_arc_backward[second]])
    assert against == int(metres[second] * 36 / 20 + 0.5)


def test_contraction_follows_only_the_streets_of_the_drawing() -> None:
    sketch = Sketch(
        {"a": (0, 0), "b": (1, 0), "c": (2, 0), "r": (1, 1), "s": (1, -1)},
        [("a b c", ROAD), ("r b s", {"waterway": "stream"})],
    )
    assert len(sketch.city().network.edge_from) == 1


def test_masks_reach_the_snapping_index() -> None:
    sketch = Sketch(
        {"a": (0, 0), "b": (1, 0), "c": (2, 0)},
        [("a b", {"highway": "path"}), ("b c", {"highway": "motorway"})],
    )
    city = sketch.city()
    edge = piece(city, sketch, "a", "b")[0]
    assert city.snap.edge_modes[edge] == FOOT | BIKE
