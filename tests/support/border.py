"""Two ends of a border without zones, and a random course of them: a carrier that loses, doubles, reorders, cuts off and changes, and kills at every step."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from firstminute.app.border.link import Link
from firstminute.store.border_in import Opened, Sifted
from firstminute.store.border_out import Letter
from firstminute.store.errors import NotDurable

STEPS = 50
ACTS = ("put", "put", "speak", "speak", "hear", "hear", "answer", "reopen", "rotate", "bad")


class Killed(BaseException):
    """The process is gone here."""


class Pair:
    """Two ends. `done` is what the receiving end has done, by its numbers, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now_s = folder, 1_700_000_000.0
        self.kill: Callable[[], None] = lambda: None
        self.one, self.two = self.open("one"), self.open("two")
        self.one.into.trust(self.two.card)
        self.two.into.trust(self.one.card)
        self.done: list[int] = []
        self.most = 1 << 30

    def open(self, name: str, **options: Any) -> Link:
        """One end, from its files."""
        return Link(self.folder / name, name, clock=self.clock, before_commit=lambda: self.kill(), **options)

    def clock(self) -> float:
        """Never twice the same."""
        self.now_s += 0.01
        return self.now_s

    def put(self, *numbers: int, **more: Any) -> None:
        """Messages from one to two."""
        self.one.out.put(*(Letter(kind="n", body={"n": n}, **more) for n in numbers))

    def do(self, run: Sequence[Opened]) -> int:
        """Do at most `most` of them; who is done twice is found in `done`."""
        some = run[: self.most]
        self.done += [each.body["n"] for each in some]
        return len(some)

    def hear(self, data: bytes) -> Sifted:
        """Two hears what one said."""
        return self.two.hear(data, self.do)

    def answer(self) -> None:
        """One hears how far two has read."""
        self.one.hear(self.two.speak()[0], lambda run: len(run))

    def again(self) -> None:
        """Both processes end and start."""
        self.close()
        self.one, self.two = self.open("one"), self.open("two")

    def close(self) -> None:
        """Close both."""
        self.one.close()
        self.two.close()


def course(folder: Path, seed: int) -> None:
    """A bad hour, then a good one: what was kept is done once a place and in order. Raises AssertionError."""
    dice = random.Random(seed)
    pair = Pair(folder)
    air: list[bytes] = []
    kept: list[int] = []
    for _ in range(STEPS):
        pair.kill = _killer(dice, 0.1)
        try:
            _act(pair, dice, air, kept)
        except Killed:
            pair.kill = lambda: None
            pair.again()
        except NotDurable:
            continue
    pair.kill, pair.most = lambda: None, 99
    for _ in range(3):
        pair.hear(pair.one.speak()[0])
        pair.answer()
    assert pair.one.out.waiting().count == 0, seed
    order = list(dict.fromkeys(pair.done))
    assert order == sorted(order) and set(kept) <= set(order), seed
    assert pair.two.into.refused().get("forked", 0) == 0, seed
    pair.close()


def _act(pair: Pair, dice: random.Random, air: list[bytes], kept: list[int]) -> None:
    match dice.choice(ACTS):
        case "put":
            pair.put(len(kept) + 1)
            kept.append(len(kept) + 1)
        case "speak":
            data = pair.one.speak(dice.choice((0, 0, dice.randint(0, len(kept) + 1))))[0]
            air += dice.choice(([data], [data, data], []))
        case "hear" if air:
            pair.most = dice.choice((0, 1, 2, 99))
            pair.hear(air.pop(dice.randrange(len(air))))
        case "bad" if air:
            data = air[dice.randrange(len(air))]
            cut = dice.randrange(len(data))
            pair.hear(dice.choice((data[:cut], data[:cut] + b"\x00" + data[cut + 1 :], os.urandom(50))))
        case "answer":
            pair.answer()
        case "reopen":
            pair.again()
        case "rotate" if dice.random() < 0.3:
            pair.one.out.rotate()
        case _:
            pass


def _killer(dice: random.Random, share: float) -> Callable[[], None]:
    def kill() -> None:
        if dice.random() < share:
            raise Killed

    return kill
