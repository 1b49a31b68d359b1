"""What is near what: an index of open incidents and late calls by coarse squares, and the distance between two places.

Idea: whoever asks "is this the same thing?" looks into a few squares of the map instead of at every open incident. The index hangs on the open 100 m
cell only, so it is the same after everything sealed was erased. Limits: squares are of degrees (about 550 m high, narrower towards the
poles); distances are on a plane tangent to the first place, good to a few metres within a city.
"""

from __future__ import annotations

from math import ceil, cos, floor, hypot, radians

from firstminute.model.place import METRES_PER_DEGREE

SQUARE_DEG = 0.005
FARTHEST_M = 3_000.0
"""Nobody looks farther than this, however vague a place is."""

Square = tuple[int, int]
Point = tuple[float, float]


def square_of(point: Point) -> Square:
    """The square that holds a point (lon, lat)."""
    return floor(point[0] / SQUARE_DEG), floor(point[1] / SQUARE_DEG)


def squares_around(point: Point, radius_m: float) -> list[Square]:
    """Every square that a circle around a point may touch, at most `FARTHEST_M` wide."""
    reach = min(radius_m, FARTHEST_M)
    tall = SQUARE_DEG * METRES_PER_DEGREE
    rows = ceil(reach / tall)
    columns = ceil(reach / (tall * max(0.05, cos(radians(point[1])))))
    column, row = square_of(point)
    return [
        (x, y)
        for x in range(column - columns, column + columns + 1)
        for y in range(row - rows, row + rows + 1)
    ]


def distance_m(a: Point, b: Point) -> float:
    """Metres between two points (lon, lat) as the crow flies.

    >>> round(distance_m((113.0, 23.0), (113.0, 23.001)))
    111
    """
    east = (b[0] - a[0] + 180.0) % 360.0 - 180.0
    return hypot(east * cos(radians(a[1])), b[1] - a[1]) * METRES_PER_DEGREE
