"""What follows for the clocks: they start when an incident opens, change with its type and zone, are met or broken, and wake whom the plan names."""

from __future__ import annotations

from firstminute.flow.scene import scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.incident import IncidentAmended, RingOpened
from firstminute.model.facts.response import AlertSent, Arrived, ClockBreached, ClockStarted
from firstminute.respond import clocks, escalation
from firstminute.respond.plans import ring_of

CHANGED_BY = frozenset({"type_code", "venue_id", "zone"})


def open_rings(state: State, fact: Fact, act: Act) -> list[Body]:
    """The rings of a new incident and the zone's promise."""
    found = scene(state, fact.body.subject)
    return clocks.open_rings(found.incident, found.rings_of_type, found.plan) if found is not None else []


def change_rings(state: State, fact: Fact, act: Act) -> list[Body]:
    """A new type, venue or zone opens or shuts rings; clocks keep their start. What is learned after a stand-down counts once it is opened again."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or found.incident.stand_down_s is not None:
        return []
    if isinstance(body, IncidentAmended) and not CHANGED_BY & set(body.changed):
        return []
    return clocks.change_rings(found.incident, found.rings_of_type, found.plan)


def start_when_alerted(state: State, fact: Fact, act: Act) -> list[Body]:
    """Plans whose clock starts with the first alert of a ring."""
    body = fact.body
    incident = state.respond.incidents.get(body.subject)
    if (
        incident is None
        or not isinstance(body, AlertSent)
        or body.task == "escalate"
        or body.ring in incident.clocks
    ):
        return []
    found = scene(state, body.incident_id)
    row = ring_of(found.plan, body.ring) if found is not None else None
    if found is None or row is None or row.start != "alerted":
        return []
    opened = clocks.open_ring(found.incident, body.ring, "automatic", found.plan, first_sent_s=act.at_s)
    return [each for each in opened if not isinstance(each, RingOpened)]


def judge_arrival(state: State, fact: Fact, act: Act) -> list[Body]:
    """An arrival keeps clocks or comes too late, by when it happened."""
    found = scene(state, fact.body.subject)
    if found is None or not isinstance(fact.body, Arrived):
        return []
    return clocks.judge(
        state.respond, found.incident, fact.body, fact.occurred_s, gate=found.gate, plan=found.plan
    )


def judge_earlier(state: State, fact: Fact, act: Act) -> list[Body]:
    """A clock that starts when somebody is there already is judged at once: on-view, or a ring opened late."""
    body = fact.body
    incident = state.respond.incidents.get(body.subject)
    if incident is None or not incident.assignments or not isinstance(body, ClockStarted):
        return []
    found = scene(state, body.subject)
    if found is None:
        return []
    there = [
        b
        for b in map(state.respond.assignments.get, found.incident.assignments)
        if b is not None and b.arrived_s is not None
    ]
    for bound in sorted(there, key=lambda b: b.arrived_s or 0.0):
        arrived = Arrived(
            assignment_id=bound.assignment_id, incident_id=bound.incident_id, responder_id=bound.responder_id,
            responder_kind=bound.responder_kind, ring=bound.ring, evidence=bound.evidence or "touch",
        )  # fmt: skip
        judged = clocks.judge(
            state.respond,
            found.incident,
            arrived,
            bound.arrived_s or 0.0,
            gate=found.gate,
            plan=found.plan,
            only=body.clock,
        )
        if judged:
            return judged
    return []


def clock_due(state: State, fact: Fact, act: Act) -> list[Body]:
    """A clock's time is over."""
    body = fact.body
    if not isinstance(body, TimerFired) or not body.timer.startswith(clocks.TIMER):
        return []
    found = scene(state, body.timer_subject)
    if found is None:
        return []
    name = body.timer.removeprefix(clocks.TIMER)
    return clocks.due(state.respond, found.incident, name, number=body.round, at_s=act.at_s, gate=found.gate)


def stop_clocks(state: State, fact: Fact, act: Act) -> list[Body]:
    """After a stand-down nobody is expected any more: what still runs is neither kept nor broken."""
    incident = state.respond.incidents.get(fact.body.subject)
    if incident is None:
        return []
    return [each for name in list(incident.clocks) for each in clocks.stop(incident, name, "stood_down")]


def wake_on_breach(state: State, fact: Fact, act: Act) -> list[Body]:
    """A broken promise wakes whom its plan names, once; a surge's commander is not woken for each incident."""
    body = fact.body
    found = scene(state, body.subject)
    if found is None or not isinstance(body, ClockBreached) or found.called_off:
        return []
    row = ring_of(found.plan, "reinforcement" if body.clock == "zone" else body.clock)
    if row is None or found.incident.surge:
        return []
    return [
        each
        for tier in row.on_breach
        for each in escalation.wake(found.incident, tier, at_s=act.at_s, ids=act.ids)
    ]
