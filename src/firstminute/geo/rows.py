"""From table rows to street pieces: copies dropped, the two directions of a street joined, times per mode.

Idea: a table lists directed rows; two rows between the same junctions, opposite ways, along one drawing (within a metre) are one street and become one
piece with two times, each from its own row's length, class and speed. Rows that say exactly the same twice become one row with the quicker time.
Parallel rows that differ stay apart. Limits: without geometry every row is drawn straight, so two carriageways between two junctions are
taken for one street.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.arcs import CLOSED, TimesDs, deciseconds, mode_times, table_masks
from firstminute.geo.speeds import LIGHTS_FREE, Region
from firstminute.geo.streets import Streets

Floats = NDArray[np.float64]
SAME_PLACE_DEG = 1e-5


@dataclass(frozen=True, slots=True)
class Rows:
    """R usable rows over N nodes: u, v, length_m, edge_class, posted_kmh (NaN = not posted), time_s by mode, shapes u -> v, names."""

    u: NDArray[np.int64]
    v: NDArray[np.int64]
    length_m: Floats
    edge_class: NDArray[np.uint8]
    posted_kmh: Floats
    time_s: Mapping[str, Floats]
    shapes: list[tuple[Floats, Floats]]
    names: list[str]
    undirected: bool


@dataclass(frozen=True, slots=True)
class RowStreets:
    """The pieces, their times by mode, their names, and how many rows were copies or second directions."""

    streets: Streets
    times: dict[str, TimesDs]
    names: list[str]
    repeated: int
    joined: int


def streets_from_rows(places: tuple[Floats, Floats], rows: Rows, region: Region) -> RowStreets:
    """Pieces and times of a table.

    Parameters
    ----------
    places : (lon, lat) of the N nodes, degrees; every node stays, also one without a street
    rows : what the table says
    region : its limits stand in where nothing is posted; `driven_share` is applied to both
    """
    first, copies = _distinct(rows)
    ahead, behind = _pair(rows, first)
    kept = Streets(
        node_lon=places[0],
        node_lat=places[1],
        node_row=np.arange(len(places[0]), dtype=np.int64),
        edge_from=rows.u[ahead].astype(np.int32),
        edge_to=rows.v[ahead].astype(np.int32),
        edge_way=ahead,
        edge_class=rows.edge_class[ahead],
        edge_length_m=rows.length_m[ahead],
        posted_forward_kmh=_quickest(rows.posted_kmh, copies, ahead),
        posted_backward_kmh=_quickest(rows.posted_kmh, copies, np.where(behind >= 0, behind, ahead)),
        contraflow=np.zeros(len(ahead), np.int8),
        **_masks(rows, ahead, behind),
        **_geometry(rows, ahead),
    )
    times = _times(kept, rows, np.where(behind >= 0, behind, ahead), region)
    for mode, seconds in rows.time_s.items():
        times[mode] = _given(rows, seconds, copies, (ahead, behind))
    if "car-lights" in rows.time_s:
        times[LIGHTS_FREE] = times["car-lights"]
    elif "car" in rows.time_s:
        ratio = region.driven_share["car"] / region.driven_share["car-lights"]
        times["car-lights"] = times[LIGHTS_FREE] = _faster(times["car"], ratio)
    joined = int((behind >= 0).sum()) if not rows.undirected else 0
    return RowStreets(kept, times, [rows.names[row] for row in ahead], len(rows.u) - len(first), joined)


def _distinct(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to keep, and for each row the kept row that it repeats (itself where it is kept)."""
    seen: dict[tuple[object, ...], int] = {}
    same = np.arange(len(rows.u), dtype=np.int64)
    for row, (u, v, length) in enumerate(
        zip(rows.u.tolist(), rows.v.tolist(), rows.length_m.tolist(), strict=True)
    ):
        lon, lat = rows.shapes[row]
        if rows.undirected and u > v:
            u, v, lon, lat = v, u, lon[::-1], lat[::-1]
        key = (u, v, round(length, 2), int(rows.edge_class[row]), lon.tobytes(), lat.tobytes())
        same[row] = seen.setdefault(key, row)
    return np.flatnonzero(same == np.arange(len(same))), same


