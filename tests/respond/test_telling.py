"""Whoever was called hears that the call is over on every way to them: withdrawn, stood down, released, all clear."""

from __future__ import annotations

import pytest

from firstminute.flow.letters import WRITERS, letter
from firstminute.flow.registers import put
from firstminute.model.envelope import Actor
from firstminute.model.facts.desk import MessageQueued
from firstminute.model.facts.incident import IncidentAmended
from firstminute.model.facts.response import AlertFailed, AlertSent, AlertWithdrawn, Assigned, Released
from firstminute.model.records import Member
from firstminute.respond.receivers import PREFIX
from tests.support.play import Play, play

WAYS = ("push", "sms")


@pytest.fixture
def town() -> Play:
    """The town, whose members are reached by push and text message, none by page."""
    made = play()
    for member in list(made.state.registers.members.values()):
        row = Member(
            member_id=member.member_id, team_id=member.team_id, trained=member.trained, channels=WAYS
        )
        put(made.state.registers, "members", [row])
    return made


def told(town: Play, reason: str) -> dict[str, list[str]]:
    """Who was told, and on which ways."""
    found: dict[str, list[str]] = {}
    for message in town.found(MessageQueued):
        if message.reason == reason:
            found.setdefault(message.recipient, []).append(message.channel)
    return found


def test_whoever_is_withdrawn_hears_it_on_every_way_and_once(town: Play) -> None:
    """Enough come: the others are thanked by push and by text."""
    town.open("cardiac_arrest")
    neighbours = [a for a in town.found(AlertSent) if a.ring == "neighbour_aid"]
    town.submit("withdraw_alert", alert_id=neighbours[0].alert_id)
    assert told(town, "withdrawn") == {neighbours[0].responder_id: list(WAYS)}


def test_a_stand_down_reaches_the_asked_and_the_bound_on_every_way(town: Play) -> None:
    """Asked, on the way and on the scene alike."""
    town.open("cardiac_arrest")
    own = [a for a in town.found(AlertSent) if a.team_id == "Th"]
    town.submit("accept_alert", alert_id=own[0].alert_id, actor=Actor(id="x", role="member", team_id="Th"))
    town.submit("stand_down", incident_id="i1", reason="settled")
    people = {a.responder_id for a in town.found(AlertSent) if a.team_id}
    heard = told(town, "stand_down")
    assert set(heard) == people | {"U1"} and not told(town, "withdrawn")
    assert all(heard[who] == list(WAYS) for who in people) and heard["U1"] == ["page"]


def test_whoever_is_on_the_way_when_it_is_closed_or_taken_back_hears_it(town: Play) -> None:
    """A crew that drives, a member that runs: nobody goes on for nothing."""
    town.open("quarrel")
    own = next(a for a in town.found(AlertSent) if a.team_id == "Th")
    town.submit("accept_alert", alert_id=own.alert_id, actor=Actor(id="x", role="member", team_id="Th"))
    town.submit("close_incident", incident_id="i1", outcome="resolved")
    heard = told(town, "released")
    assert heard[own.responder_id] == list(WAYS) and heard["U1"] == ["page"]
    assert {r.reason_code for r in town.found(Released)} == {"closed"}


def test_whoever_gives_the_task_back_is_not_told_what_it_said_itself(town: Play) -> None:
    """`cannot` comes from the crew."""
    town.open("quarrel")
    task = next(b for b in town.found(Assigned) if b.responder_kind == "unit")
    town.submit("release_assignment", assignment_id=task.assignment_id, reason_code="cannot")
    assert not told(town, "released")


def test_who_is_called_off_because_it_turned_dangerous_is_told_once_on_every_way(town: Play) -> None:
    """The neighbour who runs towards it, and those who were only asked."""
    town.open("cardiac_arrest")
    asked = [a for a in town.found(AlertSent) if a.ring == "neighbour_aid"]
    town.submit(
        "accept_alert",
        alert_id=asked[0].alert_id,
        actor=Actor(id="x", role="member", team_id=asked[0].team_id),
    )
    town.happen(IncidentAmended(incident_id="i1", changed=("type_code",), type_code="armed_attack"))
    assert told(town, "safety_gate") == {asked[0].responder_id: list(WAYS)}
    assert {w.responder_id for w in town.found(AlertWithdrawn)} == set(told(town, "stand_down"))


