"""What must hold of one district, whatever happened: looked at after every step from the record, the state and the screens, each by its own way.

Idea: the judge reads new facts from the file itself after each commit and keeps its own small books (timers, calls, commands), so that it believes
neither the desk's memory nor the store's tables. `Broken` says which promise, in words.
Limits: a retry after the answers were pruned (days) is not played.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from firstminute.app.desk_state import rebuild
from firstminute.flow.state import State
from firstminute.model.encoding import encode_body
from firstminute.model.envelope import Fact, World
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import ClockConfirmed, TimerCancelled, TimerFired, TimerSet
from firstminute.model.facts.incident import TransferAnswered
from firstminute.respond import lifecycle
from firstminute.store import snapshots, timers
from firstminute.store.canonical import canonical
from tests.support.sim.node import Node
from tests.support.sim.people import Mouth, Wish
from tests.support.sim.screens import Screens
from tests.support.sim.town import Head, make_state

LATE_TURNS = 3
TABLE_EVERY = 4
ROUNDING_S = 1e-3


class Broken(AssertionError):
    """A promise that was not kept."""


class Judge:
    """Holds one district to its promises."""

    def __init__(self, node: Node, mouths: list[Mouth], screens: Screens, head: Head) -> None:
        self.node, self._mouths, self._screens = node, mouths, screens
        self.seq = head.seq
        self.digest = hashlib.sha256()
        self.facts = Counter[str]()
        self.calls: dict[str, str] = {}  # call id → command id
        self.external: dict[str, str] = {}
        self._pending = {key: (due_s, 0.0, -1) for key, due_s in head.pending.items()}
        """Timer → when it is due, how far desk time and true time were apart, under which setting of the clock it was set."""
        self._owner = ""
        self._done: set[str] = set()
        self._confirmed = 0
        self._reads, self._looked = 0, False
        node.on_start.append(lambda _: self.started())

    def look(self) -> None:
        """After every step."""
        node = self.node
        desk = node.desk
        if desk is None or node.store is None:
            return
        state = desk.states["live"]
        moved = node.store.heads["live"].seq != self.seq
        if moved:
            self._read()
        self._answers()
        late = [key for key, turns in node.overdue.items() if turns >= LATE_TURNS]
        self._hold(not late, f"timers are due and do not fire: {late[:3]}")
        if moved or not self._looked:
            self._looked = True
            failed = desk.metrics()["listeners_failed"]
            self._hold(failed == 0, f"{failed} listeners failed")
            self._hold(state.desk.failed_reactions == 0, "a reaction raised")
            self._none(bound_once(state))
            self._none(forgotten(state, node.hub.rows))
        self._none(self._screens.wrong(state))

    def _none(self, found: Iterator[str]) -> None:
        for said in found:
            raise Broken(f"{self.node.district}: {said}")

    def _hold(self, holds: bool, said: str) -> None:
        if not holds:
            raise Broken(f"{self.node.district}: {said}")

    # ------------------------------------------------------------------ the record

    def _read(self, *, late: bool = False) -> None:
        store = self.node.store
        assert store is not None
        self._reads += 1
        with store.database.look() as connection:
            new = list(store.journal.read(connection, "live", self.seq))
            waiting = (
                timers.pending(connection, store.desk, "live") if self._reads % TABLE_EVERY == 0 else None
            )
        for fact in new:
            self._hold(fact.seq == self.seq + 1, f"fact {fact.seq} follows fact {self.seq}")
            self.seq = fact.seq
            self._enter(fact, late)
        if new and waiting is not None:
            due = {key: due_s for key, (due_s, _, _) in self._pending.items()}
            self._hold(due == waiting, "the table of timers is not what the facts say")

    def _enter(self, fact: Fact, late: bool) -> None:
        plain, sealed = encode_body(fact.body)
        line = [
            fact.seq,
            fact.at_s,
            fact.occurred_s,
            fact.kind,
            fact.subject,
            fact.actor,
            fact.command_id,
            plain,
            sealed,
        ]
        self.digest.update(canonical(line))
        self.facts[fact.kind] += 1
        if fact.command_id != self._owner:
            self._hold(fact.command_id not in self._done, f"command {fact.command_id} was applied twice")
            self._done.add(fact.command_id)
            self._owner = fact.command_id
        body = fact.body
        if isinstance(body, CallReceived):
            twice = fact.command_id in self.calls.values() or body.call_id in self.calls
            self._hold(not twice, f"the call of {fact.command_id} was taken twice")
            self.calls[body.call_id] = fact.command_id
            if body.external_id is not None:
                self._hold(body.external_id not in self.external, f"{body.external_id} was taken twice")
                self.external[body.external_id] = body.call_id
        elif isinstance(body, ClockConfirmed):
            self._confirmed += 1
        self._timer(fact, late)

    def _timer(self, fact: Fact, late: bool) -> None:
        body, node = fact.body, self.node
        setting = (
            -1 if late else node.clock_set * 1000 + self._confirmed
        )  # read late: when it was set is not known
        if isinstance(body, TimerSet):
            self._pending[(body.timer_subject, body.timer, body.round)] = (
                body.due_s,
                node.agenda.now_s - fact.at_s,
                setting,
            )
        elif isinstance(body, TimerFired):
            key = (body.timer_subject, body.timer, body.round)
            self._hold(key in self._pending, f"timer {key} fired twice, or after it was cancelled")
            due_s, apart_s, before = self._pending.pop(key)
            self._hold(fact.at_s >= due_s, f"timer {key} fired {due_s - fact.at_s:.3f} s early")
            real_s = node.agenda.now_s - apart_s
            early = before == setting != -1 and real_s < due_s - ROUNDING_S
            self._hold(not early, f"timer {key} fired {due_s - real_s:.3f} s before its time had passed")
        elif isinstance(body, TimerCancelled):
            for key in [each for each in self._pending if each[0] == body.timer_subject]:
                if body.timer in ("", key[1]) and (not body.timer or body.round in (0, key[2])):
                    del self._pending[key]

    # ------------------------------------------------------------------ what people were told

    def _answers(self) -> None:
        for mouth in self._mouths:
            while mouth.heard:
                self._answer(mouth.heard.popleft())

    def _answer(self, wish: Wish) -> None:
        said = {(a.status, a.seq, a.code, repr(sorted(a.reply.items()))) for a in wish.answers}
        self._hold(
            len(said) == 1,
            f"{wish.name} {wish.key} was answered in {len(said)} ways: {sorted(map(str, said))}",
        )
        ack = wish.answers[-1]
        if ack.status != "done":
            return
        self._hold(
            ack.seq <= self.seq, f"{wish.key} was answered with fact {ack.seq}, the record ends at {self.seq}"
        )
        if wish.name == "receive_call" and "external_id" not in wish.arguments:
            found = self.calls.get(ack.reply.get("call_id", ""))
            self._hold(found == wish.key, f"accepted call {wish.key} is not in the record")

    def unheard(self) -> list[str]:
        """Calls whose callers still wait for an answer."""
        return [w.key for m in self._mouths for w in m.wishes if w.name == "receive_call" and not w.settled]

    # ------------------------------------------------------------------ replay

    def started(self) -> None:
        """A new process has folded from the record what the one before had in memory."""
        desk, before = self.node.desk, self.node.left
        self._looked = False
        self._read(late=True)
        if desk is not None and before is not None:
            self._same(desk.states, before)

    def replay(self) -> None:
        """A state folded from the record, without a snapshot, is the state that lives."""
        desk, store = self.node.desk, self.node.store
        assert desk is not None and store is not None
        snapshots.drop(store.folder)
        self._same(rebuild(store, make_state, max(desk.now_s(), desk.states["live"].at_s)), desk.states)

    def _same(self, fresh: dict[World, State], live: dict[World, State]) -> None:
        for world, state in fresh.items():
            for said in differences(state, live[world]):
                raise Broken(f"{self.node.district}: replayed {world} differs: {said}")

    def rest(self) -> None:
        """When all has calmed down: nobody waits for what will never come."""
        desk = self.node.desk
        self._hold(desk is not None, "the service does not run")
        assert desk is not None
        self.look()
        self.replay()
        self._hold(not self.unheard(), f"callers were never answered: {self.unheard()[:3]}")
        waiting = list(desk.states["live"].respond.deferred)
        self._hold(not waiting, f"deferred calls never had their turn: {waiting[:3]}")
        pending = {} if desk.timers_held else desk.states["live"].timers.pending
        late = [key for key, due_s in pending.items() if due_s < desk.now_s() - 5.0]
        self._hold(not late, f"timers were lost: {late[:3]}")

    def transfers(self) -> Iterator[TransferAnswered]:
        """What this district gave away."""
        store = self.node.store
        assert store is not None
        with store.reading() as connection:
            for fact in store.journal.read(connection, "live", kinds=("TransferAnswered",)):
                if isinstance(fact.body, TransferAnswered) and fact.body.accepted:
                    yield fact.body


def bound_once(state: State) -> Iterator[str]:
    """At most one active task a crew or member, and what a crew holds is a task that lives."""
    respond = state.respond
    live = [b for b in respond.assignments.values() if b.state not in lifecycle.OVER]
    active = Counter(b.responder_id for b in live if b.state != "stacked")
    yield from (f"{who} has {count} active tasks" for who, count in active.items() if count > 1)
    for who, duty in respond.units.items():
        for key in (*((duty.active,) if duty.active else ()), *duty.stack):
            bound = respond.assignments.get(key)
            if bound is None or bound.responder_id != who or bound.state in lifecycle.OVER:
                yield f"{who} holds {key}, which is over"
    for bound in live:
        if bound.responder_kind == "unit":
            duty = respond.units.get(bound.responder_id)
            if duty is None or bound.assignment_id not in (duty.active, *duty.stack):
                yield f"nobody holds {bound.assignment_id} of {bound.responder_id}"
        if bound.incident_id not in respond.incidents:
            yield f"{bound.responder_id} is bound to nothing that is open"


def forgotten(state: State, shown: Mapping[str, Any]) -> Iterator[str]:
    """Open incidents and calls that nobody and nothing will come back to."""
    respond = state.respond
    watched = {key[0] for key in state.timers.pending}
    for key, incident in respond.incidents.items():
        if incident.seat is None and key not in watched and f"incident/{key}" not in shown:
            yield f"incident {key} ({incident.status}) has no clock, no owner and is not shown"
    for key, call in respond.calls.items():
        known = call.incident_id in respond.incidents or call.incident_id in respond.closed
        if not (known or key in respond.loose or call.closed):
            yield f"call {key} belongs to nothing and is not on the list"


OPEN = (
    "incidents",
    "assignments",
    "alerts",
    "busy",
    "asking",
    "loose",
    "near",
    "tasks",
    "deferred",
    "short",
    "hand_overs",
)


def differences(fresh: State, live: State) -> Iterator[str]:
    """Where two states of one record part; empty where they are the same in all that is open."""
    if fresh.seq != live.seq:
        yield f"seq {fresh.seq} and {live.seq}"
    for name in OPEN:
        mine, other = getattr(fresh.respond, name), getattr(live.respond, name)
        if mine != other:
            keys = [key for key in {**mine, **other} if mine.get(key) != other.get(key)]
            yield f"{name}: {[(mine.get(key), other.get(key)) for key in keys[:1]] or 'order'}"
    if fresh.timers.pending != live.timers.pending:
        yield f"timers: {set(fresh.timers.pending.items()) ^ set(live.timers.pending.items())}"
    units = [
        {k: (d.active, d.stack, d.status, d.crew) for k, d in state.respond.units.items()}
        for state in (fresh, live)
    ]
    if units[0] != units[1]:
        yield f"units: {units}"
    for name in ("rolls", "shifts", "spots", "drills", "kit"):
        if getattr(fresh.muster, name) != getattr(live.muster, name):
            yield f"muster.{name}: {getattr(fresh.muster, name)} and {getattr(live.muster, name)}"
    if fresh.points.last != live.points.last:
        yield f"points: {fresh.points.last} and {live.points.last}"
    for name in ("grades", "timers_held", "policies"):
        if getattr(fresh.desk, name) != getattr(live.desk, name):
            yield f"desk.{name}: {getattr(fresh.desk, name)} and {getattr(live.desk, name)}"
