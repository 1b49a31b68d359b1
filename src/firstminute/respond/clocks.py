"""The promises that run on an incident: one clock a ring and one for the zone, each with owner, start, two readings, evidence and breach reason.

Idea (DESIGN.md §5): a reading since the call was answered and one since this responder was alerted; the plan says which one the target binds. Readings
come from when things happened (`occurred_s`), firing from when the desk knows (`at_s`): a late typed arrival never un-fires a breach, but its
reading is right. Limits: the breach reason is the first that fits in the order below, not a full root cause.
"""

from __future__ import annotations

from firstminute.model.envelope import Body
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.incident import RingOpened
from firstminute.model.facts.response import (
    Arrived,
    ClockArrivedLate,
    ClockBreached,
    ClockMet,
    ClockStarted,
    ClockStopped,
)
from firstminute.model.records import Plan
from firstminute.respond.intervals import HEADLINE
from firstminute.respond.plans import ring_of, zone_target_s
from firstminute.respond.policy import COMES
from firstminute.respond.records import Alert, Assignment, Clock, Incident, Respond
from firstminute.respond.safety import Gate

TIMER = "clock:"
TYPED_WITHIN_S = 3_600.0
"""What was on paper is judged when its arrival is typed, at the latest so long after its call was."""
LATE_START_SHARE = 0.5
"""An alert that went out after this share of the target makes a breach a late start, not a late travel."""


def open_ring(
    incident: Incident, ring: str, mode: str, plan: Plan, *, first_sent_s: float | None = None
) -> list[Body]:
    """A ring that answers: its fact, and its clock where it runs by itself. A proposed ring's clock waits for the dispatcher's yes."""
    row = ring_of(plan, ring)
    if row is None:
        return [
            RingOpened(incident_id=incident.incident_id, ring=ring, mode=mode, owner="police", target_s=0.0)
        ]
    facts: list[Body] = [
        RingOpened(
            incident_id=incident.incident_id, ring=ring, mode=mode, owner=row.owner, target_s=row.target_s
        )
    ]
    if mode != "automatic":
        return facts
    if row.start == "alerted" and first_sent_s is None:
        return facts
    started_s = first_sent_s if row.start == "alerted" and first_sent_s is not None else incident.started_s
    event = "found_by_team" if ring == "self_rescue" and incident.found_by_team else row.start
    return facts + start(incident, Clock(ring, row.owner, row.target_s, started_s, row.binds, event))


def start(incident: Incident, clock: Clock) -> list[Body]:
    """A clock and its timer. A team that found the incident itself has met its clock already, and counts apart."""
    facts: list[Body] = [
        ClockStarted(
            incident_id=incident.incident_id,
            clock=clock.clock,
            owner=clock.owner,
            target_s=clock.target_s,
            start_event=clock.start_event,
            started_s=clock.started_s,
            binds=clock.binds,
        )
    ]
    if clock.start_event == "found_by_team" and incident.found_by_team:
        met = ClockMet(
            incident_id=incident.incident_id,
            clock=clock.clock,
            since_call_s=0.0,
            since_alert_s=None,
            evidence="found_by_team",
            responder_id=incident.found_by_team,
        )
        return [*facts, met]
    due_s = incident.opened_s + TYPED_WITHIN_S if incident.on_paper else clock.due_s + late_s(incident, clock)
    return [
        *facts,
        TimerSet(timer_subject=incident.incident_id, timer=TIMER + clock.clock, round=1, due_s=due_s),
    ]


def late_s(incident: Incident, clock: Clock) -> float:
    """How much later a clock is judged because the word that it was kept comes as late as the call came: people of teams speak in the zone outside."""
    return 0.0 if clock.clock in ("zone", "reinforcement") else incident.kept_outside_s


def open_rings(incident: Incident, rings: dict[str, str], plan: Plan) -> list[Body]:
    """Every ring of a new incident, and the zone's clock for the first police on scene."""
    facts: list[Body] = []
    for ring, mode in rings.items():
        if mode != "off":
            facts += open_ring(incident, ring, mode, plan)
    if rings.get("reinforcement") == "automatic":
        facts += start(incident, zone_clock(incident, plan))
    return facts


def zone_clock(incident: Incident, plan: Plan) -> Clock:
    """The promise of the zone: first police on scene, since the call was answered."""
    return Clock("zone", "police", zone_target_s(plan, incident.zone), incident.started_s, "call")


def change_rings(incident: Incident, rings: dict[str, str], plan: Plan) -> list[Body]:
    """What a new type or zone changes: rings opened, rings shut with their clocks stopped, a zone clock with the new target and the old start."""
    facts: list[Body] = []
    for ring, mode in rings.items():
        before = incident.rings.get(ring, "off")
        if mode == before or (before == "automatic" and mode == "proposed"):
            continue
        if mode == "off":
            row = ring_of(plan, ring)
            owner, target_s = (row.owner, row.target_s) if row else ("police", 0.0)
            facts.append(
                RingOpened(
                    incident_id=incident.incident_id, ring=ring, mode="off", owner=owner, target_s=target_s
                )
            )
            facts += stop(incident, ring, "ring_off")
        else:
            facts += open_ring(incident, ring, mode, plan)
    running = incident.clocks.get("zone")
    target_s = zone_target_s(plan, incident.zone)
    if (
        running is None
        and rings.get("reinforcement") == "automatic"
        and incident.rings.get("reinforcement") != "automatic"
    ):
        facts += start(incident, zone_clock(incident, plan))
    elif running is not None and running.state == "running" and running.target_s != target_s:
        facts += [*stop(incident, "zone", "amended"), *start(incident, zone_clock(incident, plan))]
    return facts


