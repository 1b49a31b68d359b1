"""Live coverage: how soon some unit is at every junction, which one, and what share of the demand lies within each ring.

Idea: one search from all units at once, in buckets. A label is `time << 32 | unit`, so the lower unit number wins among equals and the answer does
not depend on the order of work. When one unit moves, only the places it was first at are made blank, filled again from their neighbours
(and from units that stand there), and the new start spreads as far as it is better. Source: dynamic shortest paths, Ramalingam & Reps 1996.
Limits: the object belongs to one thread; times beyond the largest ring are not known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstminute.geo.network import Ints, Longs, Network
from firstminute.geo.search_graph import SearchGraph, Steps, Words
from firstminute.geo.search_space import lowest_bit, push
from firstminute.geo.search_units import NO_PLACE, Hung, hang_units, move_unit

NOBODY = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE, _HIGH, _LOW = np.uint64(1), np.uint64(32), np.uint64(0xFFFFFFFF)


class Coverage:
    """Coverage by the units of one mode, kept up to date as they move.

    Attributes
    ----------
    hung : the units;  label : (S,) time << 32 | unit of each place, NOBODY beyond the largest ring
    node_ds : (N,) deciseconds of the first unit at each junction, 0xFFFFFFFF = none
    limits_ds : (R,) rings, ascending;  covered : (R,) demand within each;  demand : (N,) whole numbers, e.g. residents or metres
    """

    def __init__(
        self,
        graph: SearchGraph,
        units: tuple[Ints, NDArray[np.float64]] | Hung,
        demand: Longs,
        *,
        limits_ds: Sequence[int],
    ) -> None:
        self.graph = graph
        self.hung = units if isinstance(units, Hung) else hang_units(graph, *units)
        self.demand: Longs = np.ascontiguousarray(demand, np.int64)
        self.limits_ds: Longs = np.array(sorted(limits_ds), np.int64)
        places, nodes, steps = graph.place_count, len(graph.node_place) - 1, len(graph.fwd_step)
        self.label: Steps = np.empty(places, np.uint64)
        self.node_ds: Words = np.empty(nodes, np.uint32)
        self.covered: Longs = np.zeros(len(self.limits_ds), np.int64)
        self.place_node: Ints = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(graph.node_place))
        last = int(self.limits_ds[-1])
        self._queue = (
            np.zeros(last + 65, np.uint32),
            np.zeros(last // 64 + 2, np.uint64),
            np.empty(2 * steps + 4 * len(self.hung.edge) + places + 1024, np.uint64),
        )
        self._blank: Ints = np.empty(places, np.int32)
        self.total = int(self.demand.sum())
        self.refresh()

    def refresh(self) -> None:
        """Compute everything anew."""
        self.label[:] = NOBODY
        _cover_all(self._tables(), self._lists(), self.label, self._queue, int(self.limits_ds[-1]))
        _count((self.graph.node_place, self.label), self.node_ds, (self.demand, self.limits_ds, self.covered))

    def place(self, edge: Ints, share: NDArray[np.float64]) -> None:
        """All units stand elsewhere; as many as before, (U,) piece and share. Raises ValueError for another number."""
        if len(edge) != len(self.hung.edge):
            raise ValueError("another number of units needs another Coverage")
        self.hung = hang_units(self.graph, edge, share)
        self.refresh()

    def move(self, unit: int, edge: int, share: float) -> None:
        """One unit now stands elsewhere (edge -1: it is gone); raises IndexError for an unknown unit."""
        last = int(self.limits_ds[-1])
        blanks = _blank(self._tables(), self._lists(), (self.label, self._blank), unit)
        move_unit(self.graph, self.hung, unit, edge, share)
        top = _refill(
            self._tables(), self._lists(), (self.label, self._blank, blanks), self._queue, (unit, last)
        )
        _recount(
            (self.graph.node_place, self.place_node, self.label),
            (self._blank, blanks, self._queue[2], top),
            self.node_ds,
            (self.demand, self.limits_ds, self.covered),
        )

    @property
    def shares(self) -> NDArray[np.float64]:
        """(R,) share of the demand within each ring, 0 where there is no demand."""
        found: NDArray[np.float64] = self.covered / max(self.total, 1)
        return found

    def first_units(self) -> Ints:
        """(N,) unit that is first at each junction, -1 = none within the largest ring."""
        if not self.graph.turned:
            best = self.label
        else:
            used = np.diff(self.graph.node_place) > 0
            best = np.full(len(self.node_ds), NOBODY, np.uint64)
            best[used] = np.minimum.reduceat(self.label, self.graph.node_place[:-1][used])
        return np.where(best == NOBODY, -1, (best & _LOW).astype(np.int64)).astype(np.int32)

    def _tables(self) -> tuple[Words, Steps, Words, Steps]:
        return self.graph.fwd_start, self.graph.fwd_step, self.graph.rev_start, self.graph.rev_step

    def _lists(self) -> tuple[Words, Words]:
        return self.hung.first, self.hung.entry


def street_demand(network: Network, mode: str) -> Longs:
    """(N,) metres of street that a mode may use, each piece half at either end: demand where nothing better is known."""
    graph = network.modes[mode]
    used = (graph.edge_arc_forward >= 0) | (graph.edge_arc_backward >= 0)
    half = np.floor(network.edge_length_m[used] / 2).astype(np.int64)
    demand = np.zeros(len(network.node_lon), np.int64)
    for ends in (network.edge_from, network.edge_to):
        np.add.at(demand, ends[used], half)
    return demand


@njit(cache=True, nogil=True)
def _spread(tables, label, queue, top, limit):  # type: ignore[no-untyped-def]
    """Settle what is on the queue; returns the pool's top."""
    start, step = tables
    chain, bits, pool = queue
    word = np.uint64(0)
    end = np.uint64(limit)
    while word <= end >> np.uint64(6):
        if bits[word] == 0:
            word += _ONE
            continue
        now = (word << np.uint64(6)) + np.uint64(lowest_bit(bits[word]))
        while chain[now]:
            taken = pool[chain[now]]
            chain[now] = np.uint32(taken)
            place = taken >> _HIGH
            held = label[place]
            if held >> _HIGH != now:
                continue
            for at in range(np.uint64(start[place]), np.uint64(start[place + _ONE])):
                packed = step[at]
                target = packed >> _HIGH
                offer = held + (packed << _HIGH)
                if offer < label[target] and offer >> _HIGH <= end:
                    label[target] = offer
                    top = push(queue, top, target, offer >> _HIGH)
        bits[word] &= ~(_ONE << (now & np.uint64(63)))
    return top


