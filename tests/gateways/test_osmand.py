"""OsmAnd queries and Traccar bodies become one report with our units."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from firstminute.gateways.osmand.codec import Report, decode


def test_a_query_says_knots_and_becomes_metres_a_second() -> None:
    report = decode(b"id=u1&lat=23.5&lon=113.25&timestamp=1700000000&speed=10&bearing=90&batt=50", b"", "")
    assert report == Report("u1", 113.25, 23.5, 1_700_000_000.0, 10 * 1852 / 3600, 90.0, None, 0.5)


def test_a_body_says_metres_a_second_and_minus_one_is_unknown() -> None:
    body = {
        "device_id": "u2",
        "location": {
            "timestamp": "2025-06-15T13:45:12.500Z",
            "mock": True,
            "coords": {"latitude": 1.5, "longitude": 2.5, "speed": 3, "heading": -1},
        },
    }
    report = decode(b"", json.dumps(body).encode(), "application/json")
    assert report == Report("u2", 2.5, 1.5, 1_749_995_112.5, 3.0, None, mock=True)


def test_milliseconds_iso_times_and_locations_are_understood() -> None:
    assert decode(b"id=a&location=60.0,30.0&timestamp=1442068686579", b"", "") == Report(
        "a", 30.0, 60.0, 1_442_068_686.579
    )
    assert decode(b"deviceid=a&lat=1&lon=2&timestamp=2014-06-04+09%3A10%3A11", b"", "") == Report(
        "a", 2.0, 1.0, 1_401_873_011.0
    )


def test_cells_without_a_position_are_no_report() -> None:
    assert decode(b"id=123456&timestamp=1377177267&cell=257,02,16,2224", b"", "") is None


@given(
    st.binary(max_size=300),
    st.binary(max_size=300),
    st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"]),
)
def test_no_bytes_break_the_decoder(query: bytes, body: bytes, kind: str) -> None:
    report = decode(query, body, kind)
    assert report is None or isinstance(report.lon, float)
