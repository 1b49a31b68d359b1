"""What the map asks for beside the desk: circles, ways, coverage street by street, places."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.app.cover import HIDDEN, LiveCoverage
from firstminute.app.places import PlaceBook, meeting_streets
from firstminute.app.roads import Roads
from firstminute.geo.streets import haversine_m
from tests.support.play import PLACES, town_ground


def _unit(unit_id: str, letter: str, *, free: bool = True) -> dict[str, object]:
    lon, lat = PLACES[letter]
    status = "available" if free else "busy"
    return {"id": unit_id, "on_duty": True, "status": status, "lon": lon, "lat": lat, "district": "d"}


@pytest.fixture
def roads() -> Roads:
    """Searches on the town's streets."""
    return Roads(town_ground())


def test_the_circle_has_three_rings_each_along_streets(roads: Roads) -> None:
    features = roads.circle(*PLACES["h"])["features"]
    assert [each["properties"]["minutes"] for each in features] == [1, 3, 5]
    assert [each["properties"]["mode"] for each in features] == ["run", "run", "car"]
    assert {each["geometry"]["type"] for each in features} <= {"MultiLineString", "MultiPolygon"}
    by_car = roads.circle(*PLACES["h"], "car")["features"]
    assert {each["properties"]["mode"] for each in by_car} == {"car"}


def test_a_way_is_as_long_as_its_line_and_no_shorter_than_the_air(roads: Roads) -> None:
    points = [PLACES["h"], PLACES["v"]]
    found = roads.measure(points, "car")
    lon, lat = np.array(found["line"]["coordinates"]).T
    assert found["length_m"] == pytest.approx(
        haversine_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum(), abs=0.1
    )
    air = haversine_m(lon[:1], lat[:1], lon[-1:], lat[-1:])[0]
    assert found["length_m"] >= air - 0.1
    assert found["travel_s"] > 0
    assert roads.measure([PLACES["h"], (0.0, 0.0)], "car")["length_m"] is None


def test_bands_say_what_the_shares_say(roads: Roads) -> None:
    cover = LiveCoverage(roads)
    rows = {"unit/u1": _unit("u1", "a"), "unit/u2": _unit("u2", "x", free=False)}
    row = cover.row(7, rows, {})
    bands = np.frombuffer(cover.bands(rows, {}, None), np.uint8)
    whole = np.frombuffer(cover.streets(), "<i4").reshape(5, -1)
    lon, lat = whole[0:4:2] / 1e7, whole[1:4:2] / 1e7
    length = haversine_m(lon[0], lat[0], lon[1], lat[1])
    assert length.sum() == pytest.approx(row["metres"], rel=0.02)
    for limit, minutes in ((60, (1,)), (180, (1, 3)), (300, (1, 3, 5))):
        share = length[np.isin(bands[whole[4]], minutes)].sum() / length.sum()
        assert share == pytest.approx(row["shares"][str(limit)], abs=0.02)


def test_coverage_follows_who_moves_and_many_at_once_as_if_anew(roads: Roads) -> None:
    rows = {f"unit/u{k}": _unit(f"u{k}", "a") for k in range(260)}
    cover = LiveCoverage(roads)
    cover.row(1, rows, {})
    for positions in (
        {"u1": PLACES["v"]},
        {f"u{k}": PLACES["hiov"[k % 4]] for k in range(260)},
    ):
        fresh = LiveCoverage(roads)
        assert cover.bands(rows, positions, None) == fresh.bands(rows, positions, None)


def test_a_desk_of_a_district_sees_no_bands_of_others(roads: Roads) -> None:
    rows = {"unit/u1": _unit("u1", "a")}
    assert set(LiveCoverage(roads).bands(rows, {}, frozenset({"elsewhere"}))) == {HIDDEN}


def test_a_renamed_venue_is_found_by_its_new_name_and_pinyin() -> None:
    venue = {"name": "东园大厦", "name_en": None, "lon": 118.0, "lat": 30.0}
    book = PlaceBook(None)
    rows: dict[str, dict[str, object]] = {"venue/v": venue}
    assert [each["id"] for each in book.search("dongyuan", 5, rows)] == ["v"]
    renamed = {"venue/v": {**venue, "name": "西园大厦"}}
    book.notice(renamed)
    assert book.search("dongyuan", 5, renamed) == []
    assert [each["name"] for each in book.search("xyds", 5, renamed)] == ["西园大厦"]
    book.notice({"venue/v": None})
    assert book.search("xyds", 5, {}) == []


def test_the_map_names_areas_and_reads_coordinates() -> None:
    book = PlaceBook(None, lambda: [("人民公园", "", "area", 118.1, 30.1)])
    assert [(each["sort"], each["lon"]) for each in book.search("rmgy", 5, {})] == [("area", 118.1)]
    (point,) = book.search("gcj 118.1, 30.1", 5, {})
    assert point["sort"] == "point"
    assert point["datum"] == "gcj02"


def test_streets_that_share_a_junction_meet_there() -> None:
    ground = town_ground()
    meeting = meeting_streets(ground)
    assert all(one < other for one, other in meeting)
    west, south, east, north = ground.bbox
    assert all(west <= lon <= east and south <= lat <= north for lon, lat in meeting.values())
