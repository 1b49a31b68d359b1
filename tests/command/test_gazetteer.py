"""Places are found by any part of their name, by pinyin and its first letters, the best first."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.command.gazetteer import Entry, Gazetteer, distinct_streets

BOOK = Gazetteer(
    [
        Entry("江南水果批发市场", "Jiangnan Fruit Market", "venue", "v1", 113.1, 23.1),
        Entry("江南派出所", None, "station", "s1", 113.2, 23.2),
        Entry("人民公园", None, "area", "a1", 113.2, 23.2, ("ren", "min", "gong", "yuan")),
        Entry("人民公园北门便利店", None, "venue", "v2", 113.2, 23.2),
        Entry("新人民公园", None, "area", "a2", 113.2, 23.2, ("xin", "ren", "min", "gong", "yuan")),
        *distinct_streets(
            [
                ("市场路", "Shichang Road", 113.3, 23.3),
                ("市场路", "", 113.4, 23.4),
                ("后街", "", 113.4, 23.4),
                ("", "", 1.0, 1.0),
            ]
        ),
    ]
)


def ids(query: str, most: int = 10) -> list[str]:
    """Keys of what is found."""
    return [entry.key for entry in BOOK.find(query, most)]


def test_a_part_of_a_chinese_name_finds_it_and_who_begins_so_comes_first() -> None:
    assert ids("市场") == ["市场路", "v1"]
    assert ids("公园") == ["v2", "a1", "a2"]


def test_who_is_called_exactly_so_comes_before_everybody() -> None:
    assert ids("人民公园") == ["a1", "v2", "a2"]


def test_english_and_full_width_letters_are_the_same() -> None:
    assert ids("ＦＲＵＩＴ mark") == ["v1"]


@pytest.mark.parametrize("words", ["rmgy", "renmin", "RenMin gong", "renmingongyuan"])
def test_pinyin_and_its_first_letters_find_a_place(words: str) -> None:
    assert ids(words) == ["a1", "a2"]


def test_pinyin_is_found_from_the_beginning_of_a_syllable_only() -> None:
    assert ids("enmin") == []
    assert ids("gongyuan") == ["a1", "a2"]
    assert ids("uan") == []


def test_a_street_is_found_by_its_english_name_where_it_has_one() -> None:
    assert [(e.key, e.name_en) for e in BOOK.find("shichang", 10)] == [("市场路", "Shichang Road")]
    assert BOOK.find("后街", 10)[0].name_en is None


def test_a_street_stands_once_and_blank_or_unknown_finds_nothing() -> None:
    assert sum(entry.sort == "street" for entry in BOOK.find("路", 10)) == 1
    assert ids("  ") == ids("鑫") == ids("市鑫") == []


def test_the_letter_between_names_is_in_no_name() -> None:
    """Also where a query would run past the last of them: any letter, then as many ends as there may be."""
    letters = {
        letter for entry in BOOK.entries for name in (entry.name, entry.name_en or "") for letter in name
    }
    for letter in ("", *letters):
        for ends in range(1, 64):
            assert ids(letter + "\0" * ends) == []


def test_as_many_as_asked_for_also_where_one_name_is_hit_many_times() -> None:
    book = Gazetteer(
        [Entry("路" * 50, None, "street", f"s{k}", 0.0, 0.0) for k in range(5)]
        + [Entry("一路", None, "venue", "v", 0.0, 0.0)]
    )
    assert len(book.find("路", 6)) == 6
    assert book.find("路", 1)[0].key == "s0"


def test_it_finds_what_looking_at_every_name_finds() -> None:
    rng = np.random.default_rng(7)
    names = ["".join(rng.choice(list("人民路中山东西ab"), int(rng.integers(1, 6)))) for _ in range(300)]
    book = Gazetteer([Entry(name, None, "street", str(k), 0.0, 0.0) for k, name in enumerate(names)])
    for query in ("人", "民路", "ab", "东西a", "山中"):
        wanted = {str(k) for k, name in enumerate(names) if query in name}
        assert {entry.key for entry in book.find(query, 400)} == wanted
