"""San Francisco's recorded calls through the core: every call is reached where the network allows, and the same run gives the same facts."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from firstminute.app.cli import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "city"
pytestmark = pytest.mark.usefixtures("open_data")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sf")
    run = CliRunner().invoke
    nodes, edges = DATA / "sf_street_speed_nodes.parquet", DATA / "sf_street_speed_edges.parquet"
    built = run(
        main,
        [
            "city",
            "build",
            "--nodes",
            str(nodes),
            "--edges",
            str(edges),
            "--out",
            str(folder / "city"),
            "--speed-mph",
            "speedlimit_mph",
            "--undirected",
        ],
    )
    assert built.exit_code == 0, built.output
    units, calls = DATA / "sf_current_fire_stations.geojson.gz", DATA / "sffd_calls_10k.csv.gz"

    def once(name: str):
        done = run(
            main,
            [
                "replay",
                "--city",
                str(folder / "city"),
                "--units",
                str(units),
                "--calls",
                str(calls),
                "--out",
                str(folder / name),
                "--most",
                "150",
                "--mode",
                "car",
            ],
        )
        assert done.exit_code == 0, done.output
        return folder / name

    return once("a"), once("b")


def test_the_same_files_and_seed_give_the_same_facts(replayed):
    first, again = replayed
    assert (first / "facts.jsonl").read_bytes() == (again / "facts.jsonl").read_bytes()


def test_rows_become_calls_and_nearly_all_are_reached(replayed):
    found = orjson.loads((replayed[0] / "intervals.json").read_bytes())
    assert found["calls"]["rows"] == 10_000 and found["calls"]["calls"] == 150
    assert found["calls"]["reached"] >= 140
    assert found["facts_per_call"] >= 25
    assert found["refused"] == {}


def test_modelled_and_recorded_stand_side_by_side(replayed):
    found = orjson.loads((replayed[0] / "intervals.json").read_bytes())
    for side in ("modelled", "recorded"):
        total = found[side]["total"]
        assert total["p10_s"] < total["p50_s"] < total["p90_s"]
    assert found["compare"]["travel"]["count"] > 100
    assert found["learned"]["factor"] > 0
    assert {"traffic", "one_way"} <= set(found["not_modelled"])


def test_the_report_holds_charts_map_and_both_languages(replayed):
    page = (replayed[0] / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 5 and "回放报告" in page and "Replay report" in page
    assert "<script" not in page
