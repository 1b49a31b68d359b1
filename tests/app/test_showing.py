"""Rows of the feed: at once as a rule, gathered while many call, never lost, never an older one over a newer one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.app.showing import AT_ONCE, WITHIN_S, Showing
from firstminute.flow.deciders.calls import ReceiveCall
from firstminute.flow.state import State
from firstminute.flow.step import Submitted, step
from firstminute.model.envelope import Act
from tests.support.desk import DISPATCHER


class Loop:
    """Runs what it is given when told to; `call_later` only notes it."""

    def __init__(self) -> None:
        self.now: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self.later: list[Callable[[], object]] = []

    def call_soon_threadsafe(self, work: Callable[..., object], *arguments: Any) -> None:
        """To be run in order."""
        self.now.append((work, arguments))

    def call_later(self, after_s: float, work: Callable[[], object]) -> None:
        """To be run when somebody says that the time is over."""
        assert after_s == WITHIN_S
        self.later.append(work)

    def run(self) -> None:
        """A turn of the loop."""
        while self.now:
            work, arguments = self.now.pop(0)
            work(*arguments)


class Busy:
    """As much of a desk as is asked: whether it is hurried, and a question at a time."""

    def __init__(self) -> None:
        self.hurried = False
        self.state = State()

    def ask(self, view: Callable[[State], object]) -> None:
        """Answer at once."""
        view(self.state)


class House:
    """A desk, a loop and what was shown."""

    def __init__(self) -> None:
        self.desk, self.loop, self.now_s = Busy(), Loop(), 0.0
        self.shown: list[tuple[int, Mapping[str, Any]]] = []
        loop = cast(asyncio.AbstractEventLoop, self.loop)
        self.showing = Showing(
            cast(Desk, self.desk), loop, lambda *said: self.shown.append(said), lambda: self.now_s
        )
        self._ids = (f"{number:032x}" for number in range(10**6))

    def call(self, device_id: str | None = None) -> str:
        """A call is saved and committed, one of a button decided; its id."""
        state = self.desk.state
        act = Act(at_s=1.0, actor=DISPATCHER, command_id="c", ids=self._ids, hurried=self.desk.hurried)
        facts = step(state, Submitted("receive_call", ReceiveCall(text="x", device_id=device_id), act)).facts
        self.showing.take(Committed("live", facts, state))
        self.loop.run()
        return facts[0].subject


def test_a_call_alone_is_shown_at_once() -> None:
    house = House()
    call = house.call()
    assert len(house.shown) == 1 and "desk/now" in house.shown[0][1]
    assert (
        any(key.startswith("incident/") for key in house.shown[0][1])
        and house.shown[0][1][f"call/{call}"] is None
    )


def test_in_a_rush_rows_gather_and_come_together_when_the_time_is_over() -> None:
    house = House()
    house.desk.hurried = True
    calls = [house.call() for _ in range(10)]
    assert house.shown == [] and len(house.loop.later) == 1
    house.now_s = WITHIN_S
    house.loop.later.pop()()
    house.loop.run()
    assert [seq for seq, _ in house.shown] == [10]
    assert set(house.shown[0][1]) == {"desk/now", *(f"call/{call}" for call in calls)}


def test_a_button_in_a_rush_is_shown_at_once() -> None:
    house = House()
    house.desk.hurried = True
    house.call()
    assert house.shown == []
    button = house.call(device_id="button-1")
    assert len(house.shown) == 1 and house.shown[0][1][f"call/{button}"] is None
    assert any(key.startswith("incident/") for key in house.shown[0][1])


def test_the_end_of_a_rush_shows_everything_and_a_long_one_is_shown_all_the_same() -> None:
    house = House()
    house.desk.hurried = True
    house.call()
    house.desk.hurried = False
    house.call()
    assert len(house.shown) == 1 and sum(key.startswith("call/") for key in house.shown[0][1]) == 2
    house.desk.hurried = True
    house.call()
    house.now_s += WITHIN_S
    house.call()
    assert len(house.shown) == 2 and len(house.shown[1][1]) == 3  # two calls and the desk's own line


def test_so_many_rows_are_rendered_at_once_and_the_rest_is_asked_for() -> None:
    house = House()
    house.desk.hurried = True
    for _ in range(2 * AT_ONCE):
        house.call()
    house.now_s = WITHIN_S
    house.loop.later.pop()()
    house.loop.run()
    assert [len(rows) for _, rows in house.shown] == [AT_ONCE, AT_ONCE, 1]
