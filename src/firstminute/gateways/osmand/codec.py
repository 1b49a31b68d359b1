"""Decoding an OsmAnd query or a Traccar Client body into one position report.

Idea: bytes in, report out, no I/O. Units differ by form: the query says knots, the JSON says metres a second; −1 means unknown. Source: the
behaviour of the two clients as described in docs/howto/add-a-gateway.md. Limits: cell and Wi-Fi scans carry no position and give None.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

KNOT_M_S = 1852.0 / 3600.0
MILLISECONDS_FROM = 1e11  # a timestamp above it counts milliseconds
FIELDS_MOST = 100
BODY_MOST = 64_000


@dataclass(frozen=True, slots=True)
class Report:
    """One fix of a device. `mock`: the phone says the position is faked; it must stay visible."""

    device_id: str | None
    lon: float
    lat: float
    fix_s: float | None = None
    speed_m_s: float | None = None
    heading_deg: float | None = None
    accuracy_m: float | None = None
    battery_share: float | None = None
    mock: bool = False


def decode(query: bytes, body: bytes, content_type: str) -> Report | None:
    """The report that a request carries, None where it carries no position that could be one."""
    if len(body) > BODY_MOST:
        return None
    if body.lstrip()[:1] == b"{":
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            return None
        return _from_json(said) if isinstance(said, dict) else None
    form = body if "form" in content_type else b""
    try:
        pairs = parse_qsl((form or query).decode("utf-8", "replace"), max_num_fields=FIELDS_MOST)
    except ValueError:
        return None
    return _from_query(dict(pairs))


def _from_query(said: dict[str, str]) -> Report | None:
    lat, lon = _number(said.get("lat")), _number(said.get("lon"))
    if said.get("location"):
        parts = said["location"].split(",")
        lat, lon = (_number(parts[0]), _number(parts[1])) if len(parts) == 2 else (None, None)
    if lat is None or lon is None:
        return None
    knots = _known(_number(said.get("speed")))
    battery = _known(_number(said.get("batt")))
    return Report(
        device_id=said.get("id") or said.get("deviceid"),
        lon=lon,
        lat=lat,
        fix_s=_time(said.get("timestamp")),
        speed_m_s=None if knots is None else knots * KNOT_M_S,
        heading_deg=_known(_number(said.get("bearing") or said.get("heading"))),
        accuracy_m=_known(_number(said.get("accuracy") or said.get("hacc"))),
        battery_share=None if battery is None else battery / 100.0,
    )


def _from_json(said: dict[str, Any]) -> Report | None:
    location = said.get("location")
    coords = location.get("coords") if isinstance(location, dict) else None
    if not isinstance(location, dict) or not isinstance(coords, dict):
        return None
    lat, lon = _number(coords.get("latitude")), _number(coords.get("longitude"))
    if lat is None or lon is None:
        return None
    battery = location.get("battery")
    device = said.get("device_id")
    return Report(
        device_id=str(device) if isinstance(device, (str, int)) else None,
        lon=lon,
        lat=lat,
        fix_s=_time(location.get("timestamp")),
        speed_m_s=_known(_number(coords.get("speed"))),
        heading_deg=_known(_number(coords.get("heading"))),
        accuracy_m=_known(_number(coords.get("accuracy"))),
        battery_share=_known(_number(battery.get("level"))) if isinstance(battery, dict) else None,
        mock=location.get("mock") is True,
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _known(value: float | None) -> float | None:
    return None if value is None or value < 0 else value


def _time(value: object) -> float | None:
    number = _number(value)
    if number is not None:
        return number / 1000.0 if number > MILLISECONDS_FROM else number
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
