"""Story 2: a man climbs the mall's railing. The mall's own people see it first: silent delivery, gentle wording, no crowd, both clocks shown."""

from __future__ import annotations

from firstminute.flow.views import render
from firstminute.model.envelope import Actor
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.response import AlertSent, ClockMet, KeepAwaySent
from tests.support.play import play

MEMBER = Actor(id="Mh0", role="member", team_id="Th")


def test_a_man_climbs_the_malls_railing() -> None:
    """The member starts it from the phone; the own team hears silently; the police come; nobody else is told."""
    town = play()
    town.submit(
        "receive_call", channel="member", actor=MEMBER, type_code="suicide_threat", text="有人爬上护栏"
    )
    incident = next(iter(town.state.respond.incidents.values()))
    assert (incident.venue_id, incident.found_by_team) == ("Vh", "Th")

    alerts = town.found(AlertSent)
    teams = {a.team_id for a in alerts if a.team_id}
    assert teams == {"Th"}, "no neighbour is called, no crowd"
    assert {a.style for a in alerts} == {"silent"}
    assert all("gentle" in a.card for a in alerts if a.task != "escalate")
    assert all("type:help_needed" in a.card for a in alerts if a.team_id), "a member's card does not name it"
    assert not town.found(KeepAwaySent) and not [
        m for m in town.found(MessageQueued) if m.reason == "keep_away"
    ]

    # Found by the team itself: its clock is met, and counts apart.
    own = next(c for c in town.found(ClockMet) if c.clock == "self_rescue")
    assert (own.evidence, own.since_call_s) == ("found_by_team", 0.0)

    police = next(b for b in town.state.respond.assignments.values() if b.responder_kind == "unit")
    town.at_s += 150
    town.submit("report_arrived", assignment_id=police.assignment_id, evidence="fix")
    clocks = {
        c["clock"]: c
        for c in render(town.state, [f"incident/{incident.incident_id}"])[f"incident/{incident.incident_id}"][
            "clocks"
        ]
    }  # type: ignore[index]
    assert clocks["self_rescue"]["state"] == clocks["zone"]["state"] == "met"
    assert (clocks["zone"]["since_call_s"], clocks["zone"]["since_alert_s"]) == (150.0, 150.0)
