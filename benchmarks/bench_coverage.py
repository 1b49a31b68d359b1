"""Live 1/3/5-minute coverage of 3,000 units beside scipy's multi-source search, and its update when one unit moves.

Demand is one a junction; units stand at junctions of the largest connected part, turn rules off, as scipy sees them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.harness import Context, Row, alternate, row
from firstminute.geo.search_cover import Coverage
from firstminute.geo.search_graph import SearchGraph, build_search_graph
from firstminute.geo.search_units import hang_units_at_nodes

NAME = "coverage"
UNITS, MOVES, LIMITS_DS = 3000, 300, (600, 1800, 3000)


def run(context: Context) -> list[Row]:
    """Coverage from scratch; one move, without and with turn rules."""
    rng = np.random.default_rng(2)
    car, count = context.car, len(context.network.node_lon)
    demand = np.zeros(count, np.int64)
    demand[context.main_nodes] = 1
    units = rng.choice(context.main_nodes, UNITS).astype(np.int32)
    cover = Coverage(
        context.car_free, hang_units_at_nodes(context.car_free, units), demand, limits_ds=LIMITS_DS
    )
    forward = csr_array((car.arc_time_ds.astype(float), car.arc_head, car.out_start), shape=(count, count))

    def scipy_cover() -> tuple[NDArray[np.float64], list[int]]:
        times = dijkstra(forward, indices=units, limit=LIMITS_DS[-1], min_only=True)
        return times, [int(demand[times <= limit].sum()) for limit in LIMITS_DS]

    mine, peer = alternate(cover.refresh, scipy_cover, cpu=True)
    times, covered = scipy_cover()
    same = cover.covered.tolist() == covered and np.array_equal(
        np.where(np.isinf(times), 0xFFFFFFFF, times), cover.node_ds
    )
    work = f"coverage within 1/3/5 min of 3,000 units, car, {context.city}, ms CPU"
    found = [row(NAME, work, (mine * 1e3, peer * 1e3), "scipy dijkstra(min_only, limit)", same_answer=same)]
    for turned in (False, True):
        found.append(_moves(context, build_search_graph(car, turned=turned), demand, rng))
    return found


def _moves(
    context: Context,
    graph: SearchGraph,
    demand: NDArray[np.int64],
    rng: np.random.Generator,
) -> Row:
    edges = np.flatnonzero(graph.edge_arc.max(axis=0) >= 0)
    places = rng.choice(edges, UNITS).astype(np.int32), rng.random(UNITS)
    cover = Coverage(graph, places, demand, limits_ds=LIMITS_DS)
    unit = rng.integers(0, UNITS, MOVES).tolist()
    moves = list(zip(unit, rng.choice(edges, MOVES).tolist(), rng.random(MOVES).tolist(), strict=True))

    def move_all() -> None:
        for step in moves:
            cover.move(*step)

    mine, peer = alternate(move_all, cover.refresh, cpu=True)
    fresh = Coverage(graph, (cover.hung.edge, cover.hung.share), demand, limits_ds=LIMITS_DS)
    same = np.array_equal(fresh.label, cover.label) and np.array_equal(fresh.covered, cover.covered)
    kind = "turn restrictions" if graph.turned else "turns off"
    work = f"coverage after one of 3,000 units moved, car, {kind}, {context.city}, us CPU"
    return row(NAME, work, (mine / MOVES * 1e6, peer * 1e6), "ours from scratch", same_answer=same)
