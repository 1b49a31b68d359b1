"""Travel times from many places to many places.

Idea: with pyroutingkit installed the graph is contracted once (customizable contraction hierarchies, RoutingKit) and every pair of ends is looked
up there; without it each source is one forward search. Both give the same integers. Contracted queries are quick for few sources and many
targets only, so with more sources than targets the reversed graph is contracted instead. Under turn rules the contracted graph is the one
of the split junctions, a target on an arc is the place at the arc's end less the time behind the target. Source: Dibbelt, Strasser &
Wagner 2016. Limits: a contraction takes seconds and belongs to one set of arc times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstminute.geo.network import Floats, Ints, Longs
from firstminute.geo.search_flood import (
    FROM_START,
    FloodSpace,
    clean_flood,
    push_ring,
    run_flood,
    seed_forward,
)
from firstminute.geo.search_graph import SearchGraph
from firstminute.geo.search_space import LONGEST_DS
from firstminute.geo.search_units import part_way

try:
    import pyroutingkit
except ImportError:  # an optional extra, see pyproject.toml
    pyroutingkit = None

UNREACHED = -1
_FAR = 2_147_483_647
Places = tuple[Ints, Floats]
Distances = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Contraction:
    """A contracted graph: its metric, and whether it is the reversed one."""

    metric: Any
    reverse: bool


def can_contract() -> bool:
    """Whether pyroutingkit is installed."""
    return pyroutingkit is not None


def contract(graph: SearchGraph, node_lon: Floats, node_lat: Floats, *, reverse: bool = False) -> Contraction:
    """Contract a graph; `reverse` for more sources than targets. Raises RuntimeError without pyroutingkit."""
    if pyroutingkit is None:
        raise RuntimeError("pyroutingkit is not installed")
    count = graph.place_count
    tail = np.repeat(np.arange(count, dtype=np.uint32), np.diff(graph.fwd_start))
    head = (graph.fwd_step >> np.uint64(32)).astype(np.uint32)
    at = np.repeat(np.arange(len(graph.node_place) - 1), np.diff(graph.node_place))
    topology = pyroutingkit.CCHTopology()
    ends = (head, tail) if reverse else (tail, head)
    topology.build(*ends, node_lat[at].astype(np.float32), node_lon[at].astype(np.float32), count)
    metric = pyroutingkit.CCHMetric(topology)
    metric.customize((graph.fwd_step & np.uint64(0xFFFFFFFF)).astype(np.uint32))
    return Contraction(metric, reverse)


def place_distances(contraction: Contraction, sources: Ints, targets: Ints) -> Distances:
    """(n, m) deciseconds between places of the contracted graph, 2,147,483,647 where there is no way."""
    first, second = (targets, sources) if contraction.reverse else (sources, targets)
    found = contraction.metric.distances_many_to_many(first.astype(np.uint32), second.astype(np.uint32))
    table: Distances = np.asarray(found).reshape(len(first), len(second))
    return table.T if contraction.reverse else table


def matrix(
    graph: SearchGraph,
    space: FloodSpace,
    sources: Places,
    targets: Places,
    *,
    contraction: Contraction | None = None,
) -> Ints:
    """Travel times between places part-way on pieces.

    Parameters
    ----------
    graph, space : the mode's graph and working memory made for it
    sources, targets : (edge, share) of n and of m places, edge -1 = not on the network
    contraction : of the same graph; None = one search for each source

    Returns
    -------
    (n, m) deciseconds, UNREACHED where there is no way
    """
    out = np.full((len(sources[0]), len(targets[0])), UNREACHED, np.int32)
    starts, goals = _as_places(sources), _as_places(targets)
    if contraction is None:
        _rows(_tables(graph), _memory(space), starts, goals, out)
        return out
    from_row, from_place, from_ds = _start_ends(graph, starts)
    to_row, to_place, to_ds = _goal_ends(graph, goals)
    if len(from_row) and len(to_row):
        near, near_at = np.unique(from_place, return_inverse=True)
        far, far_at = np.unique(to_place, return_inverse=True)
        table = place_distances(contraction, near, far)
        loops = np.flatnonzero(np.isin(to_place, near)) if graph.turned else np.empty(0, np.int64)
        _combine(table, (from_row, near_at, from_ds), (to_row, far_at, to_ds), (near, far, graph.turned), out)
        _same_piece(_tables(graph), starts, goals, out)
        if len(loops):
            _round_the_block(graph, space, starts, goals, out)
    return out


def node_matrix(
    graph: SearchGraph,
    space: FloodSpace,
    sources: Ints,
    targets: Ints,
    *,
    contraction: Contraction | None = None,
) -> Ints:
    """(n, m) deciseconds between junctions, UNREACHED where there is no way; raises ValueError under turn rules."""
    if graph.turned:
        raise ValueError("a matrix between junctions needs a graph without turn rules")
    if contraction is not None:
        table = place_distances(contraction, sources, targets)
        return np.where(table == _FAR, UNREACHED, table).astype(np.int32)
    out = np.full((len(sources), len(targets)), UNREACHED, np.int32)
    _node_rows(
        graph.fwd_step, _memory(space), np.asarray(sources, np.int32), np.asarray(targets, np.int32), out
    )
    return out


def _as_places(places: Places) -> Places:
    return np.ascontiguousarray(places[0], np.int32), np.ascontiguousarray(places[1], np.float64)


def _tables(graph: SearchGraph) -> tuple[Any, ...]:
    entries = (graph.rev_step, graph.entry_start, graph.entry_step)
    return graph.fwd_step, (graph.edge_arc, graph.arc_time_ds, graph.arc_place), entries


def _memory(space: FloodSpace) -> tuple[Any, ...]:
    return space.record, space.came_over, (space.chain, space.bits, space.pool), space.seen, space.seen_ds


def _start_ends(graph: SearchGraph, places: Places) -> tuple[Longs, Ints, Longs]:
    """(source row, place, time to it) for both ways off each source's piece."""
    rows, found, times = [], [], []
    for side in range(2):
        arc = np.where(places[0] >= 0, graph.edge_arc[side][places[0]], -1)
        row = np.flatnonzero(arc >= 0)
        left = 1.0 - places[1] if side == 0 else places[1]
        rows.append(row)
        found.append(graph.arc_place[arc[row]])
        times.append(np.floor(graph.arc_time_ds[arc[row]] * left[row]).astype(np.int64))
    return np.concatenate(rows), np.concatenate(found), np.concatenate(times)


