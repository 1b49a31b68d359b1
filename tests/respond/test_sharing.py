"""With others: agencies, districts, partners' systems, the next person at the desk, commanders."""

from __future__ import annotations

import pytest

from firstminute.flow.registers import put
from firstminute.flow.views import render
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import HandOverOffered, MessageQueued, SeatHandedOver
from firstminute.model.facts.incident import (
    AgencyAnswered,
    AgencyAsked,
    CommandTaken,
    IncidentClosed,
    TransferAnswered,
)
from firstminute.model.facts.people import DeviceRateLearned
from firstminute.model.records import Agency, District, Station
from firstminute.respond import handover
from firstminute.respond.closure import false_rate
from firstminute.respond.partners import status_of
from tests.support.play import PLACES, Play, play


@pytest.fixture
def town() -> Play:
    """A fraud call in a town with a neighbour district and an ambulance service."""
    town = play(mustered=False)
    put(town.state.registers, "districts", [District(district_id="E", name="E")])
    put(town.state.registers, "agencies", [Agency(agency_id="120", name="120", answer_within_s=45.0)])
    town.open("fraud_phone")
    return town


def test_a_hand_over_is_an_offer_and_the_sender_keeps_it_until_accepted(town: Play) -> None:
    """Silent, then accepted late: each is a fact."""
    town.submit("ask_agency", incident_id="i1", agency="120", mode="hand_over")
    with pytest.raises(Refused, match="agency_not_accepted"):
        town.submit("close_incident", incident_id="i1", outcome="handed_over", handed_to="120")
    town.wait(46.0)
    assert town.found(AgencyAnswered)[-1].answer == "silent"
    request_id = town.found(AgencyAsked)[-1].request_id
    with pytest.raises(Refused, match="agency_not_accepted"):
        town.submit("close_incident", incident_id="i1", outcome="handed_over", handed_to="120")
    town.submit(
        "answer_agency", incident_id="i1", request_id=request_id, answer="accepted", external_id="120:9"
    )
    assert town.submit("answer_agency", incident_id="i1", request_id=request_id, answer="accepted") == []
    with pytest.raises(Refused, match="agency_answered"):
        town.submit("answer_agency", incident_id="i1", request_id=request_id, answer="refused")
    town.submit("close_incident", incident_id="i1", outcome="handed_over", handed_to="120")
    assert town.found(IncidentClosed)[-1].handed_to == "120"


def test_an_agency_is_not_asked_twice_for_the_same(town: Play) -> None:
    """But may be after it refused."""
    town.submit("ask_agency", incident_id="i1", agency="120")
    with pytest.raises(Refused, match="agency_already_asked"):
        town.submit("ask_agency", incident_id="i1", agency="120")
    town.submit(
        "answer_agency", incident_id="i1", request_id=town.found(AgencyAsked)[-1].request_id, answer="refused"
    )
    town.submit("ask_agency", incident_id="i1", agency="120")
    with pytest.raises(Refused, match="unknown_agency"):
        town.submit("ask_agency", incident_id="i1", agency="999")


def test_a_transfer_needs_the_other_districts_word(town: Play) -> None:
    """Only theirs; silence is a refusal; clocks stay."""
    clocks = set(town.state.respond.incidents["i1"].clocks)
    town.submit("offer_transfer", incident_id="i1", to_district="E", reason="border")
    with pytest.raises(Refused, match="not_your_district"):
        town.submit(
            "answer_transfer",
            incident_id="i1",
            accepted=True,
            actor=Actor(id="x", role="dispatcher", district="D"),
        )
    with pytest.raises(Refused, match="transfer_pending"):
        town.submit("close_incident", incident_id="i1", outcome="resolved")
    town.wait(121.0)
    assert town.found(TransferAnswered)[-1].accepted is False
    assert town.state.respond.incidents["i1"].district == "D"
    town.submit("offer_transfer", incident_id="i1", to_district="E", reason="border")
    town.submit(
        "answer_transfer",
        incident_id="i1",
        accepted=True,
        actor=Actor(id="x", role="dispatcher", district="E"),
    )
    incident = town.state.respond.incidents["i1"]
    assert (incident.district, incident.seat, incident.transfer_to) == ("E", None, None)
    assert set(incident.clocks) == clocks
    told = [(m.reason, m.recipient) for m in town.found(MessageQueued) if m.reason.startswith("transfer")]
    assert [each for each in told if each[0] == "transfer_offered"] == [
        ("transfer_offered", "duty_officer:E")
    ] * 2
    assert [each[0] for each in told if each[0] != "transfer_offered"] == [
        "transfer_refused",
        "transfer_accepted",
    ]


