"""What each one does on arrival: so that the third helper does not stand beside the first two (dispatch.md §2, rule 3).

Idea: the policy names the roles in order; they go round by order of arrival. Where the gate is shut a team protects, whatever the policy says; the
first police unit coordinates; to fetch kit is given only to who has some. Limits: order of arrival, not of skill.
"""

from __future__ import annotations

from firstminute.model.records import AlertPolicy, Team
from firstminute.respond.records import Incident, Respond
from firstminute.respond.safety import Gate

FETCHED = frozenset({"aed", "first_aid", "extinguisher", "lifebuoy"})


def role_on_arrival(
    policy: AlertPolicy,
    gate: Gate,
    respond: Respond,
    incident: Incident,
    *,
    responder_kind: str,
    team: Team | None,
) -> str | None:
    """The role of who has just arrived, None where a unit has none of its own.

    Parameters
    ----------
    team : of a member or team, None for police
    """
    taken = [
        b.role
        for b in map(respond.assignments.get, incident.assignments)
        if b is not None and b.role and b.arrived_s is not None
    ]
    if responder_kind == "unit":
        return "coordinate" if "coordinate" not in taken else "cordon"
    if gate.shut:
        return "protect"
    roles = [r for r in policy.roles if r != "fetch_kit" or (team is not None and FETCHED & set(team.kit))]
    free = [r for r in roles if r not in taken]
    if free:
        return free[0]
    return roles[len(taken) % len(roles)] if roles else "aid"
