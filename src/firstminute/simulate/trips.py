"""The ways that the twin's crews travel: how long a trip takes and where a crew is at any moment.

Idea: one `Trips` keeps the last place of every unit and its running trip. The fast one (`Hops`) knows only times: a crew leaves, and is there; between, it
stands where it left. The other (`Rides`) follows the streets and can be asked for a place every second. Limits: a hop's crew cannot be found on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, degrees, radians
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Trip:
    """One way: from when, how long, and its points with the time at each (seconds since the start)."""

    start_s: float
    travel_s: float
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    time_s: NDArray[np.float64]

    def at(self, at_s: float) -> tuple[float, float, float]:
        """(lon, lat, heading in degrees from north) at a time; before it the start, after it the end."""
        if len(self.lon) < 2:
            return float(self.lon[0]), float(self.lat[0]), 0.0
        since = min(max(0.0, at_s - self.start_s), float(self.time_s[-1]))
        k = min(max(1, int(np.searchsorted(self.time_s, since))), len(self.time_s) - 1)
        span = float(self.time_s[k] - self.time_s[k - 1])
        share = 1.0 if span <= 0 else (since - float(self.time_s[k - 1])) / span
        dx, dy = float(self.lon[k] - self.lon[k - 1]), float(self.lat[k] - self.lat[k - 1])
        heading = degrees(atan2(dx * cos(radians(float(self.lat[k]))), dy)) % 360.0
        return float(self.lon[k - 1]) + share * dx, float(self.lat[k - 1]) + share * dy, heading


class Trips(Protocol):
    """What people ask of the streets."""

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
        """A trip begins. `known_s`: median that the core expects; `slower`: this trip over the median. unit_id None: a member."""

    def arrive(self, unit_id: str, there: LonLat | None, at_s: float) -> None:
        """A unit stands there now."""

    def free(self, unit_id: str, at_s: float) -> None:
        """A unit has no task any more."""


_NOWHERE = np.empty(0)


class Hops:
    """Trips that take the time the core expects, times chance; for fast replays.

    Parameters
    ----------
    homes : unit id → where it stands when free, or None to stay where it finished
    """

    def __init__(self, homes: dict[str, LonLat], *, back_s: float = 300.0, go_home: bool = True) -> None:
        self.place: dict[str, LonLat] = dict(homes)
        self.moved: dict[str, float] = {}  # unit id → since when its place is new
        self.returns: list[tuple[float, str]] = []
        self._homes = homes
        self._back_s = back_s
        self._go_home = go_home
        self._busy: set[str] = set()

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
        """A trip of the known time."""
        if unit_id is not None:
            self._busy.add(unit_id)
        return Trip(
            start_s,
            max(1.0, (known_s if known_s is not None else 120.0) * slower),
            _NOWHERE,
            _NOWHERE,
            _NOWHERE,
        )

    def arrive(self, unit_id: str, there: LonLat | None, at_s: float) -> None:
        """The unit's place is the scene."""
        if there is not None:
            self.place[unit_id] = there
            self.moved[unit_id] = at_s

    def free(self, unit_id: str, at_s: float) -> None:
        """The unit will be home after a while, where nothing calls it before."""
        self._busy.discard(unit_id)
        if self._go_home:
            self.returns.append((at_s + self._back_s, unit_id))

    def settle(self, at_s: float) -> None:
        """Units whose way home is over stand at home."""
        while self.returns and self.returns[0][0] <= at_s:
            _, unit_id = self.returns.pop(0)
            if unit_id not in self._busy and self.place.get(unit_id) != self._homes[unit_id]:
                self.place[unit_id] = self._homes[unit_id]
                self.moved[unit_id] = at_s
