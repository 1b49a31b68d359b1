"""Commands about who goes: recommend again, dispatch by hand, open a proposed ring."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.consequences.alerting import asked_now
from firstminute.flow.consequences.recommend import ranked
from firstminute.flow.scene import Scene, scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.response import GateOpened, RecommendationOverridden, UnitsChosen
from firstminute.model.records import RINGS
from firstminute.respond import clocks, lifecycle, reasons
from firstminute.respond.candidates import roll_now
from firstminute.respond.safety import may_ask_neighbour

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommend:
    """The incident to rank for again."""

    incident_id: str


def recommend(state: State, a: Recommend, act: Act) -> list[Body]:
    """Make the list again, now."""
    found = open_scene(state, a.incident_id)
    facts = ranked(state, found, found.rings, act.at_s)
    if not facts:
        raise Refused("no_ring_open", incident=a.incident_id)
    return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Whom a person sends. Other than recommended needs a reason; `divert` takes a unit from a lower priority; `open_gate` asks a neighbour in danger."""

    incident_id: str
    responder_ids: tuple[str, ...]
    reason_code: str | None = None
    reason: str | None = None
    divert: bool = False
    open_gate: bool = False


def dispatch(state: State, a: Dispatch, act: Act) -> list[Body]:
    """Send these units, teams or stations' reserves.

    Refused: nobody_named, too_many, unknown_responder, off_duty, already_asked, override_needs_reason, safety_gate, unit_busy
    """
    found = open_scene(state, a.incident_id)
    lifecycle.refuse_unlawful(found.incident.status, UnitsChosen)
    ids = tuple(dict.fromkeys(a.responder_ids))
    if not ids:
        raise Refused("nobody_named", incident=a.incident_id)
    if len(ids) > MOST:
        raise Refused("too_many", most=MOST)
    diverted = tuple(unit for responder_id in ids for unit in _checked(state, found, responder_id, a, act))
    chosen = UnitsChosen(incident_id=a.incident_id, responder_ids=ids, by="dispatcher", diverted=diverted)
    return [*_overridden(state, found, ids, a, act), *_gate_opened(state, found, ids, a), chosen]


def _gate_opened(state: State, found: Scene, ids: tuple[str, ...], a: Dispatch) -> list[Body]:
    """Neighbours behind a shut gate: who let them through, and why, is a fact of its own."""
    own = found.team.team_id if found.team is not None else None
    through = tuple(i for i in ids if i in state.registers.teams and i != own) if found.gate.shut else ()
    if not through:
        return []
    if not a.reason_code:
        raise Refused("override_needs_reason", instead_of=None)
    code = reasons.check("override", a.reason_code)
    return [GateOpened(incident_id=a.incident_id, team_ids=through, reason_code=code, note=a.reason)]


def _overridden(state: State, found: Scene, ids: tuple[str, ...], a: Dispatch, act: Act) -> list[Body]:
    """A choice that leaves out somebody recommended for somebody else of the same ring: of police it says why, of teams it may."""
    facts: list[Body] = []
    for ring in RINGS:
        recommended = _recommended(state, found, ring, act.at_s)
        of_ring = [i for i in ids if _ring(state, found, i) == ring]
        others = tuple(i for i in of_ring if i not in recommended)
        passed_over = tuple(i for i in recommended if i not in ids)
        if not passed_over or not others:
            continue
        if not a.reason_code and ring == "reinforcement":
            raise Refused("override_needs_reason", instead_of=passed_over[0])
        code = reasons.check("override", a.reason_code or "dispatcher")
        facts.append(
            RecommendationOverridden(
                incident_id=a.incident_id,
                instead_of=passed_over,
                chosen=others,
                reason_code=code,
                reason=a.reason,
            )
        )
    return facts


def _recommended(state: State, found: Scene, ring: str, at_s: float) -> list[str]:
    """Who of a ring is recommended and can still be asked."""
    latest, asked = found.incident.recommendation, found.incident.asked
    listed = latest.candidates if latest is not None else ()
    return [
        c.responder_id
        for c in listed
        if c.ring == ring
        and "recommended" in c.reasons
        and c.responder_id not in asked
        and (c.responder_kind != "team" or asked_now(state, found, c.responder_id, at_s))
    ]


