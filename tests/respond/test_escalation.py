"""Step by step, bounded, and one bundled message in a surge."""

from __future__ import annotations

from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentReopened, StandDownOrdered, SurgeDeclared
from firstminute.model.facts.response import AlertSent, Assigned, EnRoute, Escalated
from tests.support.play import Play, play


def steps(town: Play, incident_id: str = "i1") -> list[tuple[int, str, str]]:
    """Step, tier and reason of an incident's escalation."""
    return [(e.step, e.to, e.reason) for e in town.found(Escalated) if e.incident_id == incident_id]


def woken(town: Play) -> list[str]:
    """Who was woken, in order."""
    return [a.responder_id for a in town.found(AlertSent) if a.task == "escalate"]


def test_each_step_waits_for_its_second_and_wakes_the_next_tier() -> None:
    """All crews stay silent: station when the last was asked in vain, duty officer at 180 s, commander at 300 s."""
    town = play(mustered=False)
    town.open("quarrel", zone="other")
    town.wait(179)
    assert [s[1] for s in steps(town)] == ["station"]
    town.wait(200)
    assert [s[1] for s in steps(town)] == ["station", "duty_officer", "commander"]
    assert steps(town)[-1] == (3, "commander", "no_police")


def test_nothing_escalates_while_police_are_on_their_way_in_time() -> None:
    """A crew moves within the minute."""
    town = play()
    town.open("quarrel")
    bound = town.found(Assigned)[0]
    town.happen(
        EnRoute(
            assignment_id=bound.assignment_id,
            incident_id="i1",
            responder_id=bound.responder_id,
            evidence="fix",
        )
    )
    town.wait(100)
    assert steps(town) == []


def test_after_a_stand_down_nobody_is_called_and_nothing_escalates() -> None:
    """Clocks may still fire; only who does not say that all is well is asked after."""
    town = play()
    town.open("quarrel")
    town.happen(StandDownOrdered(incident_id="i1", reason="false alarm"))
    called = [a for a in town.found(AlertSent) if a.task != "escalate"]
    town.wait(1000)
    assert [a for a in town.found(AlertSent) if a.task != "escalate"] == called and steps(town) == []
    assert {c.state for c in town.state.respond.incidents["i1"].clocks.values()} == {"stopped"}


def test_what_is_learned_after_a_stand_down_opens_rings_only_once_it_is_opened_again() -> None:
    """The place came a second too late: no clock starts for people who are not wanted any more."""
    town = play()
    town.submit("receive_call", type_code="quarrel")
    (incident_id,) = town.state.respond.incidents
    incident = town.state.respond.incidents[incident_id]
    town.submit("stand_down", incident_id=incident_id, reason="caller_cancelled")
    before = len(town.facts)
    town.submit("amend_incident", incident_id=incident_id, venue_id="Vh")
    assert not {"RingOpened", "ClockStarted"} & {fact.kind for fact in town.facts[before:]}
    before = len(town.facts)
    town.submit("reopen_incident", incident_id=incident_id, reason="closed_by_mistake")
    assert {"IncidentReopened", "RingOpened"} <= {fact.kind for fact in town.facts[before:]}
    assert incident.rings["self_rescue"] != "off"


def test_in_a_surge_one_commander_gets_one_message_and_every_step_stands_in_the_journal() -> None:
    """Three incidents of one surge, nobody on duty for any of them."""
    town = play(mustered=False)
    town.state.respond.units.clear()
    for number in range(3):
        town.open("quarrel", incident_id=f"i{number}")
        town.happen(SurgeDeclared(incident_id=f"i{number}", calls=12, within_s=120.0))
    town.wait(200)
    assert all(steps(town, f"i{n}") for n in range(3))
    assert len(woken(town)) == len(set(woken(town)))
    assert sum(e.reason == "bundled" for e in town.found(Escalated)) >= 2
    assert len([m for m in town.found(MessageQueued) if m.reason == "escalation"]) == len(woken(town))


def test_an_incident_that_opens_again_escalates_again_from_now() -> None:
    """An hour later; not from the old call."""
    town = play(mustered=False)
    town.state.respond.units.clear()
    town.open("quarrel")
    town.wait(3600)
    town.facts.clear()
    town.happen(IncidentReopened(incident_id="i1", reason="back again", type_code="quarrel", priority=2))
    assert [s[1] for s in steps(town)] == ["station"]
    town.wait(170)
    assert [s[1] for s in steps(town)] == ["station"]
    town.wait(140)
    assert [s[1] for s in steps(town)] == ["station", "duty_officer", "commander"]
