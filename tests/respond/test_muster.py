"""Who stands: rolls, counts, chasing, ends of shifts, kit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.flow.registers import put
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.envelope import Actor, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.people import (
    KitReported,
    MemberCheckedIn,
    MusterEnded,
    RollEnded,
    RollsRejected,
    RollTaken,
    TeamChased,
)
from firstminute.model.facts.response import AlertSent
from firstminute.model.records import Team, Venue
from firstminute.respond.muster import CHASE_PORTION, MOST_ROLLS, counts
from firstminute.respond.muster_records import Muster
from tests.support.play import PLACES, Play, play, roll


def muster_of(town: Play) -> Muster:
    """The slice."""
    return town.state.muster


def add_teams(town: Play, number: int) -> list[str]:
    """Many more venues with teams, all at one corner."""
    lon, lat = PLACES["f"]
    keys = [f"{k:05d}" for k in range(number)]
    put(
        town.state.registers,
        "venues",
        [
            Venue(venue_id=f"V{k}", name=k, category="shop", lon=lon, lat=lat, district="D", station_id="S1")
            for k in keys
        ],
    )
    put(
        town.state.registers,
        "teams",
        [Team(team_id=f"T{k}", venue_id=f"V{k}", name=k, minimum=2) for k in keys],
    )
    return [f"T{k}" for k in keys]


def test_a_roll_counts_who_stands_and_who_can_be_reached_apart() -> None:
    """18 on duty, 15 reachable, all well; another has something to report."""
    town = play(mustered=False)
    town.submit("take_roll", team_id="Th", shift="late", on_duty=18, reachable=15)
    town.submit("take_roll", team_id="Ti", shift="late", on_duty=3, remark_code="fire_door_blocked")
    assert counts(muster_of(town).rolls.values(), at_s=town.at_s) == {
        "teams": 2,
        "on_duty": 21,
        "reachable": 18,
        "to_report": 1,
    }


def test_a_later_roll_of_a_team_replaces_the_earlier_one() -> None:
    """The old roll ends, so that it is no open subject for ever."""
    town = play()
    before = muster_of(town).rolls["Th"].roll_id
    town.submit("take_roll", team_id="Th", shift="late", on_duty=2)
    assert [r.roll_id for r in town.found(RollEnded)] == [before]
    assert muster_of(town).rolls["Th"].on_duty == 2


def test_a_batch_keeps_its_good_rows_and_names_the_bad_ones() -> None:
    """Unknown team, a team twice, more reachable than on duty: three problems, one roll."""
    town = play(mustered=False)
    rows = [
        {"team_id": "Th", "shift": "s", "on_duty": 4},
        {"team_id": "nobody", "shift": "s"},
        {"team_id": "Th", "shift": "s", "on_duty": 5},
        {"team_id": "Ti", "shift": "s", "on_duty": 2, "reachable": 3},
    ]
    town.submit("take_rolls", rolls=rows)
    [rejected] = town.found(RollsRejected)
    assert [p.split(":")[:2] for p in rejected.problems] == [
        ["1", "unknown_team"],
        ["2", "team_twice"],
        ["3", "roll_counts_wrong"],
    ]
    assert [r.team_id for r in town.found(RollTaken)] == ["Th"]
    with pytest.raises(Refused, match="nothing_to_take"):
        town.submit("take_rolls", rolls=rows[1:2])
    with pytest.raises(Refused, match="too_many_rolls"):
        town.submit("take_rolls", rolls=[rows[0]] * (MOST_ROLLS + 1))


def test_forty_teams_are_ticked_by_radio_without_naming_a_number() -> None:
    """A tick says "as always": the last count, or the minimum where there was none."""
    town = play(mustered=False)
    teams = add_teams(town, 40)
    town.submit("take_roll", team_id=teams[0], shift="early", on_duty=7)
    town.submit("take_rolls", rolls=[{"team_id": t, "shift": "late", "method": "radio"} for t in teams])
    assert muster_of(town).rolls[teams[0]].on_duty == 7
    assert {muster_of(town).rolls[t].on_duty for t in teams[1:]} == {2}
    assert len(muster_of(town).rolls) == 40


def test_somebody_who_walks_up_joins_and_leaves_and_the_last_one_turns_off_the_light() -> None:
    """QR check-in opens the roll, a second tap is one person, check-out of the last ends the roll."""
    town = play(mustered=False)
    town.submit("check_in", team_id="Th", member_id="Mh0", shift="late")
    assert town.submit("check_in", team_id="Th", member_id="Mh0", shift="late") == []
    town.submit("check_in", team_id="Th", member_id="Mh1", shift="late")
    assert (muster_of(town).rolls["Th"].on_duty, muster_of(town).rolls["Th"].members) == (2, {"Mh0", "Mh1"})
    town.submit("check_out", team_id="Th", member_id="Mh0")
    town.submit("check_out", team_id="Th", member_id="Mh1")
    assert "Th" not in muster_of(town).rolls
    with pytest.raises(Refused, match="not_of_this_team"):
        town.submit("check_in", team_id="Th", member_id="Mi0")
    with pytest.raises(Refused, match="not_on_duty"):
        town.submit("check_out", team_id="Th", member_id="Mh1")


def test_who_has_not_reported_is_chased_twice_and_then_its_station_is_told() -> None:
    """One team reports late, one never."""
    town = play(mustered=False)
    town.submit("call_muster", shift="late", due_s=town.at_s + 300, until_s=town.at_s + 3600)
    for letter in "hi":
        town.submit("take_roll", **roll(letter, 4))
    town.wait(301)
    assert {c.team_id for c in town.found(TeamChased)} == {"To", "Tv"}
    town.submit("take_roll", **roll("o", 4))
    town.wait(600)
    assert [(c.team_id, c.attempt, c.to) for c in town.found(TeamChased) if c.team_id == "Tv"] == [
        ("Tv", 1, "Tv"),
        ("Tv", 2, "Tv"),
        ("Tv", 3, "S1"),
    ]
    assert [c.attempt for c in town.found(TeamChased) if c.team_id == "To"] == [1]
    assert {m.reason for m in town.found(MessageQueued)} == {"muster", "roster_short"}


def test_a_thousand_missing_teams_are_chased_in_portions() -> None:
    """No single command grows without bound."""
    town = play(mustered=False)
    add_teams(town, 1000)
    town.submit("call_muster", shift="late", due_s=town.at_s + 1, until_s=town.at_s + 3600)
    first = town.wait(1.5)
    assert sum(isinstance(f.body, TeamChased) for f in first) == CHASE_PORTION
    town.wait(10)
    assert len({c.team_id for c in town.found(TeamChased)}) == 1004


def test_the_shift_ends_by_itself_and_nobody_is_asked_afterwards() -> None:
    """Rolls end in portions; the muster says how many reported and who was missing."""
    town = play(mustered=False)
    teams = add_teams(town, 900)
    town.submit("call_muster", shift="late", due_s=town.at_s + 1, until_s=town.at_s + 60)
    town.submit("take_rolls", rolls=[{"team_id": t, "shift": "late"} for t in teams])
    town.wait(61)
    assert not muster_of(town).rolls and len(town.found(MusterEnded)) == 1
    town.open("cardiac_arrest")
    assert not [a for a in town.found(AlertSent) if a.team_id]


def test_a_team_below_its_minimum_counts_as_missing() -> None:
    """One of two stands."""
    town = play(mustered=False)
    town.submit("call_muster", shift="late", due_s=town.at_s + 1, until_s=town.at_s + 3600)
    for letter in "hio":
        town.submit("take_roll", **roll(letter, 4))
    town.submit("take_roll", team_id="Tv", shift="late", on_duty=1)
    town.wait(2)
    assert [c.team_id for c in town.found(TeamChased)] == ["Tv"]


def test_a_lead_reports_only_the_own_team() -> None:
    """Another team's lead is refused."""
    town = play(mustered=False)
    lead = Actor(id="l", role="lead", team_id="Ti")
    with pytest.raises(Refused, match="not_yours"):
        town.submit("take_roll", team_id="Th", shift="late", on_duty=3, actor=lead)
    assert town.submit("take_roll", team_id="Ti", shift="late", on_duty=3, actor=lead)


