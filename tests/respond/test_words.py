"""Radio words: what is typed is what was said, in two languages, and nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.model.errors import Refused
from firstminute.model.facts.people import UnitStatusSet, WelfareAnswered
from firstminute.model.facts.response import (
    AlertAccepted,
    Arrived,
    Assigned,
    Cleared,
    ClockMet,
    EnRoute,
    HelpAsked,
    PersonReached,
    Released,
)
from firstminute.model.records import Unit
from firstminute.respond.words import MEANINGS, Heard, parse, resolve
from tests.support.play import Play, play


@pytest.mark.parametrize(
    "line, signs, meant",
    [
        ("12 到", ("12",), "arrived"),
        ("12到", ("12",), "arrived"),
        ("１２ 到", ("12",), "arrived"),
        ("12 ok", ("12",), "well"),
        ("12 OK.", ("12",), "well"),
        ("铁骑12 出发", ("铁骑12",), "en_route"),
        ("12、15 到", ("12", "15"), "arrived"),
        ("12 and 15 on scene", ("12", "15"), "arrived"),
        ("unit 7 is en route", ("7",), "en_route"),
        ("7 done", ("7",), "cleared"),
        ("7 处置完毕", ("7",), "cleared"),
        ("7 请求支援", ("7",), "help"),
        ("7 去不了", ("7",), "cannot"),
        ("7 见到报警人", ("7",), "person_reached"),
        ("7 收到", ("7",), "accepted"),
        ("7 out of service", ("7",), "unavailable"),
    ],
)
def test_a_line_says_who_and_what(line: str, signs: tuple[str, ...], meant: str) -> None:
    """Call signs first, one word last."""
    assert parse(line) == [Heard(signs, meant)]


def test_several_statements_in_one_line() -> None:
    """As heard, one after the other."""
    assert parse("12 到；15 出发") == [Heard(("12",), "arrived"), Heard(("15",), "en_route")]


@pytest.mark.parametrize("line", ["", "到", "12", "12 perhaps", "book", "12 tok", "ok", ";;;"])
def test_what_is_not_understood_is_refused(line: str) -> None:
    """Never guessed: `tok` is not `ok`."""
    with pytest.raises(Refused, match="words_not_understood"):
        parse(line)


@given(st.text(max_size=200))
def test_any_text_is_understood_or_refused(line: str) -> None:
    """No error, whatever is typed."""
    try:
        assert all(heard.meant in MEANINGS and heard.call_signs for heard in parse(line))
    except Refused as refused:
        assert refused.code == "words_not_understood"


UNITS = {
    u: Unit(unit_id=u, call_sign=sign, kind="car", mode="car", station_id="S", district="D")
    for u, sign in {"a": "铁骑12", "b": "PTU-12", "c": "铁骑112", "d": "巡07"}.items()
}


def test_a_short_call_sign_means_the_one_who_is_bound() -> None:
    """Else it must be said in full."""
    assert resolve("12", UNITS, ["b"]).unit_id == "b"
    assert resolve("铁骑12", UNITS, []).unit_id == "a"
    assert resolve("ptu12", UNITS, []).unit_id == "b"
    assert resolve("7", UNITS, []).unit_id == "d"
    with pytest.raises(Refused, match="call_sign_ambiguous"):
        resolve("12", UNITS, [])
    with pytest.raises(Refused, match="unknown_call_sign"):
        resolve("99", UNITS, [])


@pytest.fixture
def town() -> Play:
    """A theft that U1 or U2 goes to."""
    town = play()
    town.open("theft", place=None)
    return town


def said(town: Play, line: str) -> list[str]:
    """What a line became."""
    return [fact.kind for fact in town.submit("radio_words", incident_id="i1", line=line)]


def test_a_whole_task_by_radio_alone(town: Play) -> None:
    """收到, 出发, 到, 见到人, 完毕: five lines, no phone touched."""
    sign = next(b for b in town.state.respond.assignments.values()).responder_id[1:]
    assert "AlertAccepted" in said(town, f"{sign} 收到")
    assert "EnRoute" in said(town, f"{sign} 出发")
    assert "Arrived" in said(town, f"{sign} 到")
    assert said(town, f"{sign} 到") == []
    assert "PersonReached" in said(town, f"{sign} 见到人")
    assert "Cleared" in said(town, f"{sign} 完毕")
    for kind in (AlertAccepted, EnRoute, Arrived, PersonReached, Cleared):
        assert len(town.found(kind)) == 1, kind
    assert {a.evidence for a in town.found(Arrived)} == {"radio"}
    assert {c.evidence for c in town.found(ClockMet)} == {"radio"}


def test_a_crew_that_says_it_is_there_is_bound_by_that(town: Play) -> None:
    """On view: one line, one key."""
    free = next(u for u, d in town.state.respond.units.items() if d.active is None and u != "U4")
    said(town, f"{free[1:]} 到")
    assigned = town.found(Assigned)[-1]
    assert (assigned.responder_id, assigned.how, assigned.active) == (free, "on_view", True)
    assert town.found(Arrived)[-1].responder_id == free


def test_ok_answers_the_question_that_is_open(town: Play) -> None:
    """The alert first, then how they are."""
    sign = next(b for b in town.state.respond.assignments.values()).responder_id[1:]
    assert "AlertAccepted" in said(town, f"{sign} ok")
    said(town, f"{sign} 到")
    assert "WelfareAnswered" in said(town, f"{sign} ok")
    assert town.found(WelfareAnswered)[-1].well
    town.submit("stand_down", incident_id="i1", reason="settled")
    assert "SafetyAnswered" in said(town, f"{sign} ok")


def test_words_set_a_status_ask_for_help_and_give_back(town: Play) -> None:
    """休息, 支援, 去不了."""
    sign = next(b for b in town.state.respond.assignments.values()).responder_id[1:]
    said(town, f"{sign} 支援")
    assert town.found(HelpAsked)[-1].what == "reinforcement"
    said(town, f"{sign} 去不了")
    assert town.found(Released)[-1].reason_code == "cannot"
    said(town, f"{sign} 休息")
    assert town.found(UnitStatusSet)[-1].status == "resting"
    with pytest.raises(Refused, match="not_bound"):
        said(town, f"{sign} 见到人")


def test_one_statement_not_understood_keeps_the_whole_line_back(town: Play) -> None:
    """All or nothing: the desk sees at once what to type again."""
    count = len(town.facts)
    with pytest.raises(Refused):
        said(town, "1 到；2 perhaps")
    assert len(town.facts) == count
