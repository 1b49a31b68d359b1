"""What the zone outside did by itself is taken over by this desk's rules: each person once, and nobody is left on the way to danger."""

from __future__ import annotations

from typing import Any

from firstminute.flow.registers import put
from firstminute.model.facts.response import AlertSent, AlertWithdrawn
from firstminute.model.records import Member
from tests.support.play import Play, play


def called_outside(type_code: str, *people: str) -> Play:
    """A call for the hospital's venue that reached the desk after the outside had told its people to come."""
    town = play(mustered=False)
    asked: list[dict[str, Any]] = [
        {
            "alert_id": f"OUT{number}", "responder_id": who, "responder_kind": "member", "team_id": "Th", "task": "respond",
            "sent_s": town.at_s - 10.0, "expires_s": town.at_s + 20.0,
        }
        for number, who in enumerate(people)
    ]  # fmt: skip
    put(town.state.registers, "members", [Member(member_id="Mx", team_id="Th")])
    town.submit("receive_call", type_code=type_code, venue_id="Vh", text="x")
    town.submit("tell_asked_outside", call_id=next(iter(town.state.respond.calls)), alerts=asked)
    return town


def test_somebody_alerted_twice_outside_is_taken_over_once_by_the_first_alert() -> None:
    town = called_outside("medical", "Mh0", "Mh1", "Mh0")
    sent = [each for each in town.found(AlertSent) if each.alert_id.startswith("OUT")]
    assert [(each.alert_id, each.responder_id) for each in sent] == [("OUT0", "Mh0"), ("OUT1", "Mh1")]
    assert {each.task for each in sent} == {"respond"}


def test_behind_a_shut_gate_the_untrained_are_called_back_and_nobody_is_told_to_go() -> None:
    town = called_outside("armed_attack", "Mx", "Mh0")
    sent = {each.alert_id: each.task for each in town.found(AlertSent) if each.alert_id.startswith("OUT")}
    assert sent == {"OUT0": "inform", "OUT1": "inform"}
    assert [(each.alert_id, each.reason_code) for each in town.found(AlertWithdrawn)] == [
        ("OUT0", "safety_gate")
    ]
