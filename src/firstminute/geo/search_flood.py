"""Everything that one place reaches: the forward search behind isochrones, routes and matrix rows.

Idea: Dial's buckets in a ring just longer than the longest arc, so that a search may run on for hours without a chain per decisecond of them; each
settled place is written down with its time and the step it was reached over. Goals, if given, end the search as soon as nothing
sooner can come. Source: Dial 1969; Ahuja et al. 1993 for the ring. Limits: one start at a time; labels are cleaned behind each search.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from firstminute.geo.network import Ints
from firstminute.geo.search_graph import SearchGraph, Steps, Words
from firstminute.geo.search_space import INFINITE, LONGEST_DS, lowest_bit
from firstminute.geo.search_units import part_way

_ONE, _SIX, _HIGH, _LAST = np.uint64(1), np.uint64(6), np.uint64(32), np.uint64(63)
_TIME = np.uint64((1 << 32) - 1)
FROM_START = -1


class FloodSpace:
    """Working memory of forward searches on one graph, for one thread.

    Attributes
    ----------
    record : (S+1, 2) start of the place's steps, label
    came_over : (S,) row in fwd_step that a place was reached over, FROM_START at the first
    chain, bits, pool : the queue, a ring of a power of two longer than any arc
    seen, seen_ds : (S,) places in the order of their time, and that time
    """

    def __init__(self, graph: SearchGraph) -> None:
        places = graph.place_count
        self.record: Words = np.empty((places + 1, 2), np.uint32)
        self.record[:, 0] = graph.fwd_start
        self.record[:, 1] = INFINITE
        self.came_over: Ints = np.empty(places, np.int32)
        longest = int(graph.arc_time_ds.max(initial=0))
        ring = 1 << max(6, int(longest + 1).bit_length())
        self.chain: Words = np.zeros(ring, np.uint32)
        self.bits: Steps = np.zeros(ring // 64, np.uint64)
        self.pool: Steps = np.empty(len(graph.fwd_step) + 64, np.uint64)
        self.seen: Ints = np.empty(places, np.int32)
        self.seen_ds: Ints = np.empty(places, np.int32)


def flood(
    graph: SearchGraph,
    space: FloodSpace,
    place: tuple[int, float],
    limit_ds: int,
    goals: tuple[Ints, Ints] | None = None,
) -> int:
    """Search forward from a place part-way on a piece; returns how many of space.seen are filled.

    Parameters
    ----------
    place : (piece, share); piece -1 reaches nothing
    limit_ds : inclusive
    goals : (places, deciseconds still to drive from each): stop when the best of them is certain; None = search to the limit
    """
    places, more = goals if goals is not None else (np.empty(0, np.int32), np.empty(0, np.int32))
    return int(
        _flood_once(
            (graph.fwd_step, graph.edge_arc, graph.arc_time_ds, graph.arc_place),
            (space.record, space.came_over, (space.chain, space.bits, space.pool), space.seen, space.seen_ds),
            (place[0], place[1], min(limit_ds, LONGEST_DS)),
            (places, more),
        )
    )


@njit(cache=True, nogil=True)
def seed_forward(tables, space, start):  # type: ignore[no-untyped-def]
    """Put both ways off a piece on the queue; returns the pool's top, which counts what is on the queue."""
    edge_arc, arc_time, arc_place = tables
    record, came_over, queue = space
    edge, share, limit = start
    top = np.uint64(0)
    if edge < 0:
        return top
    for side in range(2):
        arc = edge_arc[side, edge]
        if arc < 0:
            continue
        time = np.uint64(part_way(arc_time[arc], 1.0 - share if side == 0 else share))
        place = arc_place[arc]
        if time <= limit and time < np.uint64(record[place, 1]):
            record[place, 1] = np.uint32(time)
            came_over[place] = FROM_START
            top = push_ring(queue, top, np.uint64(place), time)
    return top


@njit(cache=True, nogil=True, inline="always")
def push_ring(queue, top, place, time):  # type: ignore[no-untyped-def]
    """Append a place to the chain of its time in the ring; returns the new top of the pool."""
    chain, bits, pool = queue
    slot = time & np.uint64(len(chain) - 1)
    top += np.uint64(1)
    pool[top] = (place << np.uint64(32)) | np.uint64(chain[slot])
    chain[slot] = np.uint32(top)
    bits[slot >> np.uint64(6)] |= np.uint64(1) << (slot & np.uint64(63))
    return top


@njit(cache=True, nogil=True)
def run_flood(step, space, top, bound, goals):  # type: ignore[no-untyped-def]
    """Settle places until the queue is empty or no goal can be reached sooner; returns (places seen, pool's top)."""
    record, came_over, queue, seen, seen_ds = space
    chain, bits, pool = queue
    limit, goal_count = bound
    goal_place, goal_more = goals
    ring = np.uint64(len(chain) - 1)
    waiting, count, best = top, 0, np.uint64(LONGEST_DS) * np.uint64(4)
    now = np.uint64(0)
    while waiting > 0 and now < best:
        slot = now & ring
        word = bits[slot >> _SIX] >> (slot & _LAST)
        if word == 0:
            now = ((now >> _SIX) + _ONE) << _SIX
            continue
        now += np.uint64(lowest_bit(word))
        slot = now & ring
        if now >= best:
            break
        while chain[slot]:
            taken = pool[chain[slot]]
            chain[slot] = np.uint32(taken)
            waiting -= _ONE
            place = taken >> _HIGH
            if record[place, 1] != now:
                continue
            seen[count] = place
            seen_ds[count] = now
            count += 1
            for goal in range(goal_count):
                if goal_place[goal] == place:
                    best = min(best, now + np.uint64(goal_more[goal]))
            at, last = np.uint64(record[place, 0]), np.uint64(record[place + _ONE, 0])
            while at < last:
                packed = step[at]
                target = packed >> _HIGH
                time = now + (packed & _TIME)
                if time < np.uint64(record[target, 1]) and time <= limit:
                    record[target, 1] = np.uint32(time)
                    came_over[target] = at
                    top = push_ring(queue, top, target, time)
                    waiting += _ONE
                at += _ONE
        bits[slot >> _SIX] &= ~(_ONE << (slot & _LAST))
    return count, top


@njit(cache=True, nogil=True)
def clean_flood(record, queue, top):  # type: ignore[no-untyped-def]
    """Forget every label and empty the queue."""
    chain, bits, pool = queue
    for row in range(1, top + _ONE):
        place = pool[row] >> _HIGH
        time = record[place, 1]
        if time != INFINITE:
            record[place, 1] = INFINITE
    for word in range(len(bits)):
        if bits[word]:
            chain[word << 6 : (word << 6) + 64] = 0
            bits[word] = 0


@njit(cache=True, nogil=True)
def _flood_once(tables, space, start, goals):  # type: ignore[no-untyped-def]
    step, edge_arc, arc_time, arc_place = tables
    record, came_over, queue, _, _ = space
    top = seed_forward((edge_arc, arc_time, arc_place), (record, came_over, queue), start)
    count, top = run_flood(step, space, top, (np.uint64(start[2]), len(goals[0])), goals)
    clean_flood(record, queue, top)
    return count