def stop(incident: Incident, name: str, reason: str) -> list[Body]:
    """End a clock that still runs without judging it."""
    clock = incident.clocks.get(name)
    if clock is None or clock.state != "running":
        return []
    return [
        ClockStopped(incident_id=incident.incident_id, clock=name, reason=reason),
        TimerCancelled(timer_subject=incident.incident_id, timer=TIMER + name),
    ]


def counts_for(clock: str, arrived: Arrived) -> bool:
    """Whether an arrival keeps a clock: the ring's own people; for the zone and reinforcement, police."""
    if clock in ("zone", "reinforcement"):
        return arrived.responder_kind == "unit"
    return arrived.ring == clock


def judge(
    respond: Respond,
    incident: Incident,
    arrived: Arrived,
    occurred_s: float,
    *,
    gate: Gate,
    plan: Plan,
    only: str = "",
) -> list[Body]:
    """What an arrival does to the clocks (or to one of them): met, or late after all, each with both readings."""
    bound = respond.assignments.get(arrived.assignment_id)
    alert = respond.alerts.get(bound.alert_id) if bound is not None and bound.alert_id else None
    facts: list[Body] = []
    for clock in incident.clocks.values():
        if clock.state not in ("running", "breached") or only not in ("", clock.clock):
            continue
        if not counts_for(clock.clock, arrived):
            continue
        since_call_s = round(occurred_s - incident.started_s, 3)
        since_alert_s = round(occurred_s - alert.sent_s, 3) if alert is not None else None
        reading_s = (
            since_alert_s
            if clock.binds == "alert" and since_alert_s is not None
            else occurred_s - clock.started_s
        )
        kept = clock.state == "running" and reading_s <= clock.target_s
        if clock.state == "running" and not kept:
            facts.append(breach(respond, incident, clock, gate=gate))
        outcome = ClockMet if kept else ClockArrivedLate
        facts.append(
            outcome(
                incident_id=incident.incident_id,
                clock=clock.clock,
                since_call_s=since_call_s,
                since_alert_s=since_alert_s,
                evidence=arrived.evidence,
                responder_id=arrived.responder_id,
                proven=is_proven(plan, clock.clock, arrived.evidence),
            )
        )
        if clock.state == "running":
            facts.append(TimerCancelled(timer_subject=incident.incident_id, timer=TIMER + clock.clock))
    return facts


def is_proven(plan: Plan, clock: str, evidence: str) -> bool:
    """Whether the plan takes this kind of evidence for the clock's headline; the zone is judged like reinforcement."""
    row = ring_of(plan, "reinforcement" if clock == "zone" else clock)
    return evidence in (row.evidence if row is not None else HEADLINE)


def due(
    respond: Respond, incident: Incident, name: str, *, number: int, at_s: float, gate: Gate
) -> list[Body]:
    """A clock's timer fired: a breach, or a later due time where the target counts from an alert that went out later."""
    clock = incident.clocks.get(name)
    if clock is None or clock.state != "running":
        return []
    if clock.binds == "alert":
        first = _first_sent_s(_alerts(respond, incident, name))
        if first is not None and first + clock.target_s > at_s:
            return [
                TimerSet(
                    timer_subject=incident.incident_id,
                    timer=TIMER + name,
                    round=number + 1,
                    due_s=first + clock.target_s,
                )
            ]
    return [breach(respond, incident, clock, gate=gate)]


def breach(respond: Respond, incident: Incident, clock: Clock, *, gate: Gate) -> ClockBreached:
    """The breach with its reason."""
    ring = "reinforcement" if clock.clock == "zone" else clock.clock
    alerts = _alerts(respond, incident, ring)
    bound = [
        b for b in map(respond.assignments.get, incident.assignments) if b is not None and b.ring == ring
    ]
    on_way = [b for b in bound if b.state in COMES]
    reason = _reason(incident, clock, alerts, bound, gate)
    return ClockBreached(
        incident_id=incident.incident_id,
        clock=clock.clock,
        reason=reason,
        owner=clock.owner,
        evidence_missing=bool(on_way) and reason == "late_travel",
    )


def _reason(
    incident: Incident, clock: Clock, alerts: list[Alert], bound: list[Assignment], gate: Gate
) -> str:
    if incident.place is None and incident.cell is None and incident.venue_id is None:
        return "place_unknown"
    if not alerts and not bound:
        return "safety_gate" if gate.shut and clock.owner != "police" else "none_alerted"
    coming = [b for b in bound if b.state in COMES or b.state == "cleared"]
    accepted = [a for a in alerts if a.state == "accepted"]
    if not accepted and all(b.state == "assigned" for b in coming):
        return "none_accepted"
    first = _first_sent_s(alerts)
    if first is not None and first - clock.started_s > LATE_START_SHARE * clock.target_s:
        return "late_start"
    return "late_travel" if coming else "unknown"


def _alerts(respond: Respond, incident: Incident, ring: str) -> list[Alert]:
    found = (respond.alerts.get(key) for key in incident.alerts)
    return [a for a in found if a is not None and a.ring == ring and a.task != "escalate"]


def _first_sent_s(alerts: list[Alert]) -> float | None:
    return min((a.sent_s for a in alerts), default=None)
