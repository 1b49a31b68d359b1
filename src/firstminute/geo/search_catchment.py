"""From where a place is reached in time: every junction and piece of street from which somebody is there within a limit.

Idea: the flood of `search_flood` on the reversed steps, begun at the place: a label is the time still to drive from there. A street counts as far
back from its end as the time that is left allows. One-way streets and turn rules make this another area than the one that the place reaches. Source:
Dijkstra 1959 on the reversed graph. Limits: a piece reached towards both ends comes twice, once for each.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from firstminute.geo.network import Ints, Longs, ModeGraph
from firstminute.geo.search_flood import FROM_START, FloodSpace, clean_flood, push_ring, run_flood
from firstminute.geo.search_graph import SearchGraph
from firstminute.geo.search_isochrone import Isochrone, in_digitised_order, share_left
from firstminute.geo.search_space import LONGEST_DS
from firstminute.geo.search_units import part_way

_NEVER = np.iinfo(np.int32).max
_HIGH = np.uint64(32)
_NO_GOAL = np.empty(0, np.int32)


def catchment_space(graph: SearchGraph) -> FloodSpace:
    """Working memory of searches backwards on one graph, for one thread."""
    space = FloodSpace(graph)
    space.record[:, 0] = graph.rev_start
    return space


def catchment(
    graph: SearchGraph, mode: ModeGraph, space: FloodSpace, place: tuple[int, float], *, limit_ds: int
) -> Isochrone:
    """Junctions and street pieces from which a place part-way on a piece is reached within a limit (piece -1: none).

    Parameters
    ----------
    space : of `catchment_space`

    Returns
    -------
    as an isochrone, backwards: `node_ds` and `start_ds` are deciseconds still to drive, from the junction and from the end of the piece
    """
    limit_ds = min(limit_ds, LONGEST_DS)
    count = int(
        _flood_back(
            (graph.rev_step, graph.edge_arc, graph.arc_time_ds, graph.entry_start, graph.entry_step),
            (space.record, space.came_over, (space.chain, space.bits, space.pool), space.seen, space.seen_ds),
            (place[0], place[1], limit_ds),
            (_NO_GOAL, _NO_GOAL),
        )
    )
    seen, seen_ds = space.seen[:count].astype(np.int64), space.seen_ds[:count].copy()
    node, row = np.unique(np.searchsorted(graph.node_place, seen, "right") - 1, return_inverse=True)
    node_ds = np.full(len(node), _NEVER, np.int32)
    np.minimum.at(node_ds, row, seen_ds)
    arc, end_ds = _driven_to(graph, seen, seen_ds)
    from_arc, to_arc = np.maximum(0.0, 1.0 - share_left(mode, arc, limit_ds - end_ds)), np.ones(len(arc))
    if place[0] >= 0:
        own = np.array([a for a in graph.edge_arc[:, place[0]] if a >= 0], np.int64)
        own_to = np.where(mode.arc_reversed[own], 1.0 - place[1], place[1])
        whole = share_left(mode, own, np.full(len(own), limit_ds), whole=np.inf)
        arc = np.concatenate([own, arc])
        end_ds = np.concatenate([np.zeros(len(own), np.int32), end_ds])
        from_arc = np.concatenate([np.maximum(0.0, own_to - whole), from_arc])
        to_arc = np.concatenate([own_to, to_arc])
    return in_digitised_order(mode, (node, node_ds), arc, (from_arc, to_arc), end_ds)


def _driven_to(graph: SearchGraph, seen: Longs, seen_ds: Ints) -> tuple[Longs, Ints]:
    """Arcs from whose end the place is reached, each with the time still to drive from there."""
    left_ds = np.full(graph.place_count, _NEVER, np.int32)
    left_ds[seen] = seen_ds
    end_ds = left_ds[graph.arc_place]
    arc = np.flatnonzero(end_ds != _NEVER)
    return arc, end_ds[arc]


@njit(cache=True, nogil=True)
def _flood_back(tables, space, goal, none):  # type: ignore[no-untyped-def]
    step, edge_arc, arc_time, entry_start, entry_step = tables
    record, came_over, queue, _, _ = space
    edge, share, limit = goal
    top = np.uint64(0)
    for side in range(2):
        arc = edge_arc[side, edge] if edge >= 0 else -1
        if arc < 0:
            continue
        time = np.uint64(part_way(arc_time[arc], share if side == 0 else 1.0 - share))
        for row in range(entry_start[arc], entry_start[arc + 1]):
            place = step[entry_step[row]] >> _HIGH
            if time <= np.uint64(limit) and time < np.uint64(record[place, 1]):
                record[place, 1] = np.uint32(time)
                came_over[place] = FROM_START
                top = push_ring(queue, top, place, time)
    count, top = run_flood(step, space, top, (np.uint64(limit), 0), none)
    clean_flood(record, queue, top)
    return count
