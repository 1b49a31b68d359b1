"""What follows from alerts and their answers: who was chosen is asked, who says yes is bound, who says no or nothing is replaced, enough is enough."""

from __future__ import annotations

from firstminute.flow.consequences.recommend import chosen, ranked
from firstminute.flow.scene import Scene, scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import MessageOutcome, MessageQueued, TimerFired, TimerSet
from firstminute.model.facts.incident import IncidentAmended
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertDeclined,
    AlertDelivered,
    AlertExpired,
    AlertFailed,
    AlertWithdrawn,
    Arrived,
    Assigned,
    Candidate,
    Diverted,
    Released,
    RoleGiven,
    UnitsChosen,
)
from firstminute.respond import alerting
from firstminute.respond.alerting import EXPIRY, NOT_MOVING, Ask, Sending
from firstminute.respond.candidates import roll_now
from firstminute.respond.policy import COMES, PENDING, cap, coming, room
from firstminute.respond.records import Alert
from firstminute.respond.roles import role_on_arrival
from firstminute.respond.safety import may_be_informed

LIST_FRESH_S, TEAMS_FRESH_S = 10.0, 60.0
"""A list older than this is made again before it replaces anybody: crews move, teams stand where they stand."""
NOT_REPLACED = frozenset({"stood_down", "withdrawn", "cancelled", "closed", "swapped", "safety_gate"})


