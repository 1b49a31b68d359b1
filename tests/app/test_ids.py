"""Ids lie in the order of their time, and their last digits tell them apart."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from firstminute.app.ids import BLOCK, new_id, new_ids


def test_ids_begin_with_the_time_and_are_never_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    ids = new_ids()
    for at_s in (1_700_000_000, 1_700_000_001, 1_800_000_000):
        monkeypatch.setattr(time, "time_ns", lambda at_s=at_s: at_s * 1_000_000_000)
        some = [new_id(), *islice(ids, 2 * BLOCK)]
        assert {int(each[:12], 16) for each in some} == {at_s * 1_000} and {len(each) for each in some} == {
            32
        }
        found.append(some)
    assert max(found[0]) < min(found[1]) and max(found[1]) < min(found[2])
    assert len({each for some in found for each in some}) == 3 * (2 * BLOCK + 1)


def test_the_digits_that_people_read_out_differ_within_one_millisecond() -> None:
    assert len({each[-4:] for each in islice(new_ids(), 64)}) > 32
