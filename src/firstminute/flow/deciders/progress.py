"""Commands about tasks and crews: moving, there, done, given back, help, radio words, self-attach, swap, duty and status."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.people import UnitOffDuty, UnitOnDuty, UnitStatusSet
from firstminute.model.facts.response import Assigned
from firstminute.model.records import Unit
from firstminute.respond import incident, progress, reasons, stacking
from firstminute.respond.lifecycle import OVER
from firstminute.respond.records import Assignment
from firstminute.respond.speaking import speaks_for

STATUSES = ("available", "unavailable", "resting", "refuelling")


def task(state: State, assignment_id: str, act: Act) -> Assignment:
    """The task, where whoever acts may speak for it."""
    return progress.get_task(state.respond, assignment_id, act.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A task, and how it is known (fix, qr, touch, radio); the actor's own touch or the desk's radio where left out."""

    assignment_id: str
    evidence: str | None = None


def report_en_route(state: State, a: Report, act: Act) -> list[Body]:
    """On the way."""
    return progress.en_route(task(state, a.assignment_id, act), progress.said(act.actor, a.evidence))


def report_arrived(state: State, a: Report, act: Act) -> list[Body]:
    """At the gate."""
    return progress.arrived(task(state, a.assignment_id, act), progress.said(act.actor, a.evidence))


