"""Every search on five real cities equals an independent oracle exactly, for hundreds of random questions, with and without turn rules."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from firstminute.geo.matrix import contract, matrix
from firstminute.geo.network import ModeGraph
from firstminute.geo.search_cover import Coverage
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import SearchGraph, build_search_graph
from firstminute.geo.search_isochrone import isochrone
from firstminute.geo.search_reach import who_can_reach
from firstminute.geo.search_route import find_route
from firstminute.geo.search_space import Workspace
from firstminute.geo.search_units import hang_units
from tests.support.open_cities import CITIES, open_network
from tests.support.travel import Oracle, Place, edge_oracle, node_oracle

LIMIT_DS = 3000
RULED = ("porto", "portland")
CASES = [(city, mode) for city in CITIES for mode in ("car", "foot")]
CASES += [(city, mode) for city in RULED for mode in ("e-bike", "car-lights", "car-lights-free")]


@cache
def case(city: str, mode: str) -> tuple[ModeGraph, SearchGraph, Oracle]:
    graph = open_network(city).modes[mode]
    return graph, build_search_graph(graph), node_oracle(graph) if graph.turns is None else edge_oracle(graph)


def places(graph: ModeGraph, rng: np.random.Generator, count: int) -> list[Place]:
    """Places on streets of the mode, one in ten at a street's very end."""
    edges = np.flatnonzero((graph.edge_arc_forward >= 0) | (graph.edge_arc_backward >= 0))
    share = np.where(rng.random(count) < 0.1, rng.integers(0, 2, count), rng.random(count))
    return list(zip(rng.choice(edges, count).tolist(), share.tolist(), strict=True))


def columns(rows: list[Place]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([row[0] for row in rows], np.int32), np.array([row[1] for row in rows])


@pytest.mark.parametrize(("city", "mode"), CASES)
def test_who_can_reach_equals_the_oracle(city: str, mode: str) -> None:
    graph, search, oracle = case(city, mode)
    rng = np.random.default_rng(7)
    units = places(graph, rng, 400)
    hung, space = hang_units(search, *columns(units)), Workspace(search)
    for goal in places(graph, rng, 150) + [(units[k][0], float(rng.random())) for k in range(50)]:
        expected = oracle.who(units, goal, LIMIT_DS)
        found = who_can_reach(search, hung, space, goal, limit_ds=LIMIT_DS)
        assert list(zip(found.travel_ds.tolist(), found.unit.tolist(), strict=True)) == expected
        first = who_can_reach(search, hung, space, goal, limit_ds=LIMIT_DS, first=5)
        assert list(zip(first.travel_ds.tolist(), first.unit.tolist(), strict=True)) == expected[:5]


@pytest.mark.parametrize(("city", "mode"), CASES)
def test_isochrones_and_routes_equal_the_oracle(city: str, mode: str) -> None:
    graph, search, oracle = case(city, mode)
    space = FloodSpace(search)
    rng = np.random.default_rng(8)
    starts, goals = places(graph, rng, 12), places(graph, rng, 12)
    for start, goal in zip(starts, goals, strict=True):
        times = oracle.node_times(start)
        found = isochrone(search, graph, space, start, limit_ds=LIMIT_DS)
        assert found.node.tolist() == np.flatnonzero(times <= LIMIT_DS).tolist()
        assert found.node_ds.tolist() == times[times <= LIMIT_DS].astype(int).tolist()
        route = find_route(search, space, start, goal)
        expected = oracle.arrive(start, goal, oracle.to_goal(goal))
        assert (route.travel_ds if route else -1) == expected
        if route:
            inside = int(graph.arc_time_ds[route.arc[1:-1]].sum())
            ends = (
                dict(oracle.sides(start, to=False))[int(route.arc[0])],
                dict(oracle.sides(goal, to=True))[int(route.arc[-1])],
            )
            assert len(route.arc) == 1 or inside + sum(ends) == expected


@pytest.mark.parametrize(("city", "mode"), CASES)
def test_coverage_equals_the_oracle_before_and_after_moves(city: str, mode: str) -> None:
    graph, search, oracle = case(city, mode)
    rng = np.random.default_rng(9)
    units = places(graph, rng, 10)
    demand = rng.integers(0, 9, len(graph.out_start) - 1)
    cover = Coverage(search, columns(units), demand, limits_ds=(600, 1800, 3000))
    for round_ in range(2):
        best = np.min([oracle.node_times(unit) for unit in units], axis=0)
        late = best > LIMIT_DS
        assert np.array_equal(cover.node_ds == 0xFFFFFFFF, late)
        assert np.array_equal(cover.node_ds[~late], best[~late].astype(np.uint32))
        assert cover.covered.tolist() == [int(demand[best <= limit].sum()) for limit in (600, 1800, 3000)]
        for place in places(graph, rng, 40 if round_ == 0 else 0):
            unit = int(rng.integers(0, len(units)))
            units[unit] = place
            cover.move(unit, *place)


@pytest.mark.parametrize(("city", "mode"), CASES)
def test_matrix_rows_equal_the_oracle(city: str, mode: str) -> None:
    graph, search, oracle = case(city, mode)
    rng = np.random.default_rng(10)
    sources, targets = places(graph, rng, 25), places(graph, rng, 15)
    targets[:5] = [(sources[k][0], float(rng.random())) for k in range(5)]
    found = matrix(search, FloodSpace(search), columns(sources), columns(targets))
    for column, goal in enumerate(targets):
        to_goal = oracle.to_goal(goal)
        assert found[:, column].tolist() == [oracle.arrive(source, goal, to_goal) for source in sources]


@pytest.mark.parametrize(
    ("city", "mode"),
    [("portland", "car"), ("jinan", "car"), ("san_francisco", "foot"), ("auckland", "car")],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_contracted_matrices_equal_matrix_rows(city: str, mode: str, reverse: bool) -> None:
    graph, search, _ = case(city, mode)
    network = open_network(city)
    rng = np.random.default_rng(11)
    sources, targets = columns(places(graph, rng, 60)), columns(places(graph, rng, 60))
    targets[0][:20] = sources[0][:20]
    space = FloodSpace(search)
    made = contract(search, network.node_lon, network.node_lat, reverse=reverse)
    assert np.array_equal(
        matrix(search, space, sources, targets, contraction=made), matrix(search, space, sources, targets)
    )
