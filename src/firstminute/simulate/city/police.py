"""Districts, stations, zones and the 120 police units of the generated city.

Idea: stations stand where Lloyd's iteration puts the middle of their share of the venues; a venue belongs to the nearest station, a
station to one of three districts; zones follow the rings (core inside the first, dense in the busiest quarters to the second).
Source: Lloyd, S. (1982), IEEE Trans. Inf. Theory 28(2), 129-137. Limits: district borders are those of stations, not of streets.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from firstminute.model.records import Agency, District, Roster, RosterLine, Station, Unit, Venue, Zone
from firstminute.respond.roster import ROSTERS
from firstminute.simulate.city.shape import RADII_M, Array, Shape, ring_level_m, ring_line
from firstminute.simulate.city.venues import nearest
from firstminute.simulate.city.words import Names

STATIONS, POSTS = 10, 4
CITY = "lanjiang"
_DISTRICTS = (
    ("jiangbei", "江北区", "Jiangbei District"),
    ("hudong", "湖东区", "Hudong District"),
    ("jiangnan", "江南区", "Jiangnan District"),
)
# kind, mode, number on the radio, how many, crew, sworn, turnout seconds, kit
_UNITS = (
    ("foot", "foot", 100, 36, 2, 1, 5.0, ("baton", "first_aid")),
    (
        "car",
        "car-lights",
        200,
        36,
        3,
        2,
        12.0,
        ("shield", "fork", "baton", "extinguisher", "first_aid", "aed"),
    ),
    ("motorcycle", "car-lights", 300, 24, 2, 1, 8.0, ("baton", "first_aid")),
    ("ptu", "car-lights", 500, 8, 6, 4, 15.0, ("shield", "fork", "baton", "gun", "first_aid")),
    ("boat", "boat", 600, 6, 3, 1, 30.0, ("lifebuoy", "first_aid")),
    ("metro", "foot", 700, 8, 2, 1, 5.0, ("shield", "baton", "first_aid")),
    ("drone", "drone", 800, 2, 1, 0, 25.0, ("camera", "speaker")),
)


_CREWS_WANTED = (
    (("car", 6), ("foot", 6), ("motorcycle", 4)),
    (("car", 8), ("foot", 8), ("motorcycle", 5), ("ptu", 1)),
    (("car", 10), ("foot", 10), ("motorcycle", 6), ("ptu", 2)),
)
"""normal, heightened, emergency → crews of each kind that a district should have on duty."""


def make_districts() -> list[District]:
    """The city and its three districts."""
    rows = [District(district_id=CITY, name="岚江市", name_en="Lanjiang City", plan_id="default")]
    rows += [
        District(district_id=key, name=name, name_en=name_en, parent=CITY)
        for key, name, name_en in _DISTRICTS
    ]
    return rows


def make_rosters() -> list[Roster]:
    """Teams by their minimum and what the grade adds; crews of each district by kind."""
    rows = []
    for roster, crews in zip(ROSTERS, _CREWS_WANTED, strict=True):
        lines = [RosterLine(who=kind, wanted=count) for kind, count in crews]
        rows.append(replace(roster, lines=(*roster.lines, *lines)))
    return rows


def make_stations(shape: Shape, plan: Array, rng: np.random.Generator) -> tuple[list[Station], Array]:
    """Ten stations and four posts, and their places on the plan."""
    middle = _lloyd(plan, STATIONS, rng)
    posts = np.array([(0.0, 210.0), *(plan[k] for k in rng.choice(40, POSTS - 1, replace=False) + 12)])
    places = np.vstack([middle, posts])
    names = Names(rng)
    stations = []
    for number, (x, y) in enumerate(places):
        lon, lat = shape.point(float(x), float(y))
        stem, reading = names.next()
        post = number >= STATIONS
        stations.append(
            Station(
                station_id=f"S{number + 1:02d}",
                name=f"{stem}驿站" if post else f"{stem}派出所",
                name_en=f"{reading} Post" if post else f"{reading} Station",
                kind="post" if post else "station",
                lon=lon,
                lat=lat,
                district=district_of(shape, float(x), float(y)),
                reserve=0 if post else 4,
                phone=f"000-0110-{number + 1:04d}",
            )
        )
    return stations, places


def district_of(shape: Shape, x: float, y: float) -> str:
    """South of the river, else east or west of the second radial."""
    if float(shape.beside_river_m(np.array([x]), np.array([y]))[0]) < 0:
        return "jiangnan"
    return "hudong" if x > 350.0 else "jiangbei"


def _lloyd(points: Array, count: int, rng: np.random.Generator) -> Array:
    middle = points[rng.choice(len(points), count, replace=False)]
    for _ in range(12):
        label = nearest(points, middle)
        middle = np.array(
            [points[label == k].mean(0) if (label == k).any() else middle[k] for k in range(count)]
        )
    return np.asarray(points[nearest(middle, points)] + 12.0)


def make_zones(shape: Shape) -> list[Zone]:
    """The core inside the first ring, five dense quarters to the second, the rest to the third."""
    rows = [_zone(shape, "Z00", "老城核心区", "core", np.vstack(ring_line(RADII_M[1], step_m=90.0)).T)]
    dense = {0, 1, 3, 5, 6}
    for sector in range(8):
        for band, (low, high) in enumerate(((RADII_M[1], RADII_M[2]), (RADII_M[2], RADII_M[3]))):
            start = shape.radials[sector]
            end = shape.radials[(sector + 1) % 8] + (2 * np.pi if sector == 7 else 0.0)
            out, back = (
                np.vstack(ring_line(high, start, end, 90.0)).T,
                np.vstack(ring_line(low, start, end, 90.0)).T[::-1],
            )
            kind = "dense" if band == 0 and sector in dense else "other"
            name = f"{'内' if band == 0 else '外'}环{'一二三四五六七八'[sector]}区"
            rows.append(_zone(shape, f"Z{1 + band}{sector}", name, kind, np.vstack([out, back])))
    return rows


def _zone(shape: Shape, key: str, name: str, kind: str, ring: Array) -> Zone:
    lon, lat = shape.ground(ring[:, 0], ring[:, 1])
    closed = [(round(float(a), 6), round(float(b), 6)) for a, b in zip(lon, lat, strict=True)]
    x, y = float(ring[:, 0].mean()), float(ring[:, 1].mean())
    return Zone(
        zone_id=key, name=name, zone_class=kind, district=district_of(shape, x, y), ring=(*closed, closed[0])
    )


def zone_class_of(shape: Shape, x: Array, y: Array) -> NDArray[np.str_]:
    """The class of the zone of each plan point, as `make_zones` draws them."""
    level, sector = ring_level_m(x, y), shape.sector_of(x, y)
    dense = (level < RADII_M[2]) & np.isin(sector, [0, 1, 3, 5, 6])
    return np.where(level < RADII_M[1], "core", np.where(dense, "dense", "other"))


def belong(
    shape: Shape, venues: list[Venue], plan: Array, stations: list[Station], places: Array
) -> list[Venue]:
    """The venues with their district, station and zone filled in."""
    near = nearest(plan, places[:STATIONS])
    zone = zone_class_of(shape, plan[:, 0], plan[:, 1])
    rows = []
    for venue, k, name in zip(venues, near, zone, strict=True):
        station = stations[int(k)]
        rows.append(replace(venue, district=station.district, station_id=station.station_id, zone=str(name)))
    return rows


def make_units(stations: list[Station]) -> list[Unit]:
    """120 crews of six kinds (metro crews walk, drones stand in for the seventh)."""
    rows = []
    ground = [station for station in stations if station.kind == "station"]
    for kind, mode, base, count, crew, sworn, turnout_s, kit in _UNITS:
        homes = stations if kind in ("foot", "motorcycle") else ground
        for k in range(count):
            station = homes[k % len(homes)]
            rows.append(
                Unit(
                    unit_id=f"U{base + k + 1}",
                    call_sign=str(base + k + 1),
                    kind=kind,
                    mode=mode,
                    station_id=station.station_id,
                    district=station.district,
                    crew=crew,
                    sworn=sworn,
                    kit=kit,
                    turnout_s=turnout_s,
                    device_id=f"D{base + k + 1}",
                )
            )
    return rows


def make_agencies() -> list[Agency]:
    """Those who answer other numbers."""
    return [
        Agency(agency_id="119", name="消防救援", name_en="Fire and rescue"),
        Agency(agency_id="120", name="急救中心", name_en="Ambulance service"),
        Agency(agency_id="122", name="交通事故报警台", name_en="Traffic accidents"),
        Agency(agency_id="12345", name="政务服务热线", name_en="City services line", answer_within_s=300.0),
    ]
