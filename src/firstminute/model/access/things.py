"""What a policy looks at: the thing that is asked for, and who asks.

Idea: an incident, a call, a crew, a venue or a row of a register has the same few attributes for a policy: where it is, and who is bound to it. So one
expression serves them all, in memory and in a table. Limits: an attribute that a thing has not is None or empty, which no policy mistakes for "everybody's".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from firstminute.model.swift import swift

SCALARS = ("id", "district", "station", "offered_to", "serves", "owner")
LISTS = ("units", "teams", "people")


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One row as a policy sees it.

    Attributes
    ----------
    sort : incident, call, unit, venue, team, station, zone, district, desk, row …
    district, station : where it is, None where nobody knows or it is of the whole city
    offered_to : the district that it was offered to and that has not answered
    serves : the district of the incident that a crew works on
    owner : whose task it is
    units, teams, people : crews, teams and single people that are bound to it
    """

    sort: str
    id: str | None = None
    district: str | None = None
    station: str | None = None
    offered_to: str | None = None
    serves: str | None = None
    owner: str | None = None
    units: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who asks, as a policy sees it.

    Attributes
    ----------
    unit, team : what the actor speaks for
    on_duty : its crew has begun a shift; True for whoever has no crew
    everywhere : its place in the tree is the whole city
    reading : it wants to see, not to act
    districts, stations : all that lies in its place
    shared, shared_districts : incidents, and districts with all their incidents, that another district shows it now
    """

    id: str
    role: str
    unit: str | None = None
    team: str | None = None
    on_duty: bool = True
    everywhere: bool = False
    reading: bool = False
    districts: frozenset[str] = field(default_factory=frozenset)
    stations: frozenset[str] = field(default_factory=frozenset)
    shared: frozenset[str] = field(default_factory=frozenset)
    shared_districts: frozenset[str] = field(default_factory=frozenset)
