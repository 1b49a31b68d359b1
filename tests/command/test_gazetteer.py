"""Places are found by any part of their name, the best first."""

from __future__ import annotations

from firstminute.command.gazetteer import distinct_streets, entry, find

ENTRIES = [
    entry("江南水果批发市场", "venue", "v1", 113.1, 23.1, name_en="Jiangnan Fruit Market"),
    entry("江南派出所", "station", "s1", 113.2, 23.2),
    *distinct_streets(
        [
            ("市场路", "Shichang Road", 113.3, 23.3),
            ("市场路", "", 113.4, 23.4),
            ("后街", "", 113.4, 23.4),
            ("", "", 1.0, 1.0),
        ]
    ),
]


def test_a_part_of_a_chinese_name_finds_it() -> None:
    assert [hit["id"] for hit in find(ENTRIES, "市场", 10)] == ["市场路", "v1"]


def test_english_and_full_width_letters_are_the_same() -> None:
    assert [hit["id"] for hit in find(ENTRIES, "ＦＲＵＩＴ mark", 10)] == ["v1"]


def test_a_street_is_found_by_its_english_name_where_it_has_one() -> None:
    assert [(hit["id"], hit["name_en"]) for hit in find(ENTRIES, "shichang", 10)] == [
        ("市场路", "Shichang Road")
    ]
    assert find(ENTRIES, "后街", 10)[0]["name_en"] is None


def test_a_street_stands_once_and_blank_finds_nothing() -> None:
    assert sum(hit["sort"] == "street" for hit in find(ENTRIES, "路", 10)) == 1
    assert find(ENTRIES, "  ", 10) == []
