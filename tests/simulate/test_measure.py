"""Intervals, percentiles and comparisons, read from facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.model.envelope import SYSTEM, Act, Body, Fact, envelop
from firstminute.model.facts.incident import IncidentOpened
from firstminute.model.facts.response import (
    AlertSent,
    Arrived,
    Assigned,
    ClockBreached,
    ClockMet,
    Diverted,
    EnRoute,
)
from firstminute.simulate.measure import compare, lives, percentile, spread


def _facts(*timed: tuple[float, Body]) -> list[Fact]:
    return [
        envelop(body, Act(at_s=at_s, actor=SYSTEM, command_id="c", ids=iter(())), seq=seq)
        for seq, (at_s, body) in enumerate(timed, 1)
    ]


def _opened() -> IncidentOpened:
    return IncidentOpened(
        incident_id="i", call_id="c", type_code="theft", priority=2, grade="normal", plan_id="default", zone="other",
        district=None, station_id=None, venue_id=None, started_s=100.0,
    )  # fmt: skip


def _alert(responder: str, task: str = "respond") -> AlertSent:
    return AlertSent(
        alert_id="a" + responder, incident_id="i", responder_id=responder, responder_kind="unit", team_id=None,
        ring="reinforcement", round=1, task=task, expires_s=130.0,
    )  # fmt: skip


def _assigned(responder: str) -> Assigned:
    return Assigned(
        assignment_id="s" + responder, incident_id="i", responder_id=responder, responder_kind="unit", team_id=None,
        ring="reinforcement", how="dispatched", mode="car",
    )  # fmt: skip


def _moves(responder: str, cls: type[Body]) -> Body:
    known = {
        "assignment_id": "s" + responder,
        "incident_id": "i",
        "responder_id": responder,
        "evidence": "fix",
    }
    more = {"responder_kind": "unit", "ring": "reinforcement"} if cls is Arrived else {}
    return cls(**known, **more)


def test_each_phase_is_measured_on_the_responder_that_arrived_first():
    facts = _facts(
        (100.0, _opened()),
        (104.0, _alert("slow")),
        (104.0, _assigned("slow")),
        (106.0, _alert("quick")),
        (106.0, _assigned("quick")),
        (110.0, _moves("slow", EnRoute)),
        (130.0, _moves("quick", EnRoute)),
        (200.0, _moves("quick", Arrived)),
        (260.0, _moves("slow", Arrived)),
        (
            261.0,
            ClockMet(
                incident_id="i",
                clock="zone",
                since_call_s=100.0,
                since_alert_s=94.0,
                evidence="fix",
                responder_id="quick",
            ),
        ),
        (300.0, ClockBreached(incident_id="i", clock="reinforcement", reason="late_travel", owner="police")),
    )
    life = lives(facts)["i"]
    assert life.phases() == {"processing": 4.0, "turnout": 24.0, "travel": 70.0, "total": 100.0}
    assert (life.sent, life.arrivals, life.clocks) == (2, 2, {"zone": True, "reinforcement": False})


def test_a_keep_away_notice_is_no_alert():
    assert lives(_facts((100.0, _opened()), (101.0, _alert("n", "keep_away"))))["i"].sent == 0


def test_a_diverted_crew_starts_anew():
    facts = _facts(
        (100.0, _opened()),
        (101.0, _assigned("u")),
        (102.0, _moves("u", EnRoute)),
        (110.0, Diverted(assignment_id="su", incident_id="i", responder_id="u", to_incident_id="other")),
        (200.0, _assigned("u")),
        (210.0, _moves("u", EnRoute)),
        (250.0, _moves("u", Arrived)),
    )
    assert lives(facts)["i"].phases() == {"processing": 1.0, "turnout": 10.0, "travel": 40.0, "total": 150.0}


def test_an_incident_nobody_reached_has_no_total():
    assert lives(_facts((100.0, _opened()), (104.0, _alert("u"))))["i"].phases() == {"processing": 4.0}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(0.01, 1.0))
def test_a_percentile_is_a_value_that_enough_others_do_not_exceed(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_spread_of_nothing_is_nothing():
    assert spread([]) == {"count": 0, "mean_s": None, "p10_s": None, "p50_s": None, "p90_s": None}


def test_comparison_tells_bias_and_order():
    recorded = {str(k): float(k * 10) for k in range(20)}
    modelled = {key: value + 30.0 for key, value in recorded.items()}
    found = compare(modelled, recorded)
    assert found["bias_s"] == found["median_bias_s"] == found["mean_abs_s"] == 30.0
    assert found["pearson"] == pytest.approx(1.0) and found["spearman"] == pytest.approx(1.0)
    assert compare({"1": 3.0}, recorded)["bias_s"] is None
    assert compare(dict.fromkeys(recorded, 5.0), recorded)["pearson"] is None
