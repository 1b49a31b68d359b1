"""What takes longer than five milliseconds, beside the desk: routes and rings of an incident, reach, live coverage, places by name.

Idea (DESIGN.md §4): one worker thread with its own working memory looks at the ground and at the feed's rows, never at the desk's state; every answer says the
`seq` it was computed at, and a command that follows it is checked by the desk again. Coverage follows the units move by move and is shown as a row of the feed.
Limits: one question at a time; a bounded number may wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from firstminute.api.hub import Hub
from firstminute.app.areas import Districts
from firstminute.app.desk import Desk
from firstminute.app.shapes import reach_lines, route_line
from firstminute.command import gazetteer
from firstminute.geo.ground import Ground, factor
from firstminute.geo.network import ModeGraph
from firstminute.geo.search_cover import Coverage
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import SearchGraph, build_search_graph
from firstminute.geo.search_isochrone import isochrone
from firstminute.geo.search_route import find_route

COVER_EVERY_S = 2.0
RINGS_S = (60, 180, 300)
RING_MODES = {1: "run", 3: "run", 5: "car"}
MOST_ROUTES, MOST_GAPS, GAP_STEP = 8, 400, 7
ROUTE_LIMIT_DS = 18_000
FREE = ("available",)


class Beside:
    """Answers to slow questions, from one thread."""

    def __init__(self, desk: Desk, hub: Hub, ground: Ground | None) -> None:
        self._desk, self._hub, self._ground = desk, hub, ground
        self._pool = ThreadPoolExecutor(1, "beside")
        self._roads: dict[str, tuple[SearchGraph, FloodSpace, ModeGraph]] = {}
        self._coverage: Coverage | None = None
        self._covered: dict[str, tuple[int, float]] = {}
        self._slot: dict[str, int] = {}
        nowhere = np.empty(0)
        self._districts = Districts(
            *((ground.network.node_lon, ground.network.node_lat) if ground else (nowhere, nowhere))
        )
        self._streets: list[gazetteer.Entry] | None = None
        self._named: dict[str, tuple[Mapping[str, Any], gazetteer.Entry]] = {}
        self._answers: dict[str, Callable[..., Any]] = {
            "routes": self.routes, "reach": self.reach, "coverage": self.coverage, "search": self.search, "way": self._way,
        }  # fmt: skip

    async def compute(self, question: str, *arguments: Any) -> Any:
        """Answer one question off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._answers[question], *arguments
        )

    def close(self) -> None:
        """Finish what runs, forget what waits."""
        self._pool.shutdown(cancel_futures=True)

    async def run(self) -> None:
        """Keep the coverage row of the feed, until cancelled."""
        while self._ground is not None:
            await asyncio.sleep(COVER_EVERY_S)
            row = await self.compute("coverage")
            if self._hub.rows.get("coverage/now", {}).get("shares") != row["shares"]:
                self._hub.publish(self._hub.seq, {"coverage/now": row})

    def _road(self, mode: str) -> tuple[SearchGraph, FloodSpace, ModeGraph]:
        assert self._ground is not None
        key = "foot" if mode == "run" else mode
        if key not in self._roads:
            graph = self._ground.graph(key)
            made = build_search_graph(graph)
            self._roads[key] = (made, FloodSpace(made), graph)
        return self._roads[key]

    def _place(self, lon: float, lat: float, mode: str) -> tuple[int, float]:
        assert self._ground is not None
        found = self._ground.snap(np.array([lon]), np.array([lat]), mode)
        return int(found.edge[0]), float(found.share[0])

    def reach(self, lon: float, lat: float, minutes: float, mode: str) -> dict[str, Any]:
        """GeoJSON of how far one gets from a place in some minutes, by one mode."""
        assert self._ground is not None
        if mode == "drone" or not self._ground.serves(mode):
            return {"type": "FeatureCollection", "features": []}
        graph, space, arcs = self._road(mode)
        limit_ds = int(minutes * 600 * factor(mode))
        found = isochrone(graph, arcs, space, self._place(lon, lat, mode), limit_ds=limit_ds)
        lines = reach_lines(self._ground.network, arcs, found)
        feature = {
            "type": "Feature",
            "geometry": {"type": "MultiLineString", "coordinates": lines},
            "properties": {"minutes": minutes, "mode": mode},
        }
        return {"type": "FeatureCollection", "features": [feature]}

    def routes(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """GeoJSON for one incident's row: ways of those who come or could come, and the rings around the place."""
        features: list[dict[str, Any]] = []
        lon, lat = row.get("lon"), row.get("lat")
        if lon is None or lat is None:
            return {"type": "FeatureCollection", "features": features}
        for minutes, mode in RING_MODES.items():
            for feature in self.reach(lon, lat, minutes, mode)["features"]:
                features.append({**feature, "properties": {"what": "ring", "minutes": minutes, "mode": mode}})
        for who in _travellers(row)[:MOST_ROUTES]:
            at = self._where(who["responder_id"]) or (who.get("lon"), who.get("lat"))
            line = (
                self._way(at, (lon, lat), who.get("mode") or "car")
                if at[0] is not None and at[1] is not None
                else None
            )
            if line is not None:
                properties = {
                    "what": "route",
                    "responder_id": who["responder_id"],
                    "name": who.get("name"),
                    "ring": who.get("ring"),
                    "travel_s": line[1],
                }
                features.append(
                    {
                        "type": "Feature",
                        "geometry": {"type": "LineString", "coordinates": line[0]},
                        "properties": properties,
                    }
                )
        return {"type": "FeatureCollection", "features": features, "computed_at_seq": self._hub.seq}

    def _where(self, unit_id: str) -> tuple[float, float] | None:
        at = self._hub.positions.get(unit_id)
        return (at[0], at[1]) if at else None

    def _way(
        self, start: tuple[Any, Any], goal: tuple[float, float], mode: str
    ) -> tuple[list[list[float]], float] | None:
        assert self._ground is not None
        if mode == "drone":
            return [[start[0], start[1]], list(goal)], 0.0
        if not self._ground.serves(mode):
            return None
        graph, space, arcs = self._road(mode)
        found = find_route(
            graph,
            space,
            self._place(start[0], start[1], mode),
            self._place(goal[0], goal[1], mode),
            limit_ds=ROUTE_LIMIT_DS,
        )
        if found is None:
            return None
        return route_line(self._ground.network, arcs, found), found.travel_ds / 10.0 / factor(mode)

    def coverage(self) -> dict[str, Any]:
        """Share of drivable street length that a free unit reaches in each ring, and junctions that none reaches in the last."""
        assert self._ground is not None
        units = {key: row for key, row in self._hub.now() if key.startswith("unit/")}
        wanted: dict[str, tuple[int, float]] = {}
        for row in units.values():
            at = self._where(row["id"]) or ((row["lon"], row["lat"]) if row.get("lon") is not None else None)
            if row["on_duty"] and row["status"] in FREE and at is not None:
                wanted[row["id"]] = self._place(at[0], at[1], "car")
        graph, _, arcs = self._road("car")
        if self._coverage is None or len(self._slot) != len(units):
            self._slot = {row["id"]: slot for slot, row in enumerate(units.values())}
            edge, share = np.full(len(self._slot), -1, np.int32), np.zeros(len(self._slot))
            for unit_id, place in wanted.items():
                edge[self._slot[unit_id]], share[self._slot[unit_id]] = place
            self._coverage = Coverage(
                graph, (edge, share), street_metres(self._ground, arcs), limits_ds=[s * 10 for s in RINGS_S]
            )
        else:
            for unit_id, slot in self._slot.items():
                place = wanted.get(unit_id, (-1, 0.0))
                if self._covered.get(unit_id, (-1, 0.0)) != place:
                    self._coverage.move(slot, *place)
        self._covered = wanted
        shares = {
            str(limit): round(float(share), 4)
            for limit, share in zip(RINGS_S, self._coverage.shares, strict=True)
        }
        network = self._ground.network
        bare = np.flatnonzero((self._coverage.first_units() < 0) & (self._coverage.demand > 0))[::GAP_STEP][
            :MOST_GAPS
        ]
        gaps = [[round(float(network.node_lon[k]), 5), round(float(network.node_lat[k]), 5)] for k in bare]
        self._districts.follow(dict(self._hub.now()))
        return {
            "computed_at_seq": self._hub.seq, "shares": shares, "gaps": gaps, "units": len(wanted),
            "by_district": self._districts.share(self._coverage.demand, self._coverage.node_ds, RINGS_S, bare),
        }  # fmt: skip

    def search(self, query: str, most: int) -> list[dict[str, Any]]:
        """Venues, stations and streets by name."""
        if self._streets is None:
            self._streets = (
                gazetteer.distinct_streets(_street_names(self._ground)) if self._ground is not None else []
            )
        rows = {key: row for key, row in self._hub.now() if key.startswith(("venue/", "station/"))}
        self._named = {key: self._entry(key, row) for key, row in rows.items()}
        return gazetteer.find([*(each for _, each in self._named.values()), *self._streets], query, most)

    def _entry(self, key: str, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], gazetteer.Entry]:
        """A row and its names as they are compared, made once for each row."""
        known = self._named.get(key)
        if known is not None and known[0] is row:
            return known
        sort, name_en = key.partition("/")[0], row.get("name_en")
        return row, gazetteer.entry(row["name"], sort, row["id"], row["lon"], row["lat"], name_en=name_en)


def _travellers(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    coming = [r for r in row["responders"] if r["state"] in ("assigned", "en_route") and r["kind"] == "unit"]
    first = [c for c in (row["recommendation"] or {}).get("candidates", ()) if c["ring"] == "reinforcement"][
        :3
    ]
    seen = {r["responder_id"] for r in coming}
    return [*coming, *(c for c in first if c["responder_id"] not in seen and not coming)]


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


def street_metres(ground: Ground, arcs: ModeGraph) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(N,) metres of drivable street at each junction: half of every piece that ends there."""
    network = ground.network
    used = (arcs.edge_arc_forward >= 0) | (arcs.edge_arc_backward >= 0)
    half = np.where(used, network.edge_length_m / 2, 0.0)
    metres = np.bincount(network.edge_from, half, len(network.node_lon)) + np.bincount(
        network.edge_to, half, len(network.node_lon)
    )
    return np.round(metres).astype(np.int64)
