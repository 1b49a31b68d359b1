"""Where units stand in the twin, as the immutable arrays that the core reads.

Idea: one master set of arrays; a swap snaps only the units that moved, on the modes they may travel by, and hands out a new `Fleet`. Fixes are as old as the
last swap, so that no unit goes stale while the twin's clock jumps. Limits: a unit has one place for all its modes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from firstminute.geo.ground import Ground
from firstminute.model.records import Unit
from firstminute.respond.fleet import Fleet
from firstminute.simulate.trips import LonLat


class Places:
    """Keeps the fleet's arrays.

    Parameters
    ----------
    ground : where units are snapped
    units : rows of the register; their `mode` says which network counts
    start : unit id → (lon, lat)
    """

    def __init__(
        self, ground: Ground, units: Iterable[Unit], start: Mapping[str, LonLat], at_s: float
    ) -> None:
        rows = sorted(units, key=lambda unit: unit.unit_id)
        self._ground = ground
        self._ids = tuple(unit.unit_id for unit in rows)
        self._row = {unit_id: k for k, unit_id in enumerate(self._ids)}
        self._modes = sorted({unit.mode for unit in rows if unit.mode != "drone"})
        self._version = 0
        points = [start[unit_id] for unit_id in self._ids]
        self._lon, self._lat = (
            np.array([p[0] for p in points], np.float64),
            np.array([p[1] for p in points], np.float64),
        )
        self._snaps = {mode: ground.snap(self._lon, self._lat, mode) for mode in self._modes}
        self._fix_s = at_s

    def fleet(self, at_s: float) -> Fleet:
        """The fleet as it stands."""
        self._version += 1
        return Fleet(
            ids=self._ids,
            row=self._row,
            lon=self._lon.copy(),
            lat=self._lat.copy(),
            fix_s=np.full(len(self._ids), at_s),
            edge={mode: snaps.edge.copy() for mode, snaps in self._snaps.items()},
            share={mode: snaps.share.copy() for mode, snaps in self._snaps.items()},
            offset_m={mode: snaps.offset_m.copy() for mode, snaps in self._snaps.items()},
            version=self._version,
        )

    def move(self, moved: Mapping[str, LonLat]) -> None:
        """Put some units elsewhere."""
        for unit_id, place in moved.items():
            row = self._row.get(unit_id)
            if row is None:
                continue
            self._lon[row], self._lat[row] = place
            for mode, snaps in self._snaps.items():
                snaps.edge[row], snaps.share[row], snaps.offset_m[row] = self._ground.snap_one(*place, mode)
