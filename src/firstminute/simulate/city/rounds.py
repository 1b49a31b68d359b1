"""Must-visit points of the generated city: three for each station, spread over the hours of the day.

Idea: a point stands at the gate of a venue of its station that has its hour: schools in the morning, markets at noon, the metro in the evening, bars past
midnight. Every third is meant for the station's own foot crew, the others for whoever passes. Limits: no chance in it, so the rest of the city stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from firstminute.model.records import MustVisit, Station, Unit, Venue

EACH = 3
_HOURS = (
    (("school", "kindergarten"), 7 * 60, 9 * 60, "上学时段，站校门"),
    (("market", "hospital", "mall"), 11 * 60, 13 * 60 + 30, None),
    (("metro_station", "square", "mall"), 16 * 60 + 30, 19 * 60, "晚高峰人流"),
    (("bar", "hotel", "estate"), 22 * 60, 2 * 60, "夜间，走到背街"),
)
"""Categories of venues, the first one first; from and until, minutes of the day; what to look at."""


def make_must_visits(
    venues: Sequence[Venue], stations: Sequence[Station], units: Sequence[Unit]
) -> list[MustVisit]:
    """Three points for each station that has venues."""
    rows: list[MustVisit] = []
    hours = cycle(_HOURS)
    for station in stations:
        mine = [each for each in venues if each.station_id == station.station_id]
        foot = [u.unit_id for u in units if u.station_id == station.station_id and u.kind == "foot"]
        taken: set[str] = set()
        for nth in range(EACH if mine else 0):
            categories, from_min, until_min, note = next(hours)
            venue = next(_fitting(mine, categories, taken), None)
            if venue is None:
                break
            taken.add(venue.venue_id)
            rows.append(
                MustVisit(
                    point_id=f"P{len(rows) + 1:02d}", name=f"{venue.name}门前", name_en=f"{venue.name_en}, gate", lon=venue.lon, lat=venue.lat,
                    district=station.district, station_id=station.station_id, from_min=from_min, until_min=until_min,
                    unit_ids=tuple(foot[:1]) if nth == EACH - 1 else (), note=note,
                )
            )  # fmt: skip
    return rows


def _fitting(venues: Sequence[Venue], categories: Sequence[str], taken: set[str]) -> Iterator[Venue]:
    """Venues that are not taken: those of the first category before those of the next, others at last."""
    for category in (*categories, None):
        for venue in venues:
            if venue.venue_id not in taken and category in (venue.category, None):
                yield venue
