"""Registers in and out as CSV, GeoJSON and JSON: every bad row is reported, and a file with one bad row changes nothing.

Idea: whatever the form, a row becomes plain data, is checked against its record class and turned into exactly the plain data that
`RegisterChanged` carries. Errors name row, field and a code. In CSV lists are separated by `;` and nested things are JSON in their cell;
cells that a spreadsheet would take for a formula are quoted with `'` (and read back without it). GeoJSON: points for what has lon and lat,
polygons for zones.
Limits: WGS-84 here; `datum` converts GCJ-02 and BD-09 on the way in. Text is UTF-8, or GB18030 as Chinese spreadsheets write it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, get_type_hints

import orjson
from pydantic import TypeAdapter, ValidationError

from firstminute.geo.datum import MAINLAND, Ring, convert
from firstminute.model.encoding import encode
from firstminute.model.records import CHOICES, KEYS, TABLES, MustVisit, Record
from firstminute.respond.points import DAY_MIN
from firstminute.respond.receivers import EVENTS
from firstminute.store import spreadsheet
from firstminute.store.registers import digest_of

if TYPE_CHECKING:
    from firstminute.flow.deciders.desk import ChangeRegister

FORMS = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json", "json": "application/json"}
MOST_ROWS = 500_000
MOST_ERRORS = 1000

_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row: its number in the file (1 = first row of data; 0 = the file itself), its field and a code."""

    row: int
    field: str
    problem: str

    def plain(self) -> dict[str, Any]:
        """As plain data, for the reader."""
        return asdict(self)


