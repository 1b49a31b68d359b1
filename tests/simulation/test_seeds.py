"""Two hundred seeds: two districts, their people and everything that goes wrong, and no promise broken (`make soak` plays ten thousand)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.sim.judge import Broken
from tests.support.sim.simulation import SMALL, Result, Simulation, folder_of, play_seed
from tests.support.sim.town import Towns

SEEDS, AT_ONCE, FEW = 200, 25, 40


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_no_promise_is_broken_whatever_goes_wrong(first: int, towns: Towns, base: Path) -> None:
    results = [play_seed(seed, towns, base, SMALL) for seed in range(first, first + AT_ONCE)]
    told = {name: sum(getattr(each, name) for each in results) for name in ("calls", "stops", "fired")}
    assert all(told.values()), f"nothing happened: {told}"
    assert sum(each.accepted for each in results) >= told["calls"] / 2


def _elsewhere(seed: int, repository: Path, hashing: str) -> Result:
    """The same seed in a process of its own, in which sets and dictionaries of words are walked in another order."""
    played = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--size", str(SMALL)],
        cwd=repository, env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Result(**json.loads(played.stdout))


def test_the_same_seed_is_the_same_journal_fact_by_fact(towns: Towns, base: Path, repository: Path) -> None:
    first = play_seed(7, towns, base, SMALL)
    assert play_seed(7, towns, base, SMALL) == first
    assert _elsewhere(7, repository, "1") == first
    assert _elsewhere(7, repository, "77") == first
    assert play_seed(8, towns, base, SMALL).digest != first.digest


def test_a_failing_seed_says_how_to_play_it_again(
    towns: Towns, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Simulation) -> Result:
        raise Broken("north: a promise")

    monkeypatch.setattr(Simulation, "run", fail)
    with pytest.raises(Broken) as said:
        play_seed(3, towns, base, SMALL)
    assert f"-m tests.simulation --seed 3 --size {SMALL}" in str(said.value)
    assert not (base / "seed-3").exists()


def test_everything_that_can_go_wrong_does(towns: Towns, base: Path) -> None:
    """In a few large seeds: kills at each point, retries, transfers between the districts, calls that had to wait."""
    wanted = {"decide", "append", "committed", "answer", "refused", "unsure"}
    wanted |= {"stops", "deferred", "transfers", "again", "fired"}
    seen: set[str] = set()
    for seed in range(FEW):
        with folder_of(base, seed) as folder:
            simulation = Simulation(seed, towns, folder, 0.5)
            told = asdict(simulation.run())
        seen |= {point for node in simulation.nodes for point in node.fuse.burnt}
        seen |= {name for name in wanted & told.keys() if told[name]}
        if seen >= wanted:
            return
    assert seen >= wanted
