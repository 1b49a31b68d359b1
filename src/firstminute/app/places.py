"""Search of places: venues and stations of the feed, streets, crossings, areas and water of the imported map, and coordinates.

Idea: what the map names is read once; venues and stations are read again where a name or place among them changed. Limits: belongs to one thread;
`notice` may be called from another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from firstminute.app.spelling import spelled
from firstminute.command.coordinates import read_point
from firstminute.command.crossings import Pair, crossings
from firstminute.command.gazetteer import MOST_NAMES, Entry, Gazetteer, distinct_streets, shown
from firstminute.geo.ground import Ground

Rows = Mapping[str, Mapping[str, Any]]
Named = Sequence[tuple[str, str, str, float, float]]
SORTS = ("venue/", "station/")
CROSSINGS_MOST = 5


class PlaceBook:
    """Everything that can be found by its name.

    Parameters
    ----------
    ground : whose streets are found; None where no city is open
    named : further names of the map: name, English name or "", sort, lon, lat
    """

    def __init__(self, ground: Ground | None, named: Callable[[], Named] = tuple) -> None:
        self._ground, self._read_named = ground, named
        self._map: Gazetteer | None = None
        self._meeting: dict[Pair, tuple[float, float]] = {}
        self._live, self._known = Gazetteer([]), dict[str, tuple[Any, ...]]()
        self._stale = True

    def notice(self, changed: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Rows of the feed changed: a venue or station that is new, gone, renamed or moved is read before the next search."""
        for key, row in changed.items():
            if key.startswith(SORTS) and (None if row is None else _face(row)) != self._known.get(key):
                self._stale = True
                return

    def prepare(self, rows: Rows) -> None:
        """Read what there is to be found, as far as it is not read yet."""
        if self._map is None:
            ground = self._ground
            streets = distinct_streets(_street_names(ground)) if ground is not None else []
            areas = [
                Entry(name, name_en or None, sort, name, lon, lat)
                for name, name_en, sort, lon, lat in self._read_named()
            ]
            self._map = Gazetteer(_with_spelling([*areas, *streets]))
            self._meeting = meeting_streets(ground) if ground is not None else {}
        if self._stale:
            self._stale = False
            self._known = {key: _face(row) for key, row in rows.items() if key.startswith(SORTS)}
            entries = [
                Entry(name, name_en, key.partition("/")[0], key.partition("/")[2], lon, lat)
                for key, (name, name_en, lon, lat) in self._known.items()
            ]
            self._live = Gazetteer(_with_spelling(entries))

    def search(self, query: str, most: int, rows: Rows) -> list[dict[str, Any]]:
        """At most `most` places that the words name, best first: a point, a crossing, then names."""
        self.prepare(rows)
        assert self._map is not None
        bbox = self._ground.bbox if self._ground is not None else None
        mask = {"mask": self._ground.datum_mask} if self._ground is not None else {}
        point = read_point(query, bbox, **mask)
        if point is not None:
            lon, lat, datum = point
            return [shown(Entry(f"{lon}, {lat}", None, "point", "", lon, lat)) | {"datum": datum}]
        met = crossings(self._map, self._meeting, query, CROSSINGS_MOST)
        live = self._live.find(query, most)
        return [shown(each) for each in [*met, *live, *self._map.find(query, most)]][:most]


def _face(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["name"], row.get("name_en"), row["lon"], row["lat"]


def _with_spelling(entries: Sequence[Entry]) -> list[Entry]:
    return [
        Entry(e.name, e.name_en, e.sort, e.key, e.lon, e.lat, spelled(e.name)) for e in entries[:MOST_NAMES]
    ]


def _street_names(ground: Ground) -> list[tuple[str, str, float, float]]:
    network = ground.network
    middle = (network.shape_start[:-1] + network.shape_start[1:]) // 2
    named, first = np.unique(ground.edge_name, return_index=True)
    return [
        (
            ground.names[int(name)],
            ground.names_en[int(name)] if ground.names_en else "",
            float(network.shape_lon[middle[edge]]),
            float(network.shape_lat[middle[edge]]),
        )
        for name, edge in zip(named, first, strict=True)
        if name >= 0
    ]


def meeting_streets(ground: Ground) -> dict[Pair, tuple[float, float]]:
    """Names of two streets in their alphabetical order -> lon, lat of a junction where they meet."""
    network = ground.network
    node = np.concatenate([network.edge_from, network.edge_to]).astype(np.int64)
    name = np.concatenate([ground.edge_name, ground.edge_name]).astype(np.int64)
    both = np.unique(np.stack([node[name >= 0], name[name >= 0]], 1), axis=0)
    found: dict[Pair, tuple[float, float]] = {}
    ends = np.flatnonzero(np.diff(both[:, 0], append=-1)) + 1
    first = 0
    for last in ends.tolist():
        if last - first > 1:
            at = int(both[first, 0])
            here = sorted(ground.names[row] for row in both[first:last, 1].tolist())
            place = float(network.node_lon[at]), float(network.node_lat[at])
            for k, one in enumerate(here):
                for other in here[k + 1 :]:
                    if len(found) < MOST_NAMES:
                        found.setdefault((one, other), place)
        first = last
    return found
