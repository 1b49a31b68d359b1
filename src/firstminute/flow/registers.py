"""The register rows that are valid now, in memory: table → key → record.

Idea: the tables in the store are the truth and keep the history; this slice follows them by `RegisterChanged`, whose rows travel with the fact.
`version` per table tells derived arrays when to be made again. Limits: rows arrive as plain dicts or records; both are accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from firstminute.model.encoding import decode
from firstminute.model.envelope import Body
from firstminute.model.facts.desk import RegisterChanged
from firstminute.model.records import (
    KEYS,
    TABLES,
    Agency,
    AlertPolicy,
    Device,
    District,
    IncidentType,
    Member,
    Plan,
    Record,
    Roster,
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
    rosters: dict[str, Roster] = field(default_factory=dict)
    incident_types: dict[str, IncidentType] = field(default_factory=dict)
    alert_policies: dict[str, AlertPolicy] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    version: dict[str, int] = field(default_factory=dict)
    team_members: dict[str, set[str]] = field(default_factory=dict)  # team id → member ids
    unit_of_device: dict[str, str] = field(default_factory=dict)
    team_of_venue: dict[str, str] = field(default_factory=dict)

    def table(self, name: str) -> dict[str, Record]:
        """The rows of one table by key. Raises KeyError for a table that is not."""
        if name not in TABLES:
            raise KeyError(name)
        return cast("dict[str, Record]", getattr(self, name))


def fold(registers: Registers, body: Body) -> None:
    """Take in one `RegisterChanged`; rows that are gone from the store are simply not there."""
    if not isinstance(body, RegisterChanged) or body.table not in TABLES:
        return
    put(registers, body.table, body.rows)
    rows = registers.table(body.table)
    for key in body.removed:
        rows.pop(key, None)


def put(registers: Registers, table: str, rows: tuple[dict[str, Any] | Record, ...] | list[Record]) -> None:
    """Write rows into one table: what a fact carries, or what the store holds at start."""
    target, key_name, row_class = registers.table(table), KEYS[table], TABLES[table]
    for row in rows:
        record = decode(row_class, row) if isinstance(row, dict) else row
        target[str(getattr(record, key_name))] = record
        if isinstance(record, Member):
            registers.team_members.setdefault(record.team_id, set()).add(record.member_id)
        elif isinstance(record, Team):
            registers.team_of_venue[record.venue_id] = record.team_id
        elif isinstance(record, Unit) and record.device_id:
            registers.unit_of_device[record.device_id] = record.unit_id
    registers.version[table] = registers.version.get(table, 0) + 1
