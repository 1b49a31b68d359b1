"""Who is asked how they are, how often, and who comes when an officer is in danger."""

from __future__ import annotations

import pytest

from firstminute.flow.registers import put
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.call import CallAttached
from firstminute.model.facts.people import WelfareAsked
from firstminute.model.facts.response import AlertSent, Arrived, Assigned, Diverted
from firstminute.model.records import Device
from firstminute.respond.catalogue import DEFAULT_TYPES
from firstminute.respond.welfare import every_s
from tests.support.play import PLACES, Play, play


@pytest.mark.parametrize(
    "code, crew, seconds",
    [
        ("fight", 2, 600.0),
        ("armed_attack", 2, 300.0),
        ("armed_attack", 1, 300.0),
        ("theft", 2, None),
        ("theft", 1, 600.0),
        ("unknown", 1, 600.0),
    ],
)
def test_how_often_hangs_on_the_kind_and_on_being_alone(code: str, crew: int, seconds: float | None) -> None:
    """A lone crew is always asked, and never less often than every ten minutes."""
    assert every_s(DEFAULT_TYPES[code], crew) == seconds


@pytest.fixture
def town() -> Play:
    """U2 carries a button of its own, and is on its way to a theft."""
    town = play(mustered=False)
    put(
        town.state.registers,
        "devices",
        [Device(device_id="B2", kind="sos_button", unit_id="U2", silent=True, type_code="officer_sos")],
    )
    town.open("noise", venue_id=None, place=None)
    town.submit("dispatch", incident_id="i1", responder_ids=("U2",), reason_code="known_better")
    return town


def test_an_officers_button_binds_the_officer_and_outranks_what_it_did(town: Play) -> None:
    """Silent, priority 0, the officer is there; the noise goes back to the queue; the others come."""
    town.submit(
        "receive_call", channel="sos", device_id="B2", place={"points": [PLACES["x"]], "source": "device"}
    )
    incident = list(town.state.respond.incidents.values())[-1]
    assert (incident.type_code, incident.priority, incident.silent) == ("officer_sos", 0, True)
    assert [d.incident_id for d in town.found(Diverted)] == ["i1"]
    bound = next(
        a for a in town.found(Assigned) if a.incident_id == incident.incident_id and a.responder_id == "U2"
    )
    assert bound.how == "on_view" and town.found(Arrived)[-1].evidence == "fix"
    assert {a.responder_id for a in town.found(AlertSent) if a.incident_id == incident.incident_id} >= {
        "U1",
        "U3",
    }
    assert incident.rings["neighbour_aid"] if "neighbour_aid" in incident.rings else True


def test_pressed_at_a_fight_it_makes_the_fight_an_officers_sos(town: Play) -> None:
    """One scene, not two."""
    town.submit("receive_call", type_code="fight", place={"points": [PLACES["x"]]})
    town.submit(
        "receive_call", channel="sos", device_id="B2", place={"points": [PLACES["x"]], "source": "device"}
    )
    assert town.found(CallAttached)
    incident = list(town.state.respond.incidents.values())[-1]
    assert (incident.type_code, incident.priority, incident.silent) == ("officer_sos", 0, True)
    assert any(town.state.respond.assignments[k].responder_id == "U2" for k in incident.assignments)


def test_a_crew_that_left_is_not_asked(town: Play) -> None:
    """Cleared is cleared."""
    task = town.found(Assigned)[-1].assignment_id
    town.submit("unit_on_duty", unit_id="U2", shift="late", crew=1, sworn=1)
    town.submit("report_arrived", assignment_id=task)
    town.submit("report_cleared", assignment_id=task)
    town.wait(2_000.0)
    assert not town.found(WelfareAsked)


def test_a_crew_speaks_for_itself_and_a_team_for_its_own(town: Play) -> None:
    """Safety, welfare, duty and status: nobody answers for a stranger."""
    crew = Actor(id="U1", role="patrol", unit_id="U1")
    member = Actor(id="Mh0", role="member", team_id="Th")
    town.submit("stand_down", incident_id="i1", reason="settled")
    for who in (crew, member):
        with pytest.raises(Refused, match="not_yours"):
            town.submit("answer_safety", incident_id="i1", responder_id="U2", safe=True, actor=who)
    for act in ("unit_off_duty", "unit_on_duty"):
        with pytest.raises(Refused, match="not_yours"):
            town.submit(act, unit_id="U2", actor=crew)
    with pytest.raises(Refused, match="not_yours"):
        town.submit("set_unit_status", unit_id="U2", status="resting", actor=crew)
    town.submit("set_unit_status", unit_id="U1", status="resting", actor=crew)
    town.submit(
        "answer_safety", incident_id="i1", safe=True, actor=Actor(id="x", role="patrol", unit_id="U2")
    )
    assert town.state.respond.incidents["i1"].safety == {"U2": True}
