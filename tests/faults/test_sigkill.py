"""The real service, killed under load: no accepted call missing, none doubled, no timer lost, early or double."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.killing import judge, kill_often

KILLS = 25
SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_kills_under_load_lose_and_double_nothing(tmp_path: Path, repository: Path, seed: int) -> None:
    load, _ = kill_often(tmp_path, repository, kills=KILLS, seed=seed)
    figures = judge(tmp_path, load)
    assert figures["accepted"] > 2 * KILLS, figures
    assert figures["fired"] > 0, figures
