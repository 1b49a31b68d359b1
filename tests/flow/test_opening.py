"""Who may see whose data: the ground of every opening, one fact each, and what follows when nobody looks after a broken glass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from firstminute.api.access import audience_of
from firstminute.command.picture import visible
from firstminute.flow import in_use, opening, views
from firstminute.flow.deciders.opening import READ_WITHIN_S
from firstminute.flow.registers import put
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.access import ActProposed
from firstminute.model.facts.data import GlassBroken, GlassReviewed, GlassUnreviewed
from firstminute.model.facts.desk import DataOpened, MessageQueued
from firstminute.model.place import Place
from firstminute.model.purposes import PURPOSES, REVIEW_WITHIN_S
from firstminute.model.records import District
from tests.support.play import COMMANDER, DISPATCHER, PLACES, Play, play

OTHER = Actor(id="d2", role="dispatcher", seat="B")
ELSEWHERE = Actor(id="c9", role="commander", district="E")
AUDITOR = Actor(id="au", role="auditor")
CASES = Actor(id="co", role="case_officer")
SNOOP = Actor(id="p9", role="patrol", unit_id="U9", district="D")


def _incident(town: Play, code: str = "fight", *, actor: Actor = DISPATCHER) -> tuple[str, str]:
    place = Place(points=(PLACES["h"],))
    facts = town.submit(
        "receive_call",
        actor=actor,
        channel="phone",
        type_code=code,
        text="x",
        caller_name="王",
        caller_phone="139",
        place=place,
    )
    call_id = next(f.body.call_id for f in facts if f.kind == "CallReceived")  # type: ignore[attr-defined]
    return next(f.body.incident_id for f in facts if f.kind == "IncidentOpened"), call_id  # type: ignore[attr-defined]


def _refused(town: Play, name: str, actor: Actor, **arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        town.submit(name, actor=actor, **arguments)
    return refused.value.code


def test_dispatcher_commander_and_crew_of_an_open_incident_see_its_caller_at_once() -> None:
    town = play()
    incident_id, _ = _incident(town)
    incident = town.state.respond.incidents[incident_id]
    crew = next(
        a
        for key in incident.assignments
        if (a := town.state.respond.assignments[key]).responder_kind == "unit"
    )
    patrol = Actor(id="p1", role="patrol", unit_id=crew.responder_id)
    for who, has in ((DISPATCHER, True), (patrol, True), (COMMANDER, False)):
        (opened,) = town.submit("look_at_callers", actor=who, subject_id=incident_id)
        assert isinstance(opened.body, DataOpened) and (opened.body.how, opened.body.assigned) == (
            "look",
            has,
        )
    assert opening.callers(town.state, incident)[0]["phone"] == "139"
    member = Actor(id="m1", role="member", team_id="Th")
    for who, code in (
        (OTHER, "caller_hidden"),
        (SNOOP, "not_yours"),
        (AUDITOR, "forbidden"),
        (member, "forbidden"),
    ):
        assert _refused(town, "look_at_callers", who, subject_id=incident_id) == code
    town.submit("claim_incident", actor=OTHER, incident_id=incident_id, seat="B")
    assert town.submit("look_at_callers", actor=OTHER, subject_id=incident_id)


def test_it_is_hidden_once_the_incident_is_closed() -> None:
    town = play()
    incident_id, call_id = _incident(town)
    town.submit("close_incident", incident_id=incident_id, outcome="resolved")
    for subject in (incident_id, call_id):
        assert _refused(town, "look_at_callers", DISPATCHER, subject_id=subject) == "caller_hidden"
    asked = {"subject_id": call_id, "incident_id": incident_id}
    assert _refused(town, "open_data", DISPATCHER, purpose="respond", **asked) == "not_assigned"
    assert town.submit("open_data", purpose="call_back", **asked), (
        "the call-back list is worked off without a second person"
    )
    before = len(town.found(DataOpened))
    proposed = town.submit("open_data", purpose="review", second=None, **asked)[0].body
    assert isinstance(proposed, ActProposed) and len(town.found(DataOpened)) == before
    town.submit("record_callback", call_id=call_id, result="satisfied")
    assert _refused(town, "open_data", DISPATCHER, purpose="call_back", **asked) == "not_assigned"


def test_a_restricted_incident_shows_its_caller_only_to_those_who_have_it() -> None:
    town = play()
    incident_id, _ = _incident(town, "domestic_violence", actor=Actor(id="web", role="resident"))
    for who in (DISPATCHER, COMMANDER, OTHER):
        assert _refused(town, "look_at_callers", who, subject_id=incident_id) == "caller_hidden", (
            "nobody has it yet"
        )
    town.submit("claim_incident", actor=OTHER, incident_id=incident_id, seat="B")
    assert town.submit("look_at_callers", actor=OTHER, subject_id=incident_id)
    town.submit(
        "take_command", actor=COMMANDER, incident_id=incident_id, commander_id=COMMANDER.id, tier="overall"
    )
    assert town.submit("look_at_callers", actor=COMMANDER, subject_id=incident_id)
    assert _refused(town, "look_at_callers", DISPATCHER, subject_id=incident_id) == "caller_hidden"


def test_every_other_opening_names_its_ground() -> None:
    town = play()
    incident_id, call_id = _incident(town)
    other_id, _ = _incident(town, "theft")
    cases = [
        (DISPATCHER, {}, "purpose_missing"),
        (DISPATCHER, {"purpose": "curiosity"}, "unknown_purpose"),
        (SNOOP, {"purpose": "case", "file_id": "1"}, "purpose_of_others"),
        (DISPATCHER, {"purpose": "respond"}, "incident_missing"),
        (CASES, {"purpose": "case"}, "file_missing"),
        (COMMANDER, {"purpose": "complaint", "file_id": "none"}, "no_complaint"),
        (DISPATCHER, {"purpose": "review", "incident_id": "none"}, "unknown_incident"),
        (SNOOP, {"purpose": "respond", "incident_id": incident_id}, "not_yours"),
    ]
    for who, said, code in cases:
        assert _refused(town, "open_data", who, subject_id=call_id, **said) == code, said
    if other_id != incident_id:
        said = {"subject_id": call_id, "purpose": "review", "incident_id": other_id}
        assert _refused(town, "open_data", DISPATCHER, **said) == "not_about_subject"
    (opened,) = town.submit("open_data", actor=CASES, subject_id=call_id, purpose="case", file_id="A-17")
    assert (
        isinstance(opened.body, DataOpened)
        and opened.body.file_id == "A-17"
        and opened.body.assigned is False
    )
    asked = {"subject_id": "members/Mh1", "purpose": "case", "file_id": "A-17"}
    assert isinstance(town.submit("open_data", actor=CASES, second=None, **asked)[0].body, ActProposed)
    (complaint,) = town.submit("record_complaint", about="conduct", incident_id=incident_id, note="他骂人")
    file_id = complaint.body.complaint_id  # type: ignore[attr-defined]
    assert town.submit("open_data", actor=COMMANDER, subject_id=call_id, purpose="complaint", file_id=file_id)
    town.submit("answer_complaint", actor=COMMANDER, complaint_id=file_id, result="partly")
    assert (
        _refused(town, "answer_complaint", COMMANDER, complaint_id=file_id, result="partly")
        == "unknown_complaint"
    )


def test_what_waits_for_a_review_or_an_answer_is_not_erased() -> None:
    town = play()
    (broken, _) = town.submit("break_glass", actor=COMMANDER, subject_id="x", reason="order", note="先看地址")
    (complaint,) = town.submit("record_complaint", about="slow", note="等了一小时")
    for fact in (broken, complaint):
        assert in_use.by_desk(town.state, fact.subject, town.at_s)
    town.submit("review_glass", actor=AUDITOR, access_id=broken.subject, result="justified")
    town.submit("answer_complaint", actor=COMMANDER, complaint_id=complaint.subject, result="upheld")
    for fact in (broken, complaint):
        assert not in_use.by_desk(town.state, fact.subject, town.at_s)


def test_every_purpose_has_roles_and_says_what_it_names() -> None:
    for code, purpose in PURPOSES.items():
        assert purpose.roles and purpose.names in ("incident", "file", "itself"), code
        assert not {"member", "lead", "resident", "partner", "device", "security_admin"} & set(
            purpose.roles
        ), code


def test_a_broken_glass_is_reviewed_by_a_second_person_or_the_desk_is_alarmed() -> None:
    town = play()
    incident_id, call_id = _incident(town)
    broken = [
        town.submit(
            "break_glass", actor=SNOOP, subject_id=call_id, incident_id=incident_id, reason="life_at_risk"
        )[0].body
        for _ in range(2)
    ]
    assert all(
        isinstance(each, GlassBroken) and each.assigned is False and each.on_duty is False for each in broken
    )
    first, second = (each.access_id for each in broken if isinstance(each, GlassBroken))
    assert _refused(town, "review_glass", SNOOP, access_id=first, result="justified") == "forbidden"
    own = town.submit("break_glass", actor=COMMANDER, subject_id=call_id, reason="order")[0].body.access_id  # type: ignore[attr-defined]
    assert _refused(town, "review_glass", COMMANDER, access_id=own, result="justified") == "own_access"
    town.submit("review_glass", actor=AUDITOR, access_id=own, result="justified")
    assert _refused(town, "review_glass", AUDITOR, access_id="none", result="justified") == "unknown_access"
    assert _refused(town, "break_glass", SNOOP, subject_id=call_id, reason="curious") == "unknown_reason"
    town.wait(REVIEW_WITHIN_S - 60)
    town.submit("review_glass", actor=AUDITOR, access_id=first, result="not_justified")
    assert not town.found(GlassUnreviewed)
    town.wait(61)
    assert [each.access_id for each in town.found(GlassUnreviewed)] == [second]
    assert [m.reason_id for m in town.found(MessageQueued) if m.reason == "glass_unreviewed"] == [second]
    assert town.state.desk.glass[second].late
    town.wait(24 * 3600.0)
    assert len(town.found(GlassUnreviewed)) == 2, "it is said again, a day later"
    town.submit("review_glass", actor=COMMANDER, access_id=second, result="passed_on")
    town.wait(3 * 24 * 3600.0)
    assert (
        len(town.found(GlassUnreviewed)) == 2
        and len(town.found(GlassReviewed)) == 3
        and not town.state.desk.glass
    )


@pytest.mark.parametrize("code", ["fight", "domestic_violence"])
@pytest.mark.parametrize("claimed", [None, DISPATCHER, OTHER])
def test_the_page_is_told_beforehand_what_it_would_be_answered(code: str, claimed: Actor | None) -> None:
    """Or every glance at a colleague's incident would stand in the record as a refusal."""
    town = play()
    incident_id, _ = _incident(town, code, actor=Actor(id="web", role="resident"))
    if claimed is not None:
        town.submit("claim_incident", actor=claimed, incident_id=incident_id, seat=str(claimed.seat))
    key = f"incident/{incident_id}"
    row = views.render(town.state, [key])[key]
    assert row is not None
    incident = town.state.respond.incidents[incident_id]
    for who in (DISPATCHER, OTHER, COMMANDER):
        part = visible(audience_of(who), key, row)
        assert part is not None
        assert part["callers_shown"] == opening.may_look(town.state, who, incident), who


