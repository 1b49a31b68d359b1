"""The safety gate binds: every kind of incident goes through it, in the rules and played in the town."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentAmended
from firstminute.model.facts.people import KitReported
from firstminute.model.facts.response import (
    AlertSent,
    AlertWithdrawn,
    KeepAwaySent,
    RecommendationOverridden,
    Released,
)
from firstminute.model.records import Member, Team
from firstminute.respond.catalogue import CATALOGUE, DEFAULT_TYPES, type_of
from firstminute.respond.safety import SHUT_FOR, gate_of, may_ask_neighbour, may_be_informed
from tests.support.play import play

EVERY_TYPE = pytest.mark.parametrize("code", [row.code for row in CATALOGUE])
TRAINED = Team(team_id="t", venue_id="v", name="t", trained=("restrain",), kit=("shield",))


def test_violent_armed_and_unknown_shut_the_gate_and_so_does_a_word_nobody_knows() -> None:
    """Four hazards pass, everything else is shut."""
    row = CATALOGUE[0]
    shut = {
        h: gate_of(replace(row, hazard=h)).shut
        for h in ("violent", "armed", "unknown", "zombies", "none", "medical", "fire", "crowd")
    }
    assert shut == {
        "violent": True,
        "armed": True,
        "unknown": True,
        "zombies": True,
        "none": False,
        "medical": False,
        "fire": False,
        "crowd": False,
    }


def test_a_type_that_nobody_named_is_behind_a_shut_gate() -> None:
    """None and a code that is in no register."""
    assert gate_of(type_of({}, None)).shut and gate_of(type_of({}, "no_such_type")).shut


def test_no_setting_lets_a_neighbour_through_but_a_dispatcher_may_send_the_trained_and_equipped() -> None:
    """Trained without kit, kit without training: still shut."""
    gate = gate_of(DEFAULT_TYPES["fight"])
    assert not may_ask_neighbour(gate, TRAINED, opened_by_dispatcher=False)
    assert may_ask_neighbour(gate, TRAINED, opened_by_dispatcher=True)
    assert not may_ask_neighbour(gate, replace(TRAINED, kit=()), opened_by_dispatcher=True)
    assert not may_ask_neighbour(gate, replace(TRAINED, trained=("cpr",)), opened_by_dispatcher=True)


def test_kit_that_was_reported_missing_no_longer_counts() -> None:
    """The register says shield, the last check says none."""
    member = Member(member_id="m", team_id="t", trained=("restrain",))
    assert may_be_informed(member, TRAINED)
    assert not may_be_informed(member, TRAINED, kit_at_hand=("aed",))


@EVERY_TYPE
def test_behind_a_shut_gate_only_the_venues_own_people_are_informed(code: str) -> None:
    """All types of the catalogue, played: alerts to members are the own team's, their task is to be informed."""
    town = play()
    town.open(code)
    asked = [a for a in town.found(AlertSent) if a.team_id is not None]
    if DEFAULT_TYPES[code].hazard in SHUT_FOR:
        assert {a.team_id for a in asked} <= {"Th"}
        assert {a.task for a in asked} <= {"inform"}
        assert not any(a.outside_venue for a in asked)
    for alert in asked:
        assert alert.card[0].startswith("advice:") or not DEFAULT_TYPES[code].advice


def test_untrained_people_of_the_venue_are_told_to_keep_away_instead() -> None:
    """The team's kit is gone, so nobody of it is informed; the notice goes to the team and its neighbours."""
    town = play()
    town.happen(KitReported(team_id="Th", kit=(), missing=("shield",)))
    town.open("threat")
    assert not [a for a in town.found(AlertSent) if a.team_id is not None]
    [notice] = town.found(KeepAwaySent)
    assert notice.team_ids[0] == "Th" and "Ti" in notice.team_ids
    told = {m.recipient for m in town.found(MessageQueued) if m.reason == "keep_away"}
    assert told == set(notice.team_ids)


def test_the_notice_needs_no_answer_and_is_not_an_alert() -> None:
    """Neighbours have no alert of theirs, no timer, no place on the list."""
    town = play()
    town.open("threat")
    [notice] = town.found(KeepAwaySent)
    assert set(notice.team_ids) == {"Ti", "To"} and "Th" not in notice.team_ids
    assert not {a.responder_id for a in town.found(AlertSent)} & set(notice.team_ids)


def test_a_silent_incident_stays_silent_everywhere() -> None:
    """No notice to anybody, every alert in silent style, the card says how to come."""
    town = play()
    town.open("threat", silent=True)
    assert not town.found(KeepAwaySent)
    assert {a.style for a in town.found(AlertSent)} == {"silent"}
    assert all("silent_approach" in a.card for a in town.found(AlertSent))


def test_somebody_on_the_railing_draws_no_crowd() -> None:
    """A gentle type: silent delivery, soft card, nobody around is told; members are not told what it is."""
    town = play()
    town.open("suicide_threat")
    assert not town.found(KeepAwaySent)
    own = [a for a in town.found(AlertSent) if a.team_id == "Th"]
    assert own and all(
        a.style == "silent" and "gentle" in a.card and "type:help_needed" in a.card for a in own
    )


def test_an_incident_that_turns_violent_calls_its_neighbours_off_and_asks_whether_they_are_safe() -> None:
    """Cardiac arrest, two neighbours asked, one on the way; then it is a fight."""
    town = play()
    town.open("cardiac_arrest")
    near = [a for a in town.found(AlertSent) if a.ring == "neighbour_aid"]
    town.submit("accept_alert", alert_id=near[0].alert_id)
    town.happen(IncidentAmended(incident_id="i1", changed=("type_code",), type_code="fight"))
    withdrawn = {w.responder_id for w in town.found(AlertWithdrawn) if w.reason_code == "safety_gate"}
    assert withdrawn == {a.responder_id for a in near[1:]}
    [called_off] = [r for r in town.found(Released) if r.reason_code == "safety_gate"]
    assert called_off.responder_id == near[0].responder_id
    incident = town.state.respond.incidents["i1"]
    assert incident.safety == {near[0].responder_id: None}
    assert incident.rings["neighbour_aid"] == "off" and incident.clocks["neighbour_aid"].state == "stopped"
    town.wait(300)
    assert len([a for a in town.found(AlertSent) if a.ring == "neighbour_aid"]) == len(near)


def test_a_dispatcher_opens_the_gate_for_one_incident_and_says_why() -> None:
    """Without the words refused; with them a fact; an untrained team not even then."""
    town = play()
    town.open("fight")
    with pytest.raises(Refused, match="safety_gate"):
        town.submit("dispatch", incident_id="i1", responder_ids=("Ti",))
    with pytest.raises(Refused, match="override_needs_reason"):
        town.submit("dispatch", incident_id="i1", responder_ids=("Ti",), open_gate=True)
    town.submit(
        "dispatch", incident_id="i1", responder_ids=("Ti",), open_gate=True, reason_code="children_inside"
    )
    [why] = town.found(RecommendationOverridden)
    assert why.reason_code == "children_inside" and "Ti" in why.chosen
    assert [a.team_id for a in town.found(AlertSent) if a.outside_venue] == ["Ti"]
    with pytest.raises(Refused, match="safety_gate"):
        town.submit("open_ring", incident_id="i1", ring="neighbour_aid")
