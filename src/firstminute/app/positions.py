"""Positions on their way: decoded fixes are snapped, fenced, written to the tracks file, and handed to the desk as one immutable fleet.

Idea (DESIGN.md §4): positions are not facts; only what they mean becomes one: a crew moves, a crew is at the gate. A batch is acknowledged when it is on disk.
The fleet is rebuilt a few times a second, however many fixes came. Limits: the latest fix wins by its own time, so a late fix never moves a unit back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from math import cos, hypot, radians
from typing import Any

import numpy as np

from firstminute.api.hub import Hub
from firstminute.app.desk import Desk
from firstminute.geo.fences import Fences, build_fences, crossings, fences_at
from firstminute.geo.ground import Ground
from firstminute.model.envelope import Actor
from firstminute.model.place import METRES_PER_DEGREE
from firstminute.model.records import Unit, Zone
from firstminute.respond.fleet import Fleet
from firstminute.store.tracks import Batch, TrackWriter

Fix = tuple[str, float, float, float, float, float]

SWAP_EVERY_S = 0.25
AT_GATE_M = 40.0
MOVING_M = 30.0
WATCHER = Actor(id="position-watch", role="system")
DEVICE_MODES = ("foot", "e-bike", "car", "car-lights", "boat")


class Positions:
    """The latest fix of every unit, and what follows from it.

    Parameters
    ----------
    desk : gets the fleet and the arrivals
    tracks : makes fixes durable
    hub : shows movement to those who may see it
    """

    def __init__(
        self, desk: Desk, tracks: TrackWriter, hub: Hub, ground: Ground | None, new_id: Callable[[], str]
    ) -> None:
        self._desk, self._tracks, self._hub, self._ground, self._new_id = desk, tracks, hub, ground, new_id
        self._row: dict[str, int] = {}
        self._alias: dict[str, str] = {}
        self._modes: list[str] = []
        self._set_size(0)
        self._fences: Fences = build_fences([])
        self._fence_ids: list[str] = []
        self._held: dict[int, frozenset[int]] = {}
        self._dirty: set[int] = set()
        self._version = 0
        self._started: dict[str, tuple[float, float]] = {}
        self._said: set[tuple[str, str]] = set()
        self.crossed = 0

    def _set_size(self, size: int) -> None:
        self._lon, self._lat = np.full(size, np.nan), np.full(size, np.nan)
        self._fix_s = np.full(size, -np.inf)
        self._edge, self._share, self._offset = (
            np.full(size, -1, np.int32),
            np.zeros(size),
            np.full(size, np.inf),
        )

    def register(self, units: Mapping[str, Unit], zones: Mapping[str, Zone]) -> None:
        """Follow the registers: which units there are, by what they move, which areas they cross. Keeps the fixes of those that stay."""
        old = dict(self._row)
        lon, lat, fix_s, edge, share, offset = (
            self._lon,
            self._lat,
            self._fix_s,
            self._edge,
            self._share,
            self._offset,
        )
        self._row = {unit_id: row for row, unit_id in enumerate(units)}
        self._alias = {unit.device_id: unit_id for unit_id, unit in units.items() if unit.device_id}
        self._modes = [unit.mode for unit in units.values()]
        self._set_size(len(units))
        for unit_id, row in self._row.items():
            before = old.get(unit_id)
            if before is not None:
                self._lon[row], self._lat[row], self._fix_s[row] = lon[before], lat[before], fix_s[before]
                self._edge[row], self._share[row], self._offset[row] = (
                    edge[before],
                    share[before],
                    offset[before],
                )
        self._mode_of = np.array(
            [DEVICE_MODES.index(m) if m in DEVICE_MODES else 0 for m in self._modes], np.int8
        )
        self._fence_ids = list(zones)
        self._fences = build_fences([zone.ring for zone in zones.values() if len(zone.ring) >= 3])
        self._held.clear()
        self._publish()

    async def take(self, fixes: Sequence[Fix]) -> int:
        """Keep fixes of known units; how many, once they are on disk."""
        known = [
            (row, fix) for fix in fixes if (row := self._row.get(self._alias.get(fix[0], fix[0]))) is not None
        ]
        if not known:
            return 0
        rows = np.fromiter((row for row, _ in known), np.int64, len(known))
        columns = np.array([fix[1:] for _, fix in known])
        received_s = self._desk.now_s()
        batch = Batch(
            [fix[0] for _, fix in known],
            received_s,
            columns[:, 0],
            columns[:, 1],
            columns[:, 2],
            columns[:, 3],
            columns[:, 4],
        )
        written = self._tracks.append(batch)
        self._place(rows, columns)
        return await asyncio.wrap_future(written)

    def _place(self, rows: Any, columns: Any) -> None:
        newer = columns[:, 2] >= self._fix_s[rows]
        if not newer.all():
            rows, columns = rows[newer], columns[newer]
        if len(rows) > 1:
            order = np.argsort(columns[:, 2], kind="stable")
            rows, columns = rows[order], columns[order]
            _, last = np.unique(rows[::-1], return_index=True)
            keep = len(rows) - 1 - last
            rows, columns = rows[keep], columns[keep]
        self._lon[rows], self._lat[rows], self._fix_s[rows] = columns[:, 0], columns[:, 1], columns[:, 2]
        if self._ground is not None:
            for code in np.unique(self._mode_of[rows]):
                some = rows[self._mode_of[rows] == code]
                found = self._ground.snap(self._lon[some], self._lat[some], DEVICE_MODES[code])
                self._edge[some], self._share[some], self._offset[some] = (
                    found.edge,
                    found.share,
                    found.offset_m,
                )
        if len(self._fences):
            self._cross(rows)
        self._dirty.update(rows.tolist())

    def _cross(self, rows: Any) -> None:
        start, fence = fences_at(self._fences, self._lon[rows], self._lat[rows])
        sets = [self._held.get(int(row), frozenset()) for row in rows]
        before = np.concatenate([[0], np.cumsum([len(held) for held in sets])]).astype(np.int64)
        flat = np.array([each for held in sets for each in sorted(held)], np.int32)
        entered, _, left, _ = crossings(before, flat, start, fence)
        if len(entered) or len(left):
            self.crossed += len(entered) + len(left)
            for point in set(entered.tolist()) | set(left.tolist()):
                self._held[int(rows[point])] = frozenset(fence[start[point] : start[point + 1]].tolist())

    def _publish(self) -> None:
        self._version += 1
        edge, share, offset = self._edge.copy(), self._share.copy(), self._offset.copy()
        for array in (edge, share, offset):
            array.flags.writeable = False
        modes = set(self._modes) or {"foot"}
        fleet = Fleet(
            ids=tuple(self._row), row=dict(self._row), lon=self._lon.copy(), lat=self._lat.copy(), fix_s=self._fix_s.copy(),
            edge=dict.fromkeys(modes, edge), share=dict.fromkeys(modes, share), offset_m=dict.fromkeys(modes, offset), version=self._version,
        )  # fmt: skip
        self._desk.place_fleet(fleet)

    async def run(self) -> None:
        """Swap the fleet and look for arrivals, until cancelled."""
        while True:
            await asyncio.sleep(SWAP_EVERY_S)
            if not self._dirty:
                continue
            moved, self._dirty = self._dirty, set()
            self._publish()
            ids = list(self._row)
            self._hub.move(
                {
                    ids[row]: (
                        round(float(self._lon[row]), 6),
                        round(float(self._lat[row]), 6),
                        float(self._fix_s[row]),
                    )
                    for row in moved
                }
            )
            self._watch()

    def _watch(self) -> None:
        """Crews that move, and crews at the gate, by their fix. Each is said once."""
        open_tasks: set[str] = set()
        for key, row in list(self._hub.rows.items()):
            if not key.startswith("incident/") or row.get("lon") is None:
                continue
            for responder in row["responders"]:
                if (
                    responder["kind"] == "unit"
                    and responder["state"] in ("assigned", "en_route")
                    and responder.get("assignment_id")
                ):
                    open_tasks.add(responder["assignment_id"])
                    self._judge(row, responder)
        self._said = {said for said in self._said if said[0] in open_tasks}
        self._started = {task: place for task, place in self._started.items() if task in open_tasks}

    def _judge(self, incident: Mapping[str, Any], responder: Mapping[str, Any]) -> None:
        at = self._row.get(responder["responder_id"])
        if at is None or not self._fix_s[at] >= responder.get("assigned_s", 0.0):
            return
        task = responder["assignment_id"]
        lon, lat = float(self._lon[at]), float(self._lat[at])
        start = self._started.setdefault(task, (lon, lat))
        if metres(lon, lat, incident["lon"], incident["lat"]) <= AT_GATE_M + min(
            60.0, incident.get("radius_m") or 0.0
        ):
            self._say("report_arrived", task)
        elif responder["state"] == "assigned" and metres(lon, lat, *start) >= MOVING_M:
            self._say("report_en_route", task)

    def _say(self, command: str, task: str) -> None:
        if (task, command) not in self._said:
            self._said.add((task, command))
            self._desk.submit(
                command, {"assignment_id": task, "evidence": "fix"}, WATCHER, os.urandom(16).hex()
            )


def metres(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Distance of two near points on a plane, metres."""
    return hypot((to_lon - lon) * cos(radians(lat)), to_lat - lat) * METRES_PER_DEGREE
