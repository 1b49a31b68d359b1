"""Positions on their way: decoded fixes are snapped, fenced, written to the tracks file, and handed to the desk as one immutable fleet.

Idea (DESIGN.md §4): positions are not facts; only what they mean becomes one: a crew moves, a crew is at the gate. A batch is acknowledged when it is on disk.
The fleet is rebuilt a few times a second, however many fixes came. Limits: the latest fix wins by its own time, so a late fix never moves a unit back.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from math import cos, hypot, radians
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.api.hub import Hub
from firstminute.app.desk import Desk
from firstminute.geo.fences import Fences, build_fences, fences_at
from firstminute.geo.ground import Ground
from firstminute.model.envelope import Actor
from firstminute.model.place import METRES_PER_DEGREE
from firstminute.model.records import Unit, Zone
from firstminute.respond.fleet import Fleet
from firstminute.store.tracks import Batch, TrackWriter

Floats = NDArray[np.float64]

SWAP_EVERY_S = 0.25
SHOW_EVERY_S = 1.0
HELD_MOST = 16
"""A unit is followed in at most so many overlapping areas at a time."""
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
        self._ids: tuple[str, ...] = ()
        self._alias: dict[str, str] = {}
        self._modes: list[str] = []
        self._set_size(0)
        self._fences: Fences = build_fences([])
        self._fence_ids: list[str] = []
        self._dirty: set[int] = set()
        self._version = 0
        self._started: dict[str, tuple[float, float]] = {}
        self._said: set[tuple[str, str]] = set()
        self.crossed = 0

    def _set_size(self, size: int) -> None:
        self._lon, self._lat = np.full(size, np.nan), np.full(size, np.nan)
        self._fix_s = np.full(size, -np.inf)
        self._held = np.full((size, HELD_MOST), -1, np.int32)
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
        self._ids = tuple(units)
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
        self._publish()

    async def take(self, unit_ids: Sequence[str], columns: Floats) -> int:
        """Keep fixes of known units; how many, once they are on disk.

        Parameters
        ----------
        unit_ids : (P,) unit or device ids
        columns : (P, 5) lon, lat, fix_s, speed_m_s, heading_deg
        """
        alias, row_of = self._alias, self._row
        names = [alias.get(each, each) for each in unit_ids] if alias else list(unit_ids)
        rows = np.fromiter((row_of.get(name, -1) for name in names), np.int64, len(names))
        known = rows >= 0
        if not known.all():
            rows, columns = rows[known], columns[known]
            names = [name for name, kept in zip(names, known.tolist(), strict=True) if kept]
        if not names:
            return 0
        batch = Batch(names, self._desk.now_s(), *columns.T)
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
        """Which areas these units are in now, and how many borders they crossed to get there."""
        start, fence = fences_at(self._fences, self._lon[rows], self._lat[rows])
        inside = np.full((len(rows), HELD_MOST), -1, np.int32)
        width = np.minimum(np.diff(start), HELD_MOST)
        at = np.repeat(np.arange(len(rows)), width)
        nth = np.arange(len(at)) - np.repeat(np.cumsum(width) - width, width)
        inside[at, nth] = fence[np.repeat(start[:-1], width) + nth]
        before = self._held[rows]
        changed = (before != inside).any(axis=1)
        if changed.any():
            old, new = before[changed], inside[changed]
            stay = ((old[:, :, None] == new[:, None, :]) & (old[:, :, None] >= 0)).sum()
            self.crossed += int((old >= 0).sum() + (new >= 0).sum() - 2 * stay)
            self._held[rows] = inside

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
        """Swap the fleet, look for arrivals, and once a second show who moved, until cancelled."""
        moved: set[int] = set()
        shown_s = 0.0
        while True:
            await asyncio.sleep(SWAP_EVERY_S)
            if self._dirty:
                moved |= self._dirty
                self._dirty = set()
                self._publish()
                self._watch()
            if moved and time.monotonic() - shown_s >= SHOW_EVERY_S:
                shown_s = time.monotonic()
                self._show(moved)
                moved = set()

    def _show(self, moved: set[int]) -> None:
        rows = [row for row in moved if row < len(self._ids)]
        lon, lat = np.round(self._lon[rows], 6).tolist(), np.round(self._lat[rows], 6).tolist()
        places = list(zip(lon, lat, self._fix_s[rows].tolist(), strict=True))
        found = {self._ids[row]: place for row, place in zip(rows, places, strict=True)}
        self._hub.move(found)
        first = {
            f"unit/{unit_id}": place for unit_id, place in found.items() if self._unplaced(f"unit/{unit_id}")
        }
        if first:
            named = {
                key: dict(zip(("lon", "lat", "fix_s"), place, strict=True)) for key, place in first.items()
            }
            self._hub.publish(
                self._hub.seq, {key: {**self._hub.rows[key], **place} for key, place in named.items()}
            )

    def _unplaced(self, key: str) -> bool:
        """True for a unit whose row was rendered before anybody knew where it is."""
        row = self._hub.rows.get(key)
        return row is not None and row.get("lon") is None

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
