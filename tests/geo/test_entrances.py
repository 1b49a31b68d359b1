"""Which way into a venue, and how long inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.geo.entrances import InsideTimes, inside_s, is_open, minute_of_week, ways_in
from firstminute.model.records import Entrance, Venue

MONDAY_0900 = 9 * 60
DAY = ((8 * 60, 22 * 60),)


def venue(*entrances: Entrance) -> Venue:
    return Venue(
        venue_id="v", name="商场", category="mall", lon=117.0, lat=36.6, entrances=entrances, district="d"
    )


def test_a_minute_of_the_week_is_local() -> None:
    monday_2024_01_01 = 1_704_038_400.0  # 2023-12-31 16:00 UTC = Monday 00:00 in China
    assert minute_of_week(monday_2024_01_01, 8 * 3600) == 0
    assert minute_of_week(monday_2024_01_01 - 60, 8 * 3600) == 7 * 24 * 60 - 1


def test_hours_may_run_over_sunday_night() -> None:
    late = ((6 * 1440 + 22 * 60, 2 * 60),)
    assert is_open(late, 60)
    assert is_open(late, 6 * 1440 + 23 * 60)
    assert not is_open(late, 3 * 60)


def test_only_entrances_open_then_are_used() -> None:
    place = venue(
        Entrance(lon=1.0, lat=1.0, hours=DAY, note="东门"), Entrance(lon=2.0, lat=2.0, hours=((0, 60),))
    )
    ways = ways_in(place, "foot", MONDAY_0900)
    assert [(way.index, way.code, way.note) for way in ways] == [(0, "open", "东门")]


def test_a_locked_entrance_with_a_key_holder_counts_only_when_none_is_open_and_costs_a_wait() -> None:
    place = venue(
        Entrance(lon=1.0, lat=1.0, hours=DAY, key_holder="物业"),
        Entrance(lon=2.0, lat=2.0, hours=DAY),
    )
    night = ways_in(place, "run", 3 * 60, floor=1)
    assert [(way.index, way.code, way.key_holder) for way in night] == [(0, "key_holder", "物业")]
    assert night[0].inside_s == 11.0 + InsideTimes().key_wait_s
    assert {way.code for way in ways_in(place, "run", MONDAY_0900)} == {"open"}


def test_nobody_on_foot_is_sent_to_a_gate_for_vehicles_but_a_car_may_stop_before_a_door() -> None:
    place = venue(Entrance(lon=1.0, lat=1.0, access="vehicle"), Entrance(lon=2.0, lat=2.0, access="foot"))
    assert [way.index for way in ways_in(place, "foot", 0)] == [1]
    assert [way.index for way in ways_in(place, "car", 0)] == [0, 1]


def test_a_venue_is_never_without_a_way_in() -> None:
    assert [(way.index, way.lon) for way in ways_in(venue(), "car", 0)] == [(-1, 117.0)]
    closed = ways_in(venue(Entrance(lon=1.0, lat=1.0, hours=DAY)), "foot", 0)
    assert [way.code for way in closed] == ["closed"]
    only_gate = ways_in(venue(Entrance(lon=1.0, lat=1.0, access="vehicle")), "foot", 0)
    assert [way.index for way in only_gate] == [0]


@given(st.integers(-5, 80))
def test_a_lift_never_makes_it_slower_and_higher_is_never_quicker(floor: int) -> None:
    assert inside_s(floor, True) <= inside_s(floor, False)
    further = floor + 1 if floor >= 0 else floor - 1
    assert inside_s(further, True) >= inside_s(floor, True)


def test_the_ground_floor_takes_no_time() -> None:
    assert inside_s(0, True) == 0.0
    assert inside_s(3, True) == pytest.approx(33.0)
