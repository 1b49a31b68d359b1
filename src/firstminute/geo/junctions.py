"""Places that lie at a junction: told so that every street there counts, not only the one the point was snapped to.

Idea: the nearest place of many points is the very corner of several streets, and which of them is named is chance; coordinates written with six digits
lie some centimetres beside their junction. So whoever is within 10 cm of one, by his own place or along the street, is at it. Without turn rules he
starts at the end of a piece that leads to it, having just arrived, and is reached at the beginning of a piece that leads away. Where there is
no such piece, and under turn rules, which bind whoever comes from a street, he has several places: a start on each piece that leaves the junction, a
goal on each that leads to it, and the quickest counts. Limits: only points that are asked about are treated so, units on the map stand on one street.
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
    """Where P points start or are reached, K >= P places.

    Attributes
    ----------
    point : (K,) ascending;  edge : (K,) -1 = none;  share : (K,);  node : (K,) junction that the point lies at, -1 = none
    """

    point: Longs
    edge: Ints
    share: Floats
    node: Ints


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
    """(P, Q) deciseconds between points from those between their places (K, L), nought at one junction; UNREACHED stays."""
    first = [np.flatnonzero(np.diff(ends.point, prepend=-1)) for ends in (starts, goals)]
    open_ = np.where(times == UNREACHED, _NEVER, times)
    best = np.minimum.reduceat(np.minimum.reduceat(open_, first[0], axis=0), first[1], axis=1)
    here, there = starts.node[first[0]], goals.node[first[1]]
    best[(here[:, None] == there) & (here[:, None] >= 0)] = 0
    return np.where(best == _NEVER, UNREACHED, best).astype(np.int32)


def _ends(network: Network, graph: ModeGraph, points: tuple[Snaps, Ints], *, leaving: bool) -> Ends:
    """Starts, or goals (`leaving`): one place for each point, or one on each piece of its junction."""
    snaps, at = points
    edge, share = snaps.edge.copy(), snaps.share.copy()
    rows = np.flatnonzero(at >= 0)
    node, piece = at[rows], edge[rows]
    at_from = (network.edge_from[piece] == node) & ((network.edge_to[piece] != node) | (share[rows] < 0.5))
    share[rows] = np.where(at_from, 0.0, 1.0)
    beyond, behind = (graph.in_start, graph.out_start) if leaving else (graph.out_start, graph.in_start)
    many, one = (start[node + 1] > start[node] for start in (beyond, behind))
    if graph.turns is not None:
        spread, single = many, one & ~many
    else:
        elsewhere = (network.edge_from[piece] != node) & (network.edge_to[piece] != node)
        wanting = elsewhere | ~_serves(graph, piece, at_from, leaving=leaving)
        spread, single = wanting & many & ~one, wanting & one
    first = behind[node[single]]
    arc = first if leaving else graph.in_arc[first]
    edge[rows[single]], share[rows[single]] = _standing(graph, arc, at_tail=leaving)
    return _spread(graph, (edge, share, at), rows[spread], node[spread], leaving=leaving)


def _serves(graph: ModeGraph, piece: Ints, at_from: Bools, *, leaving: bool) -> Bools:
    """(n,) True where a piece leads to the junction at one of its ends; for goals, where it leads away from it."""
    forward, backward = graph.edge_arc_forward[piece], graph.edge_arc_backward[piece]
    serves: Bools = np.where(at_from == leaving, forward, backward) >= 0
    return serves


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


def _spread(
    graph: ModeGraph, place: tuple[Ints, Floats, Ints], rows: Longs, node: Ints, *, leaving: bool
) -> Ends:
    """A place on every arc that leaves a junction, or leads to it where it is a goal."""
    edge, share, at = place
    start = graph.in_start if leaving else graph.out_start
    width: Longs = (start[node + 1] - start[node]).astype(np.int64)
    row = np.repeat(start[node] - np.cumsum(width) + width, width)
    arc = (row + np.arange(len(row))).astype(np.int32)
    new = _standing(graph, graph.in_arc[arc] if leaving else arc, at_tail=not leaving)
    kept = np.delete(np.arange(len(edge)), rows)
    point = np.concatenate([kept, np.repeat(rows, width)])
    order = np.argsort(point, kind="stable")
    return Ends(
        point[order],
        np.concatenate([edge[kept], new[0]])[order],
        np.concatenate([share[kept], new[1]])[order],
        at[point[order]],
    )
