"""Building a city: a drawing or tables in, a network with times, turn rules, names and base map out.

Idea: both sources end in the same `CityParts`, so that what follows (writing, opening, searching) knows only one kind of city; the demo
city is a drawing too and takes the same road. Limits: everything is built in memory; a city of a million junctions needs about 2 GB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.arcs import TimesDs, mode_times
from firstminute.geo.barriers import barrier_blocks
from firstminute.geo.datum import MAINLAND, Datum, Ring, convert
from firstminute.geo.islands import offered_pieces, used_pieces
from firstminute.geo.layers import Layers, Line, Names, join_rings, make_layers
from firstminute.geo.match import SnapIndex, build_snap_index
from firstminute.geo.network import Built, Network, build_network, scc_share
from firstminute.geo.restrictions import TurnRule, TurnSummary, read_restrictions
from firstminute.geo.rows import Rows, as_driven, streets_from_rows
from firstminute.geo.speeds import LIGHTS_FREE, REGIONS, SIGMA_LOG, Region, region_of
from firstminute.geo.streets import CONNECTOR_WAY, Streets, cut_streets
from firstminute.geo.tags import BIKE, CAR, LIGHTS, MODE_BIT, WayRule, way_rules
from firstminute.store.basemap import BaseArrays, base_arrays
from firstminute.store.ground_osm import GroundSourceError, OsmRaw, area_kind, line_kind
from firstminute.store.ground_table import TableRaw, TableSource

Tell = Callable[[str, int, int], None]
_RULED = {"e-bike": BIKE, "car": CAR, "car-lights": LIGHTS}
_SNAP_BIT = {**MODE_BIT, LIGHTS_FREE: LIGHTS}


@dataclass(frozen=True, slots=True)
class CityParts:
    """A city ready to be written or used.

    Attributes
    ----------
    network : with every mode, LIGHTS_FREE beside them
    snap : index over all pieces
    edge_name : (E,) row in names, -1 none
    edge_posted : (E,) True where a limit was posted
    base : the base map
    names, names_en : texts, and their English forms, "" where unknown
    about : what `city info` tells, plain values
    """

    network: Network
    snap: SnapIndex
    edge_name: NDArray[np.int32]
    edge_posted: NDArray[np.bool_]
    base: BaseArrays
    names: list[str]
    names_en: list[str]
    about: dict[str, Any] = field(default_factory=dict)


def city_from_drawing(
    raw: OsmRaw,
    *,
    region: str | None = None,
    source: str = "",
    datum: Datum = "wgs84",
    mask: Ring = MAINLAND,
    tell: Tell | None = None,
) -> CityParts:
    """A city from ways, nodes and relations.

    Parameters
    ----------
    raw : the drawing; `way_ids` and `node_ids` may be row numbers
    region : code of speeds.REGIONS, None = by place
    source : what it was read from, for `city info`
    datum : of the drawing's coordinates;  mask : where it is shifted, see `geo.datum`; kept with the city for what comes in later
    tell : progress(stage, done, total)
    """
    tell = tell or (lambda stage, done, total: None)
    lon, lat = convert(raw.node_lon, raw.node_lat, source=datum, target="wgs84", mask=mask)
    limits = _region(region, lon, lat)
    tell("streets", 0, 0)
    rules = way_rules(raw.way_tags, limits)
    blocked = {row: barrier_blocks(tags) for row, tags in raw.node_tags.items()}
    if not any(rule is not None for rule in rules):
        raise GroundSourceError("ground.no_roads", path=source)
    streets = cut_streets((raw.way_start, raw.way_ref), (lon, lat), rules, blocked)
    if not len(streets.edge_from):
        raise GroundSourceError("ground.no_roads", path=source)
    tell("turns", 0, 0)
    turns, summary = read_restrictions(raw.restrictions, streets, raw.way_ids, raw.node_ids)
    times = mode_times(streets, limits)
    built = build_network(streets, times, rules=_rules_by_mode(turns), sigma_log=_sigmas())
    tell("map", 0, 0)
    names = Names()
    way_name = np.array([names.row(_name(tags), _english(tags)) for tags in raw.way_tags] + [-1], np.int32)
    layers = _layers(raw, (lon, lat), names)
    about = {
        "source": source,
        "region": limits.code,
        "datum": datum,
        "datum_mask": None if mask is MAINLAND else mask,
        "speed_source": _osm_speed_source(streets, limits),
        "turns": _turn_report(summary),
        "barriers": {"nodes": len(blocked), "connectors": int((streets.edge_way == CONNECTOR_WAY).sum())},
        "left_out": {"missing_nodes": raw.missing, "conditional_tags": _conditional(rules)},
    }
    offered = offered_pieces(built.network, _SNAP_BIT)
    return _finish(
        built, (streets, times), way_name[streets.edge_way], (names, layers), about, offered=offered
    )


def city_from_tables(
    raw: TableRaw,
    source: TableSource,
    *,
    region: str | None = None,
    datum: Datum = "wgs84",
    mask: Ring = MAINLAND,
    tell: Tell | None = None,
) -> CityParts:
    """A city from node and edge tables; arguments as in `city_from_drawing`."""
    tell = tell or (lambda stage, done, total: None)
    tell("streets", 0, 0)
    places = convert(raw.node_lon, raw.node_lat, source=datum, target="wgs84", mask=mask)
    shapes = (
        raw.shapes
        if datum == "wgs84"
        else [convert(*shape, source=datum, target="wgs84", mask=mask) for shape in raw.shapes]
    )
    limits = _region(region, *places)
    rows = Rows(
        raw.u,
        raw.v,
        raw.length_m,
        raw.edge_class,
        raw.posted_kmh,
        raw.time_s,
        shapes,
        raw.names,
        source.undirected,
    )
    made = streets_from_rows(places, rows, as_driven(limits) if source.speed else limits)
    built = build_network(made.streets, made.times, sigma_log=_sigmas())
    tell("map", 0, 0)
    names = Names()
    edge_name = np.array([names.row(name) for name in made.names], np.int32)
    counts: Counter[str] = Counter(raw.counts)
    counts["rows_repeated"] = made.repeated
    counts["rows_joined_as_second_direction"] = made.joined
    about = {
        "source": f"{source.nodes.name} {source.edges.name}",
        "region": limits.code,
        "datum": datum,
        "datum_mask": None if mask is MAINLAND else mask,
        "speed_source": _table_speed_source(raw, source, limits),
        "turns": _turn_report(TurnSummary()),
        "barriers": {"nodes": 0, "connectors": 0},
        "left_out": dict(counts),
    }
    return _finish(
        built,
        (made.streets, made.times),
        edge_name,
        (names, make_layers([], [], [], names)),
        about,
        offered=used_pieces(built.network, _SNAP_BIT),  # a table says itself what is joined: no scraps in it
    )


def _finish(
    built: Built,
    made: tuple[Streets, Mapping[str, TimesDs]],
    name: NDArray[np.int32],
    drawn: tuple[Names, Layers],
    about: dict[str, Any],
    *,
    offered: NDArray[np.uint8],
) -> CityParts:
    network, rows = built.network, built.edge_row
    streets, times = made
    names, layers = drawn
    oneway = np.where(times["car"][0] < 0, -1, 0) + np.where(times["car"][1] < 0, 1, 0)
    edge_name = name[rows]
    base = base_arrays(
        {
            "edge_from": network.edge_from,
            "edge_to": network.edge_to,
            "edge_class": network.edge_class,
            "edge_name": edge_name,
            "edge_oneway": oneway[rows],
            "shape_start": network.shape_start,
            "shape_lon": network.shape_lon,
            "shape_lat": network.shape_lat,
        },
        layers,
    )
    snap = build_snap_index(network.shape_start, network.shape_lon, network.shape_lat, offered)
    posted = np.isfinite(streets.posted_forward_kmh) | np.isfinite(streets.posted_backward_kmh)
    about = _counts(network) | about
    return CityParts(network, snap, edge_name, posted[rows], base, names.texts, names.english, about)


def _counts(network: Network) -> dict[str, Any]:
    """What a city is, by numbers; nodes, arcs and scc_share at the top are those of the car."""
    per_mode = {mode: _mode_counts(network, mode) for mode in (*MODE_BIT, LIGHTS_FREE)}
    main = per_mode["car"] if per_mode["car"]["arcs"] else per_mode["foot"]
    box = [
        float(v)
        for v in (
            network.shape_lon.min(),
            network.shape_lat.min(),
            network.shape_lon.max(),
            network.shape_lat.max(),
        )
    ]
    served = [mode for mode in MODE_BIT if per_mode[mode]["arcs"]]
    run = ["run"] if "foot" in served else []
    return {
        **main,
        "junctions": len(network.node_lon),
        "pieces": len(network.edge_from),
        "length_km": round(float(network.edge_length_m.sum()) / 1000, 1),
        "bbox": [round(v, 7) for v in box],
        "modes": [*served, *run, "drone"],
        "per_mode": per_mode,
    }


def _mode_counts(network: Network, mode: str) -> dict[str, Any]:
    graph = network.modes[mode]
    used = len(np.unique(np.concatenate([graph.arc_head, graph.arc_tail])))
    return {"nodes": used, "arcs": len(graph.arc_head), "scc_share": round(scc_share(graph), 4)}


def _region(code: str | None, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Region:
    if code is not None:
        return REGIONS[code]
    return region_of(float(np.nanmedian(lon)), float(np.nanmedian(lat)))


def _sigmas() -> dict[str, float]:
    return {**SIGMA_LOG, LIGHTS_FREE: SIGMA_LOG["car-lights"]}


def _rules_by_mode(turns: list[TurnRule]) -> dict[str, list[TurnRule]]:
    """Rules that bind each mode; walkers, boats and a car with lights that may break rules are bound by none."""
    return {mode: [rule for rule in turns if rule.modes & bit] for mode, bit in _RULED.items()}


def _turn_report(summary: TurnSummary) -> dict[str, Any]:
    return {
        "kept": summary.kept,
        "via_ways": summary.via_ways,
        "ignored": dict(sorted(summary.ignored.items())),
    }


def _conditional(rules: list[WayRule | None]) -> int:
    return sum(rule.conditional for rule in rules if rule is not None)


def _osm_speed_source(streets: Streets, region: Region) -> str:
    roads = (streets.forward | streets.backward) & CAR > 0
    posted = roads & (np.isfinite(streets.posted_forward_kmh) | np.isfinite(streets.posted_backward_kmh))
    table = f"class_table:{region.code}"
    return f"maxspeed ({int(posted.sum())} of {int(roads.sum())} pieces) + {table}" if posted.any() else table


def _table_speed_source(raw: TableRaw, source: TableSource, region: Region) -> str:
    parts = [f"{mode}: column {column}" for mode, column in source.time_s.items()]
    if source.speed:
        parts.append(f"column {source.speed[0]} ({raw.counts['rows_posted']} of {len(raw.u)} rows)")
    if "car" not in source.time_s:
        parts.append(
            f"class_table:{region.code}" + ("" if raw.has_class else " (no highway column: unclassified)")
        )
    return " + ".join(parts)


def _name(tags: Mapping[str, str]) -> str:
    return tags.get("name:zh") or tags.get("name") or tags.get("ref") or ""


def _english(tags: Mapping[str, str]) -> str:
    return tags.get("name:en") or tags.get("name:zh_pinyin") or ""


def _layers(raw: OsmRaw, places: tuple[NDArray[np.float64], NDArray[np.float64]], names: Names) -> Layers:
    lon, lat = places
    rows = [raw.way_ref[raw.way_start[k] : raw.way_start[k + 1]] for k in range(len(raw.way_tags))]
    lines: list[tuple[str, str, Line]] = []
    areas: list[tuple[str, str, list[Line], list[Line]]] = []
    for tags, row in zip(raw.way_tags, rows, strict=True):
        area, line = area_kind(tags), line_kind(tags)
        if area is not None and len(row) >= 4 and row[0] == row[-1]:
            areas.append((area, tags.get("name", ""), [(lon[row], lat[row])], []))
        elif line is not None:
            lines.append((line, tags.get("name", ""), (lon[row], lat[row])))
    by_id: dict[int, list[NDArray[np.int64]]] = {}
    wanted = {way for _, members in raw.rings for _, way in members}
    for way, row in zip(raw.way_ids, rows, strict=True):
        if way in wanted:
            by_id.setdefault(way, []).append(row)
    for tags, members in raw.rings:
        parts: dict[bool, list[NDArray[np.int64]]] = {False: [], True: []}
        for role, way in members:
            parts[role == "inner"] += by_id.get(way, [])
        outer, inner = (
            [(lon[ring], lat[ring]) for ring in join_rings(parts[hole]) if len(ring) >= 3]
            for hole in (False, True)
        )
        if outer:
            areas.append((area_kind(tags) or "water", tags.get("name", ""), outer, inner))
    for tags in (*raw.way_tags, *(tags for tags, _ in raw.rings)):
        names.row(tags.get("name", ""), _english(tags))
    for _, name, _, _ in raw.points:
        names.row(name, raw.english.get(name, ""))
    return make_layers(lines, areas, raw.points, names)


def drawn_raw(
    node_lon: NDArray[np.float64],
    node_lat: NDArray[np.float64],
    ways: tuple[list[Mapping[str, str]], NDArray[np.int64], NDArray[np.int64]],
    *,
    node_tags: Mapping[int, Mapping[str, str]] | None = None,
    restrictions: list[tuple[Mapping[str, str], list[tuple[str, str, int]]]] | None = None,
    points: list[tuple[str, str, float, float]] | None = None,
) -> OsmRaw:
    """A drawing made by a program (the demo city, a test) as if it had been read; ids are row numbers.

    Parameters
    ----------
    node_lon, node_lat : (N,) degrees
    ways : (tags, way_start, way_ref)
    node_tags, restrictions, points : as in OsmRaw
    """
    tags, start, ref = ways
    raw = OsmRaw(way_tags=list(tags), way_ids=list(range(len(tags))))
    return replace(
        raw,
        way_start=np.asarray(start, np.int64),
        way_ref=np.asarray(ref, np.int64),
        node_ids=np.arange(len(node_lon), dtype=np.int64),
        node_lon=np.asarray(node_lon, np.float64),
        node_lat=np.asarray(node_lat, np.float64),
        node_tags=dict(node_tags or {}),
        restrictions=list(restrictions or []),
        points=list(points or []),
    )
