"""The real service, killed under load: no accepted call missing, none doubled, no timer lost, early or double."""

from __future__ import annotations

from pathlib import Path

from tests.support.killing import judge, kill_often


def test_twenty_kills_under_load_lose_and_double_nothing(tmp_path: Path, repository: Path) -> None:
    load, _ = kill_often(tmp_path, repository, kills=20, seed=20261122)
    figures = judge(tmp_path, load)
    assert figures["accepted"] > 40, figures
    assert figures["fired"] > 0, figures
