"""How far one gets from a place: figures and GeoJSON of an isochrone, for the command line and the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.ground import Ground
from firstminute.geo.junctions import as_starts
from firstminute.geo.match import Snaps
from firstminute.geo.network import Ints, ModeGraph, Network
from firstminute.geo.outline import Ring, outline
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import build_search_graph
from firstminute.geo.search_isochrone import isochrone
from firstminute.geo.search_route import cut_shape
from firstminute.geo.speeds import DRONE_KMH
from firstminute.geo.streets import haversine_m
from firstminute.geo.travel import foot_limit_ds

Line = tuple[NDArray[np.float64], NDArray[np.float64]]
Stretches = tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]
_CIRCLE = 72


@dataclass(frozen=True, slots=True)
class Reach:
    """What was reached: figures for people, the streets, the area."""

    figures: dict[str, Any]
    streets: list[Line]
    polygons: list[list[Ring]]


def reached(
    ground: Ground, at: tuple[float, float], minutes: float, mode: str, *, lights_break_rules: bool = True
) -> Reach:
    """All that a mode reaches from a place in some minutes; nothing where the place has no street for it."""
    if mode == "drone":
        return _flown(ground, at, minutes)
    graph = ground.graph(mode, lights_break_rules=lights_break_rules)
    lon, lat = np.array([at[0]]), np.array([at[1]])
    snaps = ground.snap(lon, lat, mode)
    limit_ds = int(minutes * 600 + 1e-6)
    node = ground.junctions(snaps, lon, lat, mode)
    nodes, stretches = _driven(
        ground.network, graph, (snaps, node), foot_limit_ds(limit_ds) if mode == "run" else limit_ds
    )
    streets = [
        cut_shape(ground.network, edge, first, last)
        for edge, first, last in zip(*(column.tolist() for column in stretches), strict=True)
        if first != last
    ]
    polygons, area = _around(streets)
    figures = {
        "mode": mode,
        "minutes": minutes,
        "at": list(at),
        "snapped": _snapped(ground, (int(snaps.edge[0]), float(snaps.share[0])), float(snaps.offset_m[0])),
        "nodes": nodes,
        "street_km": round(_street_m(ground, *stretches) / 1000, 3),
        "area_km2": round(area, 3),
        "bbox": _box(streets),
    }
    return Reach(figures, streets, polygons)


def _driven(
    network: Network, graph: ModeGraph, start: tuple[Snaps, Ints], limit_ds: int
) -> tuple[int, Stretches]:
    """Number of junctions reached, and (piece, from share, to share) of every stretch, those reached from both ends twice."""
    snaps, at = start
    starts = as_starts(network, graph, snaps, at)
    nodes = [at]
    edge, low, high = [np.empty(0, np.int32)], [np.empty(0)], [np.empty(0)]
    if snaps.edge[0] >= 0:
        search = build_search_graph(graph)
        space = FloodSpace(search)
        for place in zip(starts.edge.tolist(), starts.share.tolist(), strict=True):
            found = isochrone(search, graph, space, place, limit_ds=limit_ds)
            nodes.append(found.node.astype(np.int32))
            edge.append(graph.arc_edge[found.arc])
            low.append(found.from_share)
            high.append(found.to_share)
    reached_nodes = np.unique(np.concatenate(nodes))
    return int((reached_nodes >= 0).sum()), (np.concatenate(edge), np.concatenate(low), np.concatenate(high))


def reached_geojson(reach: Reach) -> dict[str, Any]:
    """A FeatureCollection: the area, and the streets that were reached."""
    area = {"type": "MultiPolygon", "coordinates": reach.polygons}
    lines = [[[round(x, 7), round(y, 7)] for x, y in zip(*line, strict=True)] for line in reach.streets]
    features = [
        {"type": "Feature", "properties": {"kind": "area", **reach.figures}, "geometry": area},
        {
            "type": "Feature",
            "properties": {"kind": "streets"},
            "geometry": {"type": "MultiLineString", "coordinates": lines},
        },
    ]
    return {"type": "FeatureCollection", "features": features}


def _snapped(ground: Ground, place: tuple[int, float], offset_m: float) -> dict[str, Any] | None:
    if place[0] < 0:
        return None
    lon, lat = cut_shape(ground.network, place[0], 0.0, max(place[1], 1e-9))
    where = {"lon": round(float(lon[-1]), 7), "lat": round(float(lat[-1]), 7)}
    return {
        **where,
        "offset_m": round(offset_m, 1),
        "street": ground.street(place[0]),
        "edge": place[0],
        "share": round(place[1], 6),
    }


def _street_m(
    ground: Ground, edge: NDArray[np.int32], start: NDArray[np.float64], stop: NDArray[np.float64]
) -> float:
    """Length of street reached, each stretch once though it may be reached from both ends."""
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    order = np.lexsort((low, edge))
    edge, low, high = edge[order], low[order], high[order]
    total, last, upto = 0.0, -1, 0.0
    for piece, first, end in zip(edge.tolist(), low.tolist(), high.tolist(), strict=True):
        upto = upto if piece == last else 0.0
        last = piece
        total += max(0.0, end - max(first, upto)) * float(ground.network.edge_length_m[piece])
        upto = max(upto, end)
    return total


def _around(streets: list[Line]) -> tuple[list[list[Ring]], float]:
    if not streets:
        return [], 0.0
    start = np.concatenate([[0], np.cumsum([len(lon) for lon, _ in streets])]).astype(np.int64)
    return outline(
        start, np.concatenate([lon for lon, _ in streets]), np.concatenate([lat for _, lat in streets])
    )


def _box(streets: list[Line]) -> list[float] | None:
    if not streets:
        return None
    lon, lat = (np.concatenate([line[axis] for line in streets]) for axis in (0, 1))
    return [round(float(value), 7) for value in (lon.min(), lat.min(), lon.max(), lat.max())]


def _flown(ground: Ground, at: tuple[float, float], minutes: float) -> Reach:
    """A circle: a drone flies straight."""
    radius_m = DRONE_KMH / 3.6 * minutes * 60
    network = ground.network
    centre = [np.full(len(network.node_lon), value) for value in at]
    inside = haversine_m(network.node_lon, network.node_lat, *centre) <= radius_m
    both = inside[network.edge_from] & inside[network.edge_to]
    angle = np.linspace(0, 2 * np.pi, _CIRCLE + 1)
    degrees = radius_m / 111_195.08
    lon = at[0] + degrees * np.cos(angle) / max(0.01, np.cos(np.radians(at[1])))
    lat = at[1] + degrees * np.sin(angle)
    ring = [(round(x, 7), round(y, 7)) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    ring[-1] = ring[0]
    figures = {
        "mode": "drone",
        "minutes": minutes,
        "at": list(at),
        "snapped": None,
        "nodes": int(inside.sum()),
        "street_km": round(float(network.edge_length_m[both].sum()) / 1000, 3),
        "area_km2": round(float(np.pi) * radius_m**2 / 1e6, 3),
        "bbox": [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())],
    }
    return Reach(figures, [], [[ring]])
