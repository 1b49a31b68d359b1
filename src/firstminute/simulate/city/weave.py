"""Where street lines meet: from lines on the plan to one planar drawing of nodes and pieces.

Idea: every pair of segments whose boxes touch is intersected once (a sweep in x), the meeting points become nodes of both lines, nodes
closer than a few metres become one, and short dead ends (the overshoot of `lines`) go. Source: the textbook sweep over x-sorted
segments; no library. Limits: exact arithmetic is not needed at this scale (nodes are joined within `JOIN_M`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from firstminute.simulate.city.lines import Line
from firstminute.simulate.city.shape import Array

JOIN_M = 5.0
_STUB_M = 12.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A street between two nodes: which line it belongs to, its end nodes and its inner points on the plan."""

    line: int
    start: int
    end: int
    x: Array
    y: Array


@dataclass(frozen=True, slots=True)
class Weave:
    """Nodes on the plan and the pieces between them."""

    node_x: Array
    node_y: Array
    pieces: list[Piece]


def weave(lines: list[Line]) -> Weave:
    """Cut all lines where they meet.

    Returns
    -------
    nodes and pieces; pieces follow their line's direction
    """
    ax, ay, bx, by, owner, step = _segments(lines)
    first, second, t_first, t_second = _crossings(ax, ay, bx, by, owner)
    stops: list[list[tuple[float, float, float]]] = [[] for _ in lines]
    for which, t in ((first, t_first), (second, t_second)):
        x, y = ax[which] + t * (bx[which] - ax[which]), ay[which] + t * (by[which] - ay[which])
        for line, at, px, py in zip(owner[which], step[which] + t, x, y, strict=True):
            stops[line].append((float(at), float(px), float(py)))
    for line, drawn in zip(stops, lines, strict=True):
        line.append((0.0, float(drawn.x[0]), float(drawn.y[0])))
        line.append((float(len(drawn.x) - 1), float(drawn.x[-1]), float(drawn.y[-1])))
        line.sort()
    points = np.array([(x, y) for line in stops for _, x, y in line])
    label, node_x, node_y = _join(points)
    pieces: list[Piece] = []
    at = 0
    for index, line in enumerate(stops):
        pieces += _pieces(index, lines[index], line, label[at : at + len(line)])
        at += len(line)
    return Weave(node_x, node_y, _without_stubs(pieces, node_x, node_y))


def _segments(lines: list[Line]) -> tuple[Array, Array, Array, Array, NDArray[np.int64], NDArray[np.int64]]:
    owner = np.repeat(np.arange(len(lines)), [len(line.x) - 1 for line in lines])
    step = np.concatenate([np.arange(len(line.x) - 1) for line in lines])
    ax = np.concatenate([line.x[:-1] for line in lines])
    ay = np.concatenate([line.y[:-1] for line in lines])
    bx = np.concatenate([line.x[1:] for line in lines])
    by = np.concatenate([line.y[1:] for line in lines])
    return ax, ay, bx, by, owner, step


def _crossings(
    ax: Array, ay: Array, bx: Array, by: Array, owner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Pairs of segments of different lines that meet, with the share along each."""
    left, right = np.minimum(ax, bx), np.maximum(ax, bx)
    low, high = np.minimum(ay, by), np.maximum(ay, by)
    order = np.argsort(left, kind="stable")
    sorted_left = left[order]
    until = np.searchsorted(sorted_left, right[order], side="right")
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]] = []
    for k, i in enumerate(order):
        j = order[k + 1 : until[k]]
        j = j[(low[j] <= high[i]) & (high[j] >= low[i]) & (owner[j] != owner[i])]
        if not len(j):
            continue
        dx, dy = bx[i] - ax[i], by[i] - ay[i]
        ex, ey = bx[j] - ax[j], by[j] - ay[j]
        cross = dx * ey - dy * ex
        safe = np.where(np.abs(cross) < 1e-9, np.nan, cross)
        ox, oy = ax[j] - ax[i], ay[j] - ay[i]
        t, u = (ox * ey - oy * ex) / safe, (ox * dy - oy * dx) / safe
        hit = (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
        if hit.any():
            found.append((np.full(int(hit.sum()), i), j[hit], t[hit], u[hit]))
    first, second, t_first, t_second = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, second, t_first, t_second


def _join(points: Array) -> tuple[NDArray[np.int64], Array, Array]:
    """Label of each point after joining those within JOIN_M, and the mean place of each label."""
    pairs = cKDTree(points).query_pairs(JOIN_M, output_type="ndarray")
    count = len(points)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, label = connected_components(links, directed=False)
    size = np.bincount(label)
    x, y = np.bincount(label, points[:, 0]) / size, np.bincount(label, points[:, 1]) / size
    return label.astype(np.int64), x, y


def _pieces(
    index: int, line: Line, stops: list[tuple[float, float, float]], label: NDArray[np.int64]
) -> list[Piece]:
    pieces = []
    for (t0, _, _), (t1, _, _), a, b in zip(stops[:-1], stops[1:], label[:-1], label[1:], strict=True):
        if a == b:
            continue
        inner = np.arange(int(np.floor(t0)) + 1, int(np.ceil(t1)))
        pieces.append(Piece(index, int(a), int(b), line.x[inner], line.y[inner]))
    return pieces


def _without_stubs(pieces: list[Piece], x: Array, y: Array) -> list[Piece]:
    """Drop short dead ends, twice over, and pieces drawn twice."""
    for _ in range(2):
        degree = np.bincount([end for piece in pieces for end in (piece.start, piece.end)], minlength=len(x))
        pieces = [
            piece
            for piece in pieces
            if min(degree[piece.start], degree[piece.end]) > 1
            or np.hypot(x[piece.start] - x[piece.end], y[piece.start] - y[piece.end]) > _STUB_M
        ]
    seen: set[tuple[int, int]] = set()
    kept = []
    for piece in pieces:
        key = (min(piece.start, piece.end), max(piece.start, piece.end))
        if len(piece.x) == 0 and key in seen:
            continue
        seen.add(key)
        kept.append(piece)
    return kept
