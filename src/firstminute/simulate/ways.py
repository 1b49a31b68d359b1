"""Ways for the twin's crews: points and times along the quickest way between two places, turn rules left aside.

Idea: the people on the map need a line to move along, not an exact dispatch answer, so scipy's Dijkstra on the junction graph is enough; it is also independent
of the searches that the core decides by. Limits: turn rules are ignored; ways longer than half an hour are not found; drones fly straight.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from firstminute.geo.ground import Ground, factor
from firstminute.geo.network import ModeGraph
from firstminute.geo.speeds import DRONE_KMH
from firstminute.geo.streets import haversine_m
from firstminute.simulate.trips import LonLat

Floats = NDArray[np.float64]
Way = tuple[Floats, Floats, Floats]
Leg = tuple[int, float, float]  # arc, from share, to share
LIMIT_DS = 18_000.0


@dataclass(frozen=True, slots=True)
class _Roads:
    graph: ModeGraph
    matrix: csr_array
    arc: dict[tuple[int, int], int]


class Ways:
    """Finds ways on a ground; one junction graph a mode, made when first asked for."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._roads: dict[str, _Roads] = {}

    def __call__(self, here: LonLat, there: LonLat, mode: str) -> Way | None:
        """Points of the way and seconds since its start at each; None where there is none within half an hour."""
        if mode == "drone":
            return self._straight(here, there)
        snaps = self._ground.snap(np.array([here[0], there[0]]), np.array([here[1], there[1]]), mode)
        if snaps.edge.min() < 0:
            return None
        roads = self._of(mode)
        (edge_a, edge_b), (share_a, share_b) = snaps.edge.tolist(), snaps.share.tolist()
        if edge_a == edge_b:
            legs = self._same(roads, edge_a, share_a, share_b)
        else:
            legs = self._through(roads, (edge_a, share_a), (edge_b, share_b))
        return None if legs is None else self._draw(roads.graph, legs, factor(mode))

    def _of(self, mode: str) -> _Roads:
        if mode not in self._roads:
            graph = self._ground.graph(mode)
            order = np.lexsort((graph.arc_time_ds, graph.arc_head, graph.arc_tail))
            tail, head = graph.arc_tail[order], graph.arc_head[order]
            first = np.ones(len(order), bool)
            first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
            kept = order[first]
            size = len(self._ground.network.node_lon)
            weight = graph.arc_time_ds[kept].astype(np.float64) + 1e-3  # an explicit zero would be no arc
            matrix = csr_array((weight, (graph.arc_tail[kept], graph.arc_head[kept])), shape=(size, size))
            pairs = zip(graph.arc_tail[kept].tolist(), graph.arc_head[kept].tolist(), strict=True)
            self._roads[mode] = _Roads(graph, matrix, dict(zip(pairs, kept.tolist(), strict=True)))
        return self._roads[mode]

    def _exits(
        self, roads: _Roads, edge: int, share: float, into: bool
    ) -> list[tuple[int, int, float, float, float]]:
        """(node, arc, cost, from share, to share) of leaving a piece at its ends, or of coming in from them."""
        network, graph, found = self._ground.network, roads.graph, []
        for arc, node_out, node_in, along in (
            (
                int(graph.edge_arc_forward[edge]),
                int(network.edge_to[edge]),
                int(network.edge_from[edge]),
                share,
            ),
            (
                int(graph.edge_arc_backward[edge]),
                int(network.edge_from[edge]),
                int(network.edge_to[edge]),
                1.0 - share,
            ),
        ):
            if arc >= 0:
                part = along if into else 1.0 - along
                found.append(
                    (
                        node_in if into else node_out,
                        arc,
                        part * float(graph.arc_time_ds[arc]),
                        0.0 if into else along,
                        along if into else 1.0,
                    )
                )
        return found

    def _same(self, roads: _Roads, edge: int, start: float, end: float) -> list[Leg] | None:
        graph = roads.graph
        arc = int(graph.edge_arc_forward[edge] if end >= start else graph.edge_arc_backward[edge])
        if arc < 0:
            return None
        return [(arc, start, end) if end >= start else (arc, 1.0 - start, 1.0 - end)]

    def _through(self, roads: _Roads, start: tuple[int, float], end: tuple[int, float]) -> list[Leg] | None:
        """Arcs of the way, each with the shares of it that are used."""
        outs, ins = self._exits(roads, *start, into=False), self._exits(roads, *end, into=True)
        if not outs or not ins:
            return None
        cost, before = dijkstra(
            roads.matrix, indices=[out[0] for out in outs], limit=LIMIT_DS, return_predecessors=True
        )
        best, pick = np.inf, (0, 0)
        for i, out in enumerate(outs):
            for j, inn in enumerate(ins):
                total = out[2] + float(cost[i, inn[0]]) + inn[2]
                if total < best:
                    best, pick = total, (i, j)
        if not np.isfinite(best):
            return None
        out, inn = outs[pick[0]], ins[pick[1]]
        nodes = [inn[0]]
        while nodes[-1] != out[0]:
            nodes.append(int(before[pick[0], nodes[-1]]))
        nodes.reverse()
        middle = [(roads.arc[a, b], 0.0, 1.0) for a, b in pairwise(nodes)]
        return [(out[1], out[3], out[4]), *middle, (inn[1], inn[3], inn[4])]

    def _draw(self, graph: ModeGraph, legs: list[Leg], faster: float) -> Way:
        """Points and times of the legs."""
        network = self._ground.network
        lons, lats, times = [], [], []
        now = 0.0
        for arc, start, end in legs:
            edge = int(graph.arc_edge[arc])
            first, last = int(network.shape_start[edge]), int(network.shape_start[edge + 1])
            lon, lat = network.shape_lon[first:last], network.shape_lat[first:last]
            if graph.arc_reversed[arc]:
                lon, lat = lon[::-1], lat[::-1]
            along = np.concatenate([[0.0], np.cumsum(haversine_m(lon[:-1], lat[:-1], lon[1:], lat[1:]))])
            share = along / along[-1] if along[-1] > 0 else np.linspace(0.0, 1.0, len(along))
            keep = (share > start) & (share < end)
            at = np.concatenate([[start], share[keep], [end]])
            seconds = float(graph.arc_time_ds[arc]) / 10.0 / faster
            lons.append(np.interp(at, share, lon))
            lats.append(np.interp(at, share, lat))
            times.append(now + (at - start) * seconds)
            now += (end - start) * seconds
        return np.concatenate(lons), np.concatenate(lats), np.concatenate(times)

    def _straight(self, here: LonLat, there: LonLat) -> Way:
        lon, lat = np.array([here[0], there[0]]), np.array([here[1], there[1]])
        seconds = float(haversine_m(lon[:1], lat[:1], lon[1:], lat[1:])[0]) * 3.6 / DRONE_KMH
        return lon, lat, np.array([0.0, max(1.0, seconds)])
