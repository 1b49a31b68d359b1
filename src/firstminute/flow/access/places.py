"""The tree of places as the registers say now, and what of the state a policy looks at."""

from __future__ import annotations

from firstminute.flow.state import Asked, State
from firstminute.model.access.things import Who
from firstminute.model.access.tree import Tree, who_of
from firstminute.model.envelope import Actor

TABLES = ("districts", "stations")
ASKED_MOST = 10_000
"""Of so many actors the last answer is kept; then they are asked anew."""


def tree_of(state: State) -> Tree:
    """Laid out anew where districts or stations changed."""
    books = state.registers
    version = books.version.get("districts", 0), books.version.get("stations", 0)
    if state.tree[0] != version:
        above = {key: row.parent for key, row in books.districts.items()}
        state.tree = version, Tree(above, {key: row.district for key, row in books.stations.items()})
    return state.tree[1]


def who_in(state: State, actor: Actor, at_s: float, *, reading: bool = False) -> Who:
    """An actor as a policy sees it now; a crew's place is its own district where its account names none.

    The last answer about an actor stands while nothing that it was made of has changed and nobody shares anything.
    """
    unit = state.registers.units.get(actor.unit_id or "")
    district = unit.district if unit is not None else None
    on_duty = unit is None or unit.unit_id in state.respond.units
    tree, shares = tree_of(state), state.access.shares
    asked = state.asked.get(actor.id)
    if (
        asked is not None
        and not (shares or reading)
        and asked.tree is tree
        and (asked.district, asked.on_duty) == (district, on_duty)
        and (asked.actor is actor or asked.actor == actor)
    ):
        return asked.who
    who = who_of(seated(actor, district), tree, shares.values(), at_s=at_s, on_duty=on_duty, reading=reading)
    if not (shares or reading):
        if len(state.asked) >= ASKED_MOST:
            state.asked.clear()
        state.asked[actor.id] = Asked(actor, tree, district, on_duty, who)
    return who


def seated(actor: Actor, district: str | None) -> Actor:
    """A crew that names no district answers for that of its unit."""
    if actor.role != "patrol" or actor.district is not None or district is None:
        return actor
    return Actor(id=actor.id, role=actor.role, unit_id=actor.unit_id, seat=actor.seat, district=district)
