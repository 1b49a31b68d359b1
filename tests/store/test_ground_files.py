"""A city on disk: what is written is what is opened, all or nothing."""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

from firstminute.store.ground import city_in_memory, city_info, has_city, open_city, save_city
from firstminute.store.ground_build import CityParts
from firstminute.store.ground_osm import GroundSourceError
from tests.support.osm import Sketch

SKETCH = Sketch(
    {"a": (0, 0), "b": (1, 0), "c": (2, 0), "d": (1, 1)},
    [("a b c", {"highway": "residential", "name": "解放路"}), ("b d", {"highway": "residential"})],
    turns=[
        (
            {"type": "restriction", "restriction": "no_left_turn"},
            [("from", "w", 0), ("via", "n", "b"), ("to", "w", 1)],
        )
    ],
)


def same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if is_dataclass(a) and not isinstance(a, type):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


@pytest.fixture
def parts() -> CityParts:
    return SKETCH.city()


def test_a_city_is_opened_as_it_was_built(tmp_path: Path, parts: CityParts) -> None:
    digest = save_city(parts, tmp_path / "city")
    opened = open_city(tmp_path / "city")
    built = city_in_memory(parts, digest)
    assert same(opened.ground, built.ground)
    assert same(opened.basemap.arrays, built.basemap.arrays)
    assert opened.ground.street(0) in ("解放路", "")
    assert opened.basemap.names == ["解放路"]


def test_arrays_stay_on_disk_and_writing_to_one_never_reaches_the_file(
    tmp_path: Path, parts: CityParts
) -> None:
    save_city(parts, tmp_path / "city")
    lon = open_city(tmp_path / "city").ground.network.node_lon
    base = lon.base
    while base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    lon[0] = 0.0
    assert open_city(tmp_path / "city").ground.network.node_lon[0] != 0.0


def test_the_same_source_gives_the_same_digest(tmp_path: Path) -> None:
    digests = {save_city(SKETCH.city(), tmp_path / name) for name in "ab"}
    assert len(digests) == 1
    assert city_info(tmp_path / "a")["digest"] in digests


def test_an_earlier_city_is_replaced_and_readers_keep_theirs(tmp_path: Path, parts: CityParts) -> None:
    save_city(parts, tmp_path / "city")
    old = open_city(tmp_path / "city")
    smaller = Sketch({"a": (0, 0), "b": (1, 0)}, [("a b", {"highway": "primary"})]).city()
    save_city(smaller, tmp_path / "city")
    assert len(open_city(tmp_path / "city").ground.network.edge_from) == 1
    assert float(old.ground.network.edge_length_m.sum()) == pytest.approx(300, abs=0.5)
    assert sorted(os.listdir(tmp_path)) == ["city"]


def test_a_failed_write_leaves_nothing_behind_and_the_old_city_whole(
    tmp_path: Path, parts: CityParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_city(parts, tmp_path / "city")
    before = city_info(tmp_path / "city")

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space"):
        save_city(parts, tmp_path / "city")
    assert city_info(tmp_path / "city") == before
    assert sorted(os.listdir(tmp_path)) == ["city"]


def code_of(path: Path) -> str:
    with pytest.raises(GroundSourceError) as caught:
        open_city(path)
    return caught.value.code


def test_what_is_no_city_is_refused(tmp_path: Path, parts: CityParts) -> None:
    assert code_of(tmp_path / "none") == "ground.no_city"
    save_city(parts, tmp_path / "city")
    about = tmp_path / "city" / "city.json"
    content = json.loads(about.read_text())
    (tmp_path / "city" / "network.node_lon.npy").write_bytes(b"\x93NUMPY")
    assert code_of(tmp_path / "city") == "ground.incomplete_city"
    (tmp_path / "city" / "network.node_lon.npy").unlink()
    assert code_of(tmp_path / "city") == "ground.incomplete_city"
    about.write_text(json.dumps({**content, "format": 99}))
    assert code_of(tmp_path / "city") == "ground.other_format"
    for key in ("about", "arrays", "digest", "plain"):
        about.write_text(json.dumps({k: v for k, v in content.items() if k != key}))
        assert code_of(tmp_path / "city") == "ground.incomplete_city"
    about.write_text("{")
    assert code_of(tmp_path / "city") == "ground.broken_city"


def test_a_city_of_another_format_is_none_and_is_replaced(tmp_path: Path, parts: CityParts) -> None:
    assert not has_city(tmp_path / "city")
    save_city(parts, tmp_path / "city")
    assert has_city(tmp_path / "city")
    about = tmp_path / "city" / "city.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 0}))
    assert not has_city(tmp_path / "city")
    save_city(parts, tmp_path / "city")
    assert has_city(tmp_path / "city")


def test_a_directory_with_other_things_is_never_replaced(tmp_path: Path, parts: CityParts) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "diary.txt").write_text("keep me")
    for target, code in (
        (tmp_path / "home", "ground.out_not_empty"),
        (tmp_path / "home" / "diary.txt", "ground.out_is_file"),
    ):
        with pytest.raises(GroundSourceError) as caught:
            save_city(parts, target)
        assert caught.value.code == code
    assert (tmp_path / "home" / "diary.txt").read_text() == "keep me"
