"""Snapshot plus feed is a fresh snapshot, through the real socket, for every role, whatever happened meanwhile. The long form is a part of `make soak`."""

from __future__ import annotations

import pytest

from tests.support.histories import play
from tests.support.service import Running


@pytest.mark.parametrize("seed", range(8))
def test_what_listeners_put_together_is_what_a_fresh_snapshot_says(service: Running, seed: int) -> None:
    found = play(service, seed)
    assert found["apart"] == {}
    assert found["done"] >= 1
