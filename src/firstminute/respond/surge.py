"""More calls near one place than a desk can take: noticed, said, and ended again.

Idea: late calls are counted by coarse square as they come; from the eighth within ten minutes and 300 m on the incident is in surge: short questions only,
what is new in a call is highlighted, escalations are bundled (`respond.escalation`), sectors, staging and cordon are asked for. A timer looks again
until calls fall below half the mark. Limits: the counts are of recorded calls, a jammed line is not seen here.
"""

from __future__ import annotations

from firstminute.model.envelope import Body
from firstminute.model.facts.desk import TimerSet
from firstminute.model.facts.incident import SurgeDeclared, SurgeEnded
from firstminute.model.records import IncidentType
from firstminute.respond.nearby import distance_m, squares_around
from firstminute.respond.records import Incident, Respond

TIMER = "surge"
CALLS = 8
WITHIN_S = 600.0
RADIUS_M = 300.0
LOOK_AGAIN_S = 300.0
WANTED_POSTS = ("staging", "cordon", "sector")
DECIDING, KIND_FIRST = "weapon", ("what_happens",)
SHORT = ("where_exactly", "weapon", "hurt", "breathing", "people_inside")
"""The questions that change who is sent; in a surge no others are asked."""


def calls_near(respond: Respond, incident: Incident, *, at_s: float) -> int:
    """Calls of the last ten minutes within 300 m of an incident."""
    here = incident.cell
    if here is None:
        return sum(
            at_s - respond.calls[c].received_s <= WITHIN_S for c in incident.calls if c in respond.calls
        )
    count = 0
    for square in squares_around(here, RADIUS_M):
        for heard_s, call_id in respond.heat.get(square, ()):
            call = respond.calls.get(call_id)
            if at_s - heard_s <= WITHIN_S and call is not None and call.cell is not None:
                count += distance_m(here, call.cell) <= RADIUS_M
    return count


def declare(respond: Respond, incident: Incident, *, at_s: float) -> list[Body]:
    """A surge, where it is one and nobody has said so yet; several incidents beside each other, if they are many calls, are one too."""
    if incident.surge or incident.desk_only or incident.on_paper:
        return []
    if incident.cell is None and len(incident.calls) < 2:
        return []
    calls = calls_near(respond, incident, at_s=at_s)
    if calls < CALLS:
        return []
    return [
        SurgeDeclared(incident_id=incident.incident_id, calls=calls, within_s=WITHIN_S),
        TimerSet(timer_subject=incident.incident_id, timer=TIMER, round=1, due_s=at_s + LOOK_AGAIN_S),
    ]


def look_again(respond: Respond, incident: Incident, *, number: int, at_s: float) -> list[Body]:
    """Its timer fired: over, or a later look."""
    if not incident.surge:
        return []
    if calls_near(respond, incident, at_s=at_s) < CALLS // 2:
        return [SurgeEnded(incident_id=incident.incident_id)]
    return [
        TimerSet(timer_subject=incident.incident_id, timer=TIMER, round=number + 1, due_s=at_s + LOOK_AGAIN_S)
    ]


def questions(row: IncidentType, *, surge: bool) -> tuple[str, ...]:
    """The protocol questions to ask now. Where the kind of danger is not known, the one that decides about the gate comes first.

    >>> from firstminute.respond.catalogue import DEFAULT_TYPES
    >>> questions(DEFAULT_TYPES["fire"], surge=True), questions(DEFAULT_TYPES["drunk"], surge=False)
    (('where_exactly', 'people_inside'), ('weapon', 'where_exactly', 'conscious'))
    """
    asked = tuple(q for q in row.protocol if q in SHORT) if surge else row.protocol
    if row.hazard != "unknown" or DECIDING not in asked:
        return asked
    first = tuple(q for q in asked if q in KIND_FIRST)
    return (*first, DECIDING, *(q for q in asked if q != DECIDING and q not in KIND_FIRST))


def posts_missing(incident: Incident) -> tuple[str, ...]:
    """In a surge: which of staging point, cordon and sectors nobody has named yet."""
    named = {what for what, _ in incident.posts.values()}
    return tuple(what for what in WANTED_POSTS if what not in named) if incident.surge else ()
