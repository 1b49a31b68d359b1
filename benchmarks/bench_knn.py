"""The 20 fastest of 2,000 units for one incident, car, turn rules off, beside scipy's bounded search and a contracted graph.

Units and incidents stand at junctions of the largest connected part; everything within 5 minutes counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.harness import Context, Row, alternate, row
from firstminute.geo.matrix import can_contract, contract, place_distances
from firstminute.geo.search_reach import who_can_reach_node
from firstminute.geo.search_space import Workspace
from firstminute.geo.search_units import hang_units_at_nodes

NAME = "knn"
UNITS, INCIDENTS, FIRST, LIMIT_DS = 2000, 300, 20, 3000

Answer = list[tuple[int, int]]
Times = NDArray[np.float64] | NDArray[np.uint32]


def run(context: Context) -> list[Row]:
    """One row a peer."""
    rng = np.random.default_rng(1)
    graph, count = context.car_free, len(context.network.node_lon)
    units = rng.choice(context.main_nodes, UNITS).astype(np.int32)
    incidents = rng.choice(context.main_nodes, INCIDENTS).astype(np.int32).tolist()
    hung, space = hang_units_at_nodes(graph, units), Workspace(graph, units=UNITS, limit_ds=LIMIT_DS)
    car = context.car
    backward = csr_array(
        (car.arc_time_ds[car.in_arc].astype(float), car.arc_tail[car.in_arc], car.in_start),
        shape=(count, count),
    )

    def ours(node: int) -> Answer:
        found = who_can_reach_node(graph, hung, space, node, limit_ds=LIMIT_DS, first=FIRST)
        return list(zip(found.travel_ds.tolist(), found.unit.tolist(), strict=True))

    def ours_all() -> None:
        for node in incidents:
            who_can_reach_node(graph, hung, space, node, limit_ds=LIMIT_DS, first=FIRST)

    def scipy_times(node: int) -> Times:
        times: Times = dijkstra(backward, indices=np.array([node]), limit=LIMIT_DS)[0, units]
        return times

    def scipy_all() -> None:
        for node in incidents:
            first(scipy_times(node))

    work = f"20 fastest of 2,000 units, car, turns off, {context.city}, us CPU a query"
    seconds = alternate(ours_all, scipy_all, cpu=True)
    same = all(ours(node) == first(scipy_times(node)) for node in incidents)
    rows = [row(NAME, work, _micros(seconds), "scipy dijkstra(limit)", same_answer=same)]
    if can_contract():
        made = contract(graph, context.network.node_lon, context.network.node_lat, reverse=True)

        def contracted(node: int) -> Answer:
            return first(place_distances(made, units, np.array([node], np.int32))[:, 0])

        def contracted_all() -> None:
            for node in incidents:
                contracted(node)

        seconds = alternate(ours_all, contracted_all, rounds=3, cpu=True)
        same = all(ours(node) == contracted(node) for node in incidents)
        rows.append(
            row(NAME, work, _micros(seconds), "RoutingKit CCH many-to-one (pyroutingkit)", same_answer=same)
        )
    return rows


def first(times: Times) -> Answer:
    """The FIRST fastest units within the limit from all units' times, the lower number among equals."""
    near = np.flatnonzero(times <= LIMIT_DS)
    order = near[np.argsort(times[near], kind="stable")][:FIRST]
    return [(int(times[unit]), int(unit)) for unit in order]


def _micros(seconds: tuple[float, float]) -> tuple[float, float]:
    return seconds[0] / INCIDENTS * 1e6, seconds[1] / INCIDENTS * 1e6
