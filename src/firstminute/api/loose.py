"""Reading a call however it comes: everything that can be understood is taken, nothing that was said is lost.

Idea: a call is accepted with `problems` rather than refused. What a field could not hold is appended to the text, so that a dispatcher reads it; what cannot
be read at all becomes an unreadable call. Pure: bytes in, arguments and problems out.
Limits: at most 1 MB (the shell counts), nesting at most 32, text in UTF-8, GB18030 or Big5.
"""

from __future__ import annotations

import json
import math
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from firstminute.api.forms import parts_of
from firstminute.respond import paper

DEPTH_MOST = 32
ENCODINGS = ("utf-8-sig", "gb18030", "big5")
TEXT_FIELDS = {"text": 1_000_000, "caller_name": 200, "caller_phone": 64, "address": 1_000}
CODE_FIELDS = {
    "type_code": 64,
    "venue_id": 128,
    "device_id": 128,
    "channel": 32,
    "seat": 64,
    "language": 35,
    "external_id": 255,
}
PLACE_FIELDS = ("lon", "lat", "radius_m", "floor", "address", "points", "kind", "source", "datum", "private")
KINDS = ("point", "line", "area")
SOURCES = ("caller", "map", "venue", "address", "device", "network", "dispatcher", "crew", "unknown")
POINTS_MOST = 5_000


class Unreadable(Exception):
    """The bytes are no call that anybody could read. `problem` says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(slots=True)
class Reading:
    """What was understood, what was not, and what is left over."""

    arguments: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)

    def spoil(self, name: str, code: str, value: object) -> None:
        """A value that its field cannot hold: named, and kept for the reader."""
        self.problems.append(f"{name}:{code}")
        if value is not None:
            self.left_over.append(f"{name}={_brief(value)}")


def read_call(data: bytes, content_type: str) -> Reading:
    """The arguments of a call and its problems. Raises `Unreadable`."""
    reading = Reading()
    if not data.strip():
        raise Unreadable("empty")
    kind = content_type.partition(";")[0].strip().lower()
    form = parts_of(data, content_type) if kind == "multipart/form-data" else None
    if form is not None:
        _take(reading, _form(reading, *form))
    else:
        text = _decode(data, reading)
        if kind == "text/plain":
            _put_text(reading, "text", text)
            return reading
        as_form = kind == "application/x-www-form-urlencoded"
        _take(reading, dict(_pairs(text)) if as_form else _parse(text, reading))
    if reading.left_over:
        said = reading.arguments.get("text")
        reading.arguments["text"] = "\n".join(
            [*([said] if said else []), "[" + "; ".join(reading.left_over) + "]"]
        )
    return reading


def _form(reading: Reading, parts: list[tuple[str, bytes]], files: int) -> dict[str, Any]:
    """The fields of a form with files: the words count, a file is sent to the call's own address afterwards."""
    if files:
        reading.problems.append("attachment:not_with_the_call")
    fields: dict[str, Any] = {}
    for name, value in parts:
        if name in fields:
            reading.spoil(name[:64], "repeated", fields[name])
        fields[name] = _decode(value, reading)
    return fields


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, max_num_fields=100)
    except ValueError:
        raise Unreadable("too_many_fields") from None


def _decode(data: bytes, reading: Reading) -> str:
    if data.isascii():
        return data.decode("ascii")
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "utf-8-sig":
            reading.problems.append(f"encoding:{encoding}")
        return text
    raise Unreadable("encoding")


def _parse(text: str, reading: Reading) -> dict[str, Any]:
    if text.count("[") + text.count("{") > DEPTH_MOST and _deepest(text) > DEPTH_MOST:
        raise Unreadable("too_deep")
    quick = _quick(text)
    if quick is not None:
        return quick
    try:
        value = _JSON.decode(text)
    except (ValueError, RecursionError):
        raise Unreadable("not_json") from None
    if not isinstance(value, _Pairs):
        raise Unreadable("not_an_object")
    found: dict[str, Any] = _plain(reading, value)
    return found


