"""Draw tiny cities for tests: as an OpenStreetMap file, or straight as a drawing.

Idea: a city is a few named nodes on a grid of 100 m (`"a": (column, row)`) and ways that list them ("a b c"), so that a test reads like a sketch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium

from firstminute.store.ground_build import CityParts, city_from_drawing, drawn_raw
from firstminute.store.ground_osm import OsmRaw

Tags = Mapping[str, str]
METRES_PER_DEGREE = 111_195.0802335329
ORIGIN = (117.0, 36.6)
STEP_M = 100.0


@dataclass
class Sketch:
    """A drawn city.

    nodes: name -> (column, row) in steps of 100 m; ways: (nodes "a b c", tags); barriers: node name -> tags;
    turns: (tags, members as (role, "n", node name) or (role, "w", way number)).
    """

    nodes: dict[str, tuple[float, float]]
    ways: Sequence[tuple[str, Tags]]
    barriers: Mapping[str, Tags] = field(default_factory=dict)
    turns: Sequence[tuple[Tags, Sequence[tuple[str, str, str | int]]]] = ()

    def place(self, name: str) -> tuple[float, float]:
        """(lon, lat) of a node."""
        column, row = self.nodes[name]
        lat = ORIGIN[1] + row * STEP_M / METRES_PER_DEGREE
        return ORIGIN[0] + column * STEP_M / (METRES_PER_DEGREE * np.cos(np.radians(ORIGIN[1]))), lat

    def raw(self) -> OsmRaw:
        """The drawing as the importer sees it."""
        names = list(self.nodes)
        lon, lat = np.array([self.place(name) for name in names]).T
        refs = [names.index(name) for line, _ in self.ways for name in line.split()]
        start = np.concatenate([[0], np.cumsum([len(line.split()) for line, _ in self.ways])])
        turns = [
            (
                tags,
                [
                    (role, kind, names.index(str(ref)) if kind == "n" else int(ref))
                    for role, kind, ref in members
                ],
            )
            for tags, members in self.turns
        ]
        return drawn_raw(
            lon,
            lat,
            ([tags for _, tags in self.ways], start, np.array(refs)),
            node_tags={names.index(name): tags for name, tags in self.barriers.items()},
            restrictions=turns,
        )

    def city(self, region: str = "CN") -> CityParts:
        """The built city."""
        return city_from_drawing(self.raw(), region=region, source="sketch")

    def write(self, path: Path, *, negative: bool = False, shuffled: bool = False) -> Path:
        """Write an `.osm.pbf`; negative ids and relations before ways before nodes where asked for."""
        sign = -1 if negative else 1
        ids = {name: sign * (k + 1) for k, name in enumerate(self.nodes)}
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            steps = [self._write_nodes, self._write_ways, self._write_turns]
            for step in reversed(steps) if shuffled else steps:
                step(writer, ids, sign)
        return path

    def _write_nodes(self, writer: osmium.SimpleWriter, ids: Mapping[str, int], sign: int) -> None:
        for name, number in ids.items():
            tags = dict(self.barriers.get(name, {}))
            writer.add_node(osmium.osm.mutable.Node(id=number, location=self.place(name), tags=tags))

    def _write_ways(self, writer: osmium.SimpleWriter, ids: Mapping[str, int], sign: int) -> None:
        for k, (line, tags) in enumerate(self.ways):
            nodes = [ids[name] for name in line.split()]
            writer.add_way(osmium.osm.mutable.Way(id=sign * (100 + k), nodes=nodes, tags=dict(tags)))

    def _write_turns(self, writer: osmium.SimpleWriter, ids: Mapping[str, int], sign: int) -> None:
        for k, (tags, members) in enumerate(self.turns):
            listed = [
                (kind, ids[str(ref)] if kind == "n" else sign * (100 + int(ref)), role)
                for role, kind, ref in members
            ]
            relation = osmium.osm.mutable.Relation(id=sign * (900 + k), members=listed, tags=dict(tags))
            writer.add_relation(relation)


def piece(city: CityParts, sketch: Sketch, a: str, b: str) -> tuple[int, int]:
    """(edge, direction) of the piece between two named nodes; direction 0 = drawn a to b, 1 = b to a."""
    network = city.network
    ends = [
        int(np.argmin(np.hypot(network.node_lon - lon, network.node_lat - lat)))
        for lon, lat in (sketch.place(a), sketch.place(b))
    ]
    lon, lat = network.node_lon, network.node_lat
    same_a = np.flatnonzero((lon == lon[ends[0]]) & (lat == lat[ends[0]]))
    same_b = np.flatnonzero((lon == lon[ends[1]]) & (lat == lat[ends[1]]))
    ahead = np.flatnonzero(np.isin(network.edge_from, same_a) & np.isin(network.edge_to, same_b))
    behind = np.flatnonzero(np.isin(network.edge_from, same_b) & np.isin(network.edge_to, same_a))
    if len(ahead):
        return int(ahead[0]), 0
    return int(behind[0]), 1


def may_go(city: CityParts, sketch: Sketch, mode: str, a: str, b: str) -> bool:
    """True where a mode may travel the piece from node a to node b."""
    edge, direction = piece(city, sketch, a, b)
    graph = city.network.modes[mode]
    return bool((graph.edge_arc_backward if direction else graph.edge_arc_forward)[edge] >= 0)
