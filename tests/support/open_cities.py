"""The five open cities of `../shared/data`, built once a test process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from firstminute.geo.network import Network
from firstminute.store.ground import build_city
from firstminute.store.ground_table import TableSource

CITY = Path(__file__).resolve().parents[3] / "shared" / "data" / "city"
OSM = {"porto": "porto_portugal.osm.pbf", "portland": "portland_central.osm.pbf"}
TABLES: dict[str, tuple[str, dict[str, object]]] = {
    "jinan": ("jinan_roads", {}),
    "auckland": ("auckland_roads", {"time_s": {"car": "tt_normal_s", "car-lights": "tt_lights_s"}}),
    "san_francisco": ("sf_street_speed", {"speed": ("speedlimit_mph", "mph"), "undirected": True}),
}
CITIES = (*OSM, *TABLES)


@cache
def open_network(name: str) -> Network:
    """The network of an open city."""
    if name in OSM:
        return build_city(CITY / OSM[name]).network
    stem, options = TABLES[name]
    nodes, edges = CITY / f"{stem}_nodes.parquet", CITY / f"{stem}_edges.parquet"
    return build_city(TableSource(nodes, edges, **options)).network  # type: ignore[arg-type]