class RowsWrong(ValueError):
    """Rows that cannot be taken, each with its errors."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__("; ".join(f"row {each.row}: {each.field} {each.problem}" for each in errors[:5]))
        self.errors = list(errors)


def read_rows(
    table: str, form: str, data: bytes, datum: str = "wgs84", mask: Ring = MAINLAND
) -> tuple[list[dict[str, Any]], list[RowError]]:
    """The plain rows of a file, checked, and every error in it. Take the rows only where there is no error.

    Parameters
    ----------
    form : a key of `FORMS`
    datum : wgs84, gcj02 or bd09: what the file's coordinates are in;  mask : where it is shifted, see `geo.datum`
    """
    try:
        raw = list(_RAW[form](table, data))
    except (ValueError, csv.Error, KeyError, TypeError, AttributeError) as problem:
        return [], [RowError(0, "", f"unreadable: {str(problem)[:200]}")]
    if len(raw) > MOST_ROWS:
        return [], [RowError(0, "", f"too many rows: {len(raw)}, at most {MOST_ROWS}")]
    return check_rows(table, raw, datum, mask)


def check_rows(
    table: str, raw: Sequence[Mapping[str, Any]], datum: str = "wgs84", mask: Ring = MAINLAND
) -> tuple[list[dict[str, Any]], list[RowError]]:
    """Plain rows as the register keeps them, and what is wrong with those that are not among them."""
    good: list[dict[str, Any]] = []
    errors: list[RowError] = []
    seen: set[str] = set()
    known = {each.name for each in fields(TABLES[table])}
    for number, row in enumerate(raw, 1):
        if len(errors) >= MOST_ERRORS:
            errors.append(RowError(number, "", "and more"))
            break
        if not hasattr(row, "keys"):
            errors.append(RowError(number, "", "not_an_object"))
            continue
        found = [RowError(number, str(name), "unknown_field") for name in row if name not in known]
        record, wrong = _record(table, number, row)
        found += wrong
        if record is not None:
            key = str(getattr(record, KEYS[table]))
            found += _sense(table, number, record)
            found += [RowError(number, KEYS[table], "twice_in_file")] if key in seen else []
            seen.add(key)
        if found or record is None:
            errors += found
        else:
            good.append(encode(_moved(record, datum, mask)))
    return good, errors


def _record(table: str, number: int, row: Mapping[str, Any]) -> tuple[Record | None, list[RowError]]:
    adapter = _ADAPTERS.get(table)
    if adapter is None:
        adapter = _ADAPTERS[table] = TypeAdapter(TABLES[table])
    try:
        return adapter.validate_python(dict(row)), []
    except ValidationError as problem:
        return None, [
            RowError(number, ".".join(map(str, each["loc"])), each["type"])
            for each in problem.errors(include_input=False)
        ]


def _sense(table: str, number: int, record: Record) -> Iterator[RowError]:
    """What a type cannot say: keys, ranges, choices, and what no file could carry."""
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, str) and not value and each.default is MISSING:
            yield RowError(number, each.name, "empty")
        if not _sayable(value):
            yield RowError(number, each.name, "not_a_number_or_text_that_can_be_kept")
    lon, lat = getattr(record, "lon", None), getattr(record, "lat", None)
    points = [(lon, lat)] if lon is not None and lat is not None else list(getattr(record, "ring", ()))
    for x, y in points:
        if not (-180 <= x <= 180 and -90 <= y <= 90):  # also true of NaN
            yield RowError(number, "ring" if lon is None else "lon", "outside_the_world")
            break
    if hasattr(record, "ring") and len(record.ring) < 4 and table == "zones":
        yield RowError(number, "ring", "no_area")
    if isinstance(record, MustVisit):
        if not 0 <= record.from_min < DAY_MIN:
            yield RowError(number, "from_min", "no_minute_of_the_day")
        if not 0 < record.until_min <= DAY_MIN or record.until_min == record.from_min:
            yield RowError(number, "until_min", "no_minute_of_the_day")
    for event in getattr(record, "events", ()) if table == "receivers" else ():
        if event not in EVENTS:
            yield RowError(number, "events", "not_one_of:" + ",".join(EVENTS))
    for (of, name), choices in CHOICES.items():
        if of == table and getattr(record, name) not in choices:
            yield RowError(number, name, "not_one_of:" + ",".join(choices))


def _sayable(value: Any) -> bool:
    """False for NaN, infinity, whole numbers beyond 53 bits, text with lone surrogates or NUL: JSON or a database cannot carry them."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, int):
        return abs(value) <= 2**53
    if isinstance(value, str):
        plain = "\x00" not in value
        return plain and (value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value))
    if isinstance(value, Mapping):
        return all(_sayable(key) and _sayable(each) for key, each in value.items())
    if isinstance(value, (tuple, list)):
        return all(map(_sayable, value))
    return all(_sayable(getattr(value, each.name)) for each in fields(value)) if is_dataclass(value) else True


def _moved(record: Record, datum: str, mask: Ring) -> Record:
    """The record with its places in WGS-84."""
    if datum == "wgs84":
        return record
    change: dict[str, Any] = {}
    lon, lat = getattr(record, "lon", None), getattr(record, "lat", None)
    if lon is not None and lat is not None:
        change["lon"], change["lat"] = _wgs84(lon, lat, datum, mask)
    if getattr(record, "entrances", None):
        moved = [(each, _wgs84(each.lon, each.lat, datum, mask)) for each in record.entrances]  # type: ignore[union-attr]
        change["entrances"] = tuple(replace(each, lon=at[0], lat=at[1]) for each, at in moved)
    if getattr(record, "ring", None):
        change["ring"] = tuple(_wgs84(x, y, datum, mask) for x, y in record.ring)  # type: ignore[union-attr]
    return replace(record, **change)


def _wgs84(lon: float, lat: float, datum: Any, mask: Ring) -> tuple[float, float]:
    x, y = convert(lon, lat, source=datum, target="wgs84", mask=mask)
    return float(x), float(y)


def change_of(table: str, rows: Sequence[dict[str, Any]], removed: Iterable[str] = ()) -> dict[str, Any]:
    """The arguments of the command `change_register` for checked rows. The desk counts the versions."""
    keys = [str(row[KEYS[table]]) for row in rows]
    return {
        "table": table,
        "keys": keys,
        "versions": [],
        "digest": digest_of(table, rows),
        "rows": list(rows),
        "removed": list(removed),
    }


