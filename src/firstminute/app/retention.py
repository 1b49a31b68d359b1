"""Retention: whose data have been kept for as long as their class may be kept go, through the same command as any erasure.

Idea: a class of data has its days in the settings (0 = until somebody erases). `Retention` walks the subjects behind a cursor, a bite at a time beside
the desk: what is due, not on hold and not in use is submitted as `erase_subjects` with the reason `retention`, so that it is a fact like any other
erasure; the desk decides once more and refuses what was held meanwhile.
Limits: positions are no facts; their files go by their own age (`tracks_kept_days`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from firstminute.app.desk import Desk
from firstminute.app.settings import Settings
from firstminute.flow import in_use
from firstminute.flow.deciders.desk import ERASE_MOST
from firstminute.flow.state import State
from firstminute.model.envelope import Actor
from firstminute.store.ageing import Aged, aged, holds
from firstminute.store.onlooker import Onlooker

LOG = logging.getLogger("firstminute.retention")
DAY_S = 86_400.0
WITHIN_S = 60.0
ACTOR = Actor(id="retention", role="system")

CLASSES: dict[str, tuple[str, ...]] = {
    "calls": ("CallReceived", "UnreadableCallReceived"),
    "incidents": ("IncidentOpened", "TaskSet"),
    "rolls": ("RollTaken",),
    "registers": ("members", "teams", "units", "stations", "venues", "devices", "agencies", "receivers"),
    "notes": (
        "HandOverOffered",
        "RoomNoted",
        "GradeSwitched",
        "UnitStatusSet",
        "PointVisited",
        "PointLeftOut",
        "RecallOrdered",
        "DataHeld",
        "ActProposed",
        "ShareOffered",
        "GlassBroken",
        "ComplaintRecorded",
    ),
}
"""Class → the kinds of fact that begin its subjects, or the registers whose removed rows they are.

What stands in no class is kept until it is erased by hand."""
CLASS_OF = {kind: name for name, kinds in CLASSES.items() for kind in kinds}


def days_of(settings: Settings) -> dict[str, int]:
    """Class → days, as set; 0 = never by itself."""
    return {name: getattr(settings, f"{name}_kept_days") for name in CLASSES}


@dataclass(frozen=True, slots=True)
class Due:
    """A subject whose time is up: its class, and since when."""

    subject_id: str
    kept_as: str
    since_s: float


def due(found: Aged, days: Mapping[str, int], now_s: float) -> Due | None:
    """Whether a subject's time is up.

    >>> due(Aged("c1", "CallReceived", 0.0), {"calls": 2}, 3 * 86_400.0)
    Due(subject_id='c1', kept_as='calls', since_s=172800.0)
    >>> due(Aged("c1", "CallReceived", 0.0), {"calls": 0}, 3 * 86_400.0)
    """
    name = CLASS_OF.get(found.what)
    if name is None or not days.get(name) or found.last_s is None:
        return None
    since_s = found.last_s + days[name] * DAY_S
    return Due(found.subject_id, name, since_s) if since_s <= now_s else None


def plan(onlooker: Onlooker, settings: Settings, now_s: float) -> Iterator[tuple[Due, bool]]:
    """Everything that is due now, and whether a hold keeps it; also beside a running service."""
    days, after = days_of(settings), ""
    with onlooker.reading() as connection:
        held = {each for some in holds(connection, onlooker.journal).values() for each in some}
        while found := aged(connection, onlooker.desk, after):
            after = found[-1].subject_id
            for each in found:
                if (up := due(each, days, now_s)) is not None:
                    yield up, each.subject_id in held


class Retention:
    """The walk of one service, and how far it has come.

    Attributes
    ----------
    erased : how many subjects went since start
    """

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk, self._days = desk, days_of(settings)
        self._after = ""
        self.erased = 0

    def bite(self) -> bool:
        """Look at the next few hundred subjects and erase what is due; False at the end of a walk, then the next bite begins a new one."""
        if not any(self._days.values()):
            return False
        store = self._desk.store
        with store.reading() as connection:
            found = aged(connection, store.desk, self._after)
        self._after = found[-1].subject_id if found else ""
        now_s = self._desk.now_s()
        wanted = [up.subject_id for each in found if (up := due(each, self._days, now_s)) is not None]
        for start in range(0, len(wanted), ERASE_MOST):
            self._erase(wanted[start : start + ERASE_MOST])
        return bool(found)

    def _erase(self, wanted: list[str]) -> None:
        free = self._desk.ask(_free(wanted, self._desk.now_s())).result(WITHIN_S)
        if not free:
            return
        arguments = {"subject_ids": free, "reason": "retention"}
        ack = self._desk.submit("erase_subjects", arguments, ACTOR, os.urandom(16).hex()).result(WITHIN_S)
        if ack.done:
            self.erased += len(free)
        else:  # held or written about since we asked: the next walk looks again
            LOG.warning("retention: %d subjects stay for now: %s", len(free), ack.code)


def _free(wanted: list[str], at_s: float) -> Callable[[State], list[str]]:
    def look(state: State) -> list[str]:
        held = set(in_use.held(state, wanted))
        return [each for each in wanted if each not in held and not in_use.by_desk(state, each, at_s)]

    return look


def run_through(desk: Desk, settings: Settings) -> int:
    """A whole walk at once, for the command line; how many subjects went."""
    walk = Retention(desk, settings)
    for _ in count():
        if not walk.bite():
            break
    return walk.erased
