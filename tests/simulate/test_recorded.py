"""Recorded calls and fleets: columns found by name, rows grouped into calls, bad rows counted and plain errors."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from firstminute.simulate.fleets import read_fleet, read_venues
from firstminute.simulate.recorded import read_calls
from firstminute.simulate.tables import TableError, seconds_of

ROWS = """received_timestamp,dispatch_timestamp,response_timestamp,on_scene_timestamp,longitude,latitude,call_type_group,final_priority
2018-01-24 17:36:16,2018-01-24 17:38:16,2018-01-24 17:39:00,2018-01-24 17:44:00,-122.41,37.77,Fire,3
2018-01-24 17:36:16,2018-01-24 17:37:16,2018-01-24 17:38:00,2018-01-24 17:46:00,-122.41,37.77,Fire,3
2018-01-24 16:00:00,2018-01-24 16:01:00,,,-122.42,37.78,Alarm,2
,2018-01-24 16:01:00,,,-122.42,37.78,Alarm,2
2018-01-24 16:00:00,2018-01-24 16:01:00,,,0,0,Alarm,2
"""


def test_rows_of_one_receipt_and_place_are_one_call(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text(ROWS)
    record = read_calls(path)
    assert record.rows == 5 and record.left_out == {"no_time": 1, "no_place": 1}
    early, late = record.calls
    assert (early.units, early.total_s, early.priority, early.type_text) == (1, None, "2", "Alarm")
    assert (early.hour, late.hour) == (16, 17)
    assert late.units == 2
    assert (late.processing_s, late.turnout_s, late.travel_s, late.total_s) == (60.0, 44.0, 300.0, 464.0)


def test_zipped_files_and_parquet_read_the_same(tmp_path):
    plain, zipped, table = tmp_path / "c.csv", tmp_path / "c.csv.gz", tmp_path / "c.parquet"
    plain.write_text(ROWS)
    zipped.write_bytes(gzip.compress(ROWS.encode()))
    import pyarrow.csv

    pq.write_table(pyarrow.csv.read_csv(plain), table)
    assert read_calls(plain) == read_calls(zipped) == read_calls(table)


def test_a_call_id_column_groups_before_time_and_place(tmp_path):
    path = tmp_path / "calls.parquet"
    pq.write_table(
        pa.table({"call_id": [7, 7, 8], "t": [0, 60, 60], "x": [1.0, 1.0, 1.0], "y": [2.0, 2.0, 2.0]}), path
    )
    assert [(call.key, call.units, call.received_s) for call in read_calls(path).calls] == [
        ("7", 2, 0.0),
        ("8", 1, 60.0),
    ]


def test_a_column_may_be_named_and_a_wrong_name_is_said(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("when,x,y\n100,1,2\n")
    assert read_calls(path, {"received": "when"}).calls[0].received_s == 100.0
    with pytest.raises(TableError) as missing:
        read_calls(path)
    assert missing.value.code == "replay.column_missing" and missing.value.parameters["column"] == "received"
    with pytest.raises(TableError) as wrong:
        read_calls(path, {"received": "never"})
    assert wrong.value.code == "replay.no_such_column"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("gone.csv", None, "replay.no_such_file"),
        ("empty.csv", b"", "replay.unreadable_file"),
        ("broken.parquet", b"PAR1nothing", "replay.unreadable_file"),
        ("broken.csv.gz", b"\x1f\x8b\x08nope", "replay.unreadable_file"),
        ("heads.csv", b"received,lon,lat\n", "replay.empty_file"),
    ],
)
def test_a_file_that_is_no_table_says_so(tmp_path, name, data, code):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(TableError) as error:
        read_calls(path)
    assert error.value.code == code


def test_times_without_a_zone_are_taken_as_they_stand():
    assert (
        seconds_of("1970-01-01T00:01:00") == seconds_of("1970-01-01T08:01:00+08:00") == seconds_of(60) == 60.0
    )
    assert seconds_of("yesterday") is None and seconds_of(None) is None and seconds_of(float("nan")) is None


def test_times_are_read_as_many_write_them_and_never_when_they_could_mean_two_days():
    noon = seconds_of("2024-05-03T12:00:00")
    for text in (
        "05/03/2024 12:00:00 PM",
        "05/03/2024 12:00 PM",
        "2024/05/03 12:00:00",
        "3.5.2024 12:00",
        " 2024-05-03 12:00 ",
    ):
        assert seconds_of(text) == noon, text
    assert seconds_of(noon) == seconds_of(noon * 1000) == noon
    assert seconds_of("03/05/2024 12:00:00") is None
    assert seconds_of(1e18) is None and seconds_of(True) is None


def test_the_hour_of_day_is_that_of_the_clock_a_time_was_written_with(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("received,lon,lat\n2024-05-03T23:30:00+08:00,1,2\n2024-05-03T16:00:00Z,1,2\n")
    assert [(call.hour, call.received_s % 86_400) for call in read_calls(path).calls] == [
        (23, 15.5 * 3600),
        (16, 16 * 3600),
    ]


def test_times_of_parquet_keep_their_zone_and_lose_what_lies_below_a_microsecond(tmp_path):
    path = tmp_path / "calls.parquet"
    nanoseconds = pa.array([1_714_750_200_000_000_001]).cast(pa.timestamp("ns", "Asia/Shanghai"))
    pq.write_table(pa.table({"received": nanoseconds, "lon": [1.0], "lat": [2.0]}), path)
    call = read_calls(path).calls[0]
    assert (call.received_s, call.hour) == (1_714_750_200.0, 23)


def test_priorities_keep_what_the_file_calls_them_and_empty_ids_join_nothing(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("call_id,received,lon,lat,priority\n,100,1,2,E\n,200,1,2,3.0\n7,300,1,2,\n")
    assert [(call.received_s, call.priority) for call in read_calls(path).calls] == [
        (100.0, "E"),
        (200.0, "3"),
        (300.0, None),
    ]


def test_a_file_of_which_no_row_can_be_used_says_why(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("received,lon,lat\nsoon,1,2\n100,0,0\n100,,\n")
    with pytest.raises(TableError) as error:
        read_calls(path)
    assert error.value.code == "replay.no_usable_call"
    assert error.value.parameters["reasons"] == "no_place 2, no_time 1"
    with pytest.raises(TableError) as unknown:
        read_calls(path, {"recieved": "received"})
    assert unknown.value.code == "replay.no_such_meaning"


@pytest.mark.parametrize(
    "features", [[{"geometry": {"type": "Point"}}], [5, None, {"geometry": 7, "properties": []}], []]
)
def test_geojson_without_points_is_a_plain_error(tmp_path, features):
    path = tmp_path / "stations.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(TableError) as error:
        read_fleet(path)
    assert error.value.code in ("replay.no_units", "replay.empty_file")


def test_stations_without_units_get_some(tmp_path):
    path = tmp_path / "stations.geojson"
    feature = {
        "type": "Feature",
        "properties": {"common_name": "Station 1", "facility_id": 9},
        "geometry": {"type": "Point", "coordinates": [1.0, 2.0]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    stations, units = read_fleet(path, per_station=3)
    assert [(row.station_id, row.name) for row in stations] == [("9", "Station 1")]
    assert len(units) == 3 and {unit.station_id for unit in units} == {"9"}


def test_listed_units_keep_their_kind_and_mode(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(
        "unit_id,station_id,lon,lat,kind,mode\nA1,S,1,2,motorcycle,car\nA2,S,1,2,spaceship,\nA3,S,1,2,foot,\nA4,S,1,2,Foot,RUN\n"
    )
    stations, units = read_fleet(path)
    assert len(stations) == 1
    assert [(unit.unit_id, unit.kind, unit.mode) for unit in units] == [
        ("A1", "motorcycle", "car"),
        ("A2", "car", "car-lights"),
        ("A3", "foot", "foot"),
        ("A4", "foot", "run"),
    ]


def test_a_unit_stands_where_its_own_row_says_and_counts_once(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text("unit_id,station_id,lon,lat\nA,S,1,2\nB,S,3,4\nA,S,5,6\nC,S,,\nD,,7,8\n")
    stations, units = read_fleet(path)
    at = {row.station_id: (row.lon, row.lat) for row in stations}
    assert [(unit.unit_id, at[unit.station_id]) for unit in units] == [
        ("A", (1.0, 2.0)),
        ("B", (3.0, 4.0)),
        ("D", (7.0, 8.0)),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("unit_id,lon,lat,mode\nA,1,2,warp\n", "replay.unknown_mode"),
        ("name,lon,lat,count\nA,1,2,1000000\n", "replay.too_many_units"),
        ("name,lon,lat,count\nA,1,2,0\nB,1,2,-3\n", "replay.no_units"),
        ("name,lon,lat\nA,200,2\n", "replay.no_units"),
        ("name,where\nA,here\n", "replay.column_missing"),
    ],
)
def test_a_fleet_that_is_none_says_why(tmp_path, text, code):
    path = tmp_path / "units.csv"
    path.write_text(text)
    with pytest.raises(TableError) as error:
        read_fleet(path)
    assert error.value.code == code


def test_venues_get_a_team_each(tmp_path):
    path = tmp_path / "venues.csv"
    path.write_text("name,lon,lat,category\nMarket,1,2,market\nNowhere,,,\n")
    venues, teams = read_venues(path)
    assert [(row.name, row.category) for row in venues] == [("Market", "market")]
    assert [row.venue_id for row in teams] == [venues[0].venue_id]
