"""One call played through a scratch copy of the core before the doors open, so that the first real caller does not wait for a compiler.

Idea: the searches are compiled by numba on first use and kept on disk; on a fresh machine that takes far longer than any call may. A made-up venue, team and
crew at one street of the real city take one made-up call in the world `twin`; the state is thrown away, nothing is recorded. Limits: what only the map
asks for (isochrones, routes, coverage) is compiled beside the desk when it is first asked.
"""

from __future__ import annotations

from itertools import count

import numpy as np

from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.registers import put
from firstminute.flow.state import State
from firstminute.flow.step import Submitted, step
from firstminute.geo.ground import Ground
from firstminute.model.envelope import Act, Actor
from firstminute.model.place import Place
from firstminute.model.records import Station, Team, Unit, Venue
from firstminute.respond.fleet import Fleet

AT_S = 1_760_000_400.0
CREWS = (("car", "car-lights"), ("motorcycle", "car"), ("foot", "foot"), ("boat", "boat"))
CALLER = Actor(id="rehearsal", role="dispatcher", seat="rehearsal")


def rehearse(ground: Ground) -> list[str]:
    """Play the call; the kinds of fact that came of it, for tests."""
    state = _scratch(ground)
    ids = (f"{number:032x}" for number in count(1))
    lon, lat = state.registers.venues["V"].lon, state.registers.venues["V"].lat
    kinds = []
    for name, arguments in (
        ("receive_call", {"type_code": "cardiac_arrest", "venue_id": "V"}),
        ("receive_call", {"type_code": "fire", "place": Place(points=((lon, lat),))}),
    ):
        command = COMMAND_BY_NAME[name]
        act = Act(at_s=AT_S, actor=CALLER, command_id=next(ids), ids=ids, world="twin")
        outcome = step(state, Submitted(name, command.schema(**arguments), act))
        kinds += [fact.kind for fact in outcome.facts]
    return kinds


def _scratch(ground: Ground) -> State:
    """A state with one venue, team, station and a crew of each mode, at a street in the middle of the city."""
    state = State(world="twin", ground=ground)
    middle = len(ground.network.node_lon) // 2
    lon, lat = float(ground.network.node_lon[middle]), float(ground.network.node_lat[middle])
    modes = [(kind, mode) for kind, mode in CREWS if ground.serves(mode)]
    put(
        state.registers,
        "venues",
        [Venue(venue_id="V", name="V", category="mall", lon=lon, lat=lat, district="D")],
    )
    put(state.registers, "teams", [Team(team_id="T", venue_id="V", name="T", minimum=1)])
    put(
        state.registers,
        "stations",
        [Station(station_id="S", name="S", lon=lon, lat=lat, district="D", reserve=1)],
    )
    put(
        state.registers,
        "units",
        [
            Unit(unit_id=mode, call_sign=mode, kind=kind, mode=mode, station_id="S", district="D")
            for kind, mode in modes
        ],
    )
    ids = tuple(mode for _, mode in modes)
    points = np.full(len(ids), lon), np.full(len(ids), lat)
    snaps = {mode: ground.snap(*points, mode) for mode in ids}
    state.fleet = Fleet(
        ids=ids,
        row={unit_id: row for row, unit_id in enumerate(ids)},
        lon=points[0],
        lat=points[1],
        fix_s=np.full(len(ids), AT_S),
        edge={mode: snap.edge for mode, snap in snaps.items()},
        share={mode: snap.share for mode, snap in snaps.items()},
        offset_m={mode: snap.offset_m for mode, snap in snaps.items()},
        version=1,
    )
    return state
