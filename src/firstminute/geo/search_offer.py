"""Putting units on the queue of a search: those on the goal's own piece, and those that hang at a place just settled.

Idea: a unit's time to the goal is the label of the place it leaves its piece at plus the part of the piece before it; it goes on the same queue
as the places, so that units come off in true order. Limits: the unit's own piece towards the goal is a straight drive, never a U-turn.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from firstminute.geo.search_space import push
from firstminute.geo.search_units import part_way

UNIT = np.uint64(1 << 31)  # marks a queue payload as a unit


@njit(cache=True, nogil=True)
def seed_same_piece(tables, hung, unit_ds, queue, query):  # type: ignore[no-untyped-def]
    """Put units that stand on the goal's own piece on the queue, each driving straight to it; returns the pool's top."""
    edge_arc, arc_time, arc_place = tables
    _, first, entry, unit_share = hung
    edge, share, limit = query
    top = np.uint64(0)
    for side in range(2):
        arc = edge_arc[side, edge]
        if arc < 0:
            continue
        at = first[arc_place[arc]]
        while at:
            k = at - 1
            at = entry[k, 0]
            ahead = share - unit_share[k >> 1] if side == 0 else unit_share[k >> 1] - share
            if entry[k, 3] == arc and ahead >= 0.0:
                time = part_way(arc_time[arc], ahead)
                if time <= limit and time < unit_ds[k >> 1]:
                    unit_ds[k >> 1] = time
                    top = push(queue, top, UNIT | np.uint64(k >> 1), np.uint64(time))
    return top


@njit(cache=True, nogil=True)
def offer_units(lists, queue, place, span, top):  # type: ignore[no-untyped-def]
    """Put the units that hang at a place on the queue, where that is sooner than what they have; returns the pool's top."""
    first, entry, unit_ds = lists
    now, limit = span
    at = first[place]
    while at:
        k = at - 1
        at = entry[k, 0]
        time = now + np.uint64(entry[k, 1])
        if time <= limit and time < np.uint64(unit_ds[k >> 1]):
            unit_ds[k >> 1] = np.uint32(time)
            top = push(queue, top, UNIT | np.uint64(k >> 1), time)
    return top
