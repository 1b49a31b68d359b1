"""Where a point lies is found in the few squares that it touches, and is what comparing with everything says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstminute.flow import areas
from firstminute.flow.registers import Registers, put
from firstminute.model.records import Station, Venue
from firstminute.respond.nearby import Point, distance_m

NEAR = st.tuples(st.floats(-0.0011, 0.0011), st.floats(-0.0011, 0.0011))
CORNERS = st.sampled_from([(113.265, 23.13), (113.2649999, 23.1), (-0.005, 0.005), (10.0, 69.995)])


def _near(corner: Point, step: Point) -> Point:
    return corner[0] + step[0], corner[1] + step[1]


@given(CORNERS, NEAR, st.lists(NEAR, max_size=6))
def test_the_nearest_venue_is_the_nearest_of_all(corner: Point, step: Point, others: list[Point]) -> None:
    point, registers = _near(corner, step), Registers()
    venues = []
    for number, each in enumerate(others):
        lon, lat = _near(corner, each)
        venues.append(
            Venue(venue_id=str(number), name="v", category="market", district="a", lon=lon, lat=lat)
        )
    put(registers, "venues", venues)
    apart = {venue.venue_id: distance_m(point, (venue.lon, venue.lat)) for venue in venues}
    near = [each for each in apart.values() if each <= areas.AT_VENUE_M]
    found = areas.venue_at(areas.lay_out(registers), point)
    assert (found is None) == (not near)
    assert found is None or apart[found.venue_id] == min(near)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), NEAR), max_size=5), NEAR)
def test_the_station_is_the_nearest_of_its_district_else_of_all(
    rows: list[tuple[str, Point]], step: Point
) -> None:
    corner, registers = (113.265, 23.13), Registers()
    stations = []
    for number, (district, each) in enumerate(rows):
        lon, lat = _near(corner, each)
        stations.append(Station(station_id=str(number), name="s", lon=lon, lat=lat, district=district))
    put(registers, "stations", stations)
    own = [each for each in stations if each.district == "a"] or stations
    point = _near(corner, step)
    found = areas.nearest_station(areas.lay_out(registers), point, "a")
    apart = {each.station_id: distance_m(point, (each.lon, each.lat)) for each in own}
    assert found is None if not own else apart[found or ""] <= min(apart.values()) + 1e-6
