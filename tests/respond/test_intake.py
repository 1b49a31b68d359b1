"""A call while the caller speaks: what is kept, what is amended, what is guessed and what never is."""

from __future__ import annotations

import pytest

from firstminute.flow.registers import put
from firstminute.flow.reply import reply
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.call import CallAmended, CallAttached, CallReceived
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import (
    CancelRequested,
    DeskMeasureTaken,
    IncidentAmended,
    IncidentOpened,
)
from firstminute.model.facts.response import AlertSent, CrewUpdated, UnitsRecommended
from firstminute.model.records import Device
from tests.support.play import PLACES, Play, play


def at(letter: str, **more: object) -> dict[str, object]:
    """A place at a letter of the town."""
    return {"points": [PLACES[letter]], **more}


@pytest.fixture
def town() -> Play:
    """The mustered town."""
    return play()


def call_of(town: Play) -> str:
    """The last call."""
    return list(town.state.respond.calls)[-1]


def test_a_call_with_nothing_in_it_is_a_call_and_an_incident(town: Play) -> None:
    """Unknown is allowed everywhere; the place can follow."""
    town.submit("receive_call")
    opened = town.found(IncidentOpened)[-1]
    assert (opened.type_code, opened.place, opened.cell, opened.venue_id) == ("unknown", None, None, None)
    shortfalls = town.found(UnitsRecommended)[-1].shortfalls
    assert {s.code for s in shortfalls} == {"place_unknown"}


def test_every_later_word_re_ranks_and_tells_the_crews(town: Play) -> None:
    """First a type, then a place, then a floor; crews hear what changed."""
    town.submit("receive_call", type_code="quarrel")
    before = len(town.found(UnitsRecommended))
    town.submit("amend_call", call_id=call_of(town), place=at("k", radius_m=80.0))
    town.submit("amend_call", call_id=call_of(town), place=at("k", radius_m=10.0, floor=3))
    assert (
        all("place" in a.changed for a in town.found(IncidentAmended))
        and len(town.found(IncidentAmended)) == 2
    )
    assert len(town.found(UnitsRecommended)) == before + 2
    assert "place" in town.found(CrewUpdated)[-1].changed
    assert town.found(MessageQueued)[-1].reason in ("crew_update", "alert")
    incident = next(iter(town.state.respond.incidents.values()))
    assert incident.place is not None and incident.place.floor == 3 and incident.place.known_s == town.at_s


def test_a_word_more_shows_on_the_screen_and_rings_no_device(town: Play) -> None:
    """Forty amendments while the caller speaks are not forty messages."""
    town.submit("receive_call", type_code="theft", place=at("k"), text="有人")
    before = len(town.found(MessageQueued))
    town.submit("amend_call", call_id=call_of(town), text="有人偷车")
    assert town.found(CrewUpdated)[-1].changed == ("summary",)
    assert len(town.found(MessageQueued)) == before


def test_the_same_words_again_are_no_fact(town: Play) -> None:
    """A partner that sends its record twice changes nothing."""
    record = {
        "channel": "cad",
        "external_id": "110:7",
        "type_code": "theft",
        "place": at("k"),
        "text": "被偷",
    }
    town.submit("receive_call", **record)
    count = len(town.facts)
    assert town.submit("receive_call", **record) == []
    assert town.submit("amend_call", call_id=call_of(town), type_code="theft", text="被偷") == []
    assert len(town.facts) == count
    town.submit("receive_call", **{**record, "text": "是电动车"})
    assert town.found(CallAmended)[-1].changed == ("text",)
    assert len(town.found(CallReceived)) == 1


def test_words_of_danger_shut_the_gate_and_other_words_open_nothing(town: Play) -> None:
    """A guess counts upwards only."""
    town.submit("receive_call", text="有人持刀", place=at("h"))
    assert town.found(IncidentOpened)[-1].type_code == "armed_attack"
    town.submit("receive_call", text="有人没有呼吸", place=at("x"))
    assert town.found(IncidentOpened)[-1].type_code == "unknown"


def test_the_deciding_question_decides(town: Play) -> None:
    """A weapon makes a quarrel an armed attack, unless a dispatcher has named it."""
    town.submit("receive_call", type_code="quarrel", place=at("h"))
    town.submit("answer_protocol", call_id=call_of(town), question="weapon", answer="knife")
    amended = town.found(IncidentAmended)[-1]
    assert (amended.type_code, amended.priority) == ("armed_attack", 1)
    town.submit("receive_call", type_code="quarrel", place=at("x"))
    incident_id = town.found(IncidentOpened)[-1].incident_id
    town.submit("amend_incident", incident_id=incident_id, type_code="dispute")
    town.submit("answer_protocol", call_id=call_of(town), question="weapon", answer="knife")
    assert town.state.respond.incidents[incident_id].type_code == "dispute"


