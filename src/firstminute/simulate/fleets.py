"""The stations and units of a recorded city, as register rows.

Idea: a file either lists units (with a unit column) or places where units stand; a place without units is given `per_station` of them. Every
unit is a car with lights unless the file says otherwise. Limits: all units are on duty all day.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firstminute.model.records import UNIT_KINDS, Station, Team, Unit, Venue
from firstminute.simulate.tables import TableError, find_columns, number_of, read_rows

MODES = ("foot", "run", "e-bike", "car", "car-lights", "boat", "drone")


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
    TableError : no place column, or no row with a place
    """
    rows = read_rows(path)
    found = find_columns(rows[0], columns or {})
    for needed in ("lon", "lat"):
        if needed not in found:
            raise TableError("replay.column_missing", column=needed, has=", ".join(rows[0])[:200])
    stations: dict[str, Station] = {}
    units: list[Unit] = []
    for number, row in enumerate(rows, 1):
        lon, lat = number_of(row[found["lon"]]), number_of(row[found["lat"]])
        if lon is None or lat is None:
            continue
        station = _station(row, found, number, (lon, lat))
        station = stations.setdefault(station.station_id, station)
        count = number_of(row[found["count"]]) if "count" in found else None
        wanted = 1 if "unit" in found else per_station if count is None else int(count)
        for _ in range(wanted):
            units.append(_unit(row, found, len(units) + 1, station, (turnout_s, mode)))
    if not units:
        raise TableError("replay.no_units", path=str(path))
    return list(stations.values()), units


def _station(
    row: Mapping[str, Any], found: Mapping[str, str], number: int, place: tuple[float, float]
) -> Station:
    key = str(row[found["station"]]) if "station" in found else f"P{number:04d}"
    name = str(row[found["name"]]) if "name" in found and row[found["name"]] else key
    return Station(station_id=key, name=name, name_en=name, lon=place[0], lat=place[1], district="city")


def _unit(
    row: Mapping[str, Any], found: Mapping[str, str], number: int, station: Station, habit: tuple[float, str]
) -> Unit:
    kind = str(row[found["kind"]]).lower() if "kind" in found and "unit" in found else "car"
    mode = str(row[found["mode"]]).lower() if "mode" in found else habit[1]
    key = str(row[found["unit"]]) if "unit" in found else f"U{number:04d}"
    return Unit(
        unit_id=key,
        call_sign=key,
        kind=kind if kind in UNIT_KINDS else "car",
        mode=mode if mode in MODES else habit[1],
        station_id=station.station_id,
        district="city",
        crew=4,
        sworn=1,
        turnout_s=habit[0],
    )


def read_venues(path: Path, columns: Mapping[str, str] | None = None) -> tuple[list[Venue], list[Team]]:
    """Venues with one team each. Raises TableError where the file has no place column."""
    rows = read_rows(path)
    found = find_columns(rows[0], columns or {})
    for needed in ("lon", "lat"):
        if needed not in found:
            raise TableError("replay.column_missing", column=needed, has=", ".join(rows[0])[:200])
    venues, teams = [], []
    for number, row in enumerate(rows, 1):
        lon, lat = number_of(row[found["lon"]]), number_of(row[found["lat"]])
        if lon is None or lat is None:
            continue
        key = str(row[found["venue"]]) if "venue" in found else f"V{number:05d}"
        name = str(row[found["name"]]) if "name" in found and row[found["name"]] else key
        category = str(row[found["kind"]]) if "kind" in found and row[found["kind"]] else "shop"
        venues.append(Venue(venue_id=key, name=name, category=category, lon=lon, lat=lat, district="city"))
        teams.append(Team(team_id=f"T{key}", venue_id=key, name=name, trained=("cpr", "fire")))
    return venues, teams
