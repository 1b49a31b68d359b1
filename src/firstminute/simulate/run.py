"""The twin's run: the core's own step under a seeded clock, its journal a list.

Idea (DESIGN.md §1): three streams are merged by time: what comes from outside (calls, shifts), the core's timers, and what people planned. Each is one
command through `flow.step`, its facts go to the journal and before the people's eyes. Nothing reads a wall clock; the same seed gives the same facts.
Ties: outside first, then timers, then people. Limits: acks cost no time; a command is decided at the moment it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from firstminute.flow import timers
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.state import State
from firstminute.flow.step import Outcome, Submitted, step
from firstminute.model.envelope import SYSTEM, Act, Actor, Body, Fact
from firstminute.simulate.people import SEEN, People
from firstminute.simulate.plans import Agenda

Given = tuple[float, str, Mapping[str, Any], Actor]
"""One command from outside: when, which, its arguments, who."""

_DECIDING = frozenset(
    {
        "receive_call",
        "amend_call",
        "fire_timer",
        "recommend",
        "dispatch",
        "report_cleared",
        "decline_alert",
        "open_ring",
    }
)


def seeded_ids(seed: int) -> Iterator[str]:
    """Ids without end, the same for the same seed."""
    draw = Random(seed).getrandbits
    while True:
        yield f"{draw(128):032x}"


@dataclass(slots=True)
class Twin:
    """One run.

    Attributes
    ----------
    state : of the world "twin"; its registers and ground are filled by the caller
    people : who answer facts, None for nobody
    before : called with the time before a command that ranks units, to swap in their new places
    journal : every fact in order
    refused : how often each refusal came
    """

    state: State
    people: People | None = None
    seed: int = 1
    before: Callable[[float], None] | None = None
    journal: list[Fact] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    agenda: Agenda = field(default_factory=Agenda)
    at_s: float = 0.0
    _ids: Iterator[str] = field(init=False)
    _kinds: frozenset[type[Body]] = field(init=False, default=frozenset(SEEN))

    def __post_init__(self) -> None:
        self._ids = seeded_ids(self.seed)

    def give(self, name: str, arguments: Mapping[str, Any], actor: Actor, at_s: float) -> Outcome:
        """Give one command now and show its facts to the people."""
        command = COMMAND_BY_NAME[name]
        self.at_s = max(self.at_s, at_s)
        if self.before is not None and name in _DECIDING:
            self.before(self.at_s)
        act = Act(at_s=self.at_s, actor=actor, command_id=next(self._ids), ids=self._ids, world="twin")
        outcome = step(self.state, Submitted(name, command.schema(**arguments), act))
        if outcome.refused is not None:
            self.refused[outcome.refused.code] += 1
            return outcome
        self.journal += outcome.facts
        people, agenda, kinds = self.people, self.agenda, self._kinds
        if people is not None:
            for fact in outcome.facts:
                if type(fact.body) in kinds:
                    for planned in people.see(fact):
                        agenda.add(planned)
        return outcome

    def run(self, given: Iterable[Given], *, until_s: float | None = None) -> None:
        """Play what comes from outside, and all that follows, in order of time.

        Parameters
        ----------
        given : commands from outside in order of time
        until_s : stop before anything later; None = until nothing is left to come
        """
        stream = iter(given)
        coming = next(stream, None)
        while True:
            given_s = coming[0] if coming is not None else _NEVER
            due_s, planned_s = timers.next_due_s(self.state.timers), self.agenda.next_s()
            due_s, planned_s = (_NEVER if each is None else each for each in (due_s, planned_s))
            at_s = min(given_s, due_s, planned_s)
            if at_s == _NEVER or (until_s is not None and at_s > until_s):
                return
            if given_s <= at_s and coming is not None:
                _, name, arguments, actor = coming
                self.give(name, arguments, actor, at_s)
                coming = next(stream, None)
            elif due_s <= at_s:
                self._fire(at_s)
            else:
                planned = self.agenda.pop()
                if self.people is None or not self.people.stale(planned):
                    self.give(planned.name, planned.arguments, planned.actor, at_s)

    def _fire(self, at_s: float) -> None:
        """Fire every timer that is due, each by its own command."""
        for subject, timer, number in timers.due(self.state.timers, max(at_s, self.at_s)):
            self.give("fire_timer", {"subject": subject, "timer": timer, "round": number}, SYSTEM, at_s)


_NEVER = float("inf")
