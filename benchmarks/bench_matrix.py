"""Travel times from 200 to 2,000 places beside RoutingKit's contracted hierarchies and beside scipy's rows.

Junctions of the car's graph, turn rules off, as the peers see them; a last row asks the same of places part-way on streets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.harness import Context, Row, alternate, row
from firstminute.geo.matrix import UNREACHED, can_contract, contract, matrix, node_matrix
from firstminute.geo.search_flood import FloodSpace

NAME = "matrix"
SOURCES, TARGETS = 200, 2000
Times = NDArray[np.int32]


def run(context: Context) -> list[Row]:
    """Own rows beside scipy; contracted beside pyroutingkit called directly, where installed."""
    rng = np.random.default_rng(3)
    graph, car, count = context.car_free, context.car, len(context.network.node_lon)
    space = FloodSpace(graph)
    sources, targets = (rng.choice(context.main_nodes, size).astype(np.int32) for size in (SOURCES, TARGETS))
    forward = csr_array((car.arc_time_ds.astype(float), car.arc_head, car.out_start), shape=(count, count))

    def scipy_rows() -> Times:
        times = dijkstra(forward, indices=sources)[:, targets]
        return np.where(np.isinf(times), UNREACHED, times).astype(np.int32)

    def own_rows() -> Times:
        return node_matrix(graph, space, sources, targets)

    work = f"matrix {SOURCES} x {TARGETS}, car, {context.city}"
    figures = alternate(own_rows, scipy_rows, rounds=3, cpu=True)
    expected = scipy_rows()
    same = np.array_equal(own_rows(), expected)
    found = [
        row(
            NAME,
            f"{work}, without RoutingKit, s CPU",
            figures,
            "scipy dijkstra, a row a source",
            same_answer=same,
        )
    ]
    if can_contract():
        found += _contracted(context, (sources, targets), expected, rng)
    return found


def _contracted(
    context: Context,
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    expected: Times,
    rng: np.random.Generator,
) -> list[Row]:
    import pyroutingkit

    graph, network, car = context.car_free, context.network, context.car
    space = FloodSpace(graph)
    made = contract(graph, network.node_lon, network.node_lat)
    topology = pyroutingkit.CCHTopology()
    tail, head = car.arc_tail.astype(np.uint32), car.arc_head.astype(np.uint32)
    lat, lon = network.node_lat.astype(np.float32), network.node_lon.astype(np.float32)
    topology.build(tail, head, lat, lon, len(lon))
    metric = pyroutingkit.CCHMetric(topology)
    metric.customize(car.arc_time_ds.astype(np.uint32))
    first, second = (side.astype(np.uint32) for side in ends)

    def ours() -> Times:
        return node_matrix(graph, space, *ends, contraction=made)

    def peer() -> Times:
        times: Times = np.asarray(metric.distances_many_to_many(first, second)).reshape(SOURCES, TARGETS)
        return times

    same = np.array_equal(ours(), expected) and np.array_equal(peer(), expected)
    work = f"matrix {SOURCES} x {TARGETS}, car, {context.city}, s CPU"
    found = [
        row(
            NAME,
            work,
            alternate(ours, peer, cpu=True),
            "RoutingKit CCH (pyroutingkit), called directly",
            same_answer=same,
        )
    ]
    edges = np.flatnonzero(graph.edge_arc.max(axis=0) >= 0)
    starts, goals = (
        (rng.choice(edges, size).astype(np.int32), rng.random(size)) for size in (SOURCES, TARGETS)
    )

    def snapped() -> Times:
        return matrix(graph, space, starts, goals, contraction=made)

    def snapped_rows() -> Times:
        return matrix(graph, space, starts, goals)

    same = np.array_equal(snapped(), snapped_rows())
    figures = alternate(snapped, snapped_rows, rounds=3, cpu=True)
    work = (
        f"matrix {SOURCES} x {TARGETS} of places part-way on streets, contracted, car, {context.city}, s CPU"
    )
    return [*found, row(NAME, work, figures, "ours, one search a source", same_answer=same)]
