"""Table rows become street pieces."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.geo.rows import Rows, RowStreets, as_driven, streets_from_rows
from firstminute.geo.speeds import CLASS_INDEX, LIGHTS_FREE, REGIONS

PLACES = (np.array([117.0, 117.01, 117.02]), np.array([36.6, 36.6, 36.6]))
CN = REGIONS["CN"]


def built(
    lines: list[tuple[int, int, float]], *, undirected: bool = False, highway: list[str] | None = None, posted: list[float] | None = None,
    time_s: dict[str, list[float]] | None = None, shapes: list[list[tuple[float, float]]] | None = None,
) -> RowStreets:  # fmt: skip
    ends = [[(PLACES[0][u], PLACES[1][u]), (PLACES[0][v], PLACES[1][v])] for u, v, _ in lines]
    drawn = [np.array(shape) for shape in shapes or ends]
    rows = Rows(
        u=np.array([u for u, _, _ in lines]),
        v=np.array([v for _, v, _ in lines]),
        length_m=np.array([length for _, _, length in lines], float),
        edge_class=np.array([CLASS_INDEX[name] for name in highway or ["primary"] * len(lines)], np.uint8),
        posted_kmh=np.array(posted or [np.nan] * len(lines)),
        time_s={mode: np.array(values) for mode, values in (time_s or {}).items()},
        shapes=[(shape[:, 0].copy(), shape[:, 1].copy()) for shape in drawn],
        names=[""] * len(lines),
        undirected=undirected,
    )
    return streets_from_rows(PLACES, rows, as_driven(CN) if posted else CN)


def both_ways(made: RowStreets, mode: str) -> list[tuple[int, int]]:
    return list(zip(made.times[mode][0].tolist(), made.times[mode][1].tolist(), strict=True))


def test_two_opposite_rows_along_one_drawing_are_one_street_with_two_times() -> None:
    made = built([(0, 1, 900.0), (1, 0, 900.4)], time_s={"car": [60.0, 75.5]})
    assert (len(made.streets.edge_from), made.joined) == (1, 1)
    assert both_ways(made, "car") == [(600, 755)]


def test_each_direction_of_a_street_keeps_its_own_length_class_and_speed() -> None:
    made = built([(0, 1, 900.0), (1, 0, 950.0)], highway=["primary", "service"])
    assert len(made.streets.edge_from) == 1
    assert both_ways(made, "car") == [(818, 3455)]  # 60 and 15 km/h, 0.66 of them
    assert both_ways(made, "foot") == [(6750, 7125)]
    speeds = built([(0, 1, 100.0), (1, 0, 100.0)], posted=[36.0, 72.0])
    assert both_ways(speeds, "car") == [(100, 50)]


def test_of_several_rows_the_other_way_the_likest_is_taken() -> None:
    made = built([(0, 1, 900.0), (0, 1, 950.0), (1, 0, 951.0)], highway=["service", "primary", "primary"])
    assert made.joined == 1
    assert sorted(both_ways(made, "foot")) == [(6750, 6750), (7125, 7133)]


def test_two_carriageways_drawn_apart_stay_apart() -> None:
    bent = [(117.01, 36.6), (117.005, 36.601), (117.0, 36.6)]
    straight = [(117.0, 36.6), (117.01, 36.6)]
    assert len(built([(0, 1, 900.0), (1, 0, 900.0)], shapes=[straight, bent]).streets.edge_from) == 2


def test_a_piece_that_takes_more_than_a_day_is_closed() -> None:
    made = built([(0, 1, 900.0), (1, 2, 900.0)], time_s={"car": [1e9, 86_400.0]})
    assert both_ways(made, "car") == [(-1, -1), (864_000, -1)]


def test_a_single_row_is_one_way_for_vehicles_and_both_for_walkers() -> None:
    made = built([(0, 1, 100.0)])
    assert both_ways(made, "car")[0][1] == -1
    assert both_ways(made, "e-bike")[0][1] == -1
    assert both_ways(made, LIGHTS_FREE)[0][1] == -1
    assert both_ways(made, "foot")[0] == (750, 750)


def test_undirected_rows_are_open_both_ways_and_copies_are_dropped_with_the_quicker_limit_kept() -> None:
    made = built([(0, 1, 100.0), (1, 0, 100.0), (0, 1, 100.0)], undirected=True, posted=[36.0, 72.0, np.nan])
    assert (len(made.streets.edge_from), made.repeated, made.joined) == (1, 2, 0)
    assert both_ways(made, "car") == [(50, 50)]


def test_parallel_streets_that_differ_are_kept() -> None:
    bent = [(117.0, 36.6), (117.005, 36.601), (117.01, 36.6)]
    straight = [(117.0, 36.6), (117.01, 36.6)]
    made = built([(0, 1, 900.0), (0, 1, 920.0)], shapes=[straight, bent])
    assert len(made.streets.edge_from) == 2
    assert len(built([(0, 1, 900.0), (0, 1, 900.0)], shapes=[straight, bent]).streets.edge_from) == 2


def test_a_column_of_speeds_is_what_cars_drive_and_the_class_stands_in_where_nothing_is_posted() -> None:
    made = built([(0, 1, 1000.0), (1, 2, 1000.0)], posted=[36.0, np.nan])
    assert made.times["car"][0].tolist() == [1000, 600]
    ratio = 0.93 / 0.66
    assert made.times["car-lights"][0].tolist() == [int(1000 / ratio + 0.5), int(600 / ratio + 0.5)]


def test_columns_of_times_say_which_way_a_mode_may_go_and_lights_follow_the_car() -> None:
    made = built([(0, 1, 100.0), (1, 2, 100.0)], time_s={"car": [10.0, np.nan], "foot": [70.04, 70.05]})
    assert both_ways(made, "car") == [(100, -1), (-1, -1)]
    assert both_ways(made, "foot") == [(700, -1), (701, -1)]
    assert both_ways(made, "car-lights") == [(71, -1), (-1, -1)]
    given = built([(0, 1, 100.0)], time_s={"car": [10.0], "car-lights": [6.0]})
    assert both_ways(given, "car-lights") == both_ways(given, LIGHTS_FREE) == [(60, -1)]


def test_motorways_are_closed_to_walkers_in_tables_too() -> None:
    made = built([(0, 1, 100.0)], highway=["motorway"])
    assert both_ways(made, "foot") == both_ways(made, "e-bike") == [(-1, -1)]


@pytest.mark.parametrize("length", [0.0, 0.01])
def test_a_loop_stays_and_takes_no_time_only_without_length(length: float) -> None:
    made = built([(1, 1, length)])
    assert both_ways(made, "car") == [(0 if length == 0 else 1, -1)]
