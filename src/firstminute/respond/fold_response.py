"""The answer, as facts change it: recommended, asked, bound, moving, there, free."""

from __future__ import annotations

from firstminute.model.envelope import Fact
from firstminute.model.facts.incident import DispatchUndone, NearerCrewFree
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertDeclined,
    AlertDelivered,
    AlertExpired,
    AlertFailed,
    AlertSeen,
    AlertSent,
    AlertWithdrawn,
    Arrived,
    Assigned,
    AssignmentActivated,
    Cleared,
    CrewUpdated,
    Diverted,
    EnRoute,
    HelpAsked,
    PersonReached,
    Released,
    RoleGiven,
    UnitsChosen,
    UnitsRecommended,
)
from firstminute.respond.chance import answer_key
from firstminute.respond.fold_calls import Handlers
from firstminute.respond.fold_incidents import follow, forget_nearer
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Alert, Assignment, Incident, Nearer, Recommendation, Respond

NOT_A_CREW = frozenset({"place", "in_time"})
"""Shortfalls that no crew's becoming free can fill."""
ASKED_FOR_SAFETY = frozenset({"stood_down", "safety_gate"})
"""Whoever is released for one of these is asked whether all is well."""
STATE_OF_ALERT: dict[type, str] = {
    AlertDelivered: "delivered",
    AlertFailed: "failed",
    AlertSeen: "seen",
    AlertAccepted: "accepted",
    AlertDeclined: "declined",
    AlertExpired: "expired",
    AlertWithdrawn: "withdrawn",
}
ORDER_OF_ALERT = {"asked": 0, "failed": 1, "delivered": 2, "seen": 3}
"""Outcomes come in any order: an answer is never undone by the news that the question was delivered."""


def _recommended(respond: Respond, fact: Fact, body: UnitsRecommended) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.recommendation = Recommendation(
            fact.at_s, body.policy, body.digest, body.candidates, body.shortfalls
        )
        respond.short.pop(body.incident_id, None)
        if any(s.ring == "reinforcement" and s.need not in NOT_A_CREW for s in body.shortfalls):
            respond.short[body.incident_id] = None


def _chosen(respond: Respond, fact: Fact, body: UnitsChosen) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    for responder_id in body.responder_ids:
        if incident.chosen.get(responder_id, ("", 0))[0] != fact.command_id:
            incident.chosen[responder_id] = (fact.command_id, fact.seq)


def _alert_sent(respond: Respond, fact: Fact, body: AlertSent) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    respond.alerts[body.alert_id] = Alert(
        alert_id=body.alert_id,
        incident_id=body.incident_id,
        responder_id=body.responder_id,
        responder_kind=body.responder_kind,
        team_id=body.team_id,
        ring=body.ring,
        round=body.round,
        task=body.task,
        sent_s=fact.at_s if body.sent_s is None else body.sent_s,
        expires_s=body.expires_s,
        outside_venue=body.outside_venue,
        changed_s=fact.at_s,
    )
    incident.alerts.append(body.alert_id)
    incident.asked.add(body.responder_id)
    if body.team_id is not None:
        respond.asking[body.responder_id] = body.alert_id
    incident.rounds[body.ring] = max(body.round, incident.rounds.get(body.ring, 0))
    if body.outside_venue and body.team_id and body.team_id not in incident.outside_teams:
        incident.outside_teams.add(body.team_id)
        key = (body.team_id, body.shift)
        respond.outside_alerts[key] = respond.outside_alerts.get(key, 0) + 1


AlertNews = (
    AlertDelivered | AlertFailed | AlertSeen | AlertAccepted | AlertDeclined | AlertExpired | AlertWithdrawn
)


