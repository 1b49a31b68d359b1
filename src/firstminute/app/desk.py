"""READ THIRD: the desk, the single writer.

Idea (DESIGN.md §4): shells submit commands by name with plain data and get a future; one thread takes whatever waits, runs it as a group
and makes it durable with one commit before anybody hears of it. It never waits to fill a group; only in a rush of calls does it leave the
interpreter to the event loop for a moment, because two threads that pass it to and fro do less than one after the other. Timers come from a
ticker thread that only knocks; the firing itself is a command like any other. Positions arrive as a whole immutable fleet that is swapped in.
A desk that loses its head stops; one whose record cannot be written is read-only until it can (`pause`).
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

from firstminute.app import desk_health, turns
from firstminute.app import desk_loop as loops
from firstminute.app.admission import admission_of, answered
from firstminute.app.clock import DeskClock
from firstminute.app.desk_loop import Committed, Listener, Loop, Reply, Waiting
from firstminute.app.desk_queue import MOST_IN_GROUP, Queue
from firstminute.app.desk_state import WORLDS, keep, rebuild
from firstminute.app.ids import new_id, new_ids
from firstminute.app.pause import Pause, resumed
from firstminute.app.ticker import Ticker
from firstminute.flow.acks import Ack
from firstminute.flow.state import State
from firstminute.model.envelope import Actor, TimeSource, World
from firstminute.model.facts.desk import ClockConfirmed
from firstminute.respond.fleet import Fleet
from firstminute.store.errors import Broken, HeadLost, NotDurable, Unreadable
from firstminute.store.store import Store
from firstminute.store.subjects import KEEP_CLOSED_S

LOG = logging.getLogger("firstminute.desk")
T = TypeVar("T")
MOST_WAITING = 8192
GIVE_WAY_S = 0.003
QUIET_S = 0.25
"""So long nobody speaks before the log is brought into the file."""
TOLD = (HeadLost, NotDurable, Broken)
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
    pause : whether the record can be written at all
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
        self.most_waiting, self._most_in_group = most_waiting, most_in_group
        self._queue, self._admission = Queue(most_waiting), admission_of(store)
        self._listeners: list[Listener] = []
        self._fleet: Fleet | None = None
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._ready = threading.Event()
        self.failed: BaseException | None = None
        self._counts = dict.fromkeys(desk_health.COUNTED, 0)
        self._last_commit_s = 0.0
        self._careful = 0
        self._turn_s: float | None = None
        self.pause = Pause()
        self.hurried = self.deciding = False
        self._turns = turns.Turns(self.new_id)
        self.clock = DeskClock()
        self.next_due_s: float | None = None
        self.timers_held = False
        self._ticker = Ticker(self)

    # ------------------------------------------------------------------ for everybody

    def start(self) -> Desk:
        """Take the record over, rebuild the state and begin to serve; raises what kept it from that."""
        self.store.database.attend(
            lambda: self.failed is None and loops.lively(self._turn_s),
            lambda: self._queue.ask(self.store.database.assert_in_place),
        )
        self._thread.start()
        self._ready.wait()
        if self.failed is not None:
            raise self.failed
        if self._ticking:
            self._ticker.start()
        return self

    @property
    def superseded(self) -> bool:
        """True once it stopped because another process leads, or the record is gone from under it."""
        return isinstance(self.failed, HeadLost)

    @property
    def running(self) -> bool:
        """True from start until it stops or fails."""
        return self._thread.is_alive() and self.failed is None

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
            partial(loops.answer, future), name, arguments, actor, command_id,
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
        shut = self.pause.on and self.running
        for each in some if shut else self._queue.put(some):
            if shut:
                loops.turn_away([each], "read_only")
            elif self._queue.closed:
                each.reply(answered(each.command_id, "not_durable", "desk_stopped"))
            else:
                self._counts["busy"] += 1
                each.reply(answered(each.command_id, "busy", "desk_busy", {"waiting": len(self._queue)}))

    def ask(self, view: Callable[[State], T], world: World = "live") -> Future[T]:
        """Run a pure view on the desk's own state, between two groups. It must be quick and must change nothing. Unreadable where there is no state."""
        future: Future[T] = Future()

        def look() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    if not self.pause.shown:
                        raise Unreadable(self.pause.problem)
                    future.set_result(view(self._loop.states[world]))
                except Exception as problem:
                    future.set_exception(problem)

        if not self._queue.ask(look):
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
        running = self._thread.is_alive() and self.failed is None
        return {
            **desk_health.health_of(self.store, self.clock, self.pause),
            "running": running,
            "accepting": running and not self._queue.closed and not self.pause.on,
            "durable": running and self._careful == 0 and not self.pause.on,
            "problem": None if self.failed is None else str(self.failed),
            "timers_held": self.timers_held,
            "waiting": len(self._queue),
        }

    def metrics(self) -> dict[str, float]:
        """Counters since start, and gauges."""
        return {
            **self._counts,
            "waiting": len(self._queue),
            "deferred_calls": turns.waiting(self._loop.states),
            "last_commit_s": self._last_commit_s,
            **self.pause.metrics(),
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
            if not self.pause.on:
                keep(self.store, self._loop.states)
        except BaseException as problem:
            self.failed = problem
            LOG.critical("the desk stops: %s", problem, exc_info=not isinstance(problem, TOLD))
            loops.turn_away(self._queue.abandon())
        finally:
            self._ready.set()

    def _begin(self) -> None:
        self.store.begin()
        self._loop = Loop(self.store, self._fresh, self._ids, self.now_s)
        self._announce()
        self._ready.set()

    def _turn(self, group: list[Waiting], questions: list[Callable[[], None]], tick: bool) -> None:
        """Serve what was taken: timers that are due first, then who waited, then calls whose turn has come, then questions."""
        self.deciding, self._turn_s = True, time.monotonic()
        if self.pause.due:
            self._take_up_again()
        if self.pause.on:
            self._counts["not_durable"] += len(group)
            loops.turn_away(group, "read_only")
            group, tick = [], False
        loops.place(self._loop.states, self._fleet)
        if tick and not self._queue.closed:
            group = [*loops.due(self._loop.states, self.now_s(), self.new_id), *group]
        if not self._queue.closed and not self.pause.on:
            busy, states = bool(group or questions or tick), self._loop.states
            group = [*group, *self._turns.next(states, busy=busy, at_s=self.now_s())]
        if group:
            self._serve(group)
            self._turns.over()
        for question in questions:
            question()
        if not (group or questions or tick) and self.store.database.restless:
            self._loop.rest()
        self.deciding, self._turn_s = False, None
        self._announce()

    def _take(self) -> tuple[list[Waiting], list[Callable[[], None]], bool] | None:
        """What waits, or nothing after a lull where deferred calls wait for their turn."""
        if self.hurried:  # those just answered speak again, and reading that costs half as much undisturbed
            self._queue.give_way(GIVE_WAY_S)
        most = 1 if self._careful else self._most_in_group
        within_s = QUIET_S if self.store.database.restless else None
        if self.pause.on:
            within_s = self.pause.wait_s
        elif turns.waiting(self._loop.states):
            within_s = self._turns.lull_s()
        return self._queue.take(most, within_s=within_s)

    def _fresh(self) -> dict[World, State]:
        with self.store.reading() as connection:
            floor_s = max(self.store.journal.last_at_s(connection, world) for world in WORLDS)
        if not self._ready.is_set():
            self.clock = self._make_clock(floor_s)
        return rebuild(self.store, self._make_state, self.clock.at_s(), self._keep_closed_s)

    def _serve(self, group: list[Waiting]) -> None:
        began = time.perf_counter()
        try:
            self.hurried = turns.hurried(group, self._loop.states)
            answers, committed = self._loop.run(group, hurried=self.hurried)
        except (NotDurable, HeadLost) as problem:
            LOG.error("a group of %d was not made durable: %s", len(group), problem)
            self._counts["not_durable"] += len(group)
            loops.turn_away(group)
            if isinstance(problem, HeadLost):
                raise
            self._careful = CAREFUL
            self._take_up_again()
            return
        except BaseException:
            loops.turn_away(group)
            raise
        self._careful = max(0, self._careful - 1)
        self._last_commit_s = time.perf_counter() - began
        self._counts["groups"] += 1
        self._counts["commands"] += len(group)
        for each, ack in answers:
            each.reply(ack)
        for run in committed:
            self._tell(run)
        if loops.many_rows(group):
            gc.freeze()  # rows stay: the collector need not walk them again and again while calls wait

    def _take_up_again(self) -> None:
        """Take the record over afresh after a failed commit; where that fails too nothing is accepted until it works."""
        try:
            found = self._loop.start_again()
        except NotDurable as problem:
            self.pause.begin(problem, self.now_s(), shown=self._loop.look_again())
            return
        if self.pause.on:
            self._queue.put([resumed(self.pause, self.store.desk, self.new_id())])
            self.pause.end()
        for run in found:
            self._tell(run)

    def _tell(self, run: Committed) -> None:
        self._counts["facts"] += len(run.facts)
        self._counts["reactions_failed"] += sum(fact.kind == "ReactionFailed" for fact in run.facts)
        if any(isinstance(fact.body, ClockConfirmed) for fact in run.facts):
            self.clock.confirm()  # by the fact and not by an answer, which may be given again later
            self._ticker.confirmed()
        self._counts["listeners_failed"] += loops.tell(self._listeners, run)

    def _announce(self) -> None:
        """Tell the ticker when to knock next."""
        self.timers_held, self.next_due_s = loops.next_due(self._loop.states)
        self._ticker.wake()
