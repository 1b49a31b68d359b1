"""Reading a city from a node table and an edge table (parquet or CSV).

Idea: columns are read by name and checked as a whole, so that what is wrong is said with the column and the first bad row; rows that merely
cannot be used are left out and counted. Two rows that are the two directions of one street become one piece, since a unit that stands on a
two-way street may leave it either way. Limits: a table has no turn restrictions and no barriers; a street without geometry is a straight
line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from firstminute.geo.speeds import CLASS_INDEX, MPH_KMH
from firstminute.store.ground_osm import GroundSourceError, check_file

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MPH_CODE = 99.0  # "not posted" in tables of miles an hour (San Francisco); in km/h it is a speed
_AS_TEXT = pa.csv.ConvertOptions(column_types={"id": pa.string()})  # 007 is not 7
DEFAULT_CLASS = "unclassified"


@dataclass(frozen=True, slots=True)
class TableSource:
    """What to read: the two files and the meaning of their columns.

    Attributes
    ----------
    nodes, edges : parquet or CSV files
    time_s : mode -> column with seconds for a row
    speed : (column, "kmh" or "mph") or None
    undirected : True where a row is a street open both ways
    """

    nodes: Path
    edges: Path
    time_s: Mapping[str, str] = field(default_factory=dict)
    speed: tuple[str, str] | None = None
    undirected: bool = False


@dataclass(slots=True)
class TableRaw:
    """Rows that can be used, as arrays of R rows over N nodes.

    Attributes
    ----------
    node_lon, node_lat : (N,) degrees
    u, v : (R,) rows of the nodes table;  length_m : (R,)
    edge_class : (R,) index into speeds.CLASSES
    posted_kmh : (R,) NaN where not posted;  time_s : mode -> (R,) seconds, NaN where the mode cannot pass
    shapes : (R,) (lon, lat) arrays from u to v
    names : (R,) street names, "" where none
    counts : what was left out or mended, by reason
    has_class : True where the table has a highway column
    """

    node_lon: Floats
    node_lat: Floats
    u: Ints
    v: Ints
    length_m: Floats
    edge_class: NDArray[np.uint8]
    posted_kmh: Floats
    time_s: dict[str, Floats]
    shapes: list[tuple[Floats, Floats]]
    names: list[str]
    counts: Counter[str]
    has_class: bool


def read_tables(source: TableSource) -> TableRaw:
    """Read and check the two tables.

    Raises
    ------
    GroundSourceError : a file is missing, broken, of another kind, empty, lacks a column, or its rows point outside the nodes
    """
    nodes = read_table(source.nodes, ("lon", "lat"))
    speed_columns = [source.speed[0]] if source.speed else []
    edges = read_table(source.edges, ("u", "v", "length_m", *source.time_s.values(), *speed_columns))
    lon, lat = table_numbers(nodes, "lon", source.nodes), table_numbers(nodes, "lat", source.nodes)
    _check_places(lon, lat, source.nodes)
    if not edges.num_rows:
        raise GroundSourceError("ground.no_edges", path=str(source.edges))
    u, v, length = (table_numbers(edges, name, source.edges) for name in ("u", "v", "length_m"))
    keep, counts = _usable(u, v, length, len(lon), source.edges)
    rows = np.flatnonzero(keep)
    raw = TableRaw(
        node_lon=lon,
        node_lat=lat,
        u=u[rows].astype(np.int64),
        v=v[rows].astype(np.int64),
        length_m=length[rows],
        edge_class=_classes(edges)[rows],
        posted_kmh=_posted(edges, source, rows, counts),
        time_s={
            mode: table_numbers(edges, column, source.edges)[rows] for mode, column in source.time_s.items()
        },
        shapes=[],
        names=_names(edges, rows),
        counts=counts,
        has_class="highway" in edges.column_names,
    )
    raw.shapes = _shapes(edges, rows, raw)
    return raw


def read_table(path: Path, columns: tuple[str, ...]) -> pa.Table:
    """A parquet or CSV file as a table that has the named columns; GroundSourceError says what is wrong with it."""
    check_file(path)
    name = path.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            return _need(pa.parquet.read_table(path), path, columns)
        if name.endswith((".csv", ".csv.gz", ".txt")):
            return _need(pa.csv.read_csv(path, convert_options=_AS_TEXT), path, columns)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise GroundSourceError(
            "ground.broken_file", path=str(path), reason=str(error).splitlines()[0][:200]
        ) from error
    raise GroundSourceError("ground.wrong_type", path=str(path))


def _need(table: pa.Table, path: Path, columns: tuple[str, ...]) -> pa.Table:
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        found = ", ".join(table.column_names)
        raise GroundSourceError(
            "ground.missing_columns", path=str(path), missing=", ".join(missing), found=found
        )
    twice = [name for name in columns if table.column_names.count(name) > 1]
    if twice:
        raise GroundSourceError("ground.repeated_columns", path=str(path), columns=", ".join(twice))
    return table


def table_numbers(table: pa.Table, name: str, path: Path) -> Floats:
    """(rows,) a column as numbers, NaN where empty; GroundSourceError where it holds none."""
    try:
        column = table.column(name).cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise GroundSourceError("ground.not_numbers", path=str(path), column=name) from error
    return np.array(column.to_numpy(zero_copy_only=False), np.float64)


def _check_places(lon: Floats, lat: Floats, path: Path) -> None:
    if not len(lon):
        raise GroundSourceError("ground.no_nodes", path=str(path))
    bad = ~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise GroundSourceError(
            "ground.bad_place",
            path=str(path),
            row=row + 1,
            lon=float(lon[row]),
            lat=float(lat[row]),
            count=int(bad.sum()),
        )


def _usable(
    u: Floats, v: Floats, length: Floats, nodes: int, path: Path
) -> tuple[NDArray[np.bool_], Counter[str]]:
    counts: Counter[str] = Counter()
    known = np.isfinite(u) & np.isfinite(v)
    outside = known & (
        (u < 0) | (v < 0) | (u >= nodes) | (v >= nodes) | (u != np.floor(u)) | (v != np.floor(v))
    )
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        ends = {"u": f"{u[row]:g}", "v": f"{v[row]:g}"}
        raise GroundSourceError("ground.bad_end", path=str(path), row=row + 1, last=nodes - 1, **ends)
    measured = np.isfinite(length) & (length >= 0)
    counts["rows"] = len(u)
    counts["rows_without_end"] = int((~known).sum())
    counts["rows_without_length"] = int((known & ~measured).sum())
    keep = known & measured
    if not keep.any():
        raise GroundSourceError("ground.no_edges", path=str(path))
    return keep, counts


def _classes(edges: pa.Table) -> NDArray[np.uint8]:
    default = CLASS_INDEX[DEFAULT_CLASS]
    if "highway" not in edges.column_names:
        return np.full(edges.num_rows, default, np.uint8)
    codes: dict[str | None, int] = {}
    found = []
    for value in edges.column("highway").to_pylist():
        if value not in codes:
            codes[value] = _class_of(value, default)
        found.append(codes[value])
    return np.array(found, np.uint8)


def _class_of(value: object, default: int) -> int:
    """Index of a highway value; of a list ("['primary', 'service']") the first that is known."""
    for word in (
        str(value or "").replace("[", "").replace("]", "").replace("'", "").replace(";", ",").split(",")
    ):
        if word.strip() in CLASS_INDEX:
            return CLASS_INDEX[word.strip()]
    return default


def _posted(edges: pa.Table, source: TableSource, rows: Ints, counts: Counter[str]) -> Floats:
    if source.speed is None:
        return np.full(len(rows), np.nan)
    column, unit = source.speed
    value = table_numbers(edges, column, source.edges)[rows]
    missing = ~np.isfinite(value) | (value <= 0) | ((unit == "mph") & (value == _MPH_CODE))
    counts["rows_posted"] = int((~missing).sum())
    counts["rows_not_posted"] = int(missing.sum())
    return np.where(missing, np.nan, value * (MPH_KMH if unit == "mph" else 1.0))


def _names(edges: pa.Table, rows: Ints) -> list[str]:
    if "name" in edges.column_names:
        column = edges.column("name").to_pylist()
        return [str(column[row] or "") for row in rows]
    if "street" not in edges.column_names:
        return [""] * len(rows)
    street = edges.column("street").to_pylist()
    kind = edges.column("st_type").to_pylist() if "st_type" in edges.column_names else [None] * len(street)
    return [" ".join(str(part) for part in (street[row], kind[row]) if part and part == part) for row in rows]


def _shapes(edges: pa.Table, rows: Ints, raw: TableRaw) -> list[tuple[Floats, Floats]]:
    text = edges.column("wkt").to_pylist() if "wkt" in edges.column_names else [None] * edges.num_rows
    shapes = []
    for k, row in enumerate(rows):
        a, b = int(raw.u[k]), int(raw.v[k])
        start, end = (raw.node_lon[a], raw.node_lat[a]), (raw.node_lon[b], raw.node_lat[b])
        points = _linestring(text[row])
        if points is None:
            if text[row]:
                raw.counts["rows_with_bad_wkt"] += 1
            points = np.array([start, end])
        elif _gap(points[0], end) + _gap(points[-1], start) < _gap(points[0], start) + _gap(points[-1], end):
            points = points[::-1]
        shapes.append((points[:, 0].copy(), points[:, 1].copy()))
    return shapes


def _gap(a: Floats, b: tuple[float, float]) -> float:
    return abs(float(a[0]) - b[0]) + abs(float(a[1]) - b[1])


def _linestring(text: object) -> Floats | None:
    """(P, 2) points of a WKT LINESTRING of at least two points, None where it is none."""
    if not isinstance(text, str) or "LINESTRING" not in text.upper() or "MULTI" in text.upper():
        return None
    inner = text[text.find("(") + 1 : text.rfind(")")]
    try:
        points = np.array([pair.split()[:2] for pair in inner.split(",")], np.float64)
    except ValueError:
        return None
    good = points.ndim == 2 and points.shape[1] == 2 and len(points) >= 2 and bool(np.isfinite(points).all())
    return points if good else None
