"""What the answering of calls may look up: the registers as this capability sees them, and the settings of the city.

Idea: a structural type, so that `respond` needs nothing from `flow`: whatever has these tables will do, in tests a dozen rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from firstminute.model.records import (
    AlertPolicy,
    District,
    IncidentType,
    Member,
    Plan,
    Roster,
    Station,
    Team,
    Unit,
    Venue,
)


class Books(Protocol):
    """The rows valid now, table → key → record; `version` counts the changes of each table."""

    venues: dict[str, Venue]
    teams: dict[str, Team]
    members: dict[str, Member]
    units: dict[str, Unit]
    stations: dict[str, Station]
    districts: dict[str, District]
    plans: dict[str, Plan]
    rosters: dict[str, Roster]
    incident_types: dict[str, IncidentType]
    alert_policies: dict[str, AlertPolicy]
    team_members: dict[str, set[str]]
    version: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Where the city lies in time and habit.

    Attributes
    ----------
    utc_offset_s : local time minus UTC, seconds
    team_turnout_s : from the alert to the first step of a team's member: 25-73 s to sign in a Finnish drill (ISCRAM 2013), the lower end for own venue
    own_turnout_s : the same for people of the venue itself, who need no way
    rest_s : a crew that cleared less than this ago counts as not rested
    """

    utc_offset_s: float = 8 * 3600.0
    team_turnout_s: float = 35.0
    own_turnout_s: float = 20.0
    rest_s: float = 900.0
    own_walk_s: float = 25.0


LOCAL = Local()
