"""What follows for the recommendation: it is made when an incident opens, made again when what is known changes, and automatic rings act on it."""

from __future__ import annotations

from firstminute.flow.scene import Scene, question, scene, search
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentAmended, IncidentOpened
from firstminute.model.facts.response import Candidate, KeepAwaySent, UnitsChosen
from firstminute.respond.candidates import Finds, roll_now
from firstminute.respond.catalogue import need_at
from firstminute.respond.policy import cap, fill, room
from firstminute.respond.recommend import present_units, recommend
from firstminute.respond.safety import may_be_informed, warns_others

RERANKED_BY = frozenset({"type_code", "priority", "level", "place", "venue_id", "zone"})
WARNED_MOST, WARNED_WITHIN_S = 8, 120.0
WARNING_S = 600.0


def ranked(state: State, found: Scene, rings: dict[str, str], at_s: float) -> list[Body]:
    """The ranked list for these rings; nothing where all are off or everything is called off."""
    if found.called_off or all(mode == "off" for mode in rings.values()):
        return []
    finds = search(state, found, at_s)
    return [
        recommend(question(found, at_s), finds, state.muster, state.respond, state.registers, rings=rings)
    ]


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
    return (
        [UnitsChosen(incident_id=incident.incident_id, responder_ids=tuple(picked), by="policy")]
        if picked
        else []
    )


def _units(state: State, found: Scene, of_ring: list[Candidate]) -> list[str]:
    """Units for what is still needed, counting who came meanwhile."""
    free = [
        c
        for c in of_ring
        if c.responder_kind == "unit"
        and c.responder_id not in found.incident.asked
        and _free_now(state, c.responder_id)
    ]
    filled = fill(
        need_at(found.row, found.incident.level), free, present_units(state.respond, found.incident), respond=state.respond,
        units=state.registers.units, most=cap(found.policy, "reinforcement"),
    )  # fmt: skip
    return list(filled.picked)


def _free_now(state: State, unit_id: str) -> bool:
    """Whether a unit of an older list is still on duty and free."""
    duty = state.respond.units.get(unit_id)
    return duty is not None and duty.active is None and duty.status in ("available", "resting")


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


def warn_others(state: State, fact: Fact, act: Act) -> list[Body]:
    """People around a violent incident are told to keep away: a notice at once, to the nearest teams on duty, none of it in a silent incident."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, (IncidentOpened, IncidentAmended)):
        return []
    if isinstance(body, IncidentAmended) and not {"type_code", "place", "venue_id"} & set(body.changed):
        return []
    if found.called_off or not warns_others(
        found.gate, silent=found.incident.silent, gentle=found.row.gentle
    ):
        return []
    told = _warned(state, found, search(state, found, act.at_s), act.at_s)
    if not told:
        return []
    notices: list[Body] = [
        MessageQueued(
            message_id=next(act.ids), channel="page", recipient=team_id, reason="keep_away", reason_id=found.incident.incident_id,
            expires_s=act.at_s + WARNING_S,
        )
        for team_id in told
    ]  # fmt: skip
    advice = found.row.advice or ("stay_away",)
    return [
        KeepAwaySent(incident_id=found.incident.incident_id, team_ids=tuple(told), advice=advice),
        *notices,
    ]


def _warned(state: State, found: Scene, finds: Finds, at_s: float) -> list[str]:
    if not found.gate.shut:
        return []  # neighbours of a fire are asked to help, not told to stay away
    own = found.team.team_id if found.team is not None else None
    told = []
    if found.team is not None:
        kit = state.muster.kit.get(found.team.team_id, (None, None))[0]
        if not may_be_informed(None, found.team, kit):
            told.append(found.team.team_id)
    for near in finds.teams:
        if len(told) >= WARNED_MOST or near.way_s > WARNED_WITHIN_S:
            break
        if near.responder_id != own and roll_now(state.muster, near.responder_id, at_s) is not None:
            told.append(near.responder_id)
    return [team_id for team_id in told if team_id not in found.incident.kept_away]
