"""Spot roll-call, pull test, drill and recall: measured, apart from live, and each its own act."""

from __future__ import annotations

import pytest

from firstminute.flow.boards import task_board
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import TaskSet
from firstminute.model.facts.people import (
    DrillAnswered,
    DrillEnded,
    DrillLeft,
    RecallOrdered,
    SpotCallEnded,
    SpotCallStarted,
)
from firstminute.model.facts.response import AlertSent, Assigned
from firstminute.respond import drill, spot
from firstminute.respond.spot import draw
from tests.support.play import COMMANDER, DISPATCHER, Play, play, rows

EVERYBODY = [f"t{k}" for k in range(500)]


def test_the_draw_is_random_fair_and_can_be_done_again() -> None:
    """Same seed, same teams in whatever order they are listed; other seeds draw all teams about equally often."""
    assert draw(EVERYBODY, "seed", 20) == draw(EVERYBODY[::-1], "seed", 20)
    hits = dict.fromkeys(EVERYBODY, 0)
    for seed in range(400):
        for team in draw(EVERYBODY, str(seed), 25):
            hits[team] += 1
    assert 4 <= min(hits.values()) and max(hits.values()) <= 40


def test_teams_drawn_have_minutes_to_answer_and_the_missing_are_named() -> None:
    """Two are drawn of those on duty, one answers."""
    town = play()
    town.submit("start_spot_call", count=2, within_s=180)
    [call] = town.found(SpotCallStarted)
    assert len(call.team_ids) == 2 and {m.recipient for m in town.found(MessageQueued)} == set(call.team_ids)
    town.wait(60)
    town.submit("answer_spot_call", spot_id=call.spot_id, team_id=call.team_ids[0], on_duty=4)
    with pytest.raises(Refused, match="not_asked"):
        other = next(t for t in ("Th", "Ti", "To", "Tv") if t not in call.team_ids)
        town.submit("answer_spot_call", spot_id=call.spot_id, team_id=other, on_duty=4)
    town.wait(121)
    assert [e.missing for e in town.found(SpotCallEnded)] == [(call.team_ids[1],)]
    with pytest.raises(Refused, match="spot_call_over"):
        town.submit("answer_spot_call", spot_id=call.spot_id, team_id=call.team_ids[1], on_duty=4)


def test_a_spot_call_that_everybody_answered_ends_at_once() -> None:
    """No timer is left."""
    town = play()
    town.submit("start_spot_call", team_ids=("Th",), spot_id="spot")
    town.submit("answer_spot_call", spot_id="spot", team_id="Th", on_duty=4)
    assert [e.missing for e in town.found(SpotCallEnded)] == [()]
    assert town.wait(1000) == []


def exercise() -> Play:
    """The same town in the exercise world."""
    town = play(mustered=False)
    town.state.world = "exercise"
    town.submit("take_rolls", rolls=rows("hiov"))
    town.facts.clear()
    return town


def test_a_drill_cannot_be_started_in_the_live_world() -> None:
    """Refused: drills never mix with live."""
    with pytest.raises(Refused, match="exercise_only"):
        play().submit("start_pull_test", team_ids=("Th",))


def test_a_pull_test_measures_every_team_and_what_was_slow_becomes_a_task() -> None:
    """Three answer, one late by paper, one never."""
    town = exercise()
    town.submit("start_pull_test", within_s=180, drill_id="drill")
    town.wait(70)
    town.submit("answer_drill", drill_id="drill", team_id="Th")
    town.submit("answer_drill", drill_id="drill", team_id="Ti", occurred_s=town.at_s - 20)
    assert [a.since_start_s for a in town.found(DrillAnswered)] == [70.0, 50.0]
    with pytest.raises(Refused, match="team_in_drill"):
        town.submit("start_pull_test", team_ids=("Th",))
    town.wait(120)
    [ended] = town.found(DrillEnded)
    assert (ended.reason, ended.slow) == ("finished", ("To", "Tv"))
    assert [(t.what, t.team_id, t.owner) for t in town.found(TaskSet)] == [
        ("drill_slow", "To", "S1"),
        ("drill_slow", "Tv", "S1"),
    ]
    assert not town.found(AlertSent) and not town.found(Assigned)


def test_a_live_alert_ends_a_teams_drill_task_and_the_drill_when_nobody_is_left() -> None:
    """Live wins; the team is not slow."""
    town = exercise()
    town.submit("start_pull_test", team_ids=("Th", "Ti"), drill_id="drill")
    town.submit("leave_drill", team_ids=("Th", "Tv"))
    assert [(x.team_id, x.reason) for x in town.found(DrillLeft)] == [("Th", "live_alert")]
    with pytest.raises(Refused, match="not_asked"):
        town.submit("answer_drill", drill_id="drill", team_id="Th")
    town.submit("leave_drill", team_ids=("Ti",))
    assert [(e.reason, e.slow) for e in town.found(DrillEnded)] == [("live_alert", ())]
    assert town.wait(1000) == []


