"""Spot roll-call (查勤): some teams, drawn at random, have minutes to show that they stand where their roll says.

Idea: the draw is pure and can be done again by anyone who holds the journal: teams are ordered by a hash of the call's own random id and theirs, the
first ones are drawn. Nobody can foresee it, nobody can choose. Limits: a team drawn today may be drawn tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.people import SpotCallAnswered, SpotCallEnded, SpotCallStarted
from firstminute.respond.books import Books
from firstminute.respond.muster_records import Muster
from firstminute.respond.telling import people_of_team, tell

TIMER = "spot_due"
MOST = 500
LASTS_S = 1_800.0
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
    roll = muster.rolls.get(team_id)
    said = SpotCallAnswered(
        spot_id=spot_id,
        team_id=team_id,
        on_duty=on_duty,
        evidence=evidence,
        rolled=roll.on_duty if roll is not None else None,
    )
    facts: list[Body] = [said]
    if len(spot.answered) + 1 == len(spot.team_ids):
        facts += [
            SpotCallEnded(spot_id=spot_id, missing=()),
            TimerCancelled(timer_subject=spot_id, timer=TIMER),
        ]
    return facts


def due(
    muster: Muster,
    books: Books,
    spot_id: str,
    stations: Mapping[str, str | None],
    *,
    at_s: float,
    ids: Iterator[str],
) -> list[Body]:
    """The minutes are over: who did not answer is named, and their stations are told.

    Parameters
    ----------
    stations : team → station of its venue
    """
    spot = muster.spots.get(spot_id)
    if spot is None:
        return []
    missing = tuple(t for t in spot.team_ids if t not in spot.answered)
    told = [stations.get(t) or "duty_officer" for t in missing]
    return [
        SpotCallEnded(spot_id=spot_id, missing=missing),
        *tell(books, told, "spot_missing", spot_id, expires_s=at_s + LASTS_S, ids=ids),
    ]


def summary(facts: Iterable[Fact]) -> dict[str, Any]:
    """A roll-call as its facts tell it: who was asked, who answered when with how many, who stood with fewer than its roll said, who is missing."""
    asked: tuple[str, ...] = ()
    started_s = due_s = 0.0
    answered: list[dict[str, Any]] = []
    ended = False
    for fact in facts:
        body = fact.body
        if isinstance(body, SpotCallStarted):
            asked, started_s, due_s = body.team_ids, fact.at_s, body.due_s
        elif isinstance(body, SpotCallAnswered):
            answered.append(
                {
                    "team_id": body.team_id, "after_s": round(fact.occurred_s - started_s, 1), "on_duty": body.on_duty,
                    "rolled": body.rolled, "evidence": body.evidence,
                }
            )  # fmt: skip
        elif isinstance(body, SpotCallEnded):
            ended = True
    there = {row["team_id"] for row in answered}
    return {
        "started_s": started_s, "due_s": due_s, "ended": ended, "asked": len(asked), "answered": answered,
        "fewer": [row["team_id"] for row in answered if row["rolled"] is not None and row["on_duty"] < row["rolled"]],
        "missing": [team_id for team_id in asked if team_id not in there],
    }  # fmt: skip
