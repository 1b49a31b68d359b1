"""A dispatch taken back: within ten seconds by one key, later with a reason, because crews have acted on it.

Idea: what was set in motion by hand ends as facts of its own (alerts withdrawn, tasks released), and whoever was chosen may be chosen again. Limits: a task
that a crew was taken away from for it is not given back: that incident has been served anew meanwhile. Whoever is there already stays.
"""

from __future__ import annotations

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import DispatchUndone
from firstminute.model.facts.response import AlertWithdrawn, Released
from firstminute.respond import reasons
from firstminute.respond.attach import UNDO_WITHIN_S
from firstminute.respond.lifecycle import OVER, THERE
from firstminute.respond.policy import PENDING
from firstminute.respond.records import Incident, Respond


def undo(
    respond: Respond,
    incident: Incident,
    responder_ids: tuple[str, ...],
    *,
    at_s: float,
    reason_code: str | None,
) -> list[Body]:
    """Take these responders (crews, teams, stations) back.

    Refused: nothing_to_undo (nobody of them is asked or on the way), responder_there, undo_needs_reason
    """
    reasons.check_some("undo", reason_code)
    wanted = frozenset(responder_ids)
    alerts = [a for key in incident.alerts if (a := respond.alerts.get(key)) is not None]
    alerts = [a for a in alerts if wanted & {a.responder_id, a.team_id} and a.state in (*PENDING, "failed")]
    bound = [b for key in incident.assignments if (b := respond.assignments.get(key)) is not None]
    bound = [b for b in bound if wanted & {b.responder_id, b.team_id} and b.state not in OVER]
    there = next((b for b in bound if b.state in THERE), None)
    if there is not None:
        raise Refused("responder_there", responder=there.responder_id)
    if not alerts and not bound:
        raise Refused("nothing_to_undo", incident=incident.incident_id)
    since_s = min([a.sent_s for a in alerts] + [b.assigned_s for b in bound])
    if at_s - since_s > UNDO_WITHIN_S and reason_code is None:
        raise Refused("dispatch_undo_needs_reason", seconds=UNDO_WITHIN_S)
    gone = dict.fromkeys([*(a.responder_id for a in alerts), *(b.responder_id for b in bound)])
    facts: list[Body] = [
        AlertWithdrawn(alert_id=a.alert_id, incident_id=incident.incident_id, responder_id=a.responder_id, reason_code="wrong_person")
        for a in alerts
    ]  # fmt: skip
    facts += [
        Released(assignment_id=b.assignment_id, incident_id=incident.incident_id, responder_id=b.responder_id, reason_code="withdrawn")
        for b in bound
    ]  # fmt: skip
    return [
        *facts,
        DispatchUndone(incident_id=incident.incident_id, responder_ids=tuple(gone), reason_code=reason_code),
    ]
