"""Everybody hung on the streets, ready to be asked who can be at a place first (`respond.finding` asks).

Idea: teams and stations do not move, so they are hung once per register version; units once per swap of the fleet. `Reach` is derived from ground,
registers and fleet and replaced when one of them has a new version, never told what changed. Limits: one thread at a time, because the searches
share working memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.ground import Ground
from firstminute.geo.search_graph import SearchGraph, build_search_graph
from firstminute.geo.search_space import Workspace
from firstminute.geo.search_units import Hung, hang_units
from firstminute.model.records import Venue
from firstminute.respond.books import Books
from firstminute.respond.fleet import Fleet

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Groups = tuple[tuple[str, tuple[str, ...], NDArray[np.int64]], ...]
_NOWHERE = np.empty(0)

TABLES = ("venues", "teams", "stations", "units", "plans")
LAWFUL = "car-lights:lawful"
"""Road of cars with lights under plans that do not let them break one-ways and turn bans."""
LIMIT_S = 900.0
"""Working memory is laid out for searches of this length; longer ones make it grow."""


@dataclass(frozen=True, slots=True)
class Road:
    """One graph to search on, with its working memory and the log-sd of a trip on it."""

    graph: SearchGraph
    space: Workspace
    sigma: float


@dataclass(frozen=True, slots=True)
class Layer:
    """Those of one mode, hung on its graph; drones hang on none, their places count."""

    mode: str
    road: str
    ids: tuple[str, ...]
    hung: Hung | None
    edge: list[int]
    share: list[float]
    fix_s: list[float]
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True)
class Doors:
    """Where venues' own points and entrances lie on the streets of each mode: row of a venue's point, its entrances behind it."""

    row: Mapping[str, int]
    edge: Mapping[str, Ints]
    share: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Reach:
    """What is derived from one ground, one version of the registers and one fleet."""

    ground: Ground | None = None
    registers: tuple[int, ...] = ()
    fleet_version: int = -1
    roads: Mapping[str, Road] = field(default_factory=dict)
    sigma: Mapping[str, float] = field(default_factory=dict)
    fleet_ids: tuple[str, ...] = ()
    groups: Groups = ()
    units: tuple[Layer, ...] = ()
    lawful_units: tuple[Layer, ...] = ()
    teams: tuple[Layer, ...] = ()
    stations: tuple[Layer, ...] = ()
    doors: Doors | None = None
    team_of_venue: Mapping[str, str] = field(default_factory=dict)


NOTHING = Reach()


def refreshed(reach: Reach, ground: Ground | None, books: Books, fleet: Fleet) -> Reach:
    """The reach for these versions: the same object where none has changed."""
    registers = tuple(books.version.get(table, 0) for table in TABLES)
    if reach.ground is ground and reach.registers == registers and reach.fleet_version == fleet.version:
        return reach
    if reach.ground is not ground:
        reach = Reach(ground=ground, registers=())
    roads = dict(reach.roads)
    if reach.registers != registers:
        reach = replace(
            reach, registers=registers, team_of_venue={t.venue_id: t.team_id for t in books.teams.values()}
        )
        if ground is not None:
            modes = sorted(
                {t.mode for t in books.teams.values()}
                | {u.mode for u in books.units.values()}
                | {"foot", "car-lights"}
            )
            reach = replace(
                reach,
                teams=_team_layers(ground, books, roads),
                stations=_station_layers(ground, books, roads),
                doors=_doors(ground, books.venues.values(), [m for m in modes if m != "drone"]),
            )
            reach = replace(reach, fleet_ids=())
    if ground is not None:
        if reach.fleet_ids != fleet.ids:
            reach = replace(reach, fleet_ids=fleet.ids, groups=_groups(ground, books, fleet.ids))
        units = _unit_layers(ground, reach.groups, fleet, roads)
        lawful = any(not plan.lights_break_rules for plan in books.plans.values())
        reach = replace(reach, units=units, lawful_units=_lawful(ground, units, roads) if lawful else ())
    sigma = {mode: road.sigma for mode, road in roads.items()}
    return replace(
        reach, roads=roads, sigma=sigma | {"run": sigma.get("foot", 0.0)}, fleet_version=fleet.version
    )


def graph_mode(mode: str) -> str:
    """The mode whose graph a mode travels on."""
    return "foot" if mode == "run" else mode


def _road(ground: Ground, key: str, roads: dict[str, Road]) -> Road:
    if key not in roads:
        graph = ground.graph(key.partition(":")[0], lights_break_rules=key != LAWFUL)
        search = build_search_graph(graph)
        roads[key] = Road(search, Workspace(search, units=64, limit_ds=int(LIMIT_S * 10)), graph.sigma_log)
    return roads[key]


def _layer(
    ground: Ground, roads: dict[str, Road], mode: str, ids: tuple[str, ...], snaps: tuple[Ints, Floats]
) -> Layer:
    edge, share = snaps
    key = graph_mode(mode)
    hung = hang_units(_road(ground, key, roads).graph, edge, share)
    return Layer(mode, key, ids, hung, edge.tolist(), share.tolist(), [0.0] * len(ids), _NOWHERE, _NOWHERE)


def _team_layers(ground: Ground, books: Books, roads: dict[str, Road]) -> tuple[Layer, ...]:
    layers = []
    for mode in sorted({t.mode for t in books.teams.values()}):
        if mode == "drone" or not ground.serves(mode):
            continue
        of_mode = [t for t in books.teams.values() if t.mode == mode]
        rows = [(t.team_id, v) for t in of_mode if (v := books.venues.get(t.venue_id)) is not None]
        snapped = ground.snap(np.array([v.lon for _, v in rows]), np.array([v.lat for _, v in rows]), mode)
        layers.append(_layer(ground, roads, mode, tuple(t for t, _ in rows), (snapped.edge, snapped.share)))
    return tuple(layers)


def _station_layers(ground: Ground, books: Books, roads: dict[str, Road]) -> tuple[Layer, ...]:
    rows = [s for s in books.stations.values() if s.reserve > 0]
    if not rows or not ground.serves("car-lights"):
        return ()
    snapped = ground.snap(np.array([s.lon for s in rows]), np.array([s.lat for s in rows]), "car-lights")
    return (
        _layer(ground, roads, "car-lights", tuple(s.station_id for s in rows), (snapped.edge, snapped.share)),
    )


def _groups(ground: Ground, books: Books, ids: tuple[str, ...]) -> Groups:
    """Mode → its units and their rows in the fleet, the largest group first: it settles how far the others need to be searched."""
    by_mode: dict[str, list[int]] = {}
    for k, unit_id in enumerate(ids):
        unit = books.units.get(unit_id)
        if unit is not None and ground.serves(unit.mode):
            by_mode.setdefault(unit.mode, []).append(k)
    order = sorted(by_mode.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple((mode, tuple(ids[k] for k in rows), np.array(rows, np.int64)) for mode, rows in order)


def _unit_layers(ground: Ground, groups: Groups, fleet: Fleet, roads: dict[str, Road]) -> tuple[Layer, ...]:
    layers = []
    for mode, ids, at in groups:
        if mode == "drone":
            seen = np.flatnonzero(np.isfinite(fleet.lon[at]))
            flying, at = tuple(ids[k] for k in seen.tolist()), at[seen]
            lost = [-1] * len(at)
            layers.append(
                Layer(
                    mode,
                    mode,
                    flying,
                    None,
                    lost,
                    [0.0] * len(at),
                    fleet.fix_s[at].tolist(),
                    fleet.lon[at],
                    fleet.lat[at],
                )
            )
            continue
        layer = _layer(ground, roads, mode, ids, _places(ground, fleet, mode, at))
        layers.append(replace(layer, fix_s=fleet.fix_s[at].tolist()))
    return tuple(layers)


def _lawful(ground: Ground, units: tuple[Layer, ...], roads: dict[str, Road]) -> tuple[Layer, ...]:
    """The same layers, cars with lights on the streets as they are signed."""
    made = []
    for layer in units:
        if layer.mode == "car-lights":
            road = _road(ground, LAWFUL, roads)
            hung = hang_units(road.graph, np.array(layer.edge, np.int32), np.array(layer.share, np.float64))
            layer = replace(layer, road=LAWFUL, hung=hung)
        made.append(layer)
    return tuple(made)


def _places(ground: Ground, fleet: Fleet, mode: str, at: NDArray[np.int64]) -> tuple[Ints, Floats]:
    for name in (mode, graph_mode(mode)):
        if name in fleet.edge:
            return np.ascontiguousarray(fleet.edge[name][at]), np.ascontiguousarray(fleet.share[name][at])
    snapped = ground.snap(fleet.lon[at], fleet.lat[at], mode)
    return snapped.edge, snapped.share


def _doors(ground: Ground, venues: Iterable[Venue], modes: Iterable[str]) -> Doors:
    row: dict[str, int] = {}
    lon: list[float] = []
    lat: list[float] = []
    for venue in venues:
        row[venue.venue_id] = len(lon)
        lon += [venue.lon, *(way.lon for way in venue.entrances)]
        lat += [venue.lat, *(way.lat for way in venue.entrances)]
    points = (np.array(lon, np.float64), np.array(lat, np.float64))
    snaps = {
        mode: ground.snap(*points, mode) for mode in {graph_mode(m) for m in modes} if ground.serves(mode)
    }
    return Doors(row, {m: s.edge for m, s in snaps.items()}, {m: s.share for m, s in snaps.items()})
