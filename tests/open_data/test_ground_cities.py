"""The importer on real cities: what their README says of them, and an oracle of its own for every mode."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from firstminute.geo.match import METRES_PER_DEGREE, snap
from firstminute.geo.tags import MODE_BIT
from firstminute.store.ground import build_city, open_city, save_city
from firstminute.store.ground_build import CityParts
from firstminute.store.ground_table import TableSource

CITY = Path(__file__).resolve().parents[3] / "shared" / "data" / "city"
STREETS = set(
    "motorway trunk primary secondary tertiary unclassified residential living_street service road".split()
)
STREETS |= {f"{name}_link" for name in ("motorway", "trunk", "primary", "secondary", "tertiary")}


def tables(name: str, **options: object) -> TableSource:
    return TableSource(CITY / f"{name}_nodes.parquet", CITY / f"{name}_edges.parquet", **options)  # type: ignore[arg-type]


SOURCES = {
    "porto": CITY / "porto_portugal.osm.pbf",
    "portland": CITY / "portland_central.osm.pbf",
    "andorra": CITY / "andorra_2013.osm.pbf",
    "jinan": tables("jinan_roads"),
    "auckland": tables("auckland_roads", time_s={"car": "tt_normal_s", "car-lights": "tt_lights_s"}),
    "san_francisco": tables("sf_street_speed", speed=("speedlimit_mph", "mph"), undirected=True),
}
_built: dict[str, CityParts] = {}


def city(name: str) -> CityParts:
    if name not in _built:
        _built[name] = build_city(SOURCES[name])
    return _built[name]


@pytest.mark.parametrize(
    ("name", "nodes", "arcs", "scc", "km"),
    [
        ("porto", 63_791, 147_904, 0.990, None),
        ("portland", 6_458, 15_852, 0.983, None),
        ("andorra", 1_739, 3_467, 0.989, None),
        ("jinan", 12_766, 28_597, 0.928, None),
        ("auckland", 54_370, 90_638, 1.0, None),
        ("san_francisco", 9_399, 2 * 15_729, 0.989, 1955),
    ],
)
def test_a_city_is_as_large_and_as_connected_as_its_publisher_counted(
    name: str, nodes: int, arcs: int, scc: float, km: int | None
) -> None:
    about = city(name).about
    exact = isinstance(SOURCES[name], TableSource)
    assert about["nodes"] == pytest.approx(
        nodes, rel=0 if exact else 0.18
    )  # ours also cuts where footways meet streets
    assert about["arcs"] == pytest.approx(arcs, rel=0 if exact else 0.1)
    assert about["scc_share"] == pytest.approx(scc, abs=0.004)
    if km:
        assert about["length_km"] == pytest.approx(km, abs=0.5)


@pytest.mark.parametrize(("name", "kept", "all_of_them"), [("porto", 336, 357), ("portland", 421, 443)])
def test_turn_restrictions_are_kept_or_ignored_for_a_reason(name: str, kept: int, all_of_them: int) -> None:
    turns = city(name).about["turns"]
    assert turns["kept"] >= kept
    assert turns["kept"] + sum(turns["ignored"].values()) == all_of_them
    assert turns["via_ways"] == 1
    assert len(city(name).network.modes["car"].turns.rule_only) >= 0.9 * kept  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["jinan", "auckland", "san_francisco"])
def test_the_strongly_connected_part_is_that_of_the_bare_table(name: str) -> None:
    import pyarrow.parquet as pq

    source = SOURCES[name]
    assert isinstance(source, TableSource)
    edges = pq.read_table(source.edges)
    u, v = (np.asarray(edges.column(end)) for end in ("u", "v"))
    if source.undirected:
        u, v = np.concatenate([u, v]), np.concatenate([v, u])
    count = pq.read_table(source.nodes).num_rows
    graph = csr_array((np.ones(len(u)), (u, v)), shape=(count, count))
    labels = connected_components(graph, connection="strong")[1]
    assert city(name).about["scc_share"] == pytest.approx(np.bincount(labels).max() / count, abs=5e-5)


def test_times_given_by_a_table_come_through_to_the_decisecond() -> None:
    import pyarrow.parquet as pq

    edges = pq.read_table(CITY / "auckland_roads_edges.parquet")
    for mode, column in (("car", "tt_normal_s"), ("car-lights", "tt_lights_s")):
        expected = Counter(np.floor(np.asarray(edges.column(column)) * 10 + 0.5).astype(int).tolist())
        assert Counter(city("auckland").network.modes[mode].arc_time_ds.tolist()) == expected


def _plain_reading(path: Path) -> dict[str, dict[tuple[int, int], float]]:
    """A second, simpler reading of a file: metres drivable and walkable between neighbouring drawn nodes, by direction, few tags known."""
    place: dict[int, tuple[float, float]] = {}
    ways = []
    for item in osmium.FileProcessor(str(path)):
        if item.is_node():
            place[item.id] = (item.location.lon, item.location.lat)
        elif item.is_way():
            ways.append((dict(item.tags), [node.ref for node in item.nodes]))
    found: dict[str, dict[tuple[int, int], float]] = {"car": {}, "foot": {}, "e-bike": {}}
    for tags, refs in ways:
        known = {
            "access",
            "vehicle",
            "motor_vehicle",
            "motorcar",
            "foot",
            "motorroad",
            "emergency",
            "sidewalk",
            "service",
            "conveying",
            "oneway:foot",
        }
        if (
            tags.get("highway") not in STREETS
            or known & set(tags)
            or any("conditional" in key or ":backward" in key for key in tags)
        ):
            continue
        one = tags.get(
            "oneway", "yes" if tags.get("junction") == "roundabout" or tags["highway"] == "motorway" else "no"
        )
        ridden = "bicycle" in tags or any("cycle" in key for key in tags)  # then other rules hold
        walk = tags["highway"].split("_")[0] not in ("motorway", "trunk")
        for a, b in itertools.pairwise(refs):
            if a not in place or b not in place or a == b:
                continue
            ends = (np.round(place[a], 7), np.round(place[b], 7))
            metres = float(
                np.hypot((ends[0][0] - ends[1][0]) * np.cos(np.radians(ends[0][1])), ends[0][1] - ends[1][1])
                * METRES_PER_DEGREE
            )
            for x, y, drive in (
                (a, b, one not in ("-1", "reverse")),
                (b, a, one in ("no", "-1", "reverse", "false", "0")),
            ):
                if drive and one != "reversible":
                    found["car"][x, y] = metres
                if walk:
                    found["foot"][x, y] = metres
                if walk and drive and one != "reversible" and not ridden:
                    found["e-bike"][x, y] = metres
    return found


@pytest.mark.parametrize("name", ["portland", "andorra"])
def test_plainly_tagged_streets_are_open_to_cars_bikes_and_walkers_in_the_directions_a_second_reader_finds(
    name: str,
) -> None:
    source = SOURCES[name]
    assert isinstance(source, Path)
    network = city(name).network
    plain = _plain_reading(source)
    place = {
        item.id: (item.location.lon, item.location.lat)
        for item in osmium.FileProcessor(str(source), osmium.osm.NODE)
    }
    for mode in ("car", "foot", "e-bike"):
        graph = network.modes[mode]
        drawn = set()
        for edge in np.flatnonzero((graph.edge_arc_forward >= 0) | (graph.edge_arc_backward >= 0)):
            part = slice(int(network.shape_start[edge]), int(network.shape_start[edge + 1]))
            spots = list(
                zip(
                    np.round(network.shape_lon[part], 7).tolist(),
                    np.round(network.shape_lat[part], 7).tolist(),
                    strict=True,
                )
            )
            for a, b in itertools.pairwise(spots):
                drawn |= {(a, b)} if graph.edge_arc_forward[edge] >= 0 else set()
                drawn |= {(b, a)} if graph.edge_arc_backward[edge] >= 0 else set()
        wanted = {
            tuple((round(place[node][0], 7), round(place[node][1], 7)) for node in pair)
            for pair in plain[mode]
        }
        assert len(wanted) > 1000
        assert len(wanted - drawn) == 0, sorted(wanted - drawn)[:5]
        if mode == "car":  # and none against a one-way street that the second reader knows
            against = {(b, a) for a, b in wanted} - wanted
            assert len(against & drawn) <= 0.002 * len(wanted)


@pytest.mark.parametrize("name", list(SOURCES))
def test_every_mode_keeps_its_own_rules(name: str) -> None:
    network = city(name).network
    lights, free, car = (network.modes[mode] for mode in ("car-lights", "car-lights-free", "car"))
    for ours, more in ((car, lights), (lights, free)):
        for way in ("edge_arc_forward", "edge_arc_backward"):
            allowed = getattr(ours, way) >= 0
            assert (
                getattr(more, way)[allowed] >= 0
            ).all()  # what a car may do a car with lights may, and the free one more
    for way in ("edge_arc_forward", "edge_arc_backward"):
        both = (getattr(car, way) >= 0) & (getattr(lights, way) >= 0)
        slow, quick = car.arc_time_ds[getattr(car, way)[both]], lights.arc_time_ds[getattr(lights, way)[both]]
        assert (quick <= slow).all()
    least = 0 if name == "auckland" else 1  # its own table has times that round to nothing
    for graph in network.modes.values():
        assert (graph.arc_time_ds[network.edge_length_m[graph.arc_edge] > 0] >= least).all()


@pytest.mark.parametrize("name", ["porto", "jinan", "san_francisco"])
def test_snapping_in_a_whole_city_is_exact(name: str) -> None:
    parts = city(name)
    network = parts.network
    rng = np.random.default_rng(7)
    at = rng.integers(0, len(network.shape_lon), 60)
    lon, lat = (
        network.shape_lon[at] + rng.normal(0, 4e-4, 60),
        network.shape_lat[at] + rng.normal(0, 4e-4, 60),
    )
    found = snap(parts.snap, lon, lat, modes=MODE_BIT["car"], max_distance_m=2000.0)
    usable = np.flatnonzero((parts.snap.edge_modes & MODE_BIT["car"] > 0) & (network.edge_length_m > 0))
    size = np.diff(network.shape_start)[usable]
    rows = np.repeat(
        network.shape_start[:-1][usable] - np.concatenate([[0], np.cumsum(size)[:-1]]), size
    ) + np.arange(size.sum())
    line = np.repeat(np.arange(len(usable)), size)
    for k in range(60):
        x = (network.shape_lon[rows] - lon[k]) * METRES_PER_DEGREE * np.cos(np.radians(lat[k]))
        y = (network.shape_lat[rows] - lat[k]) * METRES_PER_DEGREE
        distance = shapely.distance(shapely.linestrings(np.c_[x, y], indices=line), shapely.Point(0, 0))
        assert found.offset_m[k] == pytest.approx(distance.min(), abs=1e-5)
        assert distance[np.searchsorted(usable, found.edge[k])] == pytest.approx(distance.min(), abs=1e-5)


def test_a_whole_city_is_written_opened_and_drawn(tmp_path: Path) -> None:
    save_city(city("portland"), tmp_path / "city")
    opened = open_city(tmp_path / "city")
    assert opened.about["nodes"] == city("portland").about["nodes"]
    assert {
        zoom: len(opened.basemap.tile(zoom, *_tile(zoom, -122.66, 45.52))) > 500 for zoom in range(8, 17)
    } == dict.fromkeys(range(8, 17), True)


def _tile(zoom: int, lon: float, lat: float) -> tuple[int, int]:
    scale = 2.0**zoom
    north = 0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)
    return int((lon + 180) / 360 * scale), int(north * scale)


@pytest.mark.parametrize("name", ["porto_portugal.osm.pbf", "portland_central.osm.pbf"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_off_download_is_a_plain_error(tmp_path: Path, name: str, share: float) -> None:
    from firstminute.store.ground_osm import GroundSourceError

    data = (CITY / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(GroundSourceError) as caught:
        build_city(tmp_path / name)
    assert caught.value.code == "ground.broken_file"
