"""From drawn ways to street pieces between junctions: cutting, contracting, splitting at barriers.

Idea: a node is a junction where two drawn ways meet, where a way ends or meets itself, or where something stands in the way; between two
junctions the drawing is one *edge* whose shape points cost nothing to search. A barrier cuts a junction into one copy per street end, joined
through a hub by *connectors* of no length that only the modes able to pass may use: so a bollard stops the car and not the walker,
and the car may turn round in front of it. Pure array code (numpy); memory is a few hundred bytes a junction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.speeds import CLASS_INDEX
from firstminute.geo.tags import ALL_LAND, WayRule

EARTH_RADIUS_M = 6_371_008.8
CONNECTOR_WAY = -1


@dataclass(frozen=True, slots=True)
class Streets:
    """Street pieces with who may use them; arrays of E edges over N junctions.

    Attributes
    ----------
    node_lon, node_lat : (N,) degrees
    node_row : (N,) row of the drawn node a junction stands for (several at a barrier)
    edge_from, edge_to : (E,) junctions
    edge_way : (E,) row of the way, CONNECTOR_WAY for connectors
    edge_class : (E,) index into speeds.CLASSES
    edge_length_m : (E,)
    forward, backward : (E,) masks over MODES
    contraflow : (E,) -1 / +1 / 0, see tags.WayRule
    posted_forward_kmh, posted_backward_kmh : (E,) NaN where not posted
    shape_start, shape_lon, shape_lat : geometry from edge_from to edge_to, both ends included
    """

    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    node_row: NDArray[np.int64]
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    edge_way: NDArray[np.int64]
    edge_class: NDArray[np.uint8]
    edge_length_m: NDArray[np.float64]
    forward: NDArray[np.uint8]
    backward: NDArray[np.uint8]
    contraflow: NDArray[np.int8]
    posted_forward_kmh: NDArray[np.float64]
    posted_backward_kmh: NDArray[np.float64]
    shape_start: NDArray[np.int64]
    shape_lon: NDArray[np.float64]
    shape_lat: NDArray[np.float64]


def haversine_m(
    lon_a: NDArray[np.float64],
    lat_a: NDArray[np.float64],
    lon_b: NDArray[np.float64],
    lat_b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Great-circle distance in metres between points given in degrees (any equal shapes)."""
    half_lat = np.radians(lat_b - lat_a) / 2
    half_lon = np.radians(lon_b - lon_a) / 2
    h = np.sin(half_lat) ** 2 + np.cos(np.radians(lat_a)) * np.cos(np.radians(lat_b)) * np.sin(half_lon) ** 2
    distance: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return distance


def cut_streets(
    ways: tuple[NDArray[np.int64], NDArray[np.int64]],
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    rules: list[WayRule | None],
    blocked: Mapping[int, int],
) -> Streets:
    """Cut ways at their junctions.

    Parameters
    ----------
    ways : (way_start (W+1,), way_ref) node rows of each way
    places : (lon, lat) of each node row, degrees
    rules : (W,) rule of each way, None for a way that is no street
    blocked : node row -> mask of the modes that cannot pass it

    Returns
    -------
    the street pieces, in the order of the ways
    """
    ref, way = _walk(ways, rules)
    cut = _cuts(ref, way, len(places[0]), blocked)
    first, last = _pieces(cut, way)
    start, shape_ref = _shapes(ref, first, last)
    edge_way = way[first]
    columns = _rule_columns(rules, edge_way)
    junctions, ends = np.unique(np.concatenate([ref[first], ref[last]]), return_inverse=True)
    count = len(first)
    edge_from, edge_to = ends[:count].astype(np.int32), ends[count:].astype(np.int32)
    lon, lat = places
    shape_lon, shape_lat = lon[shape_ref], lat[shape_ref]
    streets = Streets(
        node_lon=lon[junctions],
        node_lat=lat[junctions],
        node_row=junctions,
        edge_from=edge_from,
        edge_to=edge_to,
        edge_way=edge_way,
        edge_length_m=_lengths(start, shape_lon, shape_lat),
        shape_start=start,
        shape_lon=shape_lon,
        shape_lat=shape_lat,
        **columns,
    )
    return _split_barriers(streets, blocked)


