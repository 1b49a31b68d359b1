"""Which facts live state is made of: those about open subjects, and the last of each kind that stands until the next.

Idea (DESIGN.md §4): live state holds what is open, so it is rebuilt from the facts of open subjects and never from the whole journal. A
subject opens and closes as its fact kinds say (`OPENS`, `CLOSES`); a closed one stays for a shift, so that reopening, budgets and hand-over
know it. Facts outside any open subject that still hold (a grade, a policy, a team's kit) are found by `STANDING`, which names what makes
one fact replace another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, or_, select

from firstminute.model.envelope import Body, Fact, World
from firstminute.store.bulk import change_rows, upsert_rows
from firstminute.store.journal import Journal
from firstminute.store.schema import facts, open_subjects, standing, timers

KEEP_CLOSED_S = 8 * 3600.0
CLOSE = "UPDATE open_subjects SET closed_s = ? WHERE desk = ? AND world = ? AND subject = ?"

FORGET = "DELETE FROM open_subjects WHERE desk = ? AND world = ? AND subject = ?"
ERASED = "SubjectErased"

STANDING: dict[str, tuple[str, ...]] = {
    "GradeSwitched": ("district",),
    "PolicyAdopted": ("policy_id",),
    "KitReported": ("team_id",),
    "TeamStatsLearned": ("team_id", "hour", "channel"),
    "DeviceRateLearned": ("device_id",),
    "SeatHandedOver": ("seat",),
    "ClockParted": ("desk",),
    "ClockConfirmed": ("desk",),
    "CapReported": ("cap",),
    "UnitStatusSet": ("unit_id",),
    "PointVisited": ("point_id",),
    "PointLeftOut": ("point_id",),
    "HeadAnchored": ("stream",),
    "FormsReserved": (),
    ERASED: (),
}
"""kind → the fields in which two facts must agree for the later one to replace the earlier one."""


def project(connection: Connection, desk: str, world: str, run: Iterable[Fact]) -> None:
    """Follow a run of facts: what opened, what closed, what stands."""
    opened: dict[str, int] = {}
    closed: dict[str, float] = {}
    stands: dict[tuple[str, str], int] = {}
    for fact in run:
        body = fact.body
        for subject in named(body, body.OPENS):
            opened[subject] = fact.seq
            closed.pop(subject, None)
        for subject in named(body, body.CLOSES):
            closed[subject] = fact.at_s
        if fact.kind in STANDING:
            part = "/".join(str(getattr(body, name)) for name in STANDING[fact.kind])
            stands[(fact.kind, part)] = fact.seq
    upsert_rows(
        connection, open_subjects, [(desk, world, subject, seq, None) for subject, seq in opened.items()]
    )
    change_rows(connection, CLOSE, [(at_s, desk, world, subject) for subject, at_s in closed.items()])
    upsert_rows(
        connection, standing, [(desk, world, kind, part, seq) for (kind, part), seq in stands.items()]
    )


def named(body: Body, fields: tuple[str, ...]) -> Iterator[str]:
    """The ids that stand in some fields of a body."""
    for name in fields:
        value = getattr(body, name)
        yield from (value,) if isinstance(value, str) else value or ()


def facts_of_state(
    connection: Connection, journal: Journal, world: World, at_s: float, keep_s: float = KEEP_CLOSED_S
) -> Iterator[Fact]:
    """The facts that live state is folded from, in order of `seq`, read from the projections."""
    here = (facts.c.desk == journal.desk, facts.c.world == world)
    lately = or_(open_subjects.c.closed_s.is_(None), open_subjects.c.closed_s > at_s - keep_s)
    subjects = (
        select(open_subjects.c.subject)
        .where(open_subjects.c.desk == journal.desk, open_subjects.c.world == world, lately)
        .union(select(timers.c.subject).where(timers.c.desk == journal.desk, timers.c.world == world))
    )
    stands = select(standing.c.seq).where(standing.c.desk == journal.desk, standing.c.world == world)
    wanted = select(facts.c.seq).where(*here, facts.c.subject.in_(subjects)).union(stands)
    rows = connection.execute(select(facts).where(*here, facts.c.seq.in_(wanted)).order_by(facts.c.seq)).all()
    return journal.facts_of(connection, rows)


def last_erasure(connection: Connection, desk: str, world: World) -> int:
    """The `seq` of the last erasure, 0 where there was none: an older snapshot may hold what was erased."""
    last = select(standing.c.seq).where(
        standing.c.desk == desk, standing.c.world == world, standing.c.kind == ERASED
    )
    return connection.execute(last).scalar() or 0


def prune(connection: Connection, before_s: float, limit: int = 1000) -> int:
    """Forget at most `limit` subjects closed before `before_s`; how many went."""
    here = (open_subjects.c.desk, open_subjects.c.world, open_subjects.c.subject)
    gone = connection.execute(select(*here).where(open_subjects.c.closed_s < before_s).limit(limit)).all()
    change_rows(connection, FORGET, [tuple(row) for row in gone])
    return len(gone)
