"""Cities from node and edge tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from firstminute.app.messages import sentence
from firstminute.store.ground import build_city
from firstminute.store.ground_osm import GroundSourceError
from firstminute.store.ground_table import TableSource, read_tables

NODES = {"node_id": [10, 11, 12], "lon": [117.0, 117.01, 117.02], "lat": [36.6, 36.6, 36.6]}
EDGES = {"u": [0, 1, 1], "v": [1, 0, 2], "length_m": [900.0, 900.0, 910.0]}


def write(path: Path, columns: dict[str, list[object]]) -> Path:
    table = pa.table(columns)
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.csv.write_csv(table, path)
    return path


def tables(
    folder: Path,
    edges: dict[str, list[object]],
    nodes: dict[str, list[object]] | None = None,
    kind: str = "parquet",
    **options: object,
) -> TableSource:
    return TableSource(
        write(folder / f"n.{kind}", nodes or NODES), write(folder / f"e.{kind}", edges), **options
    )  # type: ignore[arg-type]


def failure(source: TableSource) -> GroundSourceError:
    with pytest.raises(GroundSourceError) as caught:
        build_city(source)
    return caught.value


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_both_kinds_of_file_give_the_same_city(tmp_path: Path, kind: str) -> None:
    city = build_city(tables(tmp_path, EDGES, kind=kind))
    assert (city.about["nodes"], city.about["arcs"], city.about["pieces"]) == (3, 3, 2)
    assert city.about["speed_source"] == "class_table:CN (no highway column: unclassified)"
    assert city.about["scc_share"] == pytest.approx(2 / 3, abs=1e-4)


def test_classes_geometry_and_names_are_read(tmp_path: Path) -> None:
    extra = {
        "highway": ["primary", "['secondary', 'service']", "no such class"],
        "wkt": ["LINESTRING (117 36.6, 117.005 36.601, 117.01 36.6)", "not a line", None],
        "name": ["经十路", None, ""],
    }
    edges = {"u": [0, 1, 2], "v": [1, 2, 0], "length_m": [900.0, 900.0, 1800.0], **extra}
    source = tables(tmp_path, edges)
    raw = read_tables(source)
    assert [len(lon) for lon, _ in raw.shapes] == [3, 2, 2]
    assert raw.counts["rows_with_bad_wkt"] == 1
    city = build_city(source)
    assert sorted(city.network.edge_class.tolist()) == [4, 6, 10]
    assert city.names == ["经十路"]


def test_geometry_drawn_backwards_is_turned(tmp_path: Path) -> None:
    edges = {
        "u": [0],
        "v": [1],
        "length_m": [900.0],
        "wkt": ["LINESTRING (117.01 36.6, 117.004 36.602, 117.0 36.6)"],
    }
    lon, _ = read_tables(tables(tmp_path, edges)).shapes[0]
    assert lon.tolist() == [117.0, 117.004, 117.01]


def test_limits_of_nought_and_nothing_and_ninety_nine_miles_are_not_posted(tmp_path: Path) -> None:
    edges = {**EDGES, "mph": [25.0, 0.0, 99.0]}
    raw = read_tables(tables(tmp_path, edges, speed=("mph", "mph")))
    assert raw.posted_kmh[0] == pytest.approx(40.2336)
    assert (raw.counts["rows_posted"], raw.counts["rows_not_posted"]) == (1, 2)
    kmh = read_tables(tables(tmp_path, edges, speed=("mph", "kmh")))
    assert kmh.posted_kmh[[0, 2]].tolist() == [25.0, 99.0]


def test_columns_of_times_are_used_as_they_are(tmp_path: Path) -> None:
    edges = {**EDGES, "slow": [100.0, 110.0, 120.0], "quick": [70.0, 77.0, 84.0]}
    city = build_city(tables(tmp_path, edges, time_s={"car": "slow", "car-lights": "quick"}))
    assert sorted(city.network.modes["car"].arc_time_ds.tolist()) == [1000, 1100, 1200]
    assert sorted(city.network.modes["car-lights"].arc_time_ds.tolist()) == [700, 770, 840]
    assert city.about["speed_source"] == "car: column slow + car-lights: column quick"


def test_rows_that_cannot_be_used_are_left_out_and_counted(tmp_path: Path) -> None:
    edges = {"u": [0, None, 1, 1], "v": [1, 1, 2, 2], "length_m": [900.0, 10.0, None, -5.0]}
    about = build_city(tables(tmp_path, edges)).about
    assert about["pieces"] == 1
    assert about["left_out"]["rows_without_end"] == 1
    assert about["left_out"]["rows_without_length"] == 2


@pytest.mark.parametrize(
    ("edges", "code"),
    [
        ({"u": [0], "v": [1]}, "ground.missing_columns"),
        ({"u": [0], "v": [3], "length_m": [1.0]}, "ground.bad_end"),
        ({"u": [-1], "v": [1], "length_m": [1.0]}, "ground.bad_end"),
        ({"u": [0.5], "v": [1.0], "length_m": [1.0]}, "ground.bad_end"),
        ({"u": [None], "v": [1], "length_m": [1.0]}, "ground.no_edges"),
        ({"u": ["a"], "v": ["b"], "length_m": ["c"]}, "ground.not_numbers"),
    ],
)
def test_a_table_that_is_wrong_as_a_whole_is_refused(
    tmp_path: Path, edges: dict[str, list[object]], code: str
) -> None:
    assert failure(tables(tmp_path, edges)).code == code


def test_a_row_that_names_no_node_is_told_with_what_there_is(tmp_path: Path) -> None:
    error = failure(tables(tmp_path, {"u": [0, 1], "v": [1, 3], "length_m": [1.0, 1.0]}))
    told = sentence("en", error.code, error.parameters)
    assert "data row 2 names node rows 1 and 3, but the nodes table has rows 0 to 2" in told


def test_a_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    source = tables(tmp_path, EDGES, kind="csv")
    source.nodes.write_text("node_id,lon,lat,lat\n1,117,36.6,36.6\n2,117.1,36.6,36.6\n")
    assert failure(source).code == "ground.repeated_columns"


def test_swapped_columns_are_found_by_their_latitudes(tmp_path: Path) -> None:
    nodes = {"lon": NODES["lat"], "lat": NODES["lon"]}
    error = failure(tables(tmp_path, EDGES, nodes))
    assert (error.code, error.parameters["count"], error.parameters["row"]) == ("ground.bad_place", 3, 1)


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    good = write(tmp_path / "n.parquet", NODES)
    for name, data, code in (
        ("none.parquet", None, "ground.no_such_file"),
        ("empty.csv", b"", "ground.empty_file"),
        ("broken.parquet", b"PAR1 and then nothing", "ground.broken_file"),
        ("map.geojson", b"{}", "ground.wrong_type"),
    ):
        path = tmp_path / name
        if data is not None:
            path.write_bytes(data)
        assert failure(TableSource(good, path)).code == code
    assert failure(TableSource(good, tmp_path)).code == "ground.is_directory"


def test_a_missing_time_column_is_named(tmp_path: Path) -> None:
    error = failure(tables(tmp_path, EDGES, time_s={"car": "minutes"}))
    assert (error.code, error.parameters["missing"]) == ("ground.missing_columns", "minutes")


def test_a_table_in_another_datum_is_moved(tmp_path: Path) -> None:
    source = tables(tmp_path, EDGES)
    here, there = build_city(source).network, build_city(source, datum="gcj02").network
    assert 300 < abs(here.node_lon[0] - there.node_lon[0]) * 89_000 < 900
    assert abs(here.shape_lon[0] - there.shape_lon[0]) == pytest.approx(
        abs(here.node_lon[0] - there.node_lon[0]), abs=1e-5
    )
