"""What follows from a crew that became free: where it is clearly nearer than one on its way, the desk is offered the swap."""

from __future__ import annotations

from firstminute.flow.scene import refresh, scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.respond import nearer
from firstminute.respond.finding import Wanted, find


def offer_swap(state: State, fact: Fact, act: Act) -> list[Body]:
    """One offer at most for a crew; where somebody waits for police at all, that comes first."""
    unit_id = getattr(fact.body, "responder_id", None) or getattr(fact.body, "unit_id", None) or ""
    if state.ground is None or state.respond.short or not nearer.is_free(state.respond.units.get(unit_id)):
        return []
    for incident, bound in nearer.worth_searching(state.respond, state.fleet, unit_id, at_s=act.at_s):
        found = scene(state, incident.incident_id)
        if found is None or found.called_off:
            continue
        refresh(state)
        pair = frozenset((unit_id, bound.responder_id))
        wanted = Wanted(
            usable=pair.__contains__, total=2, lawful=not found.plan.lights_break_rules, kinds={}, units=state.registers.units
        )  # fmt: skip
        units = find(state.reach, incident, found.venue, at_s=act.at_s, wanted=wanted).units
        offered = nearer.offer(
            incident, bound, unit_id, [each for each in units if each.responder_id in pair]
        )
        if offered:
            return offered
    return []
