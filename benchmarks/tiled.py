"""A very large city for benches: a network laid out two by two and stitched along the seams (speed.md §1: a guess at the size, not a count).

Idea: pieces and times of every mode are copied four times, a bounding box apart; along each seam the outermost junctions of two tiles are joined by short
streets open both ways to every mode that has arcs. Turn rules are left out, so that a node-based oracle is exact. Limits: seams are dense with bridges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.ground import Ground
from firstminute.geo.match import build_snap_index
from firstminute.geo.network import Network, build_network
from firstminute.geo.speeds import LIGHTS_FREE
from firstminute.geo.tags import MODE_BIT

Floats = NDArray[np.float64]
SEAM_STREETS, SEAM_M, SEAM_DS = 24, 300.0, 300


@dataclass(frozen=True)
class Pieces:
    """Street pieces as `build_network` reads them."""

    node_lon: Floats
    node_lat: Floats
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    edge_length_m: Floats
    edge_class: NDArray[np.uint8]
    shape_start: NDArray[np.int64]
    shape_lon: Floats
    shape_lat: Floats


def tiled(ground: Ground, side: int = 2) -> Ground:
    """The ground of `side` × `side` copies of a city."""
    net = ground.network
    west, south, east, north = ground.bbox
    wide, high = (east - west) * 1.001, (north - south) * 1.001
    shifts = [(column * wide, row * high) for row in range(side) for column in range(side)]
    count, copies = len(net.node_lon), len(shifts)
    seam_from, seam_to = _seams(net, side, count)
    node_lon = np.concatenate([net.node_lon + x for x, _ in shifts])
    node_lat = np.concatenate([net.node_lat + y for _, y in shifts])
    shape_lon = np.concatenate(
        [
            *(net.shape_lon + x for x, _ in shifts),
            np.stack([node_lon[seam_from], node_lon[seam_to]], 1).ravel(),
        ]
    )
    shape_lat = np.concatenate(
        [
            *(net.shape_lat + y for _, y in shifts),
            np.stack([node_lat[seam_from], node_lat[seam_to]], 1).ravel(),
        ]
    )
    lengths = np.concatenate([np.tile(np.diff(net.shape_start), copies), np.full(len(seam_from), 2)])
    pieces = Pieces(
        node_lon=node_lon,
        node_lat=node_lat,
        edge_from=np.concatenate([*(net.edge_from + k * count for k in range(copies)), seam_from]).astype(
            np.int32
        ),
        edge_to=np.concatenate([*(net.edge_to + k * count for k in range(copies)), seam_to]).astype(np.int32),
        edge_length_m=np.concatenate([np.tile(net.edge_length_m, copies), np.full(len(seam_from), SEAM_M)]),
        edge_class=np.concatenate([np.tile(net.edge_class, copies), np.zeros(len(seam_from), np.uint8)]),
        shape_start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        shape_lon=shape_lon,
        shape_lat=shape_lat,
    )
    times = {mode: _times(net, mode, copies, len(seam_from)) for mode in net.modes}
    sigma = {mode: graph.sigma_log for mode, graph in net.modes.items()}
    network = build_network(pieces, times, sigma_log=sigma).network
    index = build_snap_index(network.shape_start, network.shape_lon, network.shape_lat, _mask(network))
    bbox = (west, south, west + side * wide, south + side * high)
    edge_name = np.full(len(network.edge_from), -1, np.int32)
    return Ground(network, index, ground.region, bbox, f"{ground.digest}:{side}x{side}", edge_name, ())


def _times(net: Network, mode: str, copies: int, seams: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    graph = net.modes[mode]
    ways = []
    for arc in (graph.edge_arc_forward, graph.edge_arc_backward):
        one = (
            np.where(arc >= 0, graph.arc_time_ds[np.maximum(arc, 0)], -1)
            if len(graph.arc_time_ds)
            else np.full(len(arc), -1)
        )
        seam = np.full(seams, SEAM_DS if len(graph.arc_time_ds) else -1)
        ways.append(np.concatenate([np.tile(one, copies), seam]).astype(np.int32))
    return ways[0], ways[1]


def _seams(net: Network, side: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Junctions to join: the easternmost of a tile with the westernmost of the next, likewise north and south."""
    main = np.flatnonzero(net.modes["car"].component == np.bincount(net.modes["car"].component).argmax())
    by_lon, by_lat = main[np.argsort(net.node_lon[main])], main[np.argsort(net.node_lat[main])]
    starts, ends = [], []
    for row in range(side):
        for column in range(side):
            tile = row * side + column
            if column + 1 < side:
                starts.append(by_lon[-SEAM_STREETS:] + tile * count)
                ends.append(by_lon[:SEAM_STREETS] + (tile + 1) * count)
            if row + 1 < side:
                starts.append(by_lat[-SEAM_STREETS:] + tile * count)
                ends.append(by_lat[:SEAM_STREETS] + (tile + side) * count)
    return np.concatenate(starts), np.concatenate(ends)


def _mask(network: Network) -> NDArray[np.uint8]:
    mask = np.zeros(len(network.edge_from), np.uint8)
    for mode, graph in network.modes.items():
        bit = MODE_BIT["car-lights" if mode == LIGHTS_FREE else mode]
        mask |= np.where((graph.edge_arc_forward >= 0) | (graph.edge_arc_backward >= 0), bit, 0).astype(
            np.uint8
        )
    return mask
