"""Cutting shapes to a tile: project, clip, round to the tile's grid, leave out what cannot be seen. Numba kernels.

Idea: a shape in world coordinates (0..1, Web Mercator) becomes integers of one tile with a margin; consecutive equal points go, then those within
a tolerance of the line (Douglas & Peucker 1973). Lines are clipped piece by piece (Liang & Barsky 1984), rings edge by edge (Sutherland &
Hodgman 1974). Limits: a clipped ring may run along the margin, which the map hides.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Shapes = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
Cut = tuple[Ints, Ints, NDArray[np.int64], NDArray[np.int64]]
MARGIN = 80


def world(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Web Mercator in world units: x, y in 0..1, y downwards."""
    sin = np.sin(np.radians(np.clip(lat, -85.0, 85.0)))
    return (lon + 180.0) / 360.0, 0.5 - np.log((1 + sin) / (1 - sin)) / (4 * np.pi)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place in world units, to a centimetre."""
    lat = np.degrees(2 * np.arctan(np.exp((0.5 - y) * 2 * np.pi)) - np.pi / 2)
    return round(float(x * 360.0 - 180.0), 7), round(float(lat), 7)


def cut_lines(shapes: Shapes, which: NDArray[np.int64], tile: tuple[int, int, int], tolerance: float) -> Cut:
    """Lines of a tile.

    Parameters
    ----------
    shapes : (start, x, y) CSR of shapes in world units
    which : shapes to cut
    tile : (zoom, column, row)
    tolerance : in tile units

    Returns
    -------
    x, y (P,), part_start (parts + 1,), part_shape (parts,) the shape of each part
    """
    x, y, parts, shape = _room(shapes[0], which, 2)
    return _cut_to((x, y, parts, shape), _lines(*shapes, which, _view(tile, tolerance), (x, y, parts, shape)))


def cut_rings(shapes: Shapes, which: NDArray[np.int64], tile: tuple[int, int, int], tolerance: float) -> Cut:
    """Rings of a tile, not closed, without those that vanish; arguments as in `cut_lines`."""
    x, y, parts, shape = _room(shapes[0], which, 4)
    return _cut_to((x, y, parts, shape), _rings(*shapes, which, _view(tile, tolerance), (x, y, parts, shape)))


def _room(start: NDArray[np.int64], which: NDArray[np.int64], times: int) -> Cut:
    room = int((start[which + 1] - start[which]).sum()) * times + 16 * len(which) + 16
    return (
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.zeros(room + 1, np.int64),
        np.empty(room, np.int64),
    )


def _view(tile: tuple[int, int, int], tolerance: float) -> tuple[float, float, float, float]:
    zoom, column, row = tile
    return 4096.0 * 2.0**zoom, 4096.0 * column, 4096.0 * row, tolerance


def _cut_to(made: Cut, count: int) -> Cut:
    x, y, parts, shape = made
    return x[: parts[count]], y[: parts[count]], parts[: count + 1], shape[:count]


@njit(cache=True, nogil=True)
def _lines(start, xs, ys, which, view, out):  # type: ignore[no-untyped-def]
    scale, left, top, tolerance = view
    x, y, parts, shape = out
    count, at = 0, 0
    low, high = -80.0, 4096.0 + 80.0
    for s in which:
        open_part = at
        for k in range(start[s], start[s + 1] - 1):
            ax, ay = xs[k] * scale - left, ys[k] * scale - top
            bx, by = xs[k + 1] * scale - left, ys[k + 1] * scale - top
            t0, t1, seen = _inside(ax, ay, bx, by, low, high)
            if seen:
                if at == open_part:
                    at = _push(x, y, at, open_part, ax + t0 * (bx - ax), ay + t0 * (by - ay))
                at = _push(x, y, at, open_part, ax + t1 * (bx - ax), ay + t1 * (by - ay))
            if (not seen or t1 < 1.0) and at > open_part:
                at, count = _close(x, y, parts, shape, (open_part, at, count, s), tolerance)
                open_part = at
        if at > open_part:
            at, count = _close(x, y, parts, shape, (open_part, at, count, s), tolerance)
    return count


@njit(cache=True, nogil=True)
def _inside(ax, ay, bx, by, low, high):  # type: ignore[no-untyped-def]
    t0, t1 = 0.0, 1.0
    dx, dy = bx - ax, by - ay
    for p, q in ((-dx, ax - low), (dx, high - ax), (-dy, ay - low), (dy, high - ay)):
        if p == 0.0:
            if q < 0.0:
                return 0.0, 0.0, False
        else:
            r = q / p
            if p < 0.0:
                t0 = max(t0, r)
            else:
                t1 = min(t1, r)
    return t0, t1, t0 <= t1


@njit(cache=True, nogil=True)
def _push(x, y, at, first, px, py):  # type: ignore[no-untyped-def]
    ix, iy = int(np.floor(px + 0.5)), int(np.floor(py + 0.5))
    if at > first and x[at - 1] == ix and y[at - 1] == iy:
        return at
    x[at], y[at] = ix, iy
    return at + 1


@njit(cache=True, nogil=True)
def _close(x, y, parts, shape, run, tolerance):  # type: ignore[no-untyped-def]
    first, at, count, s = run
    if at - first < 2:
        return first, count
    at = _simplify(x, y, first, at, tolerance)
    parts[count + 1] = at
    shape[count] = s
    return at, count + 1


@njit(cache=True, nogil=True)
def _simplify(x, y, first, last, tolerance):  # type: ignore[no-untyped-def]
    """Douglas-Peucker in place over [first, last); the new end."""
    size = last - first
    if size <= 2 or tolerance <= 0.0:
        return last
    keep = np.zeros(size, np.bool_)
    keep[0], keep[size - 1] = True, True
    stack = np.empty((size + 2, 2), np.int64)
    stack[0, 0], stack[0, 1], depth = 0, size - 1, 1
    while depth:
        depth -= 1
        a, b = stack[depth, 0], stack[depth, 1]
        ax, ay = float(x[first + a]), float(y[first + a])
        dx, dy = float(x[first + b]) - ax, float(y[first + b]) - ay
        length = dx * dx + dy * dy
        worst, far = tolerance * tolerance, -1
        for k in range(a + 1, b):
            ex, ey = float(x[first + k]) - ax, float(y[first + k]) - ay
            t = 0.0 if length == 0.0 else min(1.0, max(0.0, (ex * dx + ey * dy) / length))
            d = (ex - t * dx) ** 2 + (ey - t * dy) ** 2
            if d > worst:
                worst, far = d, k
        if far >= 0:
            keep[far] = True
            stack[depth, 0], stack[depth, 1] = a, far
            stack[depth + 1, 0], stack[depth + 1, 1] = far, b
            depth += 2
    at = first
    for k in range(size):
        if keep[k]:
            x[at], y[at] = x[first + k], y[first + k]
            at += 1
    return at


@njit(cache=True, nogil=True)
def _rings(start, xs, ys, which, view, out):  # type: ignore[no-untyped-def]
    scale, left, top, tolerance = view
    x, y, parts, shape = out
    count, at = 0, 0
    for s in which:
        size = start[s + 1] - start[s]
        px, py = np.empty(size * 4 + 16), np.empty(size * 4 + 16)
        qx, qy = np.empty(size * 4 + 16), np.empty(size * 4 + 16)
        n = 0
        for k in range(start[s], start[s + 1] - 1):
            px[n], py[n] = xs[k] * scale - left, ys[k] * scale - top
            n += 1
        for side in range(4):
            n = _clip_side(px, py, n, qx, qy, side)
            px, py, qx, qy = qx, qy, px, py
        first = at
        for k in range(n):
            at = _push(x, y, at, first, px[k], py[k])
        while at - first > 1 and x[at - 1] == x[first] and y[at - 1] == y[first]:
            at -= 1
        if at - first >= 3:
            at = _simplify(x, y, first, at, tolerance)
        if at - first < 3 or _area2(x, y, first, at) == 0:
            at = first
            continue
        parts[count + 1] = at
        shape[count] = s
        count += 1
    return count


@njit(cache=True, nogil=True)
def _clip_side(px, py, n, qx, qy, side):  # type: ignore[no-untyped-def]
    low, high = -80.0, 4096.0 + 80.0
    m = 0
    for k in range(n):
        ax, ay = px[k], py[k]
        bx, by = px[(k + 1) % n], py[(k + 1) % n]
        a = ax - low if side == 0 else high - ax if side == 1 else ay - low if side == 2 else high - ay
        b = bx - low if side == 0 else high - bx if side == 1 else by - low if side == 2 else high - by
        if a >= 0.0 and m < len(qx):
            qx[m], qy[m] = ax, ay
            m += 1
        if (a >= 0.0) != (b >= 0.0) and m < len(qx):
            t = a / (a - b)
            qx[m], qy[m] = ax + t * (bx - ax), ay + t * (by - ay)
            m += 1
    return m


@njit(cache=True, nogil=True)
def _area2(x, y, first, last):  # type: ignore[no-untyped-def]
    total = 0
    for k in range(first, last):
        j = first if k + 1 == last else k + 1
        total += int(x[k]) * int(y[j]) - int(x[j]) * int(y[k])
    return total


@njit(cache=True, nogil=True)
def ring_area2(x, y, first, last):  # type: ignore[no-untyped-def]
    """Twice the signed area of a ring; > 0 is clockwise on screen (y downwards)."""
    return _area2(x, y, first, last)
