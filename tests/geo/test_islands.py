"""Scraps of street are not offered, islands are."""

from __future__ import annotations

import numpy as np

from firstminute.geo.ground import Ground
from firstminute.geo.islands import leads_anywhere
from firstminute.store.ground import city_in_memory
from tests.support.osm import Sketch

ROAD = {"highway": "residential"}
CITY = {f"m{k}": (k * 5, 0) for k in range(9)}
MAIN = (" ".join(CITY), ROAD)


def ground(nodes: dict[str, tuple[float, float]], *ways: tuple[str, dict[str, str]]) -> tuple[Sketch, Ground]:
    sketch = Sketch({**CITY, **nodes}, [MAIN, *ways])
    return sketch, city_in_memory(sketch.city()).ground


def test_who_stands_on_a_scrap_is_snapped_to_the_street_beyond() -> None:
    sketch, city = ground({"p": (2, 0.3), "q": (2.4, 0.3)}, ("p q", {"highway": "platform"}))
    lon, lat = sketch.place("p")
    found = city.snap(np.array([lon]), np.array([lat]), "foot")
    assert abs(found.offset_m[0] - 30.0) < 0.1


def test_an_island_of_some_length_stays_one_and_nobody_crosses_the_gap() -> None:
    sketch, city = ground({"p": (2, 0.3), "q": (9, 0.3)}, ("p q", ROAD))
    lon, lat = sketch.place("p")
    found = city.snap(np.array([lon]), np.array([lat]), "foot")
    assert found.offset_m[0] < 0.1
    foot = city.graph("foot")
    ends = (int(city.network.edge_from[found.edge[0]]), int(np.argmin(city.network.node_lon)))
    assert foot.component[ends[0]] != foot.component[ends[1]]


def test_a_scrap_for_one_mode_may_lead_on_for_another() -> None:
    sketch, city = ground({"p": (2, 1), "q": (4, 1)}, ("p q", ROAD), ("m0 p", {"highway": "footway"}))
    network = city.network
    lon, lat = sketch.place("q")
    edge = int(city.snap(np.array([lon]), np.array([lat]), "foot").edge[0])
    assert leads_anywhere(network, city.graph("foot"))[edge]
    assert not leads_anywhere(network, city.graph("car"))[edge]


def test_a_city_without_a_mode_offers_it_nothing() -> None:
    _, city = ground({})
    assert not leads_anywhere(city.network, city.graph("boat")).any()
    assert not city.serves("boat")
    assert city.serves("run")
