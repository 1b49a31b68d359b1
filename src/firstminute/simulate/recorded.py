"""Recorded calls: what really happened, one entry a call, with the intervals its file knows.

Idea: response files hold one row per unit and call; rows with the same call id, or without one the same receipt time and place, are one call.
The recorded first arrival is the least `on_scene` of its rows. Limits: a call without time or place is left out and counted; times without a zone
are taken as local and only their differences and hour of day are used; with one, the hour is that of the clock they were written with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstminute.simulate.tables import TableError, find_columns, hour_of, number_of, read_rows, seconds_of


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call of the record.

    Attributes
    ----------
    key : call id of the file, or made of time and place
    received_s : seconds since 1970, local clock where the file has no zone;  hour : of day, on the file's own clock
    priority : as the file writes it, numbers without decimals
    units : how many units answered it
    processing_s : received → first dispatch; turnout_s, travel_s : of the unit that arrived first; total_s : received → first on scene
    scene_s : on scene → available of that unit
    """

    key: str
    received_s: float
    lon: float
    lat: float
    units: int = 1
    type_text: str = ""
    priority: str | None = None
    processing_s: float | None = None
    turnout_s: float | None = None
    travel_s: float | None = None
    total_s: float | None = None
    scene_s: float | None = None
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """All calls of a file in the order of receipt, and why rows were left out (code → how many)."""

    calls: tuple[RecordedCall, ...]
    rows: int
    left_out: dict[str, int]


def read_calls(path: Path, columns: Mapping[str, str] | None = None) -> Record:
    """Read recorded calls.

    Parameters
    ----------
    path : CSV, CSV.gz or parquet
    columns : meaning → column name, where `tables.ALIASES` does not find it

    Raises
    ------
    TableError : the file is none, has no rows, no receipt time, lon or lat column, or no row with a time and a place
    """
    rows = read_rows(path)
    found = find_columns(rows[0], columns or {})
    for needed in ("received", "lon", "lat"):
        if needed not in found:
            raise TableError("replay.column_missing", column=needed, has=", ".join(rows[0])[:200])
    groups: dict[str, list[dict[str, Any]]] = {}
    left_out: Counter[str] = Counter()
    for row in rows:
        received, lon, lat = (
            seconds_of(row[found["received"]]),
            number_of(row[found["lon"]]),
            number_of(row[found["lat"]]),
        )
        if received is None:
            left_out["no_time"] += 1
        elif (
            lon is None
            or lat is None
            or not (-180 <= lon <= 180 and -90 <= lat <= 90)
            or (lon == 0 and lat == 0)
        ):
            left_out["no_place"] += 1
        else:
            given = row[found["call"]] if "call" in found else None
            key = f"{received:.0f}@{lon:.5f},{lat:.5f}" if given in (None, "") else str(given)
            groups.setdefault(key, []).append(row)
    if not groups:
        reasons = ", ".join(f"{code} {count}" for code, count in sorted(left_out.items()))
        raise TableError("replay.no_usable_call", path=str(path), rows=len(rows), reasons=reasons)
    calls = sorted(
        (_call(key, group, found) for key, group in groups.items()),
        key=lambda call: (call.received_s, call.key),
    )
    return Record(tuple(calls), len(rows), dict(left_out))


def _call(key: str, rows: list[dict[str, Any]], found: Mapping[str, str]) -> RecordedCall:
    def at(row: Mapping[str, Any], what: str) -> float | None:
        return seconds_of(row[found[what]]) if what in found else None

    received, start = min(((at(row, "received") or 0.0, row) for row in rows), key=lambda pair: pair[0])
    dispatched = [value for row in rows if (value := at(row, "dispatched")) is not None]
    on_scene = [
        (value, row) for row in rows if (value := at(row, "on_scene")) is not None and value >= received
    ]
    first = min(on_scene, key=lambda pair: pair[0])[1] if on_scene else None
    return RecordedCall(
        key=key,
        received_s=received,
        lon=float(rows[0][found["lon"]]),
        lat=float(rows[0][found["lat"]]),
        units=len(rows),
        type_text=str(rows[0][found["type"]] or "") if "type" in found else "",
        priority=_code(rows[0][found["priority"]]) if "priority" in found else None,
        processing_s=_gap(received, min(dispatched, default=None)),
        turnout_s=None if first is None else _gap(at(first, "dispatched"), at(first, "en_route")),
        travel_s=None if first is None else _gap(at(first, "en_route"), at(first, "on_scene")),
        total_s=None if first is None else _gap(received, at(first, "on_scene")),
        scene_s=None if first is None else _gap(at(first, "on_scene"), at(first, "cleared")),
        hour=hour_of(start[found["received"]]),
    )


def _code(value: object) -> str | None:
    """A code as text: 3, 3.0 and "3" are one, "E" stays."""
    if value is None or value == "" or value != value:
        return None
    number = number_of(value)
    return str(int(number)) if number is not None and number == int(number) else str(value)


def _gap(start: float | None, end: float | None) -> float | None:
    """Seconds from start to end, None where either is missing or they stand the wrong way round."""
    return end - start if start is not None and end is not None and end >= start else None
