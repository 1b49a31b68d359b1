"""What follows from what crews say: the next task, the report, help for whoever asks for it."""

from __future__ import annotations

from firstminute.flow.known import rows_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.desk import TimerFired
from firstminute.model.facts.incident import DeskMeasureTaken, IncidentAmended, LevelRaised
from firstminute.model.facts.people import UnitStatusSet
from firstminute.model.facts.response import Cleared, Escalated, HelpAsked, Released
from firstminute.respond import agencies, closure, escalation, lifecycle, progress, stacking
from firstminute.respond.incident import LEVEL_MOST
from firstminute.respond.records import HIGHEST, Incident

AMBULANCE = "120"


def next_task(state: State, fact: Fact, act: Act) -> list[Body]:
    """A crew is free: what waits on its stack becomes active."""
    body = fact.body
    assert isinstance(body, (Cleared, Released))
    return stacking.next_task(state.respond, body.responder_id)


def give_back(state: State, fact: Fact, act: Act) -> list[Body]:
    """A crew broke down, or has to refuel: its tasks go back to the queue."""
    body = fact.body
    assert isinstance(body, UnitStatusSet)
    return progress.given_back(state.respond, body.unit_id)


def status_ends(state: State, fact: Fact, act: Act) -> list[Body]:
    """The meal is over."""
    body = fact.body
    if not isinstance(body, TimerFired) or body.timer != progress.STATUS:
        return []
    duty = state.respond.units.get(body.timer_subject)
    if duty is None or duty.status == "available":
        return []
    return [UnitStatusSet(unit_id=body.timer_subject, status="available")]


def report_due(state: State, fact: Fact, act: Act) -> list[Body]:
    """The last crew has cleared, everybody stood down is home, the last measure was taken: the report's clock starts."""
    body = fact.body
    if isinstance(body, DeskMeasureTaken) and body.result == closure.NOT_TAKEN:
        return []  # it is being closed: that is the report
    about = state.respond.incidents.get(body.subject)
    return closure.report_timer(state.respond, about, at_s=act.at_s) if about is not None else []


def help_comes(state: State, fact: Fact, act: Act) -> list[Body]:
    """The help button: more crews, the station, an ambulance, or everybody for an officer."""
    body = fact.body
    assert isinstance(body, HelpAsked)
    about = state.respond.incidents.get(body.incident_id)
    if about is None:
        return []
    again = closure.reopen(about, "help") if about.status == lifecycle.STOOD_DOWN else []
    match body.what:
        case "officer_sos":
            return [*again, *_officer_sos(state, about, act, silent=body.silent)]
        case "medical":
            return _ambulance(state, about, act)
        case "cannot_cope":
            return [*again, *_station(about, act), *_more(about, "cannot_cope", act)]
        case _:
            return [*again, *_more(about, "help", act)]


def _more(about: Incident, reason: str, act: Act) -> list[Body]:
    """The next level's needs; where there is no next level, whoever has not been woken yet, and never nobody."""
    if about.level < LEVEL_MOST:
        return [LevelRaised(incident_id=about.incident_id, level=about.level + 1, reason=reason)]
    tiers = [t for t in escalation.TIERS if escalation.holder(about, t) not in about.asked]
    return _insist(about, tiers[0] if tiers else escalation.TIERS[-1], reason, act)


def _station(about: Incident, act: Act) -> list[Body]:
    return _insist(about, "station", "cannot_cope", act)


def _insist(about: Incident, tier: str, reason: str, act: Act) -> list[Body]:
    step = escalation.TIERS.index(tier) + 1
    said = Escalated(incident_id=about.incident_id, step=step, ring="reinforcement", to=tier, reason=reason)
    return [said, *escalation.insist(about, tier, reason, at_s=act.at_s, ids=act.ids)]


def _officer_sos(state: State, about: Incident, act: Act, *, silent: bool) -> list[Body]:
    """Outranks all: highest priority, highest level, duty officer and commander at once."""
    facts: list[Body] = []
    changed = [] if about.priority == HIGHEST else ["priority"]
    row = rows_of(state)("officer_sos")
    if about.type_code != row.code:
        changed.append("type_code")
    if silent and not about.silent:
        changed.append("silent")
    if changed:
        facts.append(
            IncidentAmended(
                incident_id=about.incident_id,
                changed=tuple(changed),
                type_code=row.code if "type_code" in changed else None,
                priority=HIGHEST if "priority" in changed else None,
                silent=True if "silent" in changed else None,
            )
        )
    if about.level < LEVEL_MOST:
        facts.append(LevelRaised(incident_id=about.incident_id, level=LEVEL_MOST, reason="officer_sos"))
    for tier in ("duty_officer", "commander"):
        facts += escalation.insist(about, tier, "officer_sos", at_s=act.at_s, ids=act.ids)
    return facts


def _ambulance(state: State, about: Incident, act: Act) -> list[Body]:
    if any(r.agency == AMBULANCE and r.answer in (None, "accepted") for r in about.agencies.values()):
        return []
    row = state.registers.agencies.get(AMBULANCE)
    return agencies.ask(about, AMBULANCE, "copy", row, at_s=act.at_s, ids=act.ids)
