"""The outbox: one row for each delivery of one message to one recipient, written with its fact.

Idea (DESIGN.md §4): the relay reads what is due, notes the attempt durably *before* it sends, sends with the message id as idempotency key
and brings the outcome back as a command, whose fact ends the row. Delivery is at least once; an expired row is never sent, also after a
restart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, literal, or_, select

from firstminute.model.envelope import Fact, World
from firstminute.model.facts.desk import MessageOutcome, MessageQueued
from firstminute.store.bulk import insert_rows
from firstminute.store.schema import outbox, register_rows

PAGE_WAIT_S = 5.0
"""An alert that nobody's page has shown for so long has failed there: its next way is tried."""
PRESENT_MOST = 20_000
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row that waits. `message_id` is the idempotency key; `attempts` counts those noted so far."""

    message_id: str
    world: World
    seq: int
    channel: str
    recipient: str
    reason: str
    reason_id: str
    expires_s: float
    attempts: int
    next_s: float


def project(connection: Connection, desk: str, world: str, run: Iterable[Fact]) -> None:
    """Queue what the facts ask for, end what they say has an outcome."""
    queued: list[tuple[Any, ...]] = []
    ended: list[dict[str, str]] = []
    for fact in run:
        body = fact.body
        if isinstance(body, MessageQueued):
            queued.append(
                (desk, body.message_id, world, fact.seq, body.channel, body.recipient, body.reason, body.reason_id, body.expires_s,
                 0, fact.at_s, None)
            )  # fmt: skip
        elif isinstance(body, MessageOutcome):
            ended.append({"id": body.message_id, "said": body.outcome})
    insert_rows(connection, outbox, queued)
    if ended:
        one = outbox.update().where(outbox.c.desk == desk, outbox.c.message_id == bindparam("id"))
        connection.execute(one.values(outcome=bindparam("said")), ended)


def due(
    connection: Connection,
    desk: str,
    at_s: float,
    limit: int = 200,
    *,
    present: Collection[str] = (),
    at_desk: bool = False,
    apart: Collection[str] = (),
) -> list[Delivery]:
    """Deliveries to attempt or to give up now, the longest waiting first.

    Parameters
    ----------
    present : who has the page open: what is meant for the page of somebody else waits, and keeps nobody behind it waiting
    at_desk : whether somebody sits at the desk
    apart : channels that somebody else carries
    """
    there = [outbox.c.recipient.in_(list(present)[:PRESENT_MOST]), outbox.c.expires_s <= at_s]
    unseen = (outbox.c.reason == "alert", outbox.c.next_s <= at_s - PAGE_WAIT_S)
    for_page = and_(outbox.c.channel == "page", or_(*there, and_(*unseen)))
    for_desk = and_(outbox.c.channel == "desk", or_(*there, literal(at_desk)))
    wanted = or_(outbox.c.channel.not_in(("page", "desk", *apart)), for_page, for_desk)
    return _waiting(connection, desk, at_s, wanted, limit)


def due_on(
    connection: Connection,
    desk: str,
    at_s: float,
    channel: str,
    *,
    without: Collection[str] = (),
    limit: int = 200,
) -> list[Delivery]:
    """Deliveries of one channel to attempt or to give up now, the longest waiting first; none for recipients `without`, who keep nobody else waiting."""
    wanted = and_(outbox.c.channel == channel, outbox.c.recipient.not_in(list(without)[:PRESENT_MOST]))
    return _waiting(connection, desk, at_s, wanted, limit)


def _waiting(
    connection: Connection, desk: str, at_s: float, wanted: ColumnElement[bool], limit: int
) -> list[Delivery]:
    query = (
        select(outbox)
        .where(outbox.c.desk == desk, outbox.c.outcome.is_(None), outbox.c.next_s <= at_s)
        .where(wanted)
        .order_by(outbox.c.next_s)
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(query)]


def for_outside(connection: Connection, desk: str, at_s: float, limit: int = 200) -> list[Delivery]:
    """Deliveries to the pages of teams and their people that are due: where these live in another zone, they are handed over as they are. The newest first."""
    known = [
        select(register_rows.c.key).where(
            register_rows.c.desk == desk,
            register_rows.c.register == table,
            register_rows.c.valid_to_s.is_(None),
        )
        for table in ("members", "teams")
    ]
    query = (
        select(outbox)
        .where(
            outbox.c.desk == desk,
            outbox.c.outcome.is_(None),
            outbox.c.next_s <= at_s,
            outbox.c.channel == "page",
        )
        .where(or_(*(outbox.c.recipient.in_(each) for each in known)))
        .order_by(outbox.c.seq.desc())
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(query)]


def _delivery(row: Any) -> Delivery:
    return Delivery(
        row.message_id, row.world, row.seq, row.channel, row.recipient, row.reason, row.reason_id, row.expires_s, row.attempts, row.next_s,
    )  # fmt: skip


def note_attempts(
    connection: Connection,
    desk: str,
    tried: Iterable[Delivery],
    at_s: float,
    longest_s: float = LONGEST_WAIT_S,
) -> None:
    """Write down, before sending, that these are being tried, and when to try again should nothing be heard."""
    rows = [
        {
            "id": each.message_id,
            "count": each.attempts + 1,
            "again_s": at_s + wait_s(each.attempts, longest_s),
        }
        for each in tried
    ]
    if rows:
        one = outbox.update().where(outbox.c.desk == desk, outbox.c.message_id == bindparam("id"))
        connection.execute(one.values(attempts=bindparam("count"), next_s=bindparam("again_s")), rows)


def wait_s(attempts: int, longest_s: float = LONGEST_WAIT_S) -> float:
    """How long to wait after an attempt: doubled each time, bounded.

    >>> [wait_s(n) for n in (0, 1, 2, 9)]
    [2.0, 4.0, 8.0, 60.0]
    """
    return min(longest_s, FIRST_WAIT_S * 2.0 ** min(attempts, 10))


def waiting(connection: Connection, desk: str) -> int:
    """How many deliveries have no outcome yet."""
    count = select(func.count()).select_from(outbox).where(outbox.c.desk == desk, outbox.c.outcome.is_(None))
    return int(connection.execute(count).scalar_one())


def prune(connection: Connection, before_s: float, limit: int = 1000) -> int:
    """Forget at most `limit` ended rows that expired before `before_s`; their facts stay."""
    old = (
        select(outbox.c.message_id)
        .where(outbox.c.outcome.is_not(None), outbox.c.expires_s < before_s)
        .limit(limit)
    )
    return connection.execute(outbox.delete().where(outbox.c.message_id.in_(old))).rowcount
