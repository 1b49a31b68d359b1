"""What follows when nobody comes: step by step, bounded, bundled in a surge."""

from __future__ import annotations

from firstminute.flow.scene import Scene, scene
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.response import UnitsRecommended
from firstminute.respond import escalation


def arm_escalation(state: State, fact: Fact, act: Act) -> list[Body]:
    """The first step's timer, where police answer by themselves."""
    found = scene(state, fact.body.subject)
    if found is None or found.called_off or found.rings.get("reinforcement") != "automatic":
        return []
    return escalation.first(
        found.incident,
        found.policy,
        base_s=max(found.incident.started_s, act.at_s if found.incident.rings else 0.0),
    )


def escalate(state: State, fact: Fact, act: Act) -> list[Body]:
    """A step is due."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != escalation.TIMER:
        return []
    found = scene(state, body.timer_subject)
    if found is None or found.called_off:
        return []
    return escalation.due(
        state.respond,
        found.incident,
        found.policy,
        number=body.round,
        at_s=act.at_s,
        ids=act.ids,
        bundled=_bundled(state, found, act.at_s),
    )


def woken_unanswered(state: State, fact: Fact, act: Act) -> list[Body]:
    """Whoever was woken for somebody's life has said nothing in time."""
    body = fact.body
    if not isinstance(body, TimerFired) or not body.timer.startswith(escalation.WOKEN):
        return []
    about = state.respond.incidents.get(body.timer_subject)
    alert = state.respond.alerts.get(body.timer.removeprefix(escalation.WOKEN))
    if about is None or alert is None:
        return []
    return escalation.unanswered(about, alert, at_s=act.at_s, ids=act.ids)


def wake_when_short(state: State, fact: Fact, act: Act) -> list[Body]:
    """Police are needed, none can be asked and none comes: the first tier is woken at once, not after its minute."""
    body = fact.body
    assert isinstance(body, UnitsRecommended)
    short = [s for s in body.shortfalls if s.ring == "reinforcement"]
    if not short or any(c.ring == "reinforcement" and "recommended" in c.reasons for c in body.candidates):
        return []
    found = scene(state, body.subject)
    if found is None or found.called_off or found.incident.escalation_step > 0:
        return []
    if found.rings.get("reinforcement") != "automatic" or escalation.police_come(
        state.respond, found.incident
    ):
        return []
    return escalation.step(
        found.incident,
        found.policy,
        reason=short[0].code,
        at_s=act.at_s,
        ids=act.ids,
        bundled=_bundled(state, found, act.at_s),
    )


def _bundled(state: State, found: Scene, at_s: float) -> bool:
    """In a surge the holder of the next tier hears of many incidents in one message."""
    if not state.desk.surges:
        return False
    step = min(found.incident.escalation_step, len(escalation.TIERS) - 1)
    who = escalation.holder(found.incident, escalation.TIERS[step])
    near = (state.respond.incidents[key] for key in state.desk.surges if key in state.respond.incidents)
    return escalation.recently_told(state.respond, near, who, at_s=at_s)
