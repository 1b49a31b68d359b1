"""READ THIRD: the desk, the single writer.

Idea (DESIGN.md §4): shells submit commands by name with plain data and get a future; one thread takes whatever waits, runs it as a group
and makes it durable with one commit before anybody hears of it. It never waits to fill a group; only in a rush of calls does it leave the
interpreter to the event loop for a moment, because two threads that pass it to and fro do less than one after the other. Timers come from a
ticker thread that only knocks; the firing itself is a command like any other. Positions arrive as a whole immutable fleet that is swapped in.
A desk that loses its head, or cannot write again after a rebuild, stops.
Limits: two worlds, live and exercise; the twin runs elsewhere on the same step.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from firstminute.app import turns
from firstminute.app.admission import Admission, answered
from firstminute.app.clock import DeskClock
from firstminute.app.desk_loop import Committed, Loop, Reply, Waiting, not_durable
from firstminute.app.desk_queue import MOST_IN_GROUP, Queue
from firstminute.app.desk_state import WORLDS, rebuild, save
from firstminute.app.ids import new_id, new_ids
from firstminute.app.ticker import Ticker
from firstminute.flow import timers
from firstminute.flow.acks import Ack
from firstminute.flow.deciders.desk import ChangeRegister, FireTimer
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM, Actor, TimeSource, World
from firstminute.model.facts.desk import ClockConfirmed
from firstminute.respond.fleet import Fleet
from firstminute.store.errors import HeadLost, NotDurable
from firstminute.store.store import Store
from firstminute.store.subjects import KEEP_CLOSED_S

LOG = logging.getLogger("firstminute.desk")
T = TypeVar("T")
Listener = Callable[[Committed], None]
MOST_WAITING = 8192
MANY_ROWS = 1000
GIVE_WAY_S = 0.003
QUIET_S = 0.25
"""So long nobody speaks before the log is brought into the file."""
COUNTED = ("commands", "facts", "groups", "not_durable", "busy", "reactions_failed", "listeners_failed")
CAREFUL = 64  # commands committed one by one after a failed commit


class Desk:
    """One desk on one store.

    Parameters
    ----------
    store : opened, not yet begun
    make_state : an empty state of a world; gives it its ground
    clock : for tests; by default wall time at start-up plus what passed
    most_waiting : how many commands may wait before others hear `desk_busy`
    most_in_group : how many commands one commit may hold
    keep_closed_s : how long a closed subject stays known to a rebuilt state
    ticking : False where only a command or two are to be run: then no timer fires
    ids : for tests: where every id comes from that the desk makes

    Attributes
    ----------
    hurried : many are calling at once: what can wait should
    deciding : a group is on its way to the disk this very moment
    """

    def __init__(
        self,
        store: Store,
        make_state: Callable[[World], State] = State,
        *,
        clock: Callable[[float], DeskClock] = DeskClock,
        most_waiting: int = MOST_WAITING,
        most_in_group: int = MOST_IN_GROUP,
        keep_closed_s: float = KEEP_CLOSED_S,
        ticking: bool = True,
        ids: Iterator[str] | None = None,
    ) -> None:
        self.store, self._ticking = store, ticking
        self._ids = new_ids() if ids is None else ids
        self.new_id: Callable[[], str] = new_id if ids is None else partial(next, ids)
        self._make_state, self._make_clock, self._keep_closed_s = make_state, clock, keep_closed_s
        self._queue, self._most_in_group = Queue(most_waiting), most_in_group
        self._admission = Admission(store.vault.stamp, store.keyless, store.calls_of, store.desk)
        self._listeners: list[Listener] = []
        self._fleet: Fleet | None = None
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._counts = dict.fromkeys(COUNTED, 0)
        self._last_commit_s = 0.0
        self._careful = 0
        self.hurried = self.deciding = False
        self._turns = turns.Turns(self.new_id)
        self.clock = DeskClock()
        self.next_due_s: float | None = None
        self.timers_held = False
        self._ticker = Ticker(self)

    # ------------------------------------------------------------------ for everybody

    def start(self) -> Desk:
        """Take the record over, rebuild the state and begin to serve; raises what kept it from that."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed
        if self._ticking:
            self._ticker.start()
        return self

    @property
    def running(self) -> bool:
        """True from start until it stops or fails."""
        return self._thread.is_alive() and self._failed is None

    def submit(
        self,
        name: str,
        arguments: Mapping[str, Any],
        actor: Actor,
        command_id: str,
        *,
        occurred_s: float | None = None,
        time_source: TimeSource = "system",
        world: World = "live",
        repeatable: bool = True,
    ) -> Future[Ack]:
        """Queue one command. The future holds its `Ack` once it is durable, or at once where it is invalid or the desk is busy."""
        future: Future[Ack] = Future()
        self.send(
            partial(_answer, future), name, arguments, actor, command_id,
            occurred_s=occurred_s, time_source=time_source, world=world, repeatable=repeatable,
        )  # fmt: skip
        return future

    def send(
        self,
        reply: Reply,
        name: str,
        arguments: Mapping[str, Any],
        actor: Actor,
        command_id: str,
        *,
        occurred_s: float | None = None,
        time_source: TimeSource = "system",
        world: World = "live",
        repeatable: bool = True,
    ) -> None:
        """Queue one command; `reply` is called with its `Ack` as `submit` says: here and now, or on the desk's thread.

        `repeatable`: the sender may send the same id again and shall get the same answer; False where the id was made for this one time.
        """
        admitted = self.admit(
            reply, name, arguments, actor, command_id,
            occurred_s=occurred_s, time_source=time_source, world=world, repeatable=repeatable,
        )  # fmt: skip
        if admitted is not None:
            self.put(admitted)

    def admit(
        self,
        reply: Reply,
        name: str,
        arguments: Mapping[str, Any],
        actor: Actor,
        command_id: str,
        **more: Any,
    ) -> Waiting | None:
        """The same command made ready for `put`, the keywords those of `send`; None where it was refused, and `reply` called, at once."""
        admitted = self._admission.admit(name, arguments, actor, command_id, **more)
        if isinstance(admitted, Ack):
            reply(admitted)
            return None
        admitted.reply = reply
        return admitted

    def put(self, *some: Waiting) -> None:
        """Queue commands that are checked already, those that came together together; each `reply` is called as `send` says."""
        for each in self._queue.put(some):
            if self._queue.closed:
                each.reply(answered(each.command_id, "not_durable", "desk_stopped"))
            else:
                self._counts["busy"] += 1
                each.reply(answered(each.command_id, "busy", "desk_busy", {"waiting": len(self._queue)}))

    def ask(self, view: Callable[[State], T], world: World = "live") -> Future[T]:
        """Run a pure view on the desk's own state, between two groups. It must be quick and must change nothing."""
        future: Future[T] = Future()

        def answer() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(view(self._loop.states[world]))
                except Exception as problem:
                    future.set_exception(problem)

        if not self._queue.ask(answer):
            future.set_exception(RuntimeError("the desk has stopped"))
        return future

    def listen(self, listener: Listener) -> None:
        """Call `listener` on the desk's thread with each commit, after its answers went out. It must be quick."""
        self._listeners.append(listener)

    def place_fleet(self, fleet: Fleet) -> None:
        """Where everybody stands from now on: a whole immutable set, swapped in before the next group."""
        self._fleet = fleet

    @property
    def wanted(self) -> bool:
        """True while a command waits or is being decided."""
        return self.deciding or len(self._queue) > 0

    def tick(self) -> None:
        """Look for timers that are due."""
        self._queue.tick()

    def now_s(self) -> float:
        """The desk's time, seconds since 1970."""
        return self.clock.at_s()

    def health(self) -> dict[str, Any]:
        """What an operator must see: does it run, is it durable, is its clock right."""
        running = self._thread.is_alive() and self._failed is None
        heads = {world: head.seq for world, head in self.store.heads.items()}
        apart = self.clock.apart()
        return {
            "desk": self.store.desk,
            "running": running,
            "accepting": running and not self._queue.closed,
            "durable": running and self._careful == 0,
            "problem": None if self._failed is None else str(self._failed),
            "epoch": next((head.epoch for head in self.store.heads.values()), 0),
            "seq": heads,
            "clock": apart,
            "clock_apart_s": round(self.clock.apart_s(), 3),
            "timers_held": self.timers_held,
            "waiting": len(self._queue),
            "storage": self.store.database.durability,
        }

    def metrics(self) -> dict[str, float]:
        """Counters since start, and gauges."""
        return {
            **self._counts,
            "waiting": len(self._queue),
            "deferred_calls": turns.waiting(self._loop.states),
            "last_commit_s": self._last_commit_s,
        }

    def stop(self) -> None:
        """Serve what waits, keep a snapshot, stop. The store stays open; its owner closes it."""
        self._ticker.stop()
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join()

    # ------------------------------------------------------------------ the desk's thread

    def _work(self) -> None:
        try:
            self._begin()
            while (taken := self._take()) is not None:
                self._turn(*taken)
            save(self.store, self._loop.states)
        except BaseException as problem:
            self._failed = problem
            LOG.critical(
                "the desk stops: %s", problem, exc_info=not isinstance(problem, (HeadLost, NotDurable))
            )
            for each in self._queue.abandon():
                each.reply(not_durable(each))
        finally:
            self._ready.set()

    def _begin(self) -> None:
        self.store.begin()
        self._loop = Loop(self.store, self._fresh, self._ids, self.now_s)
        self._announce()
        self._ready.set()

    def _turn(self, group: list[Waiting], questions: list[Callable[[], None]], tick: bool) -> None:
        """Serve what was taken: timers that are due first, then who waited, then calls whose turn has come, then questions."""
        self.deciding = True
        self._place()
        if tick and not self._queue.closed:
            group = [*self._due(), *group]
        if not self._queue.closed:
            busy, states = bool(group or questions or tick), self._loop.states
            group = [*group, *self._turns.next(states, busy=busy, at_s=self.now_s())]
        if group:
            self._serve(group)
            self._turns.over()
        for question in questions:
            question()
        if not (group or questions or tick) and self.store.database.restless:
            self._rest()
        self.deciding = False
        self._announce()

    def _rest(self) -> None:
        try:
            self.store.database.rest()
        except NotDurable as problem:
            LOG.warning("the log could not be brought into the file: %s", problem)

    def _take(self) -> tuple[list[Waiting], list[Callable[[], None]], bool] | None:
        """What waits, or nothing after a lull where deferred calls wait for their turn."""
        if self.hurried:  # those just answered speak again, and reading that costs half as much undisturbed
            self._queue.give_way(GIVE_WAY_S)
        most = 1 if self._careful else self._most_in_group
        within_s = QUIET_S if self.store.database.restless else None
        if turns.waiting(self._loop.states):
            within_s = self._turns.lull_s()
        return self._queue.take(most, within_s=within_s)

    def _fresh(self) -> dict[World, State]:
        with self.store.reading() as connection:
            floor_s = max(self.store.journal.last_at_s(connection, world) for world in WORLDS)
        if not self._ready.is_set():
            self.clock = self._make_clock(floor_s)
        return rebuild(self.store, self._make_state, self.clock.at_s(), self._keep_closed_s)

    def _place(self) -> None:
        if self._fleet is not None:
            for state in self._loop.states.values():
                state.fleet = self._fleet

    def _due(self) -> list[Waiting]:
        """The firings that are due now, as commands."""
        found: list[Waiting] = []
        for world, state in self._loop.states.items():
            if not state.desk.timers_held:
                for subject, timer, number in timers.due(state.timers, self.now_s()):
                    key = FireTimer(subject=subject, timer=timer, round=number)
                    found.append(Waiting("fire_timer", key, None, SYSTEM, self.new_id(), world))
        return found

    def _serve(self, group: list[Waiting]) -> None:
        began = time.perf_counter()
        try:
            self.hurried = turns.hurried(group, self._loop.states)
            answers, committed = self._loop.run(group, hurried=self.hurried)
        except (NotDurable, HeadLost) as problem:
            LOG.error("a group of %d was not made durable: %s", len(group), problem)
            self._counts["not_durable"] += len(group)
            for each in group:
                each.reply(not_durable(each))
            if isinstance(problem, HeadLost):
                raise
            self._careful = CAREFUL
            for run in self._loop.start_again():
                self._tell(run)
            return
        except BaseException:
            for each in group:
                each.reply(not_durable(each))
            raise
        self._careful = max(0, self._careful - 1)
        self._last_commit_s = time.perf_counter() - began
        self._counts["groups"] += 1
        self._counts["commands"] += len(group)
        for each, ack in answers:
            each.reply(ack)
        for run in committed:
            self._tell(run)
        if any(
            isinstance(each.arguments, ChangeRegister) and len(each.arguments.keys) >= MANY_ROWS
            for each in group
        ):
            gc.freeze()  # rows stay: the collector need not walk them again and again while calls wait

    def _tell(self, run: Committed) -> None:
        self._counts["facts"] += len(run.facts)
        self._counts["reactions_failed"] += sum(fact.kind == "ReactionFailed" for fact in run.facts)
        if any(isinstance(fact.body, ClockConfirmed) for fact in run.facts):
            self.clock.confirm()  # by the fact and not by an answer, which may be given again later
            self._ticker.confirmed()
        for listener in self._listeners:
            try:
                listener(run)
            except Exception:
                self._counts["listeners_failed"] += 1
                LOG.exception("a listener failed; the desk goes on")

    def _announce(self) -> None:
        """Tell the ticker when to knock next."""
        self.timers_held = any(state.desk.timers_held for state in self._loop.states.values())
        dues = [
            timers.next_due_s(state.timers)
            for state in self._loop.states.values()
            if not state.desk.timers_held
        ]
        self.next_due_s = min((due for due in dues if due is not None), default=None)
        self._ticker.wake()


def _answer(future: Future[Ack], ack: Ack) -> None:
    """Answer whoever still waits: one who went away (and cancelled) must not stop the desk."""
    if future.set_running_or_notify_cancel():
        future.set_result(ack)
