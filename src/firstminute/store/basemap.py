"""The vector base map of a city, cut from the ground's own arrays: `tile(zoom, column, row)` gives the bytes of one MVT tile.

Idea: streets are joined into strokes of one look, so that a name fits on its line; every class has a lowest zoom, so that a far view holds only
main streets. Layers: `water`, `green` (polygons), `waterway`, `rail`, `roads` (lines), `places` (points). Properties: `class`, `name`, `name_en`
where the source knows one, and for roads `oneway` (1). Tiles are cut when asked for and kept in a bounded cache. Limits: zoom 8 to 16, the map
view enlarges beyond; no buildings, no sea.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.layers import AREA_KINDS, LINE_KINDS, POINT_KINDS, Layers
from firstminute.geo.speeds import CLASS_INDEX, CLASSES
from firstminute.geo.strokes import join_strokes
from firstminute.store.mvt import EXTENT, LINE, POINT, POLYGON, Layer, encode_tile, pen
from firstminute.store.tilecut import MARGIN, cut_lines, cut_rings, degrees, ring_area2, world

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOWEST, HIGHEST = 8, 16
_CACHE_TILES = 2048
_ROAD_ZOOM = {
    "motorway": 8,
    "trunk": 8,
    "primary": 9,
    "secondary": 10,
    "tertiary": 11,
    "motorway_link": 11,
    "trunk_link": 11,
    "primary_link": 12,
}
_ROAD_ZOOM |= {
    "secondary_link": 13,
    "tertiary_link": 13,
    "unclassified": 12,
    "residential": 13,
    "living_street": 13,
    "road": 13,
    "busway": 13,
}
_ROAD_ZOOM |= {
    "pedestrian": 13,
    "service": 14,
    "track": 14,
    "cycleway": 14,
    "footway": 14,
    "path": 14,
    "bridleway": 14,
    "steps": 15,
    "ferry": 11,
}
_LINE_ZOOM = {"river": 8, "coastline": 8, "rail": 10, "metro": 10, "tram": 12, "stream": 13}
_PLACE_ZOOM = {
    "place:city": 8,
    "place:town": 9,
    "place:suburb": 11,
    "place:village": 12,
    "place:quarter": 13,
    "place:neighbourhood": 13,
    "station": 12,
}
_AREA_PIXELS = {8: 40.0, 9: 40.0, 10: 30.0, 11: 24.0, 12: 16.0, 13: 8.0}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Ragged shapes in world units with their boxes: start (S+1,), x, y (P,), box (S, 4) west, north, east, south, kind, name, group."""

    start: Ints
    x: Floats
    y: Floats
    box: Floats
    kind: NDArray[np.uint8]
    name: NDArray[np.int32]
    group: Ints


@dataclass(frozen=True, slots=True)
class BaseArrays:
    """Everything the base map draws, ready to be cut: roads (group 1 = one-way), lines, rings (group = area * 2 + hole), points."""

    roads: Shapes
    lines: Shapes
    rings: Shapes
    points: Shapes


def base_arrays(streets: Mapping[str, NDArray[np.generic]], layers: Layers) -> BaseArrays:
    """Join streets into strokes and project every layer.

    Parameters
    ----------
    streets : edge_from, edge_to, edge_class, edge_name, edge_oneway (1, -1 or 0), shape_start, shape_lon, shape_lat
    layers : the other layers
    """
    area = layers.ring_area.astype(np.int64) * 2 + layers.ring_hole
    kinds = layers.area_kind[layers.ring_area] if len(layers.ring_area) else np.empty(0, np.uint8)
    names = layers.area_name[layers.ring_area] if len(layers.ring_area) else np.empty(0, np.int32)
    single = np.arange(len(layers.point_lon) + 1, dtype=np.int64)
    return BaseArrays(
        roads=_roads(streets),
        lines=_shapes(
            layers.line_start,
            (layers.line_lon, layers.line_lat),
            (layers.line_kind, layers.line_name, np.zeros(len(layers.line_kind), np.int64)),
        ),
        rings=_shapes(layers.ring_start, (layers.ring_lon, layers.ring_lat), (kinds, names, area)),
        points=_shapes(
            single,
            (layers.point_lon, layers.point_lat),
            (layers.point_kind, layers.point_name, np.zeros(len(single) - 1, np.int64)),
        ),
    )


