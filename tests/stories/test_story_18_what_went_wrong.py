"""Story 18: what went wrong? The weekly review asks why three arrivals were late: clocks, reasons, cause, a task."""

from __future__ import annotations

from firstminute.model.facts.incident import IncidentReviewed, TaskDone
from firstminute.model.facts.response import ClockBreached, Released
from firstminute.respond.review import summary
from tests.support.play import PLACES, Play, play


def _call(town: Play, letter: str) -> str:
    town.submit("receive_call", type_code="theft_now", place={"points": [PLACES[letter]]})
    return list(town.state.respond.incidents)[-1]


def _police(town: Play, incident_id: str) -> str:
    """The task of the crew that was sent; it says by radio that it heard."""
    bound = next(b for b in town.state.respond.assignments.values() if b.incident_id == incident_id)
    town.submit("accept_alert", alert_id=bound.alert_id)
    return bound.assignment_id


def test_what_went_wrong_is_answered_with_causes_and_a_task() -> None:
    """One sat too long, one drove too far, one never came."""
    town = play(mustered=False)
    town.place_units({"U1": "a", "U2": "x", "U3": "p", "U4": "r"}, fix_s=town.at_s - 120.0)
    slow, far = _call(town, "b"), _call(town, "w")
    sat, drove = _police(town, slow), _police(town, far)
    town.at_s += 5
    town.submit("report_en_route", assignment_id=drove)
    town.wait(400.0)
    town.submit("report_en_route", assignment_id=sat)
    town.at_s += 20
    town.submit("report_arrived", assignment_id=sat, evidence="fix")
    town.submit("report_arrived", assignment_id=drove, evidence="fix")
    for unit in ("U1", "U2", "U3", "U4"):
        duty = town.state.respond.units[unit]
        if duty.active is None:
            town.submit("set_unit_status", unit_id=unit, status="unavailable")
    town.open("theft_now", incident_id="i9", venue_id=None, place=None)
    town.wait(700.0)

    made = summary(town.facts)
    late = {(f["incident_id"], f["clock"]): (f["cause"], f["remedy"]) for f in made["late"]}
    assert late[(slow, "zone")] == ("turnout", "drill_turnout")
    assert late[(far, "zone")] == ("travel", "move_post")
    assert late[("i9", "zone")] == ("nobody", "close_gap")
    assert {b.reason for b in town.found(ClockBreached)} <= {
        "none_accepted",
        "late_travel",
        "none_alerted",
        "place_unknown",
        "unknown",
    }
    assert not [r for r in town.found(Released) if r.reason_code == "swapped"]

    town.submit("close_incident", incident_id=slow, outcome="resolved")
    town.submit("review_incident", incident_id=slow, findings=("turnout",), note="乘员在加油站")
    reply = town.submit("set_task", incident_id=slow, what="drill_turnout", owner="S1", within_s=7 * 86_400.0)
    assert town.found(IncidentReviewed)[-1].findings == ("turnout",)
    town.submit("finish_task", task_id=reply[0].subject, result="done")
    assert town.found(TaskDone) and not town.state.respond.tasks
