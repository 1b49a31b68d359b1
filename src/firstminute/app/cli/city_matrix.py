"""Travel times of every pair of two lists of places: files in, file out.

Idea: the searches are those of `geo.matrix`; here places are read, put on the streets of the mode, and the answer is written in the order of the lists, a
block of rows at a time into a file beside the wanted one, which takes its place at the end: so memory is bounded and nobody reads half an answer.
Limits: a place further than 1,000 m from any street of the mode is reached by nobody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from firstminute.geo.ground import Ground, drone_ds
from firstminute.geo.junctions import Ends, as_goals, as_starts, quickest
from firstminute.geo.match import Snaps
from firstminute.geo.matrix import UNREACHED, can_contract, contract, matrix
from firstminute.geo.network import Ints
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import build_search_graph
from firstminute.geo.travel import run_ds
from firstminute.store.ground_osm import GroundSourceError
from firstminute.store.ground_table import read_table, table_numbers
from firstminute.store.spreadsheet import cell

_CONTRACT_FROM = (
    1500  # rows from which contracting the graph once is quicker than a search a row (measured on Porto)
)
_PAIRS_AT_ONCE = 2_000_000
_NUMBER = re.compile(r"[+-]\d{1,15}(\.\d{1,15})?")
_SPECIAL = r'[,"\r\n]'


@dataclass(frozen=True, slots=True)
class Points:
    """Places of a file: ids as they stand there, lon, lat in degrees."""

    ids: pa.Array
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def read_points(path: Path) -> Points:
    """Read id, lon, lat.

    Raises
    ------
    GroundSourceError : no such file, broken, a column missing, or a row that is no place on earth
    """
    table = read_table(path, ("id", "lon", "lat"))
    lon, lat = table_numbers(table, "lon", path), table_numbers(table, "lat", path)
    bad = np.flatnonzero(~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)))
    if len(bad):
        raise GroundSourceError("ground.points_bad", path=str(path), count=len(bad), row=int(bad[0]) + 1)
    ids = table.column("id").combine_chunks()
    return Points(ids.dictionary_decode() if pa.types.is_dictionary(ids.type) else ids, lon, lat)


def travel_rows(
    ground: Ground,
    sources: Points,
    targets: Points,
    mode: str,
    *,
    lights_break_rules: bool = True,
    pairs_at_once: int = _PAIRS_AT_ONCE,
) -> Iterator[NDArray[np.int32]]:
    """Blocks of rows, (b, m) deciseconds from each source to each target, UNREACHED where there is no way."""
    height = max(1, pairs_at_once // max(1, len(targets.lon)))
    blocks = [slice(first, first + height) for first in range(0, len(sources.lon), height)]
    if mode == "drone":
        for some in blocks:
            places = sources.lon[some, None], sources.lat[some, None]
            yield drone_ds(*places, targets.lon[None, :], targets.lat[None, :])
        return
    graph = ground.graph(mode, lights_break_rules=lights_break_rules)
    if not len(graph.arc_head):
        for some in blocks:
            yield np.full((len(sources.lon[some]), len(targets.lon)), UNREACHED, np.int32)
        return
    starts = as_starts(ground.network, graph, *_placed(ground, sources, mode))
    goals = as_goals(ground.network, graph, *_placed(ground, targets, mode))
    search = build_search_graph(graph)
    space, contraction = FloodSpace(search), None
    if can_contract() and len(starts.edge) >= _CONTRACT_FROM:
        reverse = len(starts.edge) > len(goals.edge)
        contraction = contract(search, ground.network.node_lon, ground.network.node_lat, reverse=reverse)
    for some in blocks:
        block = _block(starts, some)
        pair = (block.edge, block.share), (goals.edge, goals.share)
        times = quickest(matrix(search, space, *pair, contraction=contraction), block, goals)
        yield run_ds(times) if mode == "run" else times


def _placed(ground: Ground, points: Points, mode: str) -> tuple[Snaps, Ints]:
    snaps = ground.snap(points.lon, points.lat, mode)
    return snaps, ground.junctions(snaps, points.lon, points.lat, mode)


def _block(ends: Ends, points: slice) -> Ends:
    first, last = np.searchsorted(ends.point, (points.start, points.stop))
    some = slice(int(first), int(last))
    return Ends(ends.point[some] - points.start, ends.edge[some], ends.share[some], ends.node[some])


def check_answer(path: Path) -> None:
    """Raise GroundSourceError where a matrix could not be written: another kind of file, or no such directory."""
    if not path.name.lower().endswith((".parquet", ".pq", ".csv", ".csv.gz")):
        raise GroundSourceError("ground.wrong_type", path=str(path))
    if path.is_dir():
        raise GroundSourceError("ground.is_directory", path=str(path))
    if not path.parent.is_dir():
        raise GroundSourceError("ground.no_directory", path=str(path.parent))


def write_matrix(
    path: Path, sources: Points, targets: Points, rows: Iterable[NDArray[np.int32]]
) -> tuple[int, int]:
    """Write id_from, id_to, travel_s, target by target within each source; an unreachable pair has an empty travel_s.

    In CSV an id that a spreadsheet would run is quoted.

    Returns
    -------
    number of pairs, number of those that are unreachable

    Raises
    ------
    GroundSourceError : not writable
    """
    pairs = unreachable = first = 0
    ids = [sources.ids, targets.ids] if _is_parquet(path.name) else [_cells(sources.ids), _cells(targets.ids)]
    schema = pa.schema({"id_from": ids[0].type, "id_to": ids[1].type, "travel_s": pa.float64()})
    half = path.with_name(f".{path.name}.writing-{os.getpid()}")
    try:
        with _writer(half, path.name, schema, quoted=any(map(_special, ids))) as put:
            for times in rows:
                put(_table(ids[0].slice(first, len(times)), ids[1], times, schema))
                first += len(times)
                pairs += times.size
                unreachable += int((times < 0).sum())
        half.replace(path)
    except (OSError, pa.ArrowException) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0][:200]
        raise GroundSourceError("ground.out_not_writable", path=str(path), reason=reason) from error
    finally:
        half.unlink(missing_ok=True)
    return pairs, unreachable


def _table(from_ids: pa.Array, to_ids: pa.Array, times: NDArray[np.int32], schema: pa.Schema) -> pa.Table:
    count, width = times.shape
    flat = times.ravel()
    columns = [
        from_ids.take(pa.array(np.repeat(np.arange(count), width))),
        to_ids.take(pa.array(np.tile(np.arange(width), count))),
        pa.array(flat / 10.0, mask=flat < 0),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _is_parquet(name: str) -> bool:
    return name.lower().endswith((".parquet", ".pq"))


def _is_text(ids: pa.Array) -> bool:
    return bool(pa.types.is_string(ids.type) or pa.types.is_large_string(ids.type))


def _cells(ids: pa.Array) -> pa.Array:
    """Ids as they may stand in cells; a number runs nothing, and programs know it by its sign."""
    if not _is_text(ids):
        return ids
    made = [each if not each or _NUMBER.fullmatch(each) else cell(each) for each in ids.to_pylist()]
    return pa.array(made, ids.type)


def _special(ids: pa.Array) -> bool:
    """True where some id needs quotes in CSV."""
    if not _is_text(ids):
        return not (pa.types.is_integer(ids.type) or pa.types.is_floating(ids.type))
    return bool(pa.compute.any(pa.compute.match_substring_regex(ids, _SPECIAL)).as_py())


@contextmanager
def _writer(
    half: Path, name: str, schema: pa.Schema, *, quoted: bool
) -> Iterator[Callable[[pa.Table], object]]:
    if _is_parquet(name):
        with pa.parquet.ParquetWriter(half, schema) as writer:
            yield writer.write_table
        return
    options = pa.csv.WriteOptions(include_header=False, quoting_style="needed" if quoted else "none")
    packed = "gzip" if name.lower().endswith(".gz") else None
    with pa.output_stream(half, compression=packed) as sink:
        sink.write((",".join(schema.names) + "\n").encode())
        yield lambda table: pa.csv.write_csv(table, sink, options)
