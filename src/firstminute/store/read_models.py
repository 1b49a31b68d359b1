"""Read models: tables made of facts by following the journal, for questions that live state cannot answer any more.

Idea (DESIGN.md §4): a follower reads from its cursor and writes what it learned and the new cursor in one transaction, so it can be stopped
anywhere, wiped and made again. `incidents` has one row an incident with the marks that intervals are made of; lists and figures of past
days read it instead of the journal.
Limits: it lags the journal by moments; marks are the first of their kind, by when things happened, and `typed_later` counts those that were
not recorded at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select, text, tuple_

from firstminute.model.access.sql import Columns
from firstminute.model.envelope import Body, Fact, World
from firstminute.model.facts.incident import IncidentAmended, IncidentClosed, IncidentOpened, IncidentReopened
from firstminute.model.facts.response import AlertSent, Arrived, EnRoute, PersonReached
from firstminute.store.bulk import upsert_rows
from firstminute.store.journal import Journal, read_head
from firstminute.store.schema import cursors, incidents

NAME = "incidents"
AT_ONCE = 500
MARKS: dict[type[Body], str] = {
    AlertSent: "alerted_s",
    EnRoute: "en_route_s",
    Arrived: "arrived_s",
    PersonReached: "reached_s",
}
COLUMNS = [column.name for column in incidents.columns]
OTHERS: tuple[type[Body], ...] = (IncidentOpened, IncidentAmended, IncidentClosed, IncidentReopened)
KINDS = [kind.NAME for kind in (*MARKS, *OTHERS)]
"""The kinds that a row is made of; nothing else is read."""
CHANGES = ("type_code", "priority", "zone", "district", "venue_id")


@dataclass(frozen=True, slots=True)
class Bite:
    """What some facts make of the table: rows to put into it, and where the follower stands then. `read` facts it was."""

    world: World
    rows: Sequence[tuple[Any, ...]]
    upto: int
    read: int


def follow(connection: Connection, journal: Journal, world: World = "live") -> Bite | None:
    """The next bite, read beside whoever writes; None where nothing is new. `keep` writes it down before the next one is asked for."""
    mine = (cursors.c.name == NAME, cursors.c.desk == journal.desk, cursors.c.world == world)
    after = connection.execute(select(cursors.c.seq).where(*mine)).scalar() or 0
    head = read_head(connection, journal.desk, world)
    upto = min(after + AT_ONCE, head.seq if head is not None else 0)
    if upto <= after:
        return None
    run = journal.read(connection, world, after, upto=upto, kinds=KINDS, opening=False)
    rows = _rows(connection, journal.desk, world, run)
    return Bite(world, [tuple(row[name] for name in COLUMNS) for row in rows], upto, upto - after)


def keep(connection: Connection, journal: Journal, bite: Bite) -> None:
    """Write a bite down; a moment's work. The caller commits."""
    upsert_rows(connection, incidents, bite.rows)
    upsert_rows(connection, cursors, [(NAME, journal.desk, bite.world, bite.upto)])


def start_again(connection: Connection, journal: Journal, world: World = "live") -> None:
    """Forget everything, to be made again from the first fact."""
    connection.execute(incidents.delete().where(incidents.c.desk == journal.desk, incidents.c.world == world))
    connection.execute(
        cursors.delete().where(
            cursors.c.name == NAME, cursors.c.desk == journal.desk, cursors.c.world == world
        )
    )


Condition = tuple[str, Mapping[str, Any]]
"""The text of a row filter and its parameters, as `model.access.sql.where` writes them for `PLACES`."""
PLACES = Columns(
    {"id": "incidents.incident_id", "district": "incidents.district"},
    missing=frozenset({"station", "offered_to", "serves", "owner", "units", "teams", "people"}),
)
"""How the table spells what a policy asks. Who was bound to an incident is not kept here, so crews and teams see none of the past."""


def _visible(desk: str, may: Condition) -> list[Any]:
    return [incidents.c.desk == desk, incidents.c.world == "live", text(may[0]).bindparams(**may[1])]


def is_seen(connection: Connection, desk: str, incident_id: str, may: Condition) -> bool:
    """Whether an incident is known and passes the filter."""
    query = select(incidents.c.incident_id).where(
        *_visible(desk, may), incidents.c.incident_id == incident_id
    )
    return connection.execute(query).first() is not None


