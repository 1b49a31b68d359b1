"""Time: timers fire once and never early, whatever the wall clock does; a person confirms before they run on after a jump."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firstminute.app.clock import DeskClock
from firstminute.app.desk import Desk
from firstminute.model.facts.desk import TimerFired
from firstminute.store import timers as timer_table
from tests.support.desk import Hands, desk_at, do, receive

pytestmark = pytest.mark.usefixtures("engine")


def _until(true: Callable[[], bool], within_s: float = 10.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def _fired(desk: Desk) -> list[tuple[str, str, int]]:
    with desk.store.reading() as connection:
        facts = [
            fact for fact in desk.store.journal.read(connection, "live") if isinstance(fact.body, TimerFired)
        ]
    for fact in facts:
        assert fact.at_s >= fact.body.due_s, "early"  # type: ignore[attr-defined]
    return [(fact.body.timer_subject, fact.body.timer, fact.body.round) for fact in facts]  # type: ignore[attr-defined]


def _pending(desk: Desk) -> dict[Any, float]:
    return desk.ask(lambda state: dict(state.timers.pending)).result(10)


def test_timers_fire_once_when_due_and_not_before(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        receive(desk, 1)
        pending = _pending(desk)
        assert pending and not _fired(desk)
        first_s = min(pending.values())
        hands.pass_s(first_s - hands.wall_s - 0.5)
        desk.tick()
        assert _pending(desk) == pending
        hands.pass_s(0.5)
        _until(lambda: bool(_fired(desk)))
        fired = _fired(desk)
        assert len(fired) == len(set(fired))
        assert all(pending[key] <= first_s for key in fired)


def test_what_fell_due_while_the_desk_was_down_fires_after_the_restart_once(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        receive(desk, 1)
        pending = _pending(desk)
    for path in tmp_path.glob("snapshot-*"):
        path.unlink()
    hands.pass_s(max(pending.values()) - hands.wall_s + 1)
    with desk_at(tmp_path, hands) as desk:
        _until(lambda: set(pending) <= set(_fired(desk)))
        fired = _fired(desk)
        assert len(fired) == len(set(fired))


def test_the_table_of_timers_and_the_state_agree(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        for number in range(5):
            receive(desk, number)
        hands.pass_s(70)
        _until(lambda: bool(_fired(desk)))
        state = _pending(desk)
        with desk.store.reading() as connection:
            assert timer_table.pending(connection, "city", "live") == state


def test_a_wall_clock_that_jumps_moves_no_timer_and_is_reported(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        receive(desk, 1)
        hands.wall_s += 3600
        hands.passed_s += 1.5
        _until(lambda: desk.timers_held)
        assert not _fired(desk)
        assert desk.health()["clock"] == "held"
        assert receive(desk, 2).done, "calls are accepted all the same"
        assert do(desk, "confirm_clock", {"desk": "city"}, "confirm").done
        _until(lambda: bool(_fired(desk)))
        assert not desk.timers_held and desk.health()["clock"] == "together"


def test_a_small_difference_is_said_and_holds_nothing(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        hands.wall_s += 60
        hands.passed_s += 1.5
        _until(lambda: desk.ask(lambda state: state.desk.clock_apart_s).result(10) > 5)
        assert not desk.timers_held


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0, 86_400.0 * 365])
def test_at_s_follows_passed_time_and_never_runs_back(jump_s: float) -> None:
    hands = Hands()
    clock = hands.clock(0.0)
    start_s = clock.at_s()
    hands.pass_s(10)
    hands.wall_s += jump_s
    assert clock.at_s() == pytest.approx(start_s + 10)
    assert clock.apart_s() == pytest.approx(jump_s)
    assert clock.apart() == "held"
    clock.confirm()
    assert clock.apart() == "together"
    assert clock.at_s() == pytest.approx(start_s + 10 + max(0.0, jump_s))
    hands.pass_s(5)
    assert clock.at_s() == pytest.approx(start_s + 15 + max(0.0, jump_s))


def test_the_clock_starts_no_earlier_than_the_last_fact() -> None:
    clock = DeskClock(2000.0, lambda: 1000.0, lambda: 0.0)
    assert clock.at_s() == 2000.0
    assert clock.apart() == "held"


@pytest.mark.parametrize(
    ("apart_s", "means"),
    [(0, "together"), (5, "together"), (-6, "parted"), (599, "parted"), (601, "held"), (-601, "held")],
)
def test_five_seconds_are_said_and_ten_minutes_hold_timers(apart_s: float, means: str) -> None:
    wall = [1000.0]
    clock = DeskClock(0.0, lambda: wall[0], lambda: 0.0)
    wall[0] += apart_s
    assert clock.apart() == means


def test_a_parted_clock_is_still_known_after_a_restart(tmp_path: Path) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        receive(desk, 1)
        hands.wall_s += 3600
        hands.passed_s += 1.5
        _until(lambda: desk.timers_held)
    for path in tmp_path.glob("snapshot-*"):
        path.unlink()
    with desk_at(tmp_path, hands) as desk:
        assert desk.timers_held
        assert do(desk, "confirm_clock", {"desk": "city"}, "confirm").done
        _until(lambda: not desk.timers_held)