def _pair(rows: Rows, first: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(ahead, behind): the row of each piece and the row that is its other direction, -1 none, itself where undirected."""
    if rows.undirected:
        return first, first.copy()
    waiting: dict[tuple[int, int], list[int]] = {}
    ahead: list[int] = []
    behind: dict[int, int] = {}
    for row in first.tolist():
        u, v = int(rows.u[row]), int(rows.v[row])
        others = [other for other in waiting.get((v, u), []) if u != v and _one_drawing(rows, row, other)]
        if others:
            best = min(others, key=lambda other: _unlike(rows, row, other))
            waiting[v, u].remove(best)
            behind[best] = row
            continue
        waiting.setdefault((u, v), []).append(row)
        ahead.append(row)
    return np.array(ahead, np.int64), np.array([behind.get(row, -1) for row in ahead], np.int64)


def _one_drawing(rows: Rows, row: int, other: int) -> bool:
    """True where a row is drawn along the same line as another one, the other way round."""
    return all(
        len(mine) == len(theirs) and bool(np.all(np.abs(mine - theirs[::-1]) <= SAME_PLACE_DEG))
        for mine, theirs in zip(rows.shapes[row], rows.shapes[other], strict=True)
    )


def _unlike(rows: Rows, row: int, other: int) -> tuple[bool, float]:
    kinds = rows.edge_class[row] != rows.edge_class[other]
    return bool(kinds), abs(float(rows.length_m[row] - rows.length_m[other]))


def _times(
    kept: Streets, rows: Rows, behind: NDArray[np.int64], region: Region
) -> dict[str, tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Times of every mode from the table of classes; the way back has its own row's length and class."""
    there = mode_times(kept, region)
    back = mode_times(
        replace(kept, edge_length_m=rows.length_m[behind], edge_class=rows.edge_class[behind]), region
    )
    return {mode: (there[mode][0], back[mode][1]) for mode in there}


def _quickest(value: Floats, copies: NDArray[np.int64], rows: NDArray[np.int64]) -> Floats:
    """Highest posted limit among the copies of each row, NaN where none is posted."""
    best = np.full(len(value), -np.inf)
    np.maximum.at(best, copies, np.where(np.isfinite(value), value, -np.inf))
    return np.where(np.isfinite(best[rows]), best[rows], np.nan)


def _masks(rows: Rows, ahead: NDArray[np.int64], behind: NDArray[np.int64]) -> dict[str, Any]:
    forward, single = table_masks(rows.edge_class[ahead], oneway=True)
    second, _ = table_masks(rows.edge_class[behind], oneway=True)
    return {"forward": forward, "backward": np.where(behind >= 0, second, single).astype(np.uint8)}


def _geometry(rows: Rows, ahead: NDArray[np.int64]) -> dict[str, Any]:
    shapes = [rows.shapes[row] for row in ahead.tolist()]
    size = np.array([len(lon) for lon, _ in shapes], np.int64)
    return {
        "shape_start": np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        "shape_lon": np.concatenate([lon for lon, _ in shapes]),
        "shape_lat": np.concatenate([lat for _, lat in shapes]),
    }


def _given(
    rows: Rows, seconds: Floats, copies: NDArray[np.int64], pair: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> TimesDs:
    """Times of a mode that has its own column; the rows say themselves which way it may go."""
    ahead, behind = pair
    best = np.full(len(seconds), np.inf)
    np.minimum.at(best, copies, np.where(np.isfinite(seconds), seconds, np.inf))
    value = deciseconds(best, np.zeros(len(best)))  # as the table says, also where that rounds to nothing
    back = np.where(behind >= 0, value[np.maximum(behind, 0)], CLOSED)
    return value[ahead], back.astype(np.int32)


def _faster(times: TimesDs, ratio: float) -> TimesDs:
    def scaled(value: NDArray[np.int32]) -> NDArray[np.int32]:
        quick = np.floor(value * ratio + 0.5).astype(np.int32)
        return np.where(value < 0, CLOSED, np.maximum(quick, (value > 0).astype(np.int32))).astype(np.int32)

    return scaled(times[0]), scaled(times[1])


def as_driven(region: Region) -> Region:
    """The region with speeds taken as driven and not as limits: a column of speeds is what cars do, lights keep their advantage."""
    share = region.driven_share
    return replace(region, driven_share={"car": 1.0, "car-lights": share["car-lights"] / share["car"]})
