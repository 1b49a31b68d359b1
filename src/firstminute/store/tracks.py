"""Tracks: where units were, in their own files with their own writer. Positions are not facts.

Idea (DESIGN.md §4): one file a day (UTC, by the time of receipt), appended by one thread that writes whatever waits and syncs once for all
of it; a batch is acknowledged when it is on disk. Retention deletes files. Looking back reads the files of the days asked for; who may look
is the edge's business.
Limits: a fix sent late by a device stands in the file of the day it arrived, so a look-back reads `LATE_DAYS` further.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firstminute.store.track_file import (
    DEGREE,
    FIX,
    MAGIC,
    UNKNOWN,
    fixes_frame,
    names_frame,
    pack,
    rows_between,
    rows_of,
    survey,
)

LOG = logging.getLogger("firstminute.tracks")
LATE_DAYS = 2
LATE_S = 600.0
MOST_WAITING = 4096
SUFFIX = ".track"


@dataclass(frozen=True, slots=True)
class Batch:
    """Fixes on their way to disk: one unit id a fix, and one array a column, NaN where unknown."""

    unit_ids: Sequence[str]
    received_s: float
    lon: ArrayLike
    lat: ArrayLike
    fix_s: ArrayLike
    speed_m_s: ArrayLike
    heading_deg: ArrayLike
    accuracy_m: ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """Where one unit was, by the time of the fix: (N,) arrays, NaN where unknown."""

    unit_id: str
    fix_s: NDArray[np.float64]
    received_s: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    speed_m_s: NDArray[np.float64]
    heading_deg: NDArray[np.float64]


class TracksFailed(RuntimeError):
    """A batch could not be written or synced; the sender keeps it and tries again."""


class TrackWriter:
    """The one writer of a folder of day files.

    Parameters
    ----------
    sync : makes a file durable; for fault tests
    """

    def __init__(self, folder: Path, sync: Callable[[int], None] = os.fdatasync) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder, self._sync = folder, sync
        self._queue: Queue[tuple[Batch, Future[int]] | None] = Queue(MOST_WAITING)
        self._day: date | None = None
        self._file: IO[bytes] | None = None
        self._names: dict[str, int] = {}
        self._end = 0
        self.written = 0
        self._thread = threading.Thread(target=self._work, name="tracks", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many batches wait for the disk."""
        return self._queue.qsize()

    def append(self, batch: Batch) -> Future[int]:
        """Queue a batch; the future holds how many fixes are on disk, or TracksFailed."""
        future: Future[int] = Future()
        self._queue.put((batch, future))
        return future

    def close(self) -> None:
        """Write what waits, then stop."""
        self._queue.put(None)
        self._thread.join()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _work(self) -> None:
        going = True
        while going:
            taken = [self._queue.get()]
            while len(taken) < MOST_WAITING:
                try:
                    taken.append(self._queue.get_nowait())
                except Empty:
                    break
            going = None not in taken
            self._write([each for each in taken if each is not None])

    def _write(self, taken: list[tuple[Batch, Future[int]]]) -> None:
        """One write and one sync for each day among `taken`: nearly always one."""
        by_day: dict[date, list[tuple[Batch, Future[int]]]] = {}
        for batch, future in taken:
            by_day.setdefault(datetime.fromtimestamp(batch.received_s, UTC).date(), []).append(
                (batch, future)
            )
        for day, batches in by_day.items():
            try:
                self._append(day, [batch for batch, _ in batches])
            except (OSError, ValueError, OverflowError) as problem:
                LOG.error("tracks of %s not written: %s", day, problem)
                self._forget()
                for _, future in batches:
                    future.set_exception(TracksFailed(str(problem)))
            else:
                for batch, future in batches:
                    self.written += len(batch.unit_ids)
                    future.set_result(len(batch.unit_ids))

    def _append(self, day: date, batches: list[Batch]) -> None:
        file = self._opened(day)
        named = dict(self._names)
        data = b""
        for batch in batches:
            new = {
                unit: number
                for number, unit in enumerate(
                    (u for u in dict.fromkeys(batch.unit_ids) if u not in named), len(named)
                )
            }
            named.update(new)
            data += names_frame(new) if new else b""
            numbers = np.fromiter((named[unit] for unit in batch.unit_ids), np.uint32, len(batch.unit_ids))
            columns = (
                batch.lon,
                batch.lat,
                batch.fix_s,
                batch.speed_m_s,
                batch.heading_deg,
                batch.accuracy_m,
            )
            data += fixes_frame(pack(numbers, batch.received_s, columns))
        file.write(data)
        file.flush()
        self._sync(file.fileno())
        self._names, self._end = named, self._end + len(data)

    def _opened(self, day: date) -> IO[bytes]:
        """The file of a day, its torn tail cut off."""
        if self._file is not None and self._day == day:
            return self._file
        self._forget()
        path = self.folder / f"{day.isoformat()}{SUFFIX}"
        if not path.exists() or path.stat().st_size < len(MAGIC):
            path.write_bytes(MAGIC)
            path.chmod(0o600)
        self._names, self._end = survey(path)
        file = path.open("r+b")
        file.truncate(self._end)
        file.seek(self._end)
        self._file, self._day = file, day
        return file

    def _forget(self) -> None:
        """Let go of the file; it is surveyed afresh before the next write."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                pass  # what could not be flushed was not acknowledged either
        self._file = self._day = None


def look_back(folder: Path, unit_id: str, from_s: float, to_s: float) -> Track:
    """Where a unit was from `from_s` to before `to_s`, in order of the fixes' own time."""
    found: list[Any] = []
    for path in _files(folder, from_s, to_s + LATE_DAYS * 86_400.0):
        for _, rows in rows_of(path, unit_id):
            found.append(rows[(rows["fix_s"] >= from_s) & (rows["fix_s"] < to_s)])
    rows = np.concatenate(found) if found else np.zeros(0, FIX)
    rows = rows[np.argsort(rows["fix_s"], kind="stable")]
    return Track(
        unit_id, rows["fix_s"].astype(float), rows["received_s"].astype(float), rows["lon"] / DEGREE, rows["lat"] / DEGREE,
        _known(rows["speed"]), _known(rows["heading"]),
    )  # fmt: skip


