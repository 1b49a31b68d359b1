"""Which street pieces are offered for snapping: all but the scraps that lie beside a street and lead nowhere.

Idea: a city drawn by many hands is full of scraps, a platform or a path that touches nothing; who stands on one would reach nothing and be
reached by nobody. A piece is passed over for a mode when the weakly connected part it lies in is shorter than 500 m and than a twentieth of the
longest part, and a street that is no scrap runs within 50 m of that part; then the next street takes the point, with its true distance. A part with
a wider gap around it stays an island, however small: nobody arrives across a gap. Source: the practice of road routers (OSRM and GraphHopper
drop small components); 500 m and 50 m are our own settings (Porto on foot: 944 scraps, 878 of them beside a street).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from firstminute.geo.match import METRES_PER_DEGREE, build_snap_index, snap
from firstminute.geo.network import Bools, Floats, Ints, ModeGraph, Network

SCRAP_M = 500.0
SCRAP_SHARE = 0.05
BESIDE_M = 50.0
_STEP_M = 10.0
Mask = NDArray[np.uint8]


def used_pieces(network: Network, bits: Mapping[str, int]) -> Mask:
    """(E,) mask of the modes that may use each piece in some direction; `bits` gives each mode's bit."""
    mask = np.zeros(len(network.edge_from), np.uint8)
    for mode, bit in bits.items():
        mask[_used(network.modes[mode])] |= bit
    return mask


def offered_pieces(network: Network, bits: Mapping[str, int]) -> Mask:
    """(E,) mask of the modes that may be snapped to each piece: those that use it, less the scraps beside a street.

    Parameters
    ----------
    network : with a graph for each mode that is named
    bits : mode -> its bit; two modes that share one are offered what either of them is
    """
    lasting = np.zeros(len(network.edge_from), np.uint8)
    scraps = {mode: _scraps(network, network.modes[mode]) for mode in bits}
    for mode, bit in bits.items():
        lasting[_used(network.modes[mode]) & (scraps[mode] < 0)] |= bit
    index = build_snap_index(network.shape_start, network.shape_lon, network.shape_lat, lasting)
    offered = lasting.copy()
    for mode, bit in bits.items():
        scrap = scraps[mode]
        lines, lon, lat = _along(network, np.flatnonzero(scrap >= 0))
        near = snap(index, lon, lat, modes=bit, max_distance_m=BESIDE_M).edge >= 0
        offered[(scrap >= 0) & ~np.isin(scrap, scrap[lines[near]])] |= bit
    return offered


def _used(graph: ModeGraph) -> Bools:
    used: Bools = (graph.edge_arc_forward >= 0) | (graph.edge_arc_backward >= 0)
    return used


def _scraps(network: Network, graph: ModeGraph) -> Ints:
    """(E,) the part of each piece that lies in a short one, -1 for all others."""
    used = _used(graph)
    none = np.full(len(used), -1, np.int32)
    if not used.any():
        return none
    count = len(network.node_lon)
    ends = (graph.arc_tail, graph.arc_head)
    joined = coo_array((np.ones(len(graph.arc_head), np.int8), ends), shape=(count, count))
    part = connected_components(joined, connection="weak")[1][network.edge_from].astype(np.int32)
    length = np.bincount(part[used], network.edge_length_m[used], minlength=int(part.max()) + 1)
    enough = min(SCRAP_M, SCRAP_SHARE * float(length.max()))
    return np.where(used & (length[part] < enough), part, none)


def _along(network: Network, edges: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Points every few metres of some pieces: (piece, lon, lat) of each."""
    start = network.shape_start
    size = np.diff(start)[edges] - 1
    first = np.repeat(start[:-1][edges] - np.cumsum(size) + size, size) + np.arange(int(size.sum()))
    lon, lat = network.shape_lon, network.shape_lat
    metres = np.hypot(lon[first + 1] - lon[first], lat[first + 1] - lat[first]) * METRES_PER_DEGREE
    steps = np.ceil(metres / _STEP_M).astype(np.int64) + 1
    segment = np.repeat(np.arange(len(first)), steps)
    share = (np.arange(len(segment)) - np.repeat(np.cumsum(steps) - steps, steps)) / np.maximum(
        steps[segment] - 1, 1
    )
    a = first[segment]
    there_lon, there_lat = (axis[a] + share * (axis[a + 1] - axis[a]) for axis in (lon, lat))
    return np.repeat(edges, size)[segment], there_lon, there_lat
