"""The network's arrays: order, CSR both ways, turn rules in arc numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from firstminute.geo.network import arc_reverse, morton, scc_share, with_turns
from tests.support.small_city import Rule, random_rules, small_city

SEEDS = st.integers(0, 10**6)


@given(SEEDS)
def test_both_directions_of_a_graph_list_the_same_arcs(seed: int) -> None:
    network = small_city(seed)
    graph = network.modes["foot"]
    tail = np.repeat(np.arange(len(network.node_lon)), np.diff(graph.out_start))
    head = np.repeat(np.arange(len(network.node_lon)), np.diff(graph.in_start))
    assert np.array_equal(tail, graph.arc_tail)
    assert np.array_equal(head, graph.arc_head[graph.in_arc])
    assert np.array_equal(np.sort(graph.in_arc), np.arange(len(tail)))


@given(SEEDS)
def test_every_arc_drives_its_piece_the_way_it_says(seed: int) -> None:
    network = small_city(seed)
    graph = network.modes["foot"]
    first, last = network.edge_from[graph.arc_edge], network.edge_to[graph.arc_edge]
    assert np.array_equal(graph.arc_tail, np.where(graph.arc_reversed, last, first))
    assert np.array_equal(graph.arc_head, np.where(graph.arc_reversed, first, last))
    for edge, arc in enumerate(graph.edge_arc_forward.tolist()):
        assert arc < 0 or (graph.arc_edge[arc] == edge and not graph.arc_reversed[arc])
    back = arc_reverse(graph)
    two_way = back >= 0
    assert np.array_equal(back[back[two_way]], np.flatnonzero(two_way))


@given(SEEDS)
def test_shapes_travel_with_their_pieces_and_end_at_their_junctions(seed: int) -> None:
    network = small_city(seed)
    assert np.array_equal(network.shape_lon[network.shape_start[:-1]], network.node_lon[network.edge_from])
    assert np.array_equal(network.shape_lat[network.shape_start[1:] - 1], network.node_lat[network.edge_to])


@given(SEEDS)
def test_junctions_stand_in_morton_order(seed: int) -> None:
    network = small_city(seed)
    code = morton(network.node_lon, network.node_lat)
    assert np.all(code[:-1] <= code[1:])


def test_the_morton_code_of_a_quarter_square_goes_around_in_a_z() -> None:
    lon, lat = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    assert np.argsort(morton(lon, lat)).tolist() == [0, 1, 2, 3]
    assert len(morton(np.empty(0), np.empty(0))) == 0


def test_a_rule_over_a_closed_piece_binds_nobody() -> None:
    graph = small_city(5, rules=False).modes["foot"]
    closed = replace(graph, edge_arc_forward=np.full_like(graph.edge_arc_forward, -1))
    turned = with_turns(closed, [Rule((0, 0), only=False)])
    assert turned.turns is not None
    assert len(turned.turns.rule_only) == 0


def test_rules_follow_their_pieces_into_the_new_numbering() -> None:
    for seed in range(30):
        network = small_city(seed)
        turns = network.modes["car"].turns
        assert turns is not None
        graph = network.modes["car"]
        for a, b in zip(turns.rule_start[:-1].tolist(), turns.rule_start[1:].tolist(), strict=True):
            path = turns.rule_arc[a:b]
            assert len(path) >= 2
            assert np.array_equal(graph.arc_head[path[:-1]], graph.arc_tail[path[1:]])


def test_the_share_of_the_largest_connected_part_counts_junctions_with_arcs() -> None:
    assert (
        random_rules(np.random.default_rng(0), np.zeros((2, 0), np.int32), np.zeros((2, 0), np.int32)) == []
    )
    for seed in range(20):
        graph = small_city(seed).modes["foot"]
        assert 0.0 <= scc_share(graph) <= 1.0
