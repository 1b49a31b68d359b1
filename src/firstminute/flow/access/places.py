"""The tree of places as the registers say now, and what of the state a policy looks at."""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.access.things import Who
from firstminute.model.access.tree import Tree, who_of
from firstminute.model.envelope import Actor

TABLES = ("districts", "stations")


def tree_of(state: State) -> Tree:
    """Laid out anew where districts or stations changed."""
    books = state.registers
    version = tuple(books.version.get(table, 0) for table in TABLES)
    if state.tree[0] != version:
        above = {key: row.parent for key, row in books.districts.items()}
        state.tree = version, Tree(above, {key: row.district for key, row in books.stations.items()})
    return state.tree[1]


def who_in(state: State, actor: Actor, at_s: float, *, reading: bool = False) -> Who:
    """An actor as a policy sees it now; a crew's place is its own district where its account names none."""
    unit = state.registers.units.get(actor.unit_id or "")
    return who_of(
        seated(actor, unit.district if unit is not None else None),
        tree_of(state),
        state.access.shares.values(),
        at_s=at_s,
        on_duty=unit is None or unit.unit_id in state.respond.units,
        reading=reading,
    )


def seated(actor: Actor, district: str | None) -> Actor:
    """A crew that names no district answers for that of its unit."""
    if actor.role != "patrol" or actor.district is not None or district is None:
        return actor
    return Actor(id=actor.id, role=actor.role, unit_id=actor.unit_id, seat=actor.seat, district=district)
