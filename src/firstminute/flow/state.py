"""All that a decision may look at: one slice per capability, the ground, and where everybody stands.

Idea: slices change only by their own fold; the ground and the fleet are immutable and swapped whole. One state per world: a drill's state is not the
live one (DESIGN.md §4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firstminute.flow.access.slice import Access
from firstminute.flow.areas import Areas
from firstminute.flow.registers import Registers
from firstminute.flow.timers import Timers
from firstminute.model.access.things import Who
from firstminute.model.access.tree import Tree
from firstminute.model.envelope import Actor, Fact, World
from firstminute.model.facts.data import ComplaintRecorded
from firstminute.model.facts.desk import HeadAnchored
from firstminute.respond.fleet import Fleet
from firstminute.respond.muster_records import Muster
from firstminute.respond.points import Points
from firstminute.respond.reach import NOTHING, Reach
from firstminute.respond.records import Respond

if TYPE_CHECKING:
    from firstminute.geo.ground import Ground


@dataclass(slots=True)
class Glass:
    """Data opened without a right, until a second person has looked at it; `late`: nobody did in time."""

    account_id: str
    subject_id: str
    reason: str
    opened_s: float
    due_s: float
    late: bool = False


@dataclass(slots=True)
class Desk:
    """The desk's own slice: grade per district, held timers, adopted policies, hand-overs."""

    grades: dict[str, str] = field(default_factory=dict)
    timers_held: bool = False
    clock_apart_s: float = 0.0
    policies: dict[str, int] = field(default_factory=dict)
    failed_reactions: int = 0
    caps: dict[str, float] = field(default_factory=dict)  # what runs out → share of its bound that is used
    holds: dict[str, tuple[str, ...]] = field(default_factory=dict)  # hold id → whose data must stay
    forms_last: int = 0  # the highest number of a blank form that was given
    surges: dict[str, float] = field(default_factory=dict)  # incident id → since
    logs: dict[str, deque[Fact]] = field(default_factory=dict)  # incident id → its last lines
    glass: dict[str, Glass] = field(default_factory=dict)  # access id → what waits for its review
    complaints: dict[str, ComplaintRecorded] = field(default_factory=dict)  # those that nobody has answered
    anchored: dict[str, HeadAnchored] = field(default_factory=dict)  # stream of another desk → its last head


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say to decisions. `mass_alert_over`: so many people may be called by one person alone."""

    mass_alert_over: int = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """An actor as a policy saw it last, and all that this was made of."""

    actor: Actor
    tree: Tree
    district: str | None
    on_duty: bool
    who: Who


@dataclass(slots=True)
class State:
    """The whole of one world. `seq` is the last fact folded, `at_s` its time; `tree` and `crews` (station → units) with the versions that they were made of."""

    world: World = "live"
    ground: Ground | None = None
    fleet: Fleet = field(default_factory=Fleet)
    respond: Respond = field(default_factory=Respond)
    muster: Muster = field(default_factory=Muster)
    points: Points = field(default_factory=Points)
    timers: Timers = field(default_factory=Timers)
    registers: Registers = field(default_factory=Registers)
    desk: Desk = field(default_factory=Desk)
    access: Access = field(default_factory=Access)
    rules: Rules = Rules()
    areas: Areas = field(default_factory=Areas)
    tree: tuple[tuple[int, ...], Tree] = ((), Tree())
    crews: tuple[int, Mapping[str, tuple[str, ...]]] = (-1, {})
    asked: dict[str, Asked] = field(default_factory=dict)  # actor id → the last answer about it
    reach: Reach = NOTHING
    seq: int = 0
    at_s: float = 0.0
