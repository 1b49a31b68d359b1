"""What follows from what crews say: the next task, the report, help for whoever asks for it."""

from __future__ import annotations

from firstminute.flow.known import HIGHEST, rows_of
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body, Fact
from firstminute.model.facts.incident import IncidentAmended, LevelRaised
from firstminute.model.facts.response import Cleared, Escalated, HelpAsked, Released
from firstminute.respond import agencies, closure, escalation, stacking
from firstminute.respond.incident import LEVEL_MOST
from firstminute.respond.records import Incident

AMBULANCE = "120"


def next_task(state: State, fact: Fact, act: Act) -> list[Body]:
    """A crew is free: what waits on its stack becomes active."""
    body = fact.body
    assert isinstance(body, (Cleared, Released))
    return stacking.next_task(state.respond, body.responder_id)


def report_due(state: State, fact: Fact, act: Act) -> list[Body]:
    """The last crew has cleared: the report's clock starts."""
    body = fact.body
    assert isinstance(body, Cleared)
    about = state.respond.incidents.get(body.incident_id)
    return closure.report_timer(about, at_s=act.at_s) if about is not None else []


def help_comes(state: State, fact: Fact, act: Act) -> list[Body]:
    """The help button: more crews, the station, an ambulance, or everybody for an officer."""
    body = fact.body
    assert isinstance(body, HelpAsked)
    about = state.respond.incidents.get(body.incident_id)
    if about is None:
        return []
    match body.what:
        case "officer_sos":
            return _officer_sos(state, about, act, silent=body.silent)
        case "medical":
            return _ambulance(state, about, act)
        case "cannot_cope":
            return [*_station(about, act), *_more(about, "cannot_cope")]
        case _:
            return _more(about, "help")


def _more(about: Incident, reason: str) -> list[Body]:
    if about.level >= LEVEL_MOST:
        return []
    return [LevelRaised(incident_id=about.incident_id, level=about.level + 1, reason=reason)]


def _station(about: Incident, act: Act) -> list[Body]:
    woken = escalation.wake(about, "station", at_s=act.at_s, ids=act.ids)
    if not woken:
        return []
    step = about.escalation_step + 1
    said = Escalated(
        incident_id=about.incident_id, step=step, ring="reinforcement", to="station", reason="cannot_cope"
    )
    return [said, *woken]


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
        facts += escalation.wake(about, tier, at_s=act.at_s, ids=act.ids)
    return facts


def _ambulance(state: State, about: Incident, act: Act) -> list[Body]:
    if any(r.agency == AMBULANCE and r.answer in (None, "accepted") for r in about.agencies.values()):
        return []
    row = state.registers.agencies.get(AMBULANCE)
    return agencies.ask(about, AMBULANCE, "copy", row, at_s=act.at_s, ids=act.ids)
