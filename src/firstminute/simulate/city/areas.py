"""Water, parks, hills, metro and railway of the generated city: what the base map shows beside streets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from firstminute.simulate.city.shape import EXTENT_M, RADII_M, Array, Shape, ring_line

Tags = Mapping[str, str]
PARK_NAMES = (
    ("人民广场", "People's Square"),
    ("镜湖公园", "Mirror Lake Park"),
    ("枫林公园", "Maple Wood Park"),
    ("儿童公园", "Children's Park"),
    ("烈士陵园", "Memorial Park"),
    ("月牙湖公园", "Crescent Lake Park"),
    ("梅园", "Plum Garden"),
    ("体育公园", "Sports Park"),
    ("竹海公园", "Bamboo Park"),
)


@dataclass(slots=True)
class Drawing:
    """A drawn city.

    Attributes
    ----------
    node_lon, node_lat : (N,) degrees
    way_tags : one entry a way
    way_start, way_ref : CSR of node rows of each way
    node_tags : row -> tags, of nodes with a barrier
    restrictions : (tags, members), member = (role, kind "n" or "w", row)
    points : named points of the map: (kind, name, lon, lat)
    """

    node_lon: list[float] = field(default_factory=list)
    node_lat: list[float] = field(default_factory=list)
    way_tags: list[Tags] = field(default_factory=list)
    way_start: list[int] = field(default_factory=lambda: [0])
    way_ref: list[int] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    restrictions: list[tuple[Tags, list[tuple[str, str, int]]]] = field(default_factory=list)
    points: list[tuple[str, str, float, float]] = field(default_factory=list)

    def add_nodes(self, lon: Array, lat: Array) -> range:
        """Append nodes; the rows they got."""
        start = len(self.node_lon)
        self.node_lon += [round(float(value), 7) for value in lon]
        self.node_lat += [round(float(value), 7) for value in lat]
        return range(start, len(self.node_lon))

    def add_way(self, refs: list[int], tags: Tags) -> int:
        """Append a way; its row."""
        self.way_ref += refs
        self.way_start.append(len(self.way_ref))
        self.way_tags.append(tags)
        return len(self.way_tags) - 1


def add_water_and_green(drawing: Drawing, shape: Shape) -> None:
    """Draw the river between its banks, the lakes and the parks."""
    north, south = shape.bank(1, 0.0), shape.bank(-1, 0.0)
    ring = (np.concatenate([north[0], south[0][::-1]]), np.concatenate([north[1], south[1][::-1]]))
    _add_area(drawing, shape, ring, {"natural": "water", "name": "岚江", "name:en": "Lan River"})
    x = np.arange(-EXTENT_M, EXTENT_M, 150.0)
    middle = list(drawing.add_nodes(*shape.ground(x, shape.river_y(x))))
    drawing.add_way(middle, {"waterway": "river", "boat": "yes", "name": "岚江", "name:en": "Lan River"})
    for park, (name, name_en) in zip(shape.parks, PARK_NAMES, strict=True):
        _add_area(drawing, shape, park.outline(0.97), {"leisure": "park", "name": name, "name:en": name_en})
        if park.lake:
            _add_area(drawing, shape, park.outline(0.62), {"natural": "water"})
    angle = np.linspace(np.radians(112), np.radians(158), 24)
    far = 1.0 + 0.07 * np.sin(9 * angle)
    hills = (5_000.0 * far * np.cos(angle), 5_000.0 * far * np.sin(angle))
    back = (7_300.0 * np.cos(angle[::-1]), 7_300.0 * np.sin(angle[::-1]))
    ring = (np.concatenate([hills[0], back[0]]), np.concatenate([hills[1], back[1]]))
    _add_area(drawing, shape, ring, {"landuse": "forest", "name": "云台山", "name:en": "Yuntai Hills"})


def _add_area(drawing: Drawing, shape: Shape, ring: tuple[Array, Array], tags: Tags) -> None:
    rows = list(drawing.add_nodes(*shape.ground(*ring)))
    drawing.add_way([*rows, rows[0]], tags)


def metro_line(shape: Shape) -> tuple[Array, Array]:
    """The metro on the plan: along one radial, round the square, out along another."""
    west, east = shape.radials[4], shape.radials[0]
    out = np.linspace(5_600.0, RADII_M[0] + 40.0, 70)
    x, y = ring_line(RADII_M[0] + 40.0, float(east), float(west))
    return (
        np.concatenate([out * np.cos(west), x[::-1], out[::-1] * np.cos(east)]),
        np.concatenate([out * np.sin(west), y[::-1], out[::-1] * np.sin(east)]),
    )


def metro_stations(shape: Shape, gap_m: float = 880.0) -> tuple[Array, Array]:
    """Stations every `gap_m` along the metro, plan metres."""
    x, y = metro_line(shape)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    at = np.arange(gap_m / 3, along[-1], gap_m)
    return np.interp(at, along, x), np.interp(at, along, y)


def add_rails(drawing: Drawing, shape: Shape) -> None:
    """Draw the metro line below the streets and the railway above them."""
    rows = list(drawing.add_nodes(*shape.ground(*metro_line(shape))))
    drawing.add_way(rows, {"railway": "subway", "tunnel": "yes", "name": "1号线", "name:en": "Line 1"})
    x = np.linspace(-EXTENT_M, EXTENT_M, 90)
    y = 3_150.0 + 0.16 * x + 260.0 * np.sin(x / 2_300.0)
    rows = list(drawing.add_nodes(*shape.ground(x, y)))
    drawing.add_way(rows, {"railway": "rail", "name": "岚宁线", "name:en": "Lan–Ning Railway"})
