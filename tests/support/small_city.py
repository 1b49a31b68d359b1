"""Small random cities for search tests: loops, parallel streets, one-ways, streets of no length, islands, turn rules over streets."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from firstminute.geo.network import ModeGraph, Network, build_network


@dataclass(frozen=True)
class Rule:
    """A turn rule over directed pieces."""

    path: tuple[int, ...]
    only: bool


def small_city(seed: int, *, rules: bool = True) -> Network:
    """A network with modes "car" (under rules if asked) and "foot" (free) drawn from a seed."""
    rng = np.random.default_rng(seed)
    nodes, edges = int(rng.integers(2, 11)), int(rng.integers(1, 22))
    ends = rng.integers(0, nodes, (2, edges)).astype(np.int32)
    longest = int(rng.choice([3, 30, 300]))
    times = rng.integers(0, longest, (2, edges)).astype(np.int32)
    both = rng.random(edges)
    times[1][both < 0.3] = -1
    times[0][both > 0.9] = -1
    lon, lat = rng.random(nodes), rng.random(nodes)
    pieces = SimpleNamespace(
        node_lon=lon,
        node_lat=lat,
        edge_from=ends[0],
        edge_to=ends[1],
        edge_length_m=times.max(axis=0) * 1.0,
        edge_class=np.zeros(edges, np.uint8),
        shape_start=np.arange(0, 2 * edges + 1, 2, dtype=np.int64),
        shape_lon=lon[ends.T.ravel()],
        shape_lat=lat[ends.T.ravel()],
    )
    drawn = random_rules(rng, ends, times) if rules else []
    return build_network(
        pieces,
        {"car": (times[0], times[1]), "foot": (times[0], times[1])},
        rules={"car": drawn} if rules else None,
    ).network


def random_rules(rng: np.random.Generator, ends: np.ndarray, times: np.ndarray) -> list[Rule]:
    """Rules along random walks of two to four arcs, some over via-ways, some that bind."""
    codes = [2 * e + side for side in (0, 1) for e in range(len(times[0])) if times[side][e] >= 0]
    head = {c: int(ends[1 - c % 2][c // 2]) for c in codes}
    tail = {c: int(ends[c % 2][c // 2]) for c in codes}
    found = []
    for _ in range(int(rng.integers(0, 9)) if codes else 0):
        path = [int(rng.choice(codes))]
        for _ in range(int(rng.choice([1, 1, 2, 3]))):
            nexts = [c for c in codes if tail[c] == head[path[-1]]]
            if nexts:
                path.append(int(rng.choice(nexts)))
        if len(path) > 1:
            found.append(Rule(tuple(path), bool(rng.random() < 0.35)))
    return found


def random_places(rng: np.random.Generator, graph: ModeGraph, count: int) -> list[tuple[int, float]]:
    """Places on streets, some at their very ends, some on the same street, some nowhere."""
    edges = len(graph.edge_arc_forward)
    share = np.where(rng.random(count) < 0.3, rng.integers(0, 2, count), rng.random(count))
    edge = np.where(rng.random(count) < 0.05, -1, rng.integers(0, edges, count))
    return list(zip(edge.tolist(), share.tolist(), strict=True))
