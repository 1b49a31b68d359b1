"""The stations and units of a recorded city, as register rows.

Idea: a file either lists units (with a unit column) or places where units stand; a place without units is given `per_station` of them. Every
unit is a car with lights unless the file's mode or kind says otherwise. A unit stands where its own row says, also where its station has another place. Limits:
all units are on duty all day; a unit that comes twice counts once; at most 20,000 units.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firstminute.model.records import UNIT_KINDS, Station, Team, Unit, Venue
from firstminute.simulate.tables import TableError, find_columns, number_of, read_rows

MODES = ("foot", "run", "e-bike", "car", "car-lights", "boat", "drone")
MOST_UNITS = 20_000
_MODE_OF_KIND = {"foot": "foot", "metro": "foot", "e-bike": "e-bike", "boat": "boat", "drone": "drone"}


def read_fleet(
    path: Path,
    columns: Mapping[str, str] | None = None,
    *,
    per_station: int = 3,
    turnout_s: float = 60.0,
    mode: str = "car-lights",
) -> tuple[list[Station], list[Unit]]:
    """Stations and units of a file.

    Parameters
    ----------
    path : CSV, parquet or GeoJSON points
    per_station : units of a station where the file lists no units and no count
    turnout_s : from being sent to moving
    mode : how a unit travels where the file does not say

    Raises
    ------
    TableError : no place column, no unit with a place, a mode that there is not, or more units than `MOST_UNITS`
    """
    rows = read_rows(path)
    found = _columns(rows, columns)
    stations: dict[tuple[str, float, float], Station] = {}
    units: dict[str, Unit] = {}
    for number, row in enumerate(rows, 1):
        place = _place(row, found)
        if place is None:
            continue
        station = _station(row, found, number, (place, stations))
        count = number_of(row[found["count"]]) if "count" in found else None
        wanted = 1 if "unit" in found else per_station if count is None else int(count)
        if len(units) + wanted > MOST_UNITS:
            raise TableError("replay.too_many_units", path=str(path), most=MOST_UNITS)
        for _ in range(wanted):
            unit = _unit(row, found, len(units) + 1, station, (turnout_s, mode))
            units.setdefault(unit.unit_id, unit)
    if not units:
        raise TableError("replay.no_units", path=str(path))
    return list(stations.values()), list(units.values())


def _columns(rows: list[dict[str, Any]], columns: Mapping[str, str] | None) -> dict[str, str]:
    found = find_columns(rows[0], columns or {})
    for needed in ("lon", "lat"):
        if needed not in found:
            raise TableError("replay.column_missing", column=needed, has=", ".join(rows[0])[:200])
    return found


def _place(row: Mapping[str, Any], found: Mapping[str, str]) -> tuple[float, float] | None:
    """(lon, lat) of a row, None where it has none on earth."""
    lon, lat = number_of(row.get(found["lon"])), number_of(row.get(found["lat"]))
    if lon is None or lat is None or not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        return None
    return lon, lat


def _text(row: Mapping[str, Any], found: Mapping[str, str], what: str) -> str | None:
    """What a row says in a column, None where there is no such column or nothing in it."""
    value = row.get(found[what]) if what in found else None
    return None if value is None or value != value or str(value).strip() == "" else str(value).strip()


def _station(
    row: Mapping[str, Any],
    found: Mapping[str, str],
    number: int,
    where: tuple[tuple[float, float], dict[tuple[str, float, float], Station]],
) -> Station:
    """The station of a row; where its id was met at another place, a further one beside it."""
    (lon, lat), stations = where
    key = _text(row, found, "station") or f"P{number:04d}"
    if (key, lon, lat) not in stations:
        twins = sum(known[0] == key for known in stations)
        name = _text(row, found, "name") or key
        station_id = f"{key}/{twins + 1}" if twins else key
        stations[key, lon, lat] = Station(
            station_id=station_id, name=name, name_en=name, lon=lon, lat=lat, district="city"
        )
    return stations[key, lon, lat]


def _unit(
    row: Mapping[str, Any], found: Mapping[str, str], number: int, station: Station, habit: tuple[float, str]
) -> Unit:
    kind = (_text(row, found, "kind") or "car").lower() if "unit" in found else "car"
    mode = (_text(row, found, "mode") or _MODE_OF_KIND.get(kind, habit[1])).lower()
    if mode not in MODES:
        raise TableError("replay.unknown_mode", mode=mode, modes=", ".join(MODES))
    key = _text(row, found, "unit") or f"U{number:04d}"
    return Unit(
        unit_id=key,
        call_sign=key,
        kind=kind if kind in UNIT_KINDS else "car",
        mode=mode,
        station_id=station.station_id,
        district="city",
        crew=4,
        sworn=1,
        turnout_s=habit[0],
    )


def read_venues(path: Path, columns: Mapping[str, str] | None = None) -> tuple[list[Venue], list[Team]]:
    """Venues with one team each. Raises TableError where the file has no place column."""
    rows = read_rows(path)
    found = _columns(rows, columns)
    venues, teams, seen = [], [], set()
    for number, row in enumerate(rows, 1):
        place, key = _place(row, found), _text(row, found, "venue") or f"V{number:05d}"
        if place is None or key in seen:
            continue
        seen.add(key)
        lon, lat = place
        name = _text(row, found, "name") or key
        category = _text(row, found, "kind") or "shop"
        venues.append(Venue(venue_id=key, name=name, category=category, lon=lon, lat=lat, district="city"))
        teams.append(Team(team_id=f"T{key}", venue_id=key, name=name, trained=("cpr", "fire")))
    return venues, teams
