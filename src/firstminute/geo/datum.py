"""GCJ-02 and BD-09 to WGS-84 and back, for points in mainland China only.

Idea: the offset of GCJ-02 is a published smooth function of the WGS-84 place; its inverse has no formula, so it is iterated (fixed point,
the offset changes by less than 1 part in 1,000 per metre) until a step is below a micrometre. Where the mask says "not mainland China"
nothing is shifted: Hong Kong, Macau and Taiwan publish WGS-84. Source: the "WGS-84 to GCJ-02" formula as known from EvilTransform and
PRCoords (public domain); BD-09 from Baidu's published spiral. Limits: the mask is a coarse polygon of our own, off by some
kilometres along the land border; a city near it passes its own.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Datum: TypeAlias = Literal["wgs84", "gcj02", "bd09"]
Pair: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
Ring: TypeAlias = tuple[tuple[float, float], ...]

_AXIS_M, _ECCENTRICITY2 = 6_378_245.0, 0.006_693_421_622_965_943  # Krasovsky 1940
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS, _ENOUGH_DEG = 30, 1e-11

MAINLAND: Ring = (
    (73.4, 39.4), (74.9, 37.2), (78.3, 34.6), (78.7, 31.6), (81.2, 30.0), (84.5, 28.4), (86.3, 27.9), (88.8, 27.3), (89.6, 28.1),
    (91.7, 27.6), (92.2, 26.9), (95.2, 26.7), (97.4, 27.7), (98.6, 27.5), (98.4, 25.9), (97.5, 24.4), (97.6, 23.8), (98.8, 23.2),
    (98.9, 22.1), (99.9, 21.9), (101.1, 21.0), (101.9, 21.1), (101.8, 22.3), (103.0, 22.4), (104.0, 22.4), (105.3, 23.2), (106.6, 22.7),
    (106.5, 22.0), (107.9, 21.4), (108.2, 20.9), (108.1, 18.9), (108.4, 17.9), (110.5, 17.9), (111.6, 19.9), (113.2, 21.4), (113.46, 21.9),
    (113.535, 22.14), (113.53, 22.2), (113.548, 22.2145), (113.62, 22.25), (113.8, 22.43), (113.95, 22.49), (114.03, 22.503),
    (114.055, 22.5135), (114.075, 22.523), (114.09, 22.529), (114.105, 22.53), (114.113, 22.5305), (114.119, 22.534), (114.125, 22.54),
    (114.15, 22.546), (114.17, 22.56), (114.22, 22.556), (114.3, 22.57), (114.46, 22.58), (114.52, 22.43), (115.5, 22.3), (117.6, 23.0),
    (118.15, 24.25), (118.15, 24.47), (118.22, 24.55), (118.45, 24.53), (118.7, 24.55), (119.3, 25.0), (120.3, 25.9), (119.9, 26.1),
    (119.9, 26.3), (120.6, 26.6), (121.8, 27.8), (123.2, 29.8), (123.4, 31.0), (122.4, 34.0), (121.5, 35.5), (123.3, 37.2), (122.6, 38.2),
    (121.6, 38.5), (123.4, 39.4), (124.1, 39.8), (124.33, 40.03), (124.375, 40.1), (124.41, 40.125), (124.55, 40.2), (125.0, 40.52),
    (126.5, 41.4), (128.2, 41.4), (128.1, 42.0), (129.8, 42.3), (130.7, 42.3), (131.3, 43.4), (131.4, 44.9), (133.2, 45.1), (135.1, 48.42),
    (134.3, 48.39), (133.5, 48.12), (132.6, 47.9), (130.95, 47.7), (130.7, 48.1), (130.9, 48.9), (129.5, 49.4), (128.7, 49.6),
    (127.6, 49.85), (127.52, 50.2), (127.525, 50.258), (127.44, 50.3), (127.3, 50.75), (126.9, 51.4), (126.5, 51.9), (126.1, 52.8),
    (123.6, 53.7), (120.0, 53.4), (119.8, 52.6), (120.6, 52.0), (119.2, 50.2), (117.7, 49.6), (116.6, 49.9), (115.5, 48.1), (118.0, 48.0),
    (119.7, 47.2), (119.8, 46.7), (117.3, 46.4), (116.2, 45.7), (114.5, 45.4), (113.6, 44.8), (111.9, 45.1), (111.4, 44.3), (111.9, 43.7),
    (110.4, 42.7), (107.3, 42.4), (104.9, 41.6), (100.8, 42.7), (96.4, 42.8), (95.3, 44.2), (93.5, 45.0), (90.9, 45.2), (91.0, 46.9),
    (90.1, 47.9), (88.0, 48.9), (87.3, 49.2), (85.5, 48.2), (85.6, 47.2), (83.1, 47.3), (82.3, 45.6), (82.6, 45.2), (79.9, 44.9),
    (80.8, 43.2), (80.2, 42.1), (76.4, 40.4), (73.9, 40.0), (73.4, 39.4),
)  # fmt: skip
"""Coarse ring of mainland China with Hainan, drawn by hand from the land border and 10-80 km off the coast; (lon, lat), closed."""


def inside(ring: Ring, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(P,) True where a point lies in a closed ring (even-odd rule, Shimrat 1962)."""
    found = np.zeros(lon.shape, bool)
    for (x0, y0), (x1, y1) in pairwise(ring):
        if y0 == y1:
            continue
        crosses = (y0 > lat) != (y1 > lat)
        found ^= crosses & (lon < (x1 - x0) * (lat - y0) / (y1 - y0) + x0)
    return found