def _closed(town: Play) -> dict[str, str]:
    incident_id, call_id = _incident(town)
    town.submit("close_incident", incident_id=incident_id, outcome="resolved")
    return {"subject_id": call_id, "incident_id": incident_id, "purpose": "review"}


def test_what_a_second_person_agreed_to_is_a_fact_of_whoever_asked_and_read_for_an_hour() -> None:
    town = play()
    asked = _closed(town)
    proposed = town.submit("open_data", second=None, **asked)[0].body
    assert isinstance(proposed, ActProposed) and opening.granted_to(town.state, DISPATCHER, town.at_s) == []
    key = proposed.proposal_id
    for who, code in (
        (DISPATCHER, "second_person_is_first"),
        (OTHER, "forbidden"),
        (ELSEWHERE, "unknown_incident"),
    ):
        assert _refused(town, "confirm_proposal", who, proposal_id=key) == code
    town.submit("confirm_proposal", actor=COMMANDER, proposal_id=key)
    opened = town.found(DataOpened)[-1]
    assert (opened.account_id, opened.confirmed_by, opened.access_id) == (DISPATCHER.id, COMMANDER.id, key)
    assert [each.access_id for each in opening.granted_to(town.state, DISPATCHER, town.at_s)] == [key]
    for who in (COMMANDER, OTHER, replace(DISPATCHER, role="patrol")):
        assert opening.granted_to(town.state, who, town.at_s) == [], (
            "nobody else, and nobody who lost the role"
        )
    assert opening.granted_to(town.state, DISPATCHER, town.at_s + READ_WITHIN_S - 1)
    assert not opening.granted_to(town.state, DISPATCHER, town.at_s + READ_WITHIN_S)
    town.wait(READ_WITHIN_S)
    town.submit("open_data", **asked)
    assert len(town.state.access.granted) == 1, "what is over goes with the next"


