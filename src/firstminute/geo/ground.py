"""The ground under everything: network, snapping and modes as one immutable object that capabilities and the flow are handed.

Idea: nobody asks for arrays by file or builds an index of his own; whoever needs travel times gets a `Ground` and a mode's name. Modes that are
no graph of their own are derived here: `run` is `foot` made faster, `drone` flies straight, and `car-lights` is the lawful or the free set of arrays as
the plan says. Limits: one city, one hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firstminute.geo.datum import MAINLAND, Ring
from firstminute.geo.junctions import junction_of
from firstminute.geo.match import ANY_MODE, SnapIndex, Snaps, snap, snap_one
from firstminute.geo.network import ModeGraph, Network
from firstminute.geo.speeds import DRONE_KMH, LIGHTS_FREE, RUN_FACTOR
from firstminute.geo.streets import haversine_m
from firstminute.geo.tags import MODE_BIT

TRAVEL_MODES: tuple[str, ...] = ("foot", "run", "e-bike", "car", "car-lights", "boat", "drone")
MAX_SNAP_M = 1000.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A city's ground.

    Attributes
    ----------
    network : junctions, street pieces, one graph per mode
    snap_index : the pieces in a grid
    region : code of speeds.REGIONS
    bbox : west, south, east, north
    digest : of all its arrays; recorded with every recommendation
    edge_name : (E,) row in `names`, -1 none
    names, names_en : street and place names, and their English forms, "" where unknown
    datum_mask : ring in which the Chinese datums are shifted here
    """

    network: Network
    snap_index: SnapIndex
    region: str
    bbox: tuple[float, float, float, float]
    digest: str
    edge_name: NDArray[np.int32]
    names: tuple[str, ...]
    names_en: tuple[str, ...] = ()
    datum_mask: Ring = MAINLAND

    def graph(self, mode: str, *, lights_break_rules: bool = True) -> ModeGraph:
        """Graph that a mode travels on (`run` on that of `foot`; divide its times by `factor`).

        Raises
        ------
        ValueError : no such mode, or one without a graph (drone)
        """
        key = "foot" if mode == "run" else mode
        if key == "car-lights" and lights_break_rules:
            key = LIGHTS_FREE
        if key not in self.network.modes:
            raise ValueError(f"no graph for mode {mode!r}")
        return self.network.modes[key]

    def snap(
        self,
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        mode: str | None = None,
        *,
        max_distance_m: float = MAX_SNAP_M,
    ) -> Snaps:
        """Nearest street piece of each point that a mode may use (None = any)."""
        return snap(self.snap_index, lon, lat, modes=_bits(mode), max_distance_m=max_distance_m)

    def snap_one(
        self, lon: float, lat: float, mode: str | None = None, *, max_distance_m: float = MAX_SNAP_M
    ) -> tuple[int, float, float]:
        """The same of one point: (edge, share, metres to it), edge -1 where there is none."""
        return snap_one(self.snap_index, lon, lat, modes=_bits(mode), max_distance_m=max_distance_m)

    def junctions(
        self, snaps: Snaps, lon: NDArray[np.float64], lat: NDArray[np.float64], mode: str
    ) -> NDArray[np.int32]:
        """(P,) junction that each snapped point lies at, -1 = none; see `geo.junctions`."""
        return junction_of(self.network, snaps, lon, lat, self.snap_index.edge_modes & _bits(mode) > 0)

    def serves(self, mode: str) -> bool:
        """True where a mode can travel here at all."""
        return mode == "drone" or (mode in TRAVEL_MODES and len(self.graph(mode).arc_head) > 0)

    def street(self, edge: int) -> str:
        """Name of a street piece, "" where it has none."""
        row = int(self.edge_name[edge])
        return self.names[row] if row >= 0 else ""


def _bits(mode: str | None) -> int:
    return ANY_MODE if mode is None or mode == "drone" else MODE_BIT["foot" if mode == "run" else mode]


def factor(mode: str) -> float:
    """By how much a mode is faster than the graph it travels on."""
    return RUN_FACTOR if mode == "run" else 1.0


def drone_ds(lon: ArrayLike, lat: ArrayLike, to_lon: ArrayLike, to_lat: ArrayLike) -> NDArray[np.int32]:
    """Deciseconds of a straight flight, rounded down; any equal or broadcast shapes, degrees."""
    here, there = (
        (np.asarray(x, np.float64), np.asarray(y, np.float64)) for x, y in ((lon, lat), (to_lon, to_lat))
    )
    metres = haversine_m(*here, *there)
    return np.floor(metres * 36.0 / DRONE_KMH).astype(np.int32)
