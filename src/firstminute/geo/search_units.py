"""Units on the map of a search: each hangs at the places it reaches first, with the part of the way it still has to drive.

Idea: a unit part-way on a street leaves it at either end; so it hangs, as an entry of a linked list, at the place each end stands for. One bit a
place tells the search, which mostly meets places without units, that there is nothing to look up. Hanging all units is one pass; moving
one is a handful of writes. Limits: `move_unit` changes the object it is given, so it belongs to the thread that owns it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from firstminute.geo.network import Floats, Ints
from firstminute.geo.search_graph import SearchGraph, Steps, Words

NO_PLACE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Hung:
    """U units as 2 U entries: 2 u + 0 along their piece, 2 u + 1 against it.

    Attributes
    ----------
    bits : (S // 64 + 1,) bit of each place that has an entry
    first : (S,) 1 + first entry of each place, 0 = none
    entry : (2U, 4) 1 + next entry, time to the place in deciseconds, place (NO_PLACE = not hung), arc
    edge, share : (U,) where each unit stands (edge -1: nowhere)
    """

    bits: Steps
    first: Words
    entry: Words
    edge: Ints
    share: Floats


def hang_units(graph: SearchGraph, edge: Ints, share: Floats) -> Hung:
    """Hang units that stand part-way on street pieces.

    Parameters
    ----------
    graph : places of the units' mode
    edge : (U,) piece, -1 = not on the network (never found)
    share : (U,) in [0, 1] from edge_from to edge_to
    """
    edge = np.array(edge, np.int32)
    share = np.array(share, np.float64)
    hung = _empty(graph, edge, share)
    _hang_all(_tables(graph), (hung.bits, hung.first, hung.entry), edge, share)
    return hung


def hang_units_at_nodes(graph: SearchGraph, nodes: Ints) -> Hung:
    """Hang units at junctions (U,), for graphs without turn rules; raises ValueError for others."""
    if graph.turned:
        raise ValueError("units at junctions need a graph without turn rules")
    count = len(nodes)
    hung = _empty(graph, np.full(count, -1, np.int32), np.zeros(count))
    _hang_nodes((hung.bits, hung.first, hung.entry), np.asarray(nodes, np.int32))
    return hung


def move_unit(graph: SearchGraph, hung: Hung, unit: int, edge: int, share: float) -> None:
    """Take one unit from where it hangs and hang it elsewhere, in place."""
    if not 0 <= unit < len(hung.edge):
        raise IndexError(f"no unit {unit}")
    _move(_tables(graph), (hung.bits, hung.first, hung.entry, hung.edge, hung.share), unit, edge, share)


def _empty(graph: SearchGraph, edge: Ints, share: Floats) -> Hung:
    places = graph.place_count
    entry = np.full((2 * len(edge), 4), NO_PLACE, np.uint32)
    return Hung(np.zeros(places // 64 + 1, np.uint64), np.zeros(places, np.uint32), entry, edge, share)


def _tables(graph: SearchGraph) -> tuple[Ints, Ints, Ints]:
    return graph.edge_arc, graph.arc_time_ds, graph.arc_place


@njit(cache=True, nogil=True)
def part_way(time_ds, share):  # type: ignore[no-untyped-def]
    """floor(time x share), the integer deciseconds of a part of an arc."""
    return np.int64(np.floor(time_ds * share))


@njit(cache=True, nogil=True)
def _put(lists, k, place, left_ds, arc):  # type: ignore[no-untyped-def]
    bits, first, entry = lists
    entry[k, 0] = first[place]
    entry[k, 1] = left_ds
    entry[k, 2] = place
    entry[k, 3] = arc
    first[place] = k + 1
    bits[place >> 6] |= np.uint64(1) << np.uint64(place & 63)


@njit(cache=True, nogil=True)
def _hang_one(tables, lists, unit, edge, share):  # type: ignore[no-untyped-def]
    edge_arc, arc_time, arc_place = tables
    if edge < 0:
        return
    for side in range(2):
        arc = edge_arc[side, edge]
        if arc >= 0:
            left = 1.0 - share if side == 0 else share
            _put(lists, 2 * unit + side, arc_place[arc], part_way(arc_time[arc], left), arc)


@njit(cache=True, nogil=True)
def _hang_all(tables, lists, edge, share):  # type: ignore[no-untyped-def]
    for unit in range(len(edge) - 1, -1, -1):
        _hang_one(tables, lists, unit, edge[unit], share[unit])


@njit(cache=True, nogil=True)
def _hang_nodes(lists, nodes):  # type: ignore[no-untyped-def]
    for unit in range(len(nodes) - 1, -1, -1):
        if nodes[unit] >= 0:
            _put(lists, 2 * unit, nodes[unit], 0, NO_PLACE)


@njit(cache=True, nogil=True)
def _take(lists, k):  # type: ignore[no-untyped-def]
    bits, first, entry = lists
    place = entry[k, 2]
    if place == NO_PLACE:
        return
    if first[place] == k + 1:
        first[place] = entry[k, 0]
        if first[place] == 0:
            bits[place >> 6] &= ~(np.uint64(1) << np.uint64(place & 63))
    else:
        before = first[place] - 1
        while entry[before, 0] != k + 1:
            before = entry[before, 0] - 1
        entry[before, 0] = entry[k, 0]
    entry[k, 2] = NO_PLACE


@njit(cache=True, nogil=True)
def _move(tables, hung, unit, edge, share):  # type: ignore[no-untyped-def]
    bits, first, entry, unit_edge, unit_share = hung
    lists = (bits, first, entry)
    _take(lists, 2 * unit)
    _take(lists, 2 * unit + 1)
    unit_edge[unit] = edge
    unit_share[unit] = share
    _hang_one(tables, lists, unit, edge, share)
