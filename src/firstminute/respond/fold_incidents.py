"""Incidents themselves, as facts change them: opened, amended, commanded, shared, closed, opened again."""

from __future__ import annotations

from firstminute.model.envelope import Body, Fact
from firstminute.model.facts.desk import TimerCancelled, TimerFired, TimerSet
from firstminute.model.facts.incident import (
    AgencyAnswered,
    AgencyAsked,
    CancelRequested,
    CommandPostSet,
    CommandTaken,
    DeskClockStarted,
    DeskMeasureTaken,
    IncidentAmended,
    IncidentClaimed,
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    LevelRaised,
    NoteAdded,
    ReportOverdue,
    RingOpened,
    StandDownOrdered,
    SurgeDeclared,
    SurgeEnded,
    TransferAnswered,
    TransferOffered,
)
from firstminute.respond import lifecycle
from firstminute.respond.closure import FALSE_OUTCOMES
from firstminute.respond.fold_calls import Handlers, forget_call, no_longer_loose
from firstminute.respond.nearby import square_of
from firstminute.respond.records import AgencyRequest, Cell, Closed, Incident, Respond

KEEP_CLOSED_S = 8 * 3600.0
"""A closed incident is remembered for a shift, as the store does, so that it can be opened again and called back about."""
AMENDED_PLAIN = (
    "type_code",
    "priority",
    "zone",
    "district",
    "station_id",
    "venue_id",
    "silent",
    "desk_only",
    "level",
)


def follow(respond: Respond, incident: Incident, kind: type[Body]) -> None:
    """Bring the status to where a fact of this kind leads."""
    incident.status = lifecycle.after(
        incident.status,
        kind,
        [respond.assignments[key].state for key in incident.assignments if key in respond.assignments],
    )


def place_index(respond: Respond, incident: Incident, cell: Cell | None) -> None:
    """Move an incident in the index of what is near what; None takes it out."""
    if incident.cell is not None:
        square = square_of(incident.cell)
        here = respond.near.get(square)
        if here is not None:
            here.pop(incident.incident_id, None)
            if not here:
                del respond.near[square]
    incident.cell = cell
    if cell is not None:
        respond.near.setdefault(square_of(cell), {})[incident.incident_id] = None


def _opened(respond: Respond, fact: Fact, body: IncidentOpened) -> None:
    incident = Incident(
        incident_id=body.incident_id,
        status=lifecycle.OPEN,
        type_code=body.type_code,
        priority=body.priority,
        grade=body.grade,
        plan_id=body.plan_id,
        zone=body.zone,
        opened_s=fact.at_s,
        started_s=body.started_s,
        district=body.district,
        station_id=body.station_id,
        venue_id=body.venue_id,
        level=body.level,
        silent=body.silent,
        desk_only=body.desk_only,
        found_by_team=body.found_by_team,
        place=body.place,
        summary=body.summary,
        changed_s=fact.at_s,
        last_call_s=fact.at_s,
    )
    respond.incidents[body.incident_id] = incident
    place_index(respond, incident, body.cell)
    call = respond.calls.get(body.call_id or "")
    if call is not None:
        call.incident_id = body.incident_id
        no_longer_loose(respond, call.call_id)
        incident.calls.append(call.call_id)
        incident.seat, incident.holder = call.seat, call.holder
        incident.on_paper = call.channel == "paper"
        incident.confidential = call.confidential
        if call.kept_outside:
            incident.kept_outside_s = max(0.0, fact.at_s - call.received_s)


def _amended(respond: Respond, fact: Fact, body: IncidentAmended) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    for name in AMENDED_PLAIN:
        if name in body.changed:
            setattr(incident, name, getattr(body, name))
    if "place" in body.changed:
        incident.place = body.place
        place_index(respond, incident, body.cell)
    if "summary" in body.changed:
        incident.summary = body.summary
    if "type_code" in body.changed:
        incident.gate_open_for.clear()
    if fact.actor != "system":
        incident.by_hand.update(body.changed)
    incident.changed, incident.changed_s = body.changed, fact.at_s


def _claimed(respond: Respond, fact: Fact, body: IncidentClaimed) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.seat, incident.claimed_s, incident.holder = body.seat, fact.at_s, fact.actor


