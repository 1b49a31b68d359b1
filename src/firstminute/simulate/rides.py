"""Trips that follow the streets and can be asked for a place every second: the crews that one sees driving on the map.

Idea: a ride is a route of the ground with the time at each of its points, made slower or faster by chance; a crew without a task goes round its beat:
to a corner not far from its home, a little rest, the next corner. Limits: a ride is never re-planned; patrol corners come from one list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from firstminute.model.records import Unit
from firstminute.simulate.trips import LonLat, Trip

Floats = NDArray[np.float64]
Router = Callable[[LonLat, LonLat, str], tuple[Floats, Floats, Floats] | None]
"""(from, to, mode) → lon, lat and seconds since the start at each point of the way; None where there is no way."""

_PATROL_MODE = {"car-lights": "car"}
_PATROL_SLOWER = {"car-lights": 1.9, "car": 1.9, "foot": 1.15, "boat": 1.6, "drone": 1.4}
BEAT_M = {"foot": 500.0, "car-lights": 1_300.0, "boat": 2_500.0, "drone": 900.0}
METRES_PER_DEGREE = 111_319.49


class Rides:
    """Keeps every crew's ride.

    Parameters
    ----------
    units : rows of the crews
    homes : unit id → (lon, lat)
    corners : places to patrol to; boats get their own
    water : places on the water
    router : the ground's routes
    """

    def __init__(
        self,
        units: Sequence[Unit],
        homes: dict[str, LonLat],
        corners: tuple[Sequence[LonLat], Sequence[LonLat]],
        router: Router,
        rng: np.random.Generator,
    ) -> None:
        self._units = {unit.unit_id: unit for unit in units}
        self._homes = homes
        self._street, self._water = np.array(corners[0]), np.array(corners[1])
        self._router = router
        self._rng = rng
        self._busy: set[str] = set()
        self._rest_until: dict[str, float] = {}
        self._rides: dict[str, Trip] = {unit_id: _standing(place) for unit_id, place in homes.items()}

    def start(
        self,
        unit_id: str | None,
        there: LonLat | None,
        mode: str,
        start_s: float,
        *,
        known_s: float | None,
        slower: float,
    ) -> Trip:
        """Ride to a scene; a member's way is only a time."""
        if unit_id is None or unit_id not in self._rides or there is None:
            seconds = max(2.0, (45.0 if known_s is None else known_s) * slower)
            return Trip(start_s, seconds, np.empty(0), np.empty(0), np.empty(0))
        self._busy.add(unit_id)
        ride = self._ride(self._place(unit_id, start_s), there, mode, start_s, slower)
        if ride is None:
            here = self._place(unit_id, start_s)
            seconds = max(5.0, (120.0 if known_s is None else known_s) * slower)
            ride = Trip(
                start_s,
                seconds,
                np.array([here[0], there[0]]),
                np.array([here[1], there[1]]),
                np.array([0.0, seconds]),
            )
        self._rides[unit_id] = ride
        return ride

    def arrive(self, unit_id: str, there: LonLat | None, at_s: float) -> None:
        """The crew stands at the scene."""
        if unit_id in self._rides:
            self._rides[unit_id] = _standing(self._place(unit_id, at_s) if there is None else there)

    def free(self, unit_id: str, at_s: float) -> None:
        """The crew goes back on patrol after a moment."""
        if unit_id not in self._rides:
            return
        self._busy.discard(unit_id)
        self._rides[unit_id] = _standing(self._place(unit_id, at_s))
        self._rest_until[unit_id] = at_s + float(self._rng.uniform(5.0, 30.0))

    def patrol(self, at_s: float, most: int = 8) -> None:
        """Send crews without a task, whose ride is over and who have rested, on to their next corner; at most `most` at once."""
        sent = 0
        for unit_id, ride in self._rides.items():
            if sent >= most:
                return
            if (
                unit_id in self._busy
                or at_s < ride.start_s + ride.travel_s
                or at_s < self._rest_until.get(unit_id, 0.0)
            ):
                continue
            unit = self._units[unit_id]
            corner = self._corner(unit)
            mode = _PATROL_MODE.get(unit.mode, unit.mode)
            onward = None
            if corner is not None:
                onward = self._ride(
                    self._place(unit_id, at_s), corner, mode, at_s, _PATROL_SLOWER.get(unit.mode, 1.2)
                )
            self._rest_until[unit_id] = (
                at_s + float(self._rng.uniform(10.0, 90.0)) + (0.0 if onward is None else onward.travel_s)
            )
            if onward is not None:
                self._rides[unit_id] = onward
                sent += 1

    def fixes(self, at_s: float) -> list[tuple[str, float, float, float]]:
        """(unit id, lon, lat, heading) of every crew now."""
        return [(unit_id, *ride.at(at_s)) for unit_id, ride in self._rides.items()]

    def _corner(self, unit: Unit) -> LonLat | None:
        places = self._water if unit.mode == "boat" else self._street
        if not len(places):
            return None
        lon, lat = self._homes[unit.unit_id]
        east = (places[:, 0] - lon) * METRES_PER_DEGREE * cos(radians(lat))
        away = np.hypot(east, (places[:, 1] - lat) * METRES_PER_DEGREE)
        near = np.flatnonzero(away < BEAT_M.get(unit.mode, 1_000.0))
        if not len(near):
            near = np.argsort(away)[:8]
        pick = places[int(near[int(self._rng.integers(0, len(near)))])]
        return float(pick[0]), float(pick[1])

    def _place(self, unit_id: str, at_s: float) -> LonLat:
        lon, lat, _ = self._rides[unit_id].at(at_s)
        return lon, lat

    def _ride(self, here: LonLat, there: LonLat, mode: str, start_s: float, slower: float) -> Trip | None:
        way = self._router(here, there, mode)
        if way is None:
            return None
        lon, lat, time_s = way
        return Trip(start_s, max(1.0, float(time_s[-1]) * slower), lon, lat, np.maximum(time_s * slower, 0.0))


def _standing(place: LonLat) -> Trip:
    return Trip(0.0, 0.0, np.array([place[0]]), np.array([place[1]]), np.array([0.0]))
