"""The real service, killed under load: no accepted call missing, none doubled, no timer lost, early or double; on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstminute.store import record
from tests.support.killing import judge, kill_often
from tests.support.postgres import the_server


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_twenty_kills_under_load_lose_and_double_nothing(
    tmp_path: Path, repository: Path, engine: str
) -> None:
    if engine == "postgresql":
        record.point(tmp_path, the_server().url())
    load, _ = kill_often(tmp_path, repository, kills=20, seed=20261122)
    figures = judge(tmp_path, load)
    assert figures["accepted"] > 40, figures
    assert figures["fired"] > 0, figures
