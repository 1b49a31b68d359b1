"""Reading tables that others made: CSV (also gzipped), parquet and GeoJSON points, with columns found by name.

Idea: one row is a dict of plain values; a table of known other names (`ALIASES`) finds each column, and a caller may name it instead. A value that
cannot be read is None and counted by whoever needs it, never a reason to stop. Limits: files are read whole; GeoJSON gives points only; a date
that could be read two ways (03/04/2024) is not read.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

ALIASES: dict[str, tuple[str, ...]] = {
    "call": ("call_id", "call_number", "incident_id", "incident_number", "event_id"),
    "received": (
        "received",
        "received_timestamp",
        "received_at",
        "received_s",
        "call_time",
        "timestamp",
        "time",
        "at_s",
        "t",
    ),
    "dispatched": ("dispatched", "dispatch_timestamp", "dispatched_at", "dispatch_time"),
    "en_route": ("enroute", "en_route", "response_timestamp", "enroute_at", "enroute_time"),
    "on_scene": ("on_scene", "on_scene_timestamp", "arrived", "arrived_at", "arrival_time"),
    "cleared": ("available", "cleared", "cleared_at", "available_timestamp"),
    "lon": ("lon", "longitude", "lng", "x"),
    "lat": ("lat", "latitude", "y"),
    "type": ("type", "call_type_group", "type_group", "call_type", "type_code"),
    "priority": ("priority", "final_priority", "priority_final"),
    "unit": ("unit_id", "unit", "call_sign"),
    "station": ("station_id", "station", "facility_id"),
    "name": ("name", "common_name", "station_name"),
    "kind": ("kind", "unit_type", "category"),
    "mode": ("mode",),
    "count": ("count", "units", "num_units"),
    "venue": ("venue_id", "venue"),
}


_LATEST_S = 95_617_584_000.0
_FORMS = (
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
)
"""Ways to write a time that can mean only one day; 03/04/2024 without AM or PM is not among them."""


class TableError(ValueError):
    """A file that is not the table it should be: a code of the `replay.` catalogue and its parameters."""

    def __init__(self, code: str, **parameters: str | int | float) -> None:
        super().__init__(f"{code} {parameters}")
        self.code = code
        self.parameters = parameters


def read_rows(path: Path) -> list[dict[str, Any]]:
    """All rows of a CSV, CSV.gz, parquet, GeoJSON or GeoJSON.gz file. Raises TableError where it is none."""
    if not path.is_file():
        raise TableError("replay.no_such_file", path=str(path))
    name = path.name.lower()
    try:
        data = path.read_bytes()
        if name.endswith(".gz"):
            data, name = gzip.decompress(data), name[:-3]
        if name.endswith((".geojson", ".json")):
            rows = _features(orjson.loads(data))
        elif name.endswith((".parquet", ".pq")):
            rows = _plain(pyarrow.parquet.read_table(BytesIO(data)))
        else:
            rows = _plain(_csv(data))
    except (OSError, EOFError, ValueError, zlib.error, pa.ArrowException) as error:
        raise TableError("replay.unreadable_file", path=str(path), reason=_short(error)) from error
    if not rows:
        raise TableError("replay.empty_file", path=str(path))
    return rows


def _csv(data: bytes) -> pa.Table:
    """A CSV table in which times with a zone stay text: pyarrow would turn them into UTC and forget the clock they were written with."""
    table = pyarrow.csv.read_csv(BytesIO(data))
    zoned = {each.name: pa.string() for each in table.schema if getattr(each.type, "tz", None)}
    options = pyarrow.csv.ConvertOptions(column_types=zoned)
    return pyarrow.csv.read_csv(BytesIO(data), convert_options=options) if zoned else table


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows of plain values; times to the microsecond, which is all that Python's hold."""
    for column, each in enumerate(table.schema):
        if pa.types.is_timestamp(each.type) and each.type.unit == "ns":
            short = table.column(column).cast(pa.timestamp("us", each.type.tz), safe=False)
            table = table.set_column(column, each.name, short)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _short(error: Exception) -> str:
    return (str(getattr(error, "strerror", None) or error).splitlines() or [""])[0][:200].rstrip(".")


def _features(data: Any) -> list[dict[str, Any]]:
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        raise ValueError("no features")
    return [_row(feature) for feature in features]


def _row(feature: Any) -> dict[str, Any]:
    """Properties and place of a feature; without a place where it is no point."""
    if not isinstance(feature, dict):
        return {"lon": None, "lat": None}
    properties, geometry = feature.get("properties"), feature.get("geometry")
    row = properties if isinstance(properties, dict) else {}
    point = (
        geometry.get("coordinates")
        if isinstance(geometry, dict) and geometry.get("type") == "Point"
        else None
    )
    lon, lat = point[:2] if isinstance(point, list) and len(point) >= 2 else (None, None)
    return {**row, "lon": lon, "lat": lat}


def find_columns(row: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, str]:
    """Which column holds what: what the caller chose, else the first known other name. Raises TableError for a chosen one that is not there."""
    unknown = sorted(set(chosen) - set(ALIASES))
    if unknown:
        raise TableError("replay.no_such_meaning", given=unknown[0], known=", ".join(ALIASES))
    lower = {name.lower(): name for name in row}
    found: dict[str, str] = {}
    for wanted, others in ALIASES.items():
        if wanted in chosen:
            if chosen[wanted] not in row:
                raise TableError("replay.no_such_column", column=chosen[wanted], has=", ".join(row)[:200])
            found[wanted] = chosen[wanted]
            continue
        for other in others:
            if other in lower:
                found[wanted] = lower[other]
                break
    return found


def seconds_of(value: object) -> float | None:
    """Seconds since 1970 of a time, None where it is none; a time without zone is taken as it stands.

    >>> seconds_of("1970-01-01T00:01:00Z"), seconds_of("01/01/1970 12:01:00 AM"), seconds_of(60), seconds_of(60_000_000_000_000)
    (60.0, 60.0, 60.0, 60000000000.0)
    """
    when = _moment(value)
    if when is not None:
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    number = number_of(value)
    return None if number is None else _seconds(number)


def hour_of(value: object) -> int | None:
    """Hour of day on the clock that a time was written with, None where it is none.

    >>> hour_of("2024-05-01T23:30:00+08:00"), hour_of("2024-05-01 07:00"), hour_of(3600 * 25)
    (23, 7, 1)
    """
    when = _moment(value)
    if when is not None:
        return when.hour
    seconds = seconds_of(value)
    return None if seconds is None else int(seconds // 3600) % 24


def _seconds(value: float) -> float | None:
    """A count since 1970 in seconds; what would lie beyond the year 5000 is in milliseconds."""
    value = value / 1000.0 if abs(value) > _LATEST_S else value
    return value if abs(value) <= _LATEST_S else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, date):
        return (
            value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
        )
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def number_of(value: object) -> float | None:
    """A finite number, else None."""
    if isinstance(value, bool):
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if abs(number) < 1e18 else None
