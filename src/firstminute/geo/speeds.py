"""How fast each mode moves on each class of street: a table per region, posted limits first.

Idea: a city file rarely knows how fast one drives, so the *limit* of a street is what is posted, else what its class has in that
region; the speed *driven* is a share of that limit. The shares are those of the only calibrated model at hand: JEMSS (Auckland)
drives 33 of 50 and 64 of 100 km/h in ordinary traffic, 47 and 91 with lights. They stand until learned from own tracks.

Sources. Limits CN: CJJ 37-2012 table 3.2.1 (design speed by street class), Road Traffic Safety Law regulation art. 45. US: 25 mph prima facie
residence district, 55/65 mph motorways (CVC 22349, 22352). NZ: Land Transport Rule 54001 (50 urban, 100 open). EU: 50 urban, 90 rural, 120
motorways (Código da Estrada art. 27). Foot: Weidmann 1993 (1.34 m/s). Run: dispatched lay responders, median 2.3 m/s (Resuscitation
S0300-9572(20)30132-5). E-bike: GB 17761-2018 caps at 25 km/h. Limits: no hour of day, no junction delay (it is inside the share).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASSES: tuple[str, ...] = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
    "track",
    "busway",
    "cycleway",
    "pedestrian",
    "footway",
    "path",
    "bridleway",
    "steps",
    "elevator",
    "connector",
    "ferry",
    "river",
    "canal",
    "fairway",
)
CLASS_INDEX: Mapping[str, int] = {name: k for k, name in enumerate(CLASSES)}

MPH_KMH = 1.609344
MODES: tuple[str, ...] = ("foot", "e-bike", "car", "car-lights", "boat")
LIGHTS_FREE = (
    "car-lights-free"  # the arrays of a car with lights where the plan lets it pass one-ways and turn bans
)
RUN_FACTOR = 1.72  # 2.3 m/s over 1.34 m/s
DRONE_KMH = 54.0  # 15 m/s cruise, straight line
SIGMA_LOG: Mapping[str, float] = {
    "foot": 0.20,
    "run": 0.20,
    "e-bike": 0.25,
    "car": 0.35,
    "car-lights": 0.25,
    "boat": 0.0,
    "drone": 0.0,
}

_LINK = {"motorway_link": "motorway", "trunk_link": "trunk", "primary_link": "primary"}
_LINK |= {"secondary_link": "secondary", "tertiary_link": "tertiary"}
_LINK_SHARE = 0.6
WALK_KMH = 4.8
_FOOT = {"steps": 2.0, "elevator": 1.0, "track": 4.4, "path": 4.4, "ferry": 8.0}
_BIKE = {
    "living_street": 14.0,
    "service": 14.0,
    "track": 11.0,
    "cycleway": 20.0,
    "path": 10.0,
    "bridleway": 8.0,
    "pedestrian": 8.0,
}
_BIKE |= {"footway": 8.0, "steps": 1.5, "elevator": 1.0, "connector": 8.0, "ferry": 8.0}
_BOAT = {"river": 25.0, "canal": 10.0, "fairway": 35.0, "ferry": 20.0}
_FERRY_CAR_KMH = 8.0


@dataclass(frozen=True, slots=True)
class Region:
    """The limits of one region, as data.

    Attributes
    ----------
    code : "CN", "US", "NZ", "EU"
    limit_kmh : limit of each street class where none is posted
    zone_kmh : meaning of implicit `maxspeed` values such as "CN:urban" or "urban"
    driven_share : share of the limit that a car, and a car with lights, drives over a whole trip
    left_hand : True where one drives on the left
    """

    code: str
    limit_kmh: Mapping[str, float]
    zone_kmh: Mapping[str, float]
    driven_share: Mapping[str, float]
    left_hand: bool = False


def _limits(values: tuple[float, ...]) -> dict[str, float]:
    names = (
        "motorway",
        "trunk",
        "primary",
        "secondary",
        "tertiary",
        "unclassified",
        "residential",
        "living_street",
        "service",
        "road",
    )
    table = dict(zip((*names, "track", "busway"), values, strict=True))
    for link, base in _LINK.items():
        table[link] = round(table[base] * _LINK_SHARE, 1)
    table |= {"pedestrian": 10.0, "cycleway": 10.0, "footway": 10.0, "path": 10.0, "connector": 20.0}
    return table


_SHARE = {"car": 0.66, "car-lights": 0.93}
REGIONS: Mapping[str, Region] = {
    "CN": Region(
        "CN",
        _limits((100, 80, 60, 50, 40, 30, 30, 15, 15, 30, 20, 40)),
        {"urban": 50, "rural": 70, "trunk": 80, "motorway": 120, "living_street": 20},
        _SHARE,
    ),
    "US": Region(
        "US",
        _limits(tuple(mph * MPH_KMH for mph in (65, 55, 35, 30, 25, 25, 25, 15, 15, 25, 20, 25))),
        {
            "urban": 25 * MPH_KMH,
            "rural": 55 * MPH_KMH,
            "trunk": 55 * MPH_KMH,
            "motorway": 65 * MPH_KMH,
            "living_street": 15 * MPH_KMH,
        },
        _SHARE,
    ),
    "NZ": Region(
        "NZ",
        _limits((100, 80, 50, 50, 50, 50, 50, 20, 20, 50, 30, 50)),
        {"urban": 50, "rural": 100, "trunk": 100, "motorway": 100, "living_street": 20},
        _SHARE,
        left_hand=True,
    ),
    "EU": Region(
        "EU",
        _limits((120, 90, 50, 50, 50, 40, 30, 20, 20, 40, 20, 50)),
        {"urban": 50, "rural": 90, "trunk": 100, "motorway": 120, "living_street": 20},
        _SHARE,
    ),
}

_BOXES = (
    ("NZ", 166.0, -47.5, 179.0, -34.0),
    ("US", -125.0, 24.0, -66.5, 49.5),
    ("EU", -31.5, 34.5, 32.0, 71.5),
)


def region_of(lon: float, lat: float) -> Region:
    """The region whose coarse box holds a point; China where none does.

    >>> region_of(-8.6, 41.2).code, region_of(117.0, 36.6).code
    ('EU', 'CN')
    """
    for code, west, south, east, north in _BOXES:
        if west <= lon <= east and south <= lat <= north:
            return REGIONS[code]
    return REGIONS["CN"]


def limit_kmh(region: Region) -> NDArray[np.float64]:
    """(len(CLASSES),) limit of each class in km/h; 0 where a class has none (steps, water)."""
    return np.array([region.limit_kmh.get(name, 0.0) for name in CLASSES])


def mode_kmh(
    region: Region, mode: str, edge_class: NDArray[np.uint8], posted_kmh: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Speed of a mode on each street piece in km/h.

    Parameters
    ----------
    region : the table to use where nothing is posted
    mode : one of MODES
    edge_class : (E,) index into CLASSES
    posted_kmh : (E,) posted limit, NaN or <= 0 where none; only motor vehicles heed it

    Returns
    -------
    (E,) km/h, > 0; 0 where the mode has no speed on that class at all
    """
    if mode == "foot":
        return np.array([_FOOT.get(name, WALK_KMH) for name in CLASSES])[edge_class]
    if mode == "e-bike":
        return np.array([_BIKE.get(name, 18.0) for name in CLASSES])[edge_class]
    if mode == "boat":
        return np.array([_BOAT.get(name, 0.0) for name in CLASSES])[edge_class]
    share = region.driven_share["car-lights" if mode == LIGHTS_FREE else mode]
    posted = np.where(np.isfinite(posted_kmh) & (posted_kmh > 0), posted_kmh, limit_kmh(region)[edge_class])
    speed: NDArray[np.float64] = posted * share
    speed[edge_class == CLASS_INDEX["ferry"]] = _FERRY_CAR_KMH
    return speed
