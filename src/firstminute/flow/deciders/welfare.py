"""Commands about the people who went: safe after a stand-down, well when asked."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.people import WelfareAnswered
from firstminute.model.facts.response import SafetyAnswered
from firstminute.respond import incident, progress, speaking, welfare
from firstminute.respond.records import Incident


def speaks_for(state: State, about: Incident, act: Act, responder_id: str | None) -> str:
    """Who is meant: named, else whoever acts. A crew speaks for itself, a team's people for their team."""
    actor = act.actor
    if responder_id is None:
        return actor.unit_id or actor.id
    bound = progress.task_of(state.respond, about, responder_id)
    if not speaking.speaks_for(actor, responder_id, bound.team_id if bound is not None else None):
        raise Refused("not_yours", responder=responder_id)
    return responder_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSafety:
    """Who is safe, or is not."""

    incident_id: str
    safe: bool
    responder_id: str | None = None


def answer_safety(state: State, a: AnswerSafety, act: Act) -> list[Body]:
    """After a stand-down everybody is asked whether all is well."""
    about = incident.find(state.respond, a.incident_id, SafetyAnswered)
    return progress.safety(about, speaks_for(state, about, act, a.responder_id), safe=a.safe)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWelfare:
    """Who is well, or is not, and how that is known."""

    incident_id: str
    well: bool
    responder_id: str | None = None
    evidence: str | None = None


def answer_welfare(state: State, a: AnswerWelfare, act: Act) -> list[Body]:
    """A crew says how it is, asked or not; not well is an emergency."""
    about = incident.find(state.respond, a.incident_id, WelfareAnswered)
    who = speaks_for(state, about, act, a.responder_id)
    bound = progress.task_of(state.respond, about, who)
    welfare.refuse_unknown(about, who, bound)
    return welfare.answer(about, bound, who, well=a.well, evidence=progress.said(act.actor, a.evidence))
