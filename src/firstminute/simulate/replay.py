"""Recorded calls through the core: the world they meet, the run, and what came out.

Idea: a replay gives the core what a control room of that day had (stations, units, perhaps venues, an alert policy) and then only the calls, at their times;
everything else happens by itself. A recorded call asks for as many units as answered it, so that the fleet is as busy as it was. Nothing recorded
about the answer is shown to the core. Limits: see `NOT_MODELLED`; they are printed on the report.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firstminute.flow import registers
from firstminute.flow.state import State
from firstminute.geo.ground import Ground
from firstminute.model.envelope import Fact
from firstminute.model.facts.call import CallAttached
from firstminute.model.facts.incident import IncidentOpened
from firstminute.model.place import Place
from firstminute.model.records import (
    AlertPolicy,
    District,
    IncidentType,
    Need,
    Plan,
    Record,
    Station,
    Team,
    Unit,
    Venue,
)
from firstminute.respond.plans import PLANS
from firstminute.simulate.behaviour import RECORDED_CREWS, Behaviour
from firstminute.simulate.measure import Lived, lives
from firstminute.simulate.plans import CALLER, COMMANDER, crew_of
from firstminute.simulate.recorded import Record as CallRecord
from firstminute.simulate.recorded import RecordedCall
from firstminute.simulate.run import Given
from firstminute.simulate.world import make_twin

NOT_MODELLED = ("traffic", "questioning", "unit_kinds", "posts", "scene", "other_work")
MOST_UNITS = 12
RECORDED_POLICY = AlertPolicy(policy_id="recorded", answer_within_s=60.0, move_within_s=240.0)
"""Crews that start from a station need longer than a patrol to move; 30 s of standing still would replace most of them."""
_SHIFT_S = 400 * 86_400.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What a replay is made of beside calls and fleet.

    Attributes
    ----------
    policy : the alert policy under test
    priorities : the file's priority → 1 (highest) … 4; 2 where it is not named
    venues, teams : places with people, and how many stand on duty in each
    """

    policy: AlertPolicy = RECORDED_POLICY
    priorities: Mapping[str, int] = field(default_factory=dict)
    behaviour: Behaviour = RECORDED_CREWS
    venues: Sequence[Venue] = ()
    teams: Sequence[Team] = ()
    on_duty: int = 4
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out: the journal, what became of each call, how long it took to compute, by the wall and in processor time, and how many
    calls and units stand where no street for a car, or for the unit's mode, is near."""

    facts: list[Fact]
    lived: dict[str, Lived]
    seconds: float
    cpu_s: float
    refused: dict[str, int]
    off_network: int
    units_off_network: int


def replay(
    ground: Ground, record: CallRecord, fleet: tuple[Sequence[Station], Sequence[Unit]], setting: Setting
) -> Replayed:
    """Play recorded calls through the core.

    Parameters
    ----------
    ground : the city
    record : the calls
    fleet : stations, and units that stand at them
    setting : policy, behaviour of the crews, venues, seed
    """
    stations, units = fleet
    start_s = record.calls[0].received_s - 60.0 if record.calls else 0.0
    state = State(world="twin", ground=ground)
    fill(state, register_rows(record.calls, fleet, setting))
    at = {station.station_id: (station.lon, station.lat) for station in stations}
    homes = {unit.unit_id: at[unit.station_id] for unit in units}
    twin = make_twin(state, ground, homes, seed=setting.seed, behaviour=setting.behaviour, start_s=start_s)
    began, cpu = time.perf_counter(), time.process_time()
    collecting = gc.isenabled()
    gc.disable()  # a journal only grows: walking it again and again for cycles costs a quarter of the run
    keys: dict[str, str] = {}
    try:
        twin.run(_given(record.calls, units, setting, start_s))
    finally:
        if collecting:
            gc.enable()
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    call_ids = _call_ids(twin.journal)
    for call in record.calls:
        keys[call_ids.get(external_id(call), "")] = call.key
    lived = _by_call(twin.journal, keys)
    away = _off_network(ground, [(call.lon, call.lat, "car") for call in record.calls])
    idle = _off_network(ground, [(*homes[unit.unit_id], unit.mode) for unit in units])
    return Replayed(twin.journal, lived, seconds, cpu_s, dict(twin.refused), away, idle)


def fill(state: State, rows: Mapping[str, Iterable[Record]]) -> None:
    """Write register rows into a state, as the store does at start."""
    for table, records in rows.items():
        registers.put(state.registers, table, list(records))


