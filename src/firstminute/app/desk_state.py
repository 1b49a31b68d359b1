"""The desk's state at start-up and after a failed commit: registers, then a snapshot or the facts of what is open.

Idea (DESIGN.md §4): in-memory state is a fold of the record and is never patched. With a valid snapshot only the facts after it are folded;
without one, the facts of open subjects. Reactions never run here.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import firstminute.flow
import firstminute.model
import firstminute.respond
from firstminute.flow import registers as register_slice
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.envelope import World
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import NEEDED, TABLES
from firstminute.store import registers as register_table
from firstminute.store import snapshots
from firstminute.store.engine import read_only
from firstminute.store.errors import NotDurable
from firstminute.store.onlooker import Onlooker
from firstminute.store.snapshots import Snapshot, shape_of
from firstminute.store.store import DATABASE, Store
from firstminute.store.subjects import KEEP_CLOSED_S, facts_of_state, last_erasure

LOG = logging.getLogger("firstminute.desk")
WORLDS: tuple[World, ...] = ("live", "exercise")
SLICES = ("respond", "muster", "points", "timers", "desk", "access")


def rebuild(
    store: Store | Onlooker,
    make: Callable[[World], State],
    at_s: float,
    keep_closed_s: float = KEEP_CLOSED_S,
    *,
    with_registers: bool = True,
) -> dict[World, State]:
    """Fresh states of the worlds a service lives in. `store.begin` must have run.

    Parameters
    ----------
    make : an empty state of a world, with its ground and fleet
    at_s : now
    keep_closed_s : what closed longer ago is not needed any more
    with_registers : False where only the slices of a snapshot are wanted
    """
    gc.disable()  # hundreds of thousands of records are made and none is garbage: looking for some would double the time
    try:
        return _folded(store, make, (at_s, keep_closed_s), TABLES if with_registers else {})
    finally:
        gc.freeze()
        gc.enable()


def _folded(
    store: Store | Onlooker,
    make: Callable[[World], State],
    kept: tuple[float, float],
    tables: Mapping[str, object],
) -> dict[World, State]:
    states = {world: make(world) for world in WORLDS}
    shared = states["live"].registers
    with store.reading() as connection:
        for table in tables:
            keys = store.keys if table in NEEDED else None
            rows = [record for _, _, record in register_table.current(connection, store.desk, table, keys)]
            if rows:
                register_slice.put(shared, table, rows)
        for world, state in states.items():
            state.registers = shared
            head = store.heads[world]
            snapshot = _snapshot(store, world)
            if snapshot is not None:
                for name, value in snapshot.slices.items():
                    setattr(state, name, value)
                state.at_s = snapshot.at_s
                facts = store.journal.read(connection, world, snapshot.seq, without=(RegisterChanged.NAME,))
            else:
                facts = facts_of_state(connection, store.journal, world, *kept)
            count = 0
            for fact in facts:
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
    for state in states.values():
        if state.seq:
            _save(store, state)


def keep(store: Store, states: dict[World, State]) -> None:
    """The same where it is not worth failing for: a snapshot is a cache, and the next start can fold the record instead."""
    try:
        save(store, states)
    except (OSError, NotDurable) as problem:
        LOG.error("no snapshot was kept: %s", problem)


def save_beside(onlooker: Onlooker, keep_closed_s: float = KEEP_CLOSED_S) -> dict[World, int]:
    """Fold snapshots of every world from the record alone, beside the desk that writes it; at which fact each stands.

    What is folded from the last snapshot and the facts since is what the desk itself has in memory: it may be kept in its place.
    """
    with onlooker.reading() as connection:
        at_s = max(onlooker.journal.last_at_s(connection, world) for world in WORLDS)
    states = rebuild(onlooker, lambda world: State(world=world), at_s, keep_closed_s, with_registers=False)
    kept: dict[World, int] = {}
    for world, state in states.items():
        if state.seq:
            path = _save(onlooker, state)
            with read_only(onlooker.folder / DATABASE) as connection:
                erased = last_erasure(connection, onlooker.desk, world)
            if erased > state.seq:  # while it was being written
                path.unlink(missing_ok=True)
            else:
                kept[world] = state.seq
    return kept


def _save(store: Store | Onlooker, state: State) -> Path:
    slices = {name: getattr(state, name) for name in SLICES}
    chain = store.heads[state.world].chain
    snapshot = Snapshot(state.world, state.seq, chain, state.at_s, slices)
    return snapshots.save(store.folder, store.vault, snapshot, _shapes())


def _snapshot(store: Store | Onlooker, world: World) -> Snapshot | None:
    """The snapshot of a world, where the journal passes through the very fact that it was taken at and nobody was erased since."""
    found = snapshots.load(store.folder, store.vault, world, _shapes())
    if found is None:
        return None
    with store.reading() as connection:
        if last_erasure(connection, store.desk, world) > found.seq:
            return None
        chain = store.journal.chain_at(connection, world, found.seq)
    if chain is None:
        LOG.critical(
            "%s: a snapshot holds fact %d and the journal ends at fact %d: it was cut back, or put back from an older copy",
            world,
            found.seq,
            store.heads[world].seq,
        )
    return found if chain == found.chain else None


@cache
def _shapes() -> dict[str, bytes]:
    empty = State()
    packages = (firstminute.flow, firstminute.respond, firstminute.model)
    return {name: shape_of(getattr(empty, name), packages) for name in SLICES}
