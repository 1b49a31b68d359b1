"""The plan of the generated city: a river, ring roads, radials, parks, and the bend that makes it look grown.

Idea: everything is laid out on a flat *plan* in metres around the centre, where a ring is a rounded square (superellipse) and a radial is
straight; then one smooth bend moves plan to ground, so that streets curve and still meet where they met. Our own construction; the shape
(river, old town, rings, sectors with their own grid) follows what large Chinese cities have in common. Limits: the ground is flat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CENTRE_LON, CENTRE_LAT = 118.4200, 30.2600  # a place in the hills where no such city stands
METRES_PER_DEGREE = 111_319.49079327358
SQUARENESS = 2.6  # exponent of the superellipse: 2 a circle, large a square
RADII_M = (240.0, 1_250.0, 2_550.0, 4_050.0, 6_200.0)  # square, first, second, third ring, edge of the map
EMBANKMENT_M = 32.0  # road beside the river, from the water's edge
EXTENT_M = 7_400.0


@dataclass(frozen=True, slots=True)
class Park:
    """A green area: a rounded box on the plan, turned by `turn`."""

    x_m: float
    y_m: float
    half_x_m: float
    half_y_m: float
    turn: float
    lake: bool = False

    def inside(self, x: Array, y: Array, grow_m: float = 0.0) -> NDArray[np.bool_]:
        """True where a plan point lies in the park, widened by `grow_m`."""
        c, s = np.cos(self.turn), np.sin(self.turn)
        u, v = c * (x - self.x_m) + s * (y - self.y_m), -s * (x - self.x_m) + c * (y - self.y_m)
        level = np.abs(u / (self.half_x_m + grow_m)) ** 4 + np.abs(v / (self.half_y_m + grow_m)) ** 4
        return np.asarray(level < 1.0)

    def outline(self, share: float = 1.0, count: int = 40) -> tuple[Array, Array]:
        """A closed ring at `share` of its size, plan metres, (count + 1,) each."""
        angle = np.linspace(0.0, 2 * np.pi, count + 1)
        radius = (np.abs(np.cos(angle)) ** 4 + np.abs(np.sin(angle)) ** 4) ** -0.25
        u, v = share * self.half_x_m * radius * np.cos(angle), share * self.half_y_m * radius * np.sin(angle)
        c, s = np.cos(self.turn), np.sin(self.turn)
        return self.x_m + c * u - s * v, self.y_m + s * u + c * v


@dataclass(frozen=True, slots=True)
class Shape:
    """The plan of one city, drawn from its seed."""

    radials: Array  # (8,) angles, radians, rising
    parks: tuple[Park, ...]
    river_phase: tuple[float, float]
    bend_phase: Array  # (2, 4)

    def river_y(self, x: Array) -> Array:
        """Middle of the river at plan x."""
        first, second = self.river_phase
        return -1_130.0 + 430.0 * np.sin(x / 2_150.0 + first) + 130.0 * np.sin(x / 830.0 + second)

    def river_half_m(self, x: Array) -> Array:
        """Half the width of the river at plan x."""
        return 118.0 + 22.0 * np.sin(x / 1_300.0 + self.river_phase[1])

    def beside_river_m(self, x: Array, y: Array) -> Array:
        """Signed distance to the middle of the river, north positive (first order)."""
        slope = (self.river_y(x + 1.0) - self.river_y(x - 1.0)) / 2.0
        return (y - self.river_y(x)) / np.sqrt(1.0 + slope**2)

    def on_water(self, x: Array, y: Array, grow_m: float = 0.0) -> NDArray[np.bool_]:
        """True on the river or a lake, widened by `grow_m`."""
        wet = np.abs(self.beside_river_m(x, y)) < self.river_half_m(x) + grow_m
        for park in self.parks:
            if park.lake:
                small = Park(park.x_m, park.y_m, 0.62 * park.half_x_m, 0.62 * park.half_y_m, park.turn)
                wet = wet | small.inside(x, y, grow_m)
        return np.asarray(wet)

    def bank(self, side: int, beyond_m: float, step_m: float = 45.0) -> tuple[Array, Array]:
        """A line along the river: `side` +1 north, -1 south, `beyond_m` from the water's edge."""
        x = np.arange(-EXTENT_M, EXTENT_M + step_m, step_m)
        slope = (self.river_y(x + 1.0) - self.river_y(x - 1.0)) / 2.0
        away = side * (self.river_half_m(x) + beyond_m)
        norm = np.sqrt(1.0 + slope**2)
        return x - away * slope / norm, self.river_y(x) + away / norm

    def bend(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Plan to ground, metres: long waves of 170 m and short ones of 22 m."""
        p = self.bend_phase
        long, short = 2 * np.pi / 6_400.0, 2 * np.pi / 1_250.0
        dx = 170.0 * np.sin(long * (y + 0.4 * x) + p[0, 0]) + 60.0 * np.sin(
            2.1 * long * (y - 0.6 * x) + p[0, 1]
        )
        dy = 170.0 * np.sin(long * (x - 0.5 * y) + p[1, 0]) + 60.0 * np.sin(
            2.3 * long * (x + 0.7 * y) + p[1, 1]
        )
        dx = dx + 22.0 * np.sin(short * (y + 0.3 * x) + p[0, 2])
        dy = dy + 22.0 * np.sin(short * (x - 0.3 * y) + p[1, 2])
        return x + dx, y + dy

    def ground(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Plan metres to (lon, lat) degrees."""
        gx, gy = self.bend(x, y)
        lat = CENTRE_LAT + gy / METRES_PER_DEGREE
        return CENTRE_LON + gx / (METRES_PER_DEGREE * np.cos(np.radians(CENTRE_LAT))), lat

    def point(self, x: float, y: float) -> tuple[float, float]:
        """One plan point to (lon, lat) degrees, to a decimetre."""
        lon, lat = self.ground(np.array([x]), np.array([y]))
        return round(float(lon[0]), 6), round(float(lat[0]), 6)

    def sector_of(self, x: Array, y: Array) -> NDArray[np.int64]:
        """Index of the sector between two radials that holds a point; sector k starts at radial k."""
        angle = np.mod(np.arctan2(y, x) - self.radials[0], 2 * np.pi)
        after: NDArray[np.int64] = np.searchsorted(self.radials - self.radials[0], angle, side="right")
        return after - 1


def ring_level_m(x: Array, y: Array) -> Array:
    """Superellipse radius of a plan point: constant along a ring road."""
    return np.asarray((np.abs(x) ** SQUARENESS + np.abs(y) ** SQUARENESS) ** (1.0 / SQUARENESS))


def ring_line(
    level_m: float, start: float = 0.0, end: float = 2 * np.pi, step_m: float = 32.0
) -> tuple[Array, Array]:
    """The ring road at `level_m` between two angles, plan metres."""
    count = max(3, int((end - start) * level_m * 1.1 / step_m))
    angle = np.linspace(start, end, count + 1)
    radius = level_m * (np.abs(np.cos(angle)) ** SQUARENESS + np.abs(np.sin(angle)) ** SQUARENESS) ** (
        -1.0 / SQUARENESS
    )
    return radius * np.cos(angle), radius * np.sin(angle)


def band_of(level_m: Array) -> NDArray[np.int64]:
    """0 the square, 1 old town, 2 and 3 the quarters between the rings, 4 outskirts, 5 beyond."""
    return np.searchsorted(np.array(RADII_M), level_m, side="right")


def draw_shape(rng: np.random.Generator) -> Shape:
    """A plan from a seeded generator."""
    radials = np.sort(
        (np.arange(8) * np.pi / 4 + np.radians(14.0) + rng.uniform(-0.11, 0.11, 8)) % (2 * np.pi)
    )
    parks = [
        Park(0.0, 0.0, 150.0, 150.0, 0.2),
        Park(-1_720.0, 1_480.0, 430.0, 330.0, 0.5, lake=True),
        Park(2_050.0, 560.0, 300.0, 240.0, -0.3),
        Park(-2_700.0, -320.0, 260.0, 210.0, 0.1),
        Park(700.0, 2_150.0, 240.0, 300.0, 0.3),
        Park(1_250.0, -2_500.0, 420.0, 300.0, 0.15, lake=True),
        Park(-1_500.0, -2_900.0, 280.0, 230.0, -0.2),
        Park(3_250.0, 2_350.0, 380.0, 330.0, 0.8),
        Park(3_350.0, -2_600.0, 330.0, 260.0, 0.4),
    ]
    for k in range(1, len(parks)):
        shift = rng.uniform(-90.0, 90.0, 2)
        park = parks[k]
        parks[k] = Park(
            park.x_m + shift[0], park.y_m + shift[1], park.half_x_m, park.half_y_m, park.turn, park.lake
        )
    phase = (float(0.5 + rng.uniform(-0.25, 0.25)), float(2.0 + rng.uniform(-0.5, 0.5)))
    return Shape(radials, tuple(parks), phase, rng.uniform(0, 2 * np.pi, (2, 4)))
