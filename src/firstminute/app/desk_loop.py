"""One group of commands on the desk's thread: decide, fold and react for each, then one durable append, then the answers.

Idea (DESIGN.md §4): nothing leaves before the commit. When it fails the whole state is thrown away and everybody of the group hears
`not_durable`; the state is folded afresh from the record. A command that breaks a fold is refused alone and the others run again. After a
failure commands are committed one by one for a while, so that one that cannot be written does not take others with it.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from firstminute.flow import reply as replies
from firstminute.flow import step as stepping
from firstminute.flow import timers
from firstminute.flow.acks import Ack
from firstminute.flow.deciders.desk import ChangeRegister, FireTimer
from firstminute.flow.deciders.duty import EnterMember
from firstminute.flow.reactions import Reaction
from firstminute.flow.state import State
from firstminute.flow.step import Submitted
from firstminute.model.envelope import SYSTEM, Act, Actor, Body, Fact, TimeSource, World
from firstminute.model.facts.desk import ReactionFailed
from firstminute.respond.fleet import Fleet
from firstminute.store.commands import Answered
from firstminute.store.errors import NotDurable
from firstminute.store.store import Store

LOG = logging.getLogger("firstminute.desk")
STUCK_S = 10.0


MANY_ROWS = 1000
Reply = Callable[[Ack], None]
"""Takes an answer on the desk's thread. It must be quick and must not raise."""


def nobody(ack: Ack) -> None:
    """Where nobody waits for the answer."""


def answer(future: Future[Ack], ack: Ack) -> None:
    """Answer whoever still waits: one who went away (and cancelled) must not stop the desk."""
    if future.set_running_or_notify_cancel():
        future.set_result(ack)


def lively(began_s: float | None) -> bool:
    """Whether the group that began then (by the monotonic clock) comes to its end in time; a desk that hangs may be replaced by its stand-by."""
    return began_s is None or time.monotonic() - began_s < STUCK_S


@dataclass(eq=False, slots=True)
class Waiting:
    """A checked command on its way through the desk. `digest` is None where no answer need be remembered: nobody can send it again."""

    name: str
    arguments: Any
    digest: bytes | None
    actor: Actor
    command_id: str
    world: World
    occurred_s: float | None = None
    time_source: TimeSource = "system"
    reply: Reply = nobody


@dataclass(frozen=True, slots=True)
class Committed:
    """What a group made durable in one world."""

    world: World
    facts: Sequence[Fact]
    state: State


Listener = Callable[[Committed], None]


def guard(reaction: Reaction, state: State, fact: Fact, act: Act) -> list[Body]:
    """A reaction that raises loses only its own facts, and says so."""
    try:
        return reaction(state, fact, act)
    except Exception as problem:
        LOG.exception("reaction %s to %s raised", reaction.__name__, fact.kind)
        said = f"{type(problem).__name__}: {problem}"[:200]
        return [
            ReactionFailed(
                reaction=reaction.__name__, trigger=fact.kind, trigger_subject=fact.subject, problem=said
            )
        ]


