"""Everybody hung on the streets, ready to be asked who can be at a place first.

Idea: teams and stations do not move, so they are hung once per register version; units once per swap of the fleet. `Reach` is derived from ground,
registers and fleet and replaced when one of them has a new version, never told what changed. The search is by road in each one's own mode, never a
straight-line prefilter: the nearest by air is the fastest by road in only 63 % of cases (speed.md §2c). Limits: one thread at a time, because the
searches share working memory; a vague place is searched from its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.entrances import minute_of_week, ways_in
from firstminute.geo.ground import Ground, drone_ds, factor
from firstminute.geo.search_graph import SearchGraph, build_search_graph
from firstminute.geo.search_reach import who_can_reach
from firstminute.geo.search_space import Workspace
from firstminute.geo.search_units import Hung, hang_units
from firstminute.model.records import Venue
from firstminute.respond.books import LOCAL, Books, Local
from firstminute.respond.candidates import Finds, Found
from firstminute.respond.fleet import Fleet
from firstminute.respond.records import Incident

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

TABLES = ("venues", "teams", "stations", "units")
TEAM_LIMIT_S, TEAM_FIRST = 240.0, 24
UNIT_LIMIT_S, UNIT_FIRST, FAR_LIMIT_S = 900.0, 16, 3600.0
STATION_FIRST = 2
WATER_M = 150.0
"""Whoever is farther from the water than this is not reached by boat."""


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
    ids: tuple[str, ...]
    hung: Hung | None
    edge: Ints
    share: Floats
    lon: Floats
    lat: Floats
    fix_s: Floats


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
    units: tuple[Layer, ...] = ()
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
    if ground is not None:
        reach = replace(reach, units=_unit_layers(ground, books, fleet, roads))
    return replace(reach, roads=roads, fleet_version=fleet.version)


def find(
    reach: Reach,
    incident: Incident,
    venue: Venue | None,
    *,
    at_s: float,
    usable: Callable[[str], bool],
    wanted: int,
    local: Local = LOCAL,
) -> Finds:
    """Units, teams and stations around an incident, nearest first.

    Parameters
    ----------
    venue : where the incident is, None for a place on the street
    usable : whether a unit may be asked; where too few of those found may, the search looks farther
    wanted : how many usable units are needed at least
    """
    floor = incident.place.floor if incident.place is not None else 0
    goals = _Goals(reach, incident, venue, floor, minute_of_week(at_s, local.utc_offset_s))
    if goals.point is None or reach.ground is None:
        return Finds(known=False)
    units: list[Found] = []
    for layer in reach.units:
        units += _units_of(reach, layer, goals, usable, wanted)
    units.sort(key=lambda f: (f.way_s, f.responder_id))
    teams = [f for layer in reach.teams for f in _nearest(reach, layer, goals, TEAM_LIMIT_S, TEAM_FIRST)]
    teams.sort(key=lambda f: (f.way_s, f.responder_id))
    stations = [
        f for layer in reach.stations for f in _nearest(reach, layer, goals, UNIT_LIMIT_S, STATION_FIRST)
    ]
    foot = goals.of("foot")
    place = (foot[0][0], foot[0][1]) if foot else (-1, 0.0)
    inside_s = min((g[2] for g in foot), default=0.0)
    sigma = {road: found.sigma for road, found in reach.roads.items()} | {
        "run": reach.roads["foot"].sigma if "foot" in reach.roads else 0.0
    }
    return Finds(units=units, teams=teams, stations=stations, inside_s=inside_s, place=place, sigma=sigma)


def graph_mode(mode: str) -> str:
    """The mode whose graph a mode travels on."""
    return "foot" if mode == "run" else mode


class _Goals:
    """Where a mode has to go for one incident: (edge, share, seconds inside) of each way in that is open then."""

    def __init__(
        self, reach: Reach, incident: Incident, venue: Venue | None, floor: int, minute: int
    ) -> None:
        self._reach, self._venue, self._floor, self._minute = reach, venue, floor, minute
        self._known: dict[str, list[tuple[int, float, float]]] = {}
        self.point: tuple[float, float] | None = None
        if venue is not None:
            self.point = (venue.lon, venue.lat)
        elif incident.place is not None:
            self.point = incident.place.centre
        elif incident.cell is not None:
            self.point = incident.cell

    def of(self, mode: str) -> list[tuple[int, float, float]]:
        """The goals of a mode, [] where it cannot get near."""
        mode = graph_mode(mode)
        if mode not in self._known:
            self._known[mode] = self._find(mode)
        return self._known[mode]

    def _find(self, mode: str) -> list[tuple[int, float, float]]:
        doors, ground = self._reach.doors, self._reach.ground
        assert ground is not None and self.point is not None
        if (
            mode != "boat"
            and self._venue is not None
            and doors is not None
            and self._venue.venue_id in doors.row
            and mode in doors.edge
        ):
            row = doors.row[self._venue.venue_id]
            goals = []
            for way in ways_in(self._venue, mode, self._minute, floor=self._floor):
                at = row + 1 + way.index
                goals.append((int(doors.edge[mode][at]), float(doors.share[mode][at]), way.inside_s))
            return [g for g in goals if g[0] >= 0]
        lon, lat = np.array([self.point[0]]), np.array([self.point[1]])
        most = WATER_M if mode == "boat" else 1_000.0
        snapped = ground.snap(lon, lat, mode, max_distance_m=most)
        return [(int(snapped.edge[0]), float(snapped.share[0]), 0.0)] if snapped.edge[0] >= 0 else []


def _units_of(
    reach: Reach, layer: Layer, goals: _Goals, usable: Callable[[str], bool], wanted: int
) -> list[Found]:
    if layer.hung is None:
        return _flown(layer, goals)
    first, limit_s = UNIT_FIRST, UNIT_LIMIT_S
    while True:
        found = _nearest(reach, layer, goals, limit_s, first)
        if sum(usable(f.responder_id) for f in found) >= wanted:
            return found
        if len(found) >= first:
            first *= 4
        elif limit_s < FAR_LIMIT_S:
            limit_s = FAR_LIMIT_S
        else:
            return found


def _nearest(reach: Reach, layer: Layer, goals: _Goals, limit_s: float, first: int) -> list[Found]:
    road, speed = reach.roads[graph_mode(layer.mode)], 10.0 * factor(layer.mode)
    assert layer.hung is not None
    ways = goals.of(layer.mode)
    limit_ds = int(limit_s * speed)
    if len(ways) == 1:
        edge, share, inside_s = ways[0]
        unit, travel_ds = who_can_reach(
            road.graph, layer.hung, road.space, (edge, share), limit_ds=limit_ds, first=first
        )
        return [
            _found(layer, k, ds / speed + inside_s)
            for k, ds in zip(unit.tolist(), travel_ds.tolist(), strict=True)
        ]
    best: dict[int, float] = {}
    for edge, share, inside_s in ways:
        unit, travel_ds = who_can_reach(
            road.graph, layer.hung, road.space, (edge, share), limit_ds=limit_ds, first=first
        )
        for k, ds in zip(unit.tolist(), travel_ds.tolist(), strict=True):
            best[k] = min(best.get(k, 1e12), ds / speed + inside_s)
    rows = sorted(best.items(), key=lambda pair: (pair[1], pair[0]))[:first]
    return [_found(layer, k, way_s) for k, way_s in rows]


def _found(layer: Layer, k: int, way_s: float) -> Found:
    return Found(
        layer.ids[k], layer.mode, way_s, float(layer.fix_s[k]), int(layer.edge[k]), float(layer.share[k])
    )


def _flown(layer: Layer, goals: _Goals) -> list[Found]:
    assert goals.point is not None
    ds = drone_ds(layer.lon, layer.lat, *goals.point)
    order = np.argsort(ds, kind="stable")[:UNIT_FIRST].tolist()
    return [_found(layer, k, float(ds[k]) / 10.0) for k in order]


def _road(ground: Ground, mode: str, roads: dict[str, Road]) -> Road:
    if mode not in roads:
        graph = ground.graph(mode)
        search = build_search_graph(graph)
        roads[mode] = Road(
            search, Workspace(search, units=64, limit_ds=int(UNIT_LIMIT_S * 10)), graph.sigma_log
        )
    return roads[mode]


def _layer(
    ground: Ground,
    roads: dict[str, Road],
    mode: str,
    *,
    ids: Iterable[str],
    places: tuple[Ints, Floats],
    fix_s: Floats,
) -> Layer:
    edge, share = places
    hung = hang_units(_road(ground, graph_mode(mode), roads).graph, edge, share)
    nowhere = np.empty(0)
    return Layer(mode, tuple(ids), hung, edge, share, nowhere, nowhere, fix_s)


def _team_layers(ground: Ground, books: Books, roads: dict[str, Road]) -> tuple[Layer, ...]:
    layers = []
    for mode in sorted({t.mode for t in books.teams.values()}):
        if mode == "drone" or not ground.serves(mode):
            continue
        rows = [
            (t, v)
            for t in books.teams.values()
            if t.mode == mode and (v := books.venues.get(t.venue_id)) is not None
        ]
        snapped = ground.snap(np.array([v.lon for _, v in rows]), np.array([v.lat for _, v in rows]), mode)
        places = (snapped.edge, snapped.share)
        layers.append(
            _layer(
                ground,
                roads,
                mode,
                ids=[t.team_id for t, _ in rows],
                places=places,
                fix_s=np.zeros(len(rows)),
            )
        )
    return tuple(layers)


def _station_layers(ground: Ground, books: Books, roads: dict[str, Road]) -> tuple[Layer, ...]:
    rows = [s for s in books.stations.values() if s.reserve > 0]
    if not rows or not ground.serves("car-lights"):
        return ()
    snapped = ground.snap(np.array([s.lon for s in rows]), np.array([s.lat for s in rows]), "car-lights")
    places = (snapped.edge, snapped.share)
    return (
        _layer(
            ground,
            roads,
            "car-lights",
            ids=[s.station_id for s in rows],
            places=places,
            fix_s=np.zeros(len(rows)),
        ),
    )


def _unit_layers(ground: Ground, books: Books, fleet: Fleet, roads: dict[str, Road]) -> tuple[Layer, ...]:
    by_mode: dict[str, list[int]] = {}
    for k, unit_id in enumerate(fleet.ids):
        unit = books.units.get(unit_id)
        if unit is not None:
            by_mode.setdefault(unit.mode, []).append(k)
    layers = []
    for mode, rows in sorted(by_mode.items()):
        at = np.array(rows, np.int64)
        if mode == "drone":
            layers.append(_flying(fleet, at[np.isfinite(fleet.lon[at])]))
        elif ground.serves(mode):
            layers.append(
                _layer(
                    ground,
                    roads,
                    mode,
                    ids=[fleet.ids[k] for k in rows],
                    places=_places(ground, fleet, mode, at),
                    fix_s=fleet.fix_s[at],
                )
            )
    return tuple(layers)


def _flying(fleet: Fleet, at: NDArray[np.int64]) -> Layer:
    nowhere = np.full(len(at), -1, np.int32)
    ids = tuple(fleet.ids[k] for k in at.tolist())
    return Layer(
        "drone", ids, None, nowhere, np.zeros(len(at)), fleet.lon[at], fleet.lat[at], fleet.fix_s[at]
    )


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
