"""A crew has become free: is it clearly nearer than one that is on its way somewhere? Then the desk may let the two swap.

Idea: only crews still on the way are compared, only where the free one is nearer as the crow flies, and only the few most urgent incidents are searched
by road. A swap costs radio words and trust, so it is offered from a whole minute on. Nobody is swapped by itself: a person says yes (`stacking.swap`).
Limits: what a crew on its way has left is searched from its last fix; one that sent none for a minute is not compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from firstminute.model.envelope import Body
from firstminute.model.facts.incident import NearerCrewFree
from firstminute.respond.candidates import Found
from firstminute.respond.fleet import Fleet
from firstminute.respond.lifecycle import COMING
from firstminute.respond.nearby import distance_m
from firstminute.respond.records import Assignment, Incident, Nearer, Respond, UnitDuty

SAVES_S = 60.0
"""A swap that saves less is not worth the words."""
FIX_WITHIN_S = 60.0
LOOKED_AT = 2
"""So many incidents are searched by road for one crew."""


def is_free(duty: UnitDuty | None) -> bool:
    """Whether a crew has nothing to do and may be asked."""
    return duty is not None and duty.active is None and not duty.stack and duty.status == "available"


def worth_searching(
    respond: Respond, fleet: Fleet, unit_id: str, *, at_s: float
) -> list[tuple[Incident, Assignment]]:
    """The most urgent incidents to which somebody is still on the way who is farther off, as the crow flies, than this crew; the farthest of each."""
    here = _place(fleet, unit_id, at_s)
    if here is None:
        return []
    found: list[tuple[int, float, Incident, Assignment]] = []
    for incident in respond.incidents.values():
        if incident.cell is None or unit_id in incident.asked or incident.stand_down_s is not None:
            continue
        near_m = distance_m(here, incident.cell)
        for bound in map(respond.assignments.get, incident.assignments):
            if bound is None or bound.responder_kind != "unit" or bound.state not in COMING:
                continue
            there = _place(fleet, bound.responder_id, at_s)
            away_m = distance_m(there, incident.cell) if there is not None else 0.0
            if away_m > near_m:
                found.append((incident.priority, near_m - away_m, incident, bound))
    found.sort(key=lambda each: each[:2])
    first = {incident.incident_id: (incident, bound) for _, _, incident, bound in reversed(found)}
    return sorted(first.values(), key=lambda each: each[0].priority)[:LOOKED_AT]


def _place(fleet: Fleet, unit_id: str, at_s: float) -> tuple[float, float] | None:
    row = fleet.row.get(unit_id)
    if row is None or at_s - float(fleet.fix_s[row]) > FIX_WITHIN_S:
        return None
    return float(fleet.lon[row]), float(fleet.lat[row])


def offer(incident: Incident, bound: Assignment, unit_id: str, units: Sequence[Found]) -> list[Body]:
    """The offer, where the road agrees. `units`: what the search found of the two."""
    way_s = {each.responder_id: each.way_s for each in units}
    if unit_id not in way_s:
        return []
    saves_s = way_s.get(bound.responder_id, float("inf")) - way_s[unit_id]
    if not SAVES_S <= saves_s < float("inf"):
        return []
    return [
        NearerCrewFree(
            incident_id=incident.incident_id, assignment_id=bound.assignment_id, responder_id=bound.responder_id, with_unit_id=unit_id,
            travel_s=round(way_s[unit_id], 1), saves_s=round(saves_s, 1),
        )
    ]  # fmt: skip


def offered_now(respond: Respond, incident: Incident) -> Nearer | None:
    """What was offered, while both are as they were: one still on the way, the other still free."""
    found = incident.nearer
    bound = respond.assignments.get(found.assignment_id) if found is not None else None
    if found is None or bound is None or bound.state not in COMING:
        return None
    last = respond.nearer.get(found.with_unit_id) == incident.incident_id
    return found if last and is_free(respond.units.get(found.with_unit_id)) else None
