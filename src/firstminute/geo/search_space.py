"""Working memory of searches: made once per thread and graph, cleaned by each search behind itself.

Idea: a bounded search touches a few hundred places of a large city; it must neither allocate nor clear in proportion to the city. So labels
start out as infinite, every change is on the queue's own record, and the search walks that record backwards to undo it. The queue
is Dial's: one chain a decisecond, a bit for each chain that is not empty. Source: Dial 1969 (Algorithm 360). Limits: one thread at a time;
a search that is killed half-way leaves it dirty, then make a new one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.cpython.unsafe.numbers import trailing_zeros

from firstminute.geo.network import Ints
from firstminute.geo.search_graph import SearchGraph, Steps, Words

INFINITE = np.uint32(0xFFFFFFFF)
LONGEST_DS = 1 << 23
lowest_bit: Any = trailing_zeros  # position of the lowest set bit, inside compiled code


class Workspace:
    """Arrays that searches on one graph need, for one thread.

    Attributes
    ----------
    record : (S+1, 2) start of the place's steps, label
    chain, bits, pool : the queue
    unit_ds : (U,) best time of each unit so far;  out_unit, out_ds : (U,) what was found
    """

    def __init__(self, graph: SearchGraph, *, units: int = 0, limit_ds: int = 3000) -> None:
        places, steps = graph.place_count, len(graph.rev_step)
        self.record: Words = np.empty((places + 1, 2), np.uint32)
        self.record[:, 0] = graph.rev_start
        self.record[:, 1] = INFINITE
        self._base = steps + 1024
        self.limit_ds = -1
        self.units = -1
        self.fit(units, limit_ds)

    def fit(self, units: int, limit_ds: int) -> None:
        """Make room for this many units and this limit; cheap when there is room already."""
        if limit_ds > self.limit_ds:
            self.limit_ds = max(limit_ds, 2 * self.limit_ds)
            self.chain: Words = np.zeros(self.limit_ds + 65, np.uint32)
            self.bits: Steps = np.zeros(self.limit_ds // 64 + 2, np.uint64)
        if units > self.units:
            self.units = max(units, 2 * self.units)
            self.unit_ds: Words = np.full(self.units, INFINITE, np.uint32)
            self.out_unit: Ints = np.empty(self.units, np.int32)
            self.out_ds: Ints = np.empty(self.units, np.int32)
            self.pool: Steps = np.empty(self._base + 4 * self.units, np.uint64)


@njit(cache=True, nogil=True, inline="always")
def push(queue, top, payload, time_ds):  # type: ignore[no-untyped-def]
    """Append a 32-bit payload to the chain of its time; returns the new top of the pool."""
    chain, bits, pool = queue
    top += np.uint64(1)
    pool[top] = (np.uint64(payload) << np.uint64(32)) | np.uint64(chain[time_ds])
    chain[time_ds] = np.uint32(top)
    bits[time_ds >> np.uint64(6)] |= np.uint64(1) << (time_ds & np.uint64(63))
    return top


@njit(cache=True, nogil=True, inline="always")
def wipe_queue(queue, limit_ds):  # type: ignore[no-untyped-def]
    """Empty every chain that is not."""
    chain, bits, _ = queue
    for word in range((limit_ds >> 6) + 1):
        if bits[word]:
            for time_ds in range(word << 6, (word << 6) + 64):
                chain[time_ds] = 0
            bits[word] = 0
