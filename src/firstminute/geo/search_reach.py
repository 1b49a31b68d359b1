"""Who can be at this place first: a bounded search backwards from the place over the units of one mode.

Idea: Dial's buckets on the reversed steps, in integer deciseconds; units hang on places and come off the queue in the order in which they
would arrive, so the search stops at the k-th. Source: Dial 1969; speed.md §2. Limits: equal times are ordered by unit number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from firstminute.geo.network import Ints
from firstminute.geo.search_graph import SearchGraph
from firstminute.geo.search_offer import UNIT, offer_units, seed_same_piece
from firstminute.geo.search_space import INFINITE, LONGEST_DS, Workspace, lowest_bit, push, wipe_queue
from firstminute.geo.search_units import Hung, part_way

_ONE, _LOW, _HIGH = np.uint64(1), np.uint64(0xFFFFFFFF), np.uint64(32)
_TIME = np.uint64((1 << 31) - 1)


class Reached(NamedTuple):
    """Units by time, then number: unit (n,), travel_ds (n,) deciseconds."""

    unit: Ints
    travel_ds: Ints


def who_can_reach(
    graph: SearchGraph,
    hung: Hung,
    space: Workspace,
    place: tuple[int, float],
    *,
    limit_ds: int,
    first: int = 0,
) -> Reached:
    """Units that reach a place part-way on a street piece within a limit.

    Parameters
    ----------
    graph : the mode's places
    hung : the units, hung on this graph
    space : working memory made for this graph
    place : (piece, share in [0, 1] from edge_from); piece -1 is reached by nobody
    limit_ds : inclusive, deciseconds
    first : stop when this many are found (the lowest numbers among equals), 0 = all
    """
    return _call(graph, hung, space, (place[0], place[1], -1), (limit_ds, first))


def who_can_reach_node(
    graph: SearchGraph, hung: Hung, space: Workspace, node: int, *, limit_ds: int, first: int = 0
) -> Reached:
    """The same for a junction, on a graph without turn rules; raises ValueError for others."""
    if graph.turned:
        raise ValueError("a junction as a goal needs a graph without turn rules")
    return _call(graph, hung, space, (-1, 0.0, node), (limit_ds, first))


def _call(
    graph: SearchGraph, hung: Hung, space: Workspace, goal: tuple[int, float, int], bound: tuple[int, int]
) -> Reached:
    limit_ds = min(bound[0], LONGEST_DS)
    units = len(hung.edge)
    if limit_ds < 0 or units == 0:
        return Reached(np.empty(0, np.int32), np.empty(0, np.int32))
    if limit_ds > space.limit_ds or units > space.units:
        space.fit(units, limit_ds)
    query = (goal[0], goal[1], goal[2], limit_ds, bound[1])
    count = _nearest(
        (
            graph.rev_step,
            graph.entry_start,
            graph.entry_step,
            graph.edge_arc,
            graph.arc_time_ds,
            graph.arc_place,
        ),
        (hung.bits, hung.first, hung.entry, hung.share),
        (space.record, space.unit_ds, space.chain, space.bits, space.pool),
        query,
        (space.out_unit, space.out_ds),
    )
    return Reached(space.out_unit[:count].copy(), space.out_ds[:count].copy())


@njit(cache=True, nogil=True)
def _seed(tables, hung, space, query):  # type: ignore[no-untyped-def]
    step, entry_start, entry_step, edge_arc, arc_time, arc_place = tables
    record, unit_ds, chain, bits, pool = space
    edge, share, node, limit, _ = query
    queue = (chain, bits, pool)
    top = np.uint64(0)
    if node >= 0:
        record[node, 1] = 0
        return push(queue, top, node, np.uint64(0))
    if edge < 0:
        return top
    top = seed_same_piece((edge_arc, arc_time, arc_place), hung, unit_ds, queue, (edge, share, limit))
    for side in range(2):
        arc = edge_arc[side, edge]
        if arc < 0:
            continue
        time = part_way(arc_time[arc], share if side == 0 else 1.0 - share)
        for row in range(entry_start[arc], entry_start[arc + 1]):
            place = step[entry_step[row]] >> _HIGH
            if time <= limit and time < record[place, 1]:
                record[place, 1] = time
                top = push(queue, top, place, np.uint64(time))
    return top


@njit(cache=True, nogil=True)
def _nearest(tables, hung, space, query, out):  # type: ignore[no-untyped-def]
    step = tables[0]
    has_unit, first, entry, _ = hung
    record, unit_ds, chain, bits, pool = space
    limit, wanted = np.uint64(query[3]), query[4]
    out_unit, out_ds = out
    queue = (chain, bits, pool)
    top = _seed(tables, hung, space, query)
    found = 0
    word = np.uint64(0)
    while word <= limit >> np.uint64(6):
        if bits[word] == 0:
            word += _ONE
            continue
        now = (word << np.uint64(6)) + np.uint64(lowest_bit(bits[word]))
        group = found
        while chain[now]:
            taken = pool[chain[now]]
            chain[now] = np.uint32(taken)
            place = taken >> _HIGH
            if place & UNIT:
                unit = place ^ UNIT
                if unit_ds[unit] == now:
                    unit_ds[unit] = 0
                    out_unit[found] = unit
                    out_ds[found] = now
                    found += 1
                continue
            if record[place, 1] != now:
                continue
            if (has_unit[place >> np.uint64(6)] >> (place & np.uint64(63))) & _ONE:
                top = offer_units((first, entry, unit_ds), queue, place, (now, limit), top)
            at, last = np.uint64(record[place, 0]), np.uint64(record[place + _ONE, 0])
            while at < last:
                packed = step[at]
                at += _ONE
                source = packed >> _HIGH
                time = now + (packed & _TIME)
                if time < np.uint64(record[source, 1]) and time <= limit:
                    record[source, 1] = np.uint32(time)
                    top = push(queue, top, source, time)
        bits[word] &= ~(_ONE << (now & np.uint64(63)))
        if found > group + 1:
            out_unit[group:found].sort()
        if wanted > 0 and found >= wanted:
            found = wanted
            break
    for row in range(1, top + _ONE):
        place = pool[row] >> _HIGH
        if place & UNIT:
            unit_ds[place ^ UNIT] = INFINITE
        else:
            record[place, 1] = INFINITE
    wipe_queue(queue, query[3])
    return found
