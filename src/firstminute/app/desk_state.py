"""The desk's state at start-up and after a failed commit: registers, then a snapshot or the facts of what is open.

Idea (DESIGN.md §4): in-memory state is a fold of the record and is never patched. With a valid snapshot only the facts after it are folded;
without one, the facts of open subjects. Reactions never run here.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from functools import cache

import firstminute.flow
import firstminute.model
import firstminute.respond
from firstminute.flow import registers as register_slice
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.envelope import World
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import TABLES
from firstminute.store import registers as register_table
from firstminute.store import snapshots
from firstminute.store.snapshots import Snapshot, shape_of
from firstminute.store.store import Store
from firstminute.store.subjects import KEEP_CLOSED_S, facts_of_state, last_erasure

LOG = logging.getLogger("firstminute.desk")
WORLDS: tuple[World, ...] = ("live", "exercise")
SLICES = ("respond", "muster", "timers", "desk")


def rebuild(
    store: Store, make: Callable[[World], State], at_s: float, keep_closed_s: float = KEEP_CLOSED_S
) -> dict[World, State]:
    """Fresh states of the worlds a service lives in. `store.begin` must have run.

    Parameters
    ----------
    make : an empty state of a world, with its ground and fleet
    at_s : now
    keep_closed_s : what closed longer ago is not needed any more
    """
    gc.disable()  # hundreds of thousands of records are made and none is garbage: looking for some would double the time
    try:
        return _folded(store, make, at_s, keep_closed_s)
    finally:
        gc.freeze()
        gc.enable()


def _folded(
    store: Store, make: Callable[[World], State], at_s: float, keep_closed_s: float
) -> dict[World, State]:
    states = {world: make(world) for world in WORLDS}
    shared = states["live"].registers
    with store.reading() as connection:
        for table in TABLES:
            rows = [record for _, _, record in register_table.current(connection, store.desk, table)]
            if rows:
                register_slice.put(shared, table, rows)
        for world, state in states.items():
            state.registers = shared
            head = store.heads[world]
            snapshot = snapshots.load(store.folder, store.vault, world, _shapes())
            if snapshot is not None and _belongs(store, snapshot):
                for name, value in snapshot.slices.items():
                    setattr(state, name, value)
                state.at_s = snapshot.at_s
                facts = store.journal.read(connection, world, snapshot.seq)
            else:
                facts = facts_of_state(connection, store.journal, world, at_s, keep_closed_s)
            count = 0
            for fact in facts:
                if not isinstance(fact.body, RegisterChanged):
                    fold(state, fact)
                    count += 1
            state.seq = head.seq
            state.at_s = max(state.at_s, store.journal.last_at_s(connection, world))
            LOG.info(
                "%s: %d facts folded%s, at fact %d",
                world,
                count,
                " after a snapshot" if snapshot else "",
                head.seq,
            )
    return states


def save(store: Store, states: dict[World, State]) -> None:
    """Keep a snapshot of every world that has anything in it. Raises HeadLost where the folder is no longer this store's."""
    store.database.assert_in_place()
    for world, state in states.items():
        if state.seq:
            slices = {name: getattr(state, name) for name in SLICES}
            snapshots.save(
                store.folder,
                store.vault,
                Snapshot(world, state.seq, store.heads[world].chain, state.at_s, slices),
                _shapes(),
            )


def _belongs(store: Store, snapshot: Snapshot) -> bool:
    """True where the journal passes through the very fact that the snapshot was taken at, and nobody was erased since."""
    with store.reading() as connection:
        if last_erasure(connection, store.desk, snapshot.world) > snapshot.seq:
            return False
        return store.journal.chain_at(connection, snapshot.world, snapshot.seq) == snapshot.chain


@cache
def _shapes() -> dict[str, bytes]:
    empty = State()
    packages = (firstminute.flow, firstminute.respond, firstminute.model)
    return {name: shape_of(getattr(empty, name), packages) for name in SLICES}
