"""Speeds by class, and the table that people read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firstminute.geo.speeds import (
    CLASS_INDEX,
    CLASSES,
    LIGHTS_FREE,
    MODES,
    REGIONS,
    SIGMA_LOG,
    mode_kmh,
    region_of,
)

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"


@pytest.mark.parametrize("page", ["city.md", "city.zh-CN.md"])
def test_the_guide_shows_the_limits_of_the_code(page: str) -> None:
    lines = [
        line.strip("| ").split(" | ") for line in (GUIDE / page).read_text(encoding="utf-8").splitlines()
    ]
    shown = {
        cells[0].strip("`"): cells[1:]
        for cells in lines
        if cells[0].strip("`") in CLASSES and len(cells) == 1 + len(REGIONS)
    }
    assert len(shown) == 12
    for name, limits in shown.items():
        assert limits == [f"{region.limit_kmh[name]:.0f}" for region in REGIONS.values()]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((113.26, 23.13), "CN"),
        ((-122.4, 37.8), "US"),
        ((174.76, -36.85), "NZ"),
        ((1.5, 42.5), "EU"),
        ((0.0, 0.0), "CN"),
    ],
)
def test_a_region_is_found_by_place(place: tuple[float, float], code: str) -> None:
    assert region_of(*place).code == code


def test_a_posted_limit_binds_motors_only_and_links_are_slower() -> None:
    kinds = np.array([CLASS_INDEX["primary"], CLASS_INDEX["primary"], CLASS_INDEX["primary_link"]], np.uint8)
    posted = np.array([np.nan, 40.0, np.nan])
    assert mode_kmh(REGIONS["CN"], "car", kinds, posted) == pytest.approx([39.6, 26.4, 23.76])
    assert mode_kmh(REGIONS["CN"], LIGHTS_FREE, kinds, posted) == pytest.approx([55.8, 37.2, 33.48])
    assert mode_kmh(REGIONS["CN"], "foot", kinds, posted) == pytest.approx([4.8] * 3)


def test_every_mode_has_a_speed_where_it_may_go_and_a_spread() -> None:
    kinds = np.arange(len(CLASSES), dtype=np.uint8)
    for mode in MODES:
        speed = mode_kmh(REGIONS["CN"], mode, kinds, np.full(len(CLASSES), np.nan))
        assert np.isfinite(speed).all()
        assert (speed >= 0).all()
    assert set(MODES) <= set(SIGMA_LOG)
    assert SIGMA_LOG["boat"] == SIGMA_LOG["drone"] == 0.0
