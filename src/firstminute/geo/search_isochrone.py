"""What can be reached from a place in time: junctions with their times, and street pieces, whole or part of the way.

Idea: a forward search to the limit settles junctions; the steps that leave them are driven on as far as the time that is left allows. The limit on a
piece is where the exact time passes it (not its floor), so that the line on the map moves smoothly. Source: network isochrones,
e.g. Baum et al. 2016. Limits: a piece reached from both ends comes twice, once from each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from firstminute.geo.network import Floats, Ints, Longs, ModeGraph
from firstminute.geo.search_flood import FloodSpace, flood
from firstminute.geo.search_graph import SearchGraph

_NEVER = np.iinfo(np.int32).max


class Isochrone(NamedTuple):
    """Reached junctions and pieces.

    Attributes
    ----------
    node, node_ds : (n,) junctions in their numbers' order, earliest deciseconds
    arc : (m,) arcs driven, whole or in part;  from_share, to_share : (m,) from where to where on the piece, in its drawing's shares
    start_ds : (m,) deciseconds at from_share
    """

    node: Longs
    node_ds: Ints
    arc: Longs
    from_share: Floats
    to_share: Floats
    start_ds: Ints


def isochrone(
    graph: SearchGraph, mode: ModeGraph, space: FloodSpace, place: tuple[int, float], *, limit_ds: int
) -> Isochrone:
    """Junctions and street pieces within a limit of a place part-way on a piece (piece -1 reaches nothing)."""
    count = flood(graph, space, place, limit_ds)
    seen, seen_ds = space.seen[:count].astype(np.int64), space.seen_ds[:count].copy()
    at = np.searchsorted(graph.node_place, seen, "right") - 1
    node, row = np.unique(at, return_inverse=True)
    node_ds = np.full(len(node), _NEVER, np.int32)
    np.minimum.at(node_ds, row, seen_ds)
    arc, start_ds = _driven(graph, seen, seen_ds)
    from_arc, to_arc = np.zeros(len(arc)), share_left(mode, arc, limit_ds - start_ds)
    if place[0] >= 0:
        own = [int(a) for a in graph.edge_arc[:, place[0]] if a >= 0]
        own_from = np.array([1.0 - place[1] if mode.arc_reversed[a] else place[1] for a in own])
        own_arc = np.array(own, np.int64)
        own_to = np.minimum(
            own_from + share_left(mode, own_arc, np.full(len(own), limit_ds), whole=np.inf), 1.0
        )
        arc, start_ds = (
            np.concatenate([own_arc, arc]),
            np.concatenate([np.zeros(len(own), np.int32), start_ds]),
        )
        from_arc, to_arc = np.concatenate([own_from, from_arc]), np.concatenate([own_to, to_arc])
    return in_digitised_order(mode, (node, node_ds), arc, (from_arc, to_arc), start_ds)


def in_digitised_order(
    mode: ModeGraph, places: tuple[Longs, Ints], arc: Longs, shares: tuple[Floats, Floats], start_ds: Ints
) -> Isochrone:
    """What was found along arcs, with the shares of each street counted as it was drawn, not as it is driven.

    Parameters
    ----------
    places : (P,) places and their deciseconds;  arc : (A,);  shares : from and to, (A,) in the arc's direction;  start_ds : (A,)
    """
    back = mode.arc_reversed[arc]
    from_arc, to_arc = shares
    return Isochrone(
        node=places[0],
        node_ds=places[1],
        arc=arc,
        from_share=np.where(back, 1.0 - from_arc, from_arc),
        to_share=np.where(back, 1.0 - to_arc, to_arc),
        start_ds=start_ds.astype(np.int32),
    )


def _driven(graph: SearchGraph, seen: Longs, seen_ds: Ints) -> tuple[Longs, Ints]:
    """Arcs that leave the seen places, each with the earliest time at its tail."""
    start = graph.fwd_start.astype(np.int64)
    width = start[seen + 1] - start[seen]
    rows = (
        np.repeat(start[seen], width)
        + np.arange(int(width.sum()))
        - np.repeat(np.cumsum(width) - width, width)
    )
    arc, inverse = np.unique(graph.fwd_arc[rows], return_inverse=True)
    first_ds = np.full(len(arc), _NEVER, np.int32)
    np.minimum.at(first_ds, inverse, np.repeat(seen_ds, width))
    return arc.astype(np.int64), first_ds


def share_left(mode: ModeGraph, arc: Longs, left_ds: Ints, *, whole: float = 1.0) -> Floats:
    """(n,) share of each arc that the deciseconds left are enough for, at most `whole`."""
    time_ds = mode.arc_time_ds[arc].astype(np.float64)
    share = np.divide(left_ds, time_ds, out=np.full(len(arc), np.inf), where=time_ds > 0)
    shares: Floats = np.minimum(share, whole)
    return shares
