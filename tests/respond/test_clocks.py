"""Promises: kept or broken by when things happened, with both readings, a reason and an owner."""

from __future__ import annotations

import pytest

from firstminute.flow.registers import put
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import GradeSwitched, TimerFired
from firstminute.model.facts.incident import IncidentAmended
from firstminute.model.facts.response import (
    AlertSent,
    Arrived,
    Assigned,
    ClockArrivedLate,
    ClockBreached,
    ClockMet,
    ClockStarted,
    EnRoute,
    Escalated,
)
from firstminute.model.records import Plan, RingPlan
from firstminute.respond.plans import DEFAULT_PLANS, DEFAULT_POLICIES, PLANS, rings_open
from firstminute.respond.policy import plan_of_incident, policy_of_plan
from tests.support.play import Play, play


def arrive(town: Play, responder_id: str, *, evidence: str = "fix", occurred_s: float | None = None) -> None:
    """A responder stands at the gate."""
    bound = next(a for a in reversed(town.found(Assigned)) if a.responder_id == responder_id)
    town.happen(
        Arrived(
            assignment_id=bound.assignment_id, incident_id=bound.incident_id, responder_id=responder_id,
            responder_kind=bound.responder_kind, ring=bound.ring, evidence=evidence,
        ),
        occurred_s=occurred_s,
    )  # fmt: skip


def accept_first(town: Play, ring: str) -> str:
    """The first one asked in a ring says yes."""
    alert = next(a for a in town.found(AlertSent) if a.ring == ring)
    if alert.responder_kind != "unit":
        town.submit("accept_alert", alert_id=alert.alert_id)
    return alert.responder_id


def test_every_ring_and_the_zone_have_their_own_clock_from_the_same_start() -> None:
    """Four promises with owners and targets; all count from the answered call."""
    town = play()
    town.open("cardiac_arrest", zone="core")
    started = {c.clock: (c.owner, c.target_s, c.started_s - town.at_s) for c in town.found(ClockStarted)}
    assert started == {
        "self_rescue": ("venue", 60.0, 0.0),
        "neighbour_aid": ("neighbours", 180.0, 0.0),
        "reinforcement": ("police", 300.0, 0.0),
        "zone": ("police", 60.0, 0.0),
    }


def test_an_arrival_in_time_keeps_its_own_clock_and_no_other() -> None:
    """A guard at 50 s keeps self-rescue; police clocks still run. Both readings stand there."""
    town = play()
    town.open("cardiac_arrest", started_s=town.at_s - 10)
    who = accept_first(town, "self_rescue")
    town.wait(40)
    arrive(town, who, evidence="qr")
    [met] = town.found(ClockMet)
    assert (met.clock, met.since_call_s, met.since_alert_s, met.evidence, met.responder_id) == (
        "self_rescue",
        50.0,
        40.0,
        "qr",
        who,
    )


def test_police_keep_the_zones_promise_and_reinforcement_with_one_arrival() -> None:
    """One car, two clocks met."""
    town = play()
    town.open("quarrel")
    who = accept_first(town, "reinforcement")
    town.wait(20)
    arrive(town, who)
    assert {m.clock for m in town.found(ClockMet)} == {"zone", "reinforcement"}


def test_a_clock_fires_once_and_never_early() -> None:
    """No breach before the target, one after it, none later."""
    town = play()
    town.open("quarrel", zone="core")
    town.wait(59.9)
    assert not town.found(ClockBreached)
    town.wait(0.2)
    assert {b.clock for b in town.found(ClockBreached)} == {"self_rescue", "zone"}
    town.wait(3000)
    broken = [b.clock for b in town.found(ClockBreached)]
    assert sorted(broken) == ["reinforcement", "self_rescue", "zone"]
    fired = [f.timer for f in town.found(TimerFired) if f.timer.startswith("clock:")]
    assert len(fired) == len(set(fired))


