"""Who stands where: rolls of teams, spot roll-calls, drills and kit, as plain records.

Idea: a roll is a count with names sealed beside it; the count decides who can be asked, the names only whom the message goes to.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Roll:
    """A team's shift. `on_duty` stand there, `reachable` have a way to be alerted."""

    roll_id: str
    team_id: str
    shift: str
    taken_s: float
    until_s: float
    on_duty: int
    reachable: int
    method: str
    well: bool = True
    remark_code: str | None = None
    members: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)  # on duty, and the test on their phone is not answered yet


@dataclass(slots=True)
class SpotCall:
    """A random roll-call and who has answered it."""

    spot_id: str
    team_ids: tuple[str, ...]
    started_s: float
    due_s: float
    answered: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Drill:
    """A pull test or drill that runs (exercise world only)."""

    drill_id: str
    form: str
    team_ids: tuple[str, ...]
    started_s: float
    due_s: float
    incident_id: str | None = None
    answered: dict[str, float] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)  # teams that went to a live alert


@dataclass(slots=True)
class Shift:
    """A shift that was called: until when its teams report, how long it lasts, who was chased how often, and what the roster lacked at the last look."""

    shift: str
    district: str | None
    due_s: float
    until_s: float
    grade: str = ""
    chased: dict[str, int] = field(default_factory=dict)  # team id → attempts
    looks: int = 0
    short: tuple[int, int, dict[str, int]] | None = None  # teams, people, crews by kind


@dataclass(slots=True)
class Muster:
    """The slice that `respond.muster` owns: the current roll per team, running spot calls and drills, kit."""

    rolls: dict[str, Roll] = field(default_factory=dict)  # team id → current roll
    spots: dict[str, SpotCall] = field(default_factory=dict)
    drills: dict[str, Drill] = field(default_factory=dict)
    shifts: dict[str, Shift] = field(default_factory=dict)
    kit: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=dict
    )  # team id → at hand, missing
    on_duty_total: int = 0  # people on all current rolls
    changed: int = 0  # raised with every roll, so that arrays derived from rolls know when to be made again
