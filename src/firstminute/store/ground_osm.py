"""Reading an OpenStreetMap `.osm.pbf` into plain arrays: ways, their nodes, barriers, restrictions, base-map lines and areas.

Idea: pyosmium decodes and puts places to the nodes of ways where the file's order lets it; what it could not place (nodes after ways, negative
ids) is looked for in a second pass. Ids are joined by sorting, so that order, negative ids and a missing header box do not matter.
Limits: history files and `.osm` diffs are not read; a member that lies outside the file is counted and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray

from firstminute.geo.tags import way_class

Tags = Mapping[str, str]
Progress = Callable[[str, int, int], None]

_STEP = 20_000
_UNDEFINED = 2**31 - 1  # what a location holds that was never set
_AREA_KEYS = ("natural", "waterway", "landuse", "leisure", "boundary")
_AREA_VALUES = {
    ("natural", "water"): "water",
    ("waterway", "riverbank"): "water",
    ("waterway", "dock"): "water",
    ("landuse", "reservoir"): "water",
    ("landuse", "basin"): "water",
    ("leisure", "park"): "park",
    ("leisure", "garden"): "park",
    ("leisure", "nature_reserve"): "park",
    ("leisure", "pitch"): "park",
    ("landuse", "grass"): "park",
    ("landuse", "forest"): "park",
    ("landuse", "recreation_ground"): "park",
    ("natural", "wood"): "park",
}
_LINE_VALUES = {
    ("waterway", "river"): "river",
    ("waterway", "canal"): "river",
    ("waterway", "stream"): "stream",
    ("natural", "coastline"): "coastline",
    ("railway", "rail"): "rail",
    ("railway", "light_rail"): "rail",
    ("railway", "subway"): "metro",
    ("railway", "tram"): "tram",
    ("railway", "monorail"): "metro",
}
_STATION = {"station", "halt", "subway_entrance", "tram_stop"}
_PLACES = {"city", "town", "suburb", "village", "neighbourhood", "quarter"}


class GroundSourceError(ValueError):
    """A source that is no road network: a code of the `ground.` catalogue and its parameters."""

    def __init__(self, code: str, **parameters: str | int | float) -> None:
        super().__init__(f"{code} {parameters}")
        self.code = code
        self.parameters = parameters


@dataclass(slots=True)
class OsmRaw:
    """What a file holds that the ground needs, joined by position and no longer by id.

    Attributes
    ----------
    way_tags, way_ids : one entry for each way that is kept
    way_start, way_ref : CSR of node rows; `way_ref[way_start[k]:way_start[k+1]]` index into node_lon, node_lat
    node_lon, node_lat : coordinates of every node in use, degrees
    node_tags : row -> tags, of nodes with a barrier
    restrictions : (tags, members) with members = (role, kind, id), kind "n" or "w"
    node_ids : (N,) ids of the rows
    rings : outer and inner ways of multipolygons: (tags, [(role, way id)])
    points : named points of the base map: (kind, name, lon, lat)
    english : English names of those points, by name
    bbox : header box west, south, east, north, or None
    missing : references to nodes that the file does not hold
    """

    way_tags: list[Tags] = field(default_factory=list)
    way_ids: list[int] = field(default_factory=list)
    way_start: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    way_ref: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    node_ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    node_lon: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    node_lat: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    node_tags: dict[int, Tags] = field(default_factory=dict)
    restrictions: list[tuple[Tags, list[tuple[str, str, int]]]] = field(default_factory=list)
    rings: list[tuple[Tags, list[tuple[str, int]]]] = field(default_factory=list)
    points: list[tuple[str, str, float, float]] = field(default_factory=list)
    english: dict[str, str] = field(default_factory=dict)
    bbox: tuple[float, float, float, float] | None = None
    missing: int = 0


def area_kind(tags: Tags) -> str | None:
    """The base-map layer of an area: "water", "park" or None."""
    for key in _AREA_KEYS:
        kind = _AREA_VALUES.get((key, tags.get(key, "")))
        if kind is not None:
            return kind
    return None


def line_kind(tags: Tags) -> str | None:
    """The base-map layer of a line: "river", "stream", "coastline", "rail", "metro", "tram" or None."""
    for key in ("waterway", "railway", "natural"):
        kind = _LINE_VALUES.get((key, tags.get(key, "")))
        if kind is not None:
            return kind
    return None


def read_osm(path: Path, progress: Progress | None = None) -> OsmRaw:
    """Read a `.osm.pbf` file.

    Parameters
    ----------
    path : the file
    progress : called as progress(stage, done, 0) every few thousand objects

    Raises
    ------
    GroundSourceError : missing, empty, truncated, wrong kind, or without a single way
    """
    check_file(path)
    _check_pbf(path)
    tell = progress or (lambda stage, done, total: None)
    try:
        raw, steps = _read_ways(path, tell)
        _read_nodes(path, raw, steps, tell)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise GroundSourceError("ground.broken_file", path=str(path), reason=str(error)[:200]) from error
    if not raw.way_tags:
        raise GroundSourceError("ground.no_ways", path=str(path))
    return raw


def check_file(path: Path) -> None:
    """Raise GroundSourceError where a file is missing, no file, empty, or not ours to read."""
    if not path.exists():
        raise GroundSourceError("ground.no_such_file", path=str(path))
    if path.is_dir():
        raise GroundSourceError("ground.is_directory", path=str(path))
    if path.stat().st_size == 0:
        raise GroundSourceError("ground.empty_file", path=str(path))
    try:
        with path.open("rb") as handle:
            handle.read(1)
    except OSError as error:
        raise GroundSourceError("ground.not_readable", path=str(path), reason=error.strerror or "") from error


def _check_pbf(path: Path) -> None:
    with path.open("rb") as handle:
        head = handle.read(64)
    # A PBF starts with a 4-byte big-endian length and a BlobHeader whose first field is the type "OSMHeader".
    if b"OSMHeader" not in head:
        raise GroundSourceError("ground.not_pbf", path=str(path))


def _pbf(path: Path) -> osmium.io.File:
    """The file as PBF, whatever its name ends with."""
    return osmium.io.File(str(path), "pbf")


def _kept(tags: Tags) -> bool:
    return way_class(tags) is not None or area_kind(tags) is not None or line_kind(tags) is not None


def _objects(path: Path, kinds: osmium.osm.osm_entity_bits, keys: tuple[str, ...] = ()) -> Iterator[Any]:
    processor = osmium.FileProcessor(_pbf(path), kinds)
    if keys:
        processor = processor.with_filter(osmium.filter.KeyFilter(*keys))
    return iter(processor)


_WAY_KEYS = (
    "highway",
    "route",
    "waterway",
    "seamark:type",
    "railway",
    "public_transport",
    "natural",
    "landuse",
    "leisure",
)


@dataclass(slots=True)
class _Steps:
    """The node references of all kept ways in a row, with their places as the reader of ways saw them (1e-7 degrees)."""

    ref: list[int] = field(default_factory=list)
    x: list[int] = field(default_factory=list)
    y: list[int] = field(default_factory=list)


def _read_ways(path: Path, tell: Progress) -> tuple[OsmRaw, _Steps]:
    raw, steps = OsmRaw(), _Steps()
    _read_relations(path, raw)
    wanted = {way for _, members in raw.rings for _, way in members}
    start = [0]
    processor = osmium.FileProcessor(_pbf(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    processor = processor.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    if not wanted:
        processor = processor.with_filter(osmium.filter.KeyFilter(*_WAY_KEYS))
    way: Any
    for seen, way in enumerate(processor):
        if seen % _STEP == 0:
            tell("ways", seen, 0)
        tags = dict(way.tags)
        if way.id not in wanted and not (tags and _kept(tags)):
            continue
        nodes = list(way.nodes)
        if len(nodes) < 2:
            continue
        steps.ref += [node.ref for node in nodes]
        steps.x += [node.x for node in nodes]
        steps.y += [node.y for node in nodes]
        start.append(len(steps.ref))
        raw.way_tags.append(tags)
        raw.way_ids.append(way.id)
    raw.way_start = np.array(start, np.int64)
    box = osmium.io.Reader(_pbf(path), osmium.osm.NOTHING).header().box()
    if box.valid():
        raw.bbox = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    return raw, steps


def _read_relations(path: Path, raw: OsmRaw) -> None:
    for relation in _objects(path, osmium.osm.RELATION):
        tags = dict(relation.tags)
        kind = tags.get("type")
        if kind == "restriction" or (kind or "").startswith("restriction:"):
            raw.restrictions.append(
                (tags, [(m.role, m.type, m.ref) for m in relation.members if m.type in "nw"])
            )
        elif kind == "multipolygon" and area_kind(tags) is not None:
            raw.rings.append((tags, [(m.role, m.ref) for m in relation.members if m.type == "w"]))


def _read_nodes(path: Path, raw: OsmRaw, steps: _Steps, tell: Progress) -> None:
    refs = np.array(steps.ref, np.int64)
    raw.node_ids, first = np.unique(refs, return_index=True)
    x, y = (np.array(axis, np.int64)[first] for axis in (steps.x, steps.y))
    lost = raw.node_ids[(x == _UNDEFINED) | (y == _UNDEFINED)]
    if len(lost):
        found = _find_nodes(path, lost, tell)
        at = np.searchsorted(raw.node_ids, found[0])
        x[at], y[at] = found[1], found[2]
    raw.node_lon, raw.node_lat = x / 1e7, y / 1e7
    bad = ~((np.abs(raw.node_lon) <= 180.0) & (np.abs(raw.node_lat) <= 90.0))
    raw.missing = int(bad.sum())
    _drop_missing(raw, np.searchsorted(raw.node_ids, refs), bad)
    tell("nodes", len(raw.node_ids), 0)
    for node in _objects(path, osmium.osm.NODE, ("barrier", "railway", "place")):
        _node_tags(node, raw)


def _find_nodes(path: Path, lost: NDArray[np.int64], tell: Progress) -> NDArray[np.int64]:
    """(3, F) id, x, y of nodes that stand behind the ways that use them, or that the location index does not take."""
    wanted = set(lost.tolist())
    found = []
    for seen, node in enumerate(_objects(path, osmium.osm.NODE)):
        if seen % _STEP == 0:
            tell("nodes", seen, 0)
        if node.id in wanted:
            found.append((node.id, node.location.x, node.location.y))
    return np.array(found, np.int64).reshape(-1, 3).T


def _node_tags(node: Any, raw: OsmRaw) -> None:
    tags = dict(node.tags)
    at = int(np.searchsorted(raw.node_ids, node.id))
    if "barrier" in tags and at < len(raw.node_ids) and raw.node_ids[at] == node.id:
        raw.node_tags[at] = tags
    name = tags.get("name") or tags.get("name:zh")
    if name is None or not node.location.valid():
        return
    if tags.get("railway") in _STATION:
        raw.points.append(("station", name, node.location.lon, node.location.lat))
    elif tags.get("place") in _PLACES:
        raw.points.append((f"place:{tags['place']}", name, node.location.lon, node.location.lat))
    else:
        return
    if "name:en" in tags:
        raw.english.setdefault(name, tags["name:en"])


def _drop_missing(raw: OsmRaw, row: NDArray[np.int64], bad: NDArray[np.bool_]) -> None:
    """Cut references to nodes without a place; a cut way keeps the pieces it still has as one way each."""
    if not len(row):
        raw.way_ref = row
        return
    gone = bad[row]
    if not gone.any():
        raw.way_ref = row
        return
    refs: list[int] = []
    start, tags, ids = [0], [], []
    for k in range(len(raw.way_tags)):
        a, b = raw.way_start[k], raw.way_start[k + 1]
        for piece in _runs(row[a:b], gone[a:b]):
            refs += piece
            start.append(len(refs))
            tags.append(raw.way_tags[k])
            ids.append(raw.way_ids[k])
    raw.way_ref, raw.way_start = np.array(refs, np.int64), np.array(start, np.int64)
    raw.way_tags, raw.way_ids = tags, ids


def _runs(row: NDArray[np.int64], gone: NDArray[np.bool_]) -> Iterator[list[int]]:
    piece: list[int] = []
    for value, lost in zip(row.tolist(), gone.tolist(), strict=True):
        if not lost:
            piece.append(value)
            continue
        if len(piece) >= 2:
            yield piece
        piece = []
    if len(piece) >= 2:
        yield piece
