"""Coordinates are read as people say them, and only where they are some."""

from __future__ import annotations

import pytest

from firstminute.command.coordinates import read_point

CITY = (113.0, 23.0, 113.5, 23.5)


@pytest.mark.parametrize(
    "text",
    ["23.125, 113.25", "113.25 23.125", "N23.125 E113.25", "113.25E 23.125N", "北纬23.125 东经113.25", "23°07'30\"N 113°15'00\"E", "wgs84 23.125，113.25"],
)  # fmt: skip
def test_degrees_in_either_order_are_the_same_place(text: str) -> None:
    assert read_point(text, CITY) == (113.25, 23.125, "wgs84")


@pytest.mark.parametrize("name", ["gcj", "高德", "GCJ-02", "腾讯"])
def test_a_place_of_another_map_is_moved_to_where_it_is(name: str) -> None:
    found = read_point(f"{name} 113.25,23.125", CITY)
    assert found is not None
    assert found[2] == "gcj02"
    assert 0.001 < abs(found[0] - 113.25) < 0.01


def test_without_a_city_longitude_comes_first_where_both_are_possible() -> None:
    assert read_point("-8.61, 41.15") == (-8.61, 41.15, "wgs84")
    assert read_point("41.15, -8.61", (-8.7, 41.1, -8.5, 41.2)) == (-8.61, 41.15, "wgs84")
    assert read_point("41.15N 8.61W") == (-8.61, 41.15, "wgs84")


@pytest.mark.parametrize(
    "text", ["12 34", "人民路 5.5 3.2", "5.5", "99.5, 200.1", "1.5 2.5 3.5", "N1.5 N2.5", ""]
)
def test_other_words_are_no_place(text: str) -> None:
    assert read_point(text) is None