def send_alerts(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever was chosen is asked."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, UnitsChosen) or body.by in ("self", "swap"):
        return []
    latest = found.incident.recommendation
    listed = {c.responder_id: c for c in latest.candidates} if latest is not None else {}
    by_hand = body.by == "dispatcher"
    places = {
        ring: room(state.respond, found.incident, found.policy, ring, at_s=act.at_s)
        for ring in ("self_rescue", "neighbour_aid")
    }
    asks: list[Ask] = []
    for responder_id in body.responder_ids:
        if found.incident.chosen.get(responder_id, ("", fact.seq))[1] != fact.seq:
            continue  # chosen twice by one command, whose first choice is being sent
        candidate = listed.get(responder_id) or _unlisted(state, found, responder_id, act.at_s)
        if candidate.responder_kind != "team":
            if responder_id not in found.incident.asked:
                asks.append(alerting.ask_unit(candidate, divert=responder_id in body.diverted))
            continue
        people = _people(state, found, candidate, act.at_s)
        most = places[candidate.ring] if candidate.ring == "self_rescue" else min(1, places[candidate.ring])
        if by_hand:
            most = max(1, most)
        asks += people[:most]
        places[candidate.ring] -= len(people[:most])
    sending = Sending(
        incident=found.incident,
        row=found.row,
        policy=found.policy,
        at_s=act.at_s,
        ids=act.ids,
        venue=found.venue,
    )
    return alerting.send(sending, asks, state.respond)


def _unlisted(state: State, found: Scene, responder_id: str, at_s: float) -> Candidate:
    """Somebody a dispatcher chose who is not on the list: no travel time is known."""
    books = state.registers
    if responder_id in books.teams:
        own = found.team is not None and found.team.team_id == responder_id
        kind, ring, mode = "team", "self_rescue" if own else "neighbour_aid", books.teams[responder_id].mode
    elif responder_id in books.stations:
        kind, ring, mode = "station", "reinforcement", "car-lights"
    else:
        unit = books.units.get(responder_id)
        kind, ring, mode = "unit", "reinforcement", unit.mode if unit is not None else "car-lights"
    return Candidate(
        responder_id=responder_id, responder_kind=kind, ring=ring, mode=mode, travel_s=0.0, chance=0.0, fix_s=at_s, edge=-1, share=0.0,
        reasons=("by_hand",),
    )  # fmt: skip


def _people(state: State, found: Scene, candidate: Candidate, at_s: float) -> list[Ask]:
    roll = roll_now(state.muster, candidate.responder_id, at_s)
    if roll is None:
        return []
    return alerting.people_of(
        candidate,
        roll,
        state.registers,
        state.muster,
        incident=found.incident,
        gate=found.gate,
        busy=state.respond.busy,
    )


def bind_who_accepts(state: State, fact: Fact, act: Act) -> list[Body]:
    """Yes from a member or team binds it; whoever said yes must move soon."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, AlertAccepted):
        return []
    incident, alert = found.incident, state.respond.alerts.get(body.alert_id)
    if alert is None:
        return []
    bound = alerting.assignment_of(state.respond, incident, body.responder_id)
    facts: list[Body] = []
    if bound is None or bound.state not in COMES:
        number = len(incident.assignments) + 1
        team = state.registers.teams.get(alert.team_id or "")
        facts.append(
            Assigned(
                assignment_id=next(act.ids), incident_id=incident.incident_id, responder_id=body.responder_id,
                responder_kind=alert.responder_kind, team_id=alert.team_id, ring=alert.ring, how="accepted",
                mode=team.mode if team is not None else "foot", role=body.role, alert_id=alert.alert_id,
                travel_s=_listed_s(found, alert.team_id or body.responder_id),
            )
        )  # fmt: skip
    else:
        number = incident.assignments.index(bound.assignment_id) + 1
        if bound.state not in ("assigned", "stacked"):
            return []
    due_s = act.at_s + found.policy.move_within_s
    return [*facts, TimerSet(timer_subject=incident.incident_id, timer=NOT_MOVING, round=number, due_s=due_s)]


def _listed_s(found: Scene, responder_id: str) -> float | None:
    latest = found.incident.recommendation
    return (
        next((c.travel_s for c in latest.candidates if c.responder_id == responder_id), None)
        if latest is not None
        else None
    )


def withdraw_when_enough(state: State, fact: Fact, act: Act) -> list[Body]:
    """As many come as the policy wants: those who have not answered are let go."""
    body = fact.body
    if not isinstance(body, Assigned | Arrived) or body.ring == "reinforcement":
        return []
    found = scene(state, body.subject)
    if found is None:
        return []
    if coming(state.respond, found.incident, body.ring) < cap(found.policy, body.ring):
        return []
    return alerting.withdraw(state.respond, found.incident, "enough_come", ring=body.ring)


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


def try_next_channel(state: State, fact: Fact, act: Act) -> list[Body]:
    """A channel could not deliver: the member's next one, and when there is none the alert is over at once."""
    body = fact.body
    if not isinstance(body, AlertFailed):
        return []
    alert = state.respond.alerts.get(body.alert_id)
    if alert is None or alert.state != "failed":
        return []
    member = state.registers.members.get(alert.responder_id)
    channels = member.channels if member is not None else ("page",)
    left = channels[channels.index(body.channel) + 1 :] if body.channel in channels else ()
    if left and act.at_s < alert.expires_s:
        return [
            MessageQueued(
                message_id=next(act.ids), channel=left[0], recipient=alert.responder_id, reason="alert", reason_id=alert.alert_id,
                expires_s=alert.expires_s,
            )
        ]  # fmt: skip
    return [
        AlertExpired(alert_id=alert.alert_id, incident_id=alert.incident_id, responder_id=alert.responder_id)
    ]


def note_delivery(state: State, fact: Fact, act: Act) -> list[Body]:
    """What the outbox says of an alert's message becomes the alert's own fact."""
    body = fact.body
    alert = state.respond.alerts.get(body.reason_id) if isinstance(body, MessageOutcome) else None
    if alert is None or not isinstance(body, MessageOutcome) or alert.state not in ("asked", "failed"):
        return []
    if body.outcome == "delivered":
        return [AlertDelivered(alert_id=alert.alert_id, incident_id=alert.incident_id, channel=body.channel)]
    if body.outcome == "failed":
        return [
            AlertFailed(
                alert_id=alert.alert_id,
                incident_id=alert.incident_id,
                channel=body.channel,
                problem="not_delivered",
            )
        ]
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


def give_role(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever arrives gets a role."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, Arrived):
        return []
    bound = state.respond.assignments.get(body.assignment_id)
    if bound is None or bound.role is not None:
        return []
    team = state.registers.teams.get(bound.team_id or "")
    role = role_on_arrival(
        found.policy, found.gate, state.respond, found.incident, responder_kind=body.responder_kind, team=team
    )
    if role is None:
        return []
    return [
        RoleGiven(
            incident_id=body.incident_id,
            assignment_id=body.assignment_id,
            responder_id=body.responder_id,
            role=role,
        )
    ]


def shut_gate(state: State, fact: Fact, act: Act) -> list[Body]:
    """An open incident turned violent: neighbours are called off and asked whether they are safe; of the venue's own people only the trained stay asked."""
    body = fact.body
    found = scene(state, body.subject)
    if (
        found is None
        or not isinstance(body, IncidentAmended)
        or "type_code" not in body.changed
        or not found.gate.shut
    ):
        return []
    facts: list[Body] = []
    for key in found.incident.alerts:
        alert = state.respond.alerts.get(key)
        if (
            alert is not None
            and alert.state in PENDING
            and not _may_stay(state, found, alert.team_id, alert.responder_id)
        ):
            facts.append(
                AlertWithdrawn(
                    alert_id=key,
                    incident_id=alert.incident_id,
                    responder_id=alert.responder_id,
                    reason_code="safety_gate",
                )
            )
    for key in found.incident.assignments:
        bound = state.respond.assignments.get(key)
        if (
            bound is None
            or bound.state not in COMES
            or _may_stay(state, found, bound.team_id, bound.responder_id)
        ):
            continue
        facts.append(
            Released(
                assignment_id=key,
                incident_id=bound.incident_id,
                responder_id=bound.responder_id,
                reason_code="safety_gate",
            )
        )
        facts.append(
            MessageQueued(
                message_id=next(act.ids), channel="page", recipient=bound.responder_id, reason="stand_down", reason_id=bound.incident_id,
                expires_s=act.at_s + 600.0,
            )
        )  # fmt: skip
    return facts


def _may_stay(state: State, found: Scene, team_id: str | None, responder_id: str) -> bool:
    if team_id is None:
        return True
    if found.team is None or team_id != found.team.team_id:
        return False
    kit = state.muster.kit.get(team_id, (None, None))[0]
    return may_be_informed(state.registers.members.get(responder_id), found.team, kit)
