"""One open incident together with all that decides about it: its type, gate, plan, policy, venue, own team and rings.

Idea: the one place where the respond slice meets the registers and the desk's grades; reactions and deciders start from a `Scene`. Limits: built anew
for each of them, a few microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.place import Place
from firstminute.model.records import AlertPolicy, IncidentType, Plan, Team, Venue
from firstminute.model.swift import swift
from firstminute.respond.candidates import Finds, Question
from firstminute.respond.catalogue import need_at, type_of
from firstminute.respond.finding import Wanted, find, within_reach
from firstminute.respond.plans import rings_open
from firstminute.respond.policy import plan_of_incident, policy_of_plan
from firstminute.respond.reach import refreshed
from firstminute.respond.records import Incident
from firstminute.respond.safety import Gate, gate_of

WANTED_SPARE = 4
"""So many usable units more than needed are looked for, so that a refusal can be replaced from the list."""


@swift
@dataclass(frozen=True, slots=True)
class Scene:
    """An open incident and its surroundings in the registers."""

    incident: Incident
    row: IncidentType
    gate: Gate
    plan: Plan
    policy: AlertPolicy
    venue: Venue | None
    team: Team | None
    barred: frozenset[str] = frozenset()  # the venue's team where the incident is known by a report about it

    @property
    def rings(self) -> dict[str, str]:
        """Ring → mode: what was opened so far, else what the type asks for."""
        return self.incident.rings or self.rings_of_type

    @property
    def rings_of_type(self) -> dict[str, str]:
        """Ring → mode as the type asks for, without what is shut or nobody is there for; of what the public page alone says nothing goes by itself."""
        wanted = rings_open(self.row.rings, has_team=self.team is not None, gate_shut=self.gate.shut)
        if not self.incident.confidential:
            return wanted
        return {ring: "proposed" if mode == "automatic" else mode for ring, mode in wanted.items()}

    @property
    def called_off(self) -> bool:
        """True after a stand-down and for what was written on paper: nobody is asked by itself."""
        about = self.incident
        return about.on_paper or about.status == "stood_down" or about.stand_down_s is not None


def scene(state: State, incident_id: str) -> Scene | None:
    """The scene of an open incident, None where it is not open."""
    incident = state.respond.incidents.get(incident_id)
    if incident is None:
        return None
    books = state.registers
    row = type_of(books.incident_types, incident.type_code)
    plan = plan_of_incident(incident, books)
    venue = books.venues.get(incident.venue_id or "")
    team = books.teams.get(reach_team(state, incident.venue_id))
    barred = frozenset({team.team_id} if team is not None and incident.confidential else ())
    policy = policy_of_plan(plan, books, state.desk.policies)
    return Scene(incident, row, gate_of(row), plan, policy, venue, None if barred else team, barred)


def reach_team(state: State, venue_id: str | None) -> str:
    """The id of a venue's own team, "" where it has none."""
    if venue_id is None:
        return ""
    refresh(state)
    return state.reach.team_of_venue.get(venue_id, "")


def refresh(state: State) -> None:
    """Bring what is derived from ground, registers and fleet to their present versions."""
    state.reach = refreshed(state.reach, state.ground, state.registers, state.fleet)


def warm(state: State) -> int:
    """Derive everything and search once, so that the first call does not pay for compiling and laying out; how many were found."""
    refresh(state)
    ground = state.ground
    if ground is None or not len(ground.network.node_lon):
        return 0
    here = Place(points=((float(ground.network.node_lon[0]), float(ground.network.node_lat[0])),))
    trial = Incident("", "open", "unknown", 4, "normal", "default", "other", 0.0, 0.0, place=here)
    wanted = Wanted(usable=lambda unit: True, total=0, lawful=False, kinds={}, units=state.registers.units)
    finds = find(state.reach, trial, None, at_s=0.0, wanted=wanted)
    return len(finds.units) + len(finds.teams) + len(finds.stations())


def callers(state: State, incident: Incident) -> frozenset[str]:
    """Crews that called themselves: they are there, whether they are bound yet or not."""
    calls = (state.respond.calls.get(key) for key in incident.calls)
    return frozenset(call.unit_id for call in calls if call is not None and call.unit_id)


def question(state: State, found: Scene, at_s: float) -> Question:
    """What a recommendation is asked."""
    return Question(
        incident=found.incident, row=found.row, need=need_at(found.row, found.incident.level), gate=found.gate, plan=found.plan,
        policy=found.policy, at_s=at_s, own_team=found.team, callers=callers(state, found.incident),
        barred=found.barred,
    )  # fmt: skip


def search(state: State, found: Scene, at_s: float) -> Finds:
    """Everybody around the incident by road."""
    refresh(state)
    need = need_at(found.row, found.incident.level)
    kinds = {kind: n for kind, n in need.units.items() if kind != "any"}
    wanted = Wanted(
        usable=_usable(state, found.incident), total=sum(need.units.values()) + WANTED_SPARE, lawful=not found.plan.lights_break_rules,
        kinds=kinds, units=state.registers.units,
    )  # fmt: skip
    return find(state.reach, found.incident, found.venue, at_s=at_s, wanted=wanted)


def crews_can_come(state: State, found: Scene, at_s: float) -> bool:
    """Whether any crew can come to the incident by road or air; False: a list made now names none, whoever is free."""
    refresh(state)
    return within_reach(
        state.reach, found.incident, found.venue, at_s=at_s, lawful=not found.plan.lights_break_rules
    )


def _usable(state: State, incident: Incident) -> Callable[[str], bool]:
    units, asked = state.respond.units, incident.asked

    def usable(unit_id: str) -> bool:
        duty = units.get(unit_id)
        return (
            duty is not None and duty.active is None and duty.status == "available" and unit_id not in asked
        )

    return usable
