"""Answers on their way to an event loop: all of a group in one wake-up, none lost, none waited for for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from firstminute.app.answers import Answers
from firstminute.app.desk import Desk
from firstminute.flow.acks import Ack
from tests.support.desk import DISPATCHER, call, desk_at


class Silent:
    """A desk that keeps what it is asked."""

    def __init__(self) -> None:
        self.replies: list[Callable[[Ack], None]] = []
        self.handed: list[int] = []

    def admit(self, reply: Callable[[Ack], None], *arguments: Any, **more: Any) -> None:
        """Take a command and say nothing."""
        self.replies.append(reply)


class Counting(Silent):
    """One that also counts how many commands came together."""

    def admit(self, reply: Callable[[Ack], None], *arguments: Any, **more: Any) -> Any:
        """Ready at once."""
        super().admit(reply)
        return object()

    def put(self, *some: object) -> None:
        """Take what came together."""
        self.handed.append(len(some))


def _ack(number: int) -> Ack:
    return Ack(seq=number, command_id=str(number), status="done")


def test_every_command_gets_its_own_answer(tmp_path: Path) -> None:
    async def ask(desk: Desk) -> list[Ack]:
        answers = Answers(desk)
        return await asyncio.gather(
            *(answers.send("receive_call", call(n), DISPATCHER, f"c{n}") for n in range(200))
        )

    with desk_at(tmp_path) as desk:
        found = asyncio.run(ask(desk))
    assert [ack.command_id for ack in found] == [f"c{n}" for n in range(200)] and all(a.done for a in found)


def test_answers_that_lie_together_wake_the_loop_once() -> None:
    async def ask() -> tuple[int, list[Ack]]:
        silent, loop, woken = Silent(), asyncio.get_running_loop(), 0
        answers = Answers(cast(Desk, silent))
        waiting = [answers.send("x", {}, DISPATCHER, str(n)) for n in range(50)]
        real = loop.call_soon_threadsafe

        def counted(*arguments: Any, **more: Any) -> Any:
            nonlocal woken
            woken += 1
            return real(*arguments, **more)

        loop.call_soon_threadsafe = counted  # type: ignore[method-assign]  # to count how often
        await asyncio.to_thread(lambda: [reply(_ack(n)) for n, reply in enumerate(silent.replies)])
        found = await asyncio.gather(*waiting)
        return woken, found

    woken, found = asyncio.run(ask())
    assert [ack.seq for ack in found] == list(range(50))
    assert woken <= 10  # the thread's own end wakes it too


def test_an_answer_that_does_not_come_is_given_up_and_may_come_later_without_harm() -> None:
    async def ask() -> None:
        silent = Silent()
        answers = Answers(cast(Desk, silent), within_s=0.01)
        with pytest.raises(TimeoutError):
            await answers.send("x", {}, DISPATCHER, "1")
        silent.replies[0](_ack(1))
        await asyncio.sleep(0)
        later = answers.send("x", {}, DISPATCHER, "2")
        silent.replies[1](_ack(2))
        assert (await later).seq == 2

    asyncio.run(ask())


def test_an_answer_after_the_loop_has_closed_is_dropped() -> None:
    silent = Silent()

    async def ask() -> None:
        Answers(cast(Desk, silent)).send("x", {}, DISPATCHER, "1").cancel()

    asyncio.run(ask())
    silent.replies[0](_ack(1))


def test_commands_of_one_turn_of_the_loop_go_over_together() -> None:
    async def send() -> list[int]:
        desk = Counting()
        answers = Answers(cast(Desk, desk))
        for _ in range(3):
            for number in range(20):
                answers.send("x", {}, DISPATCHER, str(number)).cancel()
            await asyncio.sleep(0)
        return desk.handed

    assert asyncio.run(send()) == [20, 20, 20]
