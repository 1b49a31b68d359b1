"""A grade switch changes numbers too: who lacks people against the roster in force is asked, counted, and told to whoever may call them back."""

from __future__ import annotations

import pytest

from firstminute.flow.boards import roster_board
from firstminute.flow.plans import grade_of, plan_of_district, wanted_people
from firstminute.flow.registers import put
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import GradeSwitched, MessageQueued
from firstminute.model.facts.incident import IncidentOpened
from firstminute.model.facts.people import (
    MusterCalled,
    MusterEnded,
    RosterFilled,
    RosterFoundShort,
    TeamChased,
)
from firstminute.model.facts.response import AlertSent
from firstminute.model.records import District, Plan, Roster, RosterLine, Team, Unit
from firstminute.respond.plans import DEFAULT_PLANS
from firstminute.respond.roster import DEFAULT_ROSTERS, Wanted
from tests.support.play import COMMANDER, NINE, Play, play, roll


def told(town: Play, reason: str) -> list[str]:
    """Who was sent a message of a kind."""
    return [m.recipient for m in town.found(MessageQueued) if m.reason == reason]


def switch(town: Play, grade: str, **more: str) -> None:
    """平战转换."""
    town.submit("switch_grade", grade=grade, reason="festival", actor=COMMANDER, **more)


def test_a_higher_grade_calls_for_more_people_and_chases_who_lacks_them() -> None:
    """Two stand everywhere, three are wanted: asked twice themselves, then the station; the duty officer hears at each look, at last the commander."""
    town = play(members=2)
    switch(town, "heightened")
    [called] = town.found(MusterCalled)
    assert (called.district, called.grade) == ("D", "heightened")
    town.wait(1)
    assert {(c.team_id, c.attempt) for c in town.found(TeamChased)} == {(f"T{x}", 1) for x in "hiov"}
    town.submit("take_roll", **roll("h", 2, on_duty=3))
    town.wait(600)
    attempts = {t: [c.attempt for c in town.found(TeamChased) if c.team_id == t] for t in ("Th", "Ti")}
    assert attempts == {"Th": [1], "Ti": [1, 2, 3]}
    looks = town.found(RosterFoundShort)
    assert [(x.attempt, x.teams, x.people, x.told) for x in looks] == [
        (1, 4, 4, "duty_officer:D"),
        (2, 3, 3, "duty_officer:D"),
        (3, 3, 3, "commander:D"),
    ]
    assert told(town, "roster_short") == ["duty_officer:D", "duty_officer:D", "commander:D"]
    town.wait(7_000)
    assert len(town.found(TeamChased)) == 4 + 3 + 3, "bounded"
    assert not town.found(AlertSent)


def test_enough_people_and_nobody_is_asked() -> None:
    """Four stand where three are wanted."""
    town = play(members=4)
    switch(town, "heightened")
    town.wait(600)
    assert not town.found(MusterCalled) and {m.reason for m in town.found(MessageQueued)} == {"second_wanted"}


def test_when_everybody_stands_it_is_said_and_nobody_is_asked_again() -> None:
    """The second look finds as many as are wanted."""
    town = play(members=2)
    switch(town, "heightened")
    town.wait(1)
    for letter in "hiov":
        town.submit("take_roll", **roll(letter, 2, on_duty=3))
    town.wait(600)
    assert len(town.found(RosterFilled)) == 1 and [x.attempt for x in town.found(RosterFoundShort)] == [1]


def test_a_lower_grade_ends_the_call_and_leaves_no_timer() -> None:
    """Calm again: nobody is chased any more, nobody went off duty by it."""
    town = play(members=2)
    switch(town, "emergency")
    town.wait(1)
    [called] = town.found(MusterCalled)
    switch(town, "normal")
    assert [e.shift for e in town.found(MusterEnded)] == [called.shift]
    assert not [key for key in town.state.timers.pending if key[0] == called.shift]
    chased = len(town.found(TeamChased))
    town.wait(600)
    assert len(town.found(TeamChased)) == chased and len(town.state.muster.rolls) == 4


def _with_crews(town: Play) -> None:
    put(
        town.state.registers,
        "rosters",
        [
            Roster(
                roster_id="heightened",
                lines=(RosterLine(who="car", wanted=3), RosterLine(who="unit", wanted=6)),
            )
        ],
    )
    rows = [("U5", "car", "car-lights"), ("U6", "foot", "foot")]
    put(
        town.state.registers,
        "units",
        [Unit(unit_id=u, call_sign=u[1:], kind=k, mode=m, station_id="S1", district="D") for u, k, m in rows],
    )


def test_crews_that_are_missing_are_counted_by_kind_and_only_a_commander_calls_them_back() -> None:
    """Two cars of three, four crews of six: nobody off duty hears of it until the commander recalls them."""
    town = play()
    _with_crews(town)
    switch(town, "heightened")
    town.wait(300)
    assert [x.crews for x in town.found(RosterFoundShort)] == [{"car": 1, "unit": 2}] * 3
    assert not {"U5", "U6"} & {m.recipient for m in town.found(MessageQueued)}
    board = roster_board(town.state, "D", town.at_s)
    assert board["crews_missing"] == {"car": 1, "unit": 2} and board["recallable"]["unit_ids"] == ["U5", "U6"]
    town.submit("recall", unit_ids=("U5", "U6"), reason="roster_short", actor=COMMANDER)
    assert set(told(town, "recall")) == {"U5", "U6"}
    for unit in ("U5", "U6"):
        town.submit("unit_on_duty", unit_id=unit)
    assert roster_board(town.state, "D", town.at_s)["crews_missing"] == {}


