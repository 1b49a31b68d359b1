"""What follows from many calls near one place: a surge is declared, watched, ended."""

from __future__ import annotations

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.call import CallAttached
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.incident import IncidentOpened
from firstminute.respond import surge


def declare(state: State, fact: Fact, act: Act) -> list[Body]:
    """One more call about the same thing, or one more incident beside others: too many for short minutes?"""
    body = fact.body
    assert isinstance(body, (CallAttached, IncidentOpened))
    about = state.respond.incidents.get(body.incident_id)
    return surge.declare(state.respond, about, at_s=act.at_s) if about is not None else []


def look_again(state: State, fact: Fact, act: Act) -> list[Body]:
    """Is it still one?"""
    body = fact.body
    assert isinstance(body, TimerFired)
    if body.timer != surge.TIMER:
        return []
    about = state.respond.incidents.get(body.timer_subject)
    return (
        surge.look_again(state.respond, about, number=body.round, at_s=act.at_s) if about is not None else []
    )
