"""The same as in CI, two hundred times on each engine (`make soak`; `SOAK=n` kills n times on each)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.killing import judge, kill_often, put_record

AT_ONCE = 20
SEEDS = range(max(1, int(os.environ.get("FIRSTMINUTE_SOAK", "200")) // AT_ONCE))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_kills_under_load_lose_and_double_nothing(
    tmp_path: Path, repository: Path, engine: str, seed: int
) -> None:
    put_record(tmp_path, engine)
    load, starts = kill_often(tmp_path, repository, kills=AT_ONCE, seed=seed)
    figures = judge(tmp_path, load)
    assert figures["fired"] > 0, (seed, figures)
    assert max(starts[1:]) < 60.0, starts
