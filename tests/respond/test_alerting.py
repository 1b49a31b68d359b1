"""Who is asked, who is replaced, and when it is enough."""

from __future__ import annotations

import pytest

from firstminute.flow.registers import put
from firstminute.flow.state import State
from firstminute.flow.step import fold
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import MessageOutcome, MessageQueued
from firstminute.model.facts.people import TeamStatsLearned, UnitOffDuty
from firstminute.model.facts.response import (
    AlertExpired,
    AlertSent,
    AlertWithdrawn,
    Arrived,
    Assigned,
    EnRoute,
    Released,
    RoleGiven,
    UnitsRecommended,
)
from firstminute.model.records import AlertPolicy, Member
from tests.support.play import Play, play, roll


def asked(town: Play, ring: str) -> list[AlertSent]:
    """Alerts of a ring so far."""
    return [a for a in town.found(AlertSent) if a.ring == ring and a.task != "escalate"]


def arrive(town: Play, responder_id: str, **more: float) -> None:
    """A responder stands at the gate."""
    bound = next(a for a in reversed(town.found(Assigned)) if a.responder_id == responder_id)
    town.happen(
        Arrived(
            assignment_id=bound.assignment_id, incident_id=bound.incident_id, responder_id=responder_id,
            responder_kind=bound.responder_kind, ring=bound.ring, evidence="qr",
        ),
        **more,
    )  # fmt: skip


def test_nobody_off_duty_is_asked() -> None:
    """Teams without a roll and a car that went off duty hear nothing, whatever happens."""
    town = play(mustered=False)
    town.submit("take_roll", **roll("o", 4))
    town.happen(UnitOffDuty(unit_id="U1"))
    town.open("cardiac_arrest")
    town.wait(600)
    assert {a.team_id for a in town.found(AlertSent) if a.team_id} == {"To"}
    assert "U1" not in {a.responder_id for a in town.found(AlertSent)}


def test_a_roll_that_is_over_counts_as_off_duty() -> None:
    """Eight hours after the roll nobody of the team is asked."""
    town = play()
    town.at_s += 9 * 3600
    town.place_units({"U1": "a"})
    town.open("cardiac_arrest")
    assert not [a for a in town.found(AlertSent) if a.team_id]


def test_nobody_is_asked_twice_for_one_incident_however_long_it_goes_on() -> None:
    """Everybody stays silent for ten minutes."""
    town = play(members=6)
    town.open("cardiac_arrest")
    town.wait(900)
    names = [a.responder_id for a in town.found(AlertSent)]
    assert len(names) == len(set(names)) and len(names) > 10


def test_silence_is_replaced_after_thirty_seconds_by_the_next_one() -> None:
    """The car says nothing: it is free again and the other car is asked."""
    town = play()
    town.open("quarrel", venue_id="Vh")
    [first] = asked(town, "reinforcement")
    town.wait(29)
    assert len(asked(town, "reinforcement")) == 1
    town.wait(2)
    assert [r.responder_id for r in town.found(Released)] == [first.responder_id]
    assert [a.responder_id for a in asked(town, "reinforcement")] == ["U1", "U2"]
    assert town.state.respond.units["U1"].active is None


def test_a_refusal_is_replaced_at_once() -> None:
    """No waiting for the round to end."""
    town = play()
    town.open("quarrel")
    town.submit("decline_alert", alert_id=asked(town, "reinforcement")[0].alert_id)
    assert [a.responder_id for a in asked(town, "reinforcement")] == ["U1", "U2"]


def test_a_crew_that_says_yes_and_does_not_move_is_replaced() -> None:
    """Its fixes are fresh and it stands still."""
    town = play()
    town.open("quarrel")
    town.submit("accept_alert", alert_id=asked(town, "reinforcement")[0].alert_id)
    town.at_s += 25
    town.place_units({"U1": "a", "U2": "x", "U3": "p", "U4": "r"})
    town.wait(6)
    assert [(r.responder_id, r.reason_code) for r in town.found(Released)] == [("U1", "not_moving")]
    assert asked(town, "reinforcement")[-1].responder_id == "U2"


def test_a_crew_that_moves_is_left_in_peace() -> None:
    """Wheels are an answer, too: no expiry, no replacement."""
    town = play()
    town.open("quarrel")
    bound = town.found(Assigned)[0]
    town.happen(
        EnRoute(assignment_id=bound.assignment_id, incident_id="i1", responder_id="U1", evidence="fix")
    )
    town.wait(120)
    assert not [e for e in town.found(AlertExpired) if e.responder_id == "U1"]
    assert len(asked(town, "reinforcement")) == 1


def test_a_crew_without_fresh_fixes_is_not_taken_for_standing_still() -> None:
    """Nobody knows whether it moves, so it keeps its task."""
    town = play()
    town.open("quarrel")
    town.submit("accept_alert", alert_id=asked(town, "reinforcement")[0].alert_id)
    town.wait(60)
    assert not town.found(Released)


