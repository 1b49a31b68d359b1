"""Datum conversion: exact against published points, there and back, and only where China shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firstminute.geo.datum import MAINLAND, Datum, convert, inside

METRES = 111_195.0

CITIES = {
    "Beijing": (116.40, 39.90), "Shenzhen": (114.057, 22.543), "Jinan": (117.0, 36.65), "Sanya": (109.5, 18.25), "Kashgar": (75.99, 39.47),
    "Mohe": (122.5, 53.4), "Heihe": (127.49, 50.24), "Xiamen": (118.09, 24.48), "Pingtan": (119.79, 25.5), "Zhuhai": (113.57, 22.27),
    "Dandong": (124.38, 40.12), "Lhasa": (91.1, 29.65), "Urumqi": (87.6, 43.8), "Shanghai": (121.47, 31.23), "Fuyuan": (134.3, 48.36),
}  # fmt: skip
ABROAD = {
    "Hong Kong": (114.158, 22.281), "Sheung Shui": (114.128, 22.502), "Yuen Long": (114.03, 22.445), "Hong Kong airport": (113.93, 22.31),
    "Macau": (113.55, 22.19), "Taipa": (113.56, 22.155), "Taipei": (121.56, 25.04), "Kinmen": (118.32, 24.44), "Matsu": (119.94, 26.15),
    "Hanoi": (105.85, 21.03), "Seoul": (127.0, 37.55), "Vladivostok": (131.9, 43.1), "Blagoveshchensk": (127.54, 50.28), "Almaty": (76.9, 43.2),
    "Kathmandu": (85.3, 27.7), "Tokyo": (139.7, 35.7), "Porto": (-8.61, 41.15), "Ulaanbaatar": (106.9, 47.9), "Sinuiju": (124.4, 40.09),
}  # fmt: skip


def metres(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return np.hypot((a[0] - b[0]) * np.cos(np.radians(a[1])), a[1] - b[1]) * METRES


def test_published_points_are_met_to_the_centimetre() -> None:
    gcj = convert(121.5272106, 31.1774276, source="wgs84", target="gcj02")
    assert metres(gcj, (np.array(121.531541859215), np.array(31.17530398364597))) < 0.01
    bd = convert(116.404, 39.915, source="gcj02", target="bd09")
    assert metres(bd, (np.array(116.41036949371029), np.array(39.92133699351022))) < 0.01


def test_the_shift_at_shenzhen_is_six_hundred_metres() -> None:
    place = (np.array(114.057), np.array(22.543))
    assert metres(place, convert(*place, source="wgs84", target="gcj02")) == pytest.approx(607, abs=3)


@pytest.mark.parametrize("name", CITIES)
def test_cities_of_the_mainland_are_shifted(name: str) -> None:
    lon, lat = (np.array([value]) for value in CITIES[name])
    assert metres((lon, lat), convert(lon, lat, source="wgs84", target="gcj02"))[0] > 50


@pytest.mark.parametrize("name", ABROAD)
def test_places_outside_the_mainland_stay_where_they_are(name: str) -> None:
    lon, lat = (np.array([value]) for value in ABROAD[name])
    for datum in ("gcj02", "bd09"):
        there = convert(lon, lat, source="wgs84", target=datum)
        assert (there[0], there[1]) == (lon, lat)
        back = convert(lon, lat, source=datum, target="wgs84")
        assert (back[0], back[1]) == (lon, lat)


@given(st.floats(74, 135), st.floats(18, 53.5), st.sampled_from(["gcj02", "bd09"]))
def test_a_point_goes_there_and_back_within_a_tenth_of_a_metre(lon: float, lat: float, datum: Datum) -> None:
    near = np.array([[lon + dx, lat + dy] for dx in (-0.03, 0, 0.03) for dy in (-0.03, 0, 0.03)])
    assume(
        len(set(inside(MAINLAND, near[:, 0], near[:, 1]).tolist())) == 1
    )  # within 3 km of the mask's border two places share one
    here = (np.array([lon]), np.array([lat]))
    there = convert(*here, source="wgs84", target=datum)
    assert metres(here, convert(*there, source=datum, target="wgs84"))[0] < 0.001


def test_a_city_may_bring_its_own_mask_and_whole_arrays_at_once() -> None:
    square = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    lon, lat = np.array([0.5, 1.5, 116.4]), np.array([0.5, 0.5, 39.9])
    x, y = convert(lon, lat, source="wgs84", target="gcj02", mask=square)
    assert (metres((lon, lat), (x, y)) > 1).tolist() == [True, False, False]


def test_between_the_two_chinese_datums_one_passes_through_the_true_place() -> None:
    lon, lat = np.array([117.0]), np.array([36.65])
    gcj = convert(lon, lat, source="wgs84", target="gcj02")
    direct = convert(lon, lat, source="wgs84", target="bd09")
    assert metres(direct, convert(*gcj, source="gcj02", target="bd09"))[0] < 0.001


def test_an_unknown_datum_is_an_error() -> None:
    with pytest.raises(ValueError, match="datum"):
        convert(0.0, 0.0, source="wgs84", target="mars")  # type: ignore[arg-type]