def _alert_news(respond: Respond, fact: Fact, body: AlertNews) -> None:
    alert = respond.alerts.get(body.alert_id)
    if alert is None:
        return
    state = STATE_OF_ALERT[type(body)]
    if isinstance(body, (AlertDelivered, AlertFailed)):
        alert.channel = body.channel
    if state in ORDER_OF_ALERT and ORDER_OF_ALERT[state] <= ORDER_OF_ALERT.get(alert.state, 9):
        return
    if isinstance(body, AlertAccepted):
        alert.role = body.role
    if alert.team_id is not None and isinstance(body, (AlertAccepted, AlertDeclined, AlertExpired)):
        key = answer_key(alert)
        asked, answered = respond.answered.get(key, (0, 0))
        respond.answered[key] = (asked + 1, answered + (not isinstance(body, AlertExpired)))
    alert.state, alert.changed_s = state, fact.at_s
    if state not in ORDER_OF_ALERT and respond.asking.get(alert.responder_id) == alert.alert_id:
        del respond.asking[alert.responder_id]


def _crew_updated(respond: Respond, fact: Fact, body: CrewUpdated) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.changed = body.changed


def _assigned(respond: Respond, fact: Fact, body: Assigned) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    respond.assignments[body.assignment_id] = Assignment(
        assignment_id=body.assignment_id,
        incident_id=body.incident_id,
        responder_id=body.responder_id,
        responder_kind=body.responder_kind,
        team_id=body.team_id,
        ring=body.ring,
        how=body.how,
        mode=body.mode,
        assigned_s=fact.occurred_s,
        role=body.role,
        state="stacked",
        changed_s=fact.at_s,
        alert_id=body.alert_id,
        travel_s=body.travel_s,
    )
    incident.assignments.append(body.assignment_id)
    incident.asked.add(body.responder_id)
    duty = respond.units.get(body.responder_id)
    if body.active:
        _activate(respond, respond.assignments[body.assignment_id])
    elif duty is not None:
        duty.stack.append(body.assignment_id)
    follow(respond, incident, Assigned)


def _activate(respond: Respond, bound: Assignment) -> None:
    """Make it the one active task; what was active goes first on the stack, never away. A task taken up again is where it was."""
    bound.state = _standing(bound)
    duty = respond.units.get(bound.responder_id)
    if duty is None:
        respond.busy[bound.responder_id] = bound.assignment_id
        return
    if bound.assignment_id in duty.stack:
        duty.stack.remove(bound.assignment_id)
    before = respond.assignments.get(duty.active or "")
    if before is not None and before.assignment_id != bound.assignment_id:
        before.state = "stacked"
        duty.stack.insert(0, before.assignment_id)
        left = respond.incidents.get(before.incident_id)
        if left is not None:
            follow(respond, left, AssignmentActivated)
    duty.active = bound.assignment_id


def _standing(bound: Assignment) -> str:
    """How far a task has come, by its stamps."""
    if bound.reached_s is not None:
        return "reached"
    if bound.arrived_s is not None:
        return "arrived"
    return "assigned" if bound.en_route_s is None else "en_route"


def _activated(respond: Respond, fact: Fact, body: AssignmentActivated) -> None:
    bound = respond.assignments.get(body.assignment_id)
    incident = respond.incidents.get(body.incident_id)
    if bound is None or incident is None or bound.state in OVER:
        return
    _activate(respond, bound)
    bound.changed_s = fact.at_s
    follow(respond, incident, AssignmentActivated)


def _en_route(respond: Respond, fact: Fact, body: EnRoute) -> None:
    bound = respond.assignments.get(body.assignment_id)
    if bound is None:
        return
    bound.en_route_s = fact.occurred_s if bound.en_route_s is None else bound.en_route_s
    _move(respond, bound, fact, "en_route", ("assigned", "stacked"))


def _arrived(respond: Respond, fact: Fact, body: Arrived) -> None:
    bound = respond.assignments.get(body.assignment_id)
    if bound is None:
        return
    incident = respond.incidents.get(bound.incident_id)
    if bound.arrived_s is None:
        bound.arrived_s, bound.evidence = fact.occurred_s, body.evidence
        if incident is not None:
            incident.arrived[bound.ring] = incident.arrived.get(bound.ring, 0) + 1
    _move(respond, bound, fact, "arrived", ("assigned", "stacked", "en_route"))


