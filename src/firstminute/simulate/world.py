"""A generated city as a twin: registers in its state, crews and teams on duty, callers who call, people who answer.

Idea: the twin of the demo town without a service: everything a day needs in one call, so that tests, benches and later comparisons of policies play
the same world. Limits: crews stand at their stations between tasks; nobody patrols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from firstminute.flow import registers
from firstminute.flow.state import State
from firstminute.geo.ground import Ground
from firstminute.model.place import Place
from firstminute.model.records import Device, Station, Team, Unit, Venue
from firstminute.simulate.behaviour import CITY_PEOPLE, Behaviour
from firstminute.simulate.callers import Callers, Drawn, corners_of
from firstminute.simulate.city.make import City
from firstminute.simulate.people import People
from firstminute.simulate.places import Places
from firstminute.simulate.plans import CALLER, COMMANDER, crew_of
from firstminute.simulate.run import Given, Twin
from firstminute.simulate.trips import Hops, LonLat

LASTS_S = 40 * 86_400.0


def mover(state: State, hops: Hops, places: Places) -> Callable[[float], None]:
    """Before a ranking: put in what moved since, as a whole new fleet."""
    last = [float("-inf")]

    def move(at_s: float) -> None:
        hops.settle(at_s)
        if hops.moved or at_s - last[0] > 300.0:
            places.move({unit_id: hops.place[unit_id] for unit_id in hops.moved})
            hops.moved.clear()
            state.fleet = places.fleet(at_s)
            last[0] = at_s

    return move


def make_twin(
    state: State, ground: Ground, homes: dict[str, LonLat], *, seed: int, behaviour: Behaviour, start_s: float
) -> Twin:
    """A twin over a state whose registers are filled: its people know the register's units, which start at `homes`."""
    units = list(state.registers.units.values())
    hops, places = Hops(homes), Places(ground, units, homes, start_s)
    people = People(units, behaviour, np.random.default_rng(seed), hops)
    state.fleet = places.fleet(start_s)
    return Twin(state, people, seed, before=mover(state, hops, places))


def city_twin(
    city: City, ground: Ground, *, seed: int = 1, start_s: float = 0.0, behaviour: Behaviour = CITY_PEOPLE
) -> Twin:
    """The twin of a generated city, nobody on duty yet."""
    state = State(world="twin", ground=ground)
    for table, rows in city.registers.items():
        registers.put(state.registers, table, list(rows))
    stations = {
        row.station_id: (row.lon, row.lat) for row in city.registers["stations"] if isinstance(row, Station)
    }
    homes = {
        row.unit_id: stations[row.station_id] for row in city.registers["units"] if isinstance(row, Unit)
    }
    return make_twin(state, ground, homes, seed=seed, behaviour=behaviour, start_s=start_s)


def city_day(
    city: City, *, seed: int, start_s: float, hours: float, calls_per_day: float, on_duty_share: float = 0.4
) -> Iterator[Given]:
    """What comes from outside in some hours of a city: shifts that start, then calls."""
    rng = np.random.default_rng(seed)
    for unit in _rows(city, "units", Unit):
        arguments = {"unit_id": unit.unit_id, "crew": unit.crew, "sworn": unit.sworn, "shift": "twin"}
        yield start_s, "unit_on_duty", {**arguments, "station_id": unit.station_id}, crew_of(unit.unit_id)
    strength: dict[str, int] = {}
    for member in city.registers["members"]:
        team_id = getattr(member, "team_id", "")
        strength[team_id] = strength.get(team_id, 0) + 1
    for team in _rows(city, "teams", Team):
        count = max(2, round(strength.get(team.team_id, 0) * on_duty_share))
        roll = {
            "team_id": team.team_id,
            "shift": "twin",
            "on_duty": count,
            "reachable": count,
            "method": "list",
        }
        yield start_s, "take_roll", {**roll, "until_s": start_s + LASTS_S}, COMMANDER
    callers = Callers(
        _rows(city, "venues", Venue),
        _rows(city, "devices", Device),
        corners_of(city.drawing, rng),
        CITY_PEOPLE,
        rng,
    )
    for drawn in callers.stream(start_s + 60.0, calls_per_day):
        if drawn.at_s > start_s + hours * 3600.0:
            return
        yield drawn.at_s, "receive_call", _arguments(drawn), CALLER


def _rows(city: City, table: str, kind: type[Any]) -> Sequence[Any]:
    return [row for row in city.registers[table] if isinstance(row, kind)]


def _arguments(drawn: Drawn) -> dict[str, Any]:
    place = Place(
        points=((drawn.lon, drawn.lat),),
        radius_m=drawn.radius_m,
        source="caller",
        known_s=drawn.at_s,
        floor=drawn.floor,
        address=drawn.address,
    )
    return {
        "channel": drawn.channel,
        "type_code": drawn.type_code,
        "venue_id": drawn.venue_id,
        "place": place,
        "text": drawn.text or None,
        "device_id": drawn.device_id,
    }
