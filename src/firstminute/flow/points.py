"""Whom a must-visit point is meant for: the crews that it names, else all of its station.

Idea: crews by station are laid out once per version of the register of units and kept in the state, like the tree of places.
"""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.records import MustVisit


def crews_of(state: State, point: MustVisit) -> tuple[str, ...]:
    """The units that a point is meant for, in order."""
    if point.unit_ids:
        return point.unit_ids
    version = state.registers.version.get("units", 0)
    if state.crews[0] != version:
        found: dict[str, list[str]] = {}
        for key, unit in sorted(state.registers.units.items()):
            found.setdefault(unit.station_id, []).append(key)
        state.crews = version, {station: tuple(keys) for station, keys in found.items()}
    return state.crews[1].get(point.station_id, ())