def fixes_of(
    folder: Path, unit_ids: Collection[str], from_s: float, to_s: float, step_s: float
) -> dict[str, list[tuple[float, float, float]]]:
    """Where some units were from `from_s` to before `to_s`: unit → fix_s, lon, lat, in order, the first fix of every `step_s`.

    Limits: what came more than `LATE_S` after the end is not looked for.
    """
    wanted, parts = frozenset(unit_ids), list[tuple[list[str], Any]]()
    for path in _files(folder, from_s, to_s + LATE_S):
        for names, rows in rows_between(path, from_s, to_s + LATE_S):
            rows = rows[(rows["fix_s"] >= from_s) & (rows["fix_s"] < to_s)]
            numbers = [number for number, name in names.items() if name in wanted]
            rows = rows[np.isin(rows["unit"], numbers)]
            parts.append(([names[number] for number in rows["unit"].tolist()], rows))
    found: dict[str, dict[int, tuple[float, float, float]]] = {}
    for units, rows in parts:
        columns = (rows["fix_s"].tolist(), (rows["lon"] / DEGREE).tolist(), (rows["lat"] / DEGREE).tolist())
        for unit, fix_s, lon, lat in zip(units, *columns, strict=True):
            steps, step = found.setdefault(unit, {}), int(fix_s // step_s)
            if step not in steps or fix_s < steps[step][0]:
                steps[step] = (fix_s, lon, lat)
    return {unit: sorted(steps.values()) for unit, steps in found.items()}


def delete_before(folder: Path, at_s: float, keep_days: int) -> list[Path]:
    """Delete the files of days more than `keep_days` before `at_s`; which went."""
    gone = files_before(folder, at_s, keep_days)
    for path in gone:
        path.unlink()
    return gone


def files_before(folder: Path, at_s: float, keep_days: int) -> list[Path]:
    """The files of days more than `keep_days` before `at_s`, oldest first."""
    limit = datetime.fromtimestamp(at_s, UTC).date() - timedelta(days=keep_days)
    return [path for path in sorted(folder.glob(f"*{SUFFIX}")) if date.fromisoformat(path.stem) < limit]


def _files(folder: Path, from_s: float, to_s: float) -> list[Path]:
    first, last = (datetime.fromtimestamp(at_s, UTC).date() for at_s in (from_s, to_s))
    return [
        path for path in sorted(folder.glob(f"*{SUFFIX}")) if first <= date.fromisoformat(path.stem) <= last
    ]


def _known(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.where(values == UNKNOWN, np.nan, values / 100.0)
