"""The past, moment by moment: recorded facts folded through the same folds and shown by the same views as the live room.

Idea: what a command made is one step, as a commit is for the live feed; each step says which rows it touched, rendered after it. Limits: rows that are made
beside the desk (coverage) and places of crews are no facts, so they are not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from firstminute.flow import views
from firstminute.flow.state import State
from firstminute.flow.step import FOLDS, fold
from firstminute.model.envelope import Fact
from firstminute.model.facts import KINDS
from firstminute.model.facts.desk import RegisterChanged

TABLES_SHOWN = ("districts", "stations", "zones", "venues", "teams", "units", "must_visits", "incident_types")
"""Registers that rows are made of; the others (people, devices, plans) show in none."""
QUIET = tuple(name for name, kind in KINDS.items() if {each for each, _ in FOLDS.get(kind, ())} <= {"timers"})
"""Kinds that no row follows from: they move timers, or nothing that is kept in memory."""
UNTIMELY = (*QUIET, RegisterChanged.NAME)
"""The same, and the registers: those of a moment are read from their own history."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one command made of the rows. `told`: kind and incident of each of its facts."""

    seq: int
    at_s: float
    told: tuple[tuple[str, str | None], ...]
    rows: dict[str, views.Row | None]


def steps(state: State, facts: Iterable[Fact]) -> Iterator[Step]:
    """Fold facts, command by command, and render what each touched. Changes `state`."""
    for _, run in groupby(facts, key=lambda fact: (fact.command_id, fact.at_s)):
        some = list(run)
        for fact in some:
            fold(state, fact)
        keys = {key for fact in some for key in views.keys_of(state, fact)}
        told = tuple((fact.kind, getattr(fact.body, "incident_id", None)) for fact in some)
        yield Step(some[-1].seq, some[-1].at_s, told, views.render(state, keys))
