"""The command `radio_words`: what was heard by radio, typed as it was said, becomes the facts it means."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.deciders.progress import SetUnitStatus, open_task, set_unit_status
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import NoteAdded
from firstminute.model.facts.response import Assigned
from firstminute.model.records import Unit
from firstminute.respond import alerting, incident, progress, stacking, welfare, words
from firstminute.respond.policy import PENDING
from firstminute.respond.records import Assignment, Incident

STATUS_WORDS = frozenset({"available", "resting", "refuelling", "unavailable"})
BINDS = frozenset({"arrived", "en_route"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioWords:
    """A line such as `12 到` or `12 15 en route`, about one incident."""

    incident_id: str
    line: str


def radio_words(state: State, a: RadioWords, act: Act) -> list[Body]:
    """Every statement of the line as facts, or none where one is not understood. A crew that says it is there is bound by that."""
    about = incident.find(state.respond, a.incident_id, NoteAdded)
    bound = [
        task.responder_id
        for task in map(state.respond.assignments.get, about.assignments)
        if task is not None and task.responder_kind == "unit"
    ]
    facts: list[Body] = []
    for heard in words.parse(a.line):
        for sign in heard.call_signs:
            unit = words.resolve(sign, state.registers.units, bound)
            facts += _meant(state, about, unit, heard.meant, act)
    return facts


def _meant(state: State, about: Incident, unit: Unit, meant: str, act: Act) -> list[Body]:
    if meant in STATUS_WORDS:
        return set_unit_status(state, SetUnitStatus(unit_id=unit.unit_id, status=meant), act)
    task = open_task(state, unit.unit_id, about.incident_id)
    if meant == "well":
        return _well(state, about, unit, task, act)
    if task is None:
        if meant not in BINDS:
            raise Refused("not_bound", responder=unit.call_sign, incident=about.incident_id)
        incident.find(state.respond, about.incident_id, Assigned)
        on_scene = meant == "arrived"
        return stacking.attach_self(
            state.respond, about, unit, on_scene=on_scene, evidence="radio", ids=act.ids
        )
    match meant:
        case "en_route":
            return progress.en_route(task, "radio")
        case "arrived":
            return progress.arrived(task, "radio")
        case "person_reached":
            return progress.person_reached(task, "radio")
        case "cleared":
            return progress.cleared(task, "radio")
        case "cannot":
            return progress.released(task, "cannot")
        case "help":
            return progress.help_asked(task, "reinforcement", silent=False)
        case "sos":
            return progress.help_asked(task, "officer_sos", silent=False)
        case _:
            return _accepted(state, about, unit, act)


def _well(state: State, about: Incident, unit: Unit, task: Assignment | None, act: Act) -> list[Body]:
    """`12 ok` answers whichever question is open: safety, welfare, else the alert; unasked it is a welfare answer."""
    if unit.unit_id in about.safety and not about.safety[unit.unit_id]:
        return progress.safety(about, unit.unit_id, safe=True)
    if unit.unit_id not in about.welfare and _pending(state, about, unit.unit_id):
        return _accepted(state, about, unit, act)
    welfare.refuse_unknown(about, unit.call_sign, task)
    return welfare.answer(about, task, unit.unit_id, well=True, evidence="radio")


def _pending(state: State, about: Incident, unit_id: str) -> str | None:
    for alert_id in reversed(about.alerts):
        alert = state.respond.alerts.get(alert_id)
        if alert is not None and alert.responder_id == unit_id and alert.state in (*PENDING, "failed"):
            return alert_id
    return None


def _accepted(state: State, about: Incident, unit: Unit, act: Act) -> list[Body]:
    alert_id = _pending(state, about, unit.unit_id)
    if alert_id is None:
        return []
    return alerting.accept(state.respond.alerts[alert_id], at_s=act.at_s, full=False)
