"""Is the crew well? Asked by timer, again when silent, then the duty officer, then an emergency; and the safety answers after a stand-down.

Idea: how often is asked hangs on the kind of incident and on whether the crew is alone. A miss never fails silently: ask, retry, duty officer,
emergency. Source: accountability checks of the fire service as in dispatch.md §1 (60 s window, retry, then mayday). Limits: units only; members
of teams choose their risk and are asked after a stand-down, by the same clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.people import WelfareAnswered, WelfareAsked, WelfareMissed
from firstminute.model.facts.response import HelpAsked
from firstminute.model.records import IncidentType
from firstminute.respond.books import Books
from firstminute.respond.escalation import insist
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Assignment, Incident, Respond
from firstminute.respond.telling import tell

ASK, ANSWER, SAFETY = "welfare:", "welfare_answer:", "safety"
LONE_S = 600.0
WINDOW_S = 60.0
SAFETY_S, SAFETY_ROUNDS = 60.0, 3
AFTER_MISS = {1: "retry", 2: "duty_officer", 3: "emergency"}


def every_s(row: IncidentType, crew: int) -> float | None:
    """Seconds between two questions, None where nobody is asked: the kind's own, and never longer than a lone crew's."""
    if crew > 1:
        return row.welfare_s
    return min(row.welfare_s or LONE_S, LONE_S)


def begin(respond: Respond, bound: Assignment, row: IncidentType, *, at_s: float) -> list[Body]:
    """A crew has arrived, or has just said that all is well: its next question is set."""
    duty = respond.units.get(bound.responder_id)
    period_s = every_s(row, duty.crew) if duty is not None else None
    if period_s is None or bound.state in OVER:
        return []
    return [
        TimerSet(
            timer_subject=bound.incident_id, timer=ASK + bound.assignment_id, round=1, due_s=at_s + period_s
        )
    ]


def ask(
    books: Books, bound: Assignment, *, attempt: int, number: int, at_s: float, ids: Iterator[str]
) -> list[Body]:
    """Ask one crew, on its device, with a minute to answer."""
    if bound.state in OVER:
        return []
    due_s = at_s + WINDOW_S
    return [
        WelfareAsked(incident_id=bound.incident_id, responder_id=bound.responder_id, attempt=attempt, due_s=due_s),
        *tell(books, (bound.responder_id,), "welfare", bound.incident_id, expires_s=due_s, ids=ids),
        TimerSet(timer_subject=bound.incident_id, timer=ANSWER + bound.assignment_id, round=number, due_s=due_s),
    ]  # fmt: skip


def missed(
    books: Books, incident: Incident, bound: Assignment, *, number: int, at_s: float, ids: Iterator[str]
) -> list[Body]:
    """No answer within the minute: the next step, until it is an emergency."""
    if bound.state in OVER or bound.responder_id not in incident.welfare:
        return []
    attempt = incident.welfare[bound.responder_id] + 1
    following = AFTER_MISS[min(attempt, 3)]
    facts: list[Body] = [
        WelfareMissed(
            incident_id=incident.incident_id, responder_id=bound.responder_id, attempt=attempt, next=following
        )
    ]
    if following == "emergency":
        return [
            *facts,
            HelpAsked(incident_id=incident.incident_id, responder_id=bound.responder_id, what="officer_sos"),
        ]
    if following == "duty_officer":
        facts += insist(incident, "duty_officer", "welfare_missed", at_s=at_s, ids=ids)
    return [*facts, *ask(books, bound, attempt=attempt + 1, number=number + 1, at_s=at_s, ids=ids)]


def answer(
    incident: Incident, bound: Assignment | None, responder_id: str, *, well: bool, evidence: str
) -> list[Body]:
    """It is well, or it is not; also unasked. Not well is an emergency."""
    facts: list[Body] = [
        WelfareAnswered(
            incident_id=incident.incident_id, responder_id=responder_id, well=well, evidence=evidence
        )
    ]
    if bound is not None and responder_id in incident.welfare:
        facts.append(TimerCancelled(timer_subject=incident.incident_id, timer=ANSWER + bound.assignment_id))
    if not well:
        facts.append(
            HelpAsked(incident_id=incident.incident_id, responder_id=responder_id, what="officer_sos")
        )
    return facts


def ask_safety(
    books: Books, incident: Incident, people: Sequence[str], reason: str, *, at_s: float, ids: Iterator[str]
) -> list[Body]:
    """Everybody who was called towards danger is told to stop and asked whether all is well, on every way to them."""
    lasts_s = at_s + SAFETY_S * SAFETY_ROUNDS
    return tell(books, people, reason, incident.incident_id, expires_s=lasts_s, ids=ids)


def safety_clock(incident: Incident, *, at_s: float) -> list[Body]:
    """The minute that the answers have, one for all who are asked."""
    number = incident.safety_misses + 1
    return [TimerSet(timer_subject=incident.incident_id, timer=SAFETY, round=number, due_s=at_s + SAFETY_S)]


def safety_missing(books: Books, incident: Incident, *, at_s: float, ids: Iterator[str]) -> list[Body]:
    """Somebody has not answered within the minute: asked again, then the duty officer is woken, then the commander. As accountability checks are clocked."""
    missing = [who for who, safe in incident.safety.items() if safe is None]
    if not missing:
        return []
    facts: list[Body] = []
    if incident.safety_misses == 2:
        facts += insist(incident, "duty_officer", "safety_missing", at_s=at_s, ids=ids)
    if incident.safety_misses >= SAFETY_ROUNDS:
        return insist(incident, "commander", "safety_missing", at_s=at_s, ids=ids)
    asked = tell(books, missing, "safety_again", incident.incident_id, expires_s=at_s + SAFETY_S, ids=ids)
    return [*facts, *asked, *safety_clock(incident, at_s=at_s)]


def refuse_unknown(incident: Incident, responder_id: str, bound: Assignment | None) -> None:
    """A welfare answer comes from somebody who is bound to the incident."""
    if bound is None:
        raise Refused("not_bound", responder=responder_id, incident=incident.incident_id)