def _goal_ends(graph: SearchGraph, places: Places) -> tuple[Longs, Ints, Longs]:
    """(target row, place, time from it, negative under turn rules) for both ways onto each target's piece."""
    rows, found, times = [], [], []
    place_of_step = np.repeat(np.arange(graph.place_count, dtype=np.int32), np.diff(graph.rev_start))
    for side in range(2):
        arc = np.where(places[0] >= 0, graph.edge_arc[side][places[0]], -1)
        done = places[1] if side == 0 else 1.0 - places[1]
        for row in np.flatnonzero(arc >= 0).tolist():
            at = int(arc[row])
            steps = graph.entry_step[graph.entry_start[at] : graph.entry_start[at + 1]]
            time = int(np.floor(graph.arc_time_ds[at] * done[row]))
            if graph.turned:
                ends = np.unique(place_of_step[steps])
                time -= int(graph.arc_time_ds[at])
            else:
                ends = (graph.rev_step[steps] >> np.uint64(32)).astype(np.int32)
            rows += [row] * len(ends)
            found += ends.tolist()
            times += [time] * len(ends)
    return np.array(rows, np.int64), np.array(found, np.int32), np.array(times, np.int64)


def _round_the_block(graph: SearchGraph, space: FloodSpace, starts: Places, goals: Places, out: Ints) -> None:
    """Trips that end behind their start on the same piece: the contracted graph cannot tell the arc driven from the arc stood on."""
    for edge in np.intersect1d(starts[0][starts[0] >= 0], goals[0]).tolist():
        rows, columns = np.flatnonzero(starts[0] == edge), np.flatnonzero(goals[0] == edge)
        part = np.full((len(rows), len(columns)), UNREACHED, np.int32)
        one_way = (starts[0][rows], starts[1][rows]), (goals[0][columns], goals[1][columns])
        _rows(_tables(graph), _memory(space), *one_way, part)
        out[np.ix_(rows, columns)] = part


