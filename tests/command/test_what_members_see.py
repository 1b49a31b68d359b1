"""What a team sees of an incident: tried over every kind of incident, every field of a row, and every message that can reach a member.

Idea: a row of a real incident is taken, and in each field in turn stands a canary; what of it comes out on the team's side is held against the list of
fields that may. Of domestic, sexual, suicide and juvenile incidents (the restricted kinds of the catalogue) it never is a caller, a party, a floor or a flat.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from firstminute.command.picture import TEAM_FIELDS, Audience, visible
from firstminute.flow import letters, views
from firstminute.model.place import Place
from firstminute.respond.catalogue import CATALOGUE
from tests.support.play import PLACES, Play, play

TYPES = [row.code for row in CATALOGUE]
DISCREET = {row.code for row in CATALOGUE if row.restricted}
NAME, PHONE, WORDS, ADDRESS, ANSWER = "金丝雀甲", "13912345678", "她躲在卧室", "北门里5栋701室", "她前夫"
CANARIES = (NAME, PHONE, WORDS, ADDRESS, "701", ANSWER)
BOUND = ("asked", "delivered", "seen", "accepted", "assigned", "en_route", "arrived", "reached")
MAY_SEE = {*TEAM_FIELDS, "police_about_min", "responders"}
NEVER_OF_RESTRICTED = {"place_text", "floor", "access_note", "type", "lon", "lat", "chat"}
MAY_SEE_WHEN_COMING = {*MAY_SEE, "lon", "lat", "place_text", "access_note", "floor", "chat"}
PLANTED: dict[str, object] = {
    "lon": 113.123456,
    "lat": 113.123456,
    "chat": [{"from_desk": True, "team_id": None, "text": "PLANTED"}],
}
"""Canaries of fields that must have a shape; everywhere else stands the word alone."""


def _town(code: str) -> tuple[Play, str, dict[str, Any]]:
    town = play()
    place = Place(points=(PLACES["h"],), address=ADDRESS, floor=7, private=True)
    facts = town.submit(
        "receive_call",
        channel="phone",
        type_code=code,
        text=WORDS,
        caller_name=NAME,
        caller_phone=PHONE,
        place=place,
        venue_id="Vh",
    )
    incident_id = next(f.body.incident_id for f in facts if f.kind == "IncidentOpened")  # type: ignore[attr-defined]
    call_id = next(iter(town.state.respond.calls))
    town.submit("answer_protocol", call_id=call_id, question="who", answer=ANSWER)
    town.submit("add_note", incident_id=incident_id, note=f"{WORDS} {ADDRESS}")
    row = views.render(town.state, [f"incident/{incident_id}"])[f"incident/{incident_id}"]
    assert row is not None
    return town, incident_id, row


def _seen(row: dict[str, Any], state: str, role: str = "member") -> dict[str, Any]:
    team = {
        "responder_id": "T",
        "kind": "team",
        "team_id": "T",
        "state": state,
        "alert_id": "a",
        "task": "aid",
    }
    part = visible(
        Audience(role, team_id="T"), "incident/x", {**row, "responders": [*row["responders"], team]}
    )
    assert part is not None
    return part


def test_the_catalogue_says_which_kinds_are_told_to_nobody() -> None:
    assert {
        "domestic_violence",
        "sexual_assault",
        "suicide_threat",
        "overdose_missing",
        "missing_child",
    } <= DISCREET


@pytest.mark.parametrize("code", TYPES)
def test_a_team_sees_no_caller_no_party_and_of_a_restricted_incident_no_floor_and_no_flat(code: str) -> None:
    _, _, row = _town(code)
    assert row["restricted"] is (code in DISCREET)
    assert not any(canary in json.dumps(row["calls"], ensure_ascii=False) for canary in (NAME, PHONE))
    hidden = CANARIES if code in DISCREET else (NAME, PHONE, WORDS, ANSWER)
    for state in BOUND:
        for role in ("lead", "member"):
            part = json.dumps(_seen(row, state, role), ensure_ascii=False)
            assert [canary for canary in hidden if canary in part] == [], (state, role)


@pytest.mark.parametrize("code", TYPES)
def test_no_field_of_a_row_comes_through_that_is_not_on_the_list(code: str) -> None:
    _, _, row = _town(code)
    for state in BOUND:
        coming = state not in ("asked", "delivered", "seen")
        allowed = MAY_SEE_WHEN_COMING if coming else MAY_SEE
        for name in row:
            canary = PLANTED.get(name, "PLANTED")
            kept = name in ("responders", "restricted")
            part = _seen(row if kept else {**row, name: canary}, state)
            assert set(part) <= allowed, (name, state)
            if (str(canary) if name in ("lon", "lat") else "PLANTED") in json.dumps(part):
                assert name in allowed, (name, state)
                assert code not in DISCREET or name not in NEVER_OF_RESTRICTED, name


@pytest.mark.parametrize("code", sorted(DISCREET))
def test_where_a_team_goes_to_a_restricted_incident_is_its_venue_and_about_100_m(code: str) -> None:
    _, _, row = _town(code)
    part = _seen(row, "accepted")
    assert part["type"] == "help_needed" and part["floor"] is None and part["place_text"] == row["venue_name"]
    assert (part["lon"], part["lat"]) == (round(row["lon"], 3), round(row["lat"], 3))


@pytest.mark.parametrize("code", TYPES)
def test_no_message_to_a_member_or_team_names_caller_words_floor_or_flat(code: str) -> None:
    town, incident_id, _ = _town(code)
    books = town.state.registers
    people = [next(iter(books.teams)), next(iter(books.members))]
    reasons = [*letters.WRITERS, "stand_down", "withdrawn", "released", "all_clear"]
    ids = [incident_id, *town.state.respond.alerts, *town.state.respond.calls, "nobody"]
    written = 0
    for reason in reasons:
        for reason_id in ids:
            for who in people:
                made = letters.letter(town.state, reason, reason_id, who)
                if made is None or reason == "agency_asked":
                    continue
                written += 1
                said = json.dumps([made.params, made.data, made.more], ensure_ascii=False)
                assert [canary for canary in CANARIES if canary in said] == [], (reason, said)
                assert code not in DISCREET or f"@type.{code}" not in said
    assert written > 10


@pytest.mark.parametrize("code", sorted(DISCREET))
def test_a_restricted_incident_is_listed_without_words_for_a_desk_that_does_not_have_it(code: str) -> None:
    _, incident_id, row = _town(code)
    key = f"incident/{incident_id}"
    own = visible(Audience("dispatcher", names=frozenset({"d1", "A"})), key, row)
    assert own == {**row, "callers_shown": True} and WORDS in json.dumps(own, ensure_ascii=False)
    assert visible(Audience("admin"), key, row) is None
    for role in ("dispatcher", "commander"):
        part = visible(Audience(role, names=frozenset({"d2", "B"})), key, row)
        assert part is not None and set(part) == {*row, "callers_shown"}, "it is listed, whole in shape"
        said = json.dumps(part, ensure_ascii=False)
        assert [canary for canary in CANARIES if canary in said] == []
        assert part["type"] == code and part["lon"] == row["lon"] and part["priority"] == row["priority"]
