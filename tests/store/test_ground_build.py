"""Whatever is drawn becomes a city whose arrays agree, or is refused."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstminute.geo.network import Network
from firstminute.geo.search_graph import build_search_graph
from firstminute.store.ground_build import city_from_drawing
from firstminute.store.ground_osm import GroundSourceError
from tests.support.osm import Sketch

NAMES = [f"n{k}" for k in range(8)]
CLASSES = (
    "residential primary motorway footway path steps service construction trunk track pedestrian".split()
)
WAY = st.tuples(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=6).map(" ".join),
    st.fixed_dictionaries(
        {"highway": st.sampled_from(CLASSES)},
        optional={
            "oneway": st.sampled_from(["yes", "-1", "no", "reversible", "x"]),
            "access": st.sampled_from(["no", "private", "yes", ""]),
            "maxspeed": st.sampled_from(["50", "none", "30 mph", "", ";", "abc;40"]),
        },
    )
    | st.just({"waterway": "river"}),
)
MEMBER = st.tuples(
    st.sampled_from(["from", "via", "to", "x"]), st.just("n"), st.sampled_from(NAMES)
) | st.tuples(st.sampled_from(["from", "via", "to"]), st.just("w"), st.integers(0, 9))
TURN = st.tuples(
    st.fixed_dictionaries(
        {
            "type": st.just("restriction"),
            "restriction": st.sampled_from(["no_left_turn", "only_straight_on", "no_u_turn", "no_entry"]),
        }
    ),
    st.lists(MEMBER, max_size=5),
)
SKETCH = st.builds(
    Sketch,
    st.fixed_dictionaries({name: st.tuples(st.integers(0, 4), st.integers(0, 4)) for name in NAMES}),
    st.lists(WAY, min_size=1, max_size=10),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.sampled_from(["bollard", "gate", "wall", "stile", "x"]).map(lambda kind: {"barrier": kind}),
        max_size=3,
    ),
    st.lists(TURN, max_size=4),
)


def assert_consistent(network: Network) -> None:
    nodes, edges = len(network.node_lon), len(network.edge_from)
    assert len(network.edge_to) == len(network.edge_length_m) == len(network.shape_start) - 1 == edges
    first, last = network.shape_start[:-1], network.shape_start[1:] - 1
    for ends, shape in ((network.edge_from, first), (network.edge_to, last)):
        assert np.array_equal(network.node_lon[ends], network.shape_lon[shape])
        assert np.array_equal(network.node_lat[ends], network.shape_lat[shape])
    for graph in network.modes.values():
        tail = np.where(
            graph.arc_reversed, network.edge_to[graph.arc_edge], network.edge_from[graph.arc_edge]
        )
        assert np.array_equal(tail, graph.arc_tail)
        assert len(graph.out_start) == len(graph.in_start) == nodes + 1
        assert (graph.arc_time_ds >= 0).all()
        build_search_graph(graph)


@settings(max_examples=60)
@given(SKETCH)
def test_any_drawing_becomes_a_city_whose_arrays_agree_or_is_refused(sketch: Sketch) -> None:
    with suppress(GroundSourceError):
        assert_consistent(sketch.city().network)


def test_a_drawing_in_another_datum_is_moved_before_it_is_cut() -> None:
    sketch = Sketch({"a": (0, 0), "b": (3, 0)}, [("a b", {"highway": "residential"})])
    moved = city_from_drawing(sketch.raw(), source="sketch", datum="bd09")
    assert_consistent(moved.network)
    assert moved.about["datum"] == "bd09"
    assert abs(moved.network.node_lon.min() - sketch.place("a")[0]) * 89_000 == pytest.approx(1100, abs=400)