def test_an_arrival_typed_later_gives_the_right_reading_and_unfires_nothing() -> None:
    """The car was there after 50 s; the desk hears of it after four minutes."""
    town = play()
    town.open("quarrel", zone="core")
    start = town.at_s
    who = accept_first(town, "reinforcement")
    town.happen(
        EnRoute(
            assignment_id=town.found(Assigned)[0].assignment_id,
            incident_id="i1",
            responder_id=who,
            evidence="radio",
        )
    )
    town.wait(240)
    arrive(town, who, evidence="radio", occurred_s=start + 50)
    [late] = town.found(ClockArrivedLate)
    assert (late.clock, late.since_call_s, late.evidence) == ("zone", 50.0, "radio")
    assert town.state.respond.incidents["i1"].clocks["zone"].state == "late"
    assert [m.clock for m in town.found(ClockMet)] == ["reinforcement"]


def test_an_arrival_that_is_too_late_breaks_the_clock_even_before_its_timer_is_served() -> None:
    """A held timer: the breach and the late arrival come together, once."""
    town = play()
    town.open("quarrel", zone="core")
    who = accept_first(town, "reinforcement")
    town.at_s += 75
    arrive(town, who)
    assert [b.clock for b in town.found(ClockBreached)] == ["zone"]
    assert [c.clock for c in town.found(ClockArrivedLate)] == ["zone"]
    town.wait(100)
    assert [b.clock for b in town.found(ClockBreached)].count("zone") == 1


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        ("nobody", "none_alerted"),
        ("silent", "none_accepted"),
        ("slow", "late_travel"),
        ("late", "late_start"),
        ("nowhere", "place_unknown"),
    ],
)
def test_a_breach_says_why(arrange: str, reason: str) -> None:
    """Nobody on duty, nobody answers, too far, asked too late, place unknown."""
    town = play(mustered=arrange != "nobody")
    if arrange == "nowhere":
        town.open("quarrel", venue_id=None)
        town.wait(200)
        assert {b.reason for b in town.found(ClockBreached)} == {reason}
        return
    town.open("lost_elder" if arrange == "late" else "cardiac_arrest", zone="other")
    if arrange == "late":
        town.wait(120)
        town.submit("open_ring", incident_id="i1", ring="neighbour_aid")
        town.submit(
            "accept_alert",
            alert_id=next(a for a in town.found(AlertSent) if a.ring == "neighbour_aid").alert_id,
        )
    if arrange == "slow":
        accept_first(town, "neighbour_aid")
    town.wait(200)
    breach = next(b for b in town.found(ClockBreached) if b.clock == "neighbour_aid")
    assert breach.reason == reason and breach.owner == "neighbours"
    assert breach.evidence_missing == (arrange == "slow")


def test_behind_a_shut_gate_a_missed_self_rescue_says_so() -> None:
    """Nobody of the venue is trained: the clock names the gate, not the people."""
    town = play(mustered=False)
    town.open("fight")
    town.wait(61)
    assert [b.reason for b in town.found(ClockBreached) if b.clock == "self_rescue"] == ["safety_gate"]


def test_a_plan_may_bind_the_reading_since_the_alert() -> None:
    """Opened after two minutes, alerted then: the promise is 180 s from the alert, not from the call."""
    town = play()
    rings = tuple(
        RingPlan(ring=r.ring, target_s=r.target_s, owner=r.owner, binds="alert")
        if r.ring == "neighbour_aid"
        else r
        for r in PLANS[0].rings
    )
    put(town.state.registers, "plans", [Plan(plan_id="default", rings=rings)])
    town.open("medical")
    town.wait(120)
    town.submit("open_ring", incident_id="i1", ring="neighbour_aid")
    town.wait(100)
    assert not [b for b in town.found(ClockBreached) if b.clock == "neighbour_aid"]
    town.wait(81)
    assert [b.clock for b in town.found(ClockBreached) if b.clock == "neighbour_aid"] == ["neighbour_aid"]


def test_a_plan_may_start_the_clock_with_the_first_alert() -> None:
    """No clock before anybody is asked."""
    town = play()
    rings = tuple(
        RingPlan(ring=r.ring, target_s=r.target_s, owner=r.owner, start="alerted", binds="alert")
        for r in PLANS[0].rings
    )
    put(town.state.registers, "plans", [Plan(plan_id="default", rings=rings)])
    town.open("quarrel", started_s=town.at_s - 30)
    started = {c.clock: c.started_s for c in town.found(ClockStarted)}
    assert started == {"self_rescue": town.at_s, "reinforcement": town.at_s, "zone": town.at_s - 30}


