"""The step: one command becomes facts, facts become their consequences, until none follow.

Idea (DESIGN.md §4): decide → fold → react, per command, on one state. The desk calls it for the live world, the twin for a simulated one; the
journal is whoever takes the facts. A reaction that raises loses only its own facts: the shell passes a `guard` that turns it into
`ReactionFailed`; the twin passes none, so its tests see the error. Chains are bounded. Replay folds and never reacts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from firstminute.flow import desk_slice, registers, timers
from firstminute.flow.access import allowed, second
from firstminute.flow.access import fold as access_fold
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.reactions import REACTIONS, Reaction
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM, Act, Body, Fact, envelop
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import ReactionFailed
from firstminute.respond import fold as respond_fold
from firstminute.respond import muster_fold

MAX_FACTS = 2_000
"""A command may set off at most so many facts (a bulk withdrawal is a few hundred); beyond it reactions stop with `ReactionFailed`."""

Guard = Callable[[Reaction, State, Fact, Act], list[Body]]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A command on its way in: its name, its checked arguments, and who, when, why."""

    name: str
    arguments: object
    act: Act


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: the facts in order, or why it was refused (then there are none)."""

    facts: list[Fact]
    refused: Refused | None = None


def direct(reaction: Reaction, state: State, fact: Fact, act: Act) -> list[Body]:
    """The guard that guards nothing: an error in a reaction is seen by the caller."""
    return reaction(state, fact, act)


def step(state: State, command: Submitted, guard: Guard = direct) -> Outcome:
    """Decide, fold and react for one command, in place.

    Parameters
    ----------
    state : changed by folding; unchanged where the command is refused
    command : its name must be one of `COMMANDS`
    guard : calls a reaction for us

    Returns
    -------
    the facts with their `seq` counted on from `state.seq`
    """
    try:
        named = COMMAND_BY_NAME[command.name]
        allowed.admit(state, named, command.arguments, command.act)
        bodies = second.decide(state, command.name, named.decide, command.arguments, command.act)
    except Refused as refused:
        return Outcome([], refused)
    facts: list[Fact] = []
    given = command.act
    waiting: deque[tuple[Body, Act, str | None]] = deque((body, given, None) for body in bodies)
    consequence = Act(
        at_s=given.at_s,
        actor=SYSTEM,
        command_id=given.command_id,
        ids=given.ids,
        world=given.world,
        because=given.because,
    )
    while waiting:
        body, act, because = waiting.popleft()
        fact = envelop(body, act, seq=state.seq + 1, because=because)
        facts.append(fact)
        fold(state, fact)
        reactions = REACTIONS.get(type(body))
        if reactions is None:
            continue
        if len(facts) + len(waiting) > MAX_FACTS and reactions:
            if len(facts) > 2 * MAX_FACTS:
                break
            if not isinstance(body, ReactionFailed):
                waiting.append((_too_long(body), consequence, "chain_bound"))
            continue
        for reaction in reactions:
            for each in guard(reaction, state, fact, consequence):
                waiting.append((each, consequence, reaction.__name__))
    return Outcome(facts)


def _too_long(body: Body) -> ReactionFailed:
    return ReactionFailed(
        reaction="chain", trigger=body.NAME, trigger_subject=body.subject, problem="chain_too_long"
    )


def fold(state: State, fact: Fact) -> None:
    """Take one recorded fact into every slice. Never raises on a recorded fact, also when what was sealed is gone."""
    body = fact.body
    respond_fold.fold(state.respond, fact)
    muster_fold.fold(state.muster, fact)
    timers.fold(state.timers, body)
    registers.fold(state.registers, body)
    desk_slice.fold(state.desk, fact)
    access_fold.fold(state.access, fact)
    state.seq = fact.seq
    state.at_s = max(state.at_s, fact.at_s)