@njit(cache=True, nogil=True)
def _combine(table, starts, goals, places, out):  # type: ignore[no-untyped-def]
    from_row, from_at, from_ds = starts
    to_row, to_at, to_ds = goals
    near, far, turned = places
    for i in range(len(from_row)):
        row, at, head = from_row[i], from_at[i], from_ds[i]
        for j in range(len(to_row)):
            between = np.int64(table[at, to_at[j]])
            if between == _FAR or (turned and near[at] == far[to_at[j]]):
                continue
            time = head + between + to_ds[j]
            if out[row, to_row[j]] == UNREACHED or time < out[row, to_row[j]]:
                out[row, to_row[j]] = time


@njit(cache=True, nogil=True)
def _direct(sides, place, goal):  # type: ignore[no-untyped-def]
    """Time straight along a piece that both stand on, -1 where that is not lawful."""
    edge_arc, arc_time = sides
    best = np.int64(-1)
    for side in range(2):
        arc = edge_arc[side, place[0]]
        ahead = goal[1] - place[1] if side == 0 else place[1] - goal[1]
        if arc >= 0 and ahead >= 0.0:
            time = part_way(arc_time[arc], ahead)
            if best < 0 or time < best:
                best = time
    return best


@njit(cache=True, nogil=True)
def _same_piece(tables, starts, goals, out):  # type: ignore[no-untyped-def]
    edge_arc, arc_time, _ = tables[1]
    for i in range(len(starts[0])):
        for j in range(len(goals[0])):
            if starts[0][i] >= 0 and starts[0][i] == goals[0][j]:
                time = _direct((edge_arc, arc_time), (starts[0][i], starts[1][i]), (goals[0][j], goals[1][j]))
                if time >= 0 and (out[i, j] == UNREACHED or time < out[i, j]):
                    out[i, j] = time


@njit(cache=True, nogil=True)
def _arrive(tables, record, goal):  # type: ignore[no-untyped-def]
    """Earliest time at a target over the labels of the places before its piece, -1 = none."""
    _, (edge_arc, arc_time, _), (rev_step, entry_start, entry_step) = tables
    edge, share = goal
    best = np.int64(-1)
    for side in range(2):
        arc = edge_arc[side, edge]
        if arc < 0:
            continue
        more = part_way(arc_time[arc], share if side == 0 else 1.0 - share)
        for row in range(entry_start[arc], entry_start[arc + 1]):
            label = np.int64(record[rev_step[entry_step[row]] >> np.uint64(32), 1])
            if label < LONGEST_DS and (best < 0 or label + more < best):
                best = label + more
    return best


@njit(cache=True, nogil=True)
def _node_rows(step, space, sources, targets, out):  # type: ignore[no-untyped-def]
    record, came_over, queue, _, _ = space
    nowhere = np.empty(0, np.int32)
    for i in range(len(sources)):
        record[sources[i], 1] = 0
        came_over[sources[i]] = FROM_START
        top = push_ring(queue, np.uint64(0), np.uint64(sources[i]), np.uint64(0))
        _, top = run_flood(step, space, top, (np.uint64(LONGEST_DS), 0), (nowhere, nowhere))
        for j in range(len(targets)):
            label = np.int64(record[targets[j], 1])
            if label < LONGEST_DS:
                out[i, j] = label
        clean_flood(record, queue, top)


@njit(cache=True, nogil=True)
def _rows(tables, space, starts, goals, out):  # type: ignore[no-untyped-def]
    record, came_over, queue, _, _ = space
    nowhere = np.empty(0, np.int32)
    for i in range(len(starts[0])):
        if starts[0][i] < 0:
            continue
        start = (starts[0][i], starts[1][i], LONGEST_DS)
        top = seed_forward(tables[1], (record, came_over, queue), start)
        _, top = run_flood(tables[0], space, top, (np.uint64(LONGEST_DS), 0), (nowhere, nowhere))
        for j in range(len(goals[0])):
            if goals[0][j] >= 0:
                out[i, j] = _arrive(tables, record, (goals[0][j], goals[1][j]))
        clean_flood(record, queue, top)
    _same_piece(tables, starts, goals, out)