def checked_change(asked: ChangeRegister) -> ChangeRegister:
    """The same change with its rows checked once more, keys and digest made from them; raises RowsWrong."""
    if asked.table not in TABLES:
        return asked
    rows, errors = check_rows(asked.table, asked.rows)
    if errors:
        raise RowsWrong(errors)
    whole = change_of(asked.table, rows)
    return replace(asked, rows=tuple(rows), keys=tuple(whole["keys"]), digest=whole["digest"])


def write_rows(table: str, form: str, records: Iterable[Record]) -> bytes:
    """A table in one of the `FORMS`; what is sealed and not given stays out."""
    rows = [encode(record) for record in records]
    if form == "json":
        return orjson.dumps(rows, option=orjson.OPT_INDENT_2)
    if form == "geojson":
        return orjson.dumps({"type": "FeatureCollection", "features": [_feature(table, row) for row in rows]})
    names = [each.name for each in fields(TABLES[table])]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return spreadsheet.cell(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if (
        isinstance(value, list)
        and value
        and all(isinstance(each, str) and _plain_word(each) for each in value)
    ):
        return spreadsheet.cell(";".join(value))
    if isinstance(value, (list, dict)):
        return orjson.dumps(value).decode()
    return repr(value)


def _plain_word(text: str) -> bool:
    return bool(text) and text == text.strip() and ";" not in text and not text.startswith(("[", "'"))


def _feature(table: str, row: dict[str, Any]) -> dict[str, Any]:
    left = dict(row)
    geometry: dict[str, Any] | None = None
    if "ring" in left:
        geometry = {"type": "Polygon", "coordinates": [left.pop("ring")]}
    elif left.get("lon") is not None and "lat" in left:
        geometry = {"type": "Point", "coordinates": [left.pop("lon"), left.pop("lat")]}
    return {"type": "Feature", "id": row[KEYS[table]], "geometry": geometry, "properties": left}


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _from_csv(table: str, data: bytes) -> Iterator[dict[str, Any]]:
    hints = get_type_hints(TABLES[table])
    reader = csv.DictReader(io.StringIO(_text(data), newline=""), strict=True)
    if not reader.fieldnames:
        raise ValueError("the file is empty")
    for row in reader:
        if None in row:
            raise ValueError(f"line {reader.line_num} has more cells than the header")
        yield {
            name.strip(): _value(str(hints.get(name.strip(), "")), cell)
            for name, cell in row.items()
            if cell not in ("", None)
        }


def _value(hint: str, cell: str) -> Any:
    cell = spreadsheet.text_of(cell)
    if "dict[" in hint or "tuple[tuple" in hint or "tuple[firstminute" in hint:
        return orjson.loads(cell)
    if hint.startswith("tuple[str"):
        return (
            orjson.loads(cell)
            if cell.startswith("[")
            else [each.strip() for each in cell.split(";") if each.strip()]
        )
    if hint.startswith("tuple["):
        return orjson.loads(cell)
    return cell


def _from_json(table: str, data: bytes) -> Iterator[dict[str, Any]]:
    rows = orjson.loads(_text(data))
    yield from rows["rows"] if isinstance(rows, dict) else rows


def _from_geojson(table: str, data: bytes) -> Iterator[dict[str, Any]]:
    whole = orjson.loads(_text(data))
    for feature in whole["features"]:
        row = dict(feature.get("properties") or {})
        if feature.get("id") is not None:
            row.setdefault(KEYS[table], str(feature["id"]))
        geometry = feature.get("geometry") or {}
        if geometry.get("type") == "Point":
            row["lon"], row["lat"] = geometry["coordinates"][:2]
        elif geometry.get("type") == "Polygon":
            row["ring"] = [point[:2] for point in geometry["coordinates"][0]]
        elif geometry:
            raise ValueError(f"a {geometry.get('type')} is neither a point nor a polygon")
        yield row


_RAW = {"csv": _from_csv, "json": _from_json, "geojson": _from_geojson}
