"""The table of pending timers: a projection, so that a restart knows what is due without reading the journal.

Idea (trust.md finding 6): timers are state folded from facts; this table follows them in the same transaction. A timer is keyed (subject,
timer, round).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from sqlalchemy import Connection, select

from firstminute.model.envelope import Fact
from firstminute.model.facts.desk import TimerCancelled, TimerFired, TimerSet
from firstminute.store.bulk import change_rows, upsert_rows
from firstminute.store.schema import timers

Key: TypeAlias = tuple[str, str, int]
OF_SUBJECT = "DELETE FROM timers WHERE desk = ? AND world = ? AND subject = ?"
OF_KIND = f"{OF_SUBJECT} AND timer = ?"
ONE = f"{OF_KIND} AND round = ?"


def project(connection: Connection, desk: str, world: str, run: Iterable[Fact]) -> None:
    """Follow a run of facts. Facts of one group are summed up first: most timers of a group are set in it."""
    wanted: dict[Key, float | None] = {}
    wiped: dict[tuple[str, str], None] = {}  # (subject, timer), an empty timer for all of the subject
    for body in (fact.body for fact in run):
        if isinstance(body, TimerSet):
            wanted[(body.timer_subject, body.timer, body.round)] = body.due_s
        elif isinstance(body, TimerFired) or (isinstance(body, TimerCancelled) and body.timer and body.round):
            wanted[(body.timer_subject, body.timer, body.round)] = None
        elif isinstance(body, TimerCancelled):
            many = (body.timer_subject, body.timer)
            wanted = {
                key: due_s
                for key, due_s in wanted.items()
                if key[0] != many[0] or many[1] not in ("", key[1])
            }
            wiped[many] = None
    change_rows(connection, OF_SUBJECT, [(desk, world, subject) for subject, timer in wiped if not timer])
    change_rows(connection, OF_KIND, [(desk, world, subject, timer) for subject, timer in wiped if timer])
    change_rows(connection, ONE, [(desk, world, *key) for key, due_s in wanted.items() if due_s is None])
    upsert_rows(
        connection, timers, [(desk, world, *key, due_s) for key, due_s in wanted.items() if due_s is not None]
    )


def pending(connection: Connection, desk: str, world: str) -> dict[Key, float]:
    """Every pending timer and when it is due."""
    query = select(timers).where(timers.c.desk == desk, timers.c.world == world).order_by(timers.c.due_s)
    return {(row.subject, row.timer, row.round): row.due_s for row in connection.execute(query)}
