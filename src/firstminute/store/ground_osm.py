"""Reading an OpenStreetMap `.osm.pbf` into plain arrays: ways, their nodes, barriers, restrictions, base-map lines and areas.

Idea: two passes by object type (ways and relations first, then only the nodes they use), so that the order of objects, negative ids and
a missing header box do not matter; ids are joined by sorting, not by an index that assumes small positive numbers. pyosmium does the
decoding. Limits: history files and `.osm` diffs are not read; a member that lies outside the file is counted and left out.
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
    _check_file(path)
    tell = progress or (lambda stage, done, total: None)
    try:
        raw, refs = _read_ways(path, tell)
        _read_nodes(path, raw, refs, tell)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise GroundSourceError("ground.broken_file", path=str(path), reason=str(error)[:200]) from error
    if not raw.way_tags:
        raise GroundSourceError("ground.no_ways", path=str(path))
    return raw


def _check_file(path: Path) -> None:
    if not path.exists():
        raise GroundSourceError("ground.no_such_file", path=str(path))
    if path.is_dir():
        raise GroundSourceError("ground.is_directory", path=str(path))
    if path.stat().st_size == 0:
        raise GroundSourceError("ground.empty_file", path=str(path))
    with path.open("rb") as handle:
        head = handle.read(64)
    # A PBF starts with a 4-byte big-endian length and a BlobHeader whose first field is the type "OSMHeader".
    if b"OSMHeader" not in head:
        raise GroundSourceError("ground.not_pbf", path=str(path))


def _kept(tags: Tags) -> bool:
    return way_class(tags) is not None or area_kind(tags) is not None or line_kind(tags) is not None


def _objects(path: Path, kinds: osmium.osm.osm_entity_bits, keys: tuple[str, ...] = ()) -> Iterator[Any]:
    processor = osmium.FileProcessor(str(path), kinds)
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


def _read_ways(path: Path, tell: Progress) -> tuple[OsmRaw, NDArray[np.int64]]:
    raw = OsmRaw()
    _read_relations(path, raw)
    wanted = {way for _, members in raw.rings for _, way in members}
    refs: list[int] = []
    start = [0]
    kinds = osmium.osm.WAY
    for seen, way in enumerate(_objects(path, kinds, () if wanted else _WAY_KEYS)):
        if seen % _STEP == 0:
            tell("ways", seen, 0)
        tags = dict(way.tags)
        if way.id not in wanted and not (tags and _kept(tags)):
            continue
        nodes = [node.ref for node in way.nodes]
        if len(nodes) < 2:
            continue
        refs += nodes
        start.append(len(refs))
        raw.way_tags.append(tags)
        raw.way_ids.append(way.id)
    raw.way_start = np.array(start, np.int64)
    box = osmium.io.Reader(str(path), osmium.osm.NOTHING).header().box()
    if box.valid():
        raw.bbox = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    return raw, np.array(refs, np.int64)


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


def _read_nodes(path: Path, raw: OsmRaw, refs: NDArray[np.int64], tell: Progress) -> None:
    wanted = np.unique(refs)
    lon = np.full(len(wanted), np.nan)
    lat = np.full(len(wanted), np.nan)
    ids: list[int] = []
    xs: list[int] = []
    ys: list[int] = []
    barriers: list[tuple[int, Tags]] = []
    for seen, node in enumerate(_objects(path, osmium.osm.NODE)):
        if seen % _STEP == 0:
            tell("nodes", seen, 0)
        place = node.location
        ids.append(node.id)
        xs.append(place.x)
        ys.append(place.y)
        if node.tags:
            _node_tags(node, raw, barriers)
    file_ids = np.array(ids, np.int64)
    where = np.searchsorted(wanted, file_ids)
    where[where == len(wanted)] = 0
    hit = wanted[where] == file_ids if len(wanted) else np.zeros(len(file_ids), bool)
    lon[where[hit]] = np.array(xs, np.float64)[hit] / 1e7
    lat[where[hit]] = np.array(ys, np.float64)[hit] / 1e7
    bad = ~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))
    raw.missing = int(bad.sum())
    row = np.searchsorted(wanted, refs)
    _drop_missing(raw, row, bad)
    raw.node_ids, raw.node_lon, raw.node_lat = wanted, lon, lat
    for node_id, tags in barriers:
        at = int(np.searchsorted(wanted, node_id))
        if at < len(wanted) and wanted[at] == node_id:
            raw.node_tags[at] = tags


def _node_tags(node: osmium.osm.Node, raw: OsmRaw, barriers: list[tuple[int, Tags]]) -> None:
    tags = dict(node.tags)
    if "barrier" in tags:
        barriers.append((node.id, tags))
    name = tags.get("name") or tags.get("name:zh")
    if name is None or not node.location.valid():
        return
    if tags.get("railway") in _STATION:
        raw.points.append(("station", name, node.location.lon, node.location.lat))
    elif tags.get("place") in _PLACES:
        raw.points.append((f"place:{tags['place']}", name, node.location.lon, node.location.lat))


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
