"""What a responder says of a task: moving, at the gate, at the person, done, given back, in need of help.

Idea: news comes in any order and more than once (touch, fix, radio, typed later), so each report adds the stamp that is missing and never turns a state
back; a report that says nothing new makes no fact. Somebody else's task is refused. Limits: a report of a task whose incident is closed is
refused by name, so that whoever sends it sees why.
"""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.model.envelope import Actor, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.response import (
    Arrived,
    AssignmentActivated,
    Cleared,
    EnRoute,
    HelpAsked,
    PersonReached,
    Released,
    SafetyAnswered,
)
from firstminute.respond import reasons
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Assignment, Incident, Respond
from firstminute.respond.speaking import speaks_for

EVIDENCE = ("fix", "qr", "touch", "radio", "told")
HELP = ("reinforcement", "cannot_cope", "officer_sos", "medical")
STATUS = "status"
CANNOT_GO = frozenset({"unavailable", "refuelling"})
OWN_ONLY = frozenset({"patrol", "lead", "member"})


def get_task(respond: Respond, assignment_id: str, actor: Actor) -> Assignment:
    """The task, where the actor may speak for it."""
    bound = respond.assignments.get(assignment_id)
    if bound is None:
        raise Refused("unknown_assignment", assignment=assignment_id)
    if not speaks_for(actor, bound.responder_id, bound.team_id):
        raise Refused("not_yours", assignment=assignment_id)
    return bound


def said(actor: Actor, evidence: str | None) -> str:
    """How an arrival or a movement is known: as told, else the responder's own touch, else the desk heard it by radio."""
    if evidence is None:
        return "touch" if actor.role in OWN_ONLY else "radio"
    if evidence not in EVIDENCE:
        raise Refused("unknown_evidence", evidence=evidence)
    return evidence


def en_route(bound: Assignment, evidence: str) -> list[Body]:
    """On the way. A stacked task that is driven to becomes the active one."""
    if bound.en_route_s is not None or bound.state in OVER:
        return []
    moving = EnRoute(**_who(bound), evidence=evidence)
    return [*_activated(bound), moving]


def arrived(bound: Assignment, evidence: str) -> list[Body]:
    """At the gate. Twice is once; a task that is over stays over."""
    if bound.arrived_s is not None or bound.state in OVER:
        return []
    there = Arrived(**_who(bound), responder_kind=bound.responder_kind, ring=bound.ring, evidence=evidence)
    return [*_activated(bound), there]


def person_reached(bound: Assignment, evidence: str) -> list[Body]:
    """At the person: who is there is at the gate as well."""
    if bound.reached_s is not None or bound.state in OVER:
        return []
    return [*arrived(bound, evidence), PersonReached(**_who(bound), evidence=evidence)]


def cleared(bound: Assignment, evidence: str, *, safe: bool | None = None) -> list[Body]:
    """Done and free."""
    if bound.state in OVER:
        return []
    return [Cleared(**_who(bound), evidence=evidence, safe=safe)]


def released(bound: Assignment, reason_code: str) -> list[Body]:
    """Given back before it was done: it returns to the queue, and saying so has no consequence for anybody."""
    reasons.check("release", reason_code)
    if bound.state in OVER:
        return []
    return [Released(**_who(bound), reason_code=reason_code)]


def given_back(respond: Respond, unit_id: str) -> list[Body]:
    """A crew that cannot go any more gives back what it has not reached, so that nobody waits for it."""
    duty = respond.units.get(unit_id)
    if duty is None or duty.status not in CANNOT_GO:
        return []
    held = (respond.assignments.get(key) for key in (*duty.stack, duty.active or ""))
    return [
        Released(**_who(bound), reason_code="unavailable")
        for bound in held
        if bound is not None and bound.arrived_s is None and bound.state not in OVER
    ]


def help_asked(bound: Assignment, what: str, *, silent: bool) -> list[Body]:
    """The help button: reinforcement, cannot cope, an officer's SOS, an ambulance. Never refused for being pressed twice."""
    if what not in HELP:
        raise Refused("unknown_kind", kind=what)
    return [
        HelpAsked(incident_id=bound.incident_id, responder_id=bound.responder_id, what=what, silent=silent)
    ]


def safety(incident: Incident, responder_id: str, *, safe: bool) -> list[Body]:
    """The answer to "are you safe?" after a stand-down."""
    if responder_id not in incident.safety:
        raise Refused("not_asked", responder=responder_id)
    if incident.safety[responder_id] == safe:
        return []
    return [SafetyAnswered(incident_id=incident.incident_id, responder_id=responder_id, safe=safe)]


def task_of(respond: Respond, incident: Incident, responder_id: str) -> Assignment | None:
    """The task of a responder at an incident that is not over, else its last one."""
    found: Assignment | None = None
    for key in incident.assignments:
        bound = respond.assignments.get(key)
        if (
            bound is not None
            and bound.responder_id == responder_id
            and (found is None or bound.state not in OVER)
        ):
            found = bound
    return found


def _activated(bound: Assignment) -> Iterator[Body]:
    if bound.state == "stacked":
        yield AssignmentActivated(**_who(bound))


def _who(bound: Assignment) -> dict[str, str]:
    return {
        "assignment_id": bound.assignment_id,
        "incident_id": bound.incident_id,
        "responder_id": bound.responder_id,
    }