def _roads(streets: Mapping[str, NDArray[np.generic]]) -> Shapes:
    start, lon, lat = (np.asarray(streets[key]) for key in ("shape_start", "shape_lon", "shape_lat"))
    kind, name = (
        np.asarray(streets["edge_class"]).astype(np.int64),
        np.asarray(streets["edge_name"]).astype(np.int64),
    )
    way = np.asarray(streets["edge_oneway"]).astype(np.int64)
    drawn = np.array([class_name in _ROAD_ZOOM for class_name in CLASSES])
    one = np.abs(way)
    key = np.where(drawn[kind], ((name + 1) * len(CLASSES) + kind) * 2 + one, -1)
    x, y = world(lon, lat)
    first, last = start[:-1], start[1:] - 1
    heading = (
        np.arctan2(y[first + 1] - y[first], x[first + 1] - x[first]),
        np.arctan2(y[last - 1] - y[last], x[last - 1] - x[last]),
    )
    stroke, pieces = join_strokes(
        (np.asarray(streets["edge_from"]), np.asarray(streets["edge_to"])), heading, key
    )
    edge = pieces[stroke[:-1]] // 2
    against = pieces % 2
    points = [_piece(int(code) // 2, bool(turn), start) for code, turn in zip(pieces, against, strict=True)]
    size = np.array([len(part) for part in points], np.int64)
    bounds = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)[stroke]
    rows = np.concatenate(points) if points else np.empty(0, np.int64)
    return _boxed(
        bounds, (x[rows], y[rows]), (kind[edge].astype(np.uint8), name[edge].astype(np.int32), one[edge])
    )


def _piece(edge: int, against: bool, start: Ints) -> Ints:
    rows = np.arange(start[edge], start[edge + 1], dtype=np.int64)
    return rows[::-1] if against else rows


def _shapes(
    start: Ints, place: tuple[Floats, Floats], about: tuple[NDArray[np.uint8], NDArray[np.int32], Ints]
) -> Shapes:
    return _boxed(start, world(*place), about)


def _boxed(
    start: Ints, xy: tuple[Floats, Floats], about: tuple[NDArray[np.uint8], NDArray[np.int32], Ints]
) -> Shapes:
    x, y = xy
    if len(start) > 1:
        at = start[:-1]
        box = np.stack(
            [
                np.minimum.reduceat(x, at),
                np.minimum.reduceat(y, at),
                np.maximum.reduceat(x, at),
                np.maximum.reduceat(y, at),
            ],
            axis=1,
        )
    else:
        box = np.empty((0, 4))
    return Shapes(np.asarray(start, np.int64), x, y, box, *about)


@dataclass(slots=True)
class Basemap:
    """Cuts and keeps tiles; safe to share between threads.

    Attributes
    ----------
    arrays : what is drawn
    names, names_en : texts by row, and their English forms, "" where unknown
    digest : changes when the city changes, for caches of the browser
    """

    arrays: BaseArrays
    names: list[str]
    names_en: list[str]
    digest: str
    _kept: OrderedDict[tuple[int, int, int], bytes] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def named(self) -> list[tuple[str, str, str, float, float]]:
        """Areas, water and places that have a name: name, English name or "", sort (area, water, place), lon, lat in degrees."""
        found: dict[tuple[str, str, int], tuple[str, str, str, float, float]] = {}
        rings, points, lines = self.arrays.rings, self.arrays.points, self.arrays.lines
        middle = (rings.box[:, :2] + rings.box[:, 2:]) / 2
        sorts = ["water" if AREA_KINDS[kind] == "water" else "area" for kind in rings.kind]
        outer = np.flatnonzero((rings.group % 2 == 0) & (rings.name >= 0))
        for k in outer.tolist():
            self._note(found, int(rings.name[k]), sorts[k], (middle[k, 0], middle[k, 1]), int(rings.group[k]))
        for k in np.flatnonzero(points.name >= 0).tolist():
            self._note(found, int(points.name[k]), "place", (points.x[k], points.y[k]), k)
        water = np.array([kind in ("river", "stream") for kind in LINE_KINDS])
        for k in np.flatnonzero((lines.name >= 0) & water[lines.kind]).tolist():
            at = int(lines.start[k] + lines.start[k + 1]) // 2
            self._note(found, int(lines.name[k]), "water", (lines.x[at], lines.y[at]), -1)
        return list(found.values())

    def _note(
        self, found: dict[tuple[str, str, int], tuple[str, str, str, float, float]], name: int, sort: str,
        at: tuple[float, float], group: int,
    ) -> None:  # fmt: skip
        lon, lat = degrees(*at)
        found.setdefault(
            (sort, self.names[name], group), (self.names[name], self.names_en[name], sort, lon, lat)
        )

    def tile(self, zoom: int, column: int, row: int) -> bytes:
        """Bytes of a tile, b"" where nothing is drawn or no such tile exists."""
        key = (zoom, column, row)
        if not LOWEST <= zoom <= HIGHEST or not (0 <= column < 2**zoom and 0 <= row < 2**zoom):
            return b""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        data = self._cut(key)
        with self._lock:
            self._kept[key] = data
            if len(self._kept) > _CACHE_TILES:
                self._kept.popitem(last=False)
        return data

    def _cut(self, key: tuple[int, int, int]) -> bytes:
        zoom = key[0]
        tolerance = 0.0 if zoom >= HIGHEST else 1.5 if zoom >= 14 else 3.0
        layers = [
            Layer("water"),
            Layer("green"),
            Layer("waterway"),
            Layer("rail"),
            Layer("roads"),
            Layer("places"),
        ]
        by_name = {layer.name: layer for layer in layers}
        self._add_areas(by_name, key, tolerance)
        self._add_lines(by_name, key, tolerance)
        self._add_roads(by_name["roads"], key, tolerance)
        self._add_points(by_name["places"], key)
        return encode_tile(layers)

    def _tags(self, kind: str, name: int) -> dict[str, str | int]:
        if name < 0:
            return {"class": kind}
        english = {"name_en": self.names_en[name]} if self.names_en[name] else {}
        return {"class": kind, "name": self.names[name], **english}

    def _add_roads(self, layer: Layer, key: tuple[int, int, int], tolerance: float) -> None:
        shapes = self.arrays.roads
        shown = np.array([_ROAD_ZOOM.get(name, 99) <= key[0] for name in CLASSES])
        for kind, name, group, geometry in _line_features(shapes, _seen(shapes, key, shown), key, tolerance):
            layer.add(LINE, geometry, {**self._tags(CLASSES[kind], name), **({"oneway": 1} if group else {})})

    def _add_lines(self, layers: Mapping[str, Layer], key: tuple[int, int, int], tolerance: float) -> None:
        shapes = self.arrays.lines
        shown = np.array([_LINE_ZOOM[name] <= key[0] for name in LINE_KINDS])
        for kind, name, _, geometry in _line_features(shapes, _seen(shapes, key, shown), key, tolerance):
            word = LINE_KINDS[kind]
            layers["rail" if word in ("rail", "metro", "tram") else "waterway"].add(
                LINE, geometry, self._tags(word, name)
            )

    def _add_areas(self, layers: Mapping[str, Layer], key: tuple[int, int, int], tolerance: float) -> None:
        shapes = self.arrays.rings
        which = _seen(shapes, key, np.ones(len(AREA_KINDS), bool))
        size = (
            (shapes.box[which, 2] - shapes.box[which, 0] + shapes.box[which, 3] - shapes.box[which, 1])
            * EXTENT
            * 2.0 ** key[0]
        )
        which = which[size >= _AREA_PIXELS.get(key[0], 0.0)]
        x, y, start, ring = cut_rings((shapes.start, shapes.x, shapes.y), which, key, tolerance)
        area = shapes.group[ring] // 2
        for first, last in _runs(area):
            part_x, part_y, bounds = _oriented(
                x, y, start[first : last + 1], shapes.group[ring[first:last]] % 2 == 1
            )
            word = AREA_KINDS[shapes.kind[ring[first]]]
            name = int(shapes.name[ring[first]])
            layers["water" if word == "water" else "green"].add(
                POLYGON, pen(part_x, part_y, bounds, POLYGON), self._tags(word, name)
            )

    def _add_points(self, layer: Layer, key: tuple[int, int, int]) -> None:
        shapes = self.arrays.points
        scale = EXTENT * 2.0 ** key[0]
        shown = np.array([_PLACE_ZOOM[name] <= key[0] for name in POINT_KINDS])
        for k in _seen(shapes, key, shown, margin=0):
            x = np.array([shapes.x[k] * scale - EXTENT * key[1]], np.float64).astype(np.int32)
            y = np.array([shapes.y[k] * scale - EXTENT * key[2]], np.float64).astype(np.int32)
            layer.add(
                POINT,
                pen(x, y, np.array([0, 1], np.int64), POINT),
                self._tags(POINT_KINDS[shapes.kind[k]], int(shapes.name[k])),
            )


def _seen(shapes: Shapes, key: tuple[int, int, int], shown: NDArray[np.bool_], margin: int = MARGIN) -> Ints:
    """Shapes of a shown kind whose box meets the tile, in a stable order by kind (important last, so that it is drawn on top)."""
    zoom, column, row = key
    scale = 2.0**zoom
    gap = margin / EXTENT
    west, north, east, south = (
        (column - gap) / scale,
        (row - gap) / scale,
        (column + 1 + gap) / scale,
        (row + 1 + gap) / scale,
    )
    box = shapes.box
    hit = (box[:, 2] >= west) & (box[:, 0] < east) & (box[:, 3] >= north) & (box[:, 1] < south)
    which = np.flatnonzero(hit & shown[shapes.kind]) if len(box) else np.empty(0, np.int64)
    return which.astype(np.int64)


def _line_features(
    shapes: Shapes, which: Ints, key: tuple[int, int, int], tolerance: float
) -> list[tuple[int, int, int, bytes]]:
    """(kind, name, group, geometry): the parts of one look as one feature, minor kinds first."""
    order = np.lexsort((which, shapes.group[which], shapes.name[which], -shapes.kind[which].astype(np.int64)))
    which = which[order]
    x, y, start, shape = cut_lines((shapes.start, shapes.x, shapes.y), which, key, tolerance)
    look = np.stack(
        [shapes.kind[shape].astype(np.int64), shapes.name[shape].astype(np.int64), shapes.group[shape]],
        axis=1,
    )
    same = (
        np.concatenate([[0], np.cumsum((look[1:] != look[:-1]).any(axis=1))])
        if len(look)
        else np.empty(0, np.int64)
    )
    features = []
    for first, last in _runs(same):
        a, b = start[first], start[last]
        geometry = pen(x[a:b], y[a:b], start[first : last + 1] - a, LINE)
        kind, name, group = (int(value) for value in look[first])
        features.append((kind, name, group, geometry))
    return features


def _runs(value: Ints) -> list[tuple[int, int]]:
    """(first, last + 1) of each run of equal values."""
    if not len(value):
        return []
    cut = np.flatnonzero(value[1:] != value[:-1]) + 1
    return list(zip([0, *cut.tolist()], [*cut.tolist(), len(value)], strict=True))


def _oriented(
    x: NDArray[np.int32], y: NDArray[np.int32], start: Ints, hole: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32], Ints]:
    """Rings of one area with outer rings clockwise on screen and holes the other way round."""
    a = int(start[0])
    x, y = x[a : int(start[-1])].copy(), y[a : int(start[-1])].copy()
    start = start - a
    for k in range(len(start) - 1):
        first, last = int(start[k]), int(start[k + 1])
        if (ring_area2(x, y, first, last) > 0) == bool(hole[k]):
            x[first:last], y[first:last] = x[first:last][::-1].copy(), y[first:last][::-1].copy()
    return x, y, start


def road_kinds() -> tuple[str, ...]:
    """Classes that the base map draws, most important first."""
    return tuple(sorted(_ROAD_ZOOM, key=lambda name: CLASS_INDEX[name]))
