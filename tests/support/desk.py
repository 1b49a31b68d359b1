"""Desks for tests: a store in a temporary folder, a clock that tests move, a store that fails when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firstminute.app.clock import DeskClock
from firstminute.app.desk import Desk
from firstminute.flow.access.rules import RULES
from firstminute.flow.acks import Ack
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.state import State
from firstminute.model.access.policies import POLICIES
from firstminute.model.envelope import SYSTEM, Actor
from firstminute.store.store import Store

DISPATCHER = Actor(id="seat-1", role="dispatcher", seat="1")
COMMANDER = Actor(id="commander", role="commander")
ADMIN = Actor(id="admin", role="admin")
SECOND = Actor(id="second", role="commander")
WITHIN_S = 20.0


class Hands:
    """What a test moves: wall clock, passed time, and whether commits fail."""

    def __init__(self) -> None:
        self.wall_s, self.passed_s = 1_700_000_000.0, 0.0
        self.fails: Callable[[], None] = lambda: None

    def clock(self, floor_s: float) -> DeskClock:
        """The desk's clock on these hands."""
        return DeskClock(floor_s, lambda: self.wall_s, lambda: self.passed_s)

    def pass_s(self, seconds: float) -> None:
        """Real time passes: both clocks move."""
        self.wall_s += seconds
        self.passed_s += seconds


@contextmanager
def desk_at(
    folder: Path, hands: Hands | None = None, make_state: Callable[[Any], State] = State, **options: Any
) -> Iterator[Desk]:
    """A running desk; stopped and closed at the end."""
    held = hands or Hands()
    store = Store(folder, before_commit=lambda: held.fails())
    desk = Desk(store, make_state, clock=held.clock, **options)
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()
        store.close()


def do(
    desk: Desk,
    name: str,
    arguments: Mapping[str, Any],
    command_id: str,
    actor: Actor | None = None,
    **more: Any,
) -> Ack:
    """Submit and wait: by a dispatcher, or by whoever may; where a second person is needed one says yes at once."""
    known = COMMAND_BY_NAME.get(name)
    given = actor or (whoever_may(known.policy) if known is not None else DISPATCHER)
    ack = desk.submit(name, arguments, given, command_id, **more).result(WITHIN_S)
    if ack.done and name in RULES and (proposal_id := ack.reply.get("proposal_id")):
        confirm = {"proposal_id": proposal_id}
        ack = desk.submit("confirm_proposal", confirm, SECOND, f"{command_id}+", **more).result(WITHIN_S)
    return ack


def whoever_may(policy: str) -> Actor:
    """A dispatcher where a dispatcher may, else somebody who may."""
    roles = POLICIES[policy].roles
    return next((each for each in (DISPATCHER, COMMANDER, ADMIN) if each.role in roles), SYSTEM)


def receive(desk: Desk, number: int, text: str = "打架") -> Ack:
    """One call."""
    return do(desk, "receive_call", call(number, text), f"call-{number}")


def call(number: int, text: str = "打架") -> dict[str, Any]:
    """The arguments of a call."""
    return {"channel": "phone", "text": text, "caller_phone": f"1390000{number:04}"}
