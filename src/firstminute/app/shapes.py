"""Ways and reached streets as lists of coordinates for a map."""

from __future__ import annotations

from firstminute.geo.network import ModeGraph, Network
from firstminute.geo.search_isochrone import Isochrone
from firstminute.geo.search_route import Route, cut_shape, route_shape

DIGITS = 6
LINES_MOST = 4_000


def route_line(network: Network, graph: ModeGraph, route: Route) -> list[list[float]]:
    """A route's points, [lon, lat]."""
    lon, lat = route_shape(network, graph, route)
    return [[round(float(x), DIGITS), round(float(y), DIGITS)] for x, y in zip(lon, lat, strict=True)]


def reach_lines(network: Network, graph: ModeGraph, found: Isochrone) -> list[list[list[float]]]:
    """Reached pieces of street, each a line of [lon, lat]; a piece reached from both ends whole comes once."""
    lines: list[list[list[float]]] = []
    whole: set[int] = set()
    for arc, first, last in zip(
        found.arc.tolist(), found.from_share.tolist(), found.to_share.tolist(), strict=True
    ):
        edge = int(graph.arc_edge[arc])
        if abs(last - first) > 0.999:
            if edge in whole:
                continue
            whole.add(edge)
        low, high = min(first, last), max(first, last)
        if high - low < 1e-6 or len(lines) >= LINES_MOST:
            continue
        lon, lat = cut_shape(network, edge, low, high)
        lines.append(
            [[round(float(x), DIGITS), round(float(y), DIGITS)] for x, y in zip(lon, lat, strict=True)]
        )
    return lines