def _reached(respond: Respond, fact: Fact, body: PersonReached) -> None:
    bound = respond.assignments.get(body.assignment_id)
    if bound is None:
        return
    bound.reached_s = fact.occurred_s if bound.reached_s is None else bound.reached_s
    _move(respond, bound, fact, "reached", ("assigned", "stacked", "en_route", "arrived"))


def _move(respond: Respond, bound: Assignment, fact: Fact, state: str, before: tuple[str, ...]) -> None:
    """Forward only: news in the wrong order adds its stamp and leaves the state."""
    if bound.state not in before:
        return
    if bound.state == "stacked":
        _activate(respond, bound)
    bound.state, bound.changed_s = state, fact.at_s
    incident = respond.incidents.get(bound.incident_id)
    if incident is not None:
        follow(respond, incident, type(fact.body))


def _cleared(respond: Respond, fact: Fact, body: Cleared) -> None:
    incident = _end(respond, fact, body.assignment_id, "cleared")
    duty = respond.units.get(body.responder_id)
    if duty is not None:
        duty.last_cleared_s = fact.occurred_s
    if incident is not None and body.safe is not None:
        incident.safety[body.responder_id] = body.safe


def _released(respond: Respond, fact: Fact, body: Released) -> None:
    incident = _end(respond, fact, body.assignment_id, "released")
    if incident is not None and body.reason_code in ASKED_FOR_SAFETY:
        incident.safety.setdefault(body.responder_id, None)


def _diverted(respond: Respond, fact: Fact, body: Diverted) -> None:
    incident = _end(respond, fact, body.assignment_id, "diverted")
    if incident is not None:
        incident.asked.discard(body.responder_id)
        incident.changed, incident.changed_s = ("diverted",), fact.at_s


def _end(respond: Respond, fact: Fact, assignment_id: str, state: str) -> Incident | None:
    bound = respond.assignments.get(assignment_id)
    if bound is None:
        return None
    duty = respond.units.get(bound.responder_id)
    if duty is not None:
        duty.active = None if duty.active == assignment_id else duty.active
        if assignment_id in duty.stack:
            duty.stack.remove(assignment_id)
    if respond.busy.get(bound.responder_id) == assignment_id:
        del respond.busy[bound.responder_id]
    incident = respond.incidents.get(bound.incident_id)
    if bound.state not in OVER:
        bound.state, bound.changed_s = state, fact.at_s
        if incident is not None:
            incident.welfare.pop(bound.responder_id, None)
            follow(respond, incident, type(fact.body))
    return incident


def _role(respond: Respond, fact: Fact, body: RoleGiven) -> None:
    bound = respond.assignments.get(body.assignment_id)
    if bound is not None:
        bound.role = body.role


def _help(respond: Respond, fact: Fact, body: HelpAsked) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.changed, incident.changed_s = ("help",), fact.at_s


def _undone(respond: Respond, fact: Fact, body: DispatchUndone) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.asked.difference_update(body.responder_ids)


def _nearer(respond: Respond, fact: Fact, body: NearerCrewFree) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        forget_nearer(respond, incident)
        incident.nearer = Nearer(
            body.assignment_id, body.responder_id, body.with_unit_id, body.travel_s, body.saves_s, fact.at_s
        )
        respond.nearer[body.with_unit_id] = body.incident_id


HANDLERS: Handlers = {
    DispatchUndone: _undone,
    NearerCrewFree: _nearer,
    UnitsRecommended: _recommended,
    UnitsChosen: _chosen,
    AlertSent: _alert_sent,
    **dict.fromkeys(STATE_OF_ALERT, _alert_news),
    CrewUpdated: _crew_updated,
    Assigned: _assigned,
    AssignmentActivated: _activated,
    EnRoute: _en_route,
    Arrived: _arrived,
    PersonReached: _reached,
    Cleared: _cleared,
    Released: _released,
    Diverted: _diverted,
    RoleGiven: _role,
    HelpAsked: _help,
}
