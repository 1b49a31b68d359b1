"""Reading tables that others made: CSV (also gzipped), parquet and GeoJSON points, with columns found by name.

Idea: one row is a dict of plain values; a table of known other names (`ALIASES`) finds each column, and a caller may name it instead. A value that
cannot be read is None and counted by whoever needs it, never a reason to stop. Limits: files are read whole; GeoJSON gives points only.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
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
    data = path.read_bytes()
    name = path.name.lower()
    try:
        if name.endswith(".gz"):
            data, name = gzip.decompress(data), name[:-3]
        if name.endswith((".geojson", ".json")):
            return _features(orjson.loads(data))
        if name.endswith((".parquet", ".pq")):
            table = pyarrow.parquet.read_table(BytesIO(data))
        else:
            table = pyarrow.csv.read_csv(BytesIO(data))
    except (OSError, EOFError, ValueError, pa.ArrowException) as error:
        raise TableError("replay.unreadable_file", path=str(path), reason=str(error)[:200]) from error
    rows: list[dict[str, Any]] = table.to_pylist()
    if not rows:
        raise TableError("replay.empty_file", path=str(path))
    return rows


def _features(data: Any) -> list[dict[str, Any]]:
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        raise ValueError("no features")
    rows = []
    for feature in features:
        geometry = feature.get("geometry") or {}
        if geometry.get("type") == "Point":
            lon, lat = geometry["coordinates"][:2]
            rows.append({**(feature.get("properties") or {}), "lon": lon, "lat": lat})
    return rows


def find_columns(row: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, str]:
    """Which column holds what: what the caller chose, else the first known other name. Raises TableError for a chosen one that is not there."""
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
    """Seconds since 1970 of a timestamp, a number of seconds or an ISO 8601 text; a time without zone is taken as it stands."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float):
        return float(value) if value == value else None
    try:
        return seconds_of(datetime.fromisoformat(str(value)))
    except ValueError:
        return None


def number_of(value: object) -> float | None:
    """A finite number, else None."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if abs(number) < 1e18 else None
