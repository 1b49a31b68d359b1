"""Recall (召回备勤): a commander calls people back to duty. Its own act: an alert never reaches anybody off duty.

Idea: the order is one fact with a reason; each team, its lead and each unit hear it on their own ways and come back by the ordinary roll or sign-on.
Limits: at most 500 at once; who comes is seen on the muster board, nobody is bound by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.model.envelope import Actor, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.people import RecallOrdered
from firstminute.respond import reasons
from firstminute.respond.books import Books
from firstminute.respond.telling import tell

MOST = 500
VALID_S = 3600.0
MAY_RECALL = frozenset({"commander", "admin"})


def recall(
    books: Books,
    actor: Actor,
    *,
    team_ids: tuple[str, ...],
    unit_ids: tuple[str, ...],
    reason: str,
    at_s: float,
    ids: Iterator[str],
    note: str | None = None,
) -> list[Body]:
    """Order teams and units back to duty."""
    if actor.role not in MAY_RECALL:
        raise Refused("commander_only")
    reason, note = reasons.settle("recall", reason, note)
    if not team_ids and not unit_ids:
        raise Refused("nobody_to_ask")
    if len(team_ids) + len(unit_ids) > MOST:
        raise Refused("too_many_teams", most=MOST)
    for team_id in team_ids:
        if team_id not in books.teams:
            raise Refused("unknown_team", team=team_id)
    for unit_id in unit_ids:
        if unit_id not in books.units:
            raise Refused("unknown_unit", unit=unit_id)
    recall_id = next(ids)
    facts: list[Body] = [
        RecallOrdered(
            commander_id=actor.id,
            recall_id=recall_id,
            team_ids=team_ids,
            unit_ids=unit_ids,
            reason=reason,
            note=note,
        )
    ]
    leads = [lead for t in team_ids if (lead := books.teams[t].lead_id) is not None]
    told = tell(books, (*team_ids, *leads, *unit_ids), "recall", recall_id, expires_s=at_s + VALID_S, ids=ids)
    return [*facts, *told]
