"""Story 22: the network is gone for an hour. Forty calls on paper; typed afterwards with their real times, every interval is right."""

from __future__ import annotations

from random import Random

from firstminute.model.facts.desk import ReactionFailed, TimerFired
from firstminute.model.facts.response import AlertSent
from firstminute.respond.intervals import lives, percentile
from firstminute.respond.review import summary
from tests.support.play import PLACES, Play, play

CALLS = 40


def test_an_hour_on_paper_gives_the_right_intervals() -> None:
    """Forty forms: called, sent, moving, there, done. None of it fires a timer into the past, all of it counts as typed later."""
    town = play(mustered=False)
    rng = Random(22)
    hour_s = town.at_s
    town.at_s += 3_600.0
    written: dict[str, dict[str, float]] = {}
    letters = sorted(PLACES)
    for form in range(CALLS):
        called = hour_s + form * 80.0
        sent, moving = called + rng.randint(10, 60), called + rng.randint(65, 110)
        there, done = moving + rng.randint(30, 500), moving + 600.0
        kind = ("theft", "traffic", "noise", "found_property")[form % 4]
        town.submit("receive_call", channel="paper", type_code=kind, text=f"纸单 {form}", place={"points": [PLACES[letters[form % len(letters)]]]},
                    occurred_s=called)  # fmt: skip
        call = list(town.state.respond.calls)[-1]
        incident_id = str(town.state.respond.calls[call].incident_id)
        incident = town.state.respond.incidents[incident_id]
        if incident.calls[0] != call:
            town.submit("detach_call", call_id=call, reason_code="paper")
            incident_id = str(town.state.respond.calls[call].incident_id)
        town.submit("self_attach", incident_id=incident_id, unit_id="U1", on_scene=False, occurred_s=sent)
        town.wait(20.0)
        task = _bound(town, incident_id)
        town.submit("report_en_route", assignment_id=task, occurred_s=moving)
        town.submit("report_arrived", assignment_id=task, evidence="told", occurred_s=there)
        town.submit("report_cleared", assignment_id=task, occurred_s=done)
        town.submit("close_incident", incident_id=incident_id, outcome="resolved", occurred_s=done)
        written[incident_id] = {"travel": there - moving, "total": there - called}
        town.wait(30.0)
    found = lives(town.facts)
    for incident_id, times in written.items():
        phases = found[incident_id].phases()
        assert phases["total"] == times["total"], incident_id
    made = summary(town.facts)
    assert made["closed"] == CALLS
    assert made["evidence"]["typed_later_share"] == 1.0
    assert made["evidence"]["kinds"] == {"told": CALLS}
    assert not town.found(AlertSent) and not town.found(ReactionFailed), (
        "nobody is sent to what was over an hour ago"
    )
    assert not [t for t in town.found(TimerFired) if t.timer.startswith("clock")], (
        "paper fires nothing into the past"
    )
    zone = made["promises"]["zone"]
    judged = {key: times for key, times in written.items() if "zone" in found[key].promises}
    assert zone["count"] == len(judged) > CALLS // 3
    targets = {key: found[key].promises["zone"].target_s for key in judged}
    assert zone["kept"] == sum(times["total"] <= targets[key] for key, times in judged.items())
    assert zone["since_call"]["p90_s"] == percentile([t["total"] for t in judged.values()], 0.9)


def _bound(town: Play, incident_id: str) -> str:
    """The task that was written on the form."""
    return next(
        b.assignment_id for b in town.state.respond.assignments.values() if b.incident_id == incident_id
    )
