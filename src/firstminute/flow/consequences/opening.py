"""What follows when nobody has looked at a broken glass in time: the record says so, and the desk hears it until somebody does."""

from __future__ import annotations

from firstminute.flow.deciders.opening import TIMER
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.data import GlassUnreviewed
from firstminute.model.facts.desk import TimerFired, TimerSet
from firstminute.respond.telling import tell_desk

AGAIN_S = 24 * 3600.0
AGAIN_MOST = 30
"""A day between two alarms, and for a month: then it stands in the reports alone."""
ALARM_LASTS_S = 3600.0


def unreviewed(state: State, fact: Fact, act: Act) -> list[Body]:
    """The day is over and no second person has looked."""
    body = fact.body
    assert isinstance(body, TimerFired)
    waiting = state.desk.glass.get(body.timer_subject) if body.timer == TIMER else None
    if waiting is None:
        return []
    said = tell_desk(
        None, "glass_unreviewed", body.timer_subject, expires_s=act.at_s + ALARM_LASTS_S, ids=act.ids
    )
    again: list[Body] = (
        [
            TimerSet(
                timer_subject=body.timer_subject, timer=TIMER, round=body.round + 1, due_s=act.at_s + AGAIN_S
            )
        ]
        if body.round < AGAIN_MOST
        else []
    )
    return [GlassUnreviewed(access_id=body.timer_subject, account_id=waiting.account_id), *said, *again]
