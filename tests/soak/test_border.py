"""The border's queues under a hundred times as many random courses as in every build."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.border import course

COURSES = 2 * max(1, int(os.environ.get("FIRSTMINUTE_SOAK", "200")))


@pytest.mark.parametrize("tenth", range(10))
def test_every_message_is_done_once_and_in_order_whatever_the_carrier_and_kills_do(
    tmp_path: Path, tenth: int
) -> None:
    """Seeds that no build plays."""
    for number in range(COURSES // 10):
        course(tmp_path / str(number), 1_000 + 10 * number + tenth)
