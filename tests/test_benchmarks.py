"""The benches as a set: each file is listed, says its name, and can be asked for; rows and their file stay in shape."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.harness import BENCHES, alternate, row


def test_every_bench_file_is_listed_and_no_other(repository: Path) -> None:
    files = {path.stem for path in (repository / "benchmarks").glob("bench_*.py")}
    assert files == set(BENCHES)
    assert len(BENCHES) == len(set(BENCHES))


def test_a_bench_is_called_as_its_file_and_runs_on_a_context() -> None:
    for name in BENCHES:
        module = importlib.import_module(f"benchmarks.{name}")
        assert f"bench_{module.NAME}" == name
        assert callable(module.run)


def test_the_ratio_says_how_many_times_faster_ours_is() -> None:
    found = row("knn", "us", (2.0, 9.0), "peer", same_answer=True)
    assert found["ratio"] == 4.5
    assert set(found) == {"name", "work", "ours", "peer", "peer_name", "ratio", "same_answer"}


def test_ours_and_the_peer_take_turns() -> None:
    turns: list[str] = []
    alternate(lambda: turns.append("ours"), lambda: turns.append("peer"), rounds=3)
    assert turns == ["ours", "peer"] * 4


def test_one_bench_run_alone_keeps_the_rows_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "build" / "bench.json"
    monkeypatch.setattr(command, "OUT", out)
    first = [dict(row("knn", "us", (1.0, 4.0), "peer", same_answer=True)) for _ in range(2)]
    command._write(
        first + [dict(row("matrix", "s", (1.0, 2.0), "peer", same_answer=True))], ran=["knn", "matrix"]
    )
    command._write([dict(row("knn", "us", (1.0, 8.0), "peer", same_answer=True))], ran=["knn"])
    assert [(r["name"], r["ratio"]) for r in json.loads(out.read_text(encoding="utf-8"))] == [
        ("matrix", 2.0),
        ("knn", 8.0),
    ]


def test_an_unknown_bench_is_refused_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["nothing"]) == 2
    assert "knn" in capsys.readouterr().out