@njit(cache=True, nogil=True)
def _start_unit(entry, label, queue, span, top):  # type: ignore[no-untyped-def]
    unit, limit = span
    for k in range(2 * unit, 2 * unit + 2):
        place, time = entry[k, 2], np.uint64(entry[k, 1])
        if place == NO_PLACE:
            continue
        offer = time << _HIGH | np.uint64(unit)
        if time <= np.uint64(limit) and offer < label[place]:
            label[place] = offer
            top = push(queue, top, place, time)
    return top


@njit(cache=True, nogil=True)
def _cover_all(tables, lists, label, queue, limit):  # type: ignore[no-untyped-def]
    entry = lists[1]
    top = np.uint64(0)
    for unit in range(len(entry) // 2):
        top = _start_unit(entry, label, queue, (unit, limit), top)
    return _spread((tables[0], tables[1]), label, queue, top, limit)


@njit(cache=True, nogil=True)
def _blank(tables, lists, labels, unit):  # type: ignore[no-untyped-def]
    """Blank the places where a unit is first; they hang together, from where it starts. Returns how many."""
    start, step = tables[0], tables[1]
    entry = lists[1]
    label, blank = labels
    count, done = 0, 0
    for k in range(2 * unit, 2 * unit + 2):
        place = entry[k, 2]
        if place != NO_PLACE and label[place] != NOBODY and label[place] & _LOW == np.uint64(unit):
            label[place] = NOBODY
            blank[count] = place
            count += 1
    while done < count:
        place = np.uint64(blank[done])
        done += 1
        for at in range(np.uint64(start[place]), np.uint64(start[place + _ONE])):
            target = step[at] >> _HIGH
            if label[target] != NOBODY and label[target] & _LOW == np.uint64(unit):
                label[target] = NOBODY
                blank[count] = target
                count += 1
    return count


@njit(cache=True, nogil=True)
def _refill(tables, lists, labels, queue, span):  # type: ignore[no-untyped-def]
    """Best offers for blank places from their neighbours and from units that stand there, then the moved unit's own start."""
    rev_start, rev_step = tables[2], tables[3]
    first, entry = lists
    label, blank, count = labels
    unit, limit = span
    end = np.uint64(limit)
    top = np.uint64(0)
    for row in range(count):
        place = np.uint64(blank[row])
        best = label[place]
        for at in range(np.uint64(rev_start[place]), np.uint64(rev_start[place + _ONE])):
            held = label[rev_step[at] >> _HIGH]
            if held != NOBODY:
                best = min(best, held + (rev_step[at] << _HIGH))
        k = first[place]
        while k:
            best = min(best, np.uint64(entry[k - 1, 1]) << _HIGH | np.uint64((k - 1) >> 1))
            k = entry[k - 1, 0]
        if best < label[place] and best >> _HIGH <= end:
            label[place] = best
            top = push(queue, top, place, best >> _HIGH)
    top = _start_unit(entry, label, queue, (unit, limit), top)
    return _spread((tables[0], tables[1]), label, queue, top, limit)


@njit(cache=True, nogil=True)
def _node_time(node_place, label, node):  # type: ignore[no-untyped-def]
    best = NOBODY
    for place in range(node_place[node], node_place[node + 1]):
        best = min(best, label[place])
    return best >> _HIGH


@njit(cache=True, nogil=True)
def _count(tables, node_ds, sums):  # type: ignore[no-untyped-def]
    node_place, label = tables
    demand, limits, covered = sums
    covered[:] = 0
    for node in range(len(node_ds)):
        time = _node_time(node_place, label, node)
        node_ds[node] = time
        for ring in range(len(limits)):
            if np.int64(time) <= limits[ring]:
                covered[ring] += demand[node]


@njit(cache=True, nogil=True)
def _recount_one(tables, node_ds, sums, place):  # type: ignore[no-untyped-def]
    node_place, place_node, label = tables
    demand, limits, covered = sums
    node = place_node[place]
    before, after = np.int64(node_ds[node]), np.int64(_node_time(node_place, label, node))
    if before == after:
        return
    node_ds[node] = after
    for ring in range(len(limits)):
        covered[ring] += demand[node] * (np.int64(after <= limits[ring]) - np.int64(before <= limits[ring]))


@njit(cache=True, nogil=True)
def _recount(tables, changed, node_ds, sums):  # type: ignore[no-untyped-def]
    blank, blanks, pool, top = changed
    for row in range(blanks):
        _recount_one(tables, node_ds, sums, blank[row])
    for row in range(1, top + 1):
        _recount_one(tables, node_ds, sums, pool[row] >> _HIGH)
