"""Who may see whose data, and on what ground: the rules that every opening goes through.

Idea (DESIGN.md §8): whoever has an open incident (the account that answers for it at the desk, its commanders, its crews) sees at once who called;
everybody else names an incident or a file and a purpose (`model.purposes`). A restricted incident (敏感警情) is seen by those who have it alone. What is
closed needs a second person. All of it are pure questions to the state; the shell makes each answer a fact.
Limits: an account is taken for what its actor says of it (role, unit, seat); districts are the policies' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firstminute.flow.known import rows_of
from firstminute.flow.state import State
from firstminute.model.envelope import Actor
from firstminute.model.purposes import PURPOSES
from firstminute.model.records import TABLES
from firstminute.respond.handover import callbacks
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Call, Incident

DESK = ("dispatcher", "commander")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to open.

    Attributes
    ----------
    related : calls of the incident, where it is closed and no longer in memory
    """

    subject_id: str
    purpose: str | None
    incident_id: str | None = None
    file_id: str | None = None
    related: tuple[str, ...] = ()


def has(state: State, who: Actor, incident: Incident) -> bool:
    """Whether the incident is this actor's: to answer for at its desk, to command, or to work on."""
    if who.id == incident.holder or who.id in incident.commanders.values():
        return True
    if who.role in DESK and who.seat is not None and who.seat == incident.seat:
        return True
    if who.unit_id is None or who.role != "patrol":
        return False
    bound = (state.respond.assignments.get(key) for key in incident.assignments)
    return any(
        each is not None and each.responder_id == who.unit_id and each.state not in OVER for each in bound
    )


def may_look(state: State, who: Actor, incident: Incident) -> bool:
    """Whether the actor sees without a word who called: it has the incident, or nobody at the desk has it yet; a commander sees all but restricted ones."""
    if has(state, who, incident):
        return True
    if rows_of(state)(incident.type_code).restricted:
        return False
    free = incident.holder is None and incident.seat is None
    return who.role == "commander" or (who.role == "dispatcher" and free)


def may_look_at_call(state: State, who: Actor, call: Call) -> bool:
    """The same of a call: by its incident where it has an open one; one that has none yet is the desk's."""
    incident = state.respond.incidents.get(call.incident_id or "")
    if incident is not None:
        return may_look(state, who, incident)
    return call.incident_id is None and not call.closed and who.role in DESK


def callers(state: State, incident: Incident) -> list[dict[str, Any]]:
    """Who called about it, and how to call back."""
    return [
        {"call_id": c.call_id, "channel": c.channel, "at_s": c.received_s, "name": c.caller_name, "phone": c.caller_phone, "language": c.language}
        for c in map(state.respond.calls.get, incident.calls)
        if c is not None
    ]  # fmt: skip


def on_duty(state: State, who: Actor) -> bool | None:
    """Whether the actor's crew or team stands; None where nobody takes a roll of it."""
    if who.unit_id is not None:
        return who.unit_id in state.respond.units
    if who.team_id is not None:
        return who.team_id in state.muster.rolls
    return None


def assigned(state: State, who: Actor, incident_id: str | None) -> bool:
    """Whether the incident that was named is the actor's now."""
    incident = state.respond.incidents.get(incident_id or "")
    return incident is not None and has(state, who, incident)


def why_not(state: State, who: Actor, asked: Asked) -> str | None:
    """The code for which an opening is refused, None where it is lawful (a second person may still be needed).

    Codes: purpose_missing, unknown_purpose, purpose_of_others, incident_missing, file_missing, unknown_incident, not_about_subject, not_assigned, no_complaint.
    """
    if not asked.purpose:
        return "purpose_missing"
    purpose = PURPOSES.get(asked.purpose)
    if purpose is None:
        return "unknown_purpose"
    if who.role not in purpose.roles:
        return "purpose_of_others"
    if purpose.names == "itself":
        return None
    if purpose.names == "file":
        if not asked.file_id:
            return "file_missing"
        known = asked.purpose != "complaint" or asked.file_id in state.desk.complaints
        return None if known else "no_complaint"
    if not asked.incident_id:
        return "incident_missing"
    return _about(state, who, asked)


def _about(state: State, who: Actor, asked: Asked) -> str | None:
    """Whether the subject belongs to the incident that was named, and the incident to whoever names it."""
    respond, named = state.respond, asked.incident_id or ""
    incident, kept = respond.incidents.get(named), respond.closed.get(named)
    if incident is None and kept is None and not asked.related:
        return "unknown_incident"
    calls = incident.calls if incident is not None else kept.call_ids if kept is not None else asked.related
    if asked.subject_id not in (named, *calls) and not _of_its_people(state, incident, asked.subject_id):
        return "not_about_subject"
    if asked.purpose == "respond":
        return None if incident is not None and may_look(state, who, incident) else "not_assigned"
    if asked.purpose == "call_back":
        return None if asked.subject_id in {c.call_id for c in callbacks(respond)} else "not_assigned"
    return None


def _of_its_people(state: State, incident: Incident | None, subject_id: str) -> bool:
    """Whether a register row is that of somebody whose team answers the incident."""
    table, _, key = subject_id.partition("/")
    if incident is None or table not in TABLES:
        return False
    member = state.registers.members.get(key) if table == "members" else None
    teams = {
        bound.team_id for a in incident.assignments if (bound := state.respond.assignments.get(a)) is not None
    }
    return member is not None and member.team_id in teams


def needs_second(state: State, asked: Asked) -> bool:
    """Whether a second person must say yes: what is asked for is closed, or a row of a register that no open incident names.

    The seam for the four-eyes mechanism: whoever runs an opening asks this and `why_not`, nothing else.
    """
    purpose = PURPOSES.get(asked.purpose or "")
    if purpose is None or not purpose.closed:
        return False
    if asked.subject_id in state.desk.complaints:
        return False
    open_now = state.respond.incidents
    call = state.respond.calls.get(asked.subject_id)
    return asked.subject_id not in open_now and not (
        call is not None and (call.incident_id or "") in open_now
    )
