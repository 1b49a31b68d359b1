"""Four eyes: what needs a second person does not happen without one, and what a commander may do alone is little, late and looked at."""

from __future__ import annotations

import pytest

from firstminute.flow.access.second import ANSWER_S, REVIEW_S, VOID_S
from firstminute.flow.letters import letter
from firstminute.flow.registers import put
from firstminute.flow.state import Rules
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.access import (
    ActedAlone,
    ActProposed,
    AloneReviewed,
    ProposalEnded,
    ReviewOverdue,
    SecondPersonAbsent,
)
from firstminute.model.facts.desk import GradeSwitched, MessageQueued, SubjectErased
from firstminute.model.facts.people import RecallOrdered
from firstminute.model.facts.response import KeepAwaySent
from firstminute.model.records import District
from tests.support.play import ADMIN, COMMANDER, DISPATCHER, SECOND, Play, play

OWN = Actor(id="north-commander", role="commander", district="D")
WHY = "人群正在涌向出口，等不及第二人"


@pytest.fixture
def town() -> Play:
    """Two districts under one city."""
    made = play()
    put(
        made.state.registers,
        "districts",
        [
            District(district_id="city", name="city"),
            *(District(district_id=d, name=d, parent="city") for d in "DE"),
        ],
    )
    return made


def propose(town: Play, name: str, actor: Actor = COMMANDER, **arguments: object) -> str:
    """A command that becomes a proposal."""
    [proposed] = [
        f.body
        for f in town.submit(name, actor=actor, second=None, **arguments)
        if isinstance(f.body, ActProposed)
    ]
    return proposed.proposal_id


def raise_grade(town: Play, actor: Actor = OWN, grade: str = "heightened", district: str = "D") -> str:
    return propose(town, "switch_grade", actor, grade=grade, reason="crowd", district=district)


def test_nothing_happens_until_somebody_else_says_yes(town: Play) -> None:
    key = raise_grade(town)
    assert not town.found(GradeSwitched) and town.state.desk.grades == {}
    with pytest.raises(Refused, match="second_person_is_first"):
        town.submit("confirm_proposal", actor=OWN, proposal_id=key)
    town.submit("confirm_proposal", actor=SECOND, proposal_id=key)
    assert [(g.district, g.grade) for g in town.found(GradeSwitched)] == [("D", "heightened")]
    assert town.found(ProposalEnded)[-1].how == "confirmed" and not town.state.access.proposals
    assert not town.state.timers.by_subject.get(key), "no timer of it is left"
    with pytest.raises(Refused, match="unknown_proposal"):
        town.submit("confirm_proposal", actor=COMMANDER, proposal_id=key)


def test_whoever_confirms_answers_for_the_place_and_holds_the_role(town: Play) -> None:
    key = raise_grade(town)
    with pytest.raises(Refused, match="other_district"):
        town.submit("confirm_proposal", actor=Actor(id="x", role="commander", district="E"), proposal_id=key)
    with pytest.raises(Refused, match="forbidden"):
        town.submit("confirm_proposal", actor=ADMIN, proposal_id=key)
    with pytest.raises(Refused, match="forbidden"):
        town.submit("confirm_proposal", actor=Actor(id="m", role="member", team_id="Th"), proposal_id=key)
    town.submit("confirm_proposal", actor=DISPATCHER, proposal_id=key)
    assert town.found(GradeSwitched)


def test_a_proposal_is_refused_withdrawn_or_void_and_then_nothing_of_it_can_happen(town: Play) -> None:
    town.submit("refuse_proposal", actor=OWN, proposal_id=raise_grade(town))
    town.submit("refuse_proposal", actor=SECOND, proposal_id=raise_grade(town))
    raise_grade(town)
    town.wait(VOID_S)
    assert [each.how for each in town.found(ProposalEnded)] == ["withdrawn", "refused", "void"]
    assert (
        not town.found(GradeSwitched)
        and not town.state.access.proposals
        and not town.state.timers.pending.keys()
        & {key for key in town.state.timers.pending if key[1] in ("second_person", "proposal_void")}
    )


def test_what_is_not_lawful_is_refused_at_once_and_never_proposed(town: Play) -> None:
    with pytest.raises(Refused, match="unknown_grade"):
        town.submit("switch_grade", actor=OWN, grade="purple", reason="crowd", district="D")
    with pytest.raises(Refused, match="grade_already"):
        town.submit("switch_grade", actor=OWN, grade="normal", reason="crowd", district="D")
    assert not town.found(ActProposed)


def test_it_is_decided_anew_when_it_is_confirmed(town: Play) -> None:
    first, then = raise_grade(town), raise_grade(town)
    town.submit("confirm_proposal", actor=SECOND, proposal_id=first)
    with pytest.raises(Refused, match="grade_already"):
        town.submit("confirm_proposal", actor=SECOND, proposal_id=then)


def test_a_commander_raises_the_grade_of_the_own_district_alone_when_nobody_answers_within_a_minute(
    town: Play,
) -> None:
    key = raise_grade(town)
    with pytest.raises(Refused, match="second_person_asked"):
        town.submit("act_alone", actor=OWN, proposal_id=key, reason=WHY)
    town.wait(ANSWER_S - 0.1)
    assert not town.found(SecondPersonAbsent), "not early"
    town.wait(0.1)
    assert town.found(SecondPersonAbsent)
    with pytest.raises(Refused, match="reason_too_short"):
        town.submit("act_alone", actor=OWN, proposal_id=key, reason="  快  ")
    with pytest.raises(Refused, match="forbidden"):
        town.submit("act_alone", actor=DISPATCHER, proposal_id=key, reason=WHY)
    with pytest.raises(Refused, match="never_alone"):
        town.submit(
            "act_alone", actor=Actor(id="x", role="commander", district="E"), proposal_id=key, reason=WHY
        )
    town.submit("act_alone", actor=OWN, proposal_id=key, reason=WHY)
    [alone] = town.found(ActedAlone)
    assert alone.note == WHY and alone.review_due_s == town.at_s + REVIEW_S
    assert [(g.district, g.grade) for g in town.found(GradeSwitched)] == [("D", "heightened")]


