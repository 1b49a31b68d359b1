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
    assert (early.units, early.total_s, early.priority, early.type_text) == (1, None, 2, "Alarm")
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
        "unit_id,station_id,lon,lat,kind,mode\nA1,S,1,2,motorcycle,car\nA2,S,1,2,spaceship,warp\n"
    )
    stations, units = read_fleet(path)
    assert len(stations) == 1
    assert [(unit.unit_id, unit.kind, unit.mode) for unit in units] == [
        ("A1", "motorcycle", "car"),
        ("A2", "car", "car-lights"),
    ]


def test_venues_get_a_team_each(tmp_path):
    path = tmp_path / "venues.csv"
    path.write_text("name,lon,lat,category\nMarket,1,2,market\nNowhere,,,\n")
    venues, teams = read_venues(path)
    assert [(row.name, row.category) for row in venues] == [("Market", "market")]
    assert [row.venue_id for row in teams] == [venues[0].venue_id]
