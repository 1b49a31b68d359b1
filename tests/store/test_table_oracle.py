"""Any node and edge tables, asked as `firstminute matrix` asks: every answer equals Dijkstra on the bare rows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from firstminute.app.cli.city_matrix import Points, travel_rows
from firstminute.geo.speeds import REGIONS
from firstminute.store.ground import build_city, city_in_memory
from firstminute.store.ground_table import TableSource

CAR_KMH = REGIONS["CN"].limit_kmh["unclassified"]
METRES = 111_195.08


@dataclass(frozen=True)
class Rows:
    """Directed rows u -> v with their deciseconds, over nodes at lon, lat."""

    lon: np.ndarray
    lat: np.ndarray
    u: np.ndarray
    v: np.ndarray
    time_ds: np.ndarray

    def between(self) -> np.ndarray:
        """(N, N) deciseconds, infinite where there is no way."""
        count = len(self.lon)
        least = np.full((count, count), np.inf)
        np.minimum.at(least, (self.u, self.v), self.time_ds)
        np.fill_diagonal(least, np.inf)
        tail, head = np.nonzero(np.isfinite(least))
        graph = csr_array(
            (least[tail, head] + 1e-7, (tail, head)), shape=(count, count)
        )  # nought is a time too
        return np.floor(dijkstra(graph) + 1e-3)


def tables(folder: Path, seed: int, *, undirected: bool, by_time: bool) -> tuple[TableSource, Rows]:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 16))
    lon, lat = 117 + rng.uniform(0, 0.03, count), 36.6 + rng.uniform(0, 0.03, count)
    u, v = rng.integers(0, count, (2, int(rng.integers(2, 3 * count))))
    both = rng.random(len(u)) < rng.random()
    u, v = np.concatenate([u, v[both]]), np.concatenate([v, u[both]])
    metres = np.round(rng.uniform(0, 3000, len(u)), 1) * (rng.random(len(u)) < 0.95)
    seconds, kmh = np.round(rng.uniform(0, 300, len(u)), 2), rng.choice([0, 10, 37.5, 99, np.nan], len(u))
    pa.parquet.write_table(pa.table({"lon": lon, "lat": lat}), folder / "n.parquet")
    edges = {"u": u, "v": v, "length_m": metres, "seconds": seconds, "kmh": kmh}
    pa.parquet.write_table(pa.table(edges), folder / "e.parquet")
    driven = np.where(np.isnan(kmh) | (kmh <= 0), CAR_KMH, kmh)
    rolled = np.maximum(np.floor(metres * 3.6 / driven * 10 + 0.5), metres > 0)
    time_ds = np.floor(seconds * 10 + 0.5) if by_time else rolled
    if undirected:
        u, v, time_ds = np.concatenate([u, v]), np.concatenate([v, u]), np.tile(time_ds, 2)
    what = {"time_s": {"car": "seconds"}} if by_time else {"speed": ("kmh", "kmh")}
    source = TableSource(folder / "n.parquet", folder / "e.parquet", undirected=undirected, **what)  # type: ignore[arg-type]
    return source, Rows(lon, lat, u, v, time_ds)


def asked(source: TableSource, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    points = Points(pa.array(np.arange(len(lon))), lon, lat)
    ground = city_in_memory(build_city(source, region="CN")).ground
    times = np.concatenate(list(travel_rows(ground, points, points, "car", pairs_at_once=40)))
    return np.where(times < 0, np.inf, times)


CASES = given(seed=st.integers(0, 2**32 - 1), undirected=st.booleans(), by_time=st.booleans())
QUIETLY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@QUIETLY
@CASES
def test_between_the_nodes_of_any_table_every_time_is_that_of_its_rows(
    seed: int, undirected: bool, by_time: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, rows = tables(Path(folder), seed, undirected=undirected, by_time=by_time)
        drawn = np.unique(np.concatenate([rows.u[rows.u != rows.v], rows.v[rows.u != rows.v]]))
        if not len(drawn):
            return
        found = asked(source, rows.lon[drawn], rows.lat[drawn])
    assert np.array_equal(found, rows.between()[np.ix_(drawn, drawn)])


@QUIETLY
@CASES
def test_between_places_part_way_every_time_is_that_of_the_rows_and_the_floor_of_their_parts(
    seed: int, undirected: bool, by_time: bool
) -> None:
    rng = np.random.default_rng(seed + 1)
    with tempfile.TemporaryDirectory() as folder:
        source, rows = tables(Path(folder), seed, undirected=undirected, by_time=by_time)
        pairs = [(u, v) for u, v in zip(rows.u.tolist(), rows.v.tolist(), strict=True) if u != v]
        places = [
            (u, v, share)
            for u, v in dict.fromkeys(pairs)
            if pairs.count((u, v)) == 1 and pairs.count((v, u)) <= 1
            for share in rng.uniform(0.05, 0.95, 2).tolist()
            if _alone(rows, (u, v), share)
        ]
        if not places:
            return
        u, v, share = (np.array(column) for column in zip(*places, strict=True))
        lon, lat = (axis[u] + share * (axis[v] - axis[u]) for axis in (rows.lon, rows.lat))
        found = asked(source, lon, lat)
    between = rows.between()
    np.fill_diagonal(between, 0)
    time = dict(zip(pairs, rows.time_ds[rows.u != rows.v].tolist(), strict=True))
    expected = np.array([[_time(time, between, start, goal) for goal in places] for start in places])
    assert np.array_equal(np.isinf(found), np.isinf(expected))
    reached = np.isfinite(found)
    assert np.all(np.abs(found[reached] - expected[reached]) <= 1)  # a share is known to 1e-9
    assert np.mean(found == expected) > 0.99


def _alone(rows: Rows, ends: tuple[int, int], share: float) -> bool:
    """True where no other street passes within a metre of a place."""
    lon, lat = (axis[ends[0]] + share * (axis[ends[1]] - axis[ends[0]]) for axis in (rows.lon, rows.lat))
    other = ~(np.isin(rows.u, ends) & np.isin(rows.v, ends) & (rows.u != rows.v) | (rows.u == rows.v))
    ax, ay = (rows.lon - lon) * METRES * np.cos(np.radians(lat)), (rows.lat - lat) * METRES
    dx, dy = (axis[rows.v[other]] - axis[rows.u[other]] for axis in (ax, ay))
    x, y = ax[rows.u[other]], ay[rows.u[other]]
    along = np.clip(-(x * dx + y * dy) / (dx * dx + dy * dy), 0, 1)
    return bool(np.all(np.hypot(x + along * dx, y + along * dy) > 1.0))


def _time(
    time: dict[tuple[int, int], float],
    between: np.ndarray,
    start: tuple[int, int, float],
    goal: tuple[int, int, float],
) -> float:
    best = np.inf
    for u, v, share in _both_ways(start):
        for a, b, upto in _both_ways(goal):
            if (u, v) in time and (a, b) in time:
                parts = np.floor(time[u, v] * (1 - share)), np.floor(time[a, b] * upto)
                best = min(best, parts[0] + between[v, a] + parts[1])
                if (u, v) == (a, b) and upto >= share:
                    best = min(best, np.floor(time[u, v] * (upto - share)))
    return best


def _both_ways(place: tuple[int, int, float]) -> list[tuple[int, int, float]]:
    u, v, share = place
    return [(u, v, share), (v, u, 1 - share)]
