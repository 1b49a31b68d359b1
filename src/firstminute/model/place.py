"""Where something is: a point, line or area that may be vague, may move and may be unknown.

Idea: a caller rarely knows an address, so a place says what is known and how: its shape, how far off it may be, who said so and when.
Its *cell* (100 m) is what stays in the open part of a fact when the exact place is sealed or erased (DESIGN.md §4). WGS-84, `(lon, lat)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, floor, radians
from typing import Literal, TypeAlias

PlaceKind: TypeAlias = Literal["point", "line", "area"]
PlaceSource: TypeAlias = Literal[
    "caller", "map", "venue", "address", "device", "network", "dispatcher", "crew", "unknown"
]

METRES_PER_DEGREE = 111_319.49079327358  # one degree of latitude on the WGS-84 equator
CELL_M = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the world as far as it is known.

    Attributes
    ----------
    points : one (lon, lat) for a point, more for a line, a closed ring for an area
    radius_m : how far the truth may lie from the shape
    known_s : when this was true, seconds since 1970
    floor : storey, 0 = ground
    private : True where the place names a home: then it is sealed and shown to few
    """

    kind: PlaceKind = "point"
    points: tuple[tuple[float, float], ...]
    radius_m: float = 0.0
    source: PlaceSource = "caller"
    known_s: float = 0.0
    floor: int = 0
    address: str | None = None
    private: bool = False

    @property
    def centre(self) -> tuple[float, float]:
        """The mean of its points, (lon, lat)."""
        if len(self.points) == 1:
            return self.points[0]
        ring = (
            self.points[:-1]
            if self.kind == "area" and len(self.points) > 1 and self.points[0] == self.points[-1]
            else self.points
        )
        return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)


RADIUS_MOST_M, LOWEST, HIGHEST, POINTS_MOST = 50_000.0, -20, 200, 5_000
LATEST_S = 4_102_444_800.0  # the year 2100


def wrong_with(place: Place) -> str | None:
    """What cannot be about a place that somebody said, as a code; None where it may be. What is recorded already is never asked.

    >>> wrong_with(Place(points=((113.2, 23.1),))), wrong_with(Place(points=((23.1, 113.2),)))
    (None, 'out_of_range')
    """
    if not 0 < len(place.points) <= POINTS_MOST:
        return "no_points" if not place.points else "too_many_points"
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in place.points):  # false for NaN too
        return "out_of_range"
    if (0.0, 0.0) in place.points:
        return "null_island"
    if not 0 <= place.radius_m <= RADIUS_MOST_M:
        return "radius_out_of_range"
    if not LOWEST <= place.floor <= HIGHEST:
        return "floor_out_of_range"
    return None if 0 <= place.known_s <= LATEST_S else "time_out_of_range"


def dated(place: Place, at_s: float) -> Place:
    """The same place, known since `at_s`. (Spelt out: every call has one, and `dataclasses.replace` takes ten times as long.)"""
    return Place(
        kind=place.kind,
        points=place.points,
        radius_m=place.radius_m,
        source=place.source,
        known_s=at_s,
        floor=place.floor,
        address=place.address,
        private=place.private,
    )


def cell_of(lon: float, lat: float) -> tuple[float, float]:
    """Centre of the 100 m cell that holds a point, (lon, lat).

    >>> cell_of(113.2644, 23.1291)
    (113.26426, 23.12937)
    """
    step_lat = CELL_M / METRES_PER_DEGREE
    row = floor(lat / step_lat)
    step_lon = CELL_M / (METRES_PER_DEGREE * max(0.01, cos(radians((row + 0.5) * step_lat))))
    return round((floor(lon / step_lon) + 0.5) * step_lon, 5), round((row + 0.5) * step_lat, 5)
