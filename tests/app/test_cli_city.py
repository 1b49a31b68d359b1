"""`firstminute city`, `reach` and `matrix` as other tools call them."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import shapely.geometry
from click.testing import CliRunner, Result

from firstminute.app.cli import main
from firstminute.app.cli.city_matrix import Points, travel_rows
from firstminute.geo.ground import TRAVEL_MODES
from firstminute.store.ground import open_city
from tests.support.osm import Sketch

ROAD = {"highway": "residential", "name": "中山路"}
SKETCH = Sketch(
    {
        "a": (0, 0),
        "b": (5, 0),
        "c": (10, 0),
        "d": (5, 5),
        "x": (0, 60),
        "y": (20, 60),
        "r": (0, -3),
        "s": (10, -3),
    },
    [
        ("a b c", ROAD),
        ("b d", {"highway": "residential", "oneway": "yes"}),
        ("x y", ROAD),
        ("r s", {"waterway": "river"}),
    ],
)


def run(*words: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner(env={"LANG": "C", "LC_ALL": "", "LC_MESSAGES": "", **(env or {})}).invoke(
        main, [str(word) for word in words]
    )


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    built = run("city", "build", SKETCH.write(folder / "town.osm.pbf"), "--out", folder / "town")
    assert built.exit_code == 0, built.output
    return folder / "town"


def at(name: str) -> str:
    lon, lat = SKETCH.place(name)
    return f"{lon:.7f},{lat:.7f}"


def points(path: Path, names: str) -> Path:
    rows = [{"id": name, "lon": SKETCH.place(name)[0], "lat": SKETCH.place(name)[1]} for name in names]
    if path.suffix == ".parquet":
        pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as handle:
            writer = csv.DictWriter(handle, ["id", "lon", "lat"])
            writer.writeheader()
            writer.writerows(rows)
    return path


def test_building_prints_a_summary_in_both_languages(tmp_path: Path) -> None:
    source = SKETCH.write(tmp_path / "town.osm.pbf")
    english = run("city", "build", source, "--out", tmp_path / "en")
    chinese = run("city", "build", source, "--out", tmp_path / "zh", env={"LANG": "zh_CN.UTF-8"})
    assert english.exit_code == chinese.exit_code == 0
    assert "speed source" in english.output
    assert "速度来源" in chinese.output


def test_info_tells_what_other_tools_read(city: Path) -> None:
    about = json.loads(run("city", "info", city, "--json").output)
    assert {"nodes", "arcs", "scc_share", "bbox", "modes", "speed_source"} <= set(about)
    assert (about["nodes"], about["arcs"]) == (6, 7)
    assert set(about["modes"]) == set(TRAVEL_MODES)
    assert "junctions" in run("city", "info", city).output


def test_a_city_is_built_from_tables_with_every_option(tmp_path: Path) -> None:
    nodes = {"node_id": [1, 2, 3], "lon": [117.0, 117.01, 117.02], "lat": [36.6, 36.6, 36.6]}
    edges = {
        "u": [0, 1],
        "v": [1, 2],
        "length_m": [900.0, 900.0],
        "kmh": [36.0, 0.0],
        "s": [30.0, 31.0],
        "highway": ["primary", "service"],
    }
    pa.parquet.write_table(pa.table(nodes), tmp_path / "n.parquet")
    pa.parquet.write_table(pa.table(edges), tmp_path / "e.parquet")
    common = [
        "city",
        "build",
        "--nodes",
        tmp_path / "n.parquet",
        "--edges",
        tmp_path / "e.parquet",
        "--out",
        tmp_path / "t",
    ]
    assert run(*common).exit_code == 0
    one_way = json.loads(run("city", "info", tmp_path / "t", "--json").output)
    assert (
        run(
            *common, "--undirected", "--speed-kmh", "kmh", "--time-s", "car-lights=s", "--region", "CN"
        ).exit_code
        == 0
    )
    both = json.loads(run("city", "info", tmp_path / "t", "--json").output)
    assert (one_way["arcs"], both["arcs"]) == (2, 4)
    assert both["speed_source"] == "car-lights: column s + column kmh (1 of 2 rows) + class_table:CN"


@pytest.mark.parametrize("mode", TRAVEL_MODES)
def test_reach_answers_for_every_mode(city: Path, mode: str) -> None:
    start = at("r") if mode == "boat" else at("a")
    figures = json.loads(
        run("reach", "--city", city, "--at", start, "--minutes", 2, "--mode", mode, "--json").output
    )
    assert figures["mode"] == mode
    assert figures["street_km"] > 0
    assert figures["area_km2"] > 0
    drawn = json.loads(
        run("reach", "--city", city, "--at", start, "--minutes", 2, "--mode", mode, "--geojson").output
    )
    area, streets = (shapely.geometry.shape(feature["geometry"]) for feature in drawn["features"])
    assert area.is_valid
    assert streets.difference(area.buffer(1e-6)).is_empty
    assert run("reach", "--city", city, "--at", start, "--minutes", 2, "--mode", mode).exit_code == 0


def test_reach_ends_part_way_and_at_one_ways(city: Path) -> None:
    on_foot = json.loads(
        run("reach", "--city", city, "--at", at("a"), "--minutes", 1, "--mode", "foot", "--json").output
    )
    assert on_foot["street_km"] == pytest.approx(0.080, abs=0.001)
    from_d = [run("reach", "--city", city, "--at", at("d"), "--minutes", 3, "--mode", mode, *extra, "--json") for mode, *extra in (
        ("car",), ("car-lights", "--keep-rules"), ("car-lights",)
    )]  # fmt: skip
    assert [json.loads(result.output)["street_km"] > 0.1 for result in from_d] == [False, False, True]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_matrix_is_written_pair_by_pair_and_empty_where_there_is_no_way(
    city: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / f"m.{kind}"
    words = ["--from", points(tmp_path / f"f.{kind}", "acd"), "--to", points(tmp_path / f"t.{kind}", "bdx")]
    done = run("matrix", "--city", city, *words, "--mode", "car", "--out", out)
    assert done.exit_code == 0, done.output
    if kind == "csv":
        found = {(row["id_from"], row["id_to"]): row["travel_s"] for row in csv.DictReader(out.open())}
    else:
        found = {
            (row["id_from"], row["id_to"]): "" if row["travel_s"] is None else str(row["travel_s"])
            for row in pa.parquet.read_table(out).to_pylist()
        }
    speed = 30 * 0.66 / 3.6
    assert [pair for pair in found if found[pair] == ""] == [("a", "x"), ("c", "x"), ("d", "b"), ("d", "x")]
    assert float(found["a", "b"]) == pytest.approx(500 / speed, abs=0.2)
    assert float(found["a", "d"]) == pytest.approx(1000 / speed, abs=0.3)
    assert float(found["d", "d"]) == 0.0


def test_ids_come_back_as_they_were_written(city: Path, tmp_path: Path) -> None:
    lon, lat = SKETCH.place("a")
    (tmp_path / "p.csv").write_text(
        f'lon,lat,id,name\n{lon},{lat},007,甲\n{lon},{lat},"1,5",乙\n', encoding="utf-8-sig"
    )
    words = [
        "--from",
        tmp_path / "p.csv",
        "--to",
        tmp_path / "p.csv",
        "--mode",
        "foot",
        "--out",
        tmp_path / "m.csv",
    ]
    assert run("matrix", "--city", city, *words).exit_code == 0
    rows = list(csv.DictReader((tmp_path / "m.csv").open()))
    assert [row["id_from"] for row in rows] == ["007", "007", "1,5", "1,5"]
    assert {row["travel_s"] for row in rows} == {"0"}


def test_a_matrix_can_be_packed_and_quotes_only_what_needs_it(city: Path, tmp_path: Path) -> None:
    lon, lat = SKETCH.place("a")
    (tmp_path / "p.csv").write_text(f"id,lon,lat\n007,{lon},{lat}\n,{lon},{lat}\n")
    (tmp_path / "q.csv").write_text(f'id,lon,lat\n"a,b",{lon},{lat}\n')
    common = ["matrix", "--city", city, "--from", tmp_path / "p.csv", "--mode", "car"]
    assert run(*common, "--to", tmp_path / "p.csv", "--out", tmp_path / "m.csv.gz").exit_code == 0
    with gzip.open(tmp_path / "m.csv.gz", "rt") as handle:
        assert handle.read() == "id_from,id_to,travel_s\n007,007,0\n007,,0\n,007,0\n,,0\n"
    assert run(*common, "--to", tmp_path / "q.csv", "--out", tmp_path / "m.csv").exit_code == 0
    assert [row["id_to"] for row in csv.DictReader((tmp_path / "m.csv").open())] == ["a,b", "a,b"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.csv", "m.csv.gz", "p.csv", "q.csv"]


def test_a_matrix_of_many_blocks_and_of_more_sources_than_contracting_takes_is_that_of_one(
    city: Path,
) -> None:
    ground = open_city(city).ground
    lon, lat = np.array([SKETCH.place(name) for name in "abcdx"]).T
    many = np.arange(2000) % 5
    targets = Points(pa.array(np.arange(5)), lon, lat)
    sources = Points(pa.array(np.arange(2000)), lon[many], lat[many])
    whole = np.concatenate(list(travel_rows(ground, targets, targets, "car")))
    blocks = list(travel_rows(ground, sources, targets, "car", pairs_at_once=2005))
    assert [len(block) for block in blocks] == [401, 401, 401, 401, 396]
    assert np.array_equal(np.concatenate(blocks), whole[many])


def test_a_place_that_a_mode_cannot_leave_is_told_in_words(city: Path) -> None:
    far = run("reach", "--city", city, "--at", "0,0", "--minutes", 5, "--mode", "car")
    assert (far.exit_code, "more than 1000 m from any street" in far.output) == (0, True)
    answer = json.loads(
        run("reach", "--city", city, "--at", "0,0", "--minutes", 5, "--mode", "car", "--json").output
    )
    assert (answer["nodes"], answer["street_km"], answer["snapped"], answer["bbox"]) == (0, 0.0, None, None)


def test_a_matrix_is_the_same_every_time_and_for_every_mode(city: Path, tmp_path: Path) -> None:
    places = points(tmp_path / "p.csv", "abcdxy")
    for mode in TRAVEL_MODES:
        texts = set()
        for name in ("one.csv", "two.csv"):
            assert (
                run(
                    "matrix",
                    "--city",
                    city,
                    "--from",
                    places,
                    "--to",
                    places,
                    "--mode",
                    mode,
                    "--out",
                    tmp_path / name,
                ).exit_code
                == 0
            )
            texts.add((tmp_path / name).read_text())
        assert len(texts) == 1
    on_foot, running = (_times(city, places, mode, tmp_path) for mode in ("foot", "run"))
    assert running["a", "b"] == pytest.approx(on_foot["a", "b"] / 1.72, abs=0.2)


def _times(city: Path, places: Path, mode: str, folder: Path) -> dict[tuple[str, str], float]:
    run("matrix", "--city", city, "--from", places, "--to", places, "--mode", mode, "--out", folder / "m.csv")
    return {
        (row["id_from"], row["id_to"]): float(row["travel_s"] or "nan")
        for row in csv.DictReader((folder / "m.csv").open())
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reach", "--city", "CITY", "--at", "here", "--minutes", "5", "--mode", "car"], "LON,LAT"),
        (
            ["reach", "--city", "CITY", "--at", "36.6,117.0", "--minutes", "5", "--mode", "car"],
            "LON comes first",
        ),
        (["reach", "--city", "CITY", "--at", "117,36.6", "--minutes", "0", "--mode", "car"], "above 0"),
        (["reach", "--city", "CITY", "--at", "117,36.6", "--minutes", "nan", "--mode", "car"], "above 0"),
        (["reach", "--city", "NONE", "--at", "117,36.6", "--minutes", "5", "--mode", "car"], "no city"),
        (["city", "info", "NONE"], "no city"),
        (["city", "build", "--out", "OUT"], "either one .osm.pbf"),
        (
            ["city", "build", "NONE", "--nodes", "NONE", "--edges", "NONE", "--out", "OUT"],
            "either one .osm.pbf",
        ),
        (["city", "build", "--nodes", "NONE", "--out", "OUT"], "either one .osm.pbf"),
        (["city", "build", "NONE.osm.pbf", "--out", "OUT"], "no file"),
        (["city", "build", "NONE.osm.pbf", "--undirected", "--out", "OUT"], "--undirected goes with"),
        (["city", "build", "NONE.csv", "--out", "OUT"], "--nodes and --edges"),
        (
            [
                "city",
                "build",
                "--nodes",
                "N.csv",
                "--edges",
                "E.csv",
                "--speed-kmh",
                "a",
                "--speed-mph",
                "b",
                "--out",
                "OUT",
            ],
            "not both",
        ),
        (
            ["city", "build", "--nodes", "N.csv", "--edges", "E.csv", "--time-s", "tram=x", "--out", "OUT"],
            "MODE=COLUMN",
        ),
        (
            [
                "matrix",
                "--city",
                "CITY",
                "--from",
                "N.csv",
                "--to",
                "N.csv",
                "--mode",
                "car",
                "--out",
                "m.csv",
            ],
            "no file",
        ),
    ],
)
def test_a_mistake_is_one_plain_sentence_and_exit_code_two(
    city: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    places = {"CITY": str(city), "OUT": str(tmp_path / "out")}
    filled = [
        places.get(word, str(tmp_path / word) if word.split(".")[0] in ("NONE", "N", "E") else word)
        for word in words
    ]
    result = run(*filled)
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert "{" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_mistake_is_told_in_chinese_where_asked_for(tmp_path: Path) -> None:
    assert (
        "没有文件"
        in run("city", "build", tmp_path / "x.osm.pbf", "--out", tmp_path / "o", "--lang", "zh-CN").output
    )


def test_bad_places_and_unwritable_answers_are_told(city: Path, tmp_path: Path) -> None:
    good = points(tmp_path / "p.csv", "ab")
    (tmp_path / "bad.csv").write_text("id,lon,lat\n1,36.6,117.0\n2,,\n")
    (tmp_path / "less.csv").write_text("name,lon\n1,36.6\n")
    for source, out, said in (
        (tmp_path / "bad.csv", "m.csv", "2 row(s)"),
        (tmp_path / "less.csv", "m.csv", "id, lat"),
        (good, "m.txt", ".parquet"),
        (good, "nowhere/m.csv", "no directory"),
        (good, ".", ".parquet"),
    ):
        result = run(
            "matrix",
            "--city",
            city,
            "--from",
            source,
            "--to",
            good,
            "--mode",
            "foot",
            "--out",
            tmp_path / out,
        )
        assert (result.exit_code, said in result.output) == (2, True), result.output


def test_every_sentence_of_the_ground_stands_in_both_catalogues() -> None:
    from firstminute.app.messages import LANGUAGES, catalogue

    keys = [{key for key in catalogue(language) if key.startswith("ground.")} for language in LANGUAGES]
    assert keys[0] == keys[1]
    source = Path(__file__).resolve().parents[2] / "src" / "firstminute"
    used = {
        part.split('"')[0]
        for path in [*source.glob("store/ground*.py"), *source.glob("app/cli/city*.py")]
        for part in path.read_text(encoding="utf-8").split('"')
        if part.startswith("ground.") and " " not in part and "{" not in part and "`" not in part
    }
    assert {word for word in used if word.count(".") == 1 and not word.endswith(".")} <= keys[0]
