"""One district's service in the simulation: the real desk on the real store on a real file, killed and started again as the seed says.

Idea: the desk runs without its threads, one `pump` at a time. A fuse may be lit: at a chosen point between decide, append, commit and answer the process
dies (`Killed` passes through everything, as a signal does), or the disk refuses. What a kill leaves is a copy of the files as they lie there, log and
all; the next start opens that copy and nothing else. Hub and outbox relay are the real ones too; only pages and phones are played.
Limits: a commit is one step; what a power cut does below the file system is shown elsewhere.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection

from firstminute.api.hub import Hub
from firstminute.app import turns
from firstminute.app.clock import DeskClock
from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed, Reply
from firstminute.app.desk_state import save
from firstminute.app.outgoing import Outgoing
from firstminute.app.pause import Pause
from firstminute.flow import timers, views
from firstminute.flow.state import State
from firstminute.flow.timers import Key
from firstminute.model.envelope import Actor, World
from firstminute.model.facts.desk import MessageQueued
from firstminute.store.errors import HeadLost, NotDurable, StorageRefused
from firstminute.store.store import Store
from tests.support.sim.agenda import Agenda
from tests.support.sim.town import Towns, fleet_at, make_state, seeded

KILLS = ("decide", "append", "committed", "answer")
AFTER_COMMIT = frozenset({"committed", "answer"})
SCHEMAS: dict[str, TypeAdapter[Any]] = {}
"""Made once for all processes of a run: they depend on the code alone."""
TICK_S = 1.0
CARRY_S = 3.0
LULL_S = 0.02


class Killed(BaseException):
    """The process is gone. Nothing may catch it."""


@dataclass(slots=True)
class Fuse:
    """What happens at the next chance, and how many chances pass first."""

    point: str = ""
    left: int = 0
    burnt: set[str] = field(default_factory=set)

    def burns(self, *points: str) -> str:
        """The point that is reached now, empty where nothing happens."""
        if self.point in points:
            if self.left <= 0:
                reached, self.point = self.point, ""
                self.burnt.add(reached)
                return reached
            self.left -= 1
        return ""


class Hands:
    """Both clocks of one machine: one that a person or a server may set, and one that only passes."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self.wrong_s = 0.0

    def wall_s(self) -> float:
        """What the wall clock shows."""
        return self._agenda.now_s + self.wrong_s

    def passed_s(self) -> float:
        """What has really passed."""
        return self._agenda.now_s

    def clock(self, floor_s: float) -> DeskClock:
        """A desk's clock on these hands."""
        return DeskClock(floor_s, self.wall_s, self.passed_s)


class FaultyStore(Store):
    """The store of a node whose disk and process may fail at a commit."""

    def __init__(self, folder: Path, district: str, fuse: Fuse, node: Node) -> None:
        self._fuse, self._node = fuse, node
        super().__init__(folder, district, before_commit=self._before)
        real = self.database.write

        @contextmanager
        def write() -> Iterator[Connection]:
            with real() as connection:
                yield connection
            match fuse.burns("committed", "unsure"):
                case "committed":
                    raise Killed("committed")
                case "unsure":
                    raise NotDurable("the disk took it and said that it had not")

        setattr(self.database, "write", write)  # noqa: B010

    def _before(self) -> None:
        if self._fuse.burns("append"):
            raise Killed
        if self._node.disk_full or self._fuse.burns("refused"):
            raise OSError(28, "No space left on device")


class SteppedDesk(Desk):
    """The desk taken through its turns one by one."""

    def pump(self) -> None:
        """One turn of the desk's own loop, without waiting for anything."""
        taken = self._queue.take(1 if self._careful else self._most_in_group, within_s=0.0)
        assert taken is not None
        self._turn(*taken)

    def begin(self) -> None:
        """What the desk's thread does first."""
        self._turns = turns.Turns(self.new_id, lambda: 0.0)
        self._admission._schemas = SCHEMAS
        self._begin()

    def ask(self, view: Callable[[State], Any], world: World = "live") -> Future[Any]:
        """Answered within the next turn, which is now."""
        future = super().ask(view, world)
        self.pump()
        return future

    @property
    def states(self) -> dict[World, State]:
        """What the desk has in memory."""
        return self._loop.states

    def watch(self) -> None:
        """What the ticker does once a second."""
        if self.next_due_s is not None and self.next_due_s <= self.now_s():
            self.tick()
        self._ticker.watch()


