"""The generated city: the same for the same seed, whole, and believable where it can be measured."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.app.messages import LANGUAGES, catalogue
from firstminute.geo.network import scc_share
from firstminute.model.records import GATE_NOTES, KEYS, Station, Team, Unit, Venue
from firstminute.simulate.city.make import make_city
from firstminute.simulate.city.venues import TOTAL
from firstminute.simulate.city.words import person_phone
from tests.support.city import ascii_ground, ground_of, letters_of, small_city


@pytest.fixture(scope="module")
def city():
    return make_city()


def test_the_same_seed_draws_the_same_city_and_another_seed_another(city):
    again, other = make_city(), make_city(7, venues=60)
    assert again.registers == city.registers
    assert again.drawing.way_ref == city.drawing.way_ref
    assert again.drawing.node_lon == city.drawing.node_lon
    assert other.drawing.node_lon != city.drawing.node_lon


def test_it_has_1500_venues_and_120_units_of_every_kind(city):
    units = [row for row in city.registers["units"] if isinstance(row, Unit)]
    assert len(city.registers["venues"]) == TOTAL == 1500
    assert len(units) == 120
    assert {"foot", "motorcycle", "car", "ptu", "boat", "metro"} <= {unit.kind for unit in units}
    assert len({unit.call_sign for unit in units}) == 120


def test_every_key_is_given_once_and_every_reference_is_kept(city):
    keys = {table: [getattr(row, KEYS[table]) for row in rows] for table, rows in city.registers.items()}
    assert all(len(set(found)) == len(found) for found in keys.values())
    stations, districts = set(keys["stations"]), set(keys["districts"])
    for venue in city.registers["venues"]:
        assert isinstance(venue, Venue)
        assert venue.station_id in stations and venue.district in districts
    assert {row.venue_id for row in city.registers["teams"] if isinstance(row, Team)} == set(keys["venues"])
    assert all(row.station_id in stations for row in city.registers["units"] if isinstance(row, Unit))


def test_every_venue_has_a_name_in_both_languages_and_a_way_in(city):
    for venue in city.registers["venues"]:
        assert isinstance(venue, Venue)
        assert venue.name and venue.name_en and venue.name_en.isprintable()
        assert venue.entrances


def test_what_stands_at_a_gate_has_words_in_both_languages(city):
    notes = {way.note for venue in city.registers["venues"] for way in venue.entrances if way.note}
    assert notes == set(GATE_NOTES)
    for language in LANGUAGES:
        assert {f"entrance.{note}" for note in GATE_NOTES} <= set(catalogue(language))


def test_phone_numbers_are_ones_that_no_exchange_gives_out(city):
    assert all(row.phone.startswith("000-") for row in city.registers["members"])
    assert all(row.phone.startswith("000-") for row in city.registers["stations"] if isinstance(row, Station))
    assert person_phone(123_456) == "000-0012-3456"


def test_its_streets_hang_together_for_walkers_and_nearly_all_for_cars(city):
    ground = ground_of(city.drawing)
    assert scc_share(ground.graph("foot")) > 0.999
    assert scc_share(ground.graph("car")) > 0.97
    assert scc_share(ground.graph("car-lights")) > 0.98
    assert 4_000 < len(ground.network.node_lon) < 20_000


def test_every_venue_and_station_stands_near_a_street_it_can_be_reached_by(city):
    ground = ground_of(city.drawing)
    rows = [*city.registers["venues"], *city.registers["stations"]]
    lon, lat = np.array([row.lon for row in rows]), np.array([row.lat for row in rows])
    on_foot, by_car = ground.snap(lon, lat, "foot"), ground.snap(lon, lat, "car-lights")
    assert (on_foot.edge >= 0).all() and (by_car.edge >= 0).all()
    assert float(np.percentile(on_foot.offset_m, 95)) < 60.0


def test_boats_find_the_river(city):
    ground = ground_of(city.drawing)
    assert ground.serves("boat")
    x = np.linspace(-3000.0, 3000.0, 9)
    lon, lat = city.shape.ground(x, city.shape.river_y(x))
    assert (ground.snap(lon, lat, "boat").offset_m < 60.0).all()


def test_it_has_turn_bans_and_barriers_that_the_importer_keeps(city):
    kinds = {tags["restriction"] for tags, _ in city.drawing.restrictions}
    assert kinds == {"no_left_turn", "no_right_turn"}
    assert len(city.drawing.restrictions) > 80
    assert {"bollard", "lift_gate"} == {tags["barrier"] for tags in city.drawing.node_tags.values()}


def test_every_bridge_is_an_arterial_over_the_river(city):
    bridges = [tags for tags in city.drawing.way_tags if tags.get("bridge") == "yes"]
    assert len(bridges) >= 5
    assert {tags["highway"] for tags in bridges} <= {"trunk", "primary"}


def test_a_small_city_has_as_many_venues_as_asked_for():
    city, _ = small_city()
    assert len(city.registers["venues"]) == 120


def test_a_town_drawn_in_ascii_has_the_streets_of_its_picture():
    picture = """
A---B===C
|       !
D-------E
"""
    ground = ascii_ground(picture)
    assert set(letters_of(picture)) == set("ABCDE")
    assert len(ground.network.edge_from) == 5
    car = ground.graph("car")
    assert len(car.arc_head) == 8  # three streets both ways, two one way