def test_a_drill_makes_nobody_busy_in_live() -> None:
    """Two worlds, two states: the live town alerts the team that drills."""
    drilling, live = exercise(), play()
    drilling.submit("start_pull_test", team_ids=("Th",))
    live.open("cardiac_arrest")
    assert "Th" in {a.team_id for a in live.found(AlertSent)}
    assert not live.state.muster.drills and drilling.state.muster.drills


def test_recall_is_a_commanders_own_act_with_a_reason_and_alerts_nobody() -> None:
    """A dispatcher is refused, as are an empty order and a reason of blanks."""
    town = play(mustered=False)
    with pytest.raises(Refused, match="forbidden"):
        town.submit("recall", team_ids=("Th",), reason="flood", actor=DISPATCHER)
    with pytest.raises(Refused, match="unknown_reason"):
        town.submit("recall", team_ids=("Th",), reason=" ", actor=COMMANDER)
    with pytest.raises(Refused, match="nobody_to_ask"):
        town.submit("recall", reason="flood", actor=COMMANDER)
    with pytest.raises(Refused, match="unknown_unit"):
        town.submit("recall", unit_ids=("U99",), reason="flood", actor=COMMANDER)
    town.submit("recall", team_ids=("Th",), unit_ids=("U1",), reason="flood", actor=COMMANDER)
    [order] = town.found(RecallOrdered)
    assert (order.commander_id, order.team_ids, order.unit_ids) == ("c1", ("Th",), ("U1",))
    assert {m.recipient for m in town.found(MessageQueued)} == {"Th", "U1"} and not town.found(AlertSent)


def test_a_roll_call_can_be_read_afterwards_and_the_stations_of_the_silent_are_told() -> None:
    """Who answered when with how many, who stood with fewer than its roll said, who is missing."""
    town = play()
    town.submit("start_spot_call", team_ids=("Th", "Ti", "To"), within_s=300.0, spot_id="s")
    town.at_s += 60
    town.submit("answer_spot_call", spot_id="s", team_id="Th", on_duty=4)
    town.submit("answer_spot_call", spot_id="s", team_id="Ti", on_duty=2)
    town.wait(301)
    seen = spot.summary([fact for fact in town.facts if fact.subject == "s"])
    assert (seen["asked"], seen["ended"], seen["missing"], seen["fewer"]) == (3, True, ["To"], ["Ti"])
    assert [(row["team_id"], row["after_s"]) for row in seen["answered"]] == [("Th", 60.0), ("Ti", 60.0)]
    assert [(m.recipient, m.channel) for m in town.found(MessageQueued) if m.reason == "spot_missing"] == [
        ("S1", "desk")
    ]


def test_a_drill_can_be_read_afterwards_like_an_incident() -> None:
    """Times, the middle one, who left for a live alert, who never came; its tasks come back when due."""
    town = exercise()
    town.submit("start_pull_test", team_ids=("Th", "Ti", "To", "Tv"), within_s=100, drill_id="d")
    for team, seconds in (("Th", 20), ("Ti", 60)):
        town.at_s += seconds
        town.submit("answer_drill", drill_id="d", team_id=team)
    town.submit("leave_drill", team_ids=("To",))
    town.wait(100)
    seen = drill.summary([fact for fact in town.facts if fact.subject == "d"])
    assert (seen["asked"], seen["ended"], seen["left"], seen["missing"]) == (4, "finished", ["To"], ["Tv"])
    assert (seen["p50_s"], seen["slowest_s"], seen["slow"]) == (20.0, 80.0, ["Tv"])
    [task] = task_board(town.state, "S1")
    assert (task["what"], task["team_id"]) == ("drill_slow", "Tv") and task_board(town.state, "S9") == []
    town.wait(8 * 86_400.0)
    assert [m.recipient for m in town.found(MessageQueued) if m.reason == "task_due"] == ["S1"]


def test_nobody_checks_in_for_another_team() -> None:
    """A member speaks for the own team only, coming and going."""
    town = play(mustered=False)
    stranger = Actor(id="Mi0", role="member", team_id="Ti")
    for act in ("check_in", "check_out"):
        with pytest.raises(Refused, match="not_yours"):
            town.submit(act, team_id="Th", member_id="Mh0", actor=stranger)
