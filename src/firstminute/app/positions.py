"""Positions on their way: decoded fixes are snapped, fenced, written to the tracks file, and handed to the desk as one immutable fleet.

Idea (DESIGN.md §4): positions are not facts; what they mean may become one (`app.watch`). A batch is acknowledged when it is on disk, and the fleet
is rebuilt a few times a second, however many fixes came. All of it runs on one thread of its own, so that the event loop stays free for calls, and
between its steps it lets the desk go first: the interpreter is one, and a call must not wait behind batches.
Limits: the latest fix wins by its own time, so a late fix never moves a unit back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from firstminute.api.hub import Hub
from firstminute.api.ports import PositionsNotKept
from firstminute.app.desk import Desk
from firstminute.geo.fences import Fences, build_fences, fences_at
from firstminute.geo.ground import Ground
from firstminute.model.records import Unit, Zone
from firstminute.respond.fleet import Fleet
from firstminute.store.tracks import Batch, TracksFailed, TrackWriter

LOG = logging.getLogger("firstminute.positions")
Floats = NDArray[np.float64]
Read: TypeAlias = Callable[[], tuple[Sequence[str], Floats]]

SWAP_EVERY_S = 0.25
SHOW_EVERY_S = 1.0
MOST_WAITING = 256
"""Batches on their way at once; more are told to come again."""
WAITS_S, LOOKS_EVERY_S = 0.02, 0.0005
HELD_MOST = 16
"""A unit is followed in at most so many overlapping areas at a time."""
DEVICE_MODES = ("foot", "e-bike", "car", "car-lights", "boat")


class Positions:
    """The latest fix of every unit, and what follows from it.

    Parameters
    ----------
    desk : gets the fleet and the arrivals
    tracks : makes fixes durable
    hub : shows movement to those who may see it

    Attributes
    ----------
    fleet : the latest that was handed to the desk
    crossed : how many borders of areas were crossed
    """

    def __init__(self, desk: Desk, tracks: TrackWriter, hub: Hub, ground: Ground | None) -> None:
        self._desk, self._tracks, self._hub, self._ground = desk, tracks, hub, ground
        self._own = ThreadPoolExecutor(1, "positions")
        self.waiting, self._waits_from_s = 0, 0.0
        self.fleet = Fleet()
        self._row: dict[str, int] = {}
        self._ids: tuple[str, ...] = ()
        self._alias: dict[str, str] = {}
        self._modes: list[str] = []
        self._set_size(0)
        self._fences: Fences = build_fences([])
        self._fence_ids: list[str] = []
        self._dirty: set[int] = set()
        self._version = 0
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

    def register(self, units: Mapping[str, Unit], zones: Mapping[str, Zone]) -> Future[None]:
        """Follow the registers: which units there are, by what they move, which areas they cross. Keeps the fixes of those that stay.

        What is taken afterwards is taken by these registers; nobody need wait for the future.
        """
        done = self._own.submit(self._register, units, zones)
        done.add_done_callback(_say_what_broke)
        return done

    def _register(self, units: Mapping[str, Unit], zones: Mapping[str, Zone]) -> None:
        old = dict(self._row)
        moved = {self._ids[row] for row in self._dirty}
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
        self._dirty = {self._row[unit_id] for unit_id in moved if unit_id in self._row}
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

    async def take(self, read: Read) -> int:
        """Keep fixes of known units; how many, once they are on disk.

        Parameters
        ----------
        read : gives (P,) unit or device ids and (P, 5) lon, lat, fix_s, speed_m_s, heading_deg; called on the thread of positions,
            and what it raises is raised here
        """
        if self.waiting >= MOST_WAITING:
            raise PositionsNotKept("desk_busy")
        self.waiting += 1
        try:
            loop = asyncio.get_running_loop()
            written = await loop.run_in_executor(self._own, self._take, read)
            return await asyncio.wrap_future(written) if written is not None else 0
        except TracksFailed:
            raise PositionsNotKept("not_durable") from None
        finally:
            self.waiting -= 1

    def _take(self, read: Read) -> Future[int] | None:
        self._let_others_go_first()
        unit_ids, columns = read()
        alias, row_of = self._alias, self._row
        names = [alias.get(each, each) for each in unit_ids] if alias else list(unit_ids)
        rows = np.fromiter((row_of.get(name, -1) for name in names), np.int64, len(names))
        known = rows >= 0
        if not known.all():
            rows, columns = rows[known], columns[known]
            names = [name for name, kept in zip(names, known.tolist(), strict=True) if kept]
        if not names:
            return None
        self._let_others_go_first()
        written = self._tracks.append(Batch(names, self._desk.now_s(), *columns.T))
        self._place(rows, columns)
        return written

    def _let_others_go_first(self) -> None:
        """Wait while the desk has work, then not again for as long: half of the time at least is our own."""
        began_s = now_s = time.monotonic()
        if began_s < self._waits_from_s:
            return
        while self._desk.wanted and now_s < began_s + WAITS_S:
            time.sleep(LOOKS_EVERY_S)
            now_s = time.monotonic()
        self._waits_from_s = now_s + (now_s - began_s)

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
        self.fleet = fleet
        self._desk.place_fleet(fleet)

    async def run(self, *watchers: Callable[[Fleet], None]) -> None:
        """Swap the fleet and let everybody look at it, and once a second show who moved, until cancelled."""
        loop = asyncio.get_running_loop()
        moved: set[str] = set()
        shown_s = 0.0
        while True:
            await asyncio.sleep(SWAP_EVERY_S)
            swapped = await loop.run_in_executor(self._own, self._swap)
            if swapped:
                moved |= swapped
                for watch in watchers:
                    watch(self.fleet)
            if moved and time.monotonic() - shown_s >= SHOW_EVERY_S:
                shown_s = time.monotonic()
                self._show(await loop.run_in_executor(self._own, _places, self.fleet, moved))
                moved = set()

    def close(self) -> None:
        """Let the thread end."""
        self._own.shutdown(cancel_futures=True)

    def _swap(self) -> set[str]:
        """Hand a new fleet to the desk; the units that moved since the last one."""
        moved = {self._ids[row] for row in self._dirty}
        if moved:
            self._dirty = set()
            self._publish()
        return moved

    def _show(self, found: Mapping[str, tuple[float, float, float]]) -> None:
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


def _places(fleet: Fleet, unit_ids: set[str]) -> dict[str, tuple[float, float, float]]:
    """Where these units are: lon, lat, fix_s."""
    names = [unit_id for unit_id in unit_ids if unit_id in fleet.row]
    rows = [fleet.row[name] for name in names]
    columns = (np.round(fleet.lon[rows], 6), np.round(fleet.lat[rows], 6), fleet.fix_s[rows])
    places = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(names, places, strict=True))


def _say_what_broke(done: Future[None]) -> None:
    if not done.cancelled() and (problem := done.exception()) is not None:
        LOG.error("positions no longer follow the registers", exc_info=problem)