def register_rows(
    calls: Sequence[RecordedCall], fleet: tuple[Sequence[Station], Sequence[Unit]], setting: Setting
) -> dict[str, list[Record]]:
    """Registers of the recorded city: one district, its plan and policy, and one incident type for each size of answer."""
    stations, units = fleet
    plan = PLANS[0]
    sizes = sorted({_size(call) for call in calls})
    return {
        "alert_policies": [setting.policy],
        "plans": [
            Plan(
                plan_id="default",
                grade="normal",
                rings=plan.rings,
                zone_targets_s=dict(plan.zone_targets_s),
                policy_id=setting.policy.policy_id,
            )
        ],
        "incident_types": [
            _type(size, priority, bool(setting.teams)) for size in sizes for priority in (1, 2, 3, 4)
        ],
        "districts": [District(district_id="city", name="city")],
        "stations": [*stations],
        "units": [*units],
        "venues": [*setting.venues],
        "teams": [*setting.teams],
    }


def _size(call: RecordedCall) -> int:
    return min(max(call.units, 1), MOST_UNITS)


def _type(size: int, priority: int, teams: bool) -> IncidentType:
    """A type that asks for so many units of any kind, and for the venue's own people and neighbours where there are any."""
    people = "automatic" if teams else "off"
    return IncidentType(
        code=f"recorded_{size}_{priority}",
        priority=priority,
        rings={"self_rescue": people, "neighbour_aid": people, "reinforcement": "automatic"},
        needs=(Need(level=1, units={"any": size}),),
        hazard="medical",
        merge_radius_m=0.0,
        merge_within_s=0.0,
    )


def external_id(call: RecordedCall) -> str:
    """How a recorded call is named in the journal."""
    return f"recorded:{call.key}"


def _given(
    calls: Sequence[RecordedCall], units: Sequence[Unit], setting: Setting, start_s: float
) -> Iterator[Given]:
    for unit in units:
        arguments: dict[str, Any] = {
            "unit_id": unit.unit_id,
            "crew": unit.crew,
            "sworn": unit.sworn,
            "shift": "recorded",
        }
        yield start_s, "unit_on_duty", {**arguments, "station_id": unit.station_id}, crew_of(unit.unit_id)
    for team in setting.teams:
        roll = {
            "team_id": team.team_id,
            "shift": "recorded",
            "on_duty": setting.on_duty,
            "reachable": setting.on_duty,
        }
        yield start_s, "take_roll", {**roll, "method": "list", "until_s": start_s + _SHIFT_S}, COMMANDER
    how, rng = setting.behaviour.questioning, np.random.default_rng(setting.seed + 1)
    written = [(call.received_s + (how.draw(rng) if how is not None else 0.0), call) for call in calls]
    for at_s, call in sorted(written, key=lambda pair: pair[0]):
        priority = setting.priorities.get(call.priority or "", 2)
        yield at_s, "receive_call", call_arguments(call, f"recorded_{_size(call)}_{priority}"), CALLER


def call_arguments(call: RecordedCall, type_code: str) -> dict[str, Any]:
    """Arguments of `receive_call` for a recorded call."""
    place = Place(points=((call.lon, call.lat),), radius_m=25.0, source="caller", known_s=call.received_s)
    arguments = {"channel": "phone", "type_code": type_code, "place": place, "external_id": external_id(call)}
    return {**arguments, "answered_s": call.received_s}


def _call_ids(facts: Sequence[Fact]) -> dict[str, str]:
    """external id → call id."""
    found = {}
    for fact in facts:
        external = getattr(fact.body, "external_id", None)
        call_id = getattr(fact.body, "call_id", None)
        if external is not None and call_id is not None:
            found[external] = call_id
    return found


def _by_call(facts: Sequence[Fact], keys: Mapping[str, str]) -> dict[str, Lived]:
    """call key → what became of the incident it opened or joined."""
    incidents = lives(facts)
    found: dict[str, Lived] = {}
    for fact in facts:
        body = fact.body
        if isinstance(body, IncidentOpened | CallAttached) and body.incident_id in incidents:
            key = keys.get(body.call_id or "")
            if key is not None:
                found[key] = incidents[body.incident_id]
    return found


def _off_network(ground: Ground, places: Sequence[tuple[float, float, str]]) -> int:
    """How many of (lon, lat, mode) have no street of that mode near."""
    missing = 0
    for mode in {mode for _, _, mode in places if mode != "drone"}:
        lon, lat = np.array([(x, y) for x, y, how in places if how == mode]).T
        missing += int((ground.snap(lon, lat, mode).edge < 0).sum())
    return missing