def test_lowering_the_grade_the_whole_city_and_purge_are_never_done_alone(town: Play) -> None:
    town.submit("confirm_proposal", actor=SECOND, proposal_id=raise_grade(town, grade="emergency"))
    town.submit("receive_call", text="x")
    [call] = town.state.respond.calls
    town.submit(
        "close_call", call_id=call, outcome="no_incident"
    ) if call in town.state.respond.loose else None
    keys = [
        raise_grade(town, grade="heightened"),  # lower than it is now
        raise_grade(town, COMMANDER, "emergency", "city"),
        propose(town, "switch_grade", COMMANDER, grade="emergency", reason="crowd"),
        propose(town, "erase_subjects", ADMIN, subject_ids=("members/M1",), reason="order"),
    ]
    town.wait(ANSWER_S)
    assert len(town.found(SecondPersonAbsent)) == len(keys)
    for key in keys:
        with pytest.raises(Refused, match="never_alone"):
            town.submit("act_alone", actor=COMMANDER, proposal_id=key, reason=WHY)
    assert not town.found(ActedAlone) and not town.found(SubjectErased)


def test_what_was_done_alone_is_reviewed_within_a_day_by_somebody_else_or_the_desk_is_told(
    town: Play,
) -> None:
    key = raise_grade(town)
    town.wait(ANSWER_S)
    town.submit("act_alone", actor=OWN, proposal_id=key, reason=WHY)
    with pytest.raises(Refused, match="second_person_is_first"):
        town.submit("review_alone", actor=OWN, proposal_id=key, verdict="right")
    town.wait(REVIEW_S - 1.0)
    assert not town.found(ReviewOverdue)
    town.wait(1.0)
    assert town.found(ReviewOverdue) and town.state.access.alone[key].overdue
    [told] = [m for m in town.found(MessageQueued) if m.reason == "review_overdue"]
    assert (
        told.recipient == "commander:D"
        and letter(town.state, "review_overdue", key, told.recipient) is not None
    )
    town.submit(
        "review_alone", actor=Actor(id="au", role="auditor"), proposal_id=key, verdict="right", note="ok"
    )
    assert town.found(AloneReviewed)[-1].verdict == "right" and not town.state.access.alone


def test_a_review_in_time_raises_no_alarm(town: Play) -> None:
    key = raise_grade(town)
    town.wait(ANSWER_S)
    town.submit("act_alone", actor=OWN, proposal_id=key, reason=WHY)
    town.submit("review_alone", actor=SECOND, proposal_id=key, verdict="unclear")
    town.wait(2 * REVIEW_S)
    assert not town.found(ReviewOverdue)


def test_few_are_called_by_one_and_many_by_two(town: Play) -> None:
    town.state.rules = Rules(mass_alert_over=3)
    town.submit("recall", actor=COMMANDER, second=None, unit_ids=("U1",), reason="flood")
    assert len(town.found(RecallOrdered)) == 1
    key = propose(town, "recall", team_ids=("Th", "Ti"), reason="flood")
    assert town.state.access.proposals[key].people > 3 and len(town.found(RecallOrdered)) == 1
    town.wait(ANSWER_S)
    with pytest.raises(Refused, match="never_alone"):
        town.submit("act_alone", actor=COMMANDER, proposal_id=key, reason=WHY)
    town.submit("confirm_proposal", actor=SECOND, proposal_id=key)
    assert town.found(RecallOrdered)[-1].commander_id == COMMANDER.id, "in the proposer's name"


def test_keep_away_notices_to_many_need_two_or_a_commander_whom_nobody_answers(town: Play) -> None:
    town.state.rules = Rules(mass_alert_over=1)
    town.open("fire")
    around = {"incident_id": "i1", "radius_m": 5_000.0, "reason": "smoke"}
    key = propose(town, "send_keep_away", OWN, **around)
    before = len(town.found(KeepAwaySent))
    town.wait(ANSWER_S)
    town.submit("act_alone", actor=OWN, proposal_id=key, reason=WHY)
    sent = town.found(KeepAwaySent)[before:]
    assert len(sent) == 1 and len(sent[0].team_ids) >= 3
    with pytest.raises(Refused, match="nobody_around"):
        town.submit("send_keep_away", actor=COMMANDER, **around)


def test_a_silent_incident_stays_silent(town: Play) -> None:
    town.open("fire", silent=True)
    with pytest.raises(Refused, match="silent_stays_silent"):
        town.submit("send_keep_away", actor=COMMANDER, incident_id="i1", radius_m=500.0, reason="smoke")


def test_a_drill_needs_nobody_else_and_touches_nobody() -> None:
    drill = Play(world="exercise")
    put(drill.state.registers, "districts", [District(district_id="D", name="D")])
    drill.submit(
        "switch_grade", actor=COMMANDER, second=None, grade="emergency", reason="exercise", district="D"
    )
    assert drill.found(GradeSwitched) and not drill.found(ActProposed)