def _ring(state: State, found: Scene, responder_id: str) -> str:
    if responder_id not in state.registers.teams:
        return "reinforcement"
    own = found.team is not None and found.team.team_id == responder_id
    return "self_rescue" if own else "neighbour_aid"


def _checked(state: State, found: Scene, responder_id: str, a: Dispatch, act: Act) -> list[str]:
    """Refuse whom nobody may send; the unit itself where it has to leave another task."""
    books, incident = state.registers, found.incident
    if responder_id in books.units:
        return _checked_unit(state, found, responder_id, a)
    if responder_id in books.teams:
        roll = roll_now(state.muster, responder_id, act.at_s)
        if roll is None or roll.reachable < 1:
            raise Refused("off_duty", responder=responder_id)
        own = found.team is not None and found.team.team_id == responder_id
        kit = state.muster.kit.get(responder_id, (None, None))[0]
        if not own and not may_ask_neighbour(
            found.gate, books.teams[responder_id], opened_by_dispatcher=a.open_gate, kit_at_hand=kit
        ):
            raise Refused("safety_gate", responder=responder_id)
        left = roll.members - incident.asked if roll.members else {responder_id} - incident.asked
        if not left:
            raise Refused("already_asked", responder=responder_id)
        if not asked_now(state, found, responder_id, act.at_s):
            code = "safety_gate" if found.gate.shut else "all_busy"
            raise Refused(code, responder=responder_id)
        return []
    if responder_id in books.stations:
        if responder_id in incident.asked:
            raise Refused("already_asked", responder=responder_id)
        return []
    raise Refused("unknown_responder", responder=responder_id)


def _checked_unit(state: State, found: Scene, unit_id: str, a: Dispatch) -> list[str]:
    duty = state.respond.units.get(unit_id)
    if duty is None:
        raise Refused("off_duty", responder=unit_id)
    if unit_id in found.incident.asked:
        raise Refused("already_asked", responder=unit_id)
    if duty.status in ("unavailable", "refuelling"):
        raise Refused("unit_unavailable", responder=unit_id, status=duty.status)
    if duty.active is None or not a.divert:
        return []
    bound = state.respond.assignments.get(duty.active)
    other = state.respond.incidents.get(bound.incident_id) if bound is not None else None
    if bound is None or other is None:
        return []
    if other.priority <= found.incident.priority:
        raise Refused("unit_busy", responder=unit_id, priority=other.priority)
    return [unit_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRing:
    """The ring that a dispatcher says yes to."""

    incident_id: str
    ring: str


def open_ring(state: State, a: OpenRing, act: Act) -> list[Body]:
    """A proposed ring answers from now on; its clock counts from the call all the same."""
    found = open_scene(state, a.incident_id)
    if a.ring not in RINGS:
        raise Refused("unknown_ring", ring=a.ring)
    if found.called_off:
        raise Refused("not_lawful_now", status=found.incident.status, act="RingOpened")
    if found.rings.get(a.ring) == "automatic":
        return []
    if a.ring == "neighbour_aid" and found.gate.shut:
        raise Refused("safety_gate", ring=a.ring)
    if a.ring == "self_rescue" and found.team is None:
        raise Refused("no_own_team", incident=a.incident_id)
    facts = clocks.open_ring(found.incident, a.ring, "automatic", found.plan)
    if a.ring == "reinforcement" and "zone" not in found.incident.clocks:
        facts += clocks.start(found.incident, clocks.zone_clock(found.incident, found.plan))
    return [*facts, *ranked(state, found, {**found.rings, a.ring: "automatic"}, act.at_s)]


def open_scene(state: State, incident_id: str) -> Scene:
    """The scene of an open incident; refused where there is none."""
    found = scene(state, incident_id)
    if found is None:
        if incident_id in state.respond.closed:
            raise Refused("incident_closed", incident=incident_id)
        raise Refused("unknown_incident", incident=incident_id)
    return found
