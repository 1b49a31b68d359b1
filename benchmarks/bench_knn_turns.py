"""The same question with turn restrictions and units and incidents part-way on streets, beside our own search without either.

The answers of 40 incidents are checked against an edge-based graph searched by scipy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Context, Row, alternate, row
from firstminute.geo.match import snap
from firstminute.geo.search_graph import SearchGraph, build_search_graph
from firstminute.geo.search_reach import who_can_reach, who_can_reach_node
from firstminute.geo.search_space import Workspace
from firstminute.geo.search_units import Hung, hang_units, hang_units_at_nodes
from firstminute.geo.tags import MODE_BIT
from tests.support.travel import edge_oracle

NAME = "knn_turns"
UNITS, INCIDENTS, FIRST, LIMIT_DS, CHECKED = 2000, 300, 20, 3000, 40

Place = tuple[int, float]


def run(context: Context) -> list[Row]:
    """One row; the ratio to reach is 0.5 (at most twice the time)."""
    rng = np.random.default_rng(1)
    graph = build_search_graph(context.car)
    nodes = rng.choice(context.main_nodes, UNITS).astype(np.int32)
    incident_nodes = rng.choice(context.main_nodes, INCIDENTS).astype(np.int32)
    units, incidents = (_snapped(context, rng, rows) for rows in (nodes, incident_nodes))
    hung = hang_units(graph, np.array([u[0] for u in units], np.int32), np.array([u[1] for u in units]))
    space = Workspace(graph, units=UNITS, limit_ds=LIMIT_DS)
    plain, plain_hung = context.car_free, hang_units_at_nodes(context.car_free, nodes)
    plain_space, goals = Workspace(plain, units=UNITS, limit_ds=LIMIT_DS), incident_nodes.tolist()

    def ours() -> None:
        for place in incidents:
            who_can_reach(graph, hung, space, place, limit_ds=LIMIT_DS, first=FIRST)

    def without() -> None:
        for node in goals:
            who_can_reach_node(plain, plain_hung, plain_space, node, limit_ds=LIMIT_DS, first=FIRST)

    mine, peer = (seconds / INCIDENTS * 1e6 for seconds in alternate(ours, without, cpu=True))
    same = _same(context, (graph, hung, space), units, incidents[:CHECKED])
    work = f"20 fastest of 2,000 units, car, snapped to streets, turn restrictions, {context.city}, us CPU a query"
    return [row(NAME, work, (mine, peer), "ours at junctions, turns off", same_answer=same)]


def _snapped(context: Context, rng: np.random.Generator, nodes: NDArray[np.int32]) -> list[Place]:
    """Points some 20 m from junctions, snapped to the nearest street of a car."""
    network = context.network
    lon = network.node_lon[nodes] + rng.normal(0, 2e-4, len(nodes))
    lat = network.node_lat[nodes] + rng.normal(0, 2e-4, len(nodes))
    found = snap(context.ground.snap_index, lon, lat, modes=MODE_BIT["car"])
    return list(zip(found.edge.tolist(), found.share.tolist(), strict=True))


def _same(
    context: Context, ours: tuple[SearchGraph, Hung, Workspace], units: list[Place], incidents: list[Place]
) -> bool:
    oracle = edge_oracle(context.car)
    for place in incidents:
        found = who_can_reach(*ours, place, limit_ds=LIMIT_DS, first=FIRST)
        expected = oracle.who(units, place, LIMIT_DS)[:FIRST]
        if list(zip(found.travel_ds.tolist(), found.unit.tolist(), strict=True)) != expected:
            return False
    return True
