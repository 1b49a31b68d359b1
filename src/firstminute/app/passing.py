"""Must-visit points that a crew passes are ticked by its position, once.

Idea: points and the crews that they are meant for are laid out as pairs; each new fleet is compared with them at once, and only fixes that are new, near
and in time are looked at one by one. The fact says that a crew passed and when; the way there is kept nowhere else than in the tracks. A crew
on its way to an incident passes as any other does. Limits: judged by fixes, so a crew that passes between two of them is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

import numpy as np

from firstminute.api.hub import Hub
from firstminute.api.ports import Ack
from firstminute.app.desk import Desk
from firstminute.app.watch import WATCHER
from firstminute.model.place import METRES_PER_DEGREE
from firstminute.respond.fleet import Fleet
from firstminute.respond.points import DAY_S, NEAR_M, turn_of

Row = Mapping[str, Any]
PLACED = ("lon", "lat", "crews")
"""What of a point's row the pairs are made of."""


class Passing:
    """Looks at each new fleet; remembers which turn of each point it has spoken of."""

    def __init__(self, desk: Desk, hub: Hub, new_id: Callable[[], str]) -> None:
        self._desk, self._hub, self._new_id = desk, hub, new_id
        self._rows: dict[str, Row] = {}
        self._said: dict[str, float] = {}  # point → the turn that was spoken of
        self._seen: Fleet = Fleet()
        self._stale = False
        self._pairs: list[tuple[str, str]] = []
        self._crew = np.empty(0, np.int64)
        self._lon, self._lat, self._narrow = np.empty(0), np.empty(0), np.empty(0)
        self._hear({key: row for key, row in hub.now() if key.startswith("point/")})
        hub.taps.append(self._hear)

    def _hear(self, rows: Mapping[str, Row | None]) -> None:
        for key, row in rows.items():
            if not key.startswith("point/"):
                continue
            before = self._rows.pop(key[6:], None)
            if row is not None:
                self._rows[key[6:]] = row
            if before is None or row is None or any(before[name] != row[name] for name in PLACED):
                self._stale = True

    def look(self, fleet: Fleet) -> None:
        """Say which points crews have passed since the last look."""
        before, self._seen = self._seen, fleet
        if not self._rows:
            return
        if self._stale or before.ids != fleet.ids:
            self._lay_out(fleet)
        new = fleet.fix_s > _fix_s(before, fleet)
        at = np.flatnonzero(new[self._crew])
        rows = self._crew[at]
        apart = np.hypot(
            (fleet.lon[rows] - self._lon[at]) * self._narrow[at], fleet.lat[rows] - self._lat[at]
        )
        for k in at[apart * METRES_PER_DEGREE <= NEAR_M].tolist():
            point_id, unit_id = self._pairs[k]
            self._judge(point_id, unit_id, float(fleet.fix_s[self._crew[k]]))

    def _lay_out(self, fleet: Fleet) -> None:
        self._stale = False
        found = [
            (key, crew, fleet.row[crew], row["lon"], row["lat"])
            for key, row in self._rows.items()
            for crew in row["crews"]
            if crew in fleet.row
        ]
        self._pairs = [(key, crew) for key, crew, *_ in found]
        self._crew = np.array([each[2] for each in found], np.int64)
        self._lon = np.array([each[3] for each in found], np.float64)
        self._lat = np.array([each[4] for each in found], np.float64)
        self._narrow = np.cos(np.radians(self._lat))

    def _judge(self, point_id: str, unit_id: str, fix_s: float) -> None:
        row, unit = self._rows[point_id], self._hub.rows.get(f"unit/{unit_id}")
        turn_s, until_s = turn_of(row["from_min"], row["until_min"], fix_s)
        if fix_s >= until_s or unit is None or not unit["on_duty"] or self._said.get(point_id) == turn_s:
            return
        known_s = row["until_s"] or 0.0
        if known_s > turn_s + DAY_S or (known_s == turn_s + DAY_S and row["state"] == "visited"):
            return
        self._said[point_id] = turn_s
        said = {"point_id": point_id, "unit_id": unit_id, "evidence": "fix"}
        future = self._desk.submit(
            "visit_point", said, WATCHER, self._new_id(), occurred_s=fix_s, time_source="device"
        )
        future.add_done_callback(partial(self._answered, point_id))

    def _answered(self, point_id: str, done: Future[Ack]) -> None:
        """What the desk had no time for is said again by the next fix."""
        if done.cancelled() or done.exception() is not None or done.result().status == "busy":
            self._said.pop(point_id, None)


def _fix_s(before: Fleet, fleet: Fleet) -> Any:
    """(U,) when each unit of a fleet had been seen last, by the fleet before."""
    if before.ids == fleet.ids:
        return before.fix_s
    known = {unit_id: float(before.fix_s[row]) for unit_id, row in before.row.items()}
    return np.array([known.get(unit_id, -np.inf) for unit_id in fleet.ids], np.float64)
