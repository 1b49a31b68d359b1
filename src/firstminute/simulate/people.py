"""The people of the twin: members, crews and a dispatcher who see facts and answer with plans.

Idea: one `People` stands for all of them. It is told every fact and keeps only what a person there would know (which alert, which place, which trip),
never the state of the core; so the same people play in the twin and before the live desk. How long and how likely is `Behaviour`.
Limits: nobody is slower because the road is closed; a person forgets an alert that was withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp
from typing import Any

import numpy as np

from firstminute.model.envelope import Actor, Fact
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.incident import (
    AgencyAsked,
    DeskClockStarted,
    IncidentAmended,
    IncidentClaimed,
    IncidentClosed,
    IncidentOpened,
    RingOpened,
    StandDownOrdered,
)
from firstminute.model.facts.people import TeamChased, UnitOffDuty, WelfareAsked
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertSent,
    Arrived,
    Assigned,
    AssignmentActivated,
    Cleared,
    Diverted,
    Released,
)
from firstminute.model.records import Unit
from firstminute.respond.books import LOCAL
from firstminute.simulate.behaviour import Behaviour
from firstminute.simulate.plans import DISPATCHER, Planned, crew_of, member_of
from firstminute.simulate.trips import Trip, Trips

QUIET_TASKS = ("keep_away", "inform")
HANDED_TO = {
    "medical": "120",
    "cardiac_arrest": "120",
    "fire": "119",
    "traffic": "122",
    "traffic_injury": "122",
}
TURNOUT_S = {"self_rescue": LOCAL.own_turnout_s, "neighbour_aid": LOCAL.team_turnout_s}


@dataclass(slots=True)
class Scene:
    """What people know of an incident."""

    incident_id: str
    type_code: str
    priority: int
    lon: float | None = None
    lat: float | None = None
    asked: int = 0
    working: set[str] = field(default_factory=set)  # assignment ids that are not over
    came: bool = False
    desk_only: bool = False
    claimed: bool = False


@dataclass(slots=True)
class Task:
    """One responder's part in an incident."""

    assignment_id: str
    incident_id: str
    responder_id: str
    actor: Actor
    unit: bool
    mode: str
    ring: str
    travel_s: float | None
    alert_id: str | None
    answered: bool
    active: bool
    started: int = 0


