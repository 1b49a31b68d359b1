"""The venues of the generated city: what they are, where they stand, how one gets in, when they are open.

Idea: each category has a number, a pull to the centre, the streets it likes and the hours it keeps; a venue stands a few metres
behind a street, with its entrance at the street. Counts are our choice (1,500 in all), shaped after what a Chinese county town lists as
places with their own emergency unit. Limits: venues are points; two may share a building.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstminute.model.records import Entrance, Venue
from firstminute.simulate.city.areas import PARK_NAMES, metro_stations
from firstminute.simulate.city.drawing import Frontage
from firstminute.simulate.city.shape import RADII_M, Array, Shape, ring_level_m
from firstminute.simulate.city.words import Names

DAY = 1_440


@dataclass(frozen=True, slots=True)
class Category:
    """How one kind of venue is spread.

    Attributes
    ----------
    count : how many
    name, name_en : what stands after the proper name
    pull_m : scale of the fall-off from the centre; large = spread evenly
    rank : best street rank to stand at (0 trunk … 6 path) and worst
    open_h, close_h : opening hours every day, equal = always
    floors : highest storey
    """

    count: int
    name: str
    name_en: str
    pull_m: float
    rank: tuple[int, int]
    open_h: float
    close_h: float
    floors: int = 3


CATEGORIES: dict[str, Category] = {
    "market": Category(46, "农贸市场", "Market", 2_600, (2, 4), 5, 20, 2),
    "mall": Category(28, "购物中心", "Mall", 1_900, (1, 3), 10, 22, 7),
    "shop": Category(230, "超市", "Supermarket", 2_600, (2, 4), 7, 22.5, 1),
    "school": Category(92, "中学", "School", 3_200, (3, 4), 7, 18, 5),
    "kindergarten": Category(58, "幼儿园", "Kindergarten", 3_200, (3, 4), 7.5, 17.5, 3),
    "hospital": Category(18, "医院", "Hospital", 2_600, (1, 3), 0, 0, 14),
    "clinic": Category(48, "社区卫生站", "Clinic", 3_200, (3, 4), 8, 20, 2),
    "estate": Category(372, "小区", "Estate", 3_600, (3, 5), 0, 0, 18),
    "bar": Category(64, "酒吧", "Bar", 1_300, (3, 5), 18, 2, 2),
    "restaurant": Category(118, "酒楼", "Restaurant", 2_000, (2, 4), 10, 23, 3),
    "hotel": Category(76, "宾馆", "Hotel", 2_000, (1, 3), 0, 0, 12),
    "bank": Category(78, "银行", "Bank", 2_000, (1, 3), 8.5, 17.5, 2),
    "office": Category(96, "大厦", "Tower", 1_900, (1, 3), 8, 20, 22),
    "factory": Category(40, "电子厂", "Works", 9_000, (3, 4), 0, 0, 4),
    "government": Category(34, "街道办事处", "Subdistrict Office", 3_000, (2, 4), 8.5, 17.5, 5),
    "fuel": Category(24, "加油站", "Filling Station", 4_500, (1, 2), 0, 0, 1),
    "netcafe": Category(22, "网吧", "Internet Café", 2_300, (3, 4), 0, 0, 2),
    "station": Category(5, "客运站", "Coach Station", 3_500, (1, 2), 5.5, 22.5, 2),
    "culture": Category(18, "文化馆", "Culture Hall", 2_400, (2, 3), 9, 21, 4),
}
TOTAL = 1_500
_NUMERALS = "一二三四五六七八九十"


def place_venues(
    frontage: Frontage, shape: Shape, rng: np.random.Generator, total: int = TOTAL
) -> tuple[list[Venue], Array]:
    """Venues without district, station and zone, and their places on the plan (V, 2).

    Metro stations and parks come first; the rest fills up to `total` with shops.
    """
    venues, plan = _metro_and_parks(shape, Names(rng))
    share = total / TOTAL
    wanted = {code: max(1, round(kind.count * share)) for code, kind in CATEGORIES.items()}
    wanted["shop"] += max(0, total - len(venues) - sum(wanted.values()))
    taken: list[tuple[float, float]] = list(plan)
    for code, count in wanted.items():
        names = Names(rng)
        spots = _spots(frontage, shape, CATEGORIES[code], count, rng)
        for number, (x, y, gate_x, gate_y) in enumerate(spots):
            if len(venues) >= total:
                break
            venues.append(
                _venue(shape, code, (x, y), (gate_x, gate_y), (f"V{len(venues) + 1:04d}", number, names, rng))
            )
            taken.append((float(x), float(y)))
    return venues, np.array(taken)


def _metro_and_parks(shape: Shape, names: Names) -> tuple[list[Venue], list[tuple[float, float]]]:
    venues: list[Venue] = []
    plan: list[tuple[float, float]] = []
    for x, y in zip(*metro_stations(shape), strict=True):
        name, reading = names.next()
        lon, lat = shape.point(float(x), float(y))
        key = f"V{len(venues) + 1:04d}"
        gate = Entrance(lon=lon, lat=lat, hours=_week(6, 23), lift=True, key_holder="值班站长")
        venues.append(
            _record(
                key,
                (f"{name}站", f"{reading} Station"),
                "metro_station",
                (lon, lat),
                gates=(gate,),
                floors=-2,
            )
        )
        plan.append((float(x), float(y)))
    for park, (name, reading) in zip(shape.parks, PARK_NAMES, strict=True):
        x, y = (
            park.x_m + 0.9 * park.half_x_m * np.cos(park.turn),
            park.y_m + 0.9 * park.half_x_m * np.sin(park.turn),
        )
        lon, lat = shape.point(float(x), float(y))
        gates = (Entrance(lon=lon, lat=lat, access="foot"),)
        venues.append(
            _record(f"V{len(venues) + 1:04d}", (name, reading), "park", (lon, lat), gates=gates, floors=1)
        )
        plan.append((float(x), float(y)))
    return venues, plan


def _record(
    key: str,
    name: tuple[str, str],
    category: str,
    place: tuple[float, float],
    *,
    gates: tuple[Entrance, ...],
    floors: int,
) -> Venue:
    return Venue(
        venue_id=key,
        name=name[0],
        name_en=name[1],
        category=category,
        lon=place[0],
        lat=place[1],
        entrances=gates,
        floors=floors,
        district="",
    )


def _spots(frontage: Frontage, shape: Shape, kind: Category, count: int, rng: np.random.Generator) -> Array:
    """(count, 4) plan place and gate of each venue of a category."""
    middle_x, middle_y = frontage.x.mean(1), frontage.y.mean(1)
    level = ring_level_m(middle_x, middle_y)
    length = np.hypot(np.diff(frontage.x)[:, 0], np.diff(frontage.y)[:, 0])
    weight = (
        length
        * np.exp(-((level / kind.pull_m) ** 2) / 2)
        * ((frontage.rank >= kind.rank[0]) & (frontage.rank <= kind.rank[1]))
    )
    weight *= np.where(level > RADII_M[3], 0.25, 1.0) * (level > 900.0 if kind.pull_m > 8_000 else True)
    found: list[Array] = []
    while len(found) < count:
        piece = rng.choice(len(weight), 2 * count + 16, p=weight / weight.sum())
        share, side = rng.uniform(0.15, 0.85, len(piece)), rng.choice([-1.0, 1.0], len(piece))
        dx, dy = np.diff(frontage.x[piece])[:, 0], np.diff(frontage.y[piece])[:, 0]
        gate_x, gate_y = frontage.x[piece, 0] + share * dx, frontage.y[piece, 0] + share * dy
        back = side * rng.uniform(14.0, 34.0, len(piece)) / np.maximum(1.0, np.hypot(dx, dy))
        x, y = gate_x - back * dy, gate_y + back * dx
        dry = ~shape.on_water(x, y, 5.0) & ~np.logical_or.reduce([park.inside(x, y) for park in shape.parks])
        found += list(np.column_stack([x, y, gate_x + 0.2 * (x - gate_x), gate_y + 0.2 * (y - gate_y)])[dry])
    return np.array(found[:count])


def _venue(
    shape: Shape,
    code: str,
    place: tuple[float, float],
    gate: tuple[float, float],
    made: tuple[str, int, Names, np.random.Generator],
) -> Venue:
    key, number, names, rng = made
    kind = CATEGORIES[code]
    lon, lat = shape.point(*place)
    gate_lon, gate_lat = shape.point(*gate)
    gates = [_gate(code, kind, gate_lon, gate_lat)]
    if kind.floors > 4 or code in ("estate", "market", "school"):
        side = shape.point(place[0] + 0.9 * (place[1] - gate[1]), place[1] - 0.9 * (place[0] - gate[0]))
        gates.append(Entrance(lon=side[0], lat=side[1], access="vehicle", note="fire_lane"))
    floors = 1 + int(rng.integers(kind.floors // 2, kind.floors)) if kind.floors > 1 else 1
    return _record(key, _name(code, kind, number, names), code, (lon, lat), gates=tuple(gates), floors=floors)


def _gate(code: str, kind: Category, lon: float, lat: float) -> Entrance:
    hours = () if kind.open_h == kind.close_h else _week(kind.open_h, kind.close_h)
    guarded = code in ("estate", "school", "factory", "office", "kindergarten")
    return Entrance(
        lon=lon,
        lat=lat,
        access="both" if code in ("estate", "hospital", "factory", "fuel", "station") else "foot",
        hours=hours if code not in ("estate", "hotel") else (),
        key_holder="门卫" if guarded else None,
        lift=kind.floors > 6,
        note="ask_guard" if guarded else None,
    )


def _week(open_h: float, close_h: float) -> tuple[tuple[int, int], ...]:
    """Opening hours of every day as minutes of the week; past midnight runs into the next day."""
    spans: list[tuple[int, int]] = []
    for day in range(7):
        start, stop = day * DAY + int(open_h * 60), day * DAY + int(close_h * 60)
        stop += DAY if stop <= start else 0
        if stop > 7 * DAY:
            spans.append((0, stop - 7 * DAY))
            stop = 7 * DAY
        spans.append((start, stop))
    return tuple(sorted(spans))


def _name(code: str, kind: Category, number: int, names: Names) -> tuple[str, str]:
    if code == "hospital" and number < 4:
        return f"岚江市第{_NUMERALS[number]}人民医院", f"Lanjiang People's Hospital No. {number + 1}"
    if code == "school" and number < 10:
        return f"岚江市第{_NUMERALS[number]}中学", f"Lanjiang No. {number + 1} Middle School"
    stem, reading = names.next()
    name, name_en = kind.name, kind.name_en
    if code == "school" and number % 5 < 3:
        name, name_en = "小学", "Primary School"
    if code == "estate":
        name, name_en = (("小区", "Estate"), ("花园", "Garden"), ("苑", "Court"), ("家园", "Homes"))[
            number % 4
        ]
    if code == "market" and number % 4 == 0:
        name, name_en = "水果批发市场", "Wholesale Fruit Market"
    return f"{stem}{name}", f"{reading} {name_en}"


def nearest(points: Array, to: Array) -> NDArray[np.int64]:
    """(N,) index of the nearest of `to` (M, 2) for each of `points` (N, 2)."""
    gap = ((points[:, None, :] - to[None, :, :]) ** 2).sum(2)
    return np.asarray(gap.argmin(1))
