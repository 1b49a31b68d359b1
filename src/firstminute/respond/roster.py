"""Rosters: how many people of each team and how many crews of each kind should stand, by hour and by kind of place, and who is missing against that.

Idea: a roster hangs on the plan (`Plan.roster`), so a grade switch changes the numbers together with targets and alert policies. A line counts for the
teams of a category and zone class, or for the crews of a district; where several fit, the highest number counts. A team that no line
asks for in an hour is not expected then. Limits: crews are counted per district, not per station; numbers are wanted, nobody is ordered by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from firstminute.model.records import Plan, Roster, RosterLine, Team

TEAM, ANY_CREW = "team", "unit"

ROSTERS: tuple[Roster, ...] = (
    Roster(roster_id="normal", lines=(RosterLine(who=TEAM),)),
    Roster(roster_id="heightened", lines=(RosterLine(who=TEAM, extra=1),)),
    Roster(roster_id="emergency", lines=(RosterLine(who=TEAM, extra=2),)),
)
DEFAULT_ROSTERS: dict[str, Roster] = {row.roster_id: row for row in ROSTERS}


@dataclass(frozen=True, slots=True)
class Short:
    """Who is missing against a roster.

    Attributes
    ----------
    teams : team → how many people it lacks
    crews : kind of unit (or `unit` for any) → how many crews are lacking
    """

    teams: Mapping[str, int] = field(default_factory=dict)
    crews: Mapping[str, int] = field(default_factory=dict)

    @property
    def people(self) -> int:
        """How many people are lacking in all teams."""
        return sum(self.teams.values())


def roster_of(plan: Plan, rosters: Mapping[str, Roster]) -> Roster:
    """The roster that a plan names: the register's row, else the default of that name, else the normal one."""
    return rosters.get(plan.roster) or DEFAULT_ROSTERS.get(plan.roster) or DEFAULT_ROSTERS["normal"]


def counts_now(line: RosterLine, minute: int) -> bool:
    """Whether a line counts in a minute of the week."""
    return not line.hours or any(start <= minute < end for start, end in line.hours)


class Wanted:
    """What a roster asks of teams in one minute of the week; looked up once for each kind of place."""

    def __init__(self, roster: Roster, minute: int) -> None:
        self._lines = [line for line in roster.lines if line.who == TEAM and counts_now(line, minute)]
        self._known: dict[tuple[str, str], tuple[int, int] | None] = {}

    def of(self, team: Team, category: str, zone: str) -> int | None:
        """How many people of a team should stand, None where it is not expected.

        >>> from firstminute.model.records import RosterLine, Roster
        >>> team = Team(team_id="t", venue_id="v", name="t", minimum=3)
        >>> Wanted(DEFAULT_ROSTERS["emergency"], 0).of(team, "mall", "core"), Wanted(Roster(roster_id="r"), 0).of(team, "mall", "core")
        (5, None)
        """
        key = (category, zone)
        if key not in self._known:
            fits = [x for x in self._lines if x.category in ("", category) and x.zone in ("", zone)]
            self._known[key] = (max(x.wanted for x in fits), max(x.extra for x in fits)) if fits else None
        found = self._known[key]
        return None if found is None else max(found[0], team.minimum + found[1])


def crews_wanted(roster: Roster, minute: int) -> dict[str, int]:
    """Kind of unit (or `unit` for any) → how many crews a district should have on duty."""
    found: dict[str, int] = {}
    for line in roster.lines:
        if line.who != TEAM and counts_now(line, minute):
            found[line.who] = max(found.get(line.who, 0), line.wanted)
    return {kind: number for kind, number in found.items() if number > 0}


def crews_missing(wanted: Mapping[str, int], present: Iterable[str]) -> dict[str, int]:
    """How many crews of each kind are lacking, `present` being the kinds of those on duty.

    >>> crews_missing({"car": 2, "unit": 4}, ["car", "foot", "foot"])
    {'car': 1, 'unit': 1}
    """
    there = list(present)
    lacking = {
        kind: number - (len(there) if kind == ANY_CREW else there.count(kind))
        for kind, number in wanted.items()
    }
    return {kind: number for kind, number in lacking.items() if number > 0}
