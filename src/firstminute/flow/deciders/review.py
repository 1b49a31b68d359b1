"""Commands about what was learned: findings of a review, and the tasks that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.incident import IncidentReviewed, TaskDone, TaskSet
from firstminute.respond import incident, reasons
from firstminute.respond.speaking import speaks_for

TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewIncident:
    """Findings as codes, and a note where there is more to say."""

    incident_id: str
    findings: tuple[str, ...]
    note: str | None = None


def review_incident(state: State, a: ReviewIncident, act: Act) -> list[Body]:
    """Record what was learned; an incident of long ago is named by its id alone."""
    if a.incident_id in state.respond.incidents:
        incident.find(state.respond, a.incident_id, IncidentReviewed)
    return incident.reviewed(a.incident_id, a.findings, a.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTask:
    """What to do (a code, and a note where there is more to say), whose it is, within how many seconds, about which incident or team."""

    what: str
    owner: str
    within_s: float
    incident_id: str | None = None
    team_id: str | None = None
    note: str | None = None


def set_task(state: State, a: SetTask, act: Act) -> list[Body]:
    """Something slow or missing becomes a task with an owner and a due time."""
    if a.within_s <= 0:
        raise Refused("due_in_the_past", due_s=a.within_s)
    what, note = reasons.settle("task", a.what, a.note)
    task_id, due_s = next(act.ids), act.at_s + a.within_s
    task = TaskSet(
        task_id=task_id, incident_id=a.incident_id, what=what, owner=a.owner, due_s=due_s, team_id=a.team_id, note=note
    )  # fmt: skip
    return [task, TimerSet(timer_subject=task_id, timer=TASK, round=1, due_s=due_s)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishTask:
    """The task and what came of it: done, not_needed, passed_on, impossible."""

    task_id: str
    result: str = "done"
    note: str | None = None


def finish_task(state: State, a: FinishTask, act: Act) -> list[Body]:
    """The task is over."""
    if a.task_id not in state.respond.tasks:
        raise Refused("unknown_task", task=a.task_id)
    if not speaks_for(act.actor, state.respond.tasks[a.task_id].owner):
        raise Refused("not_yours", task=a.task_id)
    reasons.check("task_result", a.result)
    return [
        TaskDone(task_id=a.task_id, result=a.result, note=a.note),
        TimerCancelled(timer_subject=a.task_id, timer=TASK),
    ]
