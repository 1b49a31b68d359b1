"""The safety gate binds: every kind of incident goes through it, in the rules and played in the town."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firstminute.flow.letters import letter
from firstminute.flow.mine import mine
from firstminute.flow.registers import put
from firstminute.flow.views import render
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentAmended
from firstminute.model.facts.people import KitReported
from firstminute.model.facts.response import (
    AlertSent,
    AlertWithdrawn,
    Assigned,
    GateOpened,
    KeepAwayLifted,
    KeepAwaySent,
    RecommendationOverridden,
    Released,
)
from firstminute.model.records import Member, Team
from firstminute.respond.catalogue import CATALOGUE, DEFAULT_TYPES, type_of
from firstminute.respond.safety import (
    FOR_CALLERS,
    PHRASES,
    SHUT_FOR,
    gate_of,
    may_ask_neighbour,
    may_be_informed,
    to_caller,
    to_responders,
)
from tests.support.play import Play, play

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
        assert alert.card[0].startswith("advice:") or not to_responders(DEFAULT_TYPES[code].advice)


@EVERY_TYPE
def test_what_is_said_to_a_caller_is_not_said_to_those_who_come_or_are_around(code: str) -> None:
    """Cards, letters, the phone's own page and notices, of every type: nobody is told to keep a line open that he has not."""
    town = play()
    town.open(code)
    advice = {f"advice:{each}" for each in FOR_CALLERS}
    alerts = [a for a in town.found(AlertSent) if a.team_id is not None]
    assert not [a.card for a in alerts if advice & set(a.card)]
    for alert in alerts:
        written = letter(town.state, "alert", alert.alert_id, alert.responder_id)
        assert written is not None and not {f"advice.{each}" for each in FOR_CALLERS} & set(written.more)
        who = Actor(id=alert.responder_id, role="member", team_id=alert.team_id)
        shown = mine(town.state, who, town.at_s)["incidents"]
        assert shown and not [each for row in shown for each in row["advice"] if each in FOR_CALLERS]
    for notice in town.found(KeepAwaySent):
        assert notice.advice and set(notice.advice) <= set(PHRASES)


def test_who_wrote_on_the_web_is_not_told_to_keep_a_line_open() -> None:
    """The desk's first words to a caller: the line where one of the calls came over one, the rest always."""
    advice = DEFAULT_TYPES["robbery"].advice
    assert "keep_line_open" in to_caller(advice, ["web", "phone"]) and "keep_line_open" in advice
    for channels in ([], ["web"], ["chat", "sos", "sensor"]):
        assert to_caller(advice, channels) == tuple(each for each in advice if each != "keep_line_open")
    for channel, told in (("phone", True), ("web", False)):
        town = play()
        town.submit("receive_call", channel=channel, type_code="robbery", venue_id="Vh")
        (incident_id,) = town.state.respond.incidents
        row = render(town.state, [f"incident/{incident_id}"])[f"incident/{incident_id}"]
        assert row is not None and ("keep_line_open" in row["advice"]) is told


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
    [why] = town.found(GateOpened)
    assert (why.reason_code, why.team_ids) == ("children_inside", ("Ti",)) and not town.found(
        RecommendationOverridden
    )
    let_in = [a for a in town.found(AlertSent) if a.outside_venue]
    assert [(a.team_id, a.task) for a in let_in] == [("Ti", "protect")], (
        "let through, and still never told to engage"
    )
    assert let_in[0].card[:2] == ("advice:protect_separate_evacuate", "advice:you_choose")
    with pytest.raises(Refused, match="safety_gate"):
        town.submit("open_ring", incident_id="i1", ring="neighbour_aid")
    town.submit("accept_alert", alert_id=let_in[0].alert_id)
    assert town.state.respond.busy[let_in[0].responder_id] and not town.found(Released)
    town.happen(IncidentAmended(incident_id="i1", changed=("type_code",), type_code="armed_attack"))
    assert [r.reason_code for r in town.found(Released)] == ["safety_gate"], (
        "a new danger shuts the gate again"
    )