def test_a_team_that_found_it_itself_has_kept_its_clock_and_counts_apart() -> None:
    """Evidence says how."""
    town = play()
    town.open("suicide_threat", found_by_team="Th")
    [met] = town.found(ClockMet)
    assert (met.clock, met.evidence, met.since_call_s) == ("self_rescue", "found_by_team", 0.0)


def test_a_proposed_ring_waits_for_a_yes_and_then_counts_from_the_call() -> None:
    """Open, yes, clock; a second yes changes nothing; an unknown ring is refused."""
    town = play()
    town.open("medical")
    assert "neighbour_aid" not in {c.clock for c in town.found(ClockStarted)}
    assert not [a for a in town.found(AlertSent) if a.ring == "neighbour_aid"]
    start = town.at_s
    town.wait(20)
    town.submit("open_ring", incident_id="i1", ring="neighbour_aid")
    assert town.found(ClockStarted)[-1].started_s == start
    assert [a for a in town.found(AlertSent) if a.ring == "neighbour_aid"]
    assert town.submit("open_ring", incident_id="i1", ring="neighbour_aid") == []
    with pytest.raises(Refused, match="unknown_ring"):
        town.submit("open_ring", incident_id="i1", ring="fourth")


def test_a_better_known_zone_changes_the_target_and_not_the_start() -> None:
    """From other to core: 60 s from the same call."""
    town = play()
    town.open("quarrel", zone="other")
    start = town.at_s
    town.wait(10)
    town.happen(IncidentAmended(incident_id="i1", changed=("zone",), zone="core"))
    clock = town.state.respond.incidents["i1"].clocks["zone"]
    assert (clock.target_s, clock.started_s, clock.state) == (60.0, start, "running")
    town.wait(50)
    assert "zone" in {b.clock for b in town.found(ClockBreached)}


def test_a_grade_switch_changes_targets_roster_and_policy_together() -> None:
    """One act, three consequences, because all hang on the plan."""
    town = play()
    town.happen(GradeSwitched(district="D", grade="emergency", reason="exercise of the city"))
    assert town.state.desk.grades["D"] == "emergency"
    town.open("quarrel", grade="emergency", zone="dense")
    incident = town.state.respond.incidents["i1"]
    plan = plan_of_incident(incident, town.state.registers)
    policy = policy_of_plan(plan, town.state.registers, {})
    assert (plan.roster, policy, incident.clocks["zone"].target_s) == (
        "emergency",
        DEFAULT_POLICIES["emergency"],
        60.0,
    )
    assert DEFAULT_PLANS["default"].roster == "normal"


def test_a_breach_wakes_whom_the_plan_names_once() -> None:
    """Station for self-rescue, duty officer for the zone; nobody twice."""
    town = play()
    town.open("quarrel", zone="core")
    town.wait(1000)
    woken = [a.responder_id for a in town.found(AlertSent) if a.task == "escalate"]
    assert woken == ["S1", "duty_officer:D", "commander:D"]


def test_escalation_ends_after_the_policys_last_step() -> None:
    """Three steps, then silence, however long nobody comes."""
    town = play(mustered=False)
    town.open("quarrel")
    town.wait(7200)
    steps = [e.step for e in town.found(Escalated)]
    assert steps == sorted(set(steps)) and max(steps) == 3


def test_rings_of_a_type_are_off_where_nobody_lives_or_the_gate_is_shut() -> None:
    """The table of what a type wants against what there is."""
    wanted = {"self_rescue": "automatic", "neighbour_aid": "automatic", "reinforcement": "automatic"}
    assert rings_open(wanted, has_team=True, gate_shut=False) == wanted
    assert rings_open(wanted, has_team=True, gate_shut=True)["neighbour_aid"] == "off"
    assert rings_open({}, has_team=True, gate_shut=False) == {
        "self_rescue": "off",
        "neighbour_aid": "off",
        "reinforcement": "automatic",
    }
