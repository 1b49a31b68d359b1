"""The real service, killed under load with the record on PostgreSQL: no accepted call missing, none doubled, no timer lost, early or double."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.killing import judge, kill_often, put_record

KILLS = 25
SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_kills_under_load_on_a_server_lose_and_double_nothing(
    tmp_path: Path, repository: Path, seed: int
) -> None:
    put_record(tmp_path, "postgresql")
    load, _ = kill_often(tmp_path, repository, kills=KILLS, seed=seed)
    figures = judge(tmp_path, load)
    assert figures["accepted"] > 2 * KILLS, figures
    assert figures["fired"] > 0, figures