def test_after_a_transfer_the_other_districts_station_is_the_one_that_is_woken(town: Play) -> None:
    """Who took it over answers for it."""
    lon, lat = PLACES["x"]
    put(
        town.state.registers,
        "stations",
        [Station(station_id="S2", name="S2", lon=lon, lat=lat, district="E")],
    )
    town.submit("amend_incident", incident_id="i1", place={"points": [PLACES["m"]]})
    town.submit("offer_transfer", incident_id="i1", to_district="E", reason="border")
    town.submit("answer_transfer", incident_id="i1", accepted=False)
    assert town.state.respond.incidents["i1"].station_id == "S1"
    town.submit("offer_transfer", incident_id="i1", to_district="E", reason="border")
    town.submit("answer_transfer", incident_id="i1", accepted=True)
    assert town.state.respond.incidents["i1"].station_id == "S2"
    town.submit("amend_incident", incident_id="i1", place={"points": [PLACES["s"]]})
    incident = town.state.respond.incidents["i1"]
    assert (incident.district, incident.station_id) == ("E", "S2"), "a better place gives it back to nobody"


def test_what_a_caller_says_after_a_transfer_gives_it_back_to_nobody(town: Play) -> None:
    """The other district keeps what it took."""
    town.submit("receive_call", call_id="c", type_code="quarrel", venue_id="Vh")
    about = str(town.state.respond.calls["c"].incident_id)
    assert town.state.respond.incidents[about].district == "D"
    town.submit("offer_transfer", incident_id=about, to_district="E", reason="load")
    town.submit("answer_transfer", incident_id=about, accepted=True)
    town.submit("amend_call", call_id="c", text="人多了", place={"points": [PLACES["h"]], "radius_m": 5.0})
    assert town.state.respond.incidents[about].district == "E"


def test_two_levels_of_command_are_handed_over_by_name(town: Play) -> None:
    """On scene and of the whole; nobody loses it silently."""
    town.submit("take_command", incident_id="i1", commander_id="c1", tier="tactical")
    town.submit("take_command", incident_id="i1", commander_id="c9", tier="overall")
    with pytest.raises(Refused, match="command_held"):
        town.submit("take_command", incident_id="i1", commander_id="c2", tier="tactical")
    town.submit("take_command", incident_id="i1", commander_id="c2", tier="tactical", handed_over_by="c1")
    assert town.found(CommandTaken)[-1].handed_over_by == "c1"
    assert town.state.respond.incidents["i1"].commanders == {"tactical": "c2", "overall": "c9"}


def test_the_hand_over_sheet_forgets_nothing_and_needs_both(town: Play) -> None:
    """Open incidents, promises, units out, faults, call-backs."""
    town.submit(
        "receive_call", type_code="theft", seat="A", caller_phone="139", place={"points": [PLACES["k"]]}
    )
    call_id = list(town.state.respond.calls)[-1]
    incident_id = str(town.state.respond.calls[call_id].incident_id)
    town.submit("make_promise", call_id=call_id, what="call_back", within_s=900.0)
    out = {b.responder_id for b in town.state.respond.assignments.values() if b.incident_id == incident_id}
    paper = {"seat": "A", "from_person": "p1", "to_person": "p2", "faults": ("radio",)}
    with pytest.raises(Refused, match="hand_over_not_offered"):
        town.submit("sign_hand_over", seat="A", person="p2")
    with pytest.raises(Refused, match="unknown_reason"):
        town.submit("offer_hand_over", **{**paper, "faults": ("张三的电台坏了",)})
    town.submit("offer_hand_over", **paper, note="2 号电台杂音大")
    assert town.found(HandOverOffered)[-1].open_incidents == (incident_id,) and not town.found(SeatHandedOver)
    town.submit("receive_call", type_code="noise", seat="A", place={"points": [PLACES["x"]]})
    late = list(town.state.respond.incidents)[-1]
    with pytest.raises(Refused, match="hand_over_other_person"):
        town.submit("sign_hand_over", seat="A", person="p1")
    town.submit("sign_hand_over", seat="A", person="p2")
    assert town.found(SeatHandedOver)[-1].since == (late,), "what came between the signatures is named"
    assert not town.state.respond.hand_overs
    town.submit("close_incident", incident_id=late, outcome="advice")
    sheet = town.found(SeatHandedOver)[-1]
    assert set(sheet.open_incidents) == {incident_id, late} and sheet.faults == ("radio",)
    assert len(sheet.promises) == 1 and set(sheet.units_out) == out
    assert town.state.respond.incidents[incident_id].seat == "A", "incidents belong to seats, not to persons"
    town.submit("close_incident", incident_id=incident_id, outcome="resolved")
    assert [c.call_id for c in handover.callbacks(town.state.respond, "A")] == [call_id]
    assert handover.sheet(town.state.respond, "A").promises[0][1] == call_id, (
        "a promise outlives its incident"
    )
    town.submit("record_callback", call_id=call_id, result="satisfied", keeps_all=True)
    assert handover.callbacks(town.state.respond) == []