def test_enough_people_coming_lets_the_others_go() -> None:
    """Of the neighbours three may come; the fourth and fifth answer is not needed."""
    town = play(members=6)
    put(
        town.state.registers,
        "alert_policies",
        [AlertPolicy(policy_id="default", cap_arrivals={"self_rescue": 6, "neighbour_aid": 2})],
    )
    town.open("cardiac_arrest")
    near = asked(town, "neighbour_aid")
    for alert in near[:2]:
        town.submit("accept_alert", alert_id=alert.alert_id)
        bound = town.found(Assigned)[-1]
        town.happen(
            EnRoute(
                assignment_id=bound.assignment_id,
                incident_id="i1",
                responder_id=bound.responder_id,
                evidence="touch",
            )
        )
    withdrawn = town.found(AlertWithdrawn)
    assert {w.responder_id for w in withdrawn} == {a.responder_id for a in near[2:]}
    assert {w.reason_code for w in withdrawn} == {"enough_come"}
    with pytest.raises(Refused, match="alert_withdrawn"):
        town.submit("accept_alert", alert_id=near[2].alert_id)
    before = len(asked(town, "neighbour_aid"))
    town.wait(300)
    assert len(asked(town, "neighbour_aid")) == before


def test_a_late_yes_is_refused_visibly() -> None:
    """The person sees that the time was over."""
    town = play()
    town.open("cardiac_arrest")
    late = asked(town, "self_rescue")[0]
    town.wait(40)
    with pytest.raises(Refused, match="alert_expired"):
        town.submit("accept_alert", alert_id=late.alert_id)
    with pytest.raises(Refused, match="alert_over"):
        town.submit("accept_alert", alert_id="f" * 32)


def test_saying_yes_twice_is_one_yes() -> None:
    """Two taps, one assignment."""
    town = play()
    town.open("cardiac_arrest")
    alert = asked(town, "self_rescue")[0]
    assert town.submit("accept_alert", alert_id=alert.alert_id)
    assert town.submit("accept_alert", alert_id=alert.alert_id) == []
    with pytest.raises(Refused, match="alert_answered"):
        town.submit("decline_alert", alert_id=alert.alert_id)


def test_a_member_answers_only_alerts_of_the_own_team() -> None:
    """Another team's lead is refused."""
    town = play()
    town.open("cardiac_arrest")
    alert = asked(town, "self_rescue")[0]
    with pytest.raises(Refused, match="not_yours"):
        town.submit("accept_alert", alert_id=alert.alert_id, actor=Actor(id="x", role="member", team_id="Ti"))
    assert town.submit(
        "accept_alert", alert_id=alert.alert_id, actor=Actor(id="x", role="member", team_id="Th")
    )


def test_a_team_is_called_out_of_its_venue_twice_a_shift_and_then_only_by_a_dispatcher() -> None:
    """Three arrests next door in one shift: at the third the neighbour is listed as spent and not asked."""
    town = play(members=8)
    for number in range(3):
        town.open("cardiac_arrest", incident_id=f"i{number}")
        town.wait(1)
    by_incident = [
        {a.team_id for a in asked(town, "neighbour_aid") if a.incident_id == f"i{n}"} for n in range(3)
    ]
    assert "Ti" in by_incident[0] and "Ti" in by_incident[1] and by_incident[2] == set()
    listed = town.found(UnitsRecommended)[-1]
    assert {c.responder_id for c in listed.candidates if "budget_spent" in c.reasons} >= {"Ti", "To"}
    assert ("neighbour_aid", "budget_spent") in {(s.ring, s.code) for s in listed.shortfalls}
    town.submit("dispatch", incident_id="i2", responder_ids=("Ti",))
    assert asked(town, "neighbour_aid")[-1].team_id == "Ti"


def test_who_arrives_gets_a_role_and_the_third_does_not_stand_beside_the_first_two() -> None:
    """Aid, fetch kit, coordinate, in order of arrival."""
    town = play()
    town.open("cardiac_arrest")
    for alert in asked(town, "self_rescue")[:3]:
        town.submit("accept_alert", alert_id=alert.alert_id)
        arrive(town, alert.responder_id)
    assert [r.role for r in town.found(RoleGiven)] == ["aid", "fetch_kit", "coordinate"]


def test_in_danger_the_only_role_is_to_protect() -> None:
    """A threat in the hospital: the guards protect."""
    town = play()
    town.open("threat")
    for alert in asked(town, "self_rescue")[:2]:
        town.submit("accept_alert", alert_id=alert.alert_id)
        arrive(town, alert.responder_id)
    assert [r.role for r in town.found(RoleGiven)] == ["protect", "protect"]


