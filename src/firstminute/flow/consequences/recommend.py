"""What follows for the recommendation: it is made when an incident opens, made again when what is known changes, and automatic rings act on it."""

from __future__ import annotations

from firstminute.flow.scene import Scene, question, scene, search
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.incident import IncidentAmended
from firstminute.model.facts.response import Candidate, UnitsChosen
from firstminute.respond.candidates import roll_now
from firstminute.respond.catalogue import need_at
from firstminute.respond.policy import cap, fill, room
from firstminute.respond.recommend import present_units, recommend
from firstminute.respond.records import Incident

RERANKED_BY = frozenset({"type_code", "priority", "level", "place", "venue_id", "zone"})


def ranked(state: State, found: Scene, rings: dict[str, str], at_s: float) -> list[Body]:
    """The ranked list for these rings; nothing where all are off or everything is called off."""
    if found.called_off or all(mode == "off" for mode in rings.values()):
        return []
    finds = search(state, found, at_s)
    asked = question(state, found, at_s)
    return [recommend(asked, finds, state.muster, state.respond, state.registers, rings=rings)]


def recommend_units(state: State, fact: Fact, act: Act) -> list[Body]:
    """An incident opened or opened again: who should go."""
    found = scene(state, fact.body.subject)
    return ranked(state, found, found.rings, act.at_s) if found is not None else []


def recommend_again(state: State, fact: Fact, act: Act) -> list[Body]:
    """What is known changed: type, place or level re-rank; other words do not."""
    found, body = scene(state, fact.body.subject), fact.body
    if found is None or (isinstance(body, IncidentAmended) and not RERANKED_BY & set(body.changed)):
        return []
    retyped = isinstance(body, IncidentAmended) and "type_code" in body.changed
    return ranked(state, found, found.rings_of_type if retyped else found.rings, act.at_s)


def choose_automatic(state: State, fact: Fact, act: Act) -> list[Body]:
    """Rings that answer by themselves ask whom the list recommends, as many as there is room for."""
    found = scene(state, fact.body.subject)
    return chosen(state, found, act.at_s) if found is not None else []


def chosen(state: State, found: Scene, at_s: float) -> list[Body]:
    """Whom the last list and the policy would ask now, in all automatic rings."""
    incident, latest = found.incident, found.incident.recommendation
    if latest is None or found.called_off:
        return []
    picked: list[str] = []
    for ring, mode in found.rings.items():
        if mode != "automatic":
            continue
        of_ring = [c for c in latest.candidates if c.ring == ring]
        if ring == "reinforcement":
            picked += _units(state, found, of_ring)
            continue
        places = room(state.respond, incident, found.policy, ring, at_s=at_s)
        if places > 0:
            picked += _teams(state, found, of_ring, places, at_s)
    if not picked:
        return []
    duties = ((unit_id, state.respond.units.get(unit_id)) for unit_id in picked)
    diverted = tuple(unit_id for unit_id, duty in duties if duty is not None and duty.active is not None)
    return [
        UnitsChosen(
            incident_id=incident.incident_id, responder_ids=tuple(picked), by="policy", diverted=diverted
        )
    ]


def _units(state: State, found: Scene, of_ring: list[Candidate]) -> list[str]:
    """Units for what is still needed, counting who came meanwhile."""
    incident = found.incident
    free = [
        c
        for c in of_ring
        if c.responder_kind == "unit"
        and c.responder_id not in incident.asked
        and _free_now(state, c, incident)
    ]
    filled = fill(
        need_at(found.row, found.incident.level), free, present_units(state.respond, found.incident), respond=state.respond,
        units=state.registers.units, most=cap(found.policy, "reinforcement"),
    )  # fmt: skip
    return list(filled.picked)


def _free_now(state: State, candidate: Candidate, incident: Incident) -> bool:
    """Whether a unit of an older list is still on duty and free, or still bound to less where an officer calls for help."""
    duty = state.respond.units.get(candidate.responder_id)
    if duty is None or duty.status not in ("available", "resting"):
        return False
    bound = state.respond.assignments.get(duty.active or "")
    if bound is None:
        return True
    holding = state.respond.incidents.get(bound.incident_id)
    return "may_divert" in candidate.reasons and holding is not None and holding.priority > incident.priority


def _teams(state: State, found: Scene, of_ring: list[Candidate], places: int, at_s: float) -> list[str]:
    """Teams in rank order that still have somebody to ask: own people as many as fit, neighbours one person each."""
    incident, picked = found.incident, []
    for candidate in of_ring:
        roll = roll_now(state.muster, candidate.responder_id, at_s)
        if roll is None or "budget_spent" in candidate.reasons:
            continue
        left = (
            len(roll.members - incident.asked)
            if roll.members
            else int(candidate.responder_id not in incident.asked)
        )
        outside = candidate.ring == "neighbour_aid"
        if left < 1 or (outside and _over_budget(state, found, candidate.responder_id, roll.shift)):
            continue
        picked.append(candidate.responder_id)
        places -= 1 if outside else left
        if places <= 0:
            break
    return picked


def _over_budget(state: State, found: Scene, team_id: str, shift: str) -> bool:
    counted = team_id in found.incident.outside_teams
    return (
        not counted and state.respond.outside_alerts.get((team_id, shift), 0) >= found.policy.outside_budget
    )
