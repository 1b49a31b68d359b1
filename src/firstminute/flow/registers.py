"""The register rows that are valid now, in memory: table → key → record.

Idea: the tables in the store are the truth and keep the history; this slice follows them by `RegisterChanged`, whose rows travel with the fact.
`version` per table tells derived arrays when to be made again. Names and phones are not kept in memory. Limits: rows arrive as plain dicts or
records; both are accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from firstminute.model.encoding import decode
from firstminute.model.envelope import Body
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import (
    KEYS,
    NEEDED,
    TABLES,
    Agency,
    AlertPolicy,
    Device,
    District,
    IncidentType,
    Member,
    Plan,
    Record,
    Station,
    Team,
    Unit,
    Venue,
    Zone,
)


@dataclass(slots=True)
class Registers:
    """One dict a table, and how often each has changed."""

    venues: dict[str, Venue] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    stations: dict[str, Station] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    districts: dict[str, District] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    incident_types: dict[str, IncidentType] = field(default_factory=dict)
    alert_policies: dict[str, AlertPolicy] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    version: dict[str, int] = field(default_factory=dict)
    team_members: dict[str, set[str]] = field(default_factory=dict)  # team id → member ids
    unit_of_device: dict[str, str] = field(default_factory=dict)
    team_of_venue: dict[str, str] = field(default_factory=dict)
    venues_of_team: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # every venue it had since the start

    def table(self, name: str) -> dict[str, Record]:
        """The rows of one table by key. Raises KeyError for a table that is not."""
        if name not in TABLES:
            raise KeyError(name)
        return cast("dict[str, Record]", getattr(self, name))


def plan_of(registers: Registers, district: str | None, grade: str) -> Plan | None:
    """The plan of a district at a grade: its own, else one of its ancestors', else `default`."""
    seen: set[str] = set()
    while district is not None and district not in seen:
        seen.add(district)
        row = registers.districts.get(district)
        if row is None:
            break
        plan = registers.plans.get(f"{row.plan_id}:{grade}") or registers.plans.get(row.plan_id)
        if plan is not None:
            return plan
        district = row.parent
    return registers.plans.get(f"default:{grade}") or registers.plans.get("default")


def fold(registers: Registers, body: Body) -> None:
    """Take in one `RegisterChanged`; rows that are gone from the store are simply not there."""
    if not isinstance(body, RegisterChanged) or body.table not in TABLES:
        return
    put(registers, body.table, body.rows)
    rows = registers.table(body.table)
    for key in body.removed:
        _unindex(registers, rows.pop(key, None))


def put(registers: Registers, table: str, rows: tuple[dict[str, Any] | Record, ...] | list[Record]) -> None:
    """Write rows into one table: what a fact carries, or what the store holds at start."""
    target, key_name, row_class = registers.table(table), KEYS[table], TABLES[table]
    hidden = row_class.SEALED - NEEDED.get(table, frozenset())
    for row in rows:
        record = _told(decode(row_class, row) if isinstance(row, dict) else row, hidden)
        key = str(getattr(record, key_name))
        if key in target:
            _unindex(registers, target[key])
        target[key] = record
        if isinstance(record, Member):
            registers.team_members.setdefault(record.team_id, set()).add(record.member_id)
        elif isinstance(record, Team):
            registers.team_of_venue[record.venue_id] = record.team_id
            had = registers.venues_of_team.get(record.team_id, ())
            if record.venue_id not in had:
                registers.venues_of_team[record.team_id] = (*had, record.venue_id)
        elif isinstance(record, Unit) and record.device_id:
            registers.unit_of_device[record.device_id] = record.unit_id
    registers.version[table] = registers.version.get(table, 0) + 1


def _told(record: Record, hidden: frozenset[str]) -> Record:
    """The row without what no decision needs: after a restart it would not be there either."""
    said: dict[str, Any] = {name: None for name in hidden if getattr(record, name) is not None}
    return replace(record, **said) if said else record


def _unindex(registers: Registers, record: Record | None) -> None:
    """Take a row that is valid no longer out of the indexes beside the tables."""
    if isinstance(record, Member):
        team = registers.team_members.get(record.team_id, set())
        team.discard(record.member_id)
        if not team:
            registers.team_members.pop(record.team_id, None)
    elif isinstance(record, Team) and registers.team_of_venue.get(record.venue_id) == record.team_id:
        del registers.team_of_venue[record.venue_id]
    elif isinstance(record, Unit) and registers.unit_of_device.get(record.device_id or "") == record.unit_id:
        del registers.unit_of_device[record.device_id or ""]