def test_what_a_dispatcher_set_by_hand_no_call_overrides(town: Play) -> None:
    """By hand beats by ear."""
    town.submit("receive_call", type_code="quarrel", place=at("h", radius_m=50.0))
    incident_id = town.found(IncidentOpened)[-1].incident_id
    town.submit("amend_incident", incident_id=incident_id, place=at("k"))
    town.submit("amend_call", call_id=call_of(town), place=at("a", radius_m=1.0))
    place = town.state.respond.incidents[incident_id].place
    assert place is not None and place.points == (PLACES["k"],)


def test_words_that_come_after_the_end_are_written_down_and_call_nobody(town: Play) -> None:
    """The page saves a moment after the key was pressed, and the incident may be closed by then."""
    town.submit("receive_call", type_code="quarrel", place=at("h"))
    incident_id = town.found(IncidentOpened)[-1].incident_id
    town.submit("close_incident", incident_id=incident_id, outcome="false_alarm")
    before = len(town.facts)
    town.submit("amend_call", call_id=call_of(town), text="他又回来了", place=at("k"))
    assert [fact.kind for fact in town.facts[before:]] == ["CallAmended"]
    assert town.state.respond.calls[call_of(town)].text == "他又回来了"


def test_an_unreadable_call_waits_for_eyes_and_becomes_one_when_typed(town: Play) -> None:
    """202 is not lost."""
    town.submit("receive_unreadable_call", channel="web", raw="AAAA", length=3, problem="encoding")
    assert list(town.state.respond.loose) == [call_of(town)] and not town.found(IncidentOpened)
    town.submit("amend_call", call_id=call_of(town), type_code="fire", place=at("i"))
    assert town.found(IncidentOpened)[-1].type_code == "fire" and not town.state.respond.loose


def test_a_button_brings_its_place_its_kind_and_its_silence(town: Play) -> None:
    """Silent: no call-back, no sound, silent approach on every card; nobody else is warned."""
    lon, lat = PLACES["h"]
    put(
        town.state.registers,
        "devices",
        [
            Device(
                device_id="B",
                kind="sos_button",
                venue_id="Vh",
                lon=lon,
                lat=lat,
                floor=2,
                silent=True,
                type_code="sos",
            )
        ],
    )
    town.submit("receive_call", channel="sos", device_id="B", caller_phone="139")
    opened = town.found(IncidentOpened)[-1]
    assert (
        opened.silent
        and opened.venue_id == "Vh"
        and opened.type_code == "sos"
        and opened.place is not None
        and opened.place.floor == 2
    )
    assert {a.style for a in town.found(AlertSent)} == {"silent"}
    assert all("silent_approach" in a.card for a in town.found(AlertSent))
    with pytest.raises(Refused, match="silent_no_callback"):
        town.submit("record_callback", call_id=call_of(town), result="reached")


@pytest.mark.parametrize("pin, duress", [("12", False), ("13", True), ("99", True), (None, False)])
def test_the_duress_pin_looks_like_a_cancel(town: Play, pin: str | None, duress: bool) -> None:
    """The right PIN is information; the other one, or a wrong one, makes everything silent and urgent. The answer is the same."""
    lon, lat = PLACES["h"]
    put(
        town.state.registers,
        "devices",
        [
            Device(
                device_id="B",
                kind="sos_button",
                venue_id="Vh",
                lon=lon,
                lat=lat,
                cancel_pin="12",
                duress_pin="13",
                type_code="sos",
            )
        ],
    )
    town.submit("receive_call", channel="sos", device_id="B")
    incident_id = town.found(IncidentOpened)[-1].incident_id
    made = town.submit("request_cancel", incident_id=incident_id, by="device", pin=pin)
    again = town.submit("request_cancel", incident_id=incident_id, by="device", pin=pin)
    assert reply(made) == reply(again) == {}, "nobody who watches the sender's screen sees a difference"
    assert town.found(CancelRequested)[-1].duress is duress
    if duress:
        with pytest.raises(Refused, match="silent_no_callback"):
            town.submit("record_callback", call_id=call_of(town), result="reached")
    incident = town.state.respond.incidents[incident_id]
    assert incident.silent is duress and incident.cancel_requested
    assert incident.status != "closed", "only the desk cancels"


RESIDENT = Actor(id="r", role="resident")


def test_a_stranger_speaks_for_no_seat_button_partner_or_paper(town: Play) -> None:
    """What is not theirs to say is left out and named; the call is a call like any other."""
    town.submit(
        "receive_call", channel="cad", external_id="110:7", type_code="theft", place=at("k"), text="被偷"
    )
    town.submit(
        "receive_call", actor=RESIDENT, channel="paper", external_id="110:7", device_id="B", seat="A", answered_s=1.0, text="快来",
        type_code="fight", place=at("h"),
    )  # fmt: skip
    call = town.found(CallReceived)[-1]
    assert (call.channel, call.external_id, call.device_id, call.seat, call.answered_s) == (
        "web",
        None,
        None,
        None,
        None,
    )
    assert set(call.problems) == {
        f"{n}:not_yours" for n in ("external_id", "device_id", "seat", "answered_s")
    }
    assert call.text == "快来" and not town.found(CallAmended)
    assert any(a.incident_id == town.found(IncidentOpened)[-1].incident_id for a in town.found(AlertSent)), (
        "help comes all the same"
    )


