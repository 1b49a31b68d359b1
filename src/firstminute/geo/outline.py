"""The area around reached streets, as polygons: a raster of cells that streets pass, traced along its edges.

Idea: whoever reaches a street reaches what stands along it; so every cell that a reached line passes counts, with its eight neighbours, and the
outline of the cells is the area. Valid polygons by construction: outer rings counter-clockwise, holes clockwise (RFC 7946), cells that only touch
at a corner are apart. Limits: right-angled outlines; the cell is coarser for a wide area.
"""

from __future__ import annotations

import itertools
from math import cos, radians

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label

Floats = NDArray[np.float64]
Ring = list[tuple[float, float]]
_METRES_PER_DEGREE = 111_195.0802335329
_LARGEST_SIDE = 400


def outline(
    start: NDArray[np.int64], lon: Floats, lat: Floats, *, cell_m: float = 40.0
) -> tuple[list[list[Ring]], float]:
    """Polygons around lines.

    Parameters
    ----------
    start : (L+1,) CSR of lines;  lon, lat : (P,) degrees
    cell_m : side of a cell in metres, enlarged where the area is wider than 400 cells

    Returns
    -------
    polygons, each a list of closed rings (outer first, then its holes) of (lon, lat); their area in square kilometres
    """
    if not len(lon):
        return [], 0.0
    west, south = float(lon.min()), float(lat.min())
    narrow = max(0.01, cos(radians((south + float(lat.max())) / 2)))
    side_m = max((float(lon.max()) - west) * narrow, float(lat.max()) - south) * _METRES_PER_DEGREE
    cell_m = max(cell_m, side_m / _LARGEST_SIDE)
    step_lat = cell_m / _METRES_PER_DEGREE
    step_lon = step_lat / narrow
    cells = _passed(start, (lon - west) / step_lon, (lat - south) / step_lat)
    labels, _ = label(cells)
    rings = _trace(cells)
    polygons: dict[int, list[list[tuple[int, int]]]] = {}
    for corners, (row, column) in sorted(rings, key=lambda ring: -_area2(ring[0])):
        polygons.setdefault(int(labels[row, column]), []).append(corners)
    placed = [
        [
            [(round(west + (x - 2) * step_lon, 7), round(south + (y - 2) * step_lat, 7)) for x, y in ring]
            for ring in rings_of
        ]
        for rings_of in polygons.values()
    ]
    return placed, float(cells.sum()) * cell_m * cell_m / 1e6


def _passed(start: NDArray[np.int64], x: Floats, y: Floats) -> NDArray[np.bool_]:
    """(rows, columns) True at cells that a line passes and their neighbours; two cells of margin on every side."""
    grid = np.zeros((int(y.max()) + 5, int(x.max()) + 5), bool)
    first = np.ones(len(x), bool)
    first[start[1:-1]] = False
    first[0] = False
    ends = np.flatnonzero(first)
    steps = np.maximum(
        np.ceil(2 * np.maximum(np.abs(x[ends] - x[ends - 1]), np.abs(y[ends] - y[ends - 1]))).astype(
            np.int64
        ),
        1,
    )
    which = np.repeat(ends, steps)
    share = (np.arange(len(which)) - np.repeat(np.cumsum(steps) - steps, steps) + 0.5) / np.repeat(
        steps, steps
    )
    for axis_x, axis_y in (
        (x, y),
        (x[which - 1] + share * (x[which] - x[which - 1]), y[which - 1] + share * (y[which] - y[which - 1])),
    ):
        grid[axis_y.astype(np.int64) + 2, axis_x.astype(np.int64) + 2] = True
    grown: NDArray[np.bool_] = binary_dilation(grid, np.ones((3, 3), bool))
    return grown


def _trace(cells: NDArray[np.bool_]) -> list[tuple[list[tuple[int, int]], tuple[int, int]]]:
    """Closed rings of corners with the inside on the left, and one cell on the inside of each."""
    inside = np.pad(cells, 1)
    following: dict[tuple[int, int], list[tuple[tuple[int, int], tuple[int, int]]]] = {}
    sides = ((0, -1, (0, 0), (1, 0)), (1, 0, (1, 0), (1, 1)), (0, 1, (1, 1), (0, 1)), (-1, 0, (0, 1), (0, 0)))
    for dx, dy, a, b in sides:
        open_side = (
            inside[1:-1, 1:-1] & ~inside[1 + dy : inside.shape[0] - 1 + dy, 1 + dx : inside.shape[1] - 1 + dx]
        )
        for row, column in np.argwhere(open_side).tolist():
            corner = (column + a[0], row + a[1])
            following.setdefault(corner, []).append(((column + b[0], row + b[1]), (row, column)))
    rings = []
    while following:
        corner, exits = next(iter(following.items()))
        ring, cell = [corner], exits[0][1]
        came = (0, 0)
        while True:
            after, _ = _leave(following, ring[-1], came)
            came = (after[0] - ring[-1][0], after[1] - ring[-1][1])
            if after == ring[0]:
                break
            ring.append(after)
        rings += [(_corners(part), cell) for part in _parted(ring)]
    return rings


def _leave(
    following: dict[tuple[int, int], list[tuple[tuple[int, int], tuple[int, int]]]],
    corner: tuple[int, int],
    came: tuple[int, int],
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The next corner; where two rings touch, the one to the left, so that they stay apart."""
    exits = following[corner]
    left = (-came[1], came[0])
    chosen = next((k for k, (to, _) in enumerate(exits) if (to[0] - corner[0], to[1] - corner[1]) == left), 0)
    way = exits.pop(chosen)
    if not exits:
        del following[corner]
    return way


def _parted(ring: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """A ring that touches itself at corners as rings that do not: what hangs at a corner is a hole of its own."""
    parts: list[list[tuple[int, int]]] = []
    path: list[tuple[int, int]] = []
    at: dict[tuple[int, int], int] = {}
    for corner in ring:
        if corner in at:
            cut = at[corner]
            parts.append(path[cut:])
            for gone in path[cut + 1 :]:
                del at[gone]
            path = path[: cut + 1]
        else:
            at[corner] = len(path)
            path.append(corner)
    return [*parts, path]


def _corners(ring: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A closed ring without the points on its straight sides."""
    kept = [
        b
        for a, b, c in zip([ring[-1], *ring[:-1]], ring, [*ring[1:], ring[0]], strict=True)
        if _turns(a, b, c)
    ]
    return [*kept, kept[0]]


def _turns(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])


def _area2(ring: list[tuple[int, int]]) -> int:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
