"""Places that lie at a junction: told so that every street there counts, not only the one the point was snapped to.

Idea: the nearest place of many points is the very corner of several streets, and which of them is named is chance. Whoever starts there has just
arrived at the junction, so he is put at the end of a piece that leads to it; whoever is to be reached there is put at the beginning of a
piece that leads away. On two-way streets both hold already. Limits: turn rules hold from the piece he is put on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.match import Snaps
from firstminute.geo.network import ModeGraph, Network

_AT_END = 1e-9


def as_starts(network: Network, graph: ModeGraph, snaps: Snaps) -> Snaps:
    """Snaps from which every street at their junction can be taken."""
    return _moved(network, graph, snaps, leaving=False)


def as_goals(network: Network, graph: ModeGraph, snaps: Snaps) -> Snaps:
    """Snaps that are reached over every street at their junction."""
    return _moved(network, graph, snaps, leaving=True)


def _moved(network: Network, graph: ModeGraph, snaps: Snaps, *, leaving: bool) -> Snaps:
    edge, share = snaps.edge.copy(), snaps.share.copy()
    first, last = share <= _AT_END, share >= 1.0 - _AT_END
    rows = np.flatnonzero((edge >= 0) & (first | last))
    at_from = first[rows]
    ahead, behind = graph.edge_arc_forward[edge[rows]], graph.edge_arc_backward[edge[rows]]
    away, towards = np.where(at_from, ahead, behind), np.where(at_from, behind, ahead)
    wanting = (away if leaving else towards) < 0
    rows, at_from = rows[wanting], at_from[wanting]
    node = np.where(at_from, network.edge_from[edge[rows]], network.edge_to[edge[rows]])
    start = graph.out_start if leaving else graph.in_start
    some = start[node + 1] > start[node]
    rows, node = rows[some], node[some]
    arc: NDArray[np.int32] = start[node] if leaving else graph.in_arc[start[node]]
    edge[rows] = graph.arc_edge[arc]
    share[rows] = (
        np.where(graph.arc_reversed[arc], 1.0, 0.0)
        if leaving
        else np.where(graph.arc_reversed[arc], 0.0, 1.0)
    )
    return Snaps(edge, share, snaps.offset_m)
