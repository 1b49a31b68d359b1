"""Telling people: one message on each way on which somebody can be reached, so that who is called off hears it wherever the call was heard.

Idea: an alert goes out on one way after the other (`respond.alerting`), because an answer stops it; everything else (stop, keep away, all clear, are you
safe) goes out on all ways at once, because nobody is harmed by hearing it twice. What has no account of its own (a seat, a station, a duty
officer) hears it at the desk. Limits: who is on no register is reached on the page only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from firstminute.model.envelope import Body
from firstminute.model.facts.desk import MessageQueued
from firstminute.respond.books import Books
from firstminute.respond.muster_records import Muster

PAGE, DESK = "page", "desk"
PLAIN = (PAGE,)
AT_THE_DESK = ("duty_officer", "commander")


def channels_of(books: Books, who: str) -> tuple[str, ...]:
    """The ways to somebody, the best first."""
    member = books.members.get(who)
    if member is not None:
        return member.channels or PLAIN
    if who in books.units or who in books.teams:
        return PLAIN
    return (DESK,) if who in books.stations or who.partition(":")[0] in AT_THE_DESK else PLAIN


def tell(
    books: Books, people: Iterable[str], reason: str, reason_id: str, *, expires_s: float, ids: Iterator[str]
) -> list[Body]:
    """One message each on every way that they have."""
    return [
        MessageQueued(
            message_id=next(ids),
            channel=channel,
            recipient=who,
            reason=reason,
            reason_id=reason_id,
            expires_s=expires_s,
        )
        for who in dict.fromkeys(people)
        for channel in channels_of(books, who)
    ]


def tell_desk(
    recipient: str | None, reason: str, reason_id: str, *, expires_s: float, ids: Iterator[str]
) -> list[Body]:
    """One message to a seat, or to whoever sits at the desk."""
    return [
        MessageQueued(
            message_id=next(ids),
            channel=DESK,
            recipient=recipient or DESK,
            reason=reason,
            reason_id=reason_id,
            expires_s=expires_s,
        )
    ]


def people_of_team(books: Books, muster: Muster, team_id: str) -> list[str]:
    """A team and those of its people on duty who are reached otherwise than by the team's own page."""
    roll = muster.rolls.get(team_id)
    named = sorted(roll.members) if roll is not None else ()
    return [team_id, *(m for m in named if channels_of(books, m) != PLAIN)]
