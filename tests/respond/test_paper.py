"""Blank forms: their numbers never repeat, a misread one is found, and a call typed from one says so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import FormsReserved
from firstminute.respond import paper
from tests.support.course import a_town
from tests.support.play import PLACES, Play, play

NUMBER = st.integers(1, 10**9)


def numbers(town: Play) -> list[int]:
    """All that were ever given."""
    return [number for f in town.found(FormsReserved) for number in range(f.first, f.last + 1)]


def test_no_number_is_given_twice_whoever_asks_and_whenever() -> None:
    town = play(mustered=False)
    for seat, count in (("A", 20), ("B", 1), ("A", 200)):
        town.submit("reserve_forms", seat=seat, count=count)
        town.at_s += 61.0
    given_to = numbers(town)
    assert len(given_to) == len(set(given_to)) == 221
    assert given_to == sorted(given_to)
    for wrong in (0, -1, 201):
        with pytest.raises(Refused, match="forms_count"):
            town.submit("reserve_forms", seat="A", count=wrong)


def test_a_record_that_forgot_its_last_blocks_gives_none_of_them_again() -> None:
    """An hour-old backup was brought back: what its desk reserves now lies beyond what lies in the drawers."""
    before = paper.BEGIN_S + 400 * 86_400.0
    forgotten = paper.reserve(100, 40, seat="A", at_s=before)[0]
    again = paper.reserve(100, 40, seat="A", at_s=before + 3_600.0)[0]
    assert isinstance(forgotten, FormsReserved) and isinstance(again, FormsReserved)
    assert again.first > forgotten.last


def test_a_drill_has_no_forms() -> None:
    with pytest.raises(Refused, match="forms_are_live"):
        a_town("exercise").submit("reserve_forms", seat="A", count=1)


@given(NUMBER, st.integers(0, 12), st.integers(1, 9))
def test_what_is_printed_is_read_back_and_one_wrong_digit_never_passes(number: int, at: int, by: int) -> None:
    printed = paper.shown(number)
    assert paper.read(printed) == paper.read(f" №{printed.replace('-', '')} ") == number
    digits = printed.replace("-", "")
    place = at % len(digits)
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert paper.read(wrong) is None


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_none(text: str) -> None:
    found = paper.read(text)
    assert found is None or found > 0


def test_a_call_typed_from_paper_names_its_form_and_a_second_one_is_kept_and_told() -> None:
    """Story 22: nothing is refused for its number; what is odd about it is said."""
    town = play(mustered=False)
    town.submit("reserve_forms", seat="A", count=2)
    first = numbers(town)[0]
    said: dict[str, Any] = {"channel": "paper", "type_code": "theft", "place": {"points": [PLACES["k"]]}}
    for form in (first, first, first + 500, None):
        town.submit("receive_call", **said, form=form, occurred_s=town.at_s - 1_800.0)
        town.wait(30.0)
    found = town.found(CallReceived)
    assert [(f.form, f.problems) for f in found] == [
        (first, ()), (first, ("form:used",)), (first + 500, ("form:unknown",)), (None, ()),
    ]  # fmt: skip
    assert town.state.respond.forms[first] == found[0].call_id


def test_a_stranger_speaks_for_no_form() -> None:
    town = play(mustered=False)
    town.submit("reserve_forms", seat="A", count=1)
    town.submit("receive_call", actor=Actor(id="r", role="resident"), text="x", form=numbers(town)[0])
    [call] = town.found(CallReceived)
    assert call.form is None and "form:not_yours" in call.problems
