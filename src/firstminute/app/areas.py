"""Coverage by district, so that a desk that answers for one district is told nothing of the others.

Idea: each junction lies in the district of the zone around it; what is covered there is summed per district, and what a reader may see is added up from those
that are its own. Limits: a junction in no zone counts for the whole city alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.fences import build_fences, fences_at

NOWHERE = -1


class Districts:
    """Which district each junction lies in; laid out anew when the zones change.

    Parameters
    ----------
    lon, lat : (N,) junctions, degrees
    """

    def __init__(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
        self._lon, self._lat = lon, lat
        self._made_of: tuple[Any, ...] = ()
        self.names: list[str] = []
        self.of_node = np.full(len(lon), NOWHERE, np.int32)

    def follow(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the zones of the feed's rows."""
        zones = [
            row for key, row in sorted(rows.items()) if key.startswith("zone/") and len(row["ring"]) >= 3
        ]
        made_of = tuple(id(row) for row in zones)
        if made_of == self._made_of:
            return
        self._made_of, self._kept = made_of, zones  # kept, so that no other row may come to have the same id
        self.names = sorted({row["district"] for row in zones})
        self.of_node = np.full(len(self._lon), NOWHERE, np.int32)
        if zones:
            start, fence = fences_at(build_fences([row["ring"] for row in zones]), self._lon, self._lat)
            inside = np.flatnonzero(np.diff(start))
            number = np.array([self.names.index(row["district"]) for row in zones], np.int32)
            self.of_node[inside] = number[fence[start[inside]]]

    def share(
        self,
        demand: NDArray[np.int64],
        node_ds: NDArray[np.uint32],
        limits_s: tuple[int, ...],
        gaps: NDArray[np.int64],
    ) -> dict[str, Any]:
        """District → metres of street in all, those within each ring, and the junctions that none reaches.

        Parameters
        ----------
        demand : (N,) metres of street;  node_ds : (N,) deciseconds of the first unit;  gaps : junctions
        """
        found = {}
        for number, name in enumerate(self.names):
            mine = self.of_node == number
            within = [int(demand[mine & (node_ds <= limit * 10)].sum()) for limit in limits_s]
            bare = gaps[self.of_node[gaps] == number]
            places = [[round(float(self._lon[k]), 5), round(float(self._lat[k]), 5)] for k in bare]
            found[name] = {"metres": int(demand[mine].sum()), "within": within, "gaps": places}
        return found
