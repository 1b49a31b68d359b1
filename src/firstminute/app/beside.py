"""What takes longer than five milliseconds, beside the desk: routes and rings of an incident, reach, live coverage, places by name.

Idea (DESIGN.md §4): one worker thread with its own working memory looks at the ground and at the feed's rows, never at the desk's state; every answer says the
`seq` it was computed at, and a command that follows it is checked by the desk again. Coverage follows the units move by move and is shown as a row of the feed.
Limits: one question at a time; a bounded number may wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from firstminute.api.hub import Hub
from firstminute.app.cover import LiveCoverage
from firstminute.app.places import Named, PlaceBook
from firstminute.app.roads import Roads, travellers
from firstminute.geo.ground import Ground

COVER_EVERY_S = 2.0
MOST_ROUTES = 8
Row = dict[str, Any]


class Beside:
    """Answers to slow questions, from one thread."""

    def __init__(self, hub: Hub, ground: Ground | None, named: Callable[[], Named] = tuple) -> None:
        self._hub, self._ground = hub, ground
        self._pool = ThreadPoolExecutor(1, "beside")
        self._roads = Roads(ground) if ground is not None else None
        self._cover = LiveCoverage(self._roads) if self._roads is not None else None
        self._places = PlaceBook(ground, named)
        hub.taps.append(self._places.notice)
        self._answers: dict[str, Callable[..., Any]] = {
            "routes": self.routes, "reach": self.reach, "circle": self.circle, "measure": self.measure, "search": self.search, "prepare": self.prepare,
            "way": self.way,
            "coverage": self.coverage, "coverage_bands": self.coverage_bands, "coverage_streets": self.coverage_streets,
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
        """Read the names, then keep the coverage row of the feed, until cancelled."""
        await self.compute("prepare")
        while self._ground is not None:
            await asyncio.sleep(COVER_EVERY_S)
            row = await self.compute("coverage")
            if self._hub.rows.get("coverage/now", {}).get("shares") != row["shares"]:
                self._hub.publish(self._hub.seq, {"coverage/now": row})

    def reach(self, lon: float, lat: float, minutes: float, mode: str, towards: bool) -> Row:
        """See `Roads.reach`."""
        assert self._roads is not None
        return self._roads.reach(lon, lat, minutes, mode, towards=towards)

    def circle(self, lon: float, lat: float, mode: str | None) -> Row:
        """See `Roads.circle`."""
        assert self._roads is not None
        return self._roads.circle(lon, lat, mode)

    def way(
        self, start: tuple[float, float], goal: tuple[float, float], mode: str
    ) -> tuple[list[list[float]], float] | None:
        """See `Roads.way`."""
        assert self._roads is not None
        return self._roads.way(start, goal, mode)

    def measure(self, points: Sequence[tuple[float, float]], mode: str) -> Row:
        """See `Roads.measure`."""
        assert self._roads is not None
        return self._roads.measure(points, mode)

    def routes(self, row: Mapping[str, Any]) -> Row:
        """GeoJSON for one incident's row: ways of those who come or could come, and the rings around the place."""
        lon, lat = row.get("lon"), row.get("lat")
        if lon is None or lat is None:
            return {"type": "FeatureCollection", "features": []}
        features: list[Row] = self.circle(lon, lat, None)["features"]
        for who in travellers(row)[:MOST_ROUTES]:
            feature = self._way_of(who, (lon, lat))
            if feature is not None:
                features.append(feature)
        return {"type": "FeatureCollection", "features": features, "computed_at_seq": self._hub.seq}

    def _way_of(self, who: Mapping[str, Any], goal: tuple[float, float]) -> Row | None:
        assert self._roads is not None
        at = self._hub.positions.get(who["responder_id"]) or (who.get("lon"), who.get("lat"))
        if at[0] is None or at[1] is None:
            return None
        way = self._roads.way((at[0], at[1]), goal, who.get("mode") or "car")
        if way is None:
            return None
        about = {
            "what": "route", "responder_id": who["responder_id"], "name": who.get("name"), "ring": who.get("ring"), "travel_s": way[1],
        }  # fmt: skip
        return {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": way[0]},
            "properties": about,
        }

    def coverage(self) -> Row:
        """See `LiveCoverage.row`."""
        assert self._cover is not None
        return self._cover.row(self._hub.seq, dict(self._hub.now()), self._hub.positions)

    def coverage_bands(self, districts: frozenset[str] | None) -> bytes:
        """See `LiveCoverage.bands`."""
        assert self._cover is not None
        return self._cover.bands(dict(self._hub.now()), self._hub.positions, districts)

    def coverage_streets(self) -> bytes:
        """See `LiveCoverage.streets`."""
        assert self._cover is not None
        return self._cover.streets()

    def prepare(self) -> None:
        """Read every name before somebody searches."""
        self._places.prepare(dict(self._hub.now()))

    def search(self, query: str, most: int) -> list[Row]:
        """See `PlaceBook.search`."""
        return self._places.search(query, most, dict(self._hub.now()))
