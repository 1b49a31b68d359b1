"""Reading OpenStreetMap files: any order, any ids, and plain errors for what is no road network."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import osmium
import pytest

from firstminute.store.ground import build_city
from firstminute.store.ground_osm import GroundSourceError, read_osm
from tests.support.osm import Sketch

ROAD = {"highway": "residential", "name": "中山路"}
LAKE = {"natural": "water", "name": "大明湖"}
SKETCH = Sketch(
    {"a": (0, 0), "b": (1, 0), "c": (2, 0), "d": (1, 1), "p": (5, 5), "q": (6, 5), "r": (6, 6)},
    [("a b c", ROAD), ("b d", ROAD), ("p q r p", LAKE), ("p r", {"railway": "subway", "name": "1号线"})],
    barriers={"b": {"barrier": "gate"}},
    turns=[
        (
            {"type": "restriction", "restriction": "no_left_turn"},
            [("from", "w", 0), ("via", "n", "b"), ("to", "w", 1)],
        )
    ],
)


def code_of(path: Path) -> str:
    with pytest.raises(GroundSourceError) as caught:
        build_city(path)
    assert caught.value.parameters["path"] in (str(path), path.name)
    return caught.value.code


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_ids_and_order_of_the_file_do_not_matter(tmp_path: Path, negative: bool, shuffled: bool) -> None:
    path = SKETCH.write(tmp_path / "city.osm.pbf", negative=negative, shuffled=shuffled)
    city = build_city(path)
    drawn = SKETCH.city()
    assert len(city.network.edge_from) == len(drawn.network.edge_from) == 3
    assert city.network.edge_length_m == pytest.approx(drawn.network.edge_length_m, abs=0.05)
    assert city.about["bbox"] == pytest.approx(drawn.about["bbox"], abs=1e-6)
    assert city.about["barriers"]["nodes"] == 1
    assert set(city.names) == {"中山路", "大明湖", "1号线"}
    assert len(city.base.rings.kind) == len(city.base.lines.kind) == 1


def test_a_way_whose_nodes_are_missing_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "cut.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number in (1, 2, 4, 5):
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(117.0 + number / 1000, 36.6)))
        writer.add_way(osmium.osm.mutable.Way(id=7, nodes=[1, 2, 3, 4, 5, 6], tags={"highway": "primary"}))
    city = build_city(path)
    assert (len(city.network.edge_from), city.about["left_out"]["missing_nodes"]) == (2, 2)


def test_a_lake_of_several_ways_becomes_one_area_with_its_island(tmp_path: Path) -> None:
    path = tmp_path / "lake.osm.pbf"
    corners = [(0, 0), (9, 0), (9, 9), (0, 9), (3, 3), (6, 3), (6, 6)]
    with osmium.SimpleWriter(str(path)) as writer:
        for k, (x, y) in enumerate(corners):
            writer.add_node(osmium.osm.mutable.Node(id=k + 1, location=(117.0 + x / 1000, 36.6 + y / 1000)))
        writer.add_way(osmium.osm.mutable.Way(id=1, nodes=[1, 2, 3], tags={}))
        writer.add_way(osmium.osm.mutable.Way(id=2, nodes=[1, 4, 3], tags={}))
        writer.add_way(osmium.osm.mutable.Way(id=3, nodes=[5, 6, 7, 5], tags={"highway": "path"}))
        members = [("w", 1, "outer"), ("w", 2, "outer"), ("w", 3, "inner")]
        tags = {"type": "multipolygon", "natural": "water", "name": "湖"}
        writer.add_relation(osmium.osm.mutable.Relation(id=1, members=members, tags=tags))
    rings = build_city(path).base.rings
    assert rings.group.tolist() == [0, 1]
    assert np.diff(rings.start).tolist() == [5, 4]


def test_progress_is_told_stage_by_stage(tmp_path: Path) -> None:
    stages = []
    build_city(SKETCH.write(tmp_path / "city.osm.pbf"), tell=lambda stage, done, total: stages.append(stage))
    assert stages == ["ways", "nodes", "streets", "turns", "map"]


def test_a_missing_an_empty_and_a_foreign_file_are_told_apart(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none.osm.pbf") == "ground.no_such_file"
    assert code_of(tmp_path) == "ground.is_directory"
    (tmp_path / "empty.osm.pbf").touch()
    assert code_of(tmp_path / "empty.osm.pbf") == "ground.empty_file"
    for k, data in enumerate((b"PAR1 no map", b"<osm version='0.6'></osm>", b"\x00" * 200, b"\x00\x00\x00")):
        path = tmp_path / f"foreign{k}.osm.pbf"
        path.write_bytes(data)
        assert code_of(path) == "ground.not_pbf"


def test_a_file_is_read_whatever_its_name_ends_with(tmp_path: Path) -> None:
    SKETCH.write(tmp_path / "city.osm.pbf").rename(tmp_path / "extract")
    assert len(build_city(tmp_path / "extract").network.edge_from) == 3


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_broken(tmp_path: Path, share: float) -> None:
    nodes = {f"n{k}": (k % 40, k // 40) for k in range(1600)}
    whole = (
        Sketch(nodes, [(f"n{k} n{k + 1}", ROAD) for k in range(1599)])
        .write(tmp_path / "whole.osm.pbf")
        .read_bytes()
    )
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert code_of(path) == "ground.broken_file"


@pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
def test_a_flipped_byte_is_an_error_or_a_city_but_never_a_crash(tmp_path: Path, at: float) -> None:
    path = SKETCH.write(tmp_path / "city.osm.pbf")
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 0xFF
    path.write_bytes(bytes(data))
    with suppress(GroundSourceError):
        build_city(path)


def test_a_file_without_roads_says_so(tmp_path: Path) -> None:
    nodes = {"a": (0, 0), "b": (1, 0), "c": (1, 1)}
    assert code_of(Sketch(nodes, []).write(tmp_path / "a.osm.pbf")) == "ground.no_ways"
    assert (
        code_of(Sketch(nodes, [("a b c", {"building": "yes"})]).write(tmp_path / "b.osm.pbf"))
        == "ground.no_ways"
    )
    assert code_of(Sketch(nodes, [("a b c a", LAKE)]).write(tmp_path / "c.osm.pbf")) == "ground.no_roads"
    assert (
        code_of(Sketch(nodes, [("a b", {"highway": "construction"})]).write(tmp_path / "d.osm.pbf"))
        == "ground.no_ways"
    )


def test_reading_keeps_the_header_box_only_where_there_is_one(tmp_path: Path) -> None:
    assert read_osm(SKETCH.write(tmp_path / "city.osm.pbf")).bbox is None
