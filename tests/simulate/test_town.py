"""The demo's people: crews that follow streets, callers who call, plans in order, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from firstminute.model.encoding import encode
from firstminute.model.records import Unit
from firstminute.simulate.behaviour import CITY_PEOPLE, RECORDED_CREWS, Delay
from firstminute.simulate.callers import THEMES, Callers, corners_of
from firstminute.simulate.plans import DISPATCHER, Agenda, Planned
from firstminute.simulate.town import FIRST_CALLS, Pace, Town
from firstminute.simulate.trips import Hops, Trip
from firstminute.simulate.ways import Ways
from tests.support.city import ascii_ground, letters_of, small_city

START_S = 1_700_000_000.0
PICTURE = """
A-----B-----C
|     !     |
D-----E=====F
"""


def _town(seed: int = 3) -> Town:
    city, ground = small_city()
    return Town(city, Ways(ground), np.random.default_rng(seed), pace=Pace(calls_per_day=20_000.0))


def _lived(town: Town, seconds: int) -> tuple[list[Planned], list[tuple[str, float, float, float]]]:
    first = town.begin(START_S)
    fixes: list[tuple[str, float, float, float]] = []
    for second in range(seconds):
        due, fixes = town.tick(START_S + second)
        first += due
    return first, fixes


def test_the_same_seed_gives_the_same_town_life():
    def plain(town: Town) -> object:
        planned, fixes = _lived(town, 60)
        return [(each.at_s, each.name, each.actor, dict(each.arguments)) for each in planned], fixes

    assert plain(_town()) == plain(_town())
    assert plain(_town(3)) != plain(_town(4))


def test_within_seconds_crews_are_on_duty_teams_have_mustered_and_people_call():
    planned, fixes = _lived(_town(), 12)
    names = [each.name for each in planned]
    assert names.count("unit_on_duty") == 120 == len(fixes)
    assert sum(len(each.arguments["rolls"]) for each in planned if each.name == "take_rolls") > 100
    calls = [each for each in planned if each.name == "receive_call"]
    assert len(calls) >= 6
    assert all(each.arguments["call_id"] for each in calls)


def test_crews_move_along_streets_no_faster_than_their_mode():
    city, _ = small_city()
    town = _town()
    town.begin(START_S)
    fast = {
        row.unit_id: {"foot": 2.0, "boat": 12.0, "drone": 16.0}.get(row.mode, 26.0)
        for row in city.registers["units"]
        if isinstance(row, Unit)
    }
    last = {unit_id: (lon, lat) for unit_id, lon, lat, _ in town.tick(START_S)[1]}
    moved = set()
    for second in range(1, 90):
        for unit_id, lon, lat, _ in town.tick(START_S + second)[1]:
            metres = float(
                np.hypot((lon - last[unit_id][0]) * 96_150.0, (lat - last[unit_id][1]) * 111_320.0)
            )
            if metres > 0.5:
                moved.add(unit_id)
            assert metres < fast[unit_id] + 60.0  # a crew may step from its yard onto the street
            last[unit_id] = (lon, lat)
    assert len(moved) > 60


def test_every_theme_of_a_call_is_a_row_of_the_catalogue():
    city, _ = small_city()
    known = {row.code for row in city.registers["incident_types"]}
    assert {theme.code for theme in THEMES} <= known
    assert set(FIRST_CALLS) <= known


def test_calls_follow_the_hour_of_day_and_their_rate():
    city, _ = small_city()
    rng = np.random.default_rng(5)
    callers = Callers(city.registers["venues"], [], corners_of(city.drawing, rng), CITY_PEOPLE, rng)
    hours = np.zeros(24)
    count = 0
    for drawn in callers.stream(0.0, 3_000.0, offset_s=0.0):
        if drawn.at_s >= 3 * 86_400.0:
            break
        hours[int(drawn.at_s % 86_400.0 // 3600)] += 1
        count += 1
    assert count == pytest.approx(9_000, rel=0.05)
    assert hours[3:5].mean() < 0.6 * hours[11:13].mean()


def test_words_of_a_call_name_the_venue_and_nothing_is_left_to_fill_in():
    city, _ = small_city()
    rng = np.random.default_rng(5)
    callers = Callers(city.registers["venues"], [], corners_of(city.drawing, rng), CITY_PEOPLE, rng)
    for theme in THEMES:
        drawn = callers.draw(0.0, 12.0, theme.code)
        assert drawn.type_code == theme.code
        assert drawn.text and "{" not in drawn.text


def test_a_way_takes_as_long_as_an_independent_search_says():
    ground = ascii_ground(PICTURE)
    places = letters_of(PICTURE)
    ways = Ways(ground)
    way = ways(places["A"], places["F"], "car")
    assert way is not None
    graph = ground.graph("car")
    from scipy.sparse import csr_array

    size = len(ground.network.node_lon)
    matrix = csr_array(
        (graph.arc_time_ds.astype(float), (graph.arc_tail, graph.arc_head)), shape=(size, size)
    )
    near = [
        int(np.argmin(np.hypot(ground.network.node_lon - lon, ground.network.node_lat - lat)))
        for lon, lat in (places["A"], places["F"])
    ]
    assert way[2][-1] == pytest.approx(float(dijkstra(matrix, indices=near[0])[near[1]]) / 10.0, abs=0.2)
    assert (np.diff(way[2]) >= -1e-9).all()


def test_a_way_keeps_to_the_direction_of_a_one_way_street():
    ground, places = ascii_ground(PICTURE), letters_of(PICTURE)
    ways = Ways(ground)
    with_it, against = ways(places["B"], places["E"], "car"), ways(places["E"], places["B"], "car")
    assert with_it is not None and against is not None
    assert against[2][-1] > 2 * with_it[2][-1]


def test_a_place_on_a_trip_lies_between_its_points_and_stops_at_its_end():
    trip = Trip(
        100.0, 20.0, np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0]), np.array([0.0, 10.0, 20.0])
    )
    assert trip.at(90.0)[:2] == (0.0, 0.0)
    assert trip.at(105.0)[:2] == (0.5, 0.0)
    assert trip.at(105.0)[2] == pytest.approx(90.0)
    assert trip.at(115.0)[:2] == (1.0, 0.5)
    assert trip.at(999.0)[:2] == (1.0, 1.0)


def test_plans_come_back_in_order_of_time_and_of_making():
    agenda = Agenda()
    for at_s, name in ((3.0, "c"), (1.0, "a"), (1.0, "b")):
        agenda.add(Planned(at_s, name, {}, DISPATCHER))
    assert agenda.next_s() == 1.0 and len(agenda) == 3
    assert [agenda.pop().name for _ in range(3)] == ["a", "b", "c"]
    assert agenda.next_s() is None


def test_a_hopping_crew_goes_home_only_when_nothing_else_called_it():
    hops = Hops({"u": (0.0, 0.0), "v": (0.0, 0.0)}, back_s=60.0)
    for unit in ("u", "v"):
        hops.start(unit, (1.0, 1.0), "car", 0.0, known_s=10.0, slower=1.0)
        hops.arrive(unit, (1.0, 1.0), 10.0)
        hops.free(unit, 20.0)
    hops.start("v", (2.0, 2.0), "car", 30.0, known_s=10.0, slower=1.0)
    hops.settle(100.0)
    assert hops.place == {"u": (0.0, 0.0), "v": (1.0, 1.0)}


def test_delays_have_their_median_and_their_cut():
    rng, delay = np.random.default_rng(1), Delay(40.0, 0.5, 100.0)
    drawn = [delay.draw(rng) for _ in range(4_000)]
    assert np.median(drawn) == pytest.approx(40.0, rel=0.05)
    assert max(drawn) == 100.0


def test_behaviour_is_whole_and_plain_data():
    for behaviour in (CITY_PEOPLE, RECORDED_CREWS):
        assert len(behaviour.by_hour) == 24 and len(behaviour.scene) == 4
        assert sum(behaviour.hour_weight(hour) for hour in range(24)) == pytest.approx(24.0)
        assert 0 <= behaviour.found_false + behaviour.found_nobody + behaviour.handed_over < 1
        assert encode(behaviour)["accept_own"] == behaviour.accept_own


def test_nothing_but_people_reads_how_people_behave(repository):
    """The policy under test must not know its people: only the twin itself may import their behaviour."""
    readers = [
        path.relative_to(repository / "src").as_posix()
        for path in (repository / "src").rglob("*.py")
        if "simulate.behaviour" in path.read_text(encoding="utf-8")
    ]
    assert readers and all(path.startswith("firstminute/simulate/") for path in readers)
