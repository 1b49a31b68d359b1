"""Which facts the state of a past moment is made of: those about what was open then, and the last of each kind that stood then.

Idea: the projections (`store.subjects`) say what is open now; of a moment of the past the same is read from the facts themselves: what opened and closed in the
day and a half before it, what has been open since and still is, and incidents of which the read model knows that they were open. Only seqs are kept in memory
until they are in order. Words stay shut unless whoever asks says whose may be opened.
Limits: what opened more than `WINDOW_S` before the moment, is neither an incident nor open today, is missing; `most` bounds the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, or_, select

from firstminute.model.envelope import Fact, World
from firstminute.model.facts import KINDS
from firstminute.model.facts.incident import IncidentClosed
from firstminute.store.journal import Journal, Opening
from firstminute.store.schema import facts, incidents, open_subjects, standing
from firstminute.store.subjects import KEEP_CLOSED_S, named

WINDOW_S = 36 * 3600.0
AT_ONCE = 500
TURNS = tuple(name for name, kind in KINDS.items() if kind.OPENS or kind.CLOSES)
"""Kinds that open or close a subject."""
LOOSE = ("SeatMoved", "SeatHandedOver", "ReactionFailed")
"""Kinds that change what is shown and hang on no subject that opens and closes."""
STANDS = (
    "GradeSwitched",
    "CapReported",
    "ClockParted",
    "ClockConfirmed",
    "UnitStatusSet",
    "PointVisited",
    "PointLeftOut",
)
"""Kinds of which the last one still shows, however old it is."""


class TooMany(Exception):
    """More facts than may be folded."""


def facts_then(
    connection: Connection, journal: Journal, world: World, upto: int, at_s: float, *, opening: Opening, quiet: Sequence[str], most: int,
) -> Iterator[Fact]:  # fmt: skip
    """The facts that the state after fact `upto`, recorded by `at_s`, is folded from, in order.

    Parameters
    ----------
    quiet : kinds that change nothing that is wanted
    most : so many facts are given

    Raises
    ------
    TooMany : it would be more
    """
    here = (facts.c.desk == journal.desk, facts.c.world == world)
    wanted, loose = _open_then(connection, journal, world, upto, at_s)
    seqs = {*loose, *_standing_then(connection, journal.desk, world, upto)}
    for some in _some(sorted(wanted)):
        query = select(facts.c.seq).where(*here, facts.c.subject.in_(some), facts.c.seq <= upto)
        seqs.update(connection.execute(query.where(facts.c.kind.not_in(quiet))).scalars())
        if len(seqs) > most:
            raise TooMany
    for part in _some(sorted(seqs)):
        rows = connection.execute(
            select(facts).where(*here, facts.c.seq.in_(part)).order_by(facts.c.seq)
        ).all()
        yield from journal.facts_of(connection, rows, opening)


def _open_then(
    connection: Connection, journal: Journal, world: World, upto: int, at_s: float
) -> tuple[set[str], set[int]]:
    """Subjects that were open then or had closed a short while before, and the seqs of loose facts of that time."""
    ended_s = at_s - KEEP_CLOSED_S
    turned: dict[str, float | None] = {}
    loose: set[int] = set()
    first = journal.first_at(connection, world, at_s - WINDOW_S)
    for fact in journal.read(connection, world, first - 1, upto=upto, kinds=(*TURNS, *LOOSE), opening=False):
        if fact.kind in LOOSE:
            loose.add(fact.seq)
        turned.update(dict.fromkeys(named(fact.body, fact.body.OPENS)))
        turned.update(dict.fromkeys(named(fact.body, fact.body.CLOSES), fact.at_s))
    found = {each for each, closed_s in turned.items() if closed_s is None or closed_s > ended_s}
    mine = (open_subjects.c.desk == journal.desk, open_subjects.c.world == world)
    since = select(open_subjects.c.subject).where(*mine, open_subjects.c.opened_seq <= upto)
    lately = or_(open_subjects.c.closed_s.is_(None), open_subjects.c.closed_s > ended_s)
    found |= set(connection.execute(since.where(lately)).scalars())
    old = _old_incidents(connection, journal.desk, world, at_s, ended_s) - found
    for some in _some(sorted(old)):
        closing = (facts.c.subject.in_(some), facts.c.kind == IncidentClosed.NAME)
        query = select(facts).where(facts.c.desk == journal.desk, facts.c.world == world, *closing)
        for fact in journal.facts_of(connection, connection.execute(query).all(), False):
            found.update(named(fact.body, fact.body.CLOSES))
    return found | old, loose


def _old_incidents(connection: Connection, desk: str, world: World, at_s: float, ended_s: float) -> set[str]:
    """Incidents that the read model knows to have been open then, or closed after `ended_s`."""
    lately = or_(incidents.c.closed_s.is_(None), incidents.c.closed_s > ended_s)
    query = select(incidents.c.incident_id).where(
        incidents.c.desk == desk, incidents.c.world == world, incidents.c.opened_s <= at_s, lately
    )
    return set(connection.execute(query).scalars())


def _standing_then(connection: Connection, desk: str, world: World, upto: int) -> Iterator[int]:
    """The seq of the last fact of each standing kind and subject, as of `upto`."""
    mine = (standing.c.desk == desk, standing.c.world == world, standing.c.kind.in_(STANDS))
    for row in connection.execute(select(standing).where(*mine)).all():
        if row.seq <= upto:
            yield row.seq
            continue
        before = select(func.max(facts.c.seq)).where(
            facts.c.desk == desk, facts.c.world == world, facts.c.subject == row.part, facts.c.kind == row.kind, facts.c.seq <= upto,
        )  # fmt: skip
        seq = connection.execute(before).scalar()
        if seq is not None:
            yield seq


def _some(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