def _ring(respond: Respond, fact: Fact, body: RingOpened) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.rings[body.ring] = body.mode


def _note(respond: Respond, fact: Fact, body: NoteAdded) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.changed_s = fact.at_s


def _level(respond: Respond, fact: Fact, body: LevelRaised) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.level, incident.changed, incident.changed_s = body.level, ("level",), fact.at_s


def _command(respond: Respond, fact: Fact, body: CommandTaken) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.commanders[body.tier] = body.commander_id


def _post(respond: Respond, fact: Fact, body: CommandPostSet) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.posts[body.name] = (body.what, body.cell)


def _surge(respond: Respond, fact: Fact, body: SurgeDeclared | SurgeEnded) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.surge = isinstance(body, SurgeDeclared)


def _agency_asked(respond: Respond, fact: Fact, body: AgencyAsked) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.agencies[body.request_id] = AgencyRequest(
            body.request_id, body.agency, body.mode, fact.at_s, body.due_s
        )


def _agency_answered(respond: Respond, fact: Fact, body: AgencyAnswered) -> None:
    incident = respond.incidents.get(body.incident_id)
    request = incident.agencies.get(body.request_id) if incident is not None else None
    if request is not None:
        request.answer = body.answer
        request.external_id = body.external_id or request.external_id


def _transfer(respond: Respond, fact: Fact, body: TransferOffered | TransferAnswered) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    if isinstance(body, TransferOffered):
        incident.transfer_to = body.to_district
        return
    incident.transfer_to = None
    if body.accepted:
        incident.district, incident.seat, incident.claimed_s = body.to_district, None, None
        incident.holder = None
        incident.station_id = body.station_id or incident.station_id
        incident.by_hand.update(("district", "station_id"))  # a caller's next word gives it back to nobody
        incident.changed, incident.changed_s = ("district",), fact.at_s


def _measure(respond: Respond, fact: Fact, body: DeskClockStarted | DeskMeasureTaken) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    if isinstance(body, DeskClockStarted):
        incident.measures[body.measure] = (body.due_s, None)
    else:
        due_s = incident.measures.get(body.measure, (fact.at_s, None))[0]
        incident.measures[body.measure] = (due_s, body.result)


def _cancel(respond: Respond, fact: Fact, body: CancelRequested) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.cancel_requested = True


def _stand_down(respond: Respond, fact: Fact, body: StandDownOrdered) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        return
    incident.stand_down_s = fact.at_s
    for key in incident.assignments:
        bound = respond.assignments.get(key)
        if bound is not None and bound.state not in lifecycle.OVER:
            incident.safety.setdefault(bound.responder_id, None)
    follow(respond, incident, StandDownOrdered)


def forget_nearer(respond: Respond, incident: Incident) -> None:
    """What was offered at an incident no longer stands."""
    found, incident.nearer = incident.nearer, None
    if found is not None and respond.nearer.get(found.with_unit_id) == incident.incident_id:
        del respond.nearer[found.with_unit_id]


def _closed(respond: Respond, fact: Fact, body: IncidentClosed) -> None:
    incident = respond.incidents.pop(body.incident_id, None)
    respond.short.pop(body.incident_id, None)
    if body.device_id:
        calls, false = respond.false_by_device.get(body.device_id, (0, 0))
        respond.false_by_device[body.device_id] = (calls + 1, false + (body.outcome in FALSE_OUTCOMES))
    if incident is None:
        return
    forget_nearer(respond, incident)
    cell = incident.cell
    place_index(respond, incident, None)
    incident.cell = cell
    for key in incident.alerts:
        gone = respond.alerts.pop(key, None)
        if gone is not None and respond.asking.get(gone.responder_id) == key:
            del respond.asking[gone.responder_id]
    came: dict[str, str | None] = {}
    for key in incident.assignments:
        bound = respond.assignments.pop(key, None)
        if bound is None:
            continue
        if bound.arrived_s is not None:
            came[bound.responder_id] = bound.team_id
        if respond.busy.get(bound.responder_id) == key:
            del respond.busy[bound.responder_id]
        duty = respond.units.get(bound.responder_id)
        if duty is not None:
            duty.active = None if duty.active == key else duty.active
            if key in duty.stack:
                duty.stack.remove(key)
    incident.status, incident.type_code = lifecycle.CLOSED, body.type_code
    for call_id in body.call_ids:
        if call_id in respond.calls:
            respond.calls[call_id].closed = True
    respond.closed[body.incident_id] = Closed(
        incident, fact.at_s, body.outcome, tuple(incident.calls), body.handed_to, came
    )


