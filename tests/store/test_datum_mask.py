"""A city near the border says itself where a Chinese datum is shifted, and keeps that for what comes in later."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from firstminute.api.intake import shape_place
from firstminute.geo.datum import MAINLAND, convert
from firstminute.store.datum_mask import read_mask
from firstminute.store.ground import build_city, city_in_memory, open_city, save_city
from firstminute.store.ground_osm import GroundSourceError
from firstminute.store.import_export import read_rows
from tests.support.osm import Sketch

SKETCH = Sketch({"a": (0, 0), "b": (30, 0)}, [("a b", {"highway": "residential"})])
WEST, SOUTH = SKETCH.place("a")
RING = [
    [WEST - 0.01, SOUTH - 0.01],
    [WEST + 0.01, SOUTH - 0.01],
    [WEST + 0.01, SOUTH + 0.01],
    [WEST - 0.01, SOUTH + 0.01],
    [WEST - 0.01, SOUTH - 0.01],
]
POLYGON = {"type": "Polygon", "coordinates": [RING]}


def written(path: Path, data: object) -> Path:
    path.write_text(json.dumps(data))
    return path


def test_a_mask_is_a_polygon_bare_or_as_the_only_feature(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {}, "geometry": POLYGON}
    for data in (POLYGON, feature, {"type": "FeatureCollection", "features": [feature]}):
        assert read_mask(written(tmp_path / "m.geojson", data)) == tuple((x, y) for x, y in RING)
    assert read_mask(None) is MAINLAND


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [RING[:3]]},
        {"type": "Polygon", "coordinates": [RING[:4]]},
        {"type": "Polygon", "coordinates": [[[500, 0], *RING[1:4], [500, 0]]]},
        {"type": "FeatureCollection", "features": []},
    ],
)
def test_what_is_no_polygon_is_refused(tmp_path: Path, data: object) -> None:
    with pytest.raises(GroundSourceError) as caught:
        read_mask(written(tmp_path / "m.geojson", data))
    assert caught.value.code == "ground.bad_mask"


def test_only_what_lies_in_the_mask_is_shifted_and_an_opened_city_still_knows_it(tmp_path: Path) -> None:
    mask = read_mask(written(tmp_path / "m.geojson", POLYGON))
    parts = build_city(SKETCH.write(tmp_path / "city.osm.pbf"), datum="gcj02", mask=mask)
    lon = np.sort(parts.network.node_lon)
    here, there = SKETCH.place("a")[0], SKETCH.place("b")[0]
    assert lon[0] == pytest.approx(
        float(convert(here, SOUTH, source="gcj02", target="wgs84", mask=mask)[0]), abs=1e-7
    )
    assert abs(lon[0] - here) > 0.001
    assert lon[1] == pytest.approx(there, abs=1e-7)  # outside: already WGS-84
    save_city(parts, tmp_path / "city")
    for ground in (open_city(tmp_path / "city").ground, city_in_memory(parts).ground):
        assert ground.datum_mask == mask
        arguments = {"place": {"points": [(there, SOUTH)], "datum": "gcj02"}}
        shape_place(arguments, ground)
        assert arguments["place"]["points"] == [(there, SOUTH)]
    arguments = {"place": {"points": [(there, SOUTH)], "datum": "gcj02"}}
    shape_place(arguments, None)
    assert abs(arguments["place"]["points"][0][0] - there) > 0.001


def test_a_register_is_moved_by_the_same_mask() -> None:
    there = SKETCH.place("b")[0]
    row = {"station_id": "S", "name": "站", "lon": there, "lat": SOUTH, "district": "city"}
    data = json.dumps([row]).encode()
    mask = tuple((x, y) for x, y in RING)
    for given, moved in ((mask, False), (MAINLAND, True)):
        rows, errors = read_rows("stations", "json", data, "gcj02", given)
        assert errors == []
        assert bool(abs(rows[0]["lon"] - there) > 0.001) is moved
