"""Ways, reached streets and the area around them as lists of coordinates for a map."""

from __future__ import annotations

import numpy as np

from firstminute.geo.network import Floats, ModeGraph, Network
from firstminute.geo.outline import outline
from firstminute.geo.search_isochrone import Isochrone
from firstminute.geo.search_route import Route, cut_shape, route_shape

DIGITS = 6
SHORTEST = 1e-6


def route_line(network: Network, graph: ModeGraph, route: Route) -> list[list[float]]:
    """A route's points, [lon, lat]."""
    lon, lat = route_shape(network, graph, route)
    return _rounded(lon, lat)


def reach_lines(network: Network, graph: ModeGraph, found: Isochrone) -> list[list[list[float]]]:
    """Reached pieces of street, each a line of [lon, lat]; a piece reached from both ends whole comes once."""
    return [_rounded(lon, lat) for lon, lat in _pieces(network, graph, found)]


def reach_area(network: Network, graph: ModeGraph, found: Isochrone) -> list[list[list[tuple[float, float]]]]:
    """The area around the reached streets, as polygons of closed rings."""
    pieces = _pieces(network, graph, found)
    if not pieces:
        return []
    start = np.concatenate([[0], np.cumsum([len(lon) for lon, _ in pieces])]).astype(np.int64)
    polygons, _ = outline(
        start, np.concatenate([lon for lon, _ in pieces]), np.concatenate([lat for _, lat in pieces])
    )
    return polygons


def _pieces(network: Network, graph: ModeGraph, found: Isochrone) -> list[tuple[Floats, Floats]]:
    pieces: list[tuple[Floats, Floats]] = []
    whole: set[int] = set()
    edges = graph.arc_edge[found.arc].tolist()
    for edge, first, last in zip(edges, found.from_share.tolist(), found.to_share.tolist(), strict=True):
        low, high = min(first, last), max(first, last)
        if high - low < SHORTEST or edge in whole:
            continue
        if high - low > 0.999:
            whole.add(edge)
        pieces.append(cut_shape(network, edge, low, high))
    return pieces


def _rounded(lon: Floats, lat: Floats) -> list[list[float]]:
    points: list[list[float]] = np.round(np.stack([lon, lat], 1), DIGITS).tolist()
    return points
