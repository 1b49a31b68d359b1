"""Other agencies (119, 120, 122, 12345, …): asked, accepted, refused or silent, each against a clock; the sender keeps the incident until it is taken.

Idea: a hand-over is an offer, not a send: until the other side has accepted, nothing here ends. A copy only informs. Limits: a silent agency is said to
be silent and is asked again by a person, not by a machine.
"""

from __future__ import annotations

from collections.abc import Iterator

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued, TimerCancelled, TimerSet
from firstminute.model.facts.incident import AgencyAnswered, AgencyAsked
from firstminute.model.records import Agency
from firstminute.respond.records import AgencyRequest, Incident
from firstminute.respond.telling import tell_desk

MODES = ("hand_over", "copy")
ANSWERS = ("accepted", "refused")
TIMER = "agency:"
ANSWER_S = 60.0


def ask(
    incident: Incident, agency_id: str, mode: str, row: Agency | None, *, at_s: float, ids: Iterator[str]
) -> list[Body]:
    """Ask an agency to take or to share the incident, with its message and its clock."""
    if mode not in MODES:
        raise Refused("unknown_kind", kind=mode)
    if any(
        r.agency == agency_id and r.mode == mode and r.answer in (None, "accepted")
        for r in incident.agencies.values()
    ):
        raise Refused("agency_already_asked", agency=agency_id)
    request_id = next(ids)
    due_s = at_s + (row.answer_within_s if row is not None else ANSWER_S)
    return [
        AgencyAsked(
            incident_id=incident.incident_id, request_id=request_id, agency=agency_id, mode=mode, due_s=due_s
        ),
        MessageQueued(
            message_id=next(ids),
            channel="agency",
            recipient=agency_id,
            reason="agency_asked",
            reason_id=request_id,
            expires_s=due_s,
        ),
        TimerSet(timer_subject=incident.incident_id, timer=TIMER + request_id, round=1, due_s=due_s),
    ]


def answer(incident: Incident, request_id: str, said: str, external_id: str | None) -> list[Body]:
    """The agency's answer; a late one after silence counts all the same."""
    request = _request(incident, request_id)
    if said not in ANSWERS:
        raise Refused("unknown_answer", answer=said)
    if request.answer == said:
        return []
    if request.answer in ANSWERS:
        raise Refused("agency_answered", agency=request.agency, answer=request.answer)
    return [
        AgencyAnswered(
            incident_id=incident.incident_id,
            request_id=request_id,
            agency=request.agency,
            answer=said,
            external_id=external_id,
        ),
        TimerCancelled(timer_subject=incident.incident_id, timer=TIMER + request_id),
    ]


def silent(incident: Incident, request_id: str, *, at_s: float, ids: Iterator[str]) -> list[Body]:
    """Its clock ran out without a word: said, and shown to the seat that asked."""
    request = incident.agencies.get(request_id)
    if request is None or request.answer is not None:
        return []
    return [
        AgencyAnswered(
            incident_id=incident.incident_id, request_id=request_id, agency=request.agency, answer="silent"
        ),
        *tell_desk(incident.seat, "agency_silent", request_id, expires_s=at_s + ANSWER_S, ids=ids),
    ]


def _request(incident: Incident, request_id: str) -> AgencyRequest:
    request = incident.agencies.get(request_id)
    if request is None:
        raise Refused("unknown_request", request=request_id)
    return request
