"""The responder's own page before the core: the test at check-in, ways tried one after the other, thanks, feedback, and one's own row of the register."""

from __future__ import annotations

from typing import Any

import pytest

from firstminute.flow.letters import letter
from firstminute.flow.mine import mine
from firstminute.flow.registers import put
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageOutcome, MessageQueued, RegisterChanged
from firstminute.model.facts.people import FeedbackGiven, MemberReached
from firstminute.model.facts.response import AlertFailed, AlertSent, Arrived, Assigned
from firstminute.model.records import Entrance, Member, Venue
from tests.support.play import PLACES, Play, play, roll

WANG = Actor(id="Mh0", role="member", team_id="Th")


def ways(town: Play, *channels: str) -> None:
    """Who is asked first at h is reached on these ways."""
    put(
        town.state.registers,
        "members",
        [Member(member_id="Mh0", team_id="Th", trained=("restrain", "cpr"), channels=channels)],
    )


def tried(town: Play) -> list[str]:
    """The ways on which Mh0's alert went out so far."""
    alert = next(a for a in town.found(AlertSent) if a.responder_id == "Mh0")
    return [m.channel for m in town.found(MessageQueued) if m.reason_id == alert.alert_id]


def arrive(town: Play) -> None:
    bound = next(a for a in town.found(Assigned) if a.responder_id == "Mh0")
    town.happen(
        Arrived(
            assignment_id=bound.assignment_id,
            incident_id=bound.incident_id,
            responder_id="Mh0",
            responder_kind="member",
            ring=bound.ring,
            evidence="qr",
        )
    )


def test_whoever_checks_in_on_the_own_phone_counts_as_reachable_once_the_test_was_heard() -> None:
    town = play(mustered=False)
    ways(town, "page", "push")
    town.submit("check_in", actor=WANG, team_id="Th", member_id="Mh0", method="button")
    here = town.state.muster.rolls["Th"]
    assert (here.on_duty, here.reachable) == (1, 0)
    assert [(m.channel, m.recipient) for m in town.found(MessageQueued) if m.reason == "test"] == [
        ("page", "Mh0"),
        ("push", "Mh0"),
    ]
    assert letter(town.state, "test", "Th", "Mh0") is not None
    town.submit("hear_test", actor=WANG, team_id="Th", member_id="Mh0")
    town.submit("hear_test", actor=WANG, team_id="Th", member_id="Mh0")
    assert (here.on_duty, here.reachable) == (1, 1) and len(town.found(MemberReached)) == 1
    assert letter(town.state, "test", "Th", "Mh0") is None, "heard: nothing rings any more"
    town.submit("check_in", actor=Actor(id="Mh1", role="member", team_id="Th"), team_id="Th", member_id="Mh1")
    town.submit("check_in", team_id="Th", member_id="Mh2")
    assert (here.on_duty, here.reachable) == (3, 2), (
        "one that the desk ticked is believed, one whose phone rings is not yet"
    )
    town.submit("check_out", team_id="Th", member_id="Mh1")
    assert (here.on_duty, here.reachable) == (2, 2)
    with pytest.raises(Refused, match="not_on_duty"):
        town.submit("hear_test", team_id="Th", member_id="Mh3")


def test_a_way_that_brings_nothing_in_eight_seconds_is_followed_by_the_next_and_the_last_has_until_the_end() -> (
    None
):
    town = play()
    ways(town, "page", "push", "sms")
    town.open("cardiac_arrest")
    town.wait(7.9)
    assert tried(town) == ["page"]
    town.wait(0.2)
    assert tried(town) == ["page", "push"]
    town.wait(8.0)
    assert tried(town) == ["page", "push", "sms"]
    assert [(f.channel, f.problem) for f in town.found(AlertFailed)][:2] == [
        ("page", "not_in_time"),
        ("push", "not_in_time"),
    ]
    town.wait(10.0)
    assert tried(town) == ["page", "push", "sms"]


@pytest.mark.parametrize("said", ["delivered", "seen", "accept"])
def test_nothing_is_tried_any_more_once_it_was_delivered_seen_or_answered(said: str) -> None:
    town = play()
    ways(town, "push", "sms")
    town.open("cardiac_arrest")
    alert = next(a for a in town.found(AlertSent) if a.responder_id == "Mh0")
    town.submit(
        {"delivered": "alert_delivered", "seen": "alert_seen", "accept": "accept_alert"}[said],
        actor=WANG,
        alert_id=alert.alert_id,
    )
    town.wait(20.0)
    assert tried(town) == ["push"]


def test_a_way_that_says_itself_that_it_failed_is_not_waited_for() -> None:
    town = play()
    ways(town, "push", "sms", "voice")
    town.open("cardiac_arrest")
    alert = next(a for a in town.found(AlertSent) if a.responder_id == "Mh0")
    town.wait(3.0)
    town.happen(
        MessageOutcome(message_id="m", reason_id=alert.alert_id, channel="push", outcome="failed", attempts=1)
    )
    assert tried(town) == ["push", "sms"]
    town.wait(7.0)
    assert tried(town) == ["push", "sms"], "the clock of the first way has stopped"
    town.wait(1.1)
    assert tried(town) == ["push", "sms", "voice"]


