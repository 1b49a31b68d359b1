"""Stories 3, 4, 5 and 15, played in the little town with exact facts."""

from __future__ import annotations

from firstminute.flow.registers import put
from firstminute.model.envelope import Actor
from firstminute.model.facts.people import RollTaken, TeamChased
from firstminute.model.facts.response import (
    AlertSent,
    Arrived,
    Assigned,
    ClockArrivedLate,
    ClockMet,
    Escalated,
    KeepAwaySent,
    RoleGiven,
    UnitsRecommended,
)
from firstminute.model.place import Place
from firstminute.model.records import Team, Venue
from firstminute.respond.muster import counts
from tests.support.play import PLACES, Play, play

LEAD = Actor(id="lead", role="lead", team_id="Th")


def arrive(town: Play, responder_id: str, evidence: str = "fix") -> None:
    """A responder stands at the gate."""
    bound = next(a for a in reversed(town.found(Assigned)) if a.responder_id == responder_id)
    town.happen(
        Arrived(
            assignment_id=bound.assignment_id, incident_id=bound.incident_id, responder_id=responder_id,
            responder_kind=bound.responder_kind, ring=bound.ring, evidence=evidence,
        )
    )  # fmt: skip


def test_story_3_trouble_at_the_hospital() -> None:
    """A man threatens staff: own guards are informed and choose, neighbours keep away, police within five minutes."""
    town = play()
    town.open("threat")
    guards = [a for a in town.found(AlertSent) if a.team_id == "Th"]
    assert [a.task for a in guards] == ["inform"] * 4
    assert guards[0].card[:2] == ("advice:protect_separate_evacuate", "advice:you_choose")
    assert not [a for a in town.found(AlertSent) if a.outside_venue]
    assert [n.team_ids for n in town.found(KeepAwaySent)] == [("Ti", "To")]
    assert [a.responder_id for a in town.found(AlertSent) if a.responder_kind == "unit"] == ["U1", "U2"]
    town.wait(12)
    town.submit("accept_alert", alert_id=guards[0].alert_id, actor=LEAD)
    town.submit("decline_alert", alert_id=guards[1].alert_id, actor=LEAD)
    town.wait(20)
    arrive(town, guards[0].responder_id, "qr")
    assert [(r.responder_id, r.role) for r in town.found(RoleGiven)] == [(guards[0].responder_id, "protect")]
    for unit in ("U1", "U2"):
        alert = next(a for a in town.found(AlertSent) if a.responder_id == unit)
        if town.state.respond.alerts[alert.alert_id].state == "asked":
            town.submit("accept_alert", alert_id=alert.alert_id)
    arrive(town, next(a.responder_id for a in town.found(Assigned)[::-1] if a.responder_kind == "unit"))
    met = {m.clock: m.since_call_s for m in town.found(ClockMet)}
    assert met == {"self_rescue": 32.0, "zone": 32.0, "reinforcement": 32.0}
    assert not town.found(Escalated)


def test_story_4_morning_muster() -> None:
    """Mall 18, school 3, all well; one screen of who stands and who is missing; the missing are chased; nobody off duty is alerted later."""
    town = play(mustered=False)
    lon, lat = PLACES["w"]
    for name, minimum in (("mall", 6), ("school", 3), ("bar", 2)):
        put(
            town.state.registers,
            "venues",
            [Venue(venue_id=name, name=name, category=name, lon=lon, lat=lat, district="D", station_id="S1")],
        )
        put(
            town.state.registers,
            "teams",
            [Team(team_id=f"T-{name}", venue_id=name, name=name, minimum=minimum)],
        )
    town.submit("call_muster", shift="day", due_s=town.at_s + 300, until_s=town.at_s + 8 * 3600)
    town.submit(
        "take_rolls",
        rolls=[
            {"team_id": "T-mall", "shift": "day", "on_duty": 18},
            {"team_id": "T-school", "shift": "day", "on_duty": 3},
        ],
    )
    board = counts(town.state.muster.rolls.values(), at_s=town.at_s)
    assert board == {"teams": 2, "on_duty": 21, "reachable": 21, "to_report": 0}
    assert all(r.well and r.remark_code is None for r in town.found(RollTaken))
    town.wait(301)
    assert {c.team_id for c in town.found(TeamChased)} == {"T-bar", "Th", "Ti", "To", "Tv"}
    town.open("cardiac_arrest", venue_id="bar")
    assert {a.team_id for a in town.found(AlertSent) if a.team_id} == {"T-mall", "T-school"}


def test_story_5_fight_after_drinking_in_a_side_street() -> None:
    """No venue, only a corner: two crews at once within three minutes, no neighbour asked, both named on one list with times."""
    town = play()
    town.open("fight", venue_id=None, place=Place(points=(PLACES["k"],)), zone="dense")
    assert [a.responder_id for a in town.found(AlertSent)] == ["U2", "U1"]
    assert "self_rescue" not in town.state.respond.incidents["i1"].clocks
    times = {c.responder_id: c.travel_s for c in town.found(UnitsRecommended)[0].candidates}
    town.wait(times["U2"])
    arrive(town, "U2")
    town.wait(times["U1"] - times["U2"])
    arrive(town, "U1")
    met = {m.clock: (m.responder_id, round(m.since_call_s, 1)) for m in town.found(ClockMet)}
    assert met == {"zone": ("U2", times["U2"]), "reinforcement": ("U2", times["U2"])}
    assert times["U2"] < times["U1"] < 180.0
    assert not town.found(ClockArrivedLate)


def test_story_15_a_whistle_in_the_supermarket() -> None:
    """The drill runs in its own world; a real call in the middle of it finds the team free and takes it out of the drill."""
    drill, live = play(mustered=False), play()
    drill.state.world = "exercise"
    drill.submit("start_pull_test", team_ids=("Th", "Ti"), within_s=120, drill_id="whistle")
    drill.wait(40)
    drill.submit("answer_drill", drill_id="whistle", team_id="Ti")
    live.wait(40)
    live.open("cardiac_arrest")
    called = tuple({a.team_id for a in live.found(AlertSent) if a.team_id is not None})
    assert "Th" in called
    drill.submit("leave_drill", team_ids=called)
    assert drill.kinds()[-3:] == ["DrillLeft", "DrillEnded", "TimerCancelled"]
    assert not {"AlertSent", "Assigned", "ClockStarted", "UnitsRecommended"} & set(drill.kinds())
    assert not {"DrillStarted", "DrillAnswered", "DrillEnded"} & set(live.kinds())
    assert live.state.muster.drills == {} and drill.state.respond.alerts == {}
