"""The replay report: one page, nothing to load, both languages, every figure from the statistics."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from firstminute.app.report.city_map import MapData, draw_map
from firstminute.app.report.page import render
from firstminute.app.report.words import WORDS
from firstminute.simulate.measure import Lived
from firstminute.simulate.recorded import Record, RecordedCall
from firstminute.simulate.statistics import summarise

CALLS = tuple(
    RecordedCall(
        key=str(k),
        received_s=3600.0 * k,
        lon=0.001 * k,
        lat=0.001,
        processing_s=30.0,
        turnout_s=20.0,
        travel_s=100.0 + k,
        total_s=150.0 + k,
    )
    for k in range(12)
)


def _lived(call: RecordedCall) -> Lived:
    start = call.received_s
    return Lived(
        call.key, None, start, "other", 2, alerted_s=start + 5, first="U", arrived_s=start + 205, sent=2, arrivals=1,
        assigned_s={"U": start + 5}, en_route_s={"U": start + 25}, clocks={"zone": True, "reinforcement": False},
    )  # fmt: skip


@pytest.fixture
def statistics():
    lived = {call.key: _lived(call) for call in CALLS[:10]}
    about = {"city": "<b>Town</b>", "units": 4, "policy": "default v1", "seed": 1, "seconds": 2.0}
    return summarise(Record(CALLS, 12, {"no_time": 3}), [], lived, about=about, not_modelled=["traffic"])


@pytest.fixture
def ground_map():
    ends = np.array([[0.0, 0.0, 0.01, 0.0], [0.01, 0.0, 0.01, 0.01]])
    calls = [(call.lon, call.lat, 205.0 if k < 10 else None) for k, call in enumerate(CALLS)]
    return MapData(
        ends[:, 0], ends[:, 1], ends[:, 2], ends[:, 3], np.array([True, False]), [(0.002, 0.002)], calls
    )


def test_the_page_asks_for_nothing_and_runs_nothing(statistics, ground_map):
    page = render(statistics, ground_map)
    assert "<script" not in page and "url(" not in page and "@import" not in page
    assert not re.search(r'(src|href)="', page)
    assert "http://" not in page and "https://" not in page


def test_the_page_is_well_formed_and_escapes_what_it_is_given(statistics, ground_map):
    class Balance(HTMLParser):
        depth: list[str]

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "input", "br"):
                self.depth.append(tag)

        def handle_startendtag(self, tag, attrs):
            pass

        def handle_endtag(self, tag):
            assert self.depth.pop() == tag

    page, balance = render(statistics, ground_map), Balance()
    balance.depth = []
    balance.feed(page)
    assert balance.depth == []
    assert "<b>Town</b>" not in page and "&lt;b&gt;Town" in page


def test_every_word_is_said_in_both_languages():
    for english, chinese in WORDS.values():
        assert english and chinese
        assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in english)


def test_figures_on_the_page_are_those_of_the_statistics(statistics, ground_map):
    page = render(statistics, ground_map)
    assert statistics["modelled"]["total"]["p50_s"] == 205.0
    assert "205 s" in page and "83.3 %" in page and statistics["digest"] in page


def test_shares_count_calls_that_nobody_reached(statistics):
    assert statistics["within"]["300"]["modelled"] == pytest.approx(10 / 12, abs=1e-4)
    assert statistics["calls"]["reached"] == 10
    assert statistics["clocks"] == {
        "reinforcement": {"met": 0, "breached": 10},
        "zone": {"met": 10, "breached": 0},
    }
    assert statistics["alerts"] == {"sent": 20, "arrivals": 10, "per_arrival": 2.0}


def test_the_page_says_first_how_far_model_and_record_are_apart(statistics, ground_map):
    page = render(statistics, ground_map)
    said = page.index("medians: 205 s modelled, 155 s recorded; on the road 180 s and 105 s")
    assert said < page.index("<svg")
    assert "区域时限" in page and ">zone<" not in page


def test_every_drawing_is_called_by_a_heading_that_is_there(statistics, ground_map):
    page = render(statistics, ground_map)
    called = re.findall(r'<svg[^>]* role="img" aria-labelledby="(\w+)"', page)
    assert len(called) == page.count("<svg") == 5
    assert all(page.count(f'<h2 id="{name}">') == 1 for name in called)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_map_of_few_places_has_room_for_them_all(ground_map, count):
    few = replace(ground_map, calls=ground_map.calls[:count], stations=ground_map.stations[:1])
    drawn = draw_map(few)
    wide, high = (float(side) for side in re.search(r'viewBox="0 0 (\S+) (\S+)"', drawn).groups())
    spots = [(float(x), float(y)) for x, y in re.findall(r"M(-?\d+) (-?\d+)h0", drawn)]
    assert len(spots) == count + 6
    assert all(0 <= x <= wide and 0 <= y <= high for x, y in spots)


def test_a_record_without_arrivals_is_not_compared(ground_map):
    bare = tuple(RecordedCall(key=str(k), received_s=60.0 * k, lon=0.0, lat=0.0) for k in range(4))
    about = {"city": "Town", "units": 1, "policy": "p", "seed": 1, "seconds": 1.0}
    statistics = summarise(Record(bare, 4, {}), [], {}, about=about, not_modelled=[])
    page = render(statistics, ground_map)
    assert WORDS["no_record"][0] in page and statistics["recorded"] == {}
    assert "medians:" not in page


def test_the_map_draws_equal_segments_once_and_every_call(ground_map):
    twice = MapData(
        *(
            np.concatenate([part, part])
            for part in (ground_map.from_lon, ground_map.from_lat, ground_map.to_lon, ground_map.to_lat)
        ),
        np.concatenate([ground_map.broad, ground_map.broad]),
        ground_map.stations,
        ground_map.calls,
    )
    assert draw_map(twice) == draw_map(ground_map)
    assert draw_map(ground_map).count("h0") == len(CALLS) + 6  # and six in the legend