def report_person_reached(state: State, a: Report, act: Act) -> list[Body]:
    """At the person."""
    return progress.person_reached(task(state, a.assignment_id, act), progress.said(act.actor, a.evidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCleared:
    """A task that is done, and whether its people are safe."""

    assignment_id: str
    evidence: str | None = None
    safe: bool | None = None


def report_cleared(state: State, a: ReportCleared, act: Act) -> list[Body]:
    """Done and free; the next stacked task becomes active by itself."""
    found = task(state, a.assignment_id, act)
    return progress.cleared(found, progress.said(act.actor, a.evidence), safe=a.safe)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAssignment:
    """A task given back, and why: cannot, withdrawn, not_moving, vehicle_down, wrong_place, not_needed."""

    assignment_id: str
    reason_code: str = "cannot"


def release_assignment(state: State, a: ReleaseAssignment, act: Act) -> list[Body]:
    """Give the task back before it is done; somebody else is asked."""
    return progress.released(task(state, a.assignment_id, act), a.reason_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskHelp:
    """What is needed: reinforcement, cannot_cope, officer_sos, medical; silently where nobody near must notice."""

    assignment_id: str
    what: str = "reinforcement"
    silent: bool = False


def ask_help(state: State, a: AskHelp, act: Act) -> list[Body]:
    """The help button of whoever is there."""
    return progress.help_asked(task(state, a.assignment_id, act), a.what, silent=a.silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAttach:
    """A crew that came by itself, there already or on its way."""

    incident_id: str
    unit_id: str
    on_scene: bool = True
    evidence: str | None = None


def self_attach(state: State, a: SelfAttach, act: Act) -> list[Body]:
    """On view: one key binds the crew."""
    about = incident.find(state.respond, a.incident_id, Assigned)
    evidence = progress.said(act.actor, a.evidence)
    unit = get_unit(state, a.unit_id)
    return stacking.attach_self(
        state.respond, about, unit, on_scene=a.on_scene, evidence=evidence, ids=act.ids
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapCrews:
    """A task, and the unit that takes it over."""

    assignment_id: str
    with_unit_id: str


def swap_crews(state: State, a: SwapCrews, act: Act) -> list[Body]:
    """Another crew takes the task; where it has one itself, they change places."""
    found = task(state, a.assignment_id, act)
    incident.find(state.respond, found.incident_id, Assigned)
    return stacking.swap(state.respond, found, get_unit(state, a.with_unit_id), ids=act.ids)


def get_unit(state: State, unit_id: str) -> Unit:
    """The register row of a unit, or `Refused`."""
    unit = state.registers.units.get(unit_id)
    if unit is None:
        raise Refused("unknown_unit", unit=unit_id)
    return unit


def own_unit(state: State, unit_id: str, act: Act) -> Unit:
    """The unit, where whoever acts may speak for it: the desk for all, a crew and its device for itself."""
    if not speaks_for(act.actor, unit_id):
        raise Refused("not_yours", unit=unit_id)
    return get_unit(state, unit_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDuty:
    """A crew that starts its shift; crew and sworn as the register says where left out."""

    unit_id: str
    shift: str = "day"
    crew: int | None = None
    sworn: int | None = None
    station_id: str | None = None


def unit_on_duty(state: State, a: StartDuty, act: Act) -> list[Body]:
    """A crew starts its shift; the same shift twice is once."""
    unit = own_unit(state, a.unit_id, act)
    crew = unit.crew if a.crew is None else a.crew
    sworn = unit.sworn if a.sworn is None else a.sworn
    if crew < 1 or not 0 <= sworn <= crew:
        raise Refused("crew_out_of_range", crew=crew, sworn=sworn)
    duty = state.respond.units.get(a.unit_id)
    if duty is not None and (duty.shift, duty.crew, duty.sworn) == (a.shift, crew, sworn):
        return []
    return [
        UnitOnDuty(
            unit_id=a.unit_id,
            crew=crew,
            shift=a.shift,
            sworn=sworn,
            station_id=a.station_id or unit.station_id,
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDuty:
    """A crew that ends its shift."""

    unit_id: str


def unit_off_duty(state: State, a: EndDuty, act: Act) -> list[Body]:
    """A crew ends its shift; with tasks open it swaps or clears them first."""
    unit = own_unit(state, a.unit_id, act)
    duty = state.respond.units.get(a.unit_id)
    if duty is None:
        return []
    if duty.active is not None or duty.stack:
        raise Refused(
            "unit_has_tasks", unit=unit.call_sign, tasks=len(duty.stack) + (duty.active is not None)
        )
    return [*_status_timer_ended(state, a.unit_id), UnitOffDuty(unit_id=a.unit_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUnitStatus:
    """available, unavailable, resting or refuelling, why (a code, and a note) and until when."""

    unit_id: str
    status: str
    reason: str | None = None
    until_s: float | None = None
    note: str | None = None


def set_unit_status(state: State, a: SetUnitStatus, act: Act) -> list[Body]:
    """The dispatcher may set any status heard by radio, a crew its own."""
    unit = own_unit(state, a.unit_id, act)
    if a.status not in STATUSES:
        raise Refused("unknown_status", status=a.status)
    duty = state.respond.units.get(a.unit_id)
    if duty is None:
        raise Refused("off_duty", unit=unit.call_sign)
    if duty.status == a.status and a.until_s is None:
        return []
    if a.until_s is not None and a.until_s <= act.at_s:
        raise Refused("due_in_the_past", due_s=a.until_s)
    why, note = reasons.settle("status", a.reason, a.note) if a.reason else (None, a.note)
    said = UnitStatusSet(unit_id=a.unit_id, status=a.status, reason=why, until_s=a.until_s, note=note)
    ends: list[Body] = []
    if a.until_s is not None and a.status != "available":
        ends.append(TimerSet(timer_subject=a.unit_id, timer=progress.STATUS, round=1, due_s=a.until_s))
    return [*_status_timer_ended(state, a.unit_id), said, *ends]


def _status_timer_ended(state: State, unit_id: str) -> list[Body]:
    pending = any(key[1] == progress.STATUS for key in state.timers.by_subject.get(unit_id, ()))
    return [TimerCancelled(timer_subject=unit_id, timer=progress.STATUS)] if pending else []


def open_task(state: State, unit_id: str, incident_id: str) -> Assignment | None:
    """The unit's task at an incident, where it is not over."""
    about = state.respond.incidents.get(incident_id)
    found = progress.task_of(state.respond, about, unit_id) if about is not None else None
    return found if found is not None and found.state not in OVER else None