def test_a_merge_takes_nobody_towards_danger_who_may_not_go() -> None:
    """Two calls about one thing: a collapsed man, and a fight. The neighbour who ran to the man is called off and asked whether he is safe."""
    town = play()
    town.submit("receive_call", call_id="man", type_code="cardiac_arrest", venue_id="Vo")
    near = next(a for a in town.found(AlertSent) if a.ring == "neighbour_aid")
    town.submit("accept_alert", alert_id=near.alert_id)
    town.submit("receive_call", call_id="fight", type_code="fight", venue_id="Vh")
    about = str(town.state.respond.calls["fight"].incident_id)
    town.submit("attach_call", call_id="man", incident_id=about)
    merged = [a for a in town.found(Assigned) if a.how == "merged"]
    assert {a.responder_kind for a in merged} == {"member", "unit"}
    off = [r for r in town.found(Released) if r.reason_code == "safety_gate"]
    assert [(r.responder_id, r.incident_id) for r in off] == [(near.responder_id, about)]
    incident = town.state.respond.incidents[about]
    assert incident.safety == {near.responder_id: None} and near.responder_id not in town.state.respond.busy
    assert ("safety_gate", near.responder_id) in [(m.reason, m.recipient) for m in town.found(MessageQueued)]


def _untrain(town: Play, member_id: str) -> None:
    team_id = town.state.registers.members[member_id].team_id
    put(town.state.registers, "members", [Member(member_id=member_id, team_id=team_id, channels=("sms",))])


def test_of_one_team_the_trained_are_informed_and_the_others_told_to_keep_away() -> None:
    """Nobody of the venue is left without a word."""
    town = play()
    _untrain(town, "Mh1")
    town.open("threat")
    assert {a.responder_id for a in town.found(AlertSent) if a.team_id == "Th"} == {"Mh0", "Mh2", "Mh3"}
    [notice] = town.found(KeepAwaySent)
    assert notice.member_ids == ("Mh1",) and "Th" not in notice.team_ids
    told = {(m.recipient, m.channel) for m in town.found(MessageQueued) if m.reason == "keep_away"}
    assert told == {("Mh1", "sms"), ("Ti", "page"), ("To", "page")}


def test_an_untrained_team_hears_of_a_danger_of_unknown_kind_in_its_own_venue_and_nobody_else_does() -> None:
    """The button was pressed in the mall; nobody around is frightened without a cause."""
    town = play()
    put(town.state.registers, "teams", [Team(team_id="Th", venue_id="Vh", name="h", minimum=2)])
    for k in range(4):
        _untrain(town, f"Mh{k}")
    town.open("sos")
    assert [(n.team_ids, n.member_ids) for n in town.found(KeepAwaySent)] == [(("Th",), ())]
    assert {m.recipient for m in town.found(MessageQueued) if m.reason == "keep_away"} == {
        "Th",
        "Mh0",
        "Mh1",
        "Mh2",
        "Mh3",
    }
    quiet = play()
    quiet.open("unknown")
    assert not quiet.found(KeepAwaySent)


def test_a_team_that_may_not_be_informed_cannot_be_sent_by_hand_either() -> None:
    """The dispatcher is told so, instead of nobody being asked in silence."""
    town = play()
    for k in range(4):
        _untrain(town, f"Mh{k}")
    town.open("fight")
    with pytest.raises(Refused, match="safety_gate"):
        town.submit(
            "dispatch", incident_id="i1", responder_ids=("Th",), reason_code="lives_at_risk", open_gate=True
        )


@pytest.mark.parametrize("end", ("close", "settled", "too_dangerous", "was_nothing"))
def test_whoever_was_told_to_keep_away_hears_when_it_is_over(end: str) -> None:
    """Once; and not while everybody is called off because it is too dangerous."""
    town = play()
    town.open("threat")
    told = set(town.found(KeepAwaySent)[0].team_ids)
    if end == "was_nothing":
        town.happen(IncidentAmended(incident_id="i1", changed=("type_code",), type_code="quarrel"))
    elif end != "close":
        town.submit("stand_down", incident_id="i1", reason=end)
        for who in list(town.state.respond.incidents["i1"].safety):
            town.submit("answer_safety", incident_id="i1", responder_id=who, safe=True)
        assert bool(town.found(KeepAwayLifted)) == (end == "settled")
    town.submit("close_incident", incident_id="i1", outcome="resolved")
    assert [set(lifted.told) for lifted in town.found(KeepAwayLifted)] == [told]
    assert {m.recipient for m in town.found(MessageQueued) if m.reason == "all_clear"} == told
