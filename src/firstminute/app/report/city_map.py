"""The map of the replay report: streets, stations, and each call coloured by how long the first arrival took, as inline SVG.

Idea: coordinates are rounded to a tenth of a pixel's neighbour and equal segments drawn once, so that a city of 50,000 street pieces stays
below two megabytes. Limits: equirectangular around the middle of the calls; straight pieces between junctions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from firstminute.app.report.words import both_text

SIZE = 1_000
_LEAST_PAD_DEG = 0.002
CLASSES_S = (180.0, 300.0, 480.0, 720.0)


@dataclass(frozen=True, slots=True)
class MapData:
    """What the map shows.

    Attributes
    ----------
    from_lon, from_lat, to_lon, to_lat : (E,) ends of the street pieces; broad : (E,) True for main streets
    stations : (lon, lat) of each; calls : (lon, lat, total_s or None) of each
    """

    from_lon: NDArray[np.float64]
    from_lat: NDArray[np.float64]
    to_lon: NDArray[np.float64]
    to_lat: NDArray[np.float64]
    broad: NDArray[np.bool_]
    stations: Sequence[tuple[float, float]]
    calls: Sequence[tuple[float, float, float | None]]


def draw_map(data: MapData) -> str:
    """The map as one `<svg>`."""
    lon, lat = _seen(data)
    west, east = float(lon.min()), float(lon.max())
    south, north = float(lat.min()), float(lat.max())
    squash = cos(radians((south + north) / 2))
    pad = max(_LEAST_PAD_DEG, 0.02 * max((east - west) * squash, north - south))
    scale = SIZE / ((east - west) * squash + 2 * pad)
    height = scale * (north - south + 2 * pad)

    def x_of(value: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.rint(((value - west) * squash + pad) * scale).astype(np.int64)

    def y_of(value: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.rint((north - value + pad) * scale).astype(np.int64)

    ends = np.column_stack([x_of(data.from_lon), y_of(data.from_lat), x_of(data.to_lon), y_of(data.to_lat)])
    inside = (ends[:, :2].min(1) >= 0) & (ends[:, [0, 2]].max(1) <= SIZE) & (ends[:, [1, 3]].max(1) <= height)
    parts = [
        f'<svg class="map" viewBox="0 0 {SIZE} {height + 34:.0f}" role="img" aria-labelledby="map_title">'
    ]
    for broad, name in ((False, "street"), (True, "broad")):
        parts.append(f'<path class="{name}" d="{_segments(ends[inside & (data.broad == broad)])}"/>')
    calls = np.array([(a, b, np.nan if t is None else t) for a, b, t in data.calls], np.float64).reshape(
        -1, 3
    )
    cx, cy = x_of(calls[:, 0]), y_of(calls[:, 1])
    band = np.where(
        np.isnan(calls[:, 2]), len(CLASSES_S) + 1, np.searchsorted(CLASSES_S, np.nan_to_num(calls[:, 2]))
    )
    for k in range(len(CLASSES_S) + 2):
        dots = "".join(
            f"M{a} {b}h0"
            for a, b in sorted(set(zip(cx[band == k].tolist(), cy[band == k].tolist(), strict=True)))
        )
        parts.append(f'<path class="dot c{k}" d="{dots}"/>')
    for a, b in data.stations:
        px, py = int(x_of(np.array([a]))[0]), int(y_of(np.array([b]))[0])
        parts.append(f'<path class="station" d="M{px} {py - 8}l7 13h-14z"/>')
    return "".join(parts) + _legend(height + 22) + "</svg>"


def _seen(data: MapData) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the frame must hold: the calls and stations, without the outermost half per cent of calls."""
    calls = np.array([(a, b) for a, b, _ in data.calls], np.float64).reshape(-1, 2)
    if not len(calls):
        return data.from_lon, data.from_lat
    low = np.percentile(calls, 0.5, axis=0, method="lower")
    high = np.percentile(calls, 99.5, axis=0, method="higher")
    kept = np.vstack(
        [calls[((calls >= low) & (calls <= high)).all(1)], np.array(data.stations).reshape(-1, 2)]
    )
    return kept[:, 0], kept[:, 1]


def _segments(ends: NDArray[np.int64]) -> str:
    """Path data of segments, each drawn once."""
    flip = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends = np.where(flip[:, None], ends[:, [2, 3, 0, 1]], ends)
    ends = np.unique(ends[(ends[:, 0] != ends[:, 2]) | (ends[:, 1] != ends[:, 3])], axis=0)
    return "".join(f"M{a} {b}L{c} {d}" for a, b, c, d in ends.tolist())


def _legend(y: float) -> str:
    parts, x = [], 14.0
    for k, limit in enumerate(CLASSES_S):
        parts.append(f'<path class="dot big c{k}" d="M{x:.0f} {y - 4:.0f}h0"/>')
        parts.append(both_text("under", x + 14, y, minutes=f"{limit / 60:.0f}"))
        x += 132
    parts.append(f'<path class="dot big c{len(CLASSES_S)}" d="M{x:.0f} {y - 4:.0f}h0"/>')
    parts.append(both_text("over", x + 14, y, minutes=f"{CLASSES_S[-1] / 60:.0f}"))
    parts.append(
        f'<path class="dot big c{len(CLASSES_S) + 1}" d="M{x + 132:.0f} {y - 4:.0f}h0"/>'
        + both_text("not_reached", x + 146, y)
    )
    parts.append(
        f'<path class="station" d="M{x + 262:.0f} {y - 13:.0f}l7 13h-14z"/>'
        + both_text("station", x + 276, y)
    )
    return "".join(parts)
