"""Story 1: two stallholders quarrel. 19:22, wholesale fruit market; the patrol nearest by road is there within a minute, settled ten minutes after the call."""

from __future__ import annotations

from firstminute.flow.views import render
from firstminute.model.envelope import Actor
from firstminute.model.facts.response import AlertSent, Arrived, Assigned, ClockMet, UnitsRecommended
from firstminute.respond.intervals import lives
from tests.support.play import PLACES, play


def test_two_stallholders_quarrel() -> None:
    """Exact facts, every stamp kept, the row a screen reads."""
    town = play()
    town.place_units({"U1": "b", "U2": "n", "U3": "t", "U4": "r"})
    called_s = town.at_s
    town.submit(
        "receive_call",
        type_code="quarrel",
        text="两个摊主吵起来了",
        place={"points": [PLACES["o"]], "radius_m": 20.0, "floor": 0},
        seat="A",
    )
    incident = next(iter(town.state.respond.incidents.values()))
    assert (incident.venue_id, incident.zone, incident.status) == ("Vo", "dense", "responding")

    # Whoever is there first by road is pushed the task, with one sentence to read aloud.
    ranked = [
        c
        for c in town.found(UnitsRecommended)[0].candidates
        if c.responder_kind == "unit" and c.mode != "drone"
    ]
    nearest = min(ranked, key=lambda c: c.travel_s)
    assert "recommended" in nearest.reasons and (nearest.responder_id, nearest.travel_s < 60.0) == (
        "U2",
        True,
    )
    assert [a.responder_id for a in town.found(Assigned)] == [nearest.responder_id]
    patrol = Actor(id=nearest.responder_id, role="patrol", unit_id=nearest.responder_id)
    assert {a.ring for a in town.found(AlertSent)} >= {"self_rescue", "reinforcement"}
    spoken = render(town.state, [f"incident/{incident.incident_id}"])[f"incident/{incident.incident_id}"][
        "spoken"
    ]  # type: ignore[index]
    assert spoken == {
        "code": "dispatch",
        "params": {
            "units": [nearest.responder_id[1:]],
            "type": "quarrel",
            "place": "o",
            "priority": 3,
            "level": 1,
        },
    }

    task = town.found(Assigned)[0].assignment_id
    town.at_s += 8
    town.submit("report_en_route", assignment_id=task, actor=patrol)
    town.at_s += 44
    town.submit("report_arrived", assignment_id=task, actor=patrol, evidence="fix")
    zone = next(c for c in town.found(ClockMet) if c.clock == "zone")
    assert (zone.since_call_s, zone.evidence) == (52.0, "fix")
    town.at_s += 20
    town.submit("report_person_reached", assignment_id=task, actor=patrol)
    town.at_s = called_s + 600
    town.submit("report_cleared", assignment_id=task, actor=patrol, safe=True)
    town.submit("close_incident", incident_id=incident.incident_id, outcome="resolved", note="双方和解")

    life = lives(town.facts)[incident.incident_id]
    assert life.phases() == {
        "answering": 0.0,
        "processing": 0.0,
        "turnout": 8.0,
        "travel": 44.0,
        "at_person": 20.0,
        "total": 52.0,
    }
    assert life.closed_s == called_s + 600 and life.outcome == "resolved"
    assert len(town.found(Arrived)) == 1
    assert not town.state.respond.incidents and not [
        k for k in town.state.timers.pending if k[0] == incident.incident_id
    ]