def _quick(text: str) -> dict[str, Any] | None:
    """An object as orjson reads it, ten times as fast; None where the careful reading may find something else in it.

    orjson keeps the last of repeated keys without a word. Then the text has more colons than keys and words together: nothing else hides one but an escape.
    """
    if "\\u" in text:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if type(value) is dict and _colons(value) == text.count(":") else None


def _colons(value: Any) -> int:
    """How many colons keys and words stand for; -`_MANY` with a number that only the careful reading keeps as it is."""
    kind = type(value)
    if kind is str:
        return int(value.count(":"))
    if kind is dict:
        fields: dict[str, Any] = value
        return len(fields) + sum(name.count(":") + _colons(each) for name, each in fields.items())
    if kind is list:
        return sum(map(_colons, value))
    return -_MANY if kind is float and not -_LARGEST < value < _LARGEST else 0


_MANY = 10_000_000  # more than the colons of any call
_LARGEST = 2.0**63  # whole numbers beyond it orjson reads as fractions


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written: repeated keys are still there."""


_JSON = json.JSONDecoder(object_pairs_hook=_Pairs, parse_constant=lambda name: math.nan)


def _plain(reading: Reading, value: Any) -> Any:
    """Objects as dictionaries: of a key that is repeated the last value, the others named and kept."""
    if isinstance(value, _Pairs):
        found: dict[str, Any] = {}
        for name, each in value:
            if name in found:
                reading.spoil(name[:64], "repeated", found[name])
            found[name] = _plain(reading, each)
        return found
    return [_plain(reading, each) for each in value] if isinstance(value, list) else value


def _deepest(text: str) -> int:
    """How deep brackets nest, also those within strings: more than there is, never less."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _take(reading: Reading, fields: dict[str, Any]) -> None:
    place: dict[str, Any] = {}
    nested = fields.pop("place", None)
    if isinstance(nested, dict):
        place.update(nested)
    elif nested is not None:
        reading.spoil("place", "not_an_object", nested)
    for name, value in fields.items():
        if value is None:
            continue
        if name in PLACE_FIELDS:
            place.setdefault(name, value)
        elif name in TEXT_FIELDS:
            _put_text(reading, name, value)
        elif name in CODE_FIELDS:
            _put_code(reading, name, value)
        elif name == "silent":
            _put_flag(reading, name, value)
        elif name == "form":
            number = paper.read(str(value))
            reading.arguments["form"] = number
            if number is None:
                reading.spoil(name, "misread", value)
        elif name in ("occurred_at", "answered_at"):
            _put_time(reading, name, value)
        else:
            reading.spoil(str(name)[:64], "unknown_field", value)
    if place:
        _put_place(reading, place)


def clean(text: str) -> str:
    """Text that every store and screen can hold: no NUL, no lone surrogate, no bidirectional override; normal form C."""
    if text.isprintable():  # true of nearly all that people write, and a hundred times as fast to find out
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    kept = "".join(c if c == "\n" or c == "\t" or not _harmful(c) else "�" for c in text)
    return unicodedata.normalize("NFC", kept)