class Node:
    """One district.

    Attributes
    ----------
    desk, store, hub : of the process that runs now, None while none does
    phone : takes what the outbox hands to a page: (recipient, message); None where no page is open
    on_start, on_commit : called with this node when a process serves, and with what it committed before anybody else hears of it
    stops : how often it was killed or gave up
    """

    def __init__(self, agenda: Agenda, towns: Towns, folder: Path, district: str, seed: int) -> None:
        self.agenda, self.district, self._base = agenda, district, folder
        self.folder = folder / f"{district}-0"
        towns.copy(district, self.folder)
        self.hands, self.fuse = Hands(agenda), Fuse()
        self.ids = seeded(f"{seed} {district}")
        self.desk: SteppedDesk | None = None
        self.store: FaultyStore | None = None
        self.hub = Hub()
        self.disk_full = False
        self.stops = self.generation = self.clock_set = 0
        self.overdue: dict[tuple[World, Key], int] = {}
        self.on_start: list[Callable[[Node], None]] = []
        self.on_stop: list[Callable[[Node], None]] = []
        self.on_commit: list[Callable[[Node, Committed], None]] = []
        self.page: Any = None
        self._outgoing: Outgoing | None = None
        self._pumping = False
        agenda.after(0.0, self.start)
        agenda.after(TICK_S, self._tick)
        self._carrying = False
        self.left: dict[World, State] | None = None

    # ------------------------------------------------------------------ the life of a process

    def start(self) -> None:
        """Start a process on what lies there; a disk that refuses ends it at once."""
        if self.desk is not None:
            return
        self.clock_set += 1
        with self.dying():
            self.store = FaultyStore(self.folder, self.district, self.fuse, self)
            desk = SteppedDesk(self.store, make_state, clock=self.hands.clock, ids=self._drawn())
            desk.pause = Pause(self.hands.passed_s)
            desk.listen(self._committed)
            desk.begin()
            self.desk = desk
            self.overdue.clear()
            desk.place_fleet(fleet_at(self.agenda.now_s))
            state = desk.states["live"]
            state.fleet = fleet_at(self.agenda.now_s)
            self.hub = Hub()
            self.hub.publish(state.seq, views.render(state, views.all_keys(state)))
            self._outgoing = Outgoing(self.store, desk, self.page, self._new_id, folder=None)
            for tell in self.on_start:
                tell(self)
            self.left = None
            self.pump_soon()
            self._carry_soon()

    def stop(self, *, killed: bool = True, spoilt: bool = False) -> None:
        """End the process: killed as it stands, or in order with a snapshot. What it had in memory is kept for the judge, but where it is `spoilt`."""
        desk, store = self.desk, self.store
        if store is None:
            return
        if desk is not None and not killed:
            try:
                while desk.wanted:
                    desk.pump()
                save(store, desk.states)
            except (NotDurable, HeadLost, OSError, Killed):
                pass  # it died on its way out
        if desk is not None:
            self.left = None if spoilt else desk.states
        self.desk = self.store = self._outgoing = None
        self.stops += 1
        self.generation += 1
        left = self._base / f"{self.district}-{self.generation}"
        shutil.copytree(self.folder, left, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
        store.close()
        shutil.rmtree(self.folder)
        self.folder = left
        for tell in self.on_stop:
            tell(self)

    @contextmanager
    def dying(self) -> Iterator[None]:
        """Whatever is run in here may end the process."""
        try:
            yield
        except (Killed, NotDurable, HeadLost, StorageRefused) as problem:
            self.stop(spoilt=str(problem) not in AFTER_COMMIT)
            self.agenda.after(self.agenda.rng.uniform(0.5, 20.0), self.start)

    def _drawn(self) -> Iterator[str]:
        for each in self.ids:
            if self.fuse.burns("decide"):
                raise Killed
            yield each

    def _new_id(self) -> str:
        return next(self.ids)

    # ------------------------------------------------------------------ what reaches it

    def receive(
        self, name: str, arguments: Mapping[str, Any], actor: Actor, key: str, reply: Reply, **more: Any
    ) -> bool:
        """A command has arrived; False where no process takes it."""
        desk = self.desk
        if desk is None:
            return False

        def answer(ack: Any) -> None:
            if self.fuse.burns("answer"):
                raise Killed("answer")
            reply(ack)

        with self.dying():
            desk.send(answer, name, arguments, actor, key, **more)
        self.pump_soon()
        return True

    def pump_soon(self) -> None:
        """Let the desk take its next turn, after what it is busy with."""
        if not self._pumping:
            self._pumping = True
            self.agenda.after(self.agenda.rng.choice((0.001, 0.004, 0.04, 0.3)), self._pump)

    def _pump(self) -> None:
        self._pumping = False
        desk = self.desk
        if desk is None:
            return
        with self.dying():
            desk.pump()
            if desk.wanted:
                self.pump_soon()
            elif turns.waiting(desk.states):
                self._pumping = True
                self.agenda.after(LULL_S, self._pump)

    def _tick(self) -> None:
        self.agenda.after(TICK_S, self._tick)
        desk = self.desk
        if desk is None:
            return
        with self.dying():
            before = desk.metrics()["not_durable"]
            if desk.pause.on:
                desk.pump()
            desk.watch()
            if desk.wanted or desk.next_due_s is None or desk.next_due_s > desk.now_s():
                if desk.wanted:
                    self.pump_soon()
                self.overdue.clear()
                return
            desk.pump()
            if desk.metrics()["not_durable"] == before and not desk.timers_held and not desk.pause.on:
                self._count_overdue(desk)

    def _count_overdue(self, desk: SteppedDesk) -> None:
        """How many turns in a row each timer was due and did not fire."""
        due = {
            (world, key)
            for world, state in desk.states.items()
            for key in timers.due(state.timers, desk.now_s())
        }
        self.overdue = {each: self.overdue.get(each, 0) + 1 for each in sorted(due)}

    def _carry_soon(self, seconds: float = CARRY_S) -> None:
        if not self._carrying:
            self._carrying = True
            self.agenda.after(seconds, self._carry)

    def _carry(self) -> None:
        self._carrying = False
        desk = self.desk
        if desk is None or self._outgoing is None:
            return
        with self.dying():
            desk.place_fleet(fleet_at(self.agenda.now_s))
            try:
                left = self._outgoing.carry()
            except NotDurable:
                left = 1  # as the relay does: it is tried again
            if left:
                self._carry_soon(4 * CARRY_S)
            if desk.wanted:
                self.pump_soon()

    def _committed(self, run: Committed) -> None:
        for tell in self.on_commit:
            tell(self, run)
        if any(isinstance(fact.body, MessageQueued) for fact in run.facts):
            self._carry_soon()
        if run.world != "live":
            return
        keys: set[str] = set()
        for fact in run.facts:
            keys |= views.keys_of(run.state, fact)
        self.hub.publish(run.state.seq, views.render(run.state, sorted(keys)))
