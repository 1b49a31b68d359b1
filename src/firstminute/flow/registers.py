"""The register rows that are valid now, in memory: table → key → record.

Idea: the tables in the store are the truth and keep the history; this slice follows them by `RegisterChanged`, whose rows travel with the fact.
`version` per table tells derived arrays when to be made again. Names and phones are not kept in memory. Limits: rows arrive as plain dicts or
records; both are accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, cast

from firstminute.model.encoding import decode
from firstminute.model.envelope import Fact
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
    MustVisit,
    Plan,
    Receiver,
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
    receivers: dict[str, Receiver] = field(default_factory=dict)
    must_visits: dict[str, MustVisit] = field(default_factory=dict)
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


def fold(registers: Registers, fact: Fact, body: RegisterChanged) -> None:
    """Take in one `RegisterChanged`; rows that are gone from the store are simply not there."""
    if body.table not in TABLES:
        return
    if body.staged is None:
        put(registers, body.table, body.rows)
    else:
        take(registers, body.table, body.rows[0])
    rows = registers.table(body.table)
    for key in body.removed:
        _unindex(registers, rows.pop(key, None))


def put(registers: Registers, table: str, rows: Iterable[dict[str, Any] | Record]) -> None:
    """Write rows into one table: what a fact carries, or what the store holds at start."""
    row_class = TABLES[table]
    take(
        registers,
        table,
        made_ready(table, [decode(row_class, row) if isinstance(row, dict) else row for row in rows]),
    )


@dataclass(frozen=True, slots=True)
class Ready:
    """Rows of one table laid out so that hundreds of thousands of them are taken in within a moment: made beside the desk.

    Attributes
    ----------
    rows : key → record, without what the desk does not keep
    groups : what the index beside the table is keyed by (team of members, venue of teams, device of units) → keys
    """

    rows: dict[str, Any]
    groups: dict[str, set[str]]


INDEXED = {"members": "team_id", "teams": "venue_id", "units": "device_id"}


def made_ready(table: str, records: Iterable[Record]) -> Ready:
    """Records of one table, ready to be taken in; of several with one key the last counts."""
    key_of, indexed = attrgetter(KEYS[table]), INDEXED.get(table)
    rows = {key_of(record): told(table, record) for record in records}
    groups: dict[str, set[str]] = {}
    for key, record in rows.items() if indexed is not None else ():
        group = getattr(record, str(indexed))
        if group:
            groups.setdefault(group, set()).add(key)
    return Ready(rows, groups)


def take(registers: Registers, table: str, ready: Ready) -> None:
    """Put rows in the place of those with the same key."""
    target = registers.table(table)
    if table in INDEXED:
        _index(registers, table, target, ready)
    target.update(ready.rows)
    registers.version[table] = registers.version.get(table, 0) + 1


def _index(registers: Registers, table: str, target: dict[str, Record], ready: Ready) -> None:
    """Bring the index beside a table up to rows that are about to be taken in."""
    value = attrgetter(INDEXED[table])
    come: Iterable[str] = ready.rows
    if table == "members":
        come = _joined(registers.team_members, ready.groups)
    for key in come if target else ():
        old = target.get(key)
        if old is not None and value(old) != value(ready.rows[key]):
            _unindex(registers, old)
    if table == "members":
        return
    for group, keys in ready.groups.items():
        for key in sorted(keys):
            if table == "units":
                registers.unit_of_device[group] = key
                continue
            registers.team_of_venue[group] = key
            had = registers.venues_of_team.get(key, ())
            if group not in had:
                registers.venues_of_team[key] = (*had, group)


def _joined(teams: dict[str, set[str]], groups: dict[str, set[str]]) -> list[str]:
    """Who was not in the team before: of a whole city's members nearly all stay where they are, and those need not be looked at."""
    come: list[str] = []
    for team, keys in groups.items():
        have = teams.get(team)
        if have is None:
            teams[team] = set(keys)
            come += keys
        elif fresh := keys - have:
            have |= fresh
            come += fresh
    return come


_HIDDEN = {table: row_class.SEALED - NEEDED.get(table, frozenset()) for table, row_class in TABLES.items()}


def told(table: str, record: Record) -> Record:
    """The row without the names and phones that no decision needs: after a restart they would not be there either."""
    hidden = _HIDDEN[table]
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
