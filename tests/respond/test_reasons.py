"""Reasons are codes from fixed lists with a sentence in both languages; what else there is to say is a sealed note."""

from __future__ import annotations

from typing import Any

import pytest

from firstminute.app.messages import LANGUAGES, catalogue
from firstminute.flow.registers import put
from firstminute.model.encoding import encode_body
from firstminute.model.envelope import Actor, Fact
from firstminute.model.errors import Refused
from firstminute.model.facts.people import RollTaken
from firstminute.model.facts.response import AlertDeclined, AlertSent
from firstminute.model.records import District
from firstminute.respond.reasons import OWN_WORDS, REASONS
from tests.support.play import COMMANDER, DISPATCHER, Play, play, roll

SECRET = "张三住在里面"


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    """`why.<code>`."""
    wanted = {f"why.{code}" for codes in REASONS.values() for code in codes}
    for language in LANGUAGES:
        assert sorted(wanted - set(catalogue(language))) == [], language
        assert (
            sorted(key for key in catalogue(language) if key.startswith("why.") and key not in wanted) == []
        )


def test_no_list_says_a_code_twice() -> None:
    """A code stands once in its list."""
    assert [act for act, codes in REASONS.items() if len(codes) != len(set(codes))] == []


def _acts(town: Play) -> dict[str, tuple[str, dict[str, Any], Actor]]:
    """Command by command: the field that takes the code, its other arguments, who."""
    return {
        "raise_level": ("reason", {"incident_id": "i1", "level": 2}, DISPATCHER),
        "offer_transfer": ("reason", {"incident_id": "i1", "to_district": "E"}, DISPATCHER),
        "stand_down": ("reason", {"incident_id": "i1"}, DISPATCHER),
        "reopen_incident": ("reason", {"incident_id": "i1"}, DISPATCHER),
        "switch_grade": ("reason", {"grade": "heightened"}, COMMANDER),
        "recall": ("reason", {"team_ids": ("Th",)}, COMMANDER),
        "set_unit_status": ("reason", {"unit_id": "U4", "status": "resting"}, DISPATCHER),
        "set_task": ("what", {"owner": "S1", "within_s": 60.0}, DISPATCHER),
        "review_incident": ("findings", {"incident_id": "i1"}, DISPATCHER),
    }


LIST_OF = {
    "raise_level": "level",
    "offer_transfer": "transfer",
    "stand_down": "stand_down",
    "reopen_incident": "reopen",
    "switch_grade": "grade",
    "recall": "recall",
    "set_unit_status": "status",
    "set_task": "task",
    "review_incident": "finding",
}


@pytest.mark.parametrize("command", sorted(LIST_OF))
def test_an_act_takes_the_codes_of_its_list_and_seals_every_other_word(command: str) -> None:
    """Free words hold no urgent act up: they become the sealed note of the actor's own decision, or are refused where nothing is urgent."""
    field, listed = _acts(play())[command][0], REASONS[LIST_OF[command]]
    for said in (listed[0], SECRET):
        town = play()
        put(town.state.registers, "districts", [District(district_id="E", name="E")])
        town.open("quarrel")
        _, arguments, actor = _acts(town)[command]
        if command == "reopen_incident":
            town.submit("stand_down", incident_id="i1", reason="settled")
        given: Any = (said,) if field == "findings" else said
        if said == SECRET and not set(OWN_WORDS) & set(listed):
            with pytest.raises(Refused) as refused:
                town.submit(command, actor=actor, **arguments, **{field: given})
            assert refused.value.code == "unknown_reason" and listed[0] in str(
                refused.value.parameters["listed"]
            )
            continue
        made = next(
            f
            for f in town.submit(command, actor=actor, **arguments, **{field: given}, note="另有")
            if "note" in f.body.SEALED
        )
        opened, hidden = encode_body(made.body)
        code = opened[field][0] if field == "findings" else opened[field]
        assert code in listed and SECRET not in str(opened) and hidden is not None
        assert hidden["note"] == ("另有" if said != SECRET else f"{SECRET} · 另有")


def test_no_reason_at_all_is_no_reason() -> None:
    """Blanks say nothing."""
    town = play()
    town.open("quarrel")
    with pytest.raises(Refused, match="unknown_reason"):
        town.submit("stand_down", incident_id="i1", reason="  ")


def test_a_helper_who_declines_with_a_word_nobody_knows_has_declined() -> None:
    """Nobody is held up by a list: it counts as `other`."""
    town = play()
    town.open("quarrel")
    asked = next(a for a in town.found(AlertSent) if a.team_id == "Th")
    member = Actor(id=asked.responder_id, role="member", team_id="Th")
    town.submit("decline_alert", alert_id=asked.alert_id, reason_code=SECRET, actor=member)
    assert [d.reason_code for d in town.found(AlertDeclined)] == ["other"]


def test_what_a_team_reports_in_its_own_words_is_kept_sealed_and_counts_as_something() -> None:
    """A remark that is on no list becomes the note of a remark `other`."""
    town = play(mustered=False)
    made: list[Fact] = town.submit("take_roll", **roll("h", 3, remark_code=SECRET))
    taken = next(f.body for f in made if isinstance(f.body, RollTaken))
    assert (taken.remark_code, taken.well, taken.note) == ("other", False, SECRET)
    assert SECRET not in str(encode_body(taken)[0])
