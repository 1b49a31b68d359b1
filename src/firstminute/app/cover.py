"""Live 1-3-5 coverage as the map shows it: shares in words, blind spots, and the streets coloured by the ring within which a free unit is there.

Idea: coverage follows the units move by move, or is computed anew where very many moved at once. The streets are sent once, each half a piece with
the junction it belongs to; after that only one byte a junction says in which ring it lies, so that the picture changes without loading anything
again. What a junction's halves are long is exactly what the share counts. Limits: belongs to one thread; times by car.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.app.areas import Districts
from firstminute.app.roads import Roads
from firstminute.geo.network import ModeGraph, Network
from firstminute.geo.search_cover import Coverage
from firstminute.geo.streets import haversine_m

RINGS_S = (60, 180, 300)
MINUTES = np.array([1, 3, 5, 0], np.uint8)
HIDDEN = 255
"""A junction of another place, whose coverage the reader is not told."""
MODE = "car"
MOST_GAPS, GAP_STEP = 400, 7
ALL_ANEW = 200
"""Where more units than these moved, everything is computed anew."""
FREE = ("available",)
Places = Mapping[str, tuple[float, ...]]


class LiveCoverage:
    """Coverage by the free units of the feed's rows."""

    def __init__(self, roads: Roads) -> None:
        self._roads = roads
        network = roads.ground.network
        self._districts = Districts(network.node_lon, network.node_lat)
        self._cover: Coverage | None = None
        self._units: tuple[str, ...] = ()
        self._edge, self._share = np.empty(0, np.int32), np.empty(0)

    def row(self, seq: int, rows: Mapping[str, Mapping[str, Any]], positions: Places) -> dict[str, Any]:
        """The row of the feed: shares of drivable street length, its metres, and junctions that nobody reaches in the last ring."""
        cover, free = self._follow(rows, positions)
        network = self._roads.ground.network
        bare = np.flatnonzero((cover.first_units() < 0) & (cover.demand > 0))[::GAP_STEP][:MOST_GAPS]
        self._districts.follow(rows)
        return {
            "computed_at_seq": seq,
            "shares": {str(s): round(float(n), 4) for s, n in zip(RINGS_S, cover.shares, strict=True)},
            "metres": cover.total,
            "gaps": np.round(np.stack([network.node_lon[bare], network.node_lat[bare]], 1), 5).tolist(),
            "units": free,
            "by_district": self._districts.share(cover.demand, cover.node_ds, RINGS_S, bare),
        }

    def bands(
        self,
        rows: Mapping[str, Mapping[str, Any]],
        positions: Places,
        districts: frozenset[str] | None,
    ) -> bytes:
        """One byte a junction: 1, 3, 5 minutes, 0 beyond; HIDDEN outside of the reader's districts (None = the whole city)."""
        cover, _ = self._follow(rows, positions)
        ring = np.searchsorted(np.array(RINGS_S) * 10, cover.node_ds.astype(np.int64))
        bands = MINUTES[ring]
        if districts is not None:
            self._districts.follow(rows)
            mine = [k for k, name in enumerate(self._districts.names) if name in districts]
            bands[~np.isin(self._districts.of_node, mine)] = HIDDEN
        return bands.tobytes()

    def streets(self) -> bytes:
        """The drivable streets: columns of little-endian 32-bit words, one after the other: lon, lat, lon, lat in 1e-7 degree, junction."""
        return half_streets(self._roads.ground.network, self._roads.road(MODE)[3])

    def _follow(self, rows: Mapping[str, Mapping[str, Any]], positions: Places) -> tuple[Coverage, int]:
        """Coverage by who is free now, and how many that are."""
        units = {key: row for key, row in rows.items() if key.startswith("unit/")}
        edge, share = self._places(units, positions)
        if self._cover is None or self._units != tuple(units):
            graph, _, _, arcs = self._roads.road(MODE)
            metres = street_metres(self._roads.ground.network, arcs)
            self._cover = Coverage(graph, (edge, share), metres, limits_ds=[s * 10 for s in RINGS_S])
            self._units = tuple(units)
        else:
            moved = np.flatnonzero((edge != self._edge) | (share != self._share))
            if len(moved) > ALL_ANEW:
                self._cover.place(edge, share)
            else:
                for unit in moved.tolist():
                    self._cover.move(unit, int(edge[unit]), float(share[unit]))
        self._edge, self._share = edge, share
        return self._cover, int((edge >= 0).sum())

    def _places(
        self, units: Mapping[str, Mapping[str, Any]], positions: Places
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Piece and share of each unit, -1 of those who are not free or nowhere."""
        edge, share = np.full(len(units), -1, np.int32), np.zeros(len(units))
        free, where = [], []
        for number, row in enumerate(units.values()):
            at = positions.get(row["id"]) or (row.get("lon"), row.get("lat"))
            if row["on_duty"] and row["status"] in FREE and at[0] is not None:
                free.append(number)
                where.append(at[:2])
        if free:
            lon, lat = np.array(where, np.float64).T
            found = self._roads.ground.snap(lon, lat, MODE)
            edge[free], share[free] = found.edge, found.share
        return edge, share


def street_metres(network: Network, arcs: ModeGraph) -> NDArray[np.int64]:
    """(N,) metres of drivable street at each junction: half of every piece that ends there."""
    used = (arcs.edge_arc_forward >= 0) | (arcs.edge_arc_backward >= 0)
    half = np.where(used, network.edge_length_m / 2, 0.0)
    metres = np.bincount(network.edge_from, half, len(network.node_lon)) + np.bincount(
        network.edge_to, half, len(network.node_lon)
    )
    return np.round(metres).astype(np.int64)


def half_streets(network: Network, arcs: ModeGraph) -> bytes:
    """See `LiveCoverage.streets`: every stroke of every used piece, cut in two where the middle of its piece lies."""
    start = np.asarray(network.shape_start)
    lon, lat = np.asarray(network.shape_lon), np.asarray(network.shape_lat)
    edge = np.repeat(np.arange(len(start) - 1), np.diff(start))
    first = np.flatnonzero(edge[1:] == edge[:-1])
    used = (arcs.edge_arc_forward >= 0) | (arcs.edge_arc_backward >= 0)
    first = first[used[edge[first]]]
    piece = edge[first]
    step = haversine_m(lon[first], lat[first], lon[first + 1], lat[first + 1])
    whole = np.bincount(piece, step, len(start) - 1)
    until = np.cumsum(step)
    new = np.concatenate([[True], piece[1:] != piece[:-1]]) if len(piece) else np.empty(0, bool)
    before = until - step
    begun = np.repeat(before[new], np.diff(np.append(np.flatnonzero(new), len(piece))))
    share = np.clip((whole[piece] / 2 - (before - begun)) / np.where(step > 0, step, 1.0), 0.0, 1.0)
    middle = [a[first] + (a[first + 1] - a[first]) * share for a in (lon, lat)]
    halves = [
        (share > 0, (lon[first], lat[first], *middle), network.edge_from),
        (share < 1, (*middle, lon[first + 1], lat[first + 1]), network.edge_to),
    ]
    columns = [
        np.stack([*(np.round(axis[kept] * 1e7) for axis in ends), junction[piece[kept]]])
        for kept, ends, junction in halves
    ]
    return np.concatenate(columns, axis=1).astype("<i4").tobytes()