def forget_old(respond: Respond, at_s: float) -> None:
    """Let go of what closed more than a shift before `at_s`: by time alone, so that a rebuilt state knows the same."""
    while respond.closed:
        oldest = next(iter(respond.closed.values()))
        if oldest.closed_s >= at_s - KEEP_CLOSED_S:
            return
        del respond.closed[oldest.incident.incident_id]
        for call_id in oldest.call_ids:
            forget_call(respond, call_id)


def _reopened(respond: Respond, fact: Fact, body: IncidentReopened) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is None:
        kept = respond.closed.pop(body.incident_id, None)
        incident = kept.incident if kept is not None else _bare(fact, body)
        respond.incidents[body.incident_id] = incident
        cell, incident.cell = incident.cell or body.cell, None
        place_index(respond, incident, cell)
        incident.alerts, incident.assignments = [], []
        incident.safety, incident.safety_misses = {}, 0
        incident.kept_away, incident.gate_open_for = set(), set()
        for call_id in incident.calls:
            if call_id in respond.calls:
                respond.calls[call_id].closed = False
    bound = [b for key in incident.assignments if (b := respond.assignments.get(key)) is not None]
    for each in bound:
        each.state = (
            "released" if each.state == "cleared" else each.state
        )  # who has left is not there any more
    follow(respond, incident, IncidentReopened)
    incident.type_code, incident.priority = body.type_code, body.priority
    incident.asked = {each.responder_id for each in bound if each.state not in lifecycle.OVER}
    incident.rounds, incident.escalation_step = {}, 0
    incident.stand_down_s, incident.report_due_s, incident.report_chased = None, None, 0
    incident.cancel_requested = False
    incident.changed, incident.changed_s = ("reopened",), fact.at_s


def _bare(fact: Fact, body: IncidentReopened) -> Incident:
    """What is left of an incident nobody remembers: enough to send somebody."""
    return Incident(
        incident_id=body.incident_id, status=lifecycle.OPEN, type_code=body.type_code, priority=body.priority, grade="normal",
        plan_id="default", zone="other", opened_s=fact.at_s, started_s=fact.occurred_s,
    )  # fmt: skip


def _overdue(respond: Respond, fact: Fact, body: ReportOverdue) -> None:
    incident = respond.incidents.get(body.incident_id)
    if incident is not None:
        incident.report_chased += 1


def _timer(respond: Respond, fact: Fact, body: TimerSet | TimerFired | TimerCancelled) -> None:
    if body.timer not in ("report", "safety"):
        return
    incident = respond.incidents.get(body.timer_subject)
    if incident is None:
        return
    if body.timer == "report":
        incident.report_due_s = body.due_s if isinstance(body, TimerSet) else None
    elif isinstance(body, TimerFired) and None in incident.safety.values():
        incident.safety_misses += 1


HANDLERS: Handlers = {
    IncidentOpened: _opened,
    IncidentAmended: _amended,
    IncidentClaimed: _claimed,
    RingOpened: _ring,
    NoteAdded: _note,
    LevelRaised: _level,
    CommandTaken: _command,
    CommandPostSet: _post,
    SurgeDeclared: _surge,
    SurgeEnded: _surge,
    AgencyAsked: _agency_asked,
    AgencyAnswered: _agency_answered,
    TransferOffered: _transfer,
    TransferAnswered: _transfer,
    DeskClockStarted: _measure,
    DeskMeasureTaken: _measure,
    CancelRequested: _cancel,
    StandDownOrdered: _stand_down,
    IncidentClosed: _closed,
    IncidentReopened: _reopened,
    ReportOverdue: _overdue,
    TimerSet: _timer,
    TimerFired: _timer,
    TimerCancelled: _timer,
}
