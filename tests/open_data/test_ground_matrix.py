"""The matrix of whole cities, from file to file, against scipy on the bare tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from firstminute.app.cli import main
from firstminute.geo.speeds import REGIONS

CITY = Path(__file__).resolve().parents[3] / "shared" / "data" / "city"
MPH = 0.44704


def run(*words: object) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def auckland(edges: pa.Table) -> np.ndarray:
    return np.asarray(edges.column("tt_normal_s"))


def san_francisco(edges: pa.Table) -> np.ndarray:
    mph = edges.column("speedlimit_mph").to_numpy(zero_copy_only=False)
    mph = np.where(np.isfinite(mph) & (mph > 0) & (mph != 99), mph, 25.0)
    return np.asarray(edges.column("length_m")) / (mph * MPH)


def jinan(edges: pa.Table) -> np.ndarray:
    share, limits = REGIONS["CN"].driven_share["car"], REGIONS["CN"].limit_kmh
    kmh = np.array([limits[name] for name in edges.column("highway").to_pylist()])
    return np.asarray(edges.column("length_m")) * 3.6 / (kmh * share)


CASES = {
    "jinan_roads": (jinan, [], False),
    "auckland_roads": (auckland, ["--time-s", "car=tt_normal_s"], False),
    "sf_street_speed": (san_francisco, ["--speed-mph", "speedlimit_mph", "--undirected"], True),
}


@pytest.mark.parametrize("digits", [None, 6])
@pytest.mark.parametrize("name", list(CASES))
def test_times_between_junctions_are_those_of_the_bare_table_however_they_are_rounded(
    name: str, digits: int | None, tmp_path: Path
) -> None:
    seconds_of, options, undirected = CASES[name]
    nodes, edges = (pa.parquet.read_table(CITY / f"{name}_{kind}.parquet") for kind in ("nodes", "edges"))
    run(
        "city",
        "build",
        "--nodes",
        CITY / f"{name}_nodes.parquet",
        "--edges",
        CITY / f"{name}_edges.parquet",
        *options,
        "--out",
        tmp_path / "city",
    )
    lon, lat = (np.asarray(nodes.column(axis)) for axis in ("lon", "lat"))
    u, v = (np.asarray(edges.column(end)) for end in ("u", "v"))
    length = np.asarray(edges.column("length_m"))
    time_ds = np.floor(seconds_of(edges) * 10 + 0.5)
    if "--time-s" not in options:
        time_ds = np.maximum(time_ds, length > 0)
    if undirected:
        u, v, time_ds = np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([time_ds, time_ds])
    order = np.argsort(-time_ds, kind="stable")  # of parallel rows the quickest is written last
    table = dict(
        zip(zip(u[order].tolist(), v[order].tolist(), strict=True), time_ds[order].tolist(), strict=True)
    )
    pairs = np.array([pair for pair in table if pair[0] != pair[1]])
    weight = np.array([table[tuple(pair)] for pair in pairs.tolist()]) + 1e-9  # scipy takes 0 for "no edge"
    graph = csr_array((weight, (pairs[:, 0], pairs[:, 1])), shape=(len(lon), len(lon)))

    rng = np.random.default_rng(5)
    used = np.unique(pairs)
    islands = connected_components(graph, connection="weak")[1][used]
    lonely = used[islands != np.bincount(islands).argmax()]
    sources, targets = (
        np.concatenate(
            [rng.choice(lonely, min(few, len(lonely)), replace=False), rng.choice(used, many, replace=False)]
        )
        for few, many in ((5, 15), (20, 180))
    )
    if digits is not None:
        lon, lat = np.round(lon, digits), np.round(lat, digits)
    expected = np.floor(dijkstra(graph, indices=sources)[:, targets] + 1e-3)
    for kind, rows in (("from", sources), ("to", targets)):
        pa.parquet.write_table(
            pa.table({"id": rows, "lon": lon[rows], "lat": lat[rows]}), tmp_path / f"{kind}.parquet"
        )
    run(
        "matrix", "--city", tmp_path / "city", "--from", tmp_path / "from.parquet", "--to", tmp_path / "to.parquet",
        "--mode", "car", "--out", tmp_path / "m.parquet",
    )  # fmt: skip
    found = (
        pa.parquet.read_table(tmp_path / "m.parquet")
        .column("travel_s")
        .to_numpy(zero_copy_only=False)
        .reshape(expected.shape)
        * 10
    )
    found = np.where(np.isnan(found), np.inf, found.round())
    assert np.array_equal(found, expected), np.argwhere(found != expected)[:5]
