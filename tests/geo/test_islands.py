"""Scraps beside a street are not offered, islands are."""

from __future__ import annotations

import numpy as np
import pytest

from firstminute.geo.ground import Ground
from firstminute.geo.islands import offered_pieces
from firstminute.geo.tags import BOAT, CAR, FOOT
from firstminute.store.ground import city_in_memory
from tests.support.osm import Sketch

ROAD = {"highway": "residential"}
CITY = {f"m{k}": (k * 5, 0) for k in range(9)}
MAIN = (" ".join(CITY), ROAD)
BITS = {"foot": FOOT, "car": CAR}


def ground(nodes: dict[str, tuple[float, float]], *ways: tuple[str, dict[str, str]]) -> tuple[Sketch, Ground]:
    sketch = Sketch({**CITY, **nodes}, [MAIN, *ways])
    return sketch, city_in_memory(sketch.city()).ground


def test_who_stands_on_a_scrap_is_snapped_to_the_street_beyond() -> None:
    sketch, city = ground({"p": (2, 0.3), "q": (2.4, 0.3)}, ("p q", {"highway": "platform"}))
    lon, lat = sketch.place("p")
    found = city.snap(np.array([lon]), np.array([lat]), "foot")
    assert abs(found.offset_m[0] - 30.0) < 0.1


@pytest.mark.parametrize("way", [{"p": (2, 0.3), "q": (9, 0.3)}, {"p": (2, 0.6), "q": (2.4, 0.6)}])
def test_an_island_of_some_length_or_behind_a_gap_stays_one(way: dict[str, tuple[float, float]]) -> None:
    sketch, city = ground(way, ("p q", ROAD))
    lon, lat = sketch.place("p")
    found = city.snap(np.array([lon]), np.array([lat]), "foot")
    assert found.offset_m[0] < 0.1
    foot = city.graph("foot")
    ends = (int(city.network.edge_from[found.edge[0]]), int(np.argmin(city.network.node_lon)))
    assert foot.component[ends[0]] != foot.component[ends[1]]


def test_a_scrap_that_crosses_a_street_far_from_its_own_corners_lies_beside_it() -> None:
    sketch, city = ground({"p": (22, -1), "q": (22, 0.9)}, ("p q", {"highway": "footway", "layer": "1"}))
    lon, lat = sketch.place("q")
    found = city.snap(np.array([lon]), np.array([lat]), "foot")
    assert abs(found.offset_m[0] - 90.0) < 0.2


def test_a_scrap_for_one_mode_may_lead_on_for_another() -> None:
    sketch, city = ground({"p": (2, 0.4), "q": (4, 0.4)}, ("p q", ROAD), ("m0 p", {"highway": "footway"}))
    lon, lat = sketch.place("q")
    edge = int(city.snap(np.array([lon]), np.array([lat]), "foot").edge[0])
    assert int(offered_pieces(city.network, BITS)[edge]) == FOOT


def test_a_city_without_a_mode_offers_it_nothing() -> None:
    _, city = ground({})
    assert not offered_pieces(city.network, {"boat": BOAT}).any()
    assert not city.serves("boat")
    assert city.serves("run")