def test_a_drill_opens_no_closed_data_alone_either() -> None:
    town = play()
    town.state.world = "exercise"
    asked = _closed(town)
    assert isinstance(town.submit("open_data", second=None, **asked)[0].body, ActProposed)


def test_an_opening_is_judged_by_the_place_of_what_it_is_for() -> None:
    """An auditor, case officer or inspector of another district opens nothing here, of now or of the past."""
    town = play()
    put(town.state.registers, "districts", [District(district_id="E", name="E")])
    asked = _closed(town)
    call_id = asked["subject_id"]
    file = {"purpose": "case", "file_id": "A-1"}
    here, there = (replace(CASES, id=f"co-{d}", district=d) for d in "DE")
    assert town.submit("open_data", actor=here, subject_id=call_id, **file)
    assert _refused(town, "open_data", there, subject_id=call_id, **file) == "unknown_call"
    forgotten = {"subject_id": "0" * 32, **file}
    assert _refused(town, "open_data", here, **forgotten) == "not_yours", "nobody knows where it was"
    assert town.submit("open_data", actor=here, was_in=("D",), **forgotten)
    assert _refused(town, "open_data", here, was_in=("E",), **forgotten) == "not_yours"
    town.state.respond.calls.pop(call_id, None)
    past = {"subject_id": call_id, "was_in": ("D",)}
    assert _refused(town, "open_data", there, **past, **file) == "not_yours"
    assert _refused(town, "break_glass", there, **past, reason="order") == "not_yours"
    assert town.submit("break_glass", actor=here, **past, reason="order")
