"""A token that names no unit and no team speaks for none: not for an alert, a task, a roll, a crew's duty or anybody's safety."""

from __future__ import annotations

from typing import Any

import pytest

from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.incident import TaskSet
from firstminute.model.facts.response import AlertSent, Assigned
from tests.support.play import Play, play

PATROL, MEMBER, LEAD = (Actor(id=role, role=role) for role in ("patrol", "member", "lead"))
DEVICE = Actor(id="device", role="device")


@pytest.fixture
def town() -> Play:
    """A fight that units and neighbours were asked to, and that one unit has taken."""
    town = play()
    town.open("fight")
    return town


def _refused(town: Play, name: str, actor: Actor, **arguments: Any) -> None:
    with pytest.raises(Refused, match="not_yours"):
        town.submit(name, actor=actor, **arguments)


@pytest.mark.parametrize("actor", [PATROL, MEMBER, LEAD])
def test_nobodys_token_answers_no_alert(town: Play, actor: Actor) -> None:
    alerts = town.found(AlertSent)
    assert alerts
    for alert in alerts:
        for name in ("accept_alert", "decline_alert", "alert_seen"):
            _refused(town, name, actor, alert_id=alert.alert_id)


@pytest.mark.parametrize("actor", [PATROL, MEMBER, LEAD])
def test_nobodys_token_reports_no_task_and_finishes_none(town: Play, actor: Actor) -> None:
    unit = next(alert for alert in town.found(AlertSent) if alert.responder_kind == "unit")
    crew = Actor(id="x", role="patrol", unit_id=unit.responder_id)
    town.submit("accept_alert", actor=crew, alert_id=unit.alert_id)
    bound = next(each for each in town.found(Assigned) if each.responder_id == unit.responder_id)
    task = bound.assignment_id
    for name in ("report_en_route", "report_arrived", "report_cleared", "release_assignment", "ask_help"):
        _refused(town, name, actor, assignment_id=task)
    _refused(town, "answer_safety", actor, incident_id="i1", safe=True, responder_id=unit.responder_id)
    town.submit("set_task", what="x", owner="U9", within_s=60.0)
    _refused(town, "finish_task", actor, task_id=town.found(TaskSet)[-1].task_id, result="done")
    town.submit("report_en_route", actor=crew, assignment_id=task)


@pytest.mark.parametrize("actor", [PATROL, DEVICE, Actor(id="x", role="device", unit_id="U2")])
def test_nobodys_token_sets_no_crews_duty(town: Play, actor: Actor) -> None:
    _refused(town, "unit_on_duty", actor, unit_id="U1")
    _refused(town, "unit_off_duty", actor, unit_id="U1")
    _refused(town, "set_unit_status", actor, unit_id="U1", status="resting")
    town.submit(
        "set_unit_status", actor=Actor(id="x", role="device", unit_id="U1"), unit_id="U1", status="resting"
    )


@pytest.mark.parametrize("actor", [MEMBER, LEAD, Actor(id="x", role="lead", team_id="Ti")])
def test_nobodys_token_takes_no_roll_and_checks_nobody_in_or_out(town: Play, actor: Actor) -> None:
    _refused(town, "take_roll", actor, team_id="Th", shift="s", on_duty=1)
    _refused(town, "end_roll", actor, team_id="Th")
    _refused(town, "check_in", actor, team_id="Th", member_id="Mh0", shift="s")
    _refused(town, "check_out", actor, team_id="Th", member_id="Mh0")
    _refused(town, "report_kit", actor, team_id="Th", kit=["aed"])
    town.submit("check_out", actor=Actor(id="Mh0", role="member"), team_id="Th", member_id="Mh0")
