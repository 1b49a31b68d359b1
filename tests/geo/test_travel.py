"""Median, spread and chance of being in time; running."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstminute.geo.travel import chance_in_time, drone_ds, foot_limit_ds, run_ds, travel_time


@given(st.floats(1, 5000), st.floats(1, 5000), st.floats(0.01, 2))
def test_the_chance_is_that_of_a_log_normal_trip(median_s: float, limit_s: float, sigma: float) -> None:
    expected = NormalDist(np.log(median_s), sigma).cdf(np.log(limit_s))
    assert chance_in_time([median_s], limit_s, sigma)[0] == pytest.approx(expected, abs=1e-9)


def test_a_trip_whose_median_is_the_limit_is_in_time_every_second_time() -> None:
    assert travel_time([600], limit_s=90.0, sigma_log=0.35, turnout_s=30.0).chance.tolist() == [0.5]


def test_turnout_counts_and_no_way_is_never_in_time() -> None:
    found = travel_time([600, -1], limit_s=300.0, sigma_log=0.25, turnout_s=30.0)
    assert found.median_s.tolist() == [90.0, np.inf]
    assert found.chance[0] > 0.99
    assert found.chance[1] == 0.0


def test_without_spread_in_time_means_not_later_than_the_limit() -> None:
    assert chance_in_time([59.9, 60.0, 60.1, np.inf], 60.0, 0.0).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_whoever_is_there_already_is_in_time_even_when_no_time_is_left() -> None:
    assert chance_in_time([0.0, 0.1], 0.0, 0.35).tolist() == [1.0, 0.0]
    assert chance_in_time([0.0], 1.0, 0.35).tolist() == [1.0]


@given(st.integers(0, 100_000), st.floats(1.0, 4.0))
def test_the_walking_limit_finds_everybody_who_runs_there_in_time(limit_ds: int, factor: float) -> None:
    walk = foot_limit_ds(limit_ds, factor=factor)
    times = run_ds(np.array([walk, walk + 1, -1], np.int32), factor=factor)
    assert times[0] <= limit_ds < times[1]
    assert times[2] == -1


def test_a_drone_flies_straight_at_its_own_speed() -> None:
    north = drone_ds([8.0, 8.0], [41.0, 41.0], 8.0, [41.0, 41.01], speed_kmh=36.0)
    assert north[0] == 0
    assert north[1] == pytest.approx(1112, abs=1)