def _harmful(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cs", "Cc")
        or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


def _put_text(reading: Reading, name: str, value: object) -> None:
    if not isinstance(value, str):
        if isinstance(value, (int, float)) and not isinstance(value, bool) and name == "caller_phone":
            value = str(value)
        else:
            reading.spoil(name, "not_text", value)
            return
    kept = clean(value)
    if kept is not value and kept != unicodedata.normalize("NFC", value):
        reading.problems.append(f"{name}:unprintable")
    most = TEXT_FIELDS[name]
    if len(kept) > most:
        reading.spoil(name, "too_long", kept[most:])
        kept = kept[:most]
    if name == "caller_phone":
        kept = _phone(reading, kept)
    if kept.strip():
        reading.arguments[name] = kept


def _phone(reading: Reading, text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = plain[4:] if plain.lower().startswith("tel:") else plain
    digits = sum(c.isdigit() for c in plain)
    if digits > 20 or not digits:
        reading.problems.append("caller_phone:unlikely")
    return plain


def _put_code(reading: Reading, name: str, value: object) -> None:
    if (
        not isinstance(value, str)
        or not value.strip()
        or len(value) > CODE_FIELDS[name]
        or ((kept := clean(value)) is not value and kept != unicodedata.normalize("NFC", value))
    ):
        reading.spoil(name, "not_a_code", value)
    else:
        reading.arguments[name] = value.strip()


def _put_flag(reading: Reading, name: str, value: object) -> None:
    known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    if isinstance(value, (bool, str, int)) and value in known:
        reading.arguments[name] = known[value]
    else:
        reading.spoil(name, "not_a_flag", value)


def _put_time(reading: Reading, name: str, value: object) -> None:
    try:
        at = datetime.fromisoformat(str(value)[:40])
    except ValueError:
        reading.spoil(name, "not_a_time", value)
        return
    if at.tzinfo is None:
        reading.spoil(name, "no_zone", value)
    elif not 2000 <= at.year <= 2100:
        reading.spoil(name, "out_of_range", value)
    else:
        reading.arguments[name] = at.timestamp()


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _put_place(reading: Reading, place: dict[str, Any]) -> None:
    if _is_point(place):
        reading.arguments["place"] = {"points": [(place["lon"], place["lat"])]}
        return
    points = _points(reading, place)
    if "address" in place and place["address"] is not None:
        _put_text(reading, "address", place["address"])
    made: dict[str, Any] = {"points": points} if points else {}
    for name, low, high in (("radius_m", 0.0, 50_000.0), ("floor", -20.0, 200.0)):
        value = place.get(name)
        if value is None:
            continue
        number = _number(value)
        if number is None or not low <= number <= high:
            reading.spoil(f"place.{name}", "out_of_range", value)
        else:
            made[name] = number if name == "radius_m" else int(number)
    for name, allowed in (("kind", KINDS), ("source", SOURCES), ("datum", ("wgs84", "gcj02", "bd09"))):
        value = place.get(name)
        if value is not None:
            if value in allowed:
                made[name] = value
            else:
                reading.spoil(f"place.{name}", "unknown", value)
    if place.get("private") is True:
        made["private"] = True
    for name, value in place.items():
        if name not in PLACE_FIELDS:
            reading.spoil(f"place.{str(name)[:64]}", "unknown_field", value)
    if made:
        reading.arguments["place"] = made


def _is_point(place: dict[str, Any]) -> bool:
    """True for two good coordinates and nothing else: what nearly every call says of its place."""
    if len(place) != 2:
        return False
    lon, lat = place.get("lon"), place.get("lat")
    return type(lon) is float and type(lat) is float and -180 <= lon <= 180 and 0 < abs(lat) <= 90


def _points(reading: Reading, place: dict[str, Any]) -> list[tuple[float, float]]:
    raw = place.get("points")
    if raw is None:
        if place.get("lon") is None and place.get("lat") is None:
            return []
        raw = [[place.get("lon"), place.get("lat")]]
    if not isinstance(raw, list) or len(raw) > POINTS_MOST:
        reading.spoil(
            "place.points",
            "too_many" if isinstance(raw, list) else "not_a_list",
            raw[:3] if isinstance(raw, list) else raw,
        )
        return []
    found: list[tuple[float, float]] = []
    for pair in raw:
        lon, lat = (
            (_number(pair[0]), _number(pair[1]))
            if isinstance(pair, (list, tuple)) and len(pair) == 2
            else (None, None)
        )
        if lon is None or lat is None or not -180 <= lon <= 180 or not -90 <= lat <= 90:
            reading.spoil("place", "out_of_range", pair)
        elif (lon, lat) == (0.0, 0.0):
            reading.spoil("place", "null_island", pair)
        else:
            found.append((lon, lat))
    if place.get("kind") == "area" and len(found) < 3 and found:
        reading.problems.append("place:area_too_small")
        place["kind"] = "point" if len(found) == 1 else "line"
    return found


def _brief(value: object) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)[:2000]
    return clean(text)
