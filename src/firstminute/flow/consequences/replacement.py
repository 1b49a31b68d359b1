"""What follows when somebody does not come: refusal, silence and standing still are replaced at once, by the next on the list."""

from __future__ import annotations

from firstminute.flow.consequences.recommend import chosen, ranked
from firstminute.flow.scene import Scene, crews_can_come, scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.response import AlertDeclined, AlertExpired, Diverted, Released, UnitsRecommended
from firstminute.respond import alerting
from firstminute.respond.alerting import EXPIRY, NOT_MOVING
from firstminute.respond.policy import PENDING, room
from firstminute.respond.records import Alert

LIST_FRESH_S, TEAMS_FRESH_S = 10.0, 60.0
"""A list older than this is made again before it replaces anybody: crews move, teams stand where they stand."""
LOOKED_AT = 5
"""So many waiting incidents are looked at for one crew that became free."""
NOT_REPLACED = frozenset({"stood_down", "withdrawn", "cancelled", "closed", "swapped", "safety_gate"})


def free_who_cannot(state: State, fact: Fact, act: Act) -> list[Body]:
    """A unit that declines or stays silent is unbound, so that it counts as free or busy as it really is."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, AlertDeclined | AlertExpired):
        return []
    bound = alerting.assignment_of(state.respond, found.incident, body.responder_id)
    if bound is None or bound.state not in ("assigned", "stacked"):
        return []
    reason = "cannot" if isinstance(body, AlertDeclined) else "silent"
    return [
        Released(
            assignment_id=bound.assignment_id,
            incident_id=body.incident_id,
            responder_id=body.responder_id,
            reason_code=reason,
        )
    ]


def replace_who_fell_out(state: State, fact: Fact, act: Act) -> list[Body]:
    """A refusal, a silence, a release or a diversion is replaced at once."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or found.called_off:
        return []
    if isinstance(body, AlertDeclined | AlertExpired):
        alert = state.respond.alerts.get(body.alert_id)
        if (
            alert is None
            or alert.task == "escalate"
            or alert.responder_kind == "unit"
            or _others_wait(state, found, alert, body)
        ):
            return []  # a unit's release follows and is what gets replaced
        return refill(state, found, alert.ring, act)
    if isinstance(body, Released | Diverted):
        if isinstance(body, Released) and body.reason_code in NOT_REPLACED:
            return []
        bound = state.respond.assignments.get(body.assignment_id)
        return refill(state, found, bound.ring, act) if bound is not None else []
    return []


def _others_wait(state: State, found: Scene, alert: Alert, body: Body) -> bool:
    """Whether others are about to expire with it: then the last one of them asks for all."""
    if not isinstance(body, AlertExpired):
        return False
    others = (state.respond.alerts.get(key) for key in found.incident.alerts)
    return any(
        a is not None
        and a.state in PENDING
        and a.expires_s <= alert.expires_s
        and a.responder_kind in ("member", "team")
        for a in others
    )


def refill(state: State, found: Scene, ring: str, act: Act) -> list[Body]:
    """Ask the next ones, from the list while it is fresh, from a new one otherwise."""
    if found.rings.get(ring, "off") != "automatic":
        return []
    latest, fresh_s = (
        found.incident.recommendation,
        LIST_FRESH_S if ring == "reinforcement" else TEAMS_FRESH_S,
    )
    if ring != "reinforcement" and room(state.respond, found.incident, found.policy, ring, at_s=act.at_s) < 1:
        return []
    if latest is not None and act.at_s - latest.at_s <= fresh_s:
        next_ones = chosen(state, found, act.at_s)
        if next_ones or ring != "reinforcement":
            return next_ones
    return ranked(state, found, found.rings, act.at_s)


def serve_waiting(state: State, fact: Fact, act: Act) -> list[Body]:
    """A crew is free: the most urgent incident that lacks police and that it would be sent to gets its list made again."""
    body, short = fact.body, state.respond.short
    if not short:
        return []
    unit_id = getattr(body, "responder_id", None) or getattr(body, "unit_id", None)
    duty = state.respond.units.get(unit_id or "")
    if unit_id is not None and (
        duty is None or duty.active is not None or duty.stack or duty.status != "available"
    ):
        return []
    known = [i for key in short if (i := state.respond.incidents.get(key)) is not None]
    for incident in sorted(known, key=lambda i: (i.priority, i.started_s))[:LOOKED_AT]:
        found = scene(state, incident.incident_id)
        if found is None or found.rings.get("reinforcement") != "automatic" or unit_id in incident.asked:
            continue
        if not crews_can_come(state, found, act.at_s):
            continue
        for made in ranked(state, found, found.rings, act.at_s):
            if isinstance(made, UnitsRecommended) and any(
                c.ring == "reinforcement" and "recommended" in c.reasons for c in made.candidates
            ):
                return [made]
    return []


def expire_alerts(state: State, fact: Fact, act: Act) -> list[Body]:
    """The time to answer is over."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != EXPIRY:
        return []
    incident = state.respond.incidents.get(body.timer_subject)
    return alerting.expire(state.respond, incident, due_s=body.due_s) if incident is not None else []


def replace_who_stands_still(state: State, fact: Fact, act: Act) -> list[Body]:
    """Said yes, but does not move: a unit whose fixes show it is unbound; a person's place is filled, and who comes after all is welcome."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != NOT_MOVING:
        return []
    found = scene(state, body.timer_subject)
    if found is None or not 0 < body.round <= len(found.incident.assignments):
        return []
    bound = state.respond.assignments.get(found.incident.assignments[body.round - 1])
    if bound is None or bound.state != "assigned":
        return []
    if bound.responder_kind != "unit":
        return refill(state, found, bound.ring, act)
    row = state.fleet.row.get(bound.responder_id)
    if row is None or float(state.fleet.fix_s[row]) <= body.due_s - found.policy.move_within_s:
        return []  # no fix since it said yes: nobody knows whether it moves
    return [
        Released(
            assignment_id=bound.assignment_id,
            incident_id=bound.incident_id,
            responder_id=bound.responder_id,
            reason_code="not_moving",
        )
    ]