def test_a_push_service_that_took_it_has_not_delivered_it() -> None:
    town = play()
    ways(town, "push", "sms")
    town.open("cardiac_arrest")
    alert = next(a for a in town.found(AlertSent) if a.responder_id == "Mh0")
    town.happen(
        MessageOutcome(message_id="m", reason_id=alert.alert_id, channel="push", outcome="handed", attempts=1)
    )
    town.wait(8.1)
    assert tried(town) == ["push", "sms"]


@pytest.mark.parametrize(("type_code", "hidden"), [("cardiac_arrest", False), ("domestic_violence", True)])
def test_everybody_who_came_is_thanked_and_told_what_came_of_it_where_that_may_be_known(
    type_code: str, hidden: bool
) -> None:
    town = play()
    town.open("cardiac_arrest")
    alert = next(a for a in town.found(AlertSent) if a.responder_id == "Mh0")
    town.submit("accept_alert", actor=WANG, alert_id=alert.alert_id)
    arrive(town)
    town.submit("close_incident", incident_id="i1", outcome="resolved", type_code=type_code)
    assert [m.recipient for m in town.found(MessageQueued) if m.reason == "thanks"] == ["Mh0"]
    written = letter(town.state, "thanks", "i1", "Mh0")
    assert written is not None and written.params["outcome"] == (
        "@message.over" if hidden else "@outcome.resolved"
    )
    ended = mine(town.state, WANG, town.at_s)["ended"]
    assert [(row["type"], row["outcome"]) for row in ended] == [
        ("help_needed", None) if hidden else (type_code, "resolved")
    ]
    town.submit("give_feedback", actor=WANG, incident_id="i1", found="as_told", note="很快就好了")
    assert [(f.responder_id, f.found) for f in town.found(FeedbackGiven)] == [("Mh0", "as_told")]
    with pytest.raises(Refused, match="unknown_kind"):
        town.submit("give_feedback", actor=WANG, incident_id="i1", found="bored")


def entering(actor: Actor, **more: Any) -> dict[str, Any]:
    return {"actor": actor, "row": {"member_id": actor.id, "team_id": actor.team_id, **more}, "digest": ""}


def test_whoever_joined_by_code_enters_himself_and_nobody_else() -> None:
    town = play(mustered=False)
    new = Actor(id="a1b2", role="member", team_id="Th")
    with pytest.raises(Refused, match="unknown_member"):
        town.submit("check_in", actor=new, team_id="Th", member_id="a1b2")
    town.submit("enter_member", **entering(new, channels=("page", "push"), push="{}", phone="13800000000"))
    assert town.found(RegisterChanged)[-1].keys == ("a1b2",)
    kept = town.state.registers.members["a1b2"]
    assert (kept.channels, kept.phone, kept.push) == (("page", "push"), None, None), (
        "what is sealed is not in memory"
    )
    town.submit("check_in", actor=new, team_id="Th", member_id="a1b2")
    for wrong in (
        {"member_id": "Mh1"}, {"team_id": "Ti"}, {"trained": ("restrain",)}, {"channels": ()}, {"channels": ("page", "page")}, {"channels": ("pigeon",)},
    ):  # fmt: skip
        with pytest.raises(Refused):
            town.submit("enter_member", **entering(new, **wrong))


def test_gate_code_and_key_holder_stand_on_the_card_for_the_own_house_and_for_whoever_said_yes() -> None:
    town = play()
    lon, lat = PLACES["h"]
    way = Entrance(lon=lon, lat=lat, note="1357#", key_holder="门卫老李")
    put(
        town.state.registers,
        "venues",
        [
            Venue(
                venue_id="Vh",
                name="h",
                category="mall",
                lon=lon,
                lat=lat,
                entrances=(way,),
                district="D",
                zone="dense",
            )
        ],
    )
    town.open("cardiac_arrest")
    card = mine(town.state, WANG, town.at_s)["incidents"][0]
    assert card["entrances"][0]["note"] == "1357#" and card["entrances"][0]["key_holder"] == "门卫老李"
    neighbour = next(a for a in town.found(AlertSent) if a.team_id not in (None, "Th"))
    other = Actor(id=neighbour.responder_id, role="member", team_id=neighbour.team_id)
    card = mine(town.state, other, town.at_s)["incidents"][0]
    assert (
        card["entrances"] == []
        and card["alert"]["alert_id"] == neighbour.alert_id
        and card.get("lon") is None
    )
    town.submit("accept_alert", actor=other, alert_id=neighbour.alert_id)
    card = mine(town.state, other, town.at_s)["incidents"][0]
    assert card["entrances"][0]["note"] == "1357#" and card["task"]["active"]
    assert not any("unit" in str(key) or "position" in str(key) for key in card), (
        "nothing of the police but about n minutes"
    )


def test_whoever_was_not_asked_sees_nothing_and_off_duty_is_said() -> None:
    town = play(mustered=False)
    town.submit("take_roll", **roll("o", 4))
    town.open("cardiac_arrest")
    view = mine(town.state, WANG, town.at_s)
    assert view["duty"] is None and view["incidents"] == [] and view["team"]["on_duty"] == 0
