"""Killed at every step between decide, append, publish and mark: each timer fires once and not early, each message leaves at least once under one id.

Idea: a forked child runs the real desk and the real relay, and sends itself SIGKILL at a named point; then a new process takes up what lies there.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firstminute.app import outgoing as relay
from firstminute.app.desk import Desk
from firstminute.app.desk_loop import stepping
from firstminute.app.outgoing import Outgoing
from firstminute.model.facts.desk import MessageOutcome, MessageQueued
from firstminute.store import outbox, timers
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.desk import Hands, desk_at, receive
from tests.support.killing import judge_timers
from tests.support.record import facts_of
from tests.support.service import wait_until

SENT = ("m0", "m1", "m2")
EXPIRES_S = 1_800_000_000.0


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(
    patch: pytest.MonkeyPatch, place: Any, name: str, *, when: Callable[..., bool] = lambda *a: True
) -> None:
    real = getattr(place, name)

    def call(*arguments: Any, **more: Any) -> Any:
        if when(*arguments):
            _die()
        return real(*arguments, **more)

    patch.setattr(place, name, call)


def _after(
    patch: pytest.MonkeyPatch, place: Any, name: str, *, when: Callable[..., bool] = lambda *a: True
) -> None:
    real = getattr(place, name)

    def call(*arguments: Any, **more: Any) -> Any:
        found = real(*arguments, **more)
        if when(*arguments):
            _die()
        return found

    patch.setattr(place, name, call)


def _firing(state: Any, submitted: Any, *_: Any) -> bool:
    return bool(submitted.name == "fire_timer")


def _has(kind: str) -> Callable[..., bool]:
    return lambda store, runs, *_: any(fact.kind == kind for run in runs.values() for fact in run)


TIMERS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before deciding": lambda patch: _before(patch, stepping, "step", when=_firing),
    "decided": lambda patch: _after(patch, stepping, "step", when=_firing),
    "before the append": lambda patch: _before(patch, Store, "append", when=_has("TimerFired")),
    "appended, before the commit": lambda patch: _after(
        patch, timers, "project", when=lambda c, d, w, run: any(f.kind == "TimerFired" for f in run)
    ),
    "committed, before anybody hears": lambda patch: _after(patch, Store, "append", when=_has("TimerFired")),
    "told": lambda patch: _after(
        patch, Desk, "_tell", when=lambda desk, run: any(f.kind == "TimerFired" for f in run.facts)
    ),
}
MESSAGES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "selected": lambda patch: _after(patch, relay.outbox, "due"),
    "attempt noted, before the commit": lambda patch: _after(patch, relay.outbox, "note_attempts"),
    "attempt durable, before it is published": lambda patch: _before(patch, Outgoing, "_try"),
    "half published": lambda patch: _before(
        patch, Path, "replace", when=lambda path, *_: path.suffix == ".new"
    ),
    "published, before anything says so": lambda patch: _after(patch, Outgoing, "_try"),
    "its outcome before the append": lambda patch: _before(
        patch, Store, "append", when=_has("MessageOutcome")
    ),
    "its outcome marked, before the commit": lambda patch: _after(
        patch, outbox, "project", when=lambda c, d, w, run: any(f.kind == "MessageOutcome" for f in run)
    ),
    "its outcome committed": lambda patch: _after(patch, Store, "append", when=_has("MessageOutcome")),
}


def _killed_in(act: Callable[[], None], arm: Callable[[pytest.MonkeyPatch], None]) -> None:
    child = os.fork()
    if child == 0:
        try:
            patch = pytest.MonkeyPatch()
            arm(patch)
            act()
        finally:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "the point was never reached"


@pytest.mark.parametrize("point", TIMERS)
def test_a_kill_at_any_step_of_a_firing_loses_and_doubles_no_timer(tmp_path: Path, point: str) -> None:
    hands = Hands()
    with desk_at(tmp_path, hands) as desk:
        assert receive(desk, 1).done
        pending = desk.ask(lambda state: dict(state.timers.pending)).result(10)
    hands.pass_s(max(pending.values()) - hands.wall_s + 1.0)

    def act() -> None:
        with desk_at(tmp_path, hands):
            wait_until(lambda: False, 10)

    _killed_in(act, TIMERS[point])
    with desk_at(tmp_path, hands) as desk:
        assert wait_until(
            lambda: not set(pending) & set(desk.ask(lambda state: set(state.timers.pending)).result(10))
        )
        with desk.store.reading() as connection:
            facts = list(desk.store.journal.read(connection, "live"))
            assert all(each.sound for each in verify(connection))
            assert judge_timers(facts, timers.pending(connection, "city", "live")) >= len(pending)


@pytest.mark.parametrize("point", MESSAGES)
def test_a_kill_at_any_step_of_a_delivery_sends_it_at_least_once_and_marks_it_once(
    tmp_path: Path, point: str
) -> None:
    data, out = tmp_path / "record", tmp_path / "out"
    store = Store(data)
    store.begin()
    queued = [
        MessageQueued(message_id=f"m{n}", channel="sms", recipient=f"u{n}", reason="drill_report", reason_id="a1", expires_s=EXPIRES_S)
        for n in range(3)
    ]  # fmt: skip
    store.append({"live": facts_of(queued, at_s=1_699_999_000.0)})
    store.close()
    hands = Hands()

    def act() -> None:
        with desk_at(data, hands) as desk:
            _relay(desk, out).carry()
            wait_until(lambda: False, 5)

    _killed_in(act, MESSAGES[point])
    hands.pass_s(120.0)
    with desk_at(data, hands) as desk:
        for _ in range(4):
            _relay(desk, out).carry()
            assert receive(desk, 0).done
            hands.pass_s(120.0)
        with desk.store.reading() as connection:
            facts = list(desk.store.journal.read(connection, "live", kinds=(MessageOutcome.NAME,)))
    said = [(f.body.message_id, f.body.outcome) for f in facts if f.body.message_id in SENT]  # type: ignore[attr-defined]
    assert sorted(said) == [(name, "delivered") for name in SENT]
    assert [json.loads(path.read_text())["id"] for path in sorted(out.glob("*.json"))] == list(SENT)


def _relay(desk: Desk, out: Path) -> Outgoing:
    return Outgoing(desk.store, desk, _Nobody(), desk.new_id, folder=out, language="en")


class _Nobody:
    """A feed that nobody listens to."""

    def present(self) -> tuple[frozenset[str], frozenset[str], bool]:
        return frozenset(), frozenset(), False

    def show(self, *_: Any, **__: Any) -> bool:
        return False
