"""Who speaks for whom: a crew for itself, a team's people for their team, a device for its unit, the desk for everybody.

Idea: a token that names no unit and no team speaks for none, so that a token that gets about can answer nobody's alert. Limits: what a role may do at
all is said by the policies at the edge.
"""

from __future__ import annotations

from firstminute.model.envelope import Actor

FOR_ITSELF = frozenset({"patrol", "lead", "member", "device"})


def speaks_for(actor: Actor, *meant: str | None) -> bool:
    """True where the actor may speak for one of those who are meant: a unit, a team, a member.

    >>> speaks_for(Actor(id="p", role="patrol", unit_id="U1"), "U1"), speaks_for(Actor(id="p", role="patrol"), "U1", None)
    (True, False)
    """
    if actor.role not in FOR_ITSELF:
        return True
    return not {actor.id, actor.unit_id, actor.team_id}.isdisjoint(set(meant) - {None})