def test_a_partners_record_hears_status_and_disposition_in_any_order(town: Play) -> None:
    """Create, the first crew, arrival, close, cancel after close, reopen."""
    record = {
        "channel": "cad",
        "external_id": "110:5",
        "type_code": "theft",
        "place": {"points": [PLACES["k"]]},
    }
    town.submit("receive_call", **record)
    respond = town.state.respond
    status = status_of(respond, "110:5")
    assert status is not None and status["status"] == "responding" and status["outcome"] is None
    incident_id = str(status["incident_id"])
    task = next(b.assignment_id for b in respond.assignments.values())
    town.submit("report_arrived", assignment_id=task)
    assert status_of(respond, "110:5")["on_scene"]  # type: ignore[index]
    town.submit("close_incident", incident_id=incident_id, outcome="nobody_found")
    told = [m for m in town.found(MessageQueued) if m.channel == "cad"]
    assert [m.recipient for m in told] == ["110:5"] * 3
    assert status_of(respond, "110:5")["outcome"] == "nobody_found"  # type: ignore[index]
    assert town.submit("request_cancel", incident_id=incident_id, by="partner") == []
    assert town.submit("receive_call", **record) == []
    town.submit("reopen_incident", incident_id=incident_id, reason="called_again")
    assert status_of(respond, "110:5")["status"] in ("open", "responding")  # type: ignore[index]
    assert status_of(respond, "110:6") is None


def test_false_alarms_are_counted_per_button_never_per_person(town: Play) -> None:
    """One of two."""
    for outcome in ("false_alarm", "resolved"):
        town.submit("receive_call", channel="sos", device_id="B7", caller_phone="139", type_code="sos")
        incident_id = list(town.state.respond.incidents)[-1]
        town.submit("close_incident", incident_id=incident_id, outcome=outcome)
        town.at_s += 4_000
    assert false_rate(town.state.respond, "B7") == 0.5
    assert false_rate(town.state.respond, "139") is None
    town.submit("receive_call", channel="sos", device_id="B7", type_code="sos")
    about = list(town.state.respond.incidents)[-1]
    row = render(town.state, [f"incident/{about}"])[f"incident/{about}"]
    assert row is not None and row["device"] == {"device_id": "B7", "calls": 2, "false": 1}
    learned = [(f.body.calls, f.body.false) for f in town.facts if isinstance(f.body, DeviceRateLearned)]
    assert learned == [(1, 1), (2, 1)], "in all, so that a restart knows it by the last fact alone"


def test_what_ended_longer_ago_than_a_shift_is_let_go(town: Play) -> None:
    """Live state holds what is open; the journal has the rest."""
    town.submit("receive_call", type_code="theft", external_id="110:1", caller_phone="139", device_id="B")
    first = list(town.state.respond.incidents)[-1]
    town.submit("close_incident", incident_id=first, outcome="resolved")
    town.at_s += 9 * 3600
    town.submit("close_incident", incident_id="i1", outcome="resolved")
    respond = town.state.respond
    assert list(respond.closed) == ["i1"]
    assert not (respond.calls or respond.external or respond.phones or respond.devices or respond.near)
