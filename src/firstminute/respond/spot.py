"""Spot roll-call (查勤): some teams, drawn at random, have minutes to show that they stand where their roll says.

Idea: the draw is pure and can be done again by anyone who holds the journal: teams are ordered by a hash of the call's own random id and theirs, the
first ones are drawn. Nobody can foresee it, nobody can choose. Limits: a team drawn today may be drawn tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.people import SpotCallAnswered, SpotCallEnded, SpotCallStarted
from firstminute.respond.books import Books
from firstminute.respond.muster_records import Muster
from firstminute.respond.telling import people_of_team, tell

TIMER = "spot_due"
MOST = 500
EVIDENCE = ("qr", "fix", "photo", "touch", "radio")


def draw(team_ids: Iterable[str], seed: str, count: int) -> tuple[str, ...]:
    """`count` teams at random, the same for the same seed.

    >>> draw(["a", "b", "c"], "00", 2) == draw(["c", "b", "a"], "00", 2)
    True
    """
    return tuple(
        sorted(team_ids, key=lambda t: blake2b(f"{seed}:{t}".encode(), digest_size=8).digest())[:count]
    )


def start(
    muster: Muster,
    books: Books,
    team_ids: tuple[str, ...],
    *,
    within_s: float,
    at_s: float,
    ids: Iterator[str],
    spot_id: str | None = None,
) -> list[Body]:
    """Ask the drawn teams."""
    if not team_ids:
        raise Refused("nobody_to_ask")
    if len(team_ids) > MOST:
        raise Refused("too_many_teams", most=MOST)
    if within_s <= 0:
        raise Refused("no_time_given")
    spot_id = spot_id or next(ids)
    due_s = at_s + within_s
    people = [who for t in team_ids for who in people_of_team(books, muster, t)]
    asked = tell(books, people, "spot_call", spot_id, expires_s=due_s, ids=ids)
    return [
        SpotCallStarted(spot_id=spot_id, team_ids=team_ids, due_s=due_s),
        *asked,
        TimerSet(timer_subject=spot_id, timer=TIMER, round=1, due_s=due_s),
    ]


def answer(
    muster: Muster, spot_id: str, team_id: str, *, on_duty: int, evidence: str, at_s: float
) -> list[Body]:
    """A team shows itself; the last one ends the call."""
    spot = muster.spots.get(spot_id)
    if spot is None or at_s > spot.due_s:
        raise Refused("spot_call_over", spot=spot_id)
    if team_id not in spot.team_ids:
        raise Refused("not_asked", team=team_id)
    if evidence not in EVIDENCE:
        raise Refused("unknown_evidence", evidence=evidence)
    if team_id in spot.answered:
        return []
    facts: list[Body] = [
        SpotCallAnswered(spot_id=spot_id, team_id=team_id, on_duty=on_duty, evidence=evidence)
    ]
    if len(spot.answered) + 1 == len(spot.team_ids):
        facts += [
            SpotCallEnded(spot_id=spot_id, missing=()),
            TimerCancelled(timer_subject=spot_id, timer=TIMER),
        ]
    return facts


def due(muster: Muster, spot_id: str) -> list[Body]:
    """The minutes are over: who did not answer is named."""
    spot = muster.spots.get(spot_id)
    if spot is None:
        return []
    return [SpotCallEnded(spot_id=spot_id, missing=tuple(t for t in spot.team_ids if t not in spot.answered))]
