"""An independent way to travel times: scipy over explicit graphs, integer deciseconds, for comparing with `geo.search_*`.

Without turn rules the graph is one of junctions. With them a vertex is an arc together with the set of rules that are under way, written straight from
their meaning (no trie, no shared code): a forbidden path must not be completed, an `only` path once begun must be followed, turning round
is for dead ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from firstminute.geo.network import ModeGraph

Place = tuple[int, float]
NEVER = -1


def part(time_ds: int, share: float) -> int:
    """floor(arc x remaining share)."""
    return int(np.floor(time_ds * share))


def least(rows: Iterable[tuple[int, int, int]], count: int) -> csr_array:
    """A sparse graph from (from, to, time), the shortest of parallel edges; explicit zeros are kept."""
    best: dict[tuple[int, int], int] = {}
    for a, b, time in rows:
        if time < best.get((a, b), 1 << 60):
            best[a, b] = time
    keys = sorted(best)
    data = np.array([best[k] for k in keys], float)
    start = np.searchsorted([k[0] for k in keys], np.arange(count + 1))
    return csr_array(
        (data, np.array([k[1] for k in keys], np.int32), start.astype(np.int32)), shape=(count, count)
    )


@dataclass
class Oracle:
    """A graph of vertices: where one is after starting on an arc, and which vertices an arc is entered from."""

    graph: ModeGraph
    forward: csr_array
    backward: csr_array
    after: NDArray[np.int64]
    before: dict[int, list[int]]
    vertex_node: NDArray[np.int64]

    def sides(self, place: Place, *, to: bool) -> list[tuple[int, int]]:
        """(arc, time on it) of both ways off a place, or onto it."""
        edge, share = place
        if edge < 0:
            return []
        pairs = [
            (int(self.graph.edge_arc_forward[edge]), share),
            (int(self.graph.edge_arc_backward[edge]), 1.0 - share),
        ]
        ahead = [(arc, done if to else 1.0 - done) for arc, done in pairs if arc >= 0]
        return [(arc, part(int(self.graph.arc_time_ds[arc]), rest)) for arc, rest in ahead]

    def direct(self, place: Place, goal: Place) -> list[int]:
        """Straight along a piece that both stand on."""
        if place[0] < 0 or place[0] != goal[0]:
            return []
        ways = [
            (int(self.graph.edge_arc_forward[goal[0]]), goal[1] - place[1]),
            (int(self.graph.edge_arc_backward[goal[0]]), place[1] - goal[1]),
        ]
        return [
            part(int(self.graph.arc_time_ds[arc]), ahead) for arc, ahead in ways if arc >= 0 and ahead >= 0
        ]

    def to_goal(self, goal: Place, limit_ds: float = np.inf) -> NDArray[np.float64]:
        """(V,) time from each vertex to a place."""
        best = np.full(self.forward.shape[0], np.inf)
        for arc, rest in self.sides(goal, to=True):
            vertices = sorted(set(self.before.get(arc, [])))
            if vertices and rest <= limit_ds:
                found = dijkstra(self.backward, indices=vertices, limit=limit_ds - rest, min_only=True)
                best = np.minimum(best, found + rest)
        return best

    def from_start(self, start: Place) -> NDArray[np.float64]:
        """(V,) time to each vertex from a place."""
        best = np.full(self.forward.shape[0], np.inf)
        for arc, rest in self.sides(start, to=False):
            best = np.minimum(best, dijkstra(self.forward, indices=self.after[[arc]])[0] + rest)
        return best

    def node_times(self, start: Place) -> NDArray[np.float64]:
        """(N,) time to each junction."""
        best = np.full(len(self.graph.out_start) - 1, np.inf)
        np.minimum.at(best, self.vertex_node, self.from_start(start))
        return best

    def arrive(self, place: Place, goal: Place, to_goal: NDArray[np.float64]) -> int:
        """Deciseconds from one place to another, NEVER where there is no way."""
        ways = [float(rest + to_goal[self.after[arc]]) for arc, rest in self.sides(place, to=False)]
        ways += [float(time) for time in self.direct(place, goal)]
        best = min(ways, default=np.inf)
        return int(best) if np.isfinite(best) else NEVER

    def who(self, units: list[Place], goal: Place, limit_ds: int) -> list[tuple[int, int]]:
        """(time, unit) of all within the limit, in order."""
        if goal[0] < 0:
            return []
        to_goal = self.to_goal(goal, limit_ds)
        times = [(self.arrive(unit, goal, to_goal), k) for k, unit in enumerate(units)]
        return sorted((time, k) for time, k in times if 0 <= time <= limit_ds)


def node_oracle(graph: ModeGraph) -> Oracle:
    """Junctions as vertices: every turn is allowed."""
    count = len(graph.out_start) - 1
    tail, head, time = graph.arc_tail.tolist(), graph.arc_head.tolist(), graph.arc_time_ds.tolist()
    rows = list(zip(tail, head, time, strict=True))
    before = {arc: [node] for arc, node in enumerate(tail)}
    forward = least(rows, count)
    backward = least([(b, a, t) for a, b, t in rows], count)
    return Oracle(graph, forward, backward, graph.arc_head.astype(np.int64), before, np.arange(count))


def edge_oracle(graph: ModeGraph) -> Oracle:
    """Arcs with the rules under way as vertices."""
    assert graph.turns is not None
    starts, flat = graph.turns.rule_start.tolist(), graph.turns.rule_arc.tolist()
    rules = [
        (tuple(flat[a:b]), bool(only))
        for a, b, only in zip(starts[:-1], starts[1:], graph.turns.rule_only, strict=True)
    ]
    begun: dict[int, list[int]] = {}
    for r, (path, _) in enumerate(rules):
        begun.setdefault(path[0], []).append(r)
    head, edge, out = graph.arc_head.tolist(), graph.arc_edge.tolist(), graph.out_start.tolist()
    number: dict[tuple[int, frozenset[tuple[int, int]]], int] = {}
    order: list[tuple[int, frozenset[tuple[int, int]]]] = []

    def vertex(arc: int, under_way: frozenset[tuple[int, int]]) -> int:
        if (arc, under_way) not in number:
            number[arc, under_way] = len(order)
            order.append((arc, under_way))
        return number[arc, under_way]

    after = [vertex(arc, frozenset((r, 0) for r in begun.get(arc, []))) for arc in range(len(head))]
    rows = []
    before: dict[int, list[int]] = {}
    for here, (arc, under_way) in enumerate(order):  # grows while it is walked
        leaving = range(out[head[arc]], out[head[arc] + 1])
        for b in leaving:
            turning_round = edge[b] == edge[arc] and b != arc
            if turning_round and len(leaving) > 1:
                continue
            following = advance(rules, under_way, b)
            if following is not None:
                there = vertex(b, following | frozenset((r, 0) for r in begun.get(b, [])))
                rows.append((here, there, int(graph.arc_time_ds[b])))
                before.setdefault(b, []).append(here)
    forward = least(rows, len(order))
    backward = least([(b, a, t) for a, b, t in rows], len(order))
    at = np.array([head[arc] for arc, _ in order], np.int64)
    return Oracle(graph, forward, backward, np.array(after, np.int64), before, at)


def advance(
    rules: list[tuple[tuple[int, ...], bool]], under_way: frozenset[tuple[int, int]], arc: int
) -> frozenset[tuple[int, int]] | None:
    """Rules still under way after one more arc, None where a rule does not let it follow."""
    kept: set[tuple[int, int]] = set()
    for began in {position for _, position in under_way}:
        group = [(r, rules[r]) for r, position in under_way if position == began]
        bound = [(r, path) for r, (path, only) in group if only]
        fitting = [(r, path) for r, path in bound if path[began + 1] == arc]
        if bound and not fitting:
            return None
        if not any(len(path) == began + 2 for _, path in fitting):
            kept |= {(r, began + 1) for r, _ in fitting}
        for r, (path, only) in group:
            if not only and path[began + 1] == arc:
                if len(path) == began + 2:
                    return None
                kept.add((r, began + 1))
    return frozenset(kept)