def _walk(
    ways: tuple[NDArray[np.int64], NDArray[np.int64]], rules: list[WayRule | None]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Node rows and way of each step of the ways that are streets, without a node repeated in a row."""
    way_start, way_ref = ways
    way = np.repeat(np.arange(len(rules), dtype=np.int64), np.diff(way_start))
    street = np.fromiter((rule is not None for rule in rules), bool, len(rules))
    keep = street[way]
    keep[1:] &= ~((way[1:] == way[:-1]) & (way_ref[1:] == way_ref[:-1]))
    way, ref = way[keep], way_ref[keep]
    steps = np.bincount(way, minlength=len(rules))[way] >= 2
    return ref[steps], way[steps]


def _cuts(
    ref: NDArray[np.int64], way: NDArray[np.int64], rows: int, blocked: Mapping[int, int]
) -> NDArray[np.bool_]:
    end = np.ones(len(ref), bool)
    end[1:-1] = (way[1:-1] != way[:-2]) | (way[1:-1] != way[2:])
    met = np.bincount(ref, minlength=rows) >= 2
    met[ref[end]] = True
    rows_blocked = np.fromiter((row for row, mask in blocked.items() if mask & ALL_LAND), np.int64)
    met[rows_blocked] = True
    cut: NDArray[np.bool_] = met[ref] | end
    return cut


def _pieces(cut: NDArray[np.bool_], way: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last step of each piece."""
    at = np.flatnonzero(cut)
    same = way[at[:-1]] == way[at[1:]]
    return at[:-1][same], at[1:][same]


def _shapes(
    ref: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    size = last - first + 1
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    step = np.arange(start[-1], dtype=np.int64) - np.repeat(start[:-1], size) + np.repeat(first, size)
    return start, ref[step]


def _lengths(
    start: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Length of each shape in metres."""
    if len(start) < 2:
        return np.empty(0)
    piece = np.zeros(len(lon))
    piece[1:] = haversine_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    piece[start[:-1]] = 0.0
    total: NDArray[np.float64] = np.add.reduceat(piece, start[:-1])
    return total


def _rule_columns(rules: list[WayRule | None], edge_way: NDArray[np.int64]) -> dict[str, Any]:
    known = [rule or WayRule(0, 0, 0, 0, np.nan, np.nan, 0) for rule in rules]
    return {
        "edge_class": np.array([r.edge_class for r in known], np.uint8)[edge_way],
        "forward": np.array([r.forward for r in known], np.uint8)[edge_way],
        "backward": np.array([r.backward for r in known], np.uint8)[edge_way],
        "contraflow": np.array([r.contraflow for r in known], np.int8)[edge_way],
        "posted_forward_kmh": np.array([r.posted_forward_kmh for r in known], np.float64)[edge_way],
        "posted_backward_kmh": np.array([r.posted_backward_kmh for r in known], np.float64)[edge_way],
    }


def _split_barriers(streets: Streets, blocked: Mapping[int, int]) -> Streets:
    """Give every street end at a barrier its own copy of the junction, and join the copies by connectors."""
    edge_from, edge_to = streets.edge_from.copy(), streets.edge_to.copy()
    rows, hubs, masks = list(streets.node_row), [], []
    copies: list[int] = []
    either = streets.forward | streets.backward
    count = len(edge_from)
    all_ends = np.concatenate([edge_from, edge_to])
    order = np.argsort(all_ends, kind="stable")
    first = np.searchsorted(all_ends[order], np.arange(len(rows) + 1))
    for node, mask in _ends_at(streets, blocked):
        ends = [(int(k) % count, int(k) // count) for k in order[first[node] : first[node + 1]]]
        stopped = [
            bit for bit in (1, 2, 4, 8) if mask & bit and sum(bool(either[k] & bit) for k, _ in ends) >= 2
        ]
        if not stopped:
            continue
        for edge, side in ends[1:] if len(ends) == 2 else ends:
            copy = len(rows)
            rows.append(rows[node])
            (edge_to if side else edge_from)[edge] = copy
            copies.append(copy)
            hubs.append(node)
            masks.append(ALL_LAND & ~mask)
    return _with_connectors(streets, (edge_from, edge_to), np.array(rows, np.int64), (hubs, copies, masks))


def _ends_at(streets: Streets, blocked: Mapping[int, int]) -> list[tuple[int, int]]:
    at = np.searchsorted(streets.node_row, np.array(sorted(blocked), np.int64))
    found = []
    for row, node in zip(sorted(blocked), at.tolist(), strict=True):
        if node < len(streets.node_row) and streets.node_row[node] == row and blocked[row] & ALL_LAND:
            found.append((int(node), blocked[row]))
    return found


def _with_connectors(
    streets: Streets,
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    rows: NDArray[np.int64],
    links: tuple[list[int], list[int], list[int]],
) -> Streets:
    hubs, copies, masks = links
    extra = len(hubs)
    where = np.searchsorted(streets.node_row, rows)
    lon, lat = streets.node_lon[where], streets.node_lat[where]
    hub = np.array(hubs, np.int64)
    mask = np.array(masks, np.uint8)
    nowhere = np.full(extra, np.nan)
    last = int(streets.shape_start[-1])
    return Streets(
        node_lon=lon,
        node_lat=lat,
        node_row=rows,
        edge_from=np.concatenate([ends[0], hub]).astype(np.int32),
        edge_to=np.concatenate([ends[1], np.array(copies, np.int64)]).astype(np.int32),
        edge_way=np.concatenate([streets.edge_way, np.full(extra, CONNECTOR_WAY)]),
        edge_class=np.concatenate([streets.edge_class, np.full(extra, CLASS_INDEX["connector"])]).astype(
            np.uint8
        ),
        edge_length_m=np.concatenate([streets.edge_length_m, np.zeros(extra)]),
        forward=np.concatenate([streets.forward, mask]),
        backward=np.concatenate([streets.backward, mask]),
        contraflow=np.concatenate([streets.contraflow, np.zeros(extra, np.int8)]),
        posted_forward_kmh=np.concatenate([streets.posted_forward_kmh, nowhere]),
        posted_backward_kmh=np.concatenate([streets.posted_backward_kmh, nowhere]),
        shape_start=np.concatenate([streets.shape_start, last + 2 * np.arange(1, extra + 1, dtype=np.int64)]),
        shape_lon=np.concatenate([streets.shape_lon, np.repeat(lon[hub] if extra else np.empty(0), 2)]),
        shape_lat=np.concatenate([streets.shape_lat, np.repeat(lat[hub] if extra else np.empty(0), 2)]),
    )
