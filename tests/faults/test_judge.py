"""The judge of the kill tests sees what it is there to see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from firstminute.model.envelope import Body
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import TimerCancelled, TimerFired, TimerSet
from firstminute.store.store import Store
from tests.support.killing import Load, judge
from tests.support.record import facts_of

SET = TimerSet(timer_subject="i", timer="t", round=1, due_s=1003.0)
FIRED = TimerFired(timer_subject="i", timer="t", round=1, due_s=1003.0)


def _call(key: str, call_id: str | None = None) -> CallReceived:
    return CallReceived(call_id=call_id or f"call-{key}", channel="phone", caller_phone=key)


def _judge(folder: Path, bodies: Sequence[Body], *accepted: str) -> dict[str, int]:
    store = Store(folder)
    store.begin()
    store.append({"live": facts_of(bodies)})
    store.close()
    return judge(folder, Load(accepted={key: {"call_id": f"call-{key}"} for key in accepted}))


def test_a_sound_record_is_found_sound(tmp_path: Path) -> None:
    bodies = [_call("a"), SET, _call("b"), TimerCancelled(timer_subject="i"), SET, _call("c"), FIRED]
    assert _judge(tmp_path, bodies, "a", "b", "c")["fired"] == 1


def test_a_missing_call_is_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="missing"):
        _judge(tmp_path, [_call("a")], "a", "b")


def test_a_call_taken_twice_is_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="twice"):
        _judge(tmp_path, [_call("a"), _call("a", "other")], "a")


@pytest.mark.parametrize(
    ("bodies", "seen"),
    [
        ([_call("a"), SET, FIRED], None),
        ([SET, FIRED, _call("a")], "early"),
        ([_call("a"), SET, FIRED, FIRED], "twice"),
        ([_call("a"), SET, TimerCancelled(timer_subject="i"), FIRED], "after it was cancelled"),
    ],
)
def test_an_early_or_double_timer_is_seen(tmp_path: Path, bodies: list[Body], seen: str | None) -> None:
    if seen is None:
        assert _judge(tmp_path, bodies, "a")["fired"] == 1
    else:
        with pytest.raises(AssertionError, match=seen):
            _judge(tmp_path, bodies, "a")