def test_a_switch_reaches_every_district_below_and_a_later_one_of_its_own_counts() -> None:
    """The city goes up, one district goes down again; a district that nobody switched follows the one above it."""
    town = play()
    put(town.state.registers, "districts", [District(district_id="C", name="C"), District(district_id="D", name="D", parent="C"),
                                            District(district_id="E", name="E", parent="C")])  # fmt: skip
    switch(town, "heightened", district="C")
    assert {g.district for g in town.found(GradeSwitched)} == {"C", "D", "E"}
    switch(town, "normal", district="E")
    put(town.state.registers, "districts", [District(district_id="F", name="F", parent="D")])
    assert [grade_of(town.state, d) for d in "CDEF"] == ["heightened", "heightened", "normal", "heightened"]
    assert town.found(GradeSwitched)[-1].before == "heightened"
    with pytest.raises(Refused, match="grade_already"):
        switch(town, "heightened", district="D")
    town.submit("receive_call", type_code="quarrel", venue_id="Vh")
    assert town.found(IncidentOpened)[-1].grade == "heightened"


def test_targets_roster_and_policy_change_together_also_where_a_district_has_a_plan_of_its_own() -> None:
    """Its own row is of the normal grade only: at a higher one the default of that grade counts, whole."""
    town = play()
    own = Plan(
        plan_id="north",
        zone_targets_s={"core": 30.0, "dense": 30.0, "other": 30.0},
        roster="north",
        policy_id="north",
    )
    put(town.state.registers, "plans", [own])
    put(
        town.state.registers,
        "districts",
        [
            District(district_id="C", name="C", plan_id="north"),
            District(district_id="D", name="D", parent="C"),
        ],
    )
    assert plan_of_district(town.state, "D") is own, "inherited from above"
    switch(town, "emergency", district="D")
    plan = plan_of_district(town.state, "D")
    assert plan is DEFAULT_PLANS["default:emergency"]
    assert (plan.roster, plan.policy_id, plan.zone_targets_s["dense"]) == ("emergency", "emergency", 60.0)
    written = Plan(plan_id="north:emergency", grade="emergency", roster="many")
    put(town.state.registers, "plans", [written])
    assert plan_of_district(town.state, "D") is written


def test_who_is_not_wanted_at_this_hour_is_not_missing() -> None:
    """Schools stand by day: at nine in the evening nobody calls them."""
    evening = ((0, 7 * 24 * 60 - 1),)
    roster = Roster(
        roster_id="normal",
        lines=(RosterLine(category="mall", hours=evening), RosterLine(category="school", hours=((0, 1),))),
    )
    town = play(mustered=False)
    put(town.state.registers, "rosters", [roster])
    put(town.state.registers, "teams", [Team(team_id="Ts", venue_id="Vs", name="s", minimum=2)])
    from firstminute.model.records import Venue

    put(
        town.state.registers,
        "venues",
        [Venue(venue_id="Vs", name="s", category="school", lon=118.0, lat=30.0, district="D")],
    )
    assert set(wanted_people(town.state, None, NINE)) == {"Th", "Ti", "To", "Tv"}
    town.submit("call_muster", shift="late", due_s=town.at_s + 1, until_s=town.at_s + 3_600)
    town.wait(5)
    assert {c.team_id for c in town.found(TeamChased)} == {"Th", "Ti", "To", "Tv"}


def test_the_highest_number_that_fits_counts() -> None:
    """A team's own minimum, what the grade adds, and what its kind of place needs."""
    lines = (RosterLine(extra=1), RosterLine(category="market", wanted=6), RosterLine(zone="core", wanted=4))
    wanted = Wanted(Roster(roster_id="r", lines=lines), 0)
    team = Team(team_id="t", venue_id="v", name="t", minimum=2)
    assert [wanted.of(team, c, z) for c, z in (("mall", "other"), ("market", "other"), ("mall", "core"))] == [
        3,
        6,
        4,
    ]
    assert set(DEFAULT_ROSTERS) == {plan.roster for plan in DEFAULT_PLANS.values()}


def test_one_districts_muster_does_not_forget_whom_another_has_asked() -> None:
    """Attempts are counted per shift."""
    town = play(mustered=False)
    put(town.state.registers, "districts", [District(district_id="E", name="E")])
    town.submit("call_muster", shift="late", district="D", due_s=town.at_s + 1, until_s=town.at_s + 3_600)
    town.wait(130)
    town.submit("call_muster", shift="east", district="E", due_s=town.at_s + 1, until_s=town.at_s + 3_600)
    town.wait(600)
    assert sorted(c.attempt for c in town.found(TeamChased) if c.team_id == "Th") == [1, 2, 3]
