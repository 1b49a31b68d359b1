"""One active task and an ordered stack: what a crew does next, what it is taken away from, who swaps with whom.

Idea: nothing is silently lost. A diverted task goes back to the queue as a fact; a stacked one waits in order of priority, then of time; when a crew is
free the next one becomes active by itself. Facts are ordered so that a crew is never free in between: the new task binds first, the old one is
given back after.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.response import (
    Arrived,
    Assigned,
    AssignmentActivated,
    Diverted,
    EnRoute,
    Released,
)
from firstminute.model.records import Member, Unit
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Assignment, Incident, Respond, UnitDuty


def next_task(respond: Respond, responder_id: str) -> list[Body]:
    """The next stacked task of a crew that has just become free."""
    duty = respond.units.get(responder_id)
    if duty is None or duty.active is not None:
        return []
    waiting = [b for b in map(respond.assignments.get, duty.stack) if b is not None and b.state not in OVER]
    waiting = [b for b in waiting if b.incident_id in respond.incidents]
    if not waiting:
        return []
    first = min(waiting, key=lambda b: (respond.incidents[b.incident_id].priority, b.assigned_s))
    return [
        AssignmentActivated(
            assignment_id=first.assignment_id, incident_id=first.incident_id, responder_id=responder_id
        )
    ]


def take_from(respond: Respond, duty: UnitDuty, to: Incident) -> list[Body]:
    """Take a crew away from what it does, for something more urgent: the old task goes back to the queue, visibly."""
    active = respond.assignments.get(duty.active or "")
    if active is None:
        return []
    return [
        Diverted(
            assignment_id=active.assignment_id,
            incident_id=active.incident_id,
            responder_id=duty.unit_id,
            to_incident_id=to.incident_id,
        )
    ]


def attach_self(
    respond: Respond, incident: Incident, unit: Unit, *, on_scene: bool, evidence: str, ids: Iterator[str]
) -> list[Body]:
    """A crew that came by itself: one key binds it, here and now. It leaves what is less urgent; what is as urgent waits on its stack."""
    duty = respond.units.get(unit.unit_id)
    if duty is None:
        raise Refused("off_duty", unit=unit.call_sign)
    bound = _bound(respond, incident, unit.unit_id)
    if bound is not None:
        raise Refused("already_bound", unit=unit.call_sign)
    active = respond.assignments.get(duty.active or "")
    doing = respond.incidents.get(active.incident_id) if active is not None else None
    facts: list[Body] = []
    if doing is not None and doing.priority > incident.priority:
        facts += take_from(respond, duty, incident)
    free = doing is None or bool(facts)
    who = {"assignment_id": next(ids), "incident_id": incident.incident_id, "responder_id": unit.unit_id}
    facts.append(
        Assigned(
            assignment_id=who["assignment_id"],
            incident_id=incident.incident_id,
            responder_id=unit.unit_id,
            responder_kind="unit",
            team_id=None,
            ring="reinforcement",
            how="on_view" if on_scene else "self_attached",
            mode=unit.mode,
            active=free or on_scene,
        )
    )
    if on_scene:
        facts.append(Arrived(**who, responder_kind="unit", ring="reinforcement", evidence=evidence))
    elif free:
        facts.append(EnRoute(**who, evidence=evidence))
    return facts


def attach_member(respond: Respond, incident: Incident, member: Member, *, ids: Iterator[str]) -> list[Body]:
    """Somebody of the venue's own team who called is there already: bound at once, and not asked again. Whoever is bound elsewhere stays so."""
    if member.member_id in respond.busy or _bound(respond, incident, member.member_id) is not None:
        return []
    who: dict[str, Any] = {
        "assignment_id": next(ids),
        "incident_id": incident.incident_id,
        "responder_id": member.member_id,
        "responder_kind": "member",
        "ring": "self_rescue",
    }
    return [
        Assigned(**who, team_id=member.team_id, how="on_view", mode="foot"),
        Arrived(**who, evidence="touch"),
    ]


def swap(respond: Respond, bound: Assignment, other: Unit, *, ids: Iterator[str]) -> list[Body]:
    """Another crew takes the task; where it had one itself, the two change places."""
    duty = respond.units.get(other.unit_id)
    if bound.responder_kind != "unit" or bound.state in OVER:
        raise Refused("task_over", assignment=bound.assignment_id)
    if duty is None:
        raise Refused("off_duty", unit=other.call_sign)
    if other.unit_id == bound.responder_id:
        raise Refused("already_bound", unit=other.call_sign)
    theirs = respond.assignments.get(duty.active or "")
    about = respond.incidents.get(bound.incident_id)
    if about is not None and _bound(respond, about, other.unit_id) is not None:
        raise Refused("already_bound", unit=other.call_sign)
    given = respond.incidents.get(theirs.incident_id) if theirs is not None else None
    if given is not None and _bound(respond, given, bound.responder_id) is not None:
        raise Refused("already_bound", unit=bound.responder_id)
    facts: list[Body] = [_swapped(bound, other.unit_id, other.mode, next(ids))]
    if theirs is not None:
        active = bound.state != "stacked"
        facts.append(_swapped(theirs, bound.responder_id, bound.mode, next(ids), active=active))
    facts.append(_given_back(bound))
    if theirs is not None:
        facts.append(_given_back(theirs))
    return facts


def _swapped(
    task: Assignment, unit_id: str, mode: str, assignment_id: str, *, active: bool = True
) -> Assigned:
    return Assigned(
        assignment_id=assignment_id, incident_id=task.incident_id, responder_id=unit_id, responder_kind="unit", team_id=None, ring=task.ring,
        how="swapped", mode=mode, role=task.role, active=active,
    )  # fmt: skip


def _given_back(task: Assignment) -> Released:
    return Released(
        assignment_id=task.assignment_id,
        incident_id=task.incident_id,
        responder_id=task.responder_id,
        reason_code="swapped",
    )


def _bound(respond: Respond, incident: Incident, responder_id: str) -> Assignment | None:
    for key in incident.assignments:
        bound = respond.assignments.get(key)
        if bound is not None and bound.responder_id == responder_id and bound.state not in OVER:
            return bound
    return None