def district_of(connection: Connection, desk: str, incident_id: str) -> tuple[str | None, ...]:
    """The district of an incident, None in it where nobody has placed it; empty where no such incident is known."""
    query = select(incidents.c.district).where(
        incidents.c.desk == desk, incidents.c.world == "live", incidents.c.incident_id == incident_id
    )
    return tuple(connection.execute(query).scalars())


def ids_since(connection: Connection, desk: str, since_s: float, may: Condition) -> frozenset[str]:
    """The incidents that pass the filter and were open at a time or later."""
    lately = or_(incidents.c.closed_s.is_(None), incidents.c.closed_s >= since_s)
    return frozenset(
        connection.execute(select(incidents.c.incident_id).where(*_visible(desk, may), lately)).scalars()
    )


def count_closed(connection: Connection, desk: str, span_s: tuple[float, float], may: Condition) -> int:
    """How many incidents closed in a span of time pass the filter."""
    query = select(func.count()).select_from(incidents).where(*_visible(desk, may), *_closed_in(span_s))
    return int(connection.execute(query).scalar() or 0)


def page_closed(
    connection: Connection,
    desk: str,
    span_s: tuple[float, float],
    may: Condition,
    *,
    after: tuple[float, str],
    most: int,
) -> list[dict[str, Any]]:
    """The incidents closed in a span of time that pass the filter, behind (closed_s, incident_id), oldest first."""
    place = tuple_(incidents.c.closed_s, incidents.c.incident_id)
    query = select(incidents).where(*_visible(desk, may), *_closed_in(span_s), place > tuple_(*after))
    rows = connection.execute(query.order_by(incidents.c.closed_s, incidents.c.incident_id).limit(most))
    return [
        {name: value for name, value in row._mapping.items() if name not in ("desk", "world")} for row in rows
    ]


def _closed_in(span_s: tuple[float, float]) -> tuple[Any, Any]:
    return incidents.c.closed_s >= span_s[0], incidents.c.closed_s < span_s[1]


def _rows(connection: Connection, desk: str, world: str, run: Iterable[Fact]) -> list[dict[str, Any]]:
    """The rows that `run` changes, as they are after it."""
    touched: dict[str, dict[str, Any]] = {}
    for fact in run:
        incident_id = getattr(fact.body, "incident_id", None)
        if incident_id is None:
            continue
        row = touched.get(incident_id)
        if row is None and isinstance(fact.body, IncidentOpened):
            row = _opened(desk, world, fact, fact.body)
        elif row is None:
            found = connection.execute(
                select(incidents).where(
                    incidents.c.desk == desk,
                    incidents.c.world == world,
                    incidents.c.incident_id == incident_id,
                )
            ).first()
            row = dict(found._mapping) if found is not None else None
        if row is not None:
            touched[incident_id] = row
            _take(row, fact)
    return list(touched.values())


def _opened(desk: str, world: str, fact: Fact, body: IncidentOpened) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row.update(
        desk=desk, world=world, incident_id=body.incident_id, type_code=body.type_code, priority=body.priority, grade=body.grade,
        zone=body.zone, district=body.district, venue_id=body.venue_id, started_s=body.started_s, opened_s=fact.at_s,
        alerts=0, arrivals=0, typed_later=0,
    )  # fmt: skip
    return row


def _take(row: dict[str, Any], fact: Fact) -> None:
    """One fact into its incident's row."""
    body = fact.body
    mark = MARKS.get(type(body))
    if mark is not None:
        if row[mark] is None or fact.occurred_s < row[mark]:
            row[mark] = fact.occurred_s
            if isinstance(body, Arrived):
                row["evidence"] = body.evidence
        row["alerts"] += isinstance(body, AlertSent)
        row["arrivals"] += isinstance(body, Arrived)
        row["typed_later"] += fact.time_source in ("typed", "paper")
    elif isinstance(body, IncidentAmended):
        row.update({name: getattr(body, name) for name in CHANGES if name in body.changed})
    elif isinstance(body, IncidentClosed):
        row.update(closed_s=fact.at_s, outcome=body.outcome, type_code=body.type_code)
    elif isinstance(body, IncidentReopened):
        row.update(closed_s=None, outcome=None)
