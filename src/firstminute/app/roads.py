"""The ground as the map asks for it: from where a place is reached in time, and the way between two places.

Idea: one graph a mode, with its own working memory, made when first asked for; whoever asks gets GeoJSON. A ring of the 1-3-5 circle is drawn
backwards, from where somebody would be there in time: as streets while they are few, as the area around them where they are many. Nothing is ever a
circle through the air. Limits: belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from firstminute.app.shapes import reach_area, reach_lines, route_line
from firstminute.geo.ground import Ground, factor
from firstminute.geo.network import ModeGraph
from firstminute.geo.search_catchment import catchment, catchment_space
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import SearchGraph, build_search_graph
from firstminute.geo.search_isochrone import isochrone
from firstminute.geo.search_route import find_route
from firstminute.geo.streets import haversine_m

RING_MODES = {1: "run", 3: "run", 5: "car"}
LINES_MOST = 1_500
"""More streets than these are drawn as an area."""
ROUTE_LIMIT_DS = 36_000
Row = dict[str, Any]


class Roads:
    """Searches on one city's ground."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._roads: dict[str, tuple[SearchGraph, FloodSpace, FloodSpace, ModeGraph]] = {}

    def road(self, mode: str) -> tuple[SearchGraph, FloodSpace, FloodSpace, ModeGraph]:
        """Places, working memory forwards and backwards, and arcs of a mode."""
        key = "foot" if mode == "run" else mode
        if key not in self._roads:
            graph = self.ground.graph(key)
            made = build_search_graph(graph)
            self._roads[key] = (made, FloodSpace(made), catchment_space(made), graph)
        return self._roads[key]

    def place(self, lon: float, lat: float, mode: str) -> tuple[int, float]:
        """The piece of street and share of it nearest to a point, (-1, 0) where none is near."""
        found = self.ground.snap(np.array([lon]), np.array([lat]), mode)
        return int(found.edge[0]), float(found.share[0])

    def reach(self, lon: float, lat: float, minutes: float, mode: str, *, towards: bool) -> Row:
        """GeoJSON of the streets from which a place is reached in some minutes by one mode, or (not `towards`) that are reached from it."""
        if mode == "drone" or not self.ground.serves(mode):
            return _collection([])
        graph, forwards, backwards, arcs = self.road(mode)
        search, space = (catchment, backwards) if towards else (isochrone, forwards)
        limit_ds = int(minutes * 600 * factor(mode))
        found = search(graph, arcs, space, self.place(lon, lat, mode), limit_ds=limit_ds)
        about = {"minutes": minutes, "mode": mode, "towards": towards}
        if len(found.arc) > LINES_MOST:
            shape: Row = {"type": "MultiPolygon", "coordinates": reach_area(self.ground.network, arcs, found)}
        else:
            shape = {"type": "MultiLineString", "coordinates": reach_lines(self.ground.network, arcs, found)}
        return _collection([{"type": "Feature", "geometry": shape, "properties": about}])

    def circle(self, lon: float, lat: float, mode: str | None = None) -> Row:
        """GeoJSON of the 1-3-5 circle around a place: who is there in one and three minutes running and in five by car, or all by one mode."""
        features = []
        for minutes, usual in RING_MODES.items():
            for feature in self.reach(lon, lat, minutes, mode or usual, towards=True)["features"]:
                features.append({**feature, "properties": {**feature["properties"], "what": "ring"}})
        return _collection(features)

    def way(
        self, start: tuple[float, float], goal: tuple[float, float], mode: str
    ) -> tuple[list[list[float]], float] | None:
        """Line and seconds of the quickest way between two points, None where there is none."""
        if mode == "drone":
            return [list(start), list(goal)], 0.0
        if not self.ground.serves(mode):
            return None
        graph, space, _, arcs = self.road(mode)
        found = find_route(
            graph, space, self.place(*start, mode), self.place(*goal, mode), limit_ds=ROUTE_LIMIT_DS
        )
        if found is None:
            return None
        return route_line(self.ground.network, arcs, found), found.travel_ds / 10.0 / factor(mode)

    def measure(self, points: Sequence[tuple[float, float]], mode: str) -> Row:
        """Length along the streets through some points in order, with the way as GeoJSON; `length_m` None where a part has no way."""
        line: list[list[float]] = []
        travel_s = 0.0
        for start, goal in pairwise(points):
            leg = self.way(start, goal, mode)
            if leg is None:
                return {"length_m": None, "travel_s": None, "mode": mode, "line": None}
            line += leg[0]
            travel_s += leg[1]
        lon, lat = np.array(line).T
        metres = float(haversine_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())
        return {
            "length_m": round(metres, 1), "travel_s": round(travel_s, 1), "mode": mode,
            "line": {"type": "LineString", "coordinates": line},
        }  # fmt: skip


def travellers(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Who is on the way to an incident, else who would be sent first."""
    coming = [r for r in row["responders"] if r["state"] in ("assigned", "en_route") and r["kind"] == "unit"]
    ranked = (row["recommendation"] or {}).get("candidates", ())
    first = [each for each in ranked if each["ring"] == "reinforcement"][:3]
    return coming or first


def _collection(features: list[Row]) -> Row:
    return {"type": "FeatureCollection", "features": features}