def convert(lon: ArrayLike, lat: ArrayLike, *, source: Datum, target: Datum, mask: Ring = MAINLAND) -> Pair:
    """Points from one datum to another.

    Parameters
    ----------
    lon, lat : (P,) or scalars, degrees, in the source datum
    source, target : "wgs84", "gcj02" or "bd09"
    mask : closed ring of (lon, lat) in which the two Chinese datums are shifted; WGS-84 places outside it stay as they are

    Returns
    -------
    (lon, lat), degrees, in the target datum; round trip error below 1e-6 m inside and outside the mask

    Examples
    --------
    >>> lon, lat = convert(114.057, 22.543, source="wgs84", target="gcj02")
    >>> round(float(lon), 6), round(float(lat), 6)
    (114.062113, 22.540281)
    """
    if source not in ("wgs84", "gcj02", "bd09") or target not in ("wgs84", "gcj02", "bd09"):
        raise ValueError(f"unknown datum {source!r} or {target!r}")
    here = (np.array(lon, np.float64), np.array(lat, np.float64))
    if source == target:
        return here
    wgs = here if source == "wgs84" else _to_wgs84(here, source, mask)
    return wgs if target == "wgs84" else _from_wgs84(wgs, target, mask)


def _from_wgs84(place: Pair, target: Datum, mask: Ring) -> Pair:
    lon, lat = place
    shifted = inside(mask, lon, lat)
    x, y = _forward(place, target)
    return np.where(shifted, x, lon), np.where(shifted, y, lat)


def _to_wgs84(place: Pair, source: Datum, mask: Ring) -> Pair:
    lon, lat = place
    x, y = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        gx, gy = _forward((x, y), source)
        step_x, step_y = lon - gx, lat - gy
        x, y = x + step_x, y + step_y
        if (
            max(float(np.max(np.abs(step_x), initial=0.0)), float(np.max(np.abs(step_y), initial=0.0)))
            < _ENOUGH_DEG
        ):
            break
    shifted = inside(
        mask, x, y
    )  # the mask is asked at the true place, so that a border point goes there and back by the same rule
    return np.where(shifted, x, lon), np.where(shifted, y, lat)


def _forward(place: Pair, target: Datum) -> Pair:
    gcj = _gcj02(*place)
    return gcj if target == "gcj02" else _bd09(*gcj)


def _gcj02(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (wave + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (wave + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian = _AXIS_M * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic))
    parallel = _AXIS_M / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _bd09(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
