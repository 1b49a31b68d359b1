"""Who may see whose data, and on what ground: the rules that every opening goes through.

Idea (DESIGN.md §8): whoever has an open incident (the account that answers for it at the desk, its commanders, its crews) sees at once who called;
everybody else names an incident or a file and a purpose (`model.purposes`). A restricted incident (敏感警情) is seen by those who have it alone. What is
closed needs a second person. All of it are pure questions to the state; the shell makes each answer a fact.
Limits: an account is taken for what its actor says of it (role, unit, seat); places are judged by the policies, by `must_be_in_place` for openings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from firstminute.flow.access.allowed import refusal
from firstminute.flow.access.objects import subject_thing
from firstminute.flow.access.places import who_in
from firstminute.flow.access.slice import Granted
from firstminute.flow.known import rows_of
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.access.things import Thing
from firstminute.model.envelope import Act, Actor
from firstminute.model.purposes import FILE, INCIDENT, ITSELF, PURPOSES
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
    was_in : the district of what the desk has forgotten, as the record knows it; empty where that is not known
    """

    subject_id: str
    purpose: str | None
    incident_id: str | None = None
    file_id: str | None = None
    related: tuple[str, ...] = ()
    was_in: tuple[str | None, ...] = ()


def named_in(subject_id: str, purpose: str | None, incident_id: str | None) -> str:
    """What stands for the place of an opening: the incident that its purpose must name, else the subject."""
    known = PURPOSES.get(purpose or "")
    return incident_id if known is not None and known.names == INCIDENT and incident_id else subject_id


def thing_asked(state: State, asked: Asked) -> Thing:
    """What a policy is asked about: the incident that the purpose must name, else the subject.

    Whose data belong to an incident is asked of the incident alone (`why_not`): a team of the next district that came to help is of it.
    """
    thing = subject_thing(state, named_in(asked.subject_id, asked.purpose, asked.incident_id))
    return replace(thing, district=asked.was_in[0]) if thing.sort == "subject" and asked.was_in else thing


def must_be_in_place(state: State, act: Act, policy: str, asked: Asked) -> None:
    """Raise `Refused` where what is asked for is not the actor's place, whatever it is asked for."""
    who, thing = who_in(state, act.actor, act.at_s), thing_asked(state, asked)
    if not may(policy, who, thing):
        raise refusal(thing, who)


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


def wrong_form(who: Actor, asked: Asked) -> str | None:
    """What is wrong with the request whatever it is about: purpose_missing, unknown_purpose, purpose_of_others, incident_missing or file_missing."""
    if not asked.purpose:
        return "purpose_missing"
    purpose = PURPOSES.get(asked.purpose)
    if purpose is None:
        return "unknown_purpose"
    if who.role not in purpose.roles:
        return "purpose_of_others"
    if purpose.names == FILE and not asked.file_id:
        return "file_missing"
    return "incident_missing" if purpose.names == INCIDENT and not asked.incident_id else None


def why_not(state: State, who: Actor, asked: Asked) -> str | None:
    """The code for which an opening of good form is refused, None where it is lawful (a second person may still be needed).

    Codes: unknown_incident, not_about_subject, not_assigned, no_complaint.
    """
    names = PURPOSES[asked.purpose or ""].names
    if asked.purpose == "muster":
        table, _, key = asked.subject_id.partition("/")
        return None if table == "stations" and key in state.registers.stations else "not_about_subject"
    if names == ITSELF:
        return None
    if names == FILE:
        known = asked.purpose != "complaint" or asked.file_id in state.desk.complaints
        return None if known else "no_complaint"
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


def granted_to(state: State, who: Actor, at_s: float) -> list[Granted]:
    """What a second person lets the actor read now; nothing for whoever has lost the role since."""
    return [
        each
        for each in state.access.granted.values()
        if each.account_id == who.id and each.until_s > at_s and who.role in PURPOSES[each.purpose].roles
    ]


def may_read(state: State, who: Actor, subject_id: str, at_s: float) -> bool:
    """Whether a second person lets the actor read this subject now."""
    return any(each.subject_id == subject_id for each in granted_to(state, who, at_s))


def incident_of(state: State, subject_id: str) -> str:
    """What stands for a call in a question about looking: the incident it belongs to, where it has one."""
    call = state.respond.calls.get(subject_id)
    return call.incident_id if call is not None and call.incident_id is not None else subject_id


def needs_second(state: State, asked: Asked) -> bool:
    """Whether a second person must say yes: what is asked for is closed, or a row of a register that no open incident names.

    The rule of `open_data` asks it (`flow.access.rules`).
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
