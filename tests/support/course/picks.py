"""Whom and what an act of a course is about: one of what there is just then, by a small number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firstminute.model.envelope import Actor
from firstminute.respond.reasons import REASONS
from tests.support.play import COMMANDER, PLACES, SECOND, Play

TYPES = (
    None, "fight", "quarrel", "cardiac_arrest", "fire", "armed_attack", "fraud_phone", "suicide_threat", "missing_person", "sos", "medical",
)  # fmt: skip
WORDS = ("到", "出发", "完毕", "ok", "支援", "见到人", "收到", "去不了", "休息", "待命", "不可用", "mayday")
TEAMS = ("Th", "Ti", "To", "Tv")


def pick(items: Any, k: int) -> Any:
    """One of what there is, `nobody` where there is nothing."""
    keys = list(items)
    return keys[k % len(keys)] if keys else "nobody"


def place(k: int) -> dict[str, Any] | None:
    """A place at a letter, or none."""
    letters = sorted(PLACES)
    if k % 5 == 0:
        return None
    return {"points": [PLACES[letters[k % len(letters)]]], "radius_m": float(k % 3) * 40.0}


def member(k: int) -> Actor:
    """Somebody of a team."""
    letter = "hiov"[k % 4]
    return Actor(id=f"M{letter}{k % 4}", role="member", team_id=f"T{letter}")


def why(act: str, k: int) -> str:
    """A reason that the act may give."""
    return REASONS[act][k % len(REASONS[act])]


Act = Callable[[Play, int, int], Any]


def proposal(town: Play, k: int) -> str:
    """A proposal that waits, or nobody's."""
    return str(pick(town.state.access.proposals, k))


def pair(k: int) -> Actor:
    """Whoever proposed, or somebody else."""
    return (COMMANDER, SECOND)[k % 2]


def unit(k: int) -> str:
    """One of the four crews."""
    return f"U{1 + k % 4}"


def crew(k: int) -> Actor:
    """One of the crews, by its own token."""
    return Actor(id=f"crew-{k % 4}", role="patrol", unit_id=unit(k), district="D")


def incident(t: Play, k: int) -> Any:
    """An open incident."""
    return pick(t.state.respond.incidents, k)


def call(t: Play, k: int) -> Any:
    """A call that is known."""
    return pick(t.state.respond.calls, k)


def task(t: Play, k: int) -> Any:
    """A task of an open incident."""
    return pick(t.state.respond.assignments, k)


def alert(t: Play, k: int) -> Any:
    """An alert of an open incident."""
    return pick(t.state.respond.alerts, k)