class People:
    """Everybody who is not the core.

    Parameters
    ----------
    units : register rows of the crews
    behaviour : how long and how likely
    rng : seeded
    trips : how long a way takes and where it leads
    dispatcher : False where somebody else closes incidents (a person in the demo)
    """

    def __init__(
        self,
        units: Iterable[Unit],
        behaviour: Behaviour,
        rng: np.random.Generator,
        trips: Trips,
        *,
        dispatcher: bool = True,
    ) -> None:
        self.units = {unit.unit_id: unit for unit in units}
        self.trips = trips
        self.scenes: dict[str, Scene] = {}
        self.tasks: dict[str, Task] = {}
        self._behaviour = behaviour
        self._rng = rng
        self._dispatcher = dispatcher
        self._accepted: set[str] = set()
        self._by_alert: dict[str, str] = {}

    def stale(self, planned: Planned) -> bool:
        """True where the trip that a plan hangs on was called off, or somebody else's seat has claimed what a desk meant to claim."""
        if planned.name == "claim_incident":
            scene = self.scenes.get(planned.arguments["incident_id"])
            return scene is not None and scene.claimed
        if planned.trip is None:
            return False
        task = self.tasks.get(planned.trip[0])
        return task is None or task.started != planned.trip[1]

    def see(self, fact: Fact) -> list[Planned]:
        """What people do about a fact."""
        body, at_s = fact.body, fact.at_s
        match body:
            case IncidentOpened():
                return self._opened(body, at_s)
            case IncidentClaimed(incident_id=incident_id) if incident_id in self.scenes:
                self.scenes[incident_id].claimed = True
            case IncidentAmended():
                scene = self.scenes.get(body.incident_id)
                if scene is not None and body.place is not None:
                    scene.lon, scene.lat = body.place.centre
            case RingOpened(mode="proposed") if self._dispatcher and self._rng.random() < 0.8:
                wait = self._behaviour.choose.draw(self._rng)
                return [
                    Planned(
                        at_s + wait,
                        "open_ring",
                        {"incident_id": body.incident_id, "ring": body.ring},
                        DISPATCHER,
                    )
                ]
            case AlertSent():
                return self._alerted(body, at_s)
            case AlertAccepted():
                return self._accept(body.alert_id, at_s)
            case Assigned():
                return self._assigned(body, at_s)
            case AssignmentActivated():
                return self._set_off(self.tasks.get(body.assignment_id), at_s)
            case Arrived():
                return self._arrived(body, at_s)
            case Diverted() | Released():
                return self._over(body.assignment_id, at_s)
            case Cleared():
                return self._over(body.assignment_id, at_s)
            case IncidentClosed():
                self._closed(body.incident_id, at_s)
            case _:
                return self._answer(body, at_s)
        return []

    def _opened(self, body: IncidentOpened, at_s: float) -> list[Planned]:
        scene = Scene(body.incident_id, body.type_code, body.priority, desk_only=body.desk_only)
        if body.place is not None:
            scene.lon, scene.lat = body.place.centre
        elif body.cell is not None:
            scene.lon, scene.lat = body.cell
        self.scenes[body.incident_id] = scene
        if not self._dispatcher:
            return []
        claim = at_s + self._behaviour.claim.draw(self._rng)
        plans = [
            Planned(
                claim,
                "claim_incident",
                {"incident_id": body.incident_id, "seat": DISPATCHER.seat},
                DISPATCHER,
            )
        ]
        if body.desk_only:
            plans += self._close(scene, at_s + 240.0)
        return plans

    def _alerted(self, body: AlertSent, at_s: float) -> list[Planned]:
        if body.responder_kind not in ("unit", "member", "team"):
            return []
        scene = self.scenes.get(body.incident_id)
        if scene is not None:
            scene.asked += 1
        unit = body.responder_kind == "unit"
        actor = crew_of(body.responder_id) if unit else member_of(body.responder_id, body.team_id)
        how, rng = self._behaviour, self._rng
        delivered = at_s + how.deliver.draw(rng)
        look = how.see_crew if unit else how.see_neighbour if body.outside_venue else how.see_own
        seen = delivered + look.draw(rng)
        one: dict[str, Any] = {"alert_id": body.alert_id}
        plans = [
            Planned(delivered, "alert_delivered", {**one, "channel": "push"}, actor),
            Planned(seen, "alert_seen", one, actor),
        ]
        if body.task in QUIET_TASKS:
            return plans
        chance = how.accept_crew if unit else how.accept_neighbour if body.outside_venue else how.accept_own
        answer = seen + how.think.draw(rng)
        draw = float(rng.random())
        if draw < chance:
            plans.append(Planned(answer, "accept_alert", one, actor))
        elif draw < chance + (1 - chance) / 2:  # half say no, half say nothing
            plans.append(Planned(answer, "decline_alert", {**one, "reason_code": "busy"}, actor))
        return plans

    def _accept(self, alert_id: str, at_s: float) -> list[Planned]:
        self._accepted.add(alert_id)
        task = self.tasks.get(self._by_alert.get(alert_id, ""))
        if task is None or task.answered:
            return []
        task.answered = True
        return self._set_off(task, at_s) if task.active else []

    def _assigned(self, body: Assigned, at_s: float) -> list[Planned]:
        unit = body.responder_kind == "unit"
        actor = crew_of(body.responder_id) if unit else member_of(body.responder_id, body.team_id)
        answered = body.alert_id is None or body.alert_id in self._accepted
        task = Task(
            body.assignment_id,
            body.incident_id,
            body.responder_id,
            actor,
            unit,
            body.mode,
            body.ring,
            body.travel_s,
            body.alert_id,
            answered,
            body.active,
        )
        self.tasks[task.assignment_id] = task
        if body.alert_id is not None:
            self._by_alert[body.alert_id] = task.assignment_id
        scene = self.scenes.get(body.incident_id)
        if scene is not None:
            scene.working.add(task.assignment_id)
        return self._set_off(task, at_s) if answered and body.active else []

    def _set_off(self, task: Task | None, at_s: float) -> list[Planned]:
        """Turnout, then the way: the plan to start and the plan to arrive."""
        if task is None:
            return []
        task.active = task.answered = True
        task.started += 1
        how, rng = self._behaviour, self._rng
        unit = self.units.get(task.responder_id) if task.unit else None
        turnout = (
            how.set_off.draw(rng)
            if unit is None
            else unit.turnout_s * exp(how.turnout_log_sd * float(rng.standard_normal()))
        )
        start = at_s + min(turnout, 900.0)
        scene = self.scenes.get(task.incident_id)
        trip = self._trip(task, unit, scene, start)
        own = {"assignment_id": task.assignment_id}
        fix = "touch" if rng.random() < how.touch_share else "fix"
        mark = (task.assignment_id, task.started)
        return [
            Planned(start, "report_en_route", {**own, "evidence": "fix"}, task.actor, mark),
            Planned(start + trip.travel_s, "report_arrived", {**own, "evidence": fix}, task.actor, mark),
        ]

    def _trip(self, task: Task, unit: Unit | None, scene: Scene | None, start_s: float) -> Trip:
        known = task.travel_s
        if known is not None:  # the core counts its own guess of the turnout in; people have theirs
            counted = TURNOUT_S.get(task.ring, 0.0) if unit is None else unit.turnout_s
            known = max(3.0, known - counted)
        late = exp(self._behaviour.travel_log_sd * float(self._rng.standard_normal()))
        there = None if scene is None or scene.lon is None or scene.lat is None else (scene.lon, scene.lat)
        who = task.responder_id if unit is not None else None
        return self.trips.start(who, there, task.mode, start_s, known_s=known, slower=late)

    def _arrived(self, body: Arrived, at_s: float) -> list[Planned]:
        scene, task = self.scenes.get(body.incident_id), self.tasks.get(body.assignment_id)
        if scene is None or task is None:
            return []
        scene.came = True
        how, rng = self._behaviour, self._rng
        there = None if scene.lon is None or scene.lat is None else (scene.lon, scene.lat)
        if task.unit:
            self.trips.arrive(task.responder_id, there, at_s)
        reached = at_s + how.inside.draw(rng)
        stay = how.scene[min(max(scene.priority, 1), 4) - 1].draw(rng) * (1.0 if task.unit else 0.6)
        own, mark = {"assignment_id": task.assignment_id}, (task.assignment_id, task.started)
        return [
            Planned(reached, "report_person_reached", {**own, "evidence": "touch"}, task.actor, mark),
            Planned(
                reached + stay, "report_cleared", {**own, "evidence": "touch", "safe": True}, task.actor, mark
            ),
        ]

    def _over(self, assignment_id: str, at_s: float) -> list[Planned]:
        task = self.tasks.pop(assignment_id, None)
        if task is None:
            return []
        if task.unit:
            self.trips.free(task.responder_id, at_s)
        scene = self.scenes.get(task.incident_id)
        if scene is None:
            return []
        scene.working.discard(assignment_id)
        if self._dispatcher and scene.came and not scene.working:
            return self._close(scene, at_s)
        return []

    def _close(self, scene: Scene, at_s: float) -> list[Planned]:
        how, draw = self._behaviour, float(self._rng.random())
        outcome = "resolved"
        shares = (
            ("false_alarm", how.found_false),
            ("nobody_found", how.found_nobody),
            ("handed_over", how.handed_over),
        )
        for name, share in shares:
            if draw < share:
                outcome = name
                break
            draw -= share
        arguments: dict[str, Any] = {
            "incident_id": scene.incident_id,
            "outcome": outcome,
            "type_code": scene.type_code,
        }
        if outcome == "handed_over":
            arguments["handed_to"] = HANDED_TO.get(scene.type_code, "12345")
        return [Planned(at_s + how.close.draw(self._rng), "close_incident", arguments, DISPATCHER)]

    def _closed(self, incident_id: str, at_s: float) -> None:
        scene = self.scenes.pop(incident_id, None)
        for assignment_id in sorted(scene.working) if scene is not None else ():
            self._over(assignment_id, at_s)

    def _answer(self, body: object, at_s: float) -> list[Planned]:
        """Questions that are put to people: all well, yes we take it, the measure is taken."""
        wait = self._behaviour.answer_radio.draw(self._rng) if isinstance(body, _QUESTIONS) else 0.0
        match body:
            case WelfareAsked():
                arguments: dict[str, Any] = {
                    "incident_id": body.incident_id,
                    "responder_id": body.responder_id,
                    "well": True,
                }
                return [
                    Planned(
                        at_s + wait,
                        "answer_welfare",
                        {**arguments, "evidence": "radio"},
                        crew_of(body.responder_id),
                    )
                ]
            case StandDownOrdered():
                working = [task for task in self.tasks.values() if task.incident_id == body.incident_id]
                return [
                    Planned(
                        at_s + wait,
                        "answer_safety",
                        {"incident_id": body.incident_id, "responder_id": task.responder_id, "safe": True},
                        task.actor,
                    )
                    for task in working
                ]
            case AgencyAsked():
                answer = {
                    "incident_id": body.incident_id,
                    "request_id": body.request_id,
                    "answer": "accepted",
                }
                return [Planned(at_s + wait, "answer_agency", answer, DISPATCHER)]
            case DeskClockStarted() if self._dispatcher:
                measure = {"incident_id": body.incident_id, "measure": body.measure, "result": "done"}
                return [Planned(at_s + 3 * wait + 20.0, "take_measure", measure, DISPATCHER)]
            case _:
                return []


_QUESTIONS = (WelfareAsked, StandDownOrdered, AgencyAsked, DeskClockStarted)
SEEN = (
    CallReceived, IncidentOpened, IncidentClaimed, IncidentAmended, RingOpened, AlertSent, AlertAccepted, Assigned, AssignmentActivated, Arrived, Cleared,
    Diverted, Released, IncidentClosed, TeamChased, UnitOffDuty, *_QUESTIONS,
)  # fmt: skip
"""The kinds of fact that people look at; others need not be shown to them."""
