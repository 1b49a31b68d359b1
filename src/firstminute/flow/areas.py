"""Where a point lies in the city's own terms: zone, district, station, venue.

Idea: what the registers say about area is laid out once per register version (`Areas`, immutable, held in the state and replaced whole), so that a
call costs a few comparisons. A venue speaks for its own point. Limits: even-odd rule on straight edges; the station of a place without a venue is the
nearest of its district, used to tell somebody, never to choose who drives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, inf, radians

from firstminute.flow.registers import Registers
from firstminute.model.place import METRES_PER_DEGREE
from firstminute.model.records import Venue, Zone
from firstminute.respond.incident import Where
from firstminute.respond.nearby import Point, Square, distance_m, square_of

AT_VENUE_M = 40.0
"""A point this near to a venue is in it, where the caller is precise."""
PRECISE_M = 60.0
CLASS_ORDER = {"core": 0, "dense": 1, "other": 2}

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Areas:
    """Zones with their boxes (finest class first), stations, and venues by square."""

    version: tuple[int, int, int] = (-1, -1, -1)
    zones: tuple[tuple[Box, Zone], ...] = ()
    stations: Mapping[str | None, tuple[tuple[float, float, str], ...]] = field(
        default_factory=dict
    )  # district → (lon, lat, id) of each; None → of all
    venues: dict[Square, tuple[Venue, ...]] = field(default_factory=dict)


def version_of(registers: Registers) -> tuple[int, int, int]:
    """What `Areas` was made of."""
    count = registers.version
    return count.get("zones", 0), count.get("stations", 0), count.get("venues", 0)


def lay_out(registers: Registers) -> Areas:
    """The areas as the registers say now."""
    zones = sorted(registers.zones.values(), key=lambda z: (CLASS_ORDER.get(z.zone_class, 2), z.zone_id))
    stations: dict[str | None, list[tuple[float, float, str]]] = {}
    for s in registers.stations.values():
        for district in (s.district, None):
            stations.setdefault(district, []).append((s.lon, s.lat, s.station_id))
    squares: dict[Square, list[Venue]] = {}
    for venue in registers.venues.values():
        squares.setdefault(square_of((venue.lon, venue.lat)), []).append(venue)
    return Areas(
        version_of(registers),
        tuple((_box(zone.ring), zone) for zone in zones if len(zone.ring) >= 3),
        {district: tuple(rows) for district, rows in stations.items()},
        {square: tuple(rows) for square, rows in squares.items()},
    )


def _box(ring: tuple[tuple[float, float], ...]) -> Box:
    lons, lats = [p[0] for p in ring], [p[1] for p in ring]
    return min(lons), min(lats), max(lons), max(lats)


def inside(point: Point, ring: tuple[tuple[float, float], ...]) -> bool:
    """Whether a point lies in a ring (even-odd rule).

    >>> inside((0.5, 0.5), ((0, 0), (1, 0), (1, 1), (0, 1))), inside((2, 0.5), ((0, 0), (1, 0), (1, 1)))
    (True, False)
    """
    lon, lat = point
    found = False
    before = ring[-1]
    for here in ring:
        if (here[1] > lat) != (before[1] > lat):
            crossing = before[0] + (lat - before[1]) * (here[0] - before[0]) / (here[1] - before[1])
            if lon < crossing:
                found = not found
        before = here
    return found


def where(
    areas: Areas, registers: Registers, point: Point | None, venue_id: str | None, radius_m: float = 0.0
) -> Where:
    """Zone, district, station and venue of a point, of a venue, or of nothing known."""
    venue = registers.venues.get(venue_id or "")
    if venue is None and point is not None and radius_m <= PRECISE_M:
        venue = venue_at(areas, point)
    if point is None and venue is not None:
        point = (venue.lon, venue.lat)
    zone = zone_at(areas, point) if point is not None else None
    district = venue.district if venue else zone.district if zone else None
    if district is None and len(registers.districts) == 1:
        district = next(iter(registers.districts))
    station_id = venue.station_id if venue else None
    if station_id is None and point is not None:
        station_id = nearest_station(areas, point, district)
    zone_class = zone.zone_class if zone else venue.zone if venue else "other"
    return Where(
        zone=zone_class, district=district, station_id=station_id, venue_id=venue.venue_id if venue else None
    )


def zone_at(areas: Areas, point: Point) -> Zone | None:
    """The zone of the finest class that holds a point."""
    lon, lat = point
    for (west, south, east, north), zone in areas.zones:
        if west <= lon <= east and south <= lat <= north and inside(point, zone.ring):
            return zone
    return None


def venue_at(areas: Areas, point: Point) -> Venue | None:
    """The nearest venue within `AT_VENUE_M`."""
    lon, lat = point
    tall = AT_VENUE_M / METRES_PER_DEGREE * 1.001  # a little too large: whatever is near enough lies within
    wide = tall / max(0.001, cos(radians(lat)))
    west, south = square_of((lon - wide, lat - tall))
    east, north = square_of((lon + wide, lat + tall))
    best, best_m = None, AT_VENUE_M
    for column in range(west, east + 1):
        for row in range(south, north + 1):
            for venue in areas.venues.get((column, row), ()):
                if -tall <= venue.lat - lat <= tall and -wide <= venue.lon - lon <= wide:
                    apart_m = distance_m(point, (venue.lon, venue.lat))
                    if apart_m <= best_m:
                        best, best_m = venue, apart_m
    return best


def nearest_station(areas: Areas, point: Point, district: str | None) -> str | None:
    """The nearest station of the district, of any district where it has none."""
    here_lon, here_lat = point
    narrow = cos(radians(here_lat))  # on the plane of the point: the order is all that counts
    nearest, least = None, inf
    for lon, lat, station_id in areas.stations.get(district) or areas.stations.get(None, ()):
        apart = ((lon - here_lon) * narrow) ** 2 + (lat - here_lat) ** 2
        if apart < least:
            nearest, least = station_id, apart
    return nearest
