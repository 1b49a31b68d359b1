"""Travel times of every pair of two lists of places: files in, file out.

Idea: the searches are those of `geo.matrix`; here places are read, snapped for the mode, and the answer is written in the order of the lists. Limits:
a place further than 1,000 m from any street of the mode is reached by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from firstminute.geo.ground import Ground, drone_ds
from firstminute.geo.junctions import as_goals, as_starts, quickest
from firstminute.geo.match import Snaps
from firstminute.geo.matrix import UNREACHED, can_contract, contract, matrix
from firstminute.geo.network import Ints
from firstminute.geo.search_flood import FloodSpace
from firstminute.geo.search_graph import build_search_graph
from firstminute.geo.travel import run_ds
from firstminute.store.ground_osm import GroundSourceError
from firstminute.store.ground_table import read_table, table_numbers

_CONTRACT_FROM = (
    1500  # rows from which contracting the graph once is quicker than a search a row (measured on Porto)
)


@dataclass(frozen=True, slots=True)
class Points:
    """Places of a file: ids as they stand there, lon, lat in degrees."""

    ids: pa.ChunkedArray
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
        raise GroundSourceError("ground.points_bad", path=str(path), count=len(bad), row=int(bad[0]))
    return Points(table.column("id"), lon, lat)


def travel_matrix(
    ground: Ground, sources: Points, targets: Points, mode: str, *, lights_break_rules: bool = True
) -> NDArray[np.int32]:
    """(n, m) deciseconds from each source to each target, UNREACHED where there is no way."""
    if mode == "drone":
        return drone_ds(
            sources.lon[:, None], sources.lat[:, None], targets.lon[None, :], targets.lat[None, :]
        )
    graph = ground.graph(mode, lights_break_rules=lights_break_rules)
    if not len(graph.arc_head):
        return np.full((len(sources.lon), len(targets.lon)), UNREACHED, np.int32)
    starts = as_starts(ground.network, graph, *_placed(ground, sources, mode))
    goals = as_goals(ground.network, graph, *_placed(ground, targets, mode))
    search = build_search_graph(graph)
    contraction = None
    if can_contract() and min(len(starts.edge), len(goals.edge)) >= _CONTRACT_FROM:
        reverse = len(starts.edge) > len(goals.edge)
        contraction = contract(search, ground.network.node_lon, ground.network.node_lat, reverse=reverse)
    times = matrix(
        search,
        FloodSpace(search),
        (starts.edge, starts.share),
        (goals.edge, goals.share),
        contraction=contraction,
    )
    times = quickest(times, starts, goals)
    return run_ds(times) if mode == "run" else times


def _placed(ground: Ground, points: Points, mode: str) -> tuple[Snaps, Ints]:
    snaps = ground.snap(points.lon, points.lat, mode)
    return snaps, ground.junctions(snaps, points.lon, points.lat, mode)


def write_matrix(path: Path, sources: Points, targets: Points, times: NDArray[np.int32]) -> None:
    """Write id_from, id_to, travel_s, target by target within each source; an unreachable pair has an empty travel_s.

    Raises
    ------
    GroundSourceError : neither CSV nor parquet, or not writable
    """
    count, width = times.shape
    flat = times.ravel()
    table = pa.table(
        {
            "id_from": sources.ids.take(pa.array(np.repeat(np.arange(count), width))),
            "id_to": targets.ids.take(pa.array(np.tile(np.arange(width), count))),
            "travel_s": pa.array(flat / 10.0, mask=flat < 0),
        }
    )
    name = path.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            pa.parquet.write_table(table, path)
        elif name.endswith(".csv"):
            pa.csv.write_csv(table, path, pa.csv.WriteOptions(quoting_style="needed"))
        else:
            raise GroundSourceError("ground.wrong_type", path=str(path))
    except OSError as error:
        raise GroundSourceError("ground.out_not_writable", path=str(path), reason=str(error)[:200]) from error
