"""Two streets that meet are found by their names, however they stand beside each other."""

from __future__ import annotations

import pytest

from firstminute.command.crossings import crossings
from firstminute.command.gazetteer import Entry, Gazetteer

STREETS = Gazetteer(
    [
        Entry("人民路", "Renmin Road", "street", "人民路", 1.0, 1.0, ("ren", "min", "lu")),
        Entry("人民北路", "Renmin Road North", "street", "人民北路", 1.0, 1.0, ("ren", "min", "bei", "lu")),
        Entry("中山大道", "Zhongshan Avenue", "street", "中山大道", 1.0, 1.0, ("zhong", "shan", "da", "dao")),
        Entry("后街", None, "street", "后街", 1.0, 1.0, ("hou", "jie")),
    ]
)
MEETING = {("中山大道", "人民路"): (113.1, 23.1), ("人民路", "后街"): (113.2, 23.2)}


@pytest.mark.parametrize(
    "words",
    ["人民路中山大道", "人民路与中山大道", "中山大道 / 人民路", "人民路中山大道路口", "rml zsdd", "zhongshan, renminlu", "Renmin Road & Zhongshan Avenue"],
)  # fmt: skip
def test_a_crossing_is_found(words: str) -> None:
    found = crossings(STREETS, MEETING, words, 5)
    assert [(each.sort, each.lon, each.lat) for each in found] == [("crossing", 113.1, 23.1)]


def test_streets_that_do_not_meet_are_no_crossing() -> None:
    assert crossings(STREETS, MEETING, "后街 中山大道", 5) == []
    assert crossings(STREETS, MEETING, "人民路", 5) == []
    assert crossings(STREETS, MEETING, " / ", 5) == []


def test_an_english_name_needs_both() -> None:
    assert crossings(STREETS, MEETING, "人民路后街", 5)[0].name_en is None
