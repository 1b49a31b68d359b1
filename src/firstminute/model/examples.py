"""Rows to begin with: one small, whole example of each register that a new district fills, laid out around a point of its own map.

Idea: a file that can be imported as it stands shows better than a description what belongs in it. The rows refer to each other, so that imported in order
they make a place where a first drill can be held. Limits: names are invented; every id begins with `X-`, so that the rows are found again and removed.
"""

from __future__ import annotations

from firstminute.model.records import (
    District,
    Entrance,
    Member,
    MustVisit,
    Record,
    Station,
    Team,
    Unit,
    Venue,
    Zone,
)

STEP_DEG = 0.004
"""About 400 m: so far apart the places of the example lie."""


def rows_for(table: str, lon: float, lat: float) -> tuple[Record, ...]:
    """The example rows of a register around a point; none for registers that a new city need not fill.

    >>> [row.zone_id for row in rows_for("zones", 113.3, 23.1)]
    ['X-Z1', 'X-Z2']
    """
    lon, lat, d = round(lon, 5), round(lat, 5), STEP_DEG
    match table:
        case "districts":
            return (District(district_id="X-D1", name="示例区", name_en="Example District"),)
        case "stations":
            return (
                Station(station_id="X-S1", name="示例派出所", name_en="Example Police Station", lon=lon, lat=lat, district="X-D1", reserve=4),
            )  # fmt: skip
        case "zones":
            return (
                Zone(
                    zone_id="X-Z1",
                    name="核心区",
                    zone_class="core",
                    district="X-D1",
                    ring=_square(lon, lat, d / 2),
                ),
                Zone(
                    zone_id="X-Z2",
                    name="密集区",
                    zone_class="dense",
                    district="X-D1",
                    ring=_square(lon, lat, 2 * d),
                ),
            )
        case "venues":
            return tuple(
                _venue(each, round(lon + each[4] * d, 5), round(lat + each[5] * d, 5)) for each in VENUES
            )
        case "teams":
            return tuple(
                Team(team_id=f"X-T{number}", venue_id=f"X-V{number}", name=f"{name}应急队", trained=("cpr", "fire"), kit=("extinguisher", "aed"))
                for number, name, *_ in VENUES
            )  # fmt: skip
        case "members":
            return tuple(
                Member(member_id=f"X-M{number}", team_id=f"X-T{number}", name=f"队员{number}", trained=("cpr",)) for number, *_ in VENUES
            )  # fmt: skip
        case "units":
            return tuple(
                Unit(unit_id=f"X-U{n}", call_sign=f"{9 + n} 号车", kind=kind, mode=mode, station_id="X-S1", district="X-D1")
                for n, (kind, mode) in enumerate((("car", "car-lights"), ("motorcycle", "car-lights"), ("foot", "foot")), 1)
            )  # fmt: skip
        case "must_visits":
            return tuple(
                MustVisit(
                    point_id=f"X-P{number}", name=name, name_en=name_en, lon=round(lon + east * d, 5), lat=round(lat + north * d, 5), district="X-D1",
                    station_id="X-S1", from_min=from_min, until_min=until_min, unit_ids=crews,
                )
                for number, name, name_en, east, north, from_min, until_min, crews in POINTS
            )  # fmt: skip
        case _:
            return ()


VENUES = (
    (1, "示例市场", "Example Market", "market", 0.5, 0.2),
    (2, "示例学校", "Example School", "school", -0.6, 0.8),
    (3, "示例医院", "Example Hospital", "hospital", 0.3, -0.9),
)

POINTS = (
    (1, "示例校门", "Example School Gate", -0.6, 0.7, 7 * 60, 8 * 60 + 30, ()),
    (2, "示例夜市", "Example Night Market", 0.5, 0.3, 22 * 60, 2 * 60, ("X-U2", "X-U3")),
)
"""Number, names, where, window in minutes of the day, crews meant: in the morning whoever passes, past midnight two of them."""


def _venue(about: tuple[int, str, str, str, float, float], lon: float, lat: float) -> Venue:
    number, name, name_en, category, *_ = about
    entrance = Entrance(lon=lon, lat=lat, access="both")
    return Venue(
        venue_id=f"X-V{number}", name=name, name_en=name_en, category=category, lon=lon, lat=lat, entrances=(entrance,), floors=3, district="X-D1",
        station_id="X-S1", zone="core",
    )  # fmt: skip


def _square(lon: float, lat: float, half: float) -> tuple[tuple[float, float], ...]:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return tuple((round(lon + x * half, 5), round(lat + y * half, 5)) for x, y in corners)
