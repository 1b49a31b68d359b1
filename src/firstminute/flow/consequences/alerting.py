"""What follows from a choice and from a yes: who was chosen is asked, who says yes is bound, enough is enough, who arrives gets a role."""

from __future__ import annotations

from firstminute.flow.scene import Scene, scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerSet
from firstminute.model.facts.response import (
    AlertAccepted,
    Arrived,
    Assigned,
    Candidate,
    RoleGiven,
    UnitsChosen,
)
from firstminute.respond import alerting
from firstminute.respond.alerting import NOT_MOVING, Ask, Sending
from firstminute.respond.candidates import roll_now
from firstminute.respond.policy import COMES, cap, coming, room
from firstminute.respond.roles import role_on_arrival


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


def asked_now(state: State, found: Scene, team_id: str, at_s: float) -> list[Ask]:
    """Who of a team would be asked for an incident by hand."""
    return _people(state, found, _unlisted(state, found, team_id, at_s), at_s)


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
        respond=state.respond,
    )


def bind_who_accepts(state: State, fact: Fact, act: Act) -> list[Body]:
    """Yes from a member or team binds it; whoever said yes must move soon."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, AlertAccepted):
        return []
    incident, alert = found.incident, state.respond.alerts.get(body.alert_id)
    if alert is None or alert.task == "escalate":
        return []  # a duty officer who has heard acts, and goes nowhere
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