def test_what_is_missing_or_out_of_date_of_the_kit_is_said() -> None:
    """The register lists shield and aed; the aed's battery is empty."""
    town = play()
    town.submit("report_kit", team_id="Th", kit=("shield", "aed", "whistle"), out_of_date=("aed",))
    [kit] = town.found(KitReported)
    assert (kit.kit, kit.missing) == (("shield", "whistle"), ("aed",))


def test_a_shift_is_called_once_and_ends_after_it_begins() -> None:
    """Twice is refused, as is an end before the start."""
    town = play(mustered=False)
    town.submit("call_muster", shift="late", due_s=town.at_s + 10, until_s=town.at_s + 60)
    with pytest.raises(Refused, match="shift_called"):
        town.submit("call_muster", shift="late", due_s=town.at_s + 10, until_s=town.at_s + 60)
    with pytest.raises(Refused, match="shift_times_wrong"):
        town.submit("call_muster", shift="next", due_s=town.at_s + 10, until_s=town.at_s + 5)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("in out roll end".split()), st.sampled_from("Th Ti".split()), st.integers(0, 3)
        ),
        max_size=25,
    )
)
def test_counts_never_fall_below_the_people_who_are_named(acts: list[tuple[str, str, int]]) -> None:
    """Whatever order people come and go in: named people ≤ on duty, reachable ≤ on duty, nothing negative."""
    town = Play()
    source = play_books()
    town.state.registers = source
    for act, team_id, number in acts:
        member_id = f"M{team_id[1]}{number}"
        try:
            if act == "in":
                town.submit("check_in", team_id=team_id, member_id=member_id, shift="s")
            elif act == "out":
                town.submit("check_out", team_id=team_id, member_id=member_id)
            elif act == "roll":
                town.submit(
                    "take_roll", team_id=team_id, shift="s", on_duty=number + 1, member_ids=(member_id,)
                )
            else:
                town.submit("end_roll", team_id=team_id)
        except Refused:
            continue
        for standing in muster_of(town).rolls.values():
            assert len(standing.members) <= standing.on_duty and 0 <= standing.reachable <= standing.on_duty
    again = State()
    for fact in town.facts:
        fold(again, fact)
    assert again.muster == muster_of(town)


def play_books():  # type: ignore[no-untyped-def]
    """Registers of the town, without its streets."""
    return play(mustered=False).state.registers


def test_a_journal_whose_names_were_erased_folds_to_the_same_counts() -> None:
    """Sealed fields gone: who it was is not known any more, how many is."""
    town = play(mustered=False)
    town.submit("take_roll", **roll("h", 3))
    town.submit("check_in", team_id="Th", member_id="Mh3", shift="late")
    erased = State()
    for fact in town.facts:
        body = fact.body
        if isinstance(body, RollTaken):
            body = RollTaken(
                **{**{n: getattr(body, n) for n in body.__dataclass_fields__}, "member_ids": None}
            )
        elif isinstance(body, MemberCheckedIn):
            body = MemberCheckedIn(
                roll_id=body.roll_id, team_id=body.team_id, member_id=None, method=body.method
            )
        fold(erased, Fact(**{**{n: getattr(fact, n) for n in fact.__dataclass_fields__}, "body": body}))
    kept = erased.muster.rolls["Th"]
    assert (kept.on_duty, kept.reachable, kept.members) == (4, 4, set())
