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


CASES = {
    "auckland_roads": (auckland, ["--time-s", "car=tt_normal_s"], False),
    "sf_street_speed": (san_francisco, ["--speed-mph", "speedlimit_mph", "--undirected"], True),
}


@pytest.mark.parametrize("name", list(CASES))
def test_times_between_junctions_are_those_of_the_bare_table(name: str, tmp_path: Path) -> None:
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
    if undirected:
        time_ds = np.maximum(time_ds, length > 0)
        u, v, time_ds = np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([time_ds, time_ds])
    order = np.argsort(-time_ds, kind="stable")  # of parallel rows the quickest is written last
    table = dict(
        zip(zip(u[order].tolist(), v[order].tolist(), strict=True), time_ds[order].tolist(), strict=True)
    )
    pairs = np.array([pair for pair in table if pair[0] != pair[1]])
    weight = np.array([table[tuple(pair)] for pair in pairs.tolist()]) + 1e-9  # scipy takes 0 for "no edge"
    graph = csr_array((weight, (pairs[:, 0], pairs[:, 1])), shape=(len(lon), len(lon)))

    rng = np.random.default_rng(5)
    labels = connected_components(graph, connection="strong")[1]
    main_part = np.flatnonzero(
        labels == np.bincount(labels).argmax()
    )  # elsewhere a scrap is passed over, see decision 0026
    sources, targets = rng.choice(main_part, 20, replace=False), rng.choice(main_part, 200, replace=False)
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
    assert np.isfinite(found).all()
    assert np.array_equal(found.round(), expected), np.argwhere(found.round() != expected)[:5]
