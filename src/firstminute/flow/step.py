"""The step: one command becomes facts, facts become their consequences, until none follow.

Idea (DESIGN.md §4): decide → fold → react, per command, on one state. The desk calls it for the live world, the twin for a simulated one; the
journal is whoever takes the facts. A reaction that raises loses only its own facts: the shell passes a `guard` that turns it into
`ReactionFailed`; the twin passes none, so its tests see the error. Chains are bounded. Replay folds and never reacts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from firstminute.flow import desk_slice, registers, timers
from firstminute.flow.access import allowed, second
from firstminute.flow.access import fold as access_fold
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.reactions import Reaction, reactions_to
from firstminute.flow.state import State
from firstminute.model.envelope import SYSTEM, Act, Body, Fact, envelop
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import ReactionFailed, RegisterChanged
from firstminute.respond import fold as respond_fold
from firstminute.respond import muster_fold, points
from firstminute.respond.fold_incidents import forget_old

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
    coming: list[tuple[Body, Act, str | None]] = [(body, given, given.because) for body in bodies]
    consequence: Act | None = None
    for body, act, because in coming:  # grows while it is walked
        fact = envelop(body, act, state.seq + 1, because)
        facts.append(fact)
        fold(state, fact)
        reactions = reactions_to(body)
        if not reactions:
            continue
        consequence = consequence or _consequence_of(given)
        if len(coming) > MAX_FACTS:
            if len(facts) > 2 * MAX_FACTS:
                break
            if not isinstance(body, ReactionFailed):
                coming.append((_too_long(body), consequence, "chain_bound"))
            continue
        for reaction in reactions:
            for each in guard(reaction, state, fact, consequence):
                coming.append((each, consequence, reaction.__name__))
    return Outcome(facts)


def _consequence_of(act: Act) -> Act:
    """What follows by itself from an act is the system's own, at the same moment."""
    return Act(
        at_s=act.at_s,
        actor=SYSTEM,
        command_id=act.command_id,
        ids=act.ids,
        world=act.world,
        because=act.because,
    )


def _too_long(body: Body) -> ReactionFailed:
    return ReactionFailed(
        reaction="chain", trigger=body.NAME, trigger_subject=body.subject, problem="chain_too_long"
    )


Take = Callable[[Any, Fact, Any], None]

FOLDS: dict[type[Body], list[tuple[str, Take]]] = {}
"""Fact kind → the slices of the state that it changes, by name, and how."""


def _register(name: str, takes: Mapping[type[Body], Take]) -> None:
    for kind, take in takes.items():
        FOLDS.setdefault(kind, []).append((name, take))


_register("respond", respond_fold.HANDLERS)
_register("muster", dict.fromkeys(muster_fold.HANDLERS, muster_fold.fold))
_register("points", dict.fromkeys(points.FOLDED, points.fold))
_register("timers", timers.HANDLERS)
_register("registers", {RegisterChanged: registers.fold})
_register("desk", dict.fromkeys(desk_slice.LOGGED, desk_slice.keep_log))
_register("desk", dict.fromkeys(desk_slice.FOLDED, desk_slice.fold))
_register("access", dict.fromkeys(access_fold.FOLDED, access_fold.fold))


def fold(state: State, fact: Fact) -> None:
    """Take one recorded fact into every slice. Never raises on a recorded fact, also when what was sealed is gone."""
    body = fact.body
    if fact.at_s > state.at_s:
        state.at_s = fact.at_s
        forget_old(state.respond, fact.at_s)
    for name, take in FOLDS.get(type(body), ()):
        take(getattr(state, name), fact, body)
    state.seq = fact.seq
