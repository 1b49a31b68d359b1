"""Places that lie at a junction: told so that every street there counts, not only the one the point was snapped to.

Idea: the nearest place of many points is the very corner of several streets, and which of them is named is chance; coordinates written with six digits
lie some centimetres beside their junction. So whoever is within 10 cm of one, by his own place or along the street, is at it: he starts at the end of
a piece that leads to it, having just arrived, and is reached at the beginning of a piece that leads away. Where no piece leads to the
junction he has several starts, one on each piece that leaves it, and the quickest counts; so for a goal that nothing leaves. Limits: turn rules
hold from the piece he is put on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firstminute.geo.match import METRES_PER_DEGREE, Snaps
from firstminute.geo.matrix import UNREACHED
from firstminute.geo.network import Bools, Floats, Ints, Longs, ModeGraph, Network

AT_JUNCTION_M = 0.1
_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class Ends:
    """Where P points start or are reached, K >= P places: point (K,) ascending, edge (K,) -1 = none, share (K,)."""

    point: Longs
    edge: Ints
    share: Floats


def as_starts(network: Network, graph: ModeGraph, snaps: Snaps, node: Ints) -> Ends:
    """Places from which every street at their junction can be taken; node (P,) as `junction_of` gives it."""
    return _ends(network, graph, (snaps, node), leaving=False)


def as_goals(network: Network, graph: ModeGraph, snaps: Snaps, node: Ints) -> Ends:
    """Places that are reached over every street at their junction; node (P,) as `junction_of` gives it."""
    return _ends(network, graph, (snaps, node), leaving=True)


def junction_of(network: Network, snaps: Snaps, lon: Floats, lat: Floats, offered: Bools) -> Ints:
    """The junction that each point lies at.

    Parameters
    ----------
    snaps : where the points were put
    lon, lat : (P,) degrees of the points themselves
    offered : (E,) pieces to which points may be put

    Returns
    -------
    (P,) junction, an end of the point's own piece rather than another one; -1 = none
    """
    found = np.full(len(snaps.edge), -1, np.int32)
    rows = np.flatnonzero(snaps.edge >= 0)
    edge, share = snaps.edge[rows], snaps.share[rows]
    metres = _drawn_m(network, edge)
    ends = network.edge_from[edge], network.edge_to[edge]
    here = lon[rows], lat[rows]
    away = [
        np.minimum(part * metres, _apart_m(here, (network.node_lon[end], network.node_lat[end])))
        for part, end in zip((share, 1.0 - share), ends, strict=True)
    ]
    near = np.minimum(*away) <= AT_JUNCTION_M
    found[rows[near]] = np.where(away[0] <= away[1], *ends)[near]
    left = np.flatnonzero(found < 0)
    found[left] = _nearest(network, (lon[left], lat[left]), offered)
    return found


def _nearest(network: Network, here: tuple[Floats, Floats], offered: Bools) -> Ints:
    """(n,) the nearest junction of an offered piece within reach of some places, -1 = none."""
    nodes = np.unique(np.concatenate([network.edge_from[offered], network.edge_to[offered]]))
    nodes = nodes[np.argsort(network.node_lat[nodes], kind="stable")]
    lat = network.node_lat[nodes]
    reach = AT_JUNCTION_M / METRES_PER_DEGREE
    first = np.searchsorted(lat, here[1] - reach, "left")
    last = np.searchsorted(lat, here[1] + reach, "right")
    found = np.full(len(first), -1, np.int32)
    for row in np.flatnonzero(last > first).tolist():
        some = nodes[first[row] : last[row]]
        away = _apart_m((here[0][row], here[1][row]), (network.node_lon[some], network.node_lat[some]))
        if away.min() <= AT_JUNCTION_M:
            found[row] = some[away.argmin()]
    return found


def quickest(times: Ints, starts: Ends, goals: Ends) -> Ints:
    """(P, Q) deciseconds between points from those between their places (K, L); UNREACHED stays."""
    if len(starts.point) == len(np.unique(starts.point)) and len(goals.point) == len(np.unique(goals.point)):
        return times
    open_ = np.where(times == UNREACHED, _NEVER, times)
    first = [np.flatnonzero(np.diff(ends.point, prepend=-1)) for ends in (starts, goals)]
    best = np.minimum.reduceat(np.minimum.reduceat(open_, first[0], axis=0), first[1], axis=1)
    return np.where(best == _NEVER, UNREACHED, best).astype(np.int32)


def _ends(network: Network, graph: ModeGraph, points: tuple[Snaps, Ints], *, leaving: bool) -> Ends:
    """`leaving` puts a point on a piece that leads away from its junction, else on one that leads to it."""
    snaps, at = points
    edge, share = snaps.edge.copy(), snaps.share.copy()
    rows = np.flatnonzero(at >= 0)
    node, piece = at[rows], edge[rows]
    at_from = (network.edge_from[piece] == node) & ((network.edge_to[piece] != node) | (share[rows] < 0.5))
    share[rows] = np.where(at_from, 0.0, 1.0)
    ahead, behind = graph.edge_arc_forward[piece], graph.edge_arc_backward[piece]
    away, towards = np.where(at_from, ahead, behind), np.where(at_from, behind, ahead)
    elsewhere = (network.edge_from[piece] != node) & (network.edge_to[piece] != node)
    wanting = elsewhere | ((away if leaving else towards) < 0)
    rows, node = rows[wanting], node[wanting]
    start = graph.out_start if leaving else graph.in_start
    some = start[node + 1] > start[node]
    first = start[node[some]]
    arc = first if leaving else graph.in_arc[first]
    edge[rows[some]], share[rows[some]] = _standing(graph, arc, at_tail=leaving)
    return _spread(graph, (edge, share), rows[~some], node[~some], leaving=leaving)


def _drawn_m(network: Network, edge: Ints) -> Floats:
    """(n,) length of the drawing of some pieces, whatever their table says."""
    start = network.shape_start
    size = np.diff(start)[edge] - 1
    first = np.repeat(start[:-1][edge] - np.cumsum(size) + size, size) + np.arange(int(size.sum()))
    lon, lat = network.shape_lon, network.shape_lat
    step = _apart_m((lon[first], lat[first]), (lon[first + 1], lat[first + 1]))
    metres: Floats = np.bincount(np.repeat(np.arange(len(edge)), size), step, minlength=len(edge)).astype(
        np.float64
    )
    return metres


def _apart_m(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Floats:
    narrow = np.cos(np.radians((one[1] + other[1]) / 2))
    apart: Floats = np.hypot((other[0] - one[0]) * narrow, other[1] - one[1]) * METRES_PER_DEGREE
    return apart


def _standing(graph: ModeGraph, arc: Ints, *, at_tail: bool) -> tuple[Ints, Floats]:
    """(edge, share) of the tail of each arc, or of its head."""
    return graph.arc_edge[arc], np.where(graph.arc_reversed[arc] == at_tail, 1.0, 0.0)


def _spread(graph: ModeGraph, place: tuple[Ints, Floats], rows: Longs, node: Ints, *, leaving: bool) -> Ends:
    """One place more for every other arc at a junction that all arcs leave, or all lead to."""
    edge, share = place
    start = graph.in_start if leaving else graph.out_start
    width: Longs = (start[node + 1] - start[node]).astype(np.int64)
    some = width > 0
    row = np.repeat(start[node][some] - np.cumsum(width[some]) + width[some], width[some])
    arc = (row + np.arange(len(row))).astype(np.int32)
    new = _standing(graph, graph.in_arc[arc] if leaving else arc, at_tail=not leaving)
    kept = np.delete(np.arange(len(edge)), rows[some])
    point = np.concatenate([kept, np.repeat(rows, width)])
    order = np.argsort(point, kind="stable")
    return Ends(
        point[order],
        np.concatenate([edge[kept], new[0]])[order],
        np.concatenate([share[kept], new[1]])[order],
    )
