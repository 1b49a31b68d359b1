"""The street lines of the plan: rings, radials, embankments, then a grid of its own in each quarter, lanes, alleys and paths.

Idea: a *line* is a street on the plan with its class; lines need not know each other, `weave` finds where they meet. Each quarter (one
sector between two rings, one bank of the river) has its own direction and spacing; a line is cut to its quarter and reaches a little over
the edge so that it meets the street there. Limits: no flyovers; a ring road meets every street it crosses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firstminute.simulate.city.shape import (
    EMBANKMENT_M,
    EXTENT_M,
    RADII_M,
    Array,
    Shape,
    band_of,
    ring_level_m,
    ring_line,
)

Cell = tuple[int, int, int]  # sector, band, bank of the river
Sample = tuple[Array, Array, NDArray[np.int64]]  # plan points and the number of their quarter

_OVER_M = 0.9
_STEP_M = 4.0
_SPACING_M = {1: 88.0, 2: 128.0, 3: 172.0, 4: 480.0}
_SHORTEST_M = {1: 55.0, 2: 90.0, 3: 120.0, 4: 250.0}


@dataclass(slots=True)
class Line:
    """A street on the plan.

    Attributes
    ----------
    x, y : (P,) plan metres
    highway : class as in `geo.speeds.CLASSES`
    rank : 0 trunk … 6 path; lower keeps its way through parks and over water
    oneway : True where traffic runs only along the drawing direction
    tags : further tags
    """

    x: Array
    y: Array
    highway: str
    rank: int
    oneway: bool = False
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Grain:
    """A quarter seen along one direction: how far it reaches across and along."""

    cell: Cell
    turn: float
    low_m: float
    high_m: float
    along_m: Array


def draw_lines(shape: Shape, rng: np.random.Generator) -> list[Line]:
    """All street lines of the plan."""
    lines = [*_rings(), *_radials(shape), *_embankments(shape)]
    side = np.arange(-EXTENT_M, EXTENT_M, 50.0)
    x, y = (part.ravel() for part in np.meshgrid(side, side))
    sample = (x, y, _cells(shape, x, y))
    for sector in range(8):
        for band in (1, 2, 3, 4):
            for bank in (-1, 1):
                lines += _quarter(shape, (sector, band, bank), sample, rng)
    lines += _park_paths(shape)
    return lines


def _rings() -> list[Line]:
    square, first, second, third, _ = RADII_M
    lines = [Line(*ring_line(square), "secondary", 2, tags={"maxspeed": "40"})]
    lines.append(Line(*ring_line(first), "primary", 1, tags={"maxspeed": "50"}))
    lines.append(Line(*ring_line(second), "primary", 1, tags={"maxspeed": "60"}))
    for level, turn in ((third - 9.0, -1), (third + 9.0, 1)):  # two carriageways, right-hand traffic
        x, y = ring_line(level)
        lines.append(Line(x[::-turn], y[::-turn], "trunk", 0, oneway=True, tags={"maxspeed": "80"}))
    return lines


def _radials(shape: Shape) -> list[Line]:
    lines = []
    for k, angle in enumerate(shape.radials):
        inner = RADII_M[0] if k % 2 == 0 else RADII_M[1]
        start = inner * (abs(np.cos(angle)) ** 2.6 + abs(np.sin(angle)) ** 2.6) ** (-1 / 2.6) - _OVER_M
        reach = np.linspace(start, EXTENT_M * 0.98, 160)
        lines.append(
            Line(reach * np.cos(angle), reach * np.sin(angle), "primary", 1, tags={"maxspeed": "60"})
        )
    return lines


def _embankments(shape: Shape) -> list[Line]:
    lines = []
    for side in (1, -1):
        x, y = shape.bank(side, EMBANKMENT_M)
        keep = ring_level_m(x, y) < RADII_M[3] + 60.0
        lines.append(Line(x[keep], y[keep], "secondary", 2, tags={"maxspeed": "50"}))
        x, y = shape.bank(side, 9.0)
        keep = ring_level_m(x, y) < RADII_M[2]
        lines.append(Line(x[keep], y[keep], "footway", 6))
    return lines


def _quarter(shape: Shape, cell: Cell, sample: Sample, rng: np.random.Generator) -> list[Line]:
    """Grid, lanes and alleys of one quarter."""
    sector, band, _ = cell
    low, high = shape.radials[sector], shape.radials[(sector + 1) % 8] + (2 * np.pi if sector == 7 else 0.0)
    middle = (low + high) / 2
    turn = (
        middle + rng.uniform(-0.12, 0.12)
        if band != 1
        else np.radians(8.0) + (np.pi / 4 if sector in (2, 3) else 0.0)
    )
    spacing = _SPACING_M[band] * rng.uniform(0.92, 1.12)
    lines: list[Line] = []
    for family in (0, 1):
        grain = _grain(cell, turn + family * np.pi / 2, sample)
        if grain is None:
            return []
        offset = grain.low_m + rng.uniform(0.2, 0.8) * spacing
        index = int(rng.integers(0, 3))
        while offset < grain.high_m:
            highway, rank = _class(index, band, rng)
            oneway = highway == "residential" and band <= 2 and rng.random() < (0.45 if band == 1 else 0.16)
            for x, y in _cut(shape, grain, offset):
                back = oneway and index % 2 == 1
                lines.append(Line(x[::-1] if back else x, y[::-1] if back else y, highway, rank, oneway))
            lines += _between(shape, grain, offset + spacing / 2, rng)
            offset += spacing * rng.uniform(0.82, 1.2)
            index += 1
    return lines


def _class(index: int, band: int, rng: np.random.Generator) -> tuple[str, int]:
    if band == 4:
        return ("tertiary", 3) if index % 2 == 0 else ("unclassified", 4)
    if index % 6 == 0:
        return "secondary", 2
    if index % 3 == 0:
        return "tertiary", 3
    if band == 1 and rng.random() < 0.12:
        return "pedestrian", 5
    return "residential", 4


def _between(shape: Shape, grain: _Grain, offset: float, rng: np.random.Generator) -> list[Line]:
    """Alleys of the old town and estate lanes outside it: short pieces half-way between two streets."""
    band = grain.cell[1]
    if band == 4 or rng.random() > (0.85 if band == 1 else 0.4):
        return []
    lines = []
    for x, y in _cut(shape, grain, offset):
        length = float(np.hypot(x[-1] - x[0], y[-1] - y[0]))
        for _ in range(max(1, int(length / 420.0))):
            size = rng.uniform(90.0, 240.0)
            at = rng.uniform(0.0, max(1.0, length - size))
            share = np.array([at, min(at + size, length)]) / length
            px, py = x[0] + share * (x[-1] - x[0]), y[0] + share * (y[-1] - y[0])
            highway = ("living_street", "footway")[int(rng.random() < 0.45)] if band == 1 else "service"
            lines.append(Line(px, py, highway, 5))
    return lines


def _cells(shape: Shape, x: Array, y: Array) -> NDArray[np.int64]:
    """One number for the quarter of each plan point, 0 on the river; see `_number`."""
    sector, band = shape.sector_of(x, y), band_of(ring_level_m(x, y))
    sector = np.where(band == 1, sector // 2 * 2, sector)  # only every other radial reaches into the old town
    away = shape.beside_river_m(x, y)
    dry = np.abs(away) > shape.river_half_m(x) + EMBANKMENT_M
    number: NDArray[np.int64] = np.where(dry, 1 + (sector * 6 + band) * 2 + (away > 0), 0)
    return number


def _number(cell: Cell) -> int:
    sector, band, bank = cell
    return 1 + (sector * 6 + band) * 2 + (bank > 0)


def _grain(cell: Cell, turn: float, sample: Sample) -> _Grain | None:
    """How far a quarter reaches along and across a direction; None where the quarter is empty."""
    x, y, number = sample
    here = number == _number(cell)
    if not here.any():
        return None
    x, y = x[here], y[here]
    along, across = np.cos(turn) * x + np.sin(turn) * y, -np.sin(turn) * x + np.cos(turn) * y
    return _Grain(
        cell,
        turn,
        float(across.min()) - 50.0,
        float(across.max()) + 50.0,
        np.arange(along.min() - 80.0, along.max() + 80.0, _STEP_M),
    )


def _cut(shape: Shape, grain: _Grain, offset: float) -> list[tuple[Array, Array]]:
    """Pieces of an endless line that lie in the quarter, both ends a little over its edge."""
    c, s = np.cos(grain.turn), np.sin(grain.turn)

    def inside(t: Array) -> NDArray[np.bool_]:
        return np.asarray(_cells(shape, c * t - s * offset, s * t + c * offset) == number)

    along, number = grain.along_m, _number(grain.cell)
    mask = inside(along)
    edges = np.flatnonzero(mask[1:] != mask[:-1])
    pieces = []
    for a, b in zip(edges[::2], edges[1::2], strict=False):
        start, end = _edge(inside, along[a], along[a + 1]), _edge(inside, along[b + 1], along[b])
        if end - start < _SHORTEST_M[grain.cell[1]]:
            continue
        t = np.array([start - _OVER_M, end + _OVER_M])
        pieces.append((c * t - s * offset, s * t + c * offset))
    return pieces


def _edge(inside: Callable[[Array], NDArray[np.bool_]], outer: float, inner: float) -> float:
    """Where the line enters, between a point outside and one inside, to 13 cm."""
    between = outer + (inner - outer) * np.linspace(0.0, 1.0, 33)
    return float(between[inside(between).argmax()])


def _park_paths(shape: Shape) -> list[Line]:
    lines = []
    for park in shape.parks:
        if park.half_x_m > 200.0:
            lines.append(Line(*park.outline(1.0, 48), "tertiary", 3))
        lines.append(Line(*park.outline(0.8, 28), "footway", 6))
        if not park.lake:
            for turn in (park.turn, park.turn + np.pi / 2):
                reach = np.array([-1.35, 1.35]) * max(park.half_x_m, park.half_y_m)
                lines.append(
                    Line(park.x_m + reach * np.cos(turn), park.y_m + reach * np.sin(turn), "footway", 6)
                )
    return lines