def test_nobody_who_went_off_duty_is_tried_on_the_next_way(town: Play) -> None:
    """The push failed after the member checked out: no text follows."""
    town.open("quarrel")
    asked = next(a for a in town.found(AlertSent) if a.team_id == "Th")
    town.submit("check_out", team_id="Th", member_id=asked.responder_id)
    before = len(told(town, "alert")[asked.responder_id])
    town.submit("alert_failed", alert_id=asked.alert_id, channel="push")
    assert town.found(AlertFailed) and len(told(town, "alert")[asked.responder_id]) == before
    assert town.state.respond.alerts[asked.alert_id].state == "expired"


def test_a_page_that_is_not_open_asks_somebody_else_and_still_takes_a_yes() -> None:
    """The alert failed on the page, its only way: the next one is asked at once, and the first may still come."""
    town = play(members=6)
    town.open("quarrel")
    asked = [a for a in town.found(AlertSent) if a.team_id == "Th"]
    town.submit("alert_failed", alert_id=asked[0].alert_id, channel="page")
    now = [a for a in town.found(AlertSent) if a.team_id == "Th"]
    assert len(now) == len(asked) + 1
    town.submit("accept_alert", alert_id=asked[0].alert_id, actor=Actor(id="x", role="member", team_id="Th"))
    assert town.state.respond.busy[asked[0].responder_id]


def test_every_message_of_a_long_day_can_be_written_or_is_moot(town: Play) -> None:
    """Whatever was queued has a letter with all its parameters, or none where it no longer matters."""
    from firstminute.app.messages import LANGUAGES
    from firstminute.app.outgoing import text_of

    town.submit("call_muster", shift="day", due_s=town.at_s + 5, until_s=town.at_s + 9_000)
    town.open("cardiac_arrest")
    town.open("domestic_violence", incident_id="i2", venue_id="Vi")
    town.happen(IncidentAmended(incident_id="i1", changed=("type_code",), type_code="armed_attack"))
    town.submit("start_spot_call", team_ids=("Tv",))
    town.submit("stand_down", incident_id="i2", reason="settled")
    town.wait(700)
    letters = [letter(town.state, m.reason, m.reason_id, m.recipient) for m in town.found(MessageQueued)]
    written = [each for each in letters if each is not None]
    assert len(written) > 5 and len(written) < len(letters), "some are moot by now, some are not"
    for each in written:
        for language in LANGUAGES:
            text = text_of(each, language)
            assert not text.startswith("message.") and "{" not in text and "@" not in text, (each, text)


def test_whoever_may_not_know_the_kind_reads_help_needed() -> None:
    """A member's message about somebody who wants to jump names no such thing; the crew's does, and both are silent."""
    town = play()
    town.open("suicide_threat")
    asked = next(a for a in town.found(AlertSent) if a.team_id == "Th")
    crew = next(a for a in town.found(AlertSent) if a.responder_kind == "unit")
    for_member = letter(town.state, "alert", asked.alert_id, asked.responder_id)
    for_crew = letter(town.state, "alert", crew.alert_id, crew.responder_id)
    assert for_member is not None and for_crew is not None
    assert (
        for_member.params["type"] == "@type.help_needed" and for_crew.params["type"] == "@type.suicide_threat"
    )
    assert for_member.silent and for_crew.silent


def test_every_reason_to_write_has_a_sentence_in_both_languages() -> None:
    """What the core may queue, read from its source: the reasons of all messages."""
    import ast
    from pathlib import Path

    import firstminute
    from firstminute.app.messages import LANGUAGES, catalogue

    reasons = {each for each in WRITERS if not each.startswith(PREFIX)}  # news for machines has one sentence
    for folder in ("respond", "flow"):
        for path in (Path(firstminute.__file__).parent / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
                    "tell",
                    "tell_desk",
                ):
                    reasons |= {a.value for a in node.args[1:3] if isinstance(a, ast.Constant) and a.value}
    assert len(reasons) > 14
    for language in LANGUAGES:
        known = catalogue(language)
        assert sorted(r for r in reasons if f"message.{r}" not in known) == [], language
