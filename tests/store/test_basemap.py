"""Vector tiles, read back with a decoder of the test's own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from firstminute.store.basemap import Basemap
from firstminute.store.ground import city_in_memory
from firstminute.store.mvt import LINE, POLYGON, Layer, encode_tile, pen, varint
from firstminute.store.tilecut import cut_lines, cut_rings
from tests.support.osm import ORIGIN, Sketch

SKETCH = Sketch(
    {
        "a": (0, 0),
        "b": (1, 0),
        "c": (2, 0),
        "d": (1, 1),
        "e": (1, 2),
        "p": (-2, -2),
        "q": (-1, -2),
        "r": (-1, -1),
        "s": (-2, -1),
    },
    [
        ("a b c", {"highway": "primary", "name": "泉城路", "name:en": "Quancheng Road", "oneway": "yes"}),
        ("b d e", {"highway": "footway"}),
        ("p q r s p", {"natural": "water", "name": "湖"}),
        ("s a", {"railway": "subway", "name": "2号线"}),
    ],
)


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while at < len(data):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        else:
            size = number()
            yield key >> 3, data[at : at + size]
            at += size


def numbers(data: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value = shift = 0
    return found


def paths(geometry: bytes) -> list[list[tuple[int, int]]]:
    steps, at, x, y = numbers(geometry), 0, 0, 0
    found: list[list[tuple[int, int]]] = []
    while at < len(steps):
        word, count = steps[at] & 7, steps[at] >> 3
        at += 1
        for _ in range(count if word != 7 else 0):
            x += (steps[at] >> 1) ^ -(steps[at] & 1)
            y += (steps[at + 1] >> 1) ^ -(steps[at + 1] & 1)
            at += 2
            if word == 1:
                found.append([])
            found[-1].append((x, y))
        if word == 7:
            found[-1].append(found[-1][0])
    return found


def decode(tile: bytes) -> dict[str, list[tuple[dict[str, str | int], int, list[list[tuple[int, int]]]]]]:
    layers = {}
    for _, body in fields(tile):
        assert isinstance(body, bytes)
        parts = list(fields(body))
        name = next(value for tag, value in parts if tag == 1)
        keys = [value.decode() for tag, value in parts if tag == 3 and isinstance(value, bytes)]
        raw = [next(iter(fields(value))) for tag, value in parts if tag == 4 and isinstance(value, bytes)]
        values = [value.decode() if isinstance(value, bytes) else value for _, value in raw]
        assert dict(parts)[15] == 2
        assert dict(parts)[5] == 4096
        features = []
        for tag, value in parts:
            if tag == 2 and isinstance(value, bytes):
                feature = dict(fields(value))
                pairs = numbers(feature[2]) if 2 in feature else []  # type: ignore[arg-type]
                tags = {keys[a]: values[b] for a, b in zip(pairs[::2], pairs[1::2], strict=True)}
                features.append((tags, feature[3], paths(feature[4])))  # type: ignore[arg-type]
        assert isinstance(name, bytes)
        layers[name.decode()] = features
    return layers  # type: ignore[return-value]


def tile_of(zoom: int, lon: float = ORIGIN[0], lat: float = ORIGIN[1]) -> tuple[int, int, int]:
    n = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int((lon + 180) / 360 * n), int(y * n)


@pytest.fixture(scope="module")
def basemap() -> Basemap:
    return city_in_memory(SKETCH.city()).basemap


def test_a_tile_holds_streets_water_and_rail_with_their_names_and_the_english_ones_where_known(
    basemap: Basemap,
) -> None:
    layers = decode(basemap.tile(*tile_of(14, ORIGIN[0] - 0.001, ORIGIN[1] - 0.001)))
    road = {"class": "primary", "name": "泉城路", "name_en": "Quancheng Road", "oneway": 1}
    assert road in [tags for tags, _, _ in layers["roads"]]
    assert [tags for tags, _, _ in layers["water"]] == [{"class": "water", "name": "湖"}]
    assert [tags for tags, _, _ in layers["rail"]] == [{"class": "metro", "name": "2号线"}]


def test_a_street_cut_at_crossings_is_drawn_as_one_line(basemap: Basemap) -> None:
    roads = decode(basemap.tile(*tile_of(14, ORIGIN[0] + 0.001)))["roads"]
    primary = [lines for tags, _, lines in roads if tags["class"] == "primary"]
    assert [len(lines) for lines in primary] == [1]


def test_far_views_leave_out_what_is_small(basemap: Basemap) -> None:
    far = decode(basemap.tile(*tile_of(10, ORIGIN[0] + 0.001)))
    assert {tags["class"] for tags, _, _ in far["roads"]} == {"primary"}
    assert basemap.tile(*tile_of(8, 0.0, 0.0)) == b""


@pytest.mark.parametrize("tile", [(7, 0, 0), (17, 0, 0), (10, -1, 0), (10, 1024, 0), (10, 0, 5000)])
def test_a_tile_that_does_not_exist_is_empty(basemap: Basemap, tile: tuple[int, int, int]) -> None:
    assert basemap.tile(*tile) == b""


def test_outer_rings_turn_clockwise_on_the_screen_and_holes_the_other_way() -> None:
    nodes = dict(
        zip("pqrsabcd", [(0, 0), (9, 0), (9, 9), (0, 9), (3, 3), (6, 3), (6, 6), (3, 6)], strict=True)
    )
    raw = Sketch(nodes, [("p q r s p", {}), ("a b c d a", {"highway": "path"})]).raw()
    raw.rings.append(({"type": "multipolygon", "natural": "water"}, [("outer", 0), ("inner", 1)]))
    from firstminute.store.ground_build import city_from_drawing

    tile = city_in_memory(city_from_drawing(raw, source="lake")).basemap.tile(
        *tile_of(13, ORIGIN[0] + 0.004, ORIGIN[1] + 0.004)
    )
    rings = decode(tile)["water"][0][2]
    area = [sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) for ring in rings]
    assert len(area) == 2
    assert area[0] > 0 > area[1]


def world_line(points: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = (np.array(axis) / 4096.0 for axis in zip(*points, strict=True))
    return np.array([0, len(points)], np.int64), x, y


@pytest.mark.parametrize("seed", range(20))
def test_cutting_agrees_with_shapely(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = [tuple(spot) for spot in rng.uniform(-3000, 7000, (12, 2))]
    x, y, start, _ = cut_lines(world_line(points), np.array([0]), (0, 0, 0), 0.0)
    window = shapely.box(-80, -80, 4176, 4176)
    inside = shapely.LineString(points).intersection(window)
    mine = sum(math.dist(a, b) for k in range(len(start) - 1) for a, b in _steps(x, y, start, k))
    assert mine == pytest.approx(inside.length, abs=2.0 * (len(x) + 2))
    angle = np.sort(rng.uniform(0, 2 * np.pi, 12))
    ring = [
        (2048 + 3000 * rng.uniform(0.5, 1) * math.cos(a), 2048 + 3000 * rng.uniform(0.5, 1) * math.sin(a))
        for a in angle
    ]
    ring.append(ring[0])
    x, y, start, _ = cut_rings(world_line(ring), np.array([0]), (0, 0, 0), 0.0)
    area = (
        abs(sum(float(a[0]) * b[1] - float(b[0]) * a[1] for a, b in _steps(x, y, start, 0, closed=True))) / 2
    )
    assert area == pytest.approx(shapely.Polygon(ring).buffer(0).intersection(window).area, rel=0.02)


def _steps(
    x: np.ndarray, y: np.ndarray, start: np.ndarray, k: int, *, closed: bool = False
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    spots = [(int(x[j]), int(y[j])) for j in range(start[k], start[k + 1])]
    if closed:
        spots.append(spots[0])
    return itertools.pairwise(spots)


def test_simplifying_stays_within_its_tolerance() -> None:
    points = [(10.0 * k, 500.0 + (3.0 if k % 2 else 0.0)) for k in range(200)]
    x, _, _, _ = cut_lines(world_line(points), np.array([0]), (0, 0, 0), 4.0)
    assert len(x) == 2
    x, _, _, _ = cut_lines(world_line(points), np.array([0]), (0, 0, 0), 1.0)
    assert len(x) == 200


def test_numbers_and_pen_steps_are_those_of_the_specification() -> None:
    assert varint(0) == b"\x00"
    assert varint(2**21) == b"\x80\x80\x80\x01"
    line = pen(np.array([2, 2, 10], np.int32), np.array([2, 10, 10], np.int32), np.array([0, 3]), LINE)
    assert list(line) == [9, 4, 4, 18, 0, 16, 16, 0]
    ring = pen(np.array([3, 8, 20], np.int32), np.array([6, 12, 34], np.int32), np.array([0, 3]), POLYGON)
    assert list(ring) == [9, 6, 12, 18, 10, 12, 24, 44, 15]


def test_a_layer_without_features_is_left_out() -> None:
    assert encode_tile([Layer("water"), Layer("roads")]) == b""