class FoldBroke(RuntimeError):
    """A command's facts could not be folded: the state is spoilt."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__(waiting.name)
        self.waiting = waiting


class Loop:
    """Runs groups on `states`; every method belongs to the desk's thread.

    Parameters
    ----------
    fresh : makes the states anew from the record
    new_ids : the source of ids
    now : the desk's clock
    """

    def __init__(
        self, store: Store, fresh: Callable[[], dict[World, State]], new_ids: Any, now: Callable[[], float]
    ) -> None:
        self.store, self._fresh, self._ids, self._now = store, fresh, new_ids, now
        self.states: dict[World, State] = fresh()

    def run(
        self, group: Sequence[Waiting], *, hurried: bool = False
    ) -> tuple[list[tuple[Waiting, Ack]], list[Committed]]:
        """Answers in the order of `group`, and what was committed. `hurried`: calls are only saved, their turn comes later.

        Raises
        ------
        NotDurable, HeadLost : nothing of the group may be acknowledged; the states are spoilt until `start_again`
        """
        while True:
            try:
                return self._run(group, hurried)
            except FoldBroke as broken:
                self.start_again()
                culprit = broken.waiting
                rest = [each for each in group if each is not culprit]
                answers, committed = self.run(rest, hurried=hurried) if rest else ([], [])
                return [*answers, (culprit, self._refused(culprit, "command_failed"))], committed

    def rest(self) -> None:
        """Nobody waits: let the record bring its log in order."""
        try:
            self.store.database.rest()
        except NotDurable as problem:
            LOG.warning("the log could not be brought into the file: %s", problem)

    def start_again(self) -> list[Committed]:
        """Throw the states away and fold them afresh. What is in the record although its commit was called failed: nobody has heard of it yet."""
        before = {world: head.seq for world, head in self.store.heads.items()}
        self.store.begin()
        self.states = self._fresh()
        found: list[Committed] = []
        with self.store.reading() as connection:
            for world, state in self.states.items():
                facts = list(self.store.journal.read(connection, world, before.get(world, state.seq)))
                if facts:
                    found.append(Committed(world, facts, state))
        return found

    def look_again(self) -> bool:
        """Fold the states from what the record says without taking it over; False where it cannot even be read: then they are spoilt."""
        try:
            self.states = self._fresh()
        except NotDurable:
            return False
        return True

    def _run(
        self, group: Sequence[Waiting], hurried: bool
    ) -> tuple[list[tuple[Waiting, Ack]], list[Committed]]:
        asked = [each.command_id for each in group if each.digest is not None]
        known = self.store.answered(asked) if asked else {}
        answers: list[tuple[Waiting, Ack]] = []
        runs: dict[World, list[Fact]] = {}
        fresh: dict[str, tuple[Waiting, Ack]] = {}
        remembered: list[Answered] = []
        for each in group:
            before, twin = known.get(each.command_id), fresh.get(each.command_id)
            if before is not None and each.digest is not None:
                answers.append((each, _again(each, before.digest, ack_of(before))))
                continue
            if twin is not None:
                answers.append((each, _again(each, twin[0].digest, twin[1])))
                continue
            facts, ack = self._step(each, hurried)
            runs.setdefault(each.world, []).extend(facts)
            answers.append((each, ack))
            if each.digest is not None:
                fresh[each.command_id] = (each, ack)
                remembered.append(_answered(each, ack, self.states[each.world].at_s))
        if remembered or any(runs.values()):
            self.store.append(runs, remembered)
        return answers, [
            Committed(world, facts, self.states[world]) for world, facts in runs.items() if facts
        ]

    def _step(self, each: Waiting, hurried: bool) -> tuple[list[Fact], Ack]:
        state = self.states[each.world]
        act = Act(
            at_s=max(self._now(), state.at_s), actor=each.actor, command_id=each.command_id, ids=self._ids,
            occurred_s=each.occurred_s, time_source=each.time_source, world=each.world, hurried=hurried,
        )  # fmt: skip
        arguments = each.arguments
        if isinstance(arguments, ChangeRegister):
            if each.world != "live":
                return [], self._refused(each, "registers_are_live")
            if arguments.table in self.store.settling:
                return [], self._refused(each, "import_running", {"table": arguments.table})
            arguments = replace(arguments, versions=(state.seq + 1,) * len(arguments.keys))
        if isinstance(arguments, EnterMember) and "members" in self.store.settling:
            return [], self._refused(each, "import_running", {"table": "members"})
        try:
            outcome = stepping.step(state, Submitted(each.name, arguments, act), guard)
        except Exception as problem:
            LOG.exception("command %s raised", each.name)
            if _while_folding(problem):
                raise FoldBroke(each) from problem
            return [], self._refused(each, "command_failed")
        if outcome.refused is not None:
            return [], self._refused(each, outcome.refused.code, outcome.refused.parameters)
        return outcome.facts, Ack(
            seq=state.seq, command_id=each.command_id, status="done", reply=replies.reply(outcome.facts)
        )

    def _refused(self, each: Waiting, code: str, params: Mapping[str, Any] | None = None) -> Ack:
        return Ack(
            seq=self.states[each.world].seq,
            command_id=each.command_id,
            status="refused",
            code=code,
            params=dict(params or {}),
        )


def due(states: Mapping[World, State], at_s: float, new_id: Callable[[], str]) -> list[Waiting]:
    """The firings that are due now, as commands."""
    found: list[Waiting] = []
    for world, state in states.items():
        if not state.desk.timers_held:
            for subject, timer, number in timers.due(state.timers, at_s):
                key = FireTimer(subject=subject, timer=timer, round=number)
                found.append(Waiting("fire_timer", key, None, SYSTEM, new_id(), world))
    return found


def rest(store: Store) -> None:
    """Bring the log into the file while nobody waits."""
    try:
        store.database.rest()
    except NotDurable as problem:
        LOG.warning("the log could not be brought into the file: %s", problem)


def many_rows(group: Sequence[Waiting]) -> bool:
    """True where a group put a great many rows of a register into memory, which stay."""
    return any(
        isinstance(each.arguments, ChangeRegister) and len(each.arguments.keys) >= MANY_ROWS for each in group
    )


def next_due(states: Mapping[World, State]) -> tuple[bool, float | None]:
    """Whether timers are held anywhere, and when the next one that is not is due."""
    held = any(state.desk.timers_held for state in states.values())
    dues = [timers.next_due_s(state.timers) for state in states.values() if not state.desk.timers_held]
    return held, min((each for each in dues if each is not None), default=None)


def not_durable(each: Waiting) -> Ack:
    """The answer where a commit failed: nothing is known to be written, ask again with the same id."""
    return Ack(seq=0, command_id=each.command_id, status="not_durable", code="not_durable")


def place(states: Mapping[World, State], fleet: Fleet | None) -> None:
    """Where everybody stands from now on."""
    if fleet is not None:
        for state in states.values():
            state.fleet = fleet


def turn_away(group: Iterable[Waiting], code: str | None = None) -> None:
    """Everybody of a group that cannot be made durable hears it."""
    for each in group:
        each.reply(replace(not_durable(each), code=code) if code else not_durable(each))


def tell(listeners: Iterable[Listener], run: Committed) -> int:
    """Tell of a commit; how many of the listeners failed. None of them stops the desk."""
    failed = 0
    for listener in listeners:
        try:
            listener(run)
        except Exception:
            failed += 1
            LOG.exception("a listener failed; the desk goes on")
    return failed


def ack_of(answered: Answered) -> Ack:
    """A remembered answer, given again."""
    status: Any = answered.status
    detail = answered.detail
    return Ack(
        seq=answered.seq, command_id=answered.command_id, status=status, code=answered.code,
        params=detail.get("params", {}), reply=detail.get("reply", {}), again=True,
    )  # fmt: skip


def _answered(each: Waiting, ack: Ack, at_s: float) -> Answered:
    assert each.digest is not None
    return Answered(
        each.command_id,
        each.digest,
        each.world,
        ack.seq,
        ack.status,
        ack.code,
        {"params": ack.params, "reply": ack.reply},
        at_s,
    )


def _again(each: Waiting, digest: bytes | None, ack: Ack) -> Ack:
    """The first answer, where it is the same command; a conflict where the id was used for another."""
    if digest == each.digest:
        return replace(ack, again=True)
    return Ack(seq=ack.seq, command_id=each.command_id, status="refused", code="idempotency_conflict")


def _while_folding(problem: BaseException) -> bool:
    """True where the exception came out of a fold: then slices may be half changed."""
    return any(
        frame.f_code is stepping.fold.__code__ for frame, _ in traceback.walk_tb(problem.__traceback__)
    )
