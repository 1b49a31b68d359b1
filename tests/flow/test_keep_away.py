"""Keep-away notices of a commander: in phrases written beforehand, public while they stand, taken back by one; the automatic ones are another matter."""

from __future__ import annotations

from typing import Any

import pytest

from firstminute.flow.deciders.warning import would_reach
from firstminute.flow.letters import letter
from firstminute.flow.state import Rules
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.response import KeepAwayLifted, KeepAwaySent
from firstminute.respond.public import notices
from firstminute.respond.safety import PHRASES
from tests.support.play import COMMANDER, Play, play

AROUND: dict[str, Any] = {"incident_id": "i1", "radius_m": 5_000.0, "reason": "gas"}


def send(town: Play, **more: Any) -> KeepAwaySent:
    """A notice by a commander; what it said."""
    town.submit("send_keep_away", actor=COMMANDER, **{**AROUND, **more})
    return town.found(KeepAwaySent)[-1]


def public(town: Play) -> list[dict[str, Any]]:
    """What stands on the public page."""
    books = town.state.registers
    return notices(town.state.respond, books.venues, books.districts, books.incident_types)


def test_the_phrases_that_were_chosen_are_what_people_are_told_and_the_page_shows() -> None:
    town = play()
    town.open("gas_leak")
    sent = send(town, advice=("no_sparks", "leave_if_safe", "no_sparks"))
    assert sent.advice == ("no_sparks", "leave_if_safe") and sent.reason_code == "gas"
    told = [m for m in town.found(MessageQueued) if m.reason == "keep_away"]
    assert told
    for each in told:
        read = letter(town.state, "keep_away", "i1", each.recipient)
        assert read is not None and read.more == ("advice.no_sparks", "advice.leave_if_safe")
    assert [each["advice"] for each in public(town)] == [["no_sparks", "leave_if_safe"]]


def test_without_a_choice_the_kind_of_incident_says_what_is_for_people_around() -> None:
    town = play()
    town.open("fight")  # its advice is also for whoever calls: keep the line open
    assert set(send(town).advice) <= set(PHRASES)


def test_words_that_nobody_prepared_are_refused_and_own_reasons_are_sealed() -> None:
    town = play()
    town.open("gas_leak")
    with pytest.raises(Refused, match="unknown_kind"):
        send(town, advice=("run for your lives",))
    sent = send(town, reason="the pipe in the yard")
    assert (sent.reason_code, sent.note) == ("commander", "the pipe in the yard")
    assert "note" in KeepAwaySent.SEALED


def test_what_would_be_reached_is_said_before_and_is_what_is_reached() -> None:
    town = play()
    town.open("gas_leak")
    town.state.rules = Rules(mass_alert_over=1)
    before = would_reach(town.state, "i1", 5_000.0, town.at_s)
    assert before is not None and before["second"] and before["people"] > 1
    few = would_reach(town.state, "i1", 1.0, town.at_s)
    assert few is not None and few["people"] < before["people"]
    sent = send(town)
    assert len(sent.team_ids) == before["venues"]
    after = would_reach(town.state, "i1", 5_000.0, town.at_s)
    assert after is not None and (after["people"], after["venues"]) == (0, 0)
    assert would_reach(town.state, "no such", 300.0, town.at_s) is None


def test_one_commander_takes_a_notice_back_and_those_who_heard_it_hear_that() -> None:
    town = play()
    town.open("gas_leak")
    with pytest.raises(Refused, match="nothing_to_lift"):
        town.submit("lift_keep_away", actor=COMMANDER, incident_id="i1", reason="too_wide")
    sent = send(town)
    town.submit("lift_keep_away", actor=COMMANDER, incident_id="i1", reason="too_wide")
    [lifted] = town.found(KeepAwayLifted)
    assert set(lifted.told) == set(sent.team_ids) and lifted.reason_code == "too_wide"
    heard = {m.recipient for m in town.found(MessageQueued) if m.reason == "all_clear"}
    assert set(sent.team_ids) <= heard and public(town) == []
    assert send(town, radius_m=400.0).team_ids, "who was told that it is over may be told again"


def test_taking_a_notice_back_leaves_the_automatic_ones_of_a_fight_standing() -> None:
    town = play()
    town.open("fight")
    automatic = town.found(KeepAwaySent)[0]
    assert automatic.radius_m is None and public(town) == []
    wider = send(town)
    assert not set(wider.team_ids) & set(automatic.team_ids)
    town.submit("lift_keep_away", actor=COMMANDER, incident_id="i1", reason="over")
    assert town.state.respond.incidents["i1"].kept_away == set(automatic.team_ids)
