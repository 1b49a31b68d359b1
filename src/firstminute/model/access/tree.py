"""The tree of places (station → district → city) and what lies in the place that an actor answers for.

Idea: an actor's `district` names a node: a station, a district, or a district with others below it. Nothing named is the whole city, for those who sit at its
desk; a crew, a team or a resident without a place answers for none. Shares are windows from one district into another's incidents, open until a time.
Limits: who names a node that is not in the registers sees what is filed under that very name and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from firstminute.model.access.things import Who
from firstminute.model.envelope import Actor

PLACELESS = frozenset({"patrol", "lead", "member", "resident", "partner", "device", "fleet_contact"})
"""Roles that speak for somebody, not for a place: without one they answer for nowhere."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one district lets another see. `incident_id` None: all its incidents. `until_s`: from then on nothing, seconds since 1970."""

    share_id: str
    from_district: str
    to_district: str
    until_s: float
    incident_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """District → the one above, and station → its district."""

    above: Mapping[str, str | None] = field(default_factory=dict)
    district_of: Mapping[str, str] = field(default_factory=dict)
    _under: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def under(self, district: str) -> frozenset[str]:
        """A district and all below it."""
        found = self._under.get(district)
        if found is None:
            found = frozenset(each for each in self.above if district in self.chain(each)) | {district}
            if district in self.above:
                self._under[district] = found
        return found

    def chain(self, district: str | None) -> tuple[str, ...]:
        """A district and those above it, each once."""
        seen: list[str] = []
        while district is not None and district not in seen:
            seen.append(district)
            district = self.above.get(district)
        return tuple(seen)

    def covers_all(self, districts: frozenset[str]) -> bool:
        """True where these are all the districts there are."""
        return bool(self.above) and self.above.keys() <= districts


def place_of(tree: Tree, node: str | None, role: str) -> tuple[bool, frozenset[str], frozenset[str]]:
    """Whether a node is the whole city, and the districts and stations in it."""
    if node is None:
        return role not in PLACELESS, frozenset(), frozenset()
    if node in tree.district_of and node not in tree.above:
        return False, frozenset(), frozenset({node})
    districts = tree.under(node)
    return tree.covers_all(districts), districts, frozenset()


def who_of(
    actor: Actor,
    tree: Tree,
    shares: Iterable[Share] = (),
    *,
    at_s: float = 0.0,
    on_duty: bool = True,
    reading: bool = False,
) -> Who:
    """An actor as a policy sees it, at a time: a share that has run out is none."""
    everywhere, districts, stations = place_of(tree, actor.district, actor.role)
    mine = [s for s in shares if s.until_s > at_s and s.to_district in districts]
    return Who(
        id=actor.id,
        role=actor.role,
        unit=actor.unit_id,
        team=actor.team_id,
        on_duty=on_duty,
        everywhere=everywhere,
        reading=reading,
        districts=districts,
        stations=stations,
        shared=frozenset(s.incident_id for s in mine if s.incident_id is not None),
        shared_districts=frozenset(
            d for s in mine if s.incident_id is None for d in tree.under(s.from_district)
        ),
    )
