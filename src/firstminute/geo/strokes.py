"""Street pieces of one look joined end to end into long lines, for drawing and for names that need room.

Idea: at each junction the ends of pieces with the same key (class, name, direction) are joined two by two, the straightest pair first where
there are more than two; following the joints gives *strokes*. Source: Thomson & Richardson 1999, "good continuation". Limits: greedy.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def join_strokes(
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    heading: tuple[NDArray[np.float64], NDArray[np.float64]],
    key: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Join pieces.

    Parameters
    ----------
    ends : (edge_from, edge_to), each (E,)
    heading : (E,) angle in radians in which a piece leaves its `from` end and its `to` end
    key : (E,) pieces of equal key may be joined, a negative key takes no part

    Returns
    -------
    start (S + 1,), pieces : CSR of strokes; a piece is 2 * edge + (1 if drawn against its direction)
    """
    count = len(key)
    node = np.concatenate([ends[0], ends[1]]).astype(np.int64)
    both = np.concatenate([key, key])
    angle = np.concatenate(heading)
    order = np.lexsort((both, node))
    link = np.full(2 * count, -1, np.int64)
    _link(order, node, both, angle, link)
    start, pieces = np.zeros(count + 1, np.int64), np.empty(count, np.int64)
    strokes = _walk(link, np.asarray(key), start, pieces)
    return start[: strokes + 1], pieces[: start[strokes]]


@njit(cache=True, nogil=True)
def _link(order, node, key, angle, link):  # type: ignore[no-untyped-def]
    total, first = len(order), 0
    while first < total:
        last = first
        while (
            last < total and node[order[last]] == node[order[first]] and key[order[last]] == key[order[first]]
        ):
            last += 1
        if key[order[first]] >= 0 and last - first <= 16:
            while True:
                best, one, two = -0.5, -1, -1  # sharper than 60 degrees is no continuation
                for a in range(first, last):
                    for b in range(a + 1, last):
                        if link[order[a]] < 0 and link[order[b]] < 0:
                            straight = -np.cos(angle[order[a]] - angle[order[b]])
                            if straight > best:
                                best, one, two = straight, order[a], order[b]
                if one < 0:
                    break
                link[one], link[two] = two, one
        first = last


@njit(cache=True, nogil=True)
def _walk(link, key, start, pieces):  # type: ignore[no-untyped-def]
    count = len(key)
    done = np.zeros(count, np.bool_)
    strokes, at = 0, 0
    for loops in range(2):  # first the lines with a free end, then what is left: rings
        for side in range(2):
            for edge in range(count):
                if done[edge] or key[edge] < 0 or (loops == 0 and link[edge + side * count] >= 0):
                    continue
                enter = edge + side * count
                while True:
                    e = enter % count
                    if done[e]:
                        break
                    done[e] = True
                    pieces[at] = 2 * e + (1 if enter >= count else 0)
                    at += 1
                    leave = e if enter >= count else e + count
                    enter = link[leave]
                    if enter < 0:
                        break
                strokes += 1
                start[strokes] = at
    return strokes
