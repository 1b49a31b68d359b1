"""Searches against an independent oracle on small random cities, with and without turn rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from firstminute.geo.network import ModeGraph
from firstminute.geo.search_cover import Coverage, street_demand
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import build_search_graph
from firstminute.geo.search_isochrone import isochrone
from firstminute.geo.search_reach import who_can_reach, who_can_reach_node
from firstminute.geo.search_route import find_route, route_shape
from firstminute.geo.search_space import Workspace
from firstminute.geo.search_units import hang_units, hang_units_at_nodes, move_unit
from tests.support.small_city import random_places, small_city
from tests.support.travel import NEVER, Oracle, Place, edge_oracle, node_oracle

SEEDS = st.integers(0, 10**6)
FAR = 100_000


def columns(places: list[Place]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p[0] for p in places], np.int32), np.array([p[1] for p in places])


def world(seed: int, turned: bool) -> tuple[ModeGraph, Oracle, np.random.Generator]:
    graph = small_city(seed).modes["car" if turned else "foot"]
    return graph, edge_oracle(graph) if turned else node_oracle(graph), np.random.default_rng(seed + 1)


@given(SEEDS, st.booleans())
def test_units_that_can_reach_a_place_and_their_times_are_those_of_the_oracle(
    seed: int, turned: bool
) -> None:
    graph, oracle, rng = world(seed, turned)
    search = build_search_graph(graph)
    units = random_places(rng, graph, int(rng.integers(1, 12)))
    hung, space = hang_units(search, *columns(units)), Workspace(search)
    for goal in [*random_places(rng, graph, 4), (units[0][0], float(rng.random()))]:
        limit = int(rng.choice([0, 5, 50, FAR]))
        expected = oracle.who(units, goal, limit)
        found = who_can_reach(search, hung, space, goal, limit_ds=limit)
        assert list(zip(found.travel_ds.tolist(), found.unit.tolist(), strict=True)) == expected
        first = who_can_reach(search, hung, space, goal, limit_ds=limit, first=3)
        assert list(zip(first.travel_ds.tolist(), first.unit.tolist(), strict=True)) == expected[:3]


@given(SEEDS)
def test_units_at_junctions_reach_a_junction_as_in_the_oracle(seed: int) -> None:
    graph, oracle, rng = world(seed, False)
    search = build_search_graph(graph)
    count = len(graph.out_start) - 1
    nodes, goal = rng.integers(0, count, 6).astype(np.int32), int(rng.integers(0, count))
    found = who_can_reach_node(
        search, hang_units_at_nodes(search, nodes), Workspace(search), goal, limit_ds=FAR, first=4
    )
    to_goal = dijkstra(oracle.backward, indices=goal)
    expected = sorted((int(to_goal[n]), k) for k, n in enumerate(nodes) if np.isfinite(to_goal[n]))[:4]
    assert list(zip(found.travel_ds.tolist(), found.unit.tolist(), strict=True)) == expected


def test_a_graph_under_turn_rules_has_no_bare_junctions() -> None:
    search = build_search_graph(small_city(3).modes["car"])
    with pytest.raises(ValueError, match="without turn rules"):
        hang_units_at_nodes(search, np.zeros(1, np.int32))
    with pytest.raises(ValueError, match="without turn rules"):
        who_can_reach_node(search, hang_units(search, *columns([(0, 0.5)])), Workspace(search), 0, limit_ds=9)


@given(SEEDS, st.booleans())
def test_a_search_leaves_its_working_memory_as_it_found_it(seed: int, turned: bool) -> None:
    graph, _, rng = world(seed, turned)
    search = build_search_graph(graph)
    space, flooded = Workspace(search, units=8, limit_ds=500), FloodSpace(search)
    before = [
        a.copy()
        for a in (
            space.record,
            space.chain,
            space.bits,
            space.unit_ds,
            flooded.record,
            flooded.chain,
            flooded.bits,
        )
    ]
    hung = hang_units(search, *columns(random_places(rng, graph, 8)))
    for goal in random_places(rng, graph, 5):
        who_can_reach(search, hung, space, goal, limit_ds=500, first=int(rng.integers(0, 4)))
        isochrone(search, graph, flooded, goal, limit_ds=40)
    after = [
        space.record,
        space.chain,
        space.bits,
        space.unit_ds,
        flooded.record,
        flooded.chain,
        flooded.bits,
    ]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@given(SEEDS, st.booleans())
def test_a_unit_moved_hangs_as_if_all_had_been_hung_anew(seed: int, turned: bool) -> None:
    graph, _, rng = world(seed, turned)
    search = build_search_graph(graph)
    units = random_places(rng, graph, 7)
    hung, space = hang_units(search, *columns(units)), Workspace(search)
    for place in random_places(rng, graph, 20):
        unit = int(rng.integers(0, 7))
        units[unit] = place
        move_unit(search, hung, unit, *place)
    fresh = hang_units(search, *columns(units))
    assert np.array_equal(hung.bits, fresh.bits)
    for goal in random_places(rng, graph, 5):
        moved, new = (who_can_reach(search, h, space, goal, limit_ds=FAR) for h in (hung, fresh))
        assert np.array_equal(moved.unit, new.unit)
        assert np.array_equal(moved.travel_ds, new.travel_ds)


@given(SEEDS, st.booleans())
def test_an_isochrone_holds_exactly_the_junctions_within_the_limit(seed: int, turned: bool) -> None:
    graph, oracle, rng = world(seed, turned)
    search = build_search_graph(graph)
    space = FloodSpace(search)
    for start in random_places(rng, graph, 4):
        limit = int(rng.choice([0, 7, 70, FAR]))
        found = isochrone(search, graph, space, start, limit_ds=limit)
        times = oracle.node_times(start)
        expected = np.flatnonzero(times <= limit)
        assert found.node.tolist() == expected.tolist()
        assert found.node_ds.tolist() == times[expected].astype(int).tolist()


@given(SEEDS, st.booleans())
def test_the_far_end_of_every_street_of_an_isochrone_is_within_the_limit(seed: int, turned: bool) -> None:
    graph, oracle, rng = world(seed, turned)
    search = build_search_graph(graph)
    start = random_places(rng, graph, 1)[0]
    found = isochrone(search, graph, FloodSpace(search), start, limit_ds=60)
    for arc, share in zip(found.arc.tolist(), found.to_share.tolist(), strict=True):
        goal = (int(graph.arc_edge[arc]), share)
        assert 0 <= oracle.arrive(start, goal, oracle.to_goal(goal)) <= 60
    assert np.all(
        (found.from_share >= 0) & (found.from_share <= 1) & (found.to_share >= 0) & (found.to_share <= 1)
    )


@given(SEEDS, st.booleans())
def test_a_route_takes_the_time_of_the_oracle_and_obeys_every_rule(seed: int, turned: bool) -> None:
    network = small_city(seed)
    graph, oracle, rng = world(seed, turned)
    search = build_search_graph(graph)
    space = FloodSpace(search)
    places = random_places(rng, graph, 5)
    for start, goal in pairwise(places):
        expected = oracle.arrive(start, goal, oracle.to_goal(goal)) if goal[0] >= 0 else NEVER
        route = find_route(search, space, start, goal)
        if route is None:
            assert expected == NEVER
            continue
        assert route.travel_ds == expected
        assert driven(oracle, start, goal, route.arc.tolist()) == expected
        lon, lat = route_shape(network, graph, route)
        assert len(lon) == len(lat) >= 2


def driven(oracle: Oracle, start: Place, goal: Place, arcs: list[int]) -> int:
    """Time of a chain of arcs, each step of which the oracle must have."""
    graph = oracle.graph
    if len(arcs) == 1:
        return min(oracle.direct(start, goal))
    time = dict(oracle.sides(start, to=False))[arcs[0]] + dict(oracle.sides(goal, to=True))[arcs[-1]]
    here = {int(oracle.after[arcs[0]])}
    for arc in arcs[1:-1]:
        here = {int(v) for u in here if u in oracle.before[arc] for v in after_arc(oracle, u, arc)}
        time += int(graph.arc_time_ds[arc])
    assert here & set(oracle.before[arcs[-1]])
    return time


def after_arc(oracle: Oracle, vertex: int, arc: int) -> list[int]:
    row = oracle.forward.indices[oracle.forward.indptr[vertex] : oracle.forward.indptr[vertex + 1]]
    return [int(v) for v in row if oracle.vertex_node[v] == oracle.graph.arc_head[arc]]


@given(SEEDS, st.booleans())
def test_coverage_is_the_soonest_unit_at_every_junction(seed: int, turned: bool) -> None:
    graph, oracle, rng = world(seed, turned)
    units = random_places(rng, graph, int(rng.integers(1, 8)))
    demand = rng.integers(0, 50, len(graph.out_start) - 1)
    cover = Coverage(build_search_graph(graph), columns(units), demand, limits_ds=(5, 20, 80))
    table = np.stack([oracle.node_times(unit) for unit in units])
    best = table.min(axis=0)
    late = best > 80
    assert np.array_equal(cover.node_ds == 0xFFFFFFFF, late)
    assert np.array_equal(cover.node_ds[~late], best[~late].astype(np.uint32))
    assert cover.first_units().tolist() == np.where(late, -1, table.argmin(axis=0)).tolist()
    assert cover.covered.tolist() == [int(demand[best <= limit].sum()) for limit in (5, 20, 80)]
    assert cover.shares.tolist() == [c / max(int(demand.sum()), 1) for c in cover.covered.tolist()]


@given(SEEDS, st.booleans())
def test_coverage_that_followed_moves_equals_coverage_computed_anew(seed: int, turned: bool) -> None:
    graph, _, rng = world(seed, turned)
    search = build_search_graph(graph)
    units = random_places(rng, graph, 6)
    demand = rng.integers(0, 50, len(graph.out_start) - 1)
    cover = Coverage(search, columns(units), demand, limits_ds=(80, 20))
    for place in random_places(rng, graph, 12):
        unit = int(rng.integers(0, 6))
        units[unit] = place
        cover.move(unit, *place)
        fresh = Coverage(search, columns(units), demand, limits_ds=(20, 80))
        assert np.array_equal(cover.label, fresh.label)
        assert np.array_equal(cover.node_ds, fresh.node_ds)
        assert np.array_equal(cover.covered, fresh.covered)


def test_an_unknown_unit_does_not_move() -> None:
    graph = small_city(1).modes["foot"]
    search = build_search_graph(graph)
    hung = hang_units(search, *columns([(0, 0.5)]))
    with pytest.raises(IndexError):
        move_unit(search, hung, 1, 0, 0.5)


def test_threads_with_their_own_working_memory_do_not_disturb_each_other() -> None:
    graph = small_city(11).modes["car"]
    search = build_search_graph(graph)
    rng = np.random.default_rng(11)
    hung = hang_units(search, *columns(random_places(rng, graph, 8)))
    goals = random_places(rng, graph, 200)

    def answers(_: int) -> list[list[int]]:
        space = Workspace(search)
        found = (who_can_reach(search, hung, space, goal, limit_ds=FAR) for goal in goals)
        return [[*f.unit.tolist(), *f.travel_ds.tolist()] for f in found]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(answers, range(4)))
    assert all(one == answers(0) for one in together)


def test_street_demand_holds_the_metres_a_mode_may_use() -> None:
    network = small_city(4)
    graph = network.modes["car"]
    used = (graph.edge_arc_forward >= 0) | (graph.edge_arc_backward >= 0)
    demand = street_demand(network, "car")
    assert demand.sum() == 2 * np.floor(network.edge_length_m[used] / 2).sum()
    assert (
        demand[np.setdiff1d(np.arange(len(demand)), [network.edge_from[used], network.edge_to[used]])].sum()
        == 0
    )