def test_a_channel_that_fails_is_followed_by_the_next_and_the_last_failure_by_the_next_person() -> None:
    """Push fails, page is tried; page fails, the alert is over at once."""
    town = play()
    put(
        town.state.registers,
        "members",
        [Member(member_id="Mh0", team_id="Th", trained=("restrain",), channels=("push", "page"))],
    )
    town.open("cardiac_arrest")
    alert = next(a for a in asked(town, "self_rescue") if a.responder_id == "Mh0")
    town.happen(
        MessageOutcome(message_id="m", reason_id=alert.alert_id, channel="push", outcome="failed", attempts=3)
    )
    assert [m.channel for m in town.found(MessageQueued) if m.reason_id == alert.alert_id] == ["push", "page"]
    town.submit("alert_failed", alert_id=alert.alert_id, channel="page")
    assert town.state.respond.alerts[alert.alert_id].state == "failed"
    town.wait(31)
    assert [e.alert_id for e in town.found(AlertExpired) if e.responder_id == "Mh0"] == [alert.alert_id]


def test_delivery_that_the_outbox_reports_is_a_fact_of_the_alert() -> None:
    """Delivered once, told twice."""
    town = play()
    town.open("cardiac_arrest")
    alert = asked(town, "self_rescue")[0]
    for _ in range(2):
        town.happen(
            MessageOutcome(
                message_id="m", reason_id=alert.alert_id, channel="page", outcome="delivered", attempts=1
            )
        )
    assert town.kinds().count("AlertDelivered") == 1


def test_a_team_without_names_is_asked_as_one_on_its_shared_device() -> None:
    """A radio tick gave only a count."""
    town = play(mustered=False)
    town.submit("take_roll", team_id="Th", shift="late", on_duty=5, method="radio")
    town.open("cardiac_arrest")
    [alert] = asked(town, "self_rescue")
    assert (alert.responder_kind, alert.responder_id) == ("team", "Th")


def test_teams_that_answer_come_first_and_declining_costs_nothing() -> None:
    """The nearer team has stayed silent a hundred times at this hour; the farther one answers. A team that declines ranks as one that comes."""
    town = play()
    hour = 17
    town.state.respond.answered[("Ti", hour, "page")] = (100, 0)
    town.state.respond.answered[("To", hour, "page")] = (100, 90)
    town.open("cardiac_arrest")
    near = [c.responder_id for c in town.found(UnitsRecommended)[0].candidates if c.ring == "neighbour_aid"]
    assert near[0] == "To" and near[-1] == "Ti"


def test_how_a_team_answers_is_learned_for_good_when_an_incident_ends() -> None:
    """The last fact alone gives the chance back: nothing of the closed incident is needed after a restart."""
    town = play(members=2)
    town.open("cardiac_arrest")
    alerts = town.found(AlertSent)
    near = next(a for a in alerts if a.ring == "neighbour_aid")
    town.submit("accept_alert", alert_id=near.alert_id)
    town.wait(31)
    known = dict(town.state.respond.answered)
    town.submit("close_incident", incident_id="i1", outcome="resolved")
    fresh = State()
    for fact in town.facts:
        if isinstance(fact.body, TeamStatsLearned):
            fold(fresh, fact)
    assert fresh.respond.answered == known and len(known) > 1
    assert known[(str(near.team_id), 17, "page")] in ((1, 1), (2, 1), (2, 2))


def test_teams_rank_by_how_they_answer_on_the_way_they_are_asked() -> None:
    """A team that is reached by text message and answers there comes before one that never answered its page."""
    town = play(members=2)
    for letter, way in (("i", "sms"), ("o", "page")):
        for k in range(2):
            put(
                town.state.registers,
                "members",
                [Member(member_id=f"M{letter}{k}", team_id=f"T{letter}", channels=(way,), trained=("cpr",))],
            )
    for team, channel, answered in (
        ("Ti", "sms", 40),
        ("Ti", "page", 0),
        ("To", "page", 0),
        ("To", "sms", 40),
    ):
        town.happen(TeamStatsLearned(team_id=team, hour=17, channel=channel, asked=40, answered=answered))
    town.open("cardiac_arrest")
    near = [c.responder_id for c in town.found(UnitsRecommended)[-1].candidates if c.ring == "neighbour_aid"]
    assert near.index("Ti") < near.index("To")


def test_a_withdrawn_alert_frees_nobody_and_asks_nobody() -> None:
    """A dispatcher takes one alert back."""
    town = play()
    town.open("cardiac_arrest")
    alert = asked(town, "neighbour_aid")[0]
    made = town.submit("withdraw_alert", alert_id=alert.alert_id)
    assert [f.kind for f in made] == ["AlertWithdrawn", "MessageQueued"]
    with pytest.raises(Refused, match="alert_answered"):
        town.submit("withdraw_alert", alert_id=alert.alert_id)
