"""Which areas a point lies in, for many points at once: an exact grid of inside and boundary lists.

Idea (speed.md §6): a cell that a fence covers whole needs no test, a cell that its outline passes needs the exact point-in-polygon test, every other cell knows
nothing of it. So a million points are a million look-ups. Source: even-odd rule (Shimrat 1962, CACM 5(8)), cells of an outline by
supercover of its segments. Limits: rings without holes; degrees are taken as plane, so a fence across 180° is cut by its maker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstminute.model.place import METRES_PER_DEGREE

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

CELL_M = 50.0
LARGEST_GRID = 8_000_000
NONE = -1


@dataclass(frozen=True, slots=True)
class Fences:
    """F fences over a grid; read-only, shared by threads.

    Attributes
    ----------
    box : west, south, cell width, cell height in degrees;  columns, rows : cells
    cell_start : (C+1,) CSR into cell_entry
    cell_entry : fence * 2 + 1 where the cell's outline test is needed, fence * 2 where the cell lies inside whole
    ring_start : (F+1,) CSR into ring_lon, ring_lat (closed rings, degrees)
    """

    box: tuple[float, float, float, float]
    columns: int
    rows: int
    cell_start: NDArray[np.int64]
    cell_entry: Ints
    ring_start: NDArray[np.int64]
    ring_lon: Floats
    ring_lat: Floats

    def __len__(self) -> int:
        """How many fences."""
        return len(self.ring_start) - 1


def build_fences(rings: Sequence[Sequence[tuple[float, float]]], *, cell_m: float = CELL_M) -> Fences:
    """Fences from rings of (lon, lat), closed or not.

    Raises
    ------
    ValueError : a ring with fewer than three corners
    """
    closed = []
    for row, ring in enumerate(rings):
        points = np.asarray(ring, np.float64).reshape(-1, 2)
        if len(points) and (points[0] != points[-1]).any():
            points = np.vstack([points, points[:1]])
        if len(points) < 4:
            raise ValueError(f"fence {row} has fewer than three corners")
        closed.append(points)
    start = np.concatenate([[0], np.cumsum([len(points) for points in closed])]).astype(np.int64)
    flat = np.vstack(closed) if closed else np.empty((0, 2))
    lon, lat = np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])
    west, south, east, north = (
        (lon.min(), lat.min(), lon.max(), lat.max()) if closed else (0.0, 0.0, 0.0, 0.0)
    )
    while True:
        high = cell_m / METRES_PER_DEGREE
        wide = high / max(0.01, cos(radians((south + north) / 2)))
        columns, rows = int((east - west) / wide) + 1, int((north - south) / high) + 1
        if columns * rows <= LARGEST_GRID:
            break
        cell_m *= 1.5
    box = (float(west), float(south), float(wide), float(high))
    count = np.zeros(columns * rows + 1, np.int64)
    _fill(start, lon, lat, box, columns, rows, count, np.empty(0, np.int32), False)
    cell_start = np.concatenate([[0], np.cumsum(count[:-1])]).astype(np.int64)
    entry = np.empty(int(cell_start[-1]), np.int32)
    _fill(start, lon, lat, box, columns, rows, cell_start.copy(), entry, True)
    return Fences(box, columns, rows, cell_start, entry, start, lon, lat)


def fences_at(fences: Fences, lon: Floats, lat: Floats) -> tuple[NDArray[np.int64], Ints]:
    """The fences that hold each point.

    Parameters
    ----------
    lon, lat : (P,) degrees

    Returns
    -------
    start : (P+1,) CSR into the second;  fence : which ones, ascending for each point
    """
    lon, lat = np.ascontiguousarray(lon, np.float64), np.ascontiguousarray(lat, np.float64)
    grid = (fences.box, fences.columns, fences.rows, fences.cell_start, fences.cell_entry)
    shapes = (fences.ring_start, fences.ring_lon, fences.ring_lat)
    start = np.zeros(len(lon) + 1, np.int64)
    capacity = max(64, 4 * len(lon))
    while True:
        found = np.empty(capacity, np.int32)
        total = _look_up(grid, shapes, lon, lat, start, found)
        if total <= capacity:
            return start, found[:total]
        capacity = int(total)


def crossings(
    before: NDArray[np.int64], before_fence: Ints, now: NDArray[np.int64], now_fence: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Who entered and who left what between two look-ups of the same P points.

    Parameters
    ----------
    before, now : (P+1,) CSR;  before_fence, now_fence : fences, ascending for each point

    Returns
    -------
    entered_point, entered_fence, left_point, left_fence
    """
    size = np.int64(max(int(before_fence.max(initial=0)), int(now_fence.max(initial=0))) + 1)
    old = np.repeat(np.arange(len(before) - 1, dtype=np.int64), np.diff(before)) * size + before_fence
    new = np.repeat(np.arange(len(now) - 1, dtype=np.int64), np.diff(now)) * size + now_fence
    entered, left = np.setdiff1d(new, old, assume_unique=True), np.setdiff1d(old, new, assume_unique=True)
    return (
        (entered // size).astype(np.int32),
        (entered % size).astype(np.int32),
        (left // size).astype(np.int32),
        (left % size).astype(np.int32),
    )


@njit(cache=True, nogil=True)
def _inside(lon, lat, first, last, x, y):  # type: ignore[no-untyped-def]
    inside = False
    for k in range(first, last - 1):
        y0, y1 = lat[k], lat[k + 1]
        if (y0 > y) != (y1 > y) and x < (lon[k + 1] - lon[k]) * (y - y0) / (y1 - y0) + lon[k]:
            inside = not inside
    return inside


@njit(cache=True, nogil=True)
def _fill(ring_start, lon, lat, box, columns, rows, place, entry, write):  # type: ignore[no-untyped-def]
    """Count (or write) each fence's cells: mark those its outline passes, then scan rows for those it covers whole."""
    west, south, wide, high = box
    mark = np.zeros(columns * rows, np.int32)
    for fence in range(len(ring_start) - 1):
        first, last = ring_start[fence], ring_start[fence + 1]
        low_c, high_c, low_r, high_r = columns, 0, rows, 0
        for k in range(first, last):
            c = min(columns - 1, max(0, int((lon[k] - west) / wide)))
            r = min(rows - 1, max(0, int((lat[k] - south) / high)))
            low_c, high_c, low_r, high_r = min(low_c, c), max(high_c, c), min(low_r, r), max(high_r, r)
            if k + 1 == last:
                break
            r2 = min(rows - 1, max(0, int((lat[k + 1] - south) / high)))
            for row in range(min(r, r2), max(r, r2) + 1):
                left, right = min(lon[k], lon[k + 1]), max(lon[k], lon[k + 1])
                if r != r2:
                    below, above = south + row * high, south + (row + 1) * high
                    slope = (lon[k + 1] - lon[k]) / (lat[k + 1] - lat[k])
                    one = lon[k] + (max(min(lat[k], lat[k + 1]), below) - lat[k]) * slope
                    two = lon[k] + (min(max(lat[k], lat[k + 1]), above) - lat[k]) * slope
                    left, right = max(left, min(one, two)), min(right, max(one, two))
                from_c = min(columns - 1, max(0, int((left - west) / wide - 1e-9)))
                to_c = min(columns - 1, max(0, int((right - west) / wide + 1e-9)))
                for column in range(from_c, to_c + 1):
                    mark[row * columns + column] = fence + 1
        for row in range(low_r, high_r + 1):
            for column in range(low_c, high_c + 1):
                cell = row * columns + column
                border = mark[cell] == fence + 1
                if border or _inside(
                    lon, lat, first, last, west + (column + 0.5) * wide, south + (row + 0.5) * high
                ):
                    if write:
                        entry[place[cell]] = fence * 2 + (1 if border else 0)
                    place[cell] += 1


@njit(cache=True, nogil=True)
def _look_up(grid, shapes, lon, lat, start, found):  # type: ignore[no-untyped-def]
    (west, south, wide, high), columns, rows, cell_start, cell_entry = grid
    ring_start, ring_lon, ring_lat = shapes
    total = 0
    for p in range(len(lon)):
        column, row = (lon[p] - west) / wide, (lat[p] - south) / high
        if 0 <= column < columns and 0 <= row < rows:
            cell = int(row) * columns + int(column)
            for at in range(cell_start[cell], cell_start[cell + 1]):
                fence = cell_entry[at] >> 1
                whole = cell_entry[at] & 1 == 0
                if whole or _inside(
                    ring_lon, ring_lat, ring_start[fence], ring_start[fence + 1], lon[p], lat[p]
                ):
                    if total < len(found):
                        found[total] = fence
                    total += 1
        start[p + 1] = total
    return total
