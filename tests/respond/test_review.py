"""Figures from the journal: each phase from when it happened, promises by how they are known, causes by arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.flow.registers import put
from firstminute.model.envelope import Actor, Body, Fact
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.incident import IncidentClosed, IncidentOpened
from firstminute.model.facts.response import (
    AlertSent,
    Arrived,
    Assigned,
    ClockArrivedLate,
    ClockBreached,
    ClockMet,
    ClockStarted,
    EnRoute,
    PersonReached,
)
from firstminute.model.records import Plan, RingPlan
from firstminute.respond.intervals import lives, percentile, share_of
from firstminute.respond.review import findings, summary
from tests.support.play import play


def fact(body: Body, at_s: float, *, recorded_s: float | None = None, source: str = "system") -> Fact:
    """A fact that happened at `at_s`."""
    return Fact(
        seq=1, at_s=recorded_s if recorded_s is not None else at_s, occurred_s=at_s, time_source=source,  # type: ignore[arg-type]
        body=body, actor="a", command_id="c", origin="officer", world="live",
    )  # fmt: skip


def a_life(
    number: int,
    *,
    total_s: float,
    evidence: str = "fix",
    outcome: str = "resolved",
    device: str | None = None,
    source: str = "system",
) -> list[Fact]:
    """Rings at 0, answered at 6, assigned at 20, moving at 50, there at `total_s`; recorded an hour later."""
    i, call = f"i{number}", f"c{number}"
    who = {"assignment_id": f"a{number}", "incident_id": i, "responder_id": "U1"}
    bodies: list[tuple[float, Body]] = [
        (0.0, CallReceived(call_id=call, channel="phone")),
        (6.0, IncidentOpened(incident_id=i, call_id=call, type_code="fight", priority=2, grade="normal", plan_id="default", zone="dense",
                             district="D", station_id=None, venue_id=None, started_s=6.0)),
        (6.0, ClockStarted(incident_id=i, clock="zone", owner="police", target_s=180.0, start_event="call_answered", started_s=6.0, binds="call")),
        (20.0, AlertSent(alert_id="x", incident_id=i, responder_id="U1", responder_kind="unit", team_id=None, ring="reinforcement", round=1,
                         task="respond", expires_s=50.0)),
        (20.0, Assigned(**who, responder_kind="unit", team_id=None, ring="reinforcement", how="dispatched", mode="car", alert_id="x")),
        (50.0, EnRoute(**who, evidence="fix")),
        (total_s, Arrived(**who, responder_kind="unit", ring="reinforcement", evidence=evidence)),
    ]  # fmt: skip
    reading = {
        "incident_id": i,
        "clock": "zone",
        "since_call_s": total_s - 6,
        "since_alert_s": total_s - 20,
        "evidence": evidence,
        "responder_id": "U1",
    }
    if total_s - 6 <= 180:
        bodies.append((total_s, ClockMet(**reading)))
    else:
        bodies += [
            (186.0, ClockBreached(incident_id=i, clock="zone", reason="late_travel", owner="police")),
            (total_s, ClockArrivedLate(**reading)),
        ]
    bodies += [
        (total_s + 60, PersonReached(**who, evidence=evidence)),
        (total_s + 600, IncidentClosed(incident_id=i, outcome=outcome, type_code="fight", device_id=device)),
    ]
    return [fact(body, at_s, recorded_s=3_600.0 + k, source=source) for k, (at_s, body) in enumerate(bodies)]


def test_each_phase_is_what_the_words_of_the_field_say() -> None:
    """By when it happened, though all was typed an hour later."""
    life = lives(a_life(1, total_s=150.0))["i1"]
    assert life.phases() == {
        "answering": 6.0,
        "processing": 14.0,
        "turnout": 30.0,
        "travel": 100.0,
        "at_person": 60.0,
        "total": 150.0,
    }


def test_promises_evidence_and_late_typing_stand_apart() -> None:
    """Two kept of three; the one told by radio is not in the headline."""
    facts = [
        *a_life(1, total_s=150.0),
        *a_life(2, total_s=160.0, evidence="radio", source="typed"),
        *a_life(3, total_s=400.0),
    ]
    made = summary(facts)
    zone = made["promises"]["zone"]
    assert (zone["kept"], zone["count"]) == (2, 3)
    assert (zone["headline"]["kept"], zone["headline"]["count"]) == (1, 2)
    assert (zone["told"]["kept"], zone["told"]["count"]) == (1, 1)
    assert zone["reasons"] == {"late_travel": 1}
    assert made["evidence"] == {"arrivals": 3, "kinds": {"fix": 2, "radio": 1}, "typed_later_share": 0.333}
    assert made["intervals"]["total"] == {"count": 3, "p50_s": 160.0, "p90_s": 400.0}
    assert made["zones"]["dense"]["count"] == 3
    assert made["alerts"]["per_useful_arrival"] == 1.0
    assert [(f["incident_id"], f["cause"], f["remedy"], f["over_s"]) for f in made["late"]] == [
        ("i3", "travel", "move_post", 214.0)
    ]


def test_what_somebody_touched_stands_apart_like_what_was_told() -> None:
    """The headline counts what proves itself: a fix, a code."""
    zone = summary([*a_life(1, total_s=150.0), *a_life(2, total_s=150.0, evidence="touch")])["promises"][
        "zone"
    ]
    assert (zone["headline"]["count"], zone["told"]["count"]) == (1, 1)


def test_the_plan_says_which_evidence_its_headline_takes() -> None:
    """A district without positions counts the own touch; the zone is judged like reinforcement."""
    ring = RingPlan(ring="reinforcement", target_s=300.0, owner="police", evidence=("touch",))
    plan = Plan(plan_id="default", rings=(ring,), zone_targets_s={"dense": 180.0})
    town = play(mustered=False)
    put(town.state.registers, "plans", [plan])
    town.open("quarrel")
    key = town.found(Assigned)[0].assignment_id
    town.submit("report_arrived", assignment_id=key, evidence="touch")
    assert {(m.clock, m.proven) for m in town.found(ClockMet)} == {("zone", True), ("reinforcement", True)}
    town.open("quarrel", incident_id="i2")
    key = town.found(Assigned)[-1].assignment_id
    town.submit("report_arrived", assignment_id=key, evidence="radio")
    assert [m.proven for m in town.found(ClockMet) if m.incident_id == "i2"] == [False, False]
    zone = summary(town.facts)["promises"]["zone"]
    assert (zone["kept"], zone["headline"]["count"], zone["told"]["count"]) == (2, 1, 1)


def test_neighbours_who_come_beyond_the_third_were_asked_in_vain_and_call_outs_are_counted_by_team() -> None:
    """Five neighbours of two teams stand there; a crew that came by itself is no answer to an alert."""
    facts: list[Fact] = [f for f in a_life(1, total_s=150.0) if not isinstance(f.body, IncidentClosed)]
    for k in range(5):
        who = {"assignment_id": f"n{k}", "incident_id": "i1", "responder_id": f"m{k}"}
        team = f"T{k % 2}"
        asked = AlertSent(alert_id=f"n{k}", incident_id="i1", responder_id=f"m{k}", responder_kind="member", team_id=team, ring="neighbour_aid",
                          round=1, task="respond", expires_s=50.0, outside_venue=True, shift="late")  # fmt: skip
        bound = Assigned(
            **who,
            responder_kind="member",
            team_id=team,
            ring="neighbour_aid",
            how="accepted",
            mode="run",
            alert_id=f"n{k}",
        )
        there = Arrived(**who, responder_kind="member", ring="neighbour_aid", evidence="qr")
        facts += [fact(body, 160.0 + k) for body in (asked, bound, there)]
    own = {"assignment_id": "own", "incident_id": "i1", "responder_id": "U9"}
    facts.append(
        fact(
            Assigned(
                **own, responder_kind="unit", team_id=None, ring="reinforcement", how="on_view", mode="car"
            ),
            170.0,
        )
    )
    facts.append(fact(Arrived(**own, responder_kind="unit", ring="reinforcement", evidence="fix"), 171.0))
    alerts = summary(facts)["alerts"]
    assert (alerts["sent"], alerts["useful_arrivals"], alerts["redundant_arrivals"]) == (6, 4, 2)
    assert alerts["per_useful_arrival"] == 1.5
    assert alerts["called_out_a_shift"] == {"teams": 2, "most": 1, "p90": 1.0}


def test_desk_measures_are_counted_by_what_came_of_them_and_when() -> None:
    """One in time, one late, one that nobody took."""
    town = play(mustered=False)
    for k, (wait_s, end) in enumerate(((100.0, "take"), (700.0, "take"), (10.0, "close"))):
        town.open("fraud_network", incident_id=f"f{k}")
        town.wait(wait_s)
        if end == "take":
            town.submit("take_measure", incident_id=f"f{k}", measure="stop_payment")
        town.submit("close_incident", incident_id=f"f{k}", outcome="advice")
    made = summary(town.facts)["measures"]["stop_payment"]
    assert made["results"] == {"done": 2, "not_taken": 1} and made["open"] == 0
    assert (made["in_time"]["kept"], made["in_time"]["count"]) == (1, 3)


def test_false_alarms_per_device() -> None:
    """The button that cries wolf."""
    facts = [
        *a_life(1, total_s=100.0, outcome="false_alarm", device="B"),
        *a_life(2, total_s=100.0, device="B"),
        *a_life(3, total_s=100.0),
    ]
    false = summary(facts)["false"]
    assert (false["kept"], false["count"]) == (1, 3) and (
        false["devices"]["B"]["kept"],
        false["devices"]["B"]["count"],
    ) == (1, 2)


def test_a_promise_nobody_came_for_has_its_own_cause() -> None:
    """Close the gap."""
    facts = [
        f
        for f in a_life(1, total_s=400.0)
        if not isinstance(f.body, (Arrived, ClockArrivedLate, PersonReached))
    ]
    found = findings(lives(facts)["i1"])
    assert [(f.cause, f.remedy, f.reason) for f in found] == [("nobody", "close_gap", "late_travel")]


def test_nothing_gives_no_figures() -> None:
    """No division by nothing, no invented zero."""
    made = summary([])
    assert made["incidents"] == 0 and made["intervals"]["total"] == {"count": 0, "p50_s": None, "p90_s": None}
    assert made["false"]["share"] is None and made["alerts"]["per_useful_arrival"] is None


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_the_percentile_is_the_least_value_that_enough_do_not_exceed(
    values: list[float], share: float
) -> None:
    """Nearest rank, by its definition."""
    found = percentile(values, share)
    assert found in values
    assert sum(v <= found for v in values) >= share * len(values) - 1e-9  # type: ignore[operator]
    below = [v for v in values if v < found]  # type: ignore[operator]
    assert not below or len(below) < share * len(values)


@given(st.integers(1, 400), st.data())
def test_the_interval_of_a_share_holds_it(count: int, data: st.DataObject) -> None:
    """Wilson's interval lies in [0, 1] around the share."""
    kept = data.draw(st.integers(0, count))
    made = share_of(kept, count)
    assert -1e-3 <= made["low"] <= made["share"] + 1e-3 and made["share"] - 1e-3 <= made["high"] <= 1.001


def test_actors_of_figures_are_never_people() -> None:
    """No figure names who typed it."""
    assert Actor(id="张三", role="dispatcher").id not in str(summary(a_life(1, total_s=100.0)))
    assert pytest.approx(1.0) == summary(a_life(1, total_s=100.0))["promises"]["zone"]["share"]
