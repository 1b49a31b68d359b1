"""`firstminute replay` at the command line: files in, files out, plain words when a file is wrong."""

from __future__ import annotations

import orjson
import pytest
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.app.messages import catalogue
from firstminute.store.ground import save_city
from firstminute.store.ground_build import city_from_drawing
from tests.support.osm import Sketch

GRID = {name: (k % 4, k // 4) for k, name in enumerate("abcdefghijklmnop")}
WAYS = [
    (" ".join(row), {"highway": "residential"})
    for row in ("abcd", "efgh", "ijkl", "mnop", "aeim", "bfjn", "cgko", "dhlp")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder, sketch = tmp_path_factory.mktemp("replay"), Sketch(GRID, WAYS)
    save_city(city_from_drawing(sketch.raw(), region="CN", source="sketch"), folder / "city")
    lines = ["call_id,received,dispatched,enroute,on_scene,lon,lat"]
    for k, name in enumerate("bgkpcn"):
        lon, lat = sketch.place(name)
        stamps = ",".join(f"2024-05-01T1{k}:0{minute}:00" for minute in (0, 1, 2, 5))
        lines.append(f"{k},{stamps},{lon},{lat}")
    (folder / "calls.csv").write_text("\n".join(lines) + "\n")
    lon, lat = sketch.place("a")
    (folder / "units.csv").write_text(f"station_id,lon,lat,count\nS,{lon},{lat},2\n")
    lon, lat = sketch.place("f")
    (folder / "venues.csv").write_text(f"name,category,lon,lat\nMarket,market,{lon},{lat}\n")
    return folder


def _run(folder, *more: str, **changed: str):
    given = {"city": "city", "units": "units.csv", "calls": "calls.csv", "out": "out"} | changed
    lang = given.pop("lang", "en")
    words = [word for name, value in given.items() for word in (f"--{name}", str(folder / value))]
    return CliRunner().invoke(main, ["replay", *words, "--lang", lang, *more])


def test_it_writes_facts_statistics_and_report(folder):
    done = _run(folder)
    assert done.exit_code == 0, done.output
    statistics = orjson.loads((folder / "out" / "intervals.json").read_bytes())
    facts = [orjson.loads(line) for line in (folder / "out" / "facts.jsonl").read_bytes().splitlines()]
    assert statistics["calls"]["calls"] == statistics["calls"]["reached"] == 6
    assert len(facts) == statistics["facts"] and [fact["seq"] for fact in facts] == list(
        range(1, len(facts) + 1)
    )
    assert statistics["recorded"]["total"]["p50_s"] == 300.0
    assert (folder / "out" / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_same_seed_gives_the_same_digest_and_another_seed_another(folder):
    digests = []
    for seed, out in (("1", "x"), ("1", "y"), ("2", "z")):
        assert _run(folder, "--seed", seed, out=out).exit_code == 0
        digests.append(orjson.loads((folder / out / "intervals.json").read_bytes())["digest"])
    assert digests[0] == digests[1] != digests[2]


def test_venues_bring_teams_that_are_asked_too(folder):
    done = _run(folder, "--venues", str(folder / "venues.csv"), out="with")
    assert done.exit_code == 0, done.output
    kinds = [orjson.loads(line) for line in (folder / "with" / "facts.jsonl").read_bytes().splitlines()]
    assert any(fact["kind"] == "RollTaken" for fact in kinds)
    assert any(fact["kind"] == "AlertSent" and fact["body"]["team_id"] for fact in kinds)


def test_a_policy_file_changes_the_run_and_a_wrong_field_is_named(folder):
    policy = folder / "policy.json"
    policy.write_text('{"policy_id": "patient", "answer_within_s": 120, "priorities": {"3": 1}}')
    assert _run(folder, "--policy", str(policy), out="patient").exit_code == 0
    assert orjson.loads((folder / "patient" / "intervals.json").read_bytes())["policy"] == "patient v1"
    policy.write_text('{"patience": 3}')
    refused = _run(folder, "--policy", str(policy))
    assert refused.exit_code == 2 and "patience" in refused.output


@pytest.mark.parametrize(
    "text",
    ["[]", "nonsense", '{"priorities": {"3": 9}}', '{"priorities": [1]}', '{"answer_within_s": "soon"}'],
)
def test_a_file_that_is_no_policy_is_refused_before_anything_runs(folder, text):
    policy = folder / "policy.json"
    policy.write_text(text)
    refused = _run(folder, "--policy", str(policy), out="refused")
    assert refused.exit_code == 2 and "is no alert policy" in refused.output
    assert not any((folder / "refused").iterdir())


def test_one_call_and_one_unit_at_one_place_are_a_replay_too(folder):
    text = (folder / "calls.csv").read_text().splitlines()
    (folder / "one.csv").write_text("\n".join(text[:2]) + "\n")
    lon, lat = text[1].split(",")[-2:]
    (folder / "unit.csv").write_text(f"unit_id,lon,lat\nU,{lon},{lat}\n")
    done = _run(folder, calls="one.csv", units="unit.csv", out="one")
    assert done.exit_code == 0, done.output
    found = orjson.loads((folder / "one" / "intervals.json").read_bytes())
    assert (found["calls"]["reached"], found["calls"]["off_network"], found["units_off_network"]) == (1, 0, 0)
    (folder / "unit.csv").write_text("unit_id,lon,lat\nU,0,0\n")
    assert _run(folder, calls="one.csv", units="unit.csv", out="none").exit_code == 0
    found = orjson.loads((folder / "none" / "intervals.json").read_bytes())
    assert (found["calls"]["reached"], found["units_off_network"]) == (0, 1)


def test_the_report_opens_in_the_language_of_the_run(folder):
    assert _run(folder, out="zh", lang="zh-CN").exit_code == 0
    page = (folder / "zh" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page and 'id="lang-zh" checked' in page


def test_an_answer_that_cannot_be_written_is_told_before_the_work(folder):
    (folder / "file").write_text("")
    refused = _run(folder, out="file")
    assert refused.exit_code == 2 and "is a file" in refused.output


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"calls": "none.csv"}, "no file"),
        ({"city": "nowhere"}, "nowhere"),
        ({"units": "calls.csv"}, ""),
        ({"calls": "units.csv"}, "received"),
    ],
)
def test_a_wrong_file_ends_with_one_plain_sentence(folder, changed, words):
    done = _run(folder, **changed)
    if "units" in changed:
        assert done.exit_code == 0  # any table with places may stand for posts
    else:
        assert done.exit_code == 2 and words in done.output and "Traceback" not in done.output


def test_every_sentence_is_there_in_both_languages():
    for language in ("en", "zh-CN"):
        assert {key for key in catalogue(language) if key.startswith(("replay.", "demo."))} >= {
            "replay.done",
            "replay.no_such_file",
            "demo.ready",
            "demo.login",
            "demo.port_taken",
        }