def test_a_strangers_duress_makes_nothing_silent(town: Play) -> None:
    """It is information, as every cancel is."""
    town.open("fight")
    town.submit("request_cancel", incident_id="i1", duress=True, pin="99", actor=RESIDENT)
    assert town.found(CancelRequested)[-1].duress is False and not town.state.respond.incidents["i1"].silent


def test_a_device_with_a_wrong_date_breaks_no_promise(town: Play) -> None:
    """An hour ago by its own clock: answered as a call of now, ten minutes at most are believed."""
    town.submit(
        "receive_call", channel="sos", type_code="sos", place=at("h"), occurred_s=town.at_s - 86_400.0
    )
    assert town.found(IncidentOpened)[-1].started_s == town.at_s - 600.0 and town.found(AlertSent)


def test_only_the_desk_stands_people_down(town: Play) -> None:
    """Not a caller, not a crew, not a partner."""
    town.open("fight")
    with pytest.raises(Refused, match="only_desk_cancels"):
        town.submit("stand_down", actor=Actor(id="p", role="partner"), incident_id="i1", reason="settled")


def test_a_seat_may_re_take_a_call_within_its_grace_and_deliberately_after(town: Play) -> None:
    """Two seats reach for one call."""
    town.submit("receive_call", type_code="theft")
    call_id = call_of(town)
    town.submit("claim_call", call_id=call_id, seat="A")
    town.at_s += 15
    town.submit("claim_call", call_id=call_id, seat="B")
    town.at_s += 25
    with pytest.raises(Refused, match="call_claimed"):
        town.submit("claim_call", call_id=call_id, seat="A")
    town.submit("claim_call", call_id=call_id, seat="A", take_over=True)
    assert town.state.respond.calls[call_id].seat == "A"


def test_fraud_goes_to_a_desk_with_its_clocks_and_no_crew(town: Play) -> None:
    """止付 first; an undone measure wakes the duty officer."""
    town.submit("receive_call", type_code="fraud_phone", text="转了五万")
    incident = next(iter(town.state.respond.incidents.values()))
    assert incident.desk_only and set(incident.measures) == {"stop_payment", "dissuasion"}
    assert not incident.assignments and not town.found(AlertSent)
    town.submit("take_measure", incident_id=incident.incident_id, measure="stop_payment")
    town.wait(301.0)
    assert [a.responder_kind for a in town.found(AlertSent)] == ["duty_officer"]
    assert incident.measures["stop_payment"][1] == "done" and incident.measures["dissuasion"][1] is None
    with pytest.raises(Refused, match="unknown_kind"):
        town.submit("take_measure", incident_id=incident.incident_id, measure="转给了张三")
    town.submit("close_incident", incident_id=incident.incident_id, outcome="resolved")
    assert [(m.measure, m.result) for m in town.found(DeskMeasureTaken)] == [
        ("stop_payment", "done"),
        ("dissuasion", "not_taken"),
    ]


def test_a_button_that_moves_and_a_caller_who_walks_take_the_incident_with_them(town: Play) -> None:
    """The later place of the same sender counts, also where it is no more exact; somebody else's does not move it."""
    button = Device(device_id="B", kind="sos_button", type_code="sos")
    put(town.state.registers, "devices", [button])
    for letter in "aab":
        here = {"points": [PLACES[letter]], "radius_m": 20.0, "source": "device"}
        town.submit("receive_call", channel="sos", device_id="B", place=here)
    [incident] = town.state.respond.incidents.values()
    assert incident.place is not None and incident.place.centre == PLACES["b"]
    assert town.found(IncidentAmended)[-1].changed[0] == "place" and town.found(CallAttached)[-1].reasons == (
        "same_device",
    )
    far = {"points": [PLACES["c"]], "radius_m": 20.0}
    town.submit("receive_call", type_code="sos", place=far, caller_phone="1")
    assert incident.place is not None and incident.place.centre == PLACES["b"]


def test_a_promise_comes_back_until_it_is_kept(town: Play) -> None:
    """It reminds the seat, stands on the sheet, and a call-back keeps it."""
    town.submit("receive_call", type_code="theft", seat="A", caller_phone="139")
    call_id = call_of(town)
    town.submit("make_promise", call_id=call_id, what="call_back", within_s=120.0)
    town.wait(121.0)
    reminder = [m for m in town.found(MessageQueued) if m.reason == "promise_due"]
    assert [m.recipient for m in reminder] == ["A"]
    promise_id = next(iter(town.state.respond.calls[call_id].promises))
    town.submit("record_callback", call_id=call_id, result="satisfied", promise_id=promise_id)
    assert not town.state.respond.calls[call_id].promises
