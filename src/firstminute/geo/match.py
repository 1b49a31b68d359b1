"""Snapping points onto streets: the nearest piece a mode may use, how far along it, how far from it.

Idea: the segments of all shapes hang in a uniform grid; a point looks through its own cell, then ring by ring until no unseen cell can hold
anything nearer. Exact: a distance is the plane one with the longitude scaled at the point's own latitude (0.1 mm/m within a kilometre). Ties go
to the lower edge. Source: uniform-grid nearest neighbour, Bentley, Weide & Yao 1980. Limits: one point at a time, no history of a
trace, no height, not across the 180th meridian.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, floor, radians
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

METRES_PER_DEGREE = 111_195.0802335329  # sphere of 6,371,008.8 m
ANY_MODE = 0xFF
CELL_M = 60.0
_LARGEST_GRID = 4_000_000


@dataclass(frozen=True, slots=True)
class SnapIndex:
    """Segments in a grid; read-only, shared by threads.

    Attributes
    ----------
    west, south : lower left corner, degrees;  cell_lon, cell_lat : size of a cell, degrees
    columns, rows : cells in each direction
    cell_start : (columns * rows + 1,) CSR into cell_segment
    cell_segment : first shape point of each segment;  cell_ends : (K, 4) its lon, lat, lon, lat, side by side for the processor's cache
    cell_modes : (columns * rows,) mask of all modes that some segment of a cell serves, so that others pass it by
    shape_share : share of its edge at each shape point
    shape_edge : edge of each shape point
    edge_modes : (E,) mask of the modes that may use an edge in some direction
    """

    west: float
    south: float
    cell_lon: float
    cell_lat: float
    columns: int
    rows: int
    cell_start: NDArray[np.int32]
    cell_segment: NDArray[np.int32]
    cell_ends: NDArray[np.float64]
    cell_modes: NDArray[np.uint8]
    shape_share: NDArray[np.float64]
    shape_edge: NDArray[np.int32]
    edge_modes: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Snaps:
    """Where points lie on the network: (P,) edge (-1 none within reach), share in [0, 1] from edge_from, offset_m from the street."""

    edge: NDArray[np.int32]
    share: NDArray[np.float64]
    offset_m: NDArray[np.float64]


def build_snap_index(
    shape_start: NDArray[np.int64],
    shape_lon: NDArray[np.float64],
    shape_lat: NDArray[np.float64],
    edge_modes: NDArray[np.uint8],
    *,
    cell_m: float = CELL_M,
) -> SnapIndex:
    """Hang every segment of some length in the grid.

    Parameters
    ----------
    shape_start : (E+1,) CSR of the shapes
    shape_lon, shape_lat : (S,) degrees
    edge_modes : (E,) mask over speeds.MODES
    cell_m : side of a cell, enlarged where the grid would become too large
    """
    west, south = (float(axis.min()) if len(axis) else 0.0 for axis in (shape_lon, shape_lat))
    east, north = (float(axis.max()) if len(axis) else 0.0 for axis in (shape_lon, shape_lat))
    narrow = max(0.01, cos(radians((south + north) / 2)))
    while True:
        cell_lat = cell_m / METRES_PER_DEGREE
        cell_lon = cell_lat / narrow
        columns, rows = int((east - west) / cell_lon) + 1, int((north - south) / cell_lat) + 1
        if columns * rows <= _LARGEST_GRID:
            break
        cell_m *= 1.5
    edge = np.repeat(np.arange(len(shape_start) - 1, dtype=np.int32), np.diff(shape_start))
    share = _shares(np.asarray(shape_start), np.asarray(shape_lon), np.asarray(shape_lat))
    offered = np.asarray(edge_modes)[edge] > 0
    segment = np.flatnonzero((edge[1:] == edge[:-1]) & (share[1:] > share[:-1]) & offered[1:]).astype(
        np.int32
    )
    box = (west, south, cell_lon, cell_lat)
    count = np.zeros(columns * rows + 1, np.int32)
    _hang(segment, shape_lon, shape_lat, box, columns, rows, count, np.empty(0, np.int32))
    start = np.concatenate([[0], np.cumsum(count[:-1])]).astype(np.int32)
    fill = start.copy()
    held = np.empty(int(start[-1]), np.int32)
    _hang(segment, shape_lon, shape_lat, box, columns, rows, fill, held)
    ends = np.stack([shape_lon[held], shape_lat[held], shape_lon[held + 1], shape_lat[held + 1]], axis=1)
    modes = np.zeros(columns * rows, np.uint8)
    np.bitwise_or.at(
        modes, np.repeat(np.arange(columns * rows), np.diff(start)), np.asarray(edge_modes)[edge[held]]
    )
    return SnapIndex(
        west, south, cell_lon, cell_lat, columns, rows, start, held, ends, modes, share, edge, edge_modes
    )


def snap(
    index: SnapIndex,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    *,
    modes: int = ANY_MODE,
    max_distance_m: float = 1000.0,
) -> Snaps:
    """Nearest street of each point.

    Parameters
    ----------
    lon, lat : (P,) degrees; a value that is no place on earth finds nothing
    modes : mask of modes, an edge counts when it serves one of them
    max_distance_m : beyond it a point has no street (edge -1)
    """
    lon, lat = np.ascontiguousarray(lon, np.float64), np.ascontiguousarray(lat, np.float64)
    edge = np.empty(len(lon), np.int32)
    share, offset = np.empty(len(lon)), np.empty(len(lon))
    _snap_all(*_grid(index), (lon, lat, modes, max_distance_m), (edge, share, offset))
    return Snaps(edge, share, offset)


def snap_one(
    index: SnapIndex, lon: float, lat: float, *, modes: int = ANY_MODE, max_distance_m: float = 1000.0
) -> tuple[int, float, float]:
    """Nearest street of one point, its edge, share and offset in metres, without the arrays that many points need."""
    found: tuple[int, float, float] = _snap_one(
        *_grid(index), (float(lon), float(lat), modes, float(max_distance_m))
    )
    return found


def _grid(index: SnapIndex) -> tuple[Any, Any, Any, Any]:
    return (
        (index.west, index.south, index.cell_lon, index.cell_lat),
        (index.columns, index.rows),
        (index.cell_start, index.cell_segment, index.cell_ends, index.cell_modes),
        (index.shape_edge, index.edge_modes, index.shape_share),
    )


@njit(cache=True, nogil=True)
def _shares(start, lon, lat):  # type: ignore[no-untyped-def]
    share = np.zeros(len(lon))
    for edge in range(len(start) - 1):
        a, b = start[edge], start[edge + 1]
        total = 0.0
        for k in range(a + 1, b):
            dx = (lon[k] - lon[k - 1]) * np.cos(np.radians((lat[k] + lat[k - 1]) / 2))
            dy = lat[k] - lat[k - 1]
            total += np.sqrt(dx * dx + dy * dy)
            share[k] = total
        if total > 0.0:
            for k in range(a + 1, b):
                share[k] = share[k] / total
            share[b - 1] = 1.0
    return share


@njit(cache=True, nogil=True)
def _hang(segment, lon, lat, box, columns, rows, fill, held):  # type: ignore[no-untyped-def]
    """Count segments per cell (held empty) or place them; a segment is put in every cell of each row band that it crosses."""
    west, south, cell_lon, cell_lat = box
    for s in segment:
        x0, y0 = (lon[s] - west) / cell_lon, (lat[s] - south) / cell_lat
        x1, y1 = (lon[s + 1] - west) / cell_lon, (lat[s + 1] - south) / cell_lat
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        first, last = min(max(int(y0), 0), rows - 1), min(max(int(y1), 0), rows - 1)
        for row in range(first, last + 1):
            left, right = min(x0, x1), max(x0, x1)
            if last > first:
                slope = (x1 - x0) / (y1 - y0)
                a = x0 + slope * (max(y0, float(row)) - y0)
                b = x0 + slope * (min(y1, float(row + 1)) - y0)
                left, right = max(left, min(a, b) - 1e-9), min(right, max(a, b) + 1e-9)
            for column in range(
                min(max(int(left), 0), columns - 1), min(max(int(right), 0), columns - 1) + 1
            ):
                cell = row * columns + column
                if len(held):
                    held[fill[cell]] = s
                fill[cell] += 1


@njit(cache=True, nogil=True)
def _snap_all(box, size, grid, shapes, points, out):  # type: ignore[no-untyped-def]
    lon, lat, modes, limit = points
    edge, share, offset = out
    for p in range(len(lon)):
        edge[p], share[p], offset[p] = _snap_one(box, size, grid, shapes, (lon[p], lat[p], modes, limit))


@njit(cache=True, nogil=True)
def _snap_one(box, size, grid, shapes, point):  # type: ignore[no-untyped-def]
    west, south, cell_lon, cell_lat = box
    columns, rows = size
    cell_start, cell_segment, ends, cell_modes = grid
    shape_edge, edge_modes, shape_share = shapes
    lon, lat, modes, limit = point
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        return -1, 0.0, np.inf
    metre_y = 111_195.0802335329
    metre_x = metre_y * np.cos(np.radians(lat))
    fx, fy = (lon - west) / cell_lon, (lat - south) / cell_lat
    wide, high = cell_lon * metre_x, cell_lat * metre_y
    if (
        -fx * wide > limit
        or (fx - columns) * wide > limit
        or -fy * high > limit
        or (fy - rows) * high > limit
    ):
        return -1, 0.0, np.inf
    cx, cy = int(floor(fx)), int(floor(fy))
    best, best_edge, best_share = limit * limit, -1, 0.0
    ring = 0
    while True:
        for row in range(max(cy - ring, 0), min(cy + ring, rows - 1) + 1):
            step = 1 if row == cy - ring or row == cy + ring else max(2 * ring, 1)
            gap_y = max(0.0, max(row - fy, fy - row - 1.0)) * high
            for column in range(cx - ring, cx + ring + 1, step):
                if column < 0 or column >= columns:
                    continue
                gap_x = max(0.0, max(column - fx, fx - column - 1.0)) * wide
                if gap_x * gap_x + gap_y * gap_y > best:
                    continue
                cell = row * columns + column
                if not cell_modes[cell] & modes:
                    continue
                for k in range(cell_start[cell], cell_start[cell + 1]):
                    ax, ay = (ends[k, 0] - lon) * metre_x, (ends[k, 1] - lat) * metre_y
                    dx, dy = (ends[k, 2] - ends[k, 0]) * metre_x, (ends[k, 3] - ends[k, 1]) * metre_y
                    length = dx * dx + dy * dy
                    along = -(ax * dx + ay * dy)
                    t = 0.0 if along <= 0.0 else 1.0 if along >= length else along / length
                    ex, ey = ax + t * dx, ay + t * dy
                    d = ex * ex + ey * ey
                    if d <= best:
                        s = cell_segment[k]
                        e = shape_edge[s]
                        if edge_modes[e] & modes and (d < best or best_edge < 0 or e < best_edge):
                            best, best_edge = d, e
                            best_share = shape_share[s] + t * (shape_share[s + 1] - shape_share[s])
        sure = min(
            min(fx - (cx - ring), cx + ring + 1 - fx) * wide, min(fy - (cy - ring), cy + ring + 1 - fy) * high
        )
        if (sure > 0.0 and best <= sure * sure) or sure > limit:
            break
        ring += 1
    if best_edge < 0:
        return -1, 0.0, np.inf
    return best_edge, min(1.0, max(0.0, best_share)), np.sqrt(best)
