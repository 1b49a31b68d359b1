"""Who can be at this place first: the road search over everybody hung in `Reach`, in each one's own mode.

Idea: never a straight-line prefilter: the nearest by air is the fastest by road in only 63 % of cases (speed.md §2c). Police are searched mode by mode, the
largest group first; what it finds settles how far the others need to be searched, so the answer is the first ones over all modes. Where too few
of them may be asked the search looks farther. Limits: a vague place is searched from its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from firstminute.geo.entrances import minute_of_week, ways_in
from firstminute.geo.ground import drone_ds, factor
from firstminute.geo.search_reach import who_can_reach
from firstminute.model.records import Unit, Venue
from firstminute.respond.books import LOCAL, Local
from firstminute.respond.candidates import Finds, Found
from firstminute.respond.reach import Layer, Reach, graph_mode
from firstminute.respond.records import Incident

TEAM_LIMIT_S, TEAM_FIRST = 240.0, 24
UNIT_LIMIT_S, UNIT_FIRST, FAR_LIMIT_S = 900.0, 16, 3600.0
STATION_FIRST = 2
WATER_M = 150.0
"""Whoever is farther from the water than this is not reached by boat."""

Goal = tuple[int, float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many units are looked for.

    Attributes
    ----------
    usable : whether a unit may be asked
    total : so many usable units over all kinds
    lawful : whether the plan keeps cars with lights to one-ways and turn bans
    kinds : kind → so many usable ones of it, besides
    units : the register
    """

    usable: Callable[[str], bool]
    total: int
    lawful: bool
    kinds: Mapping[str, int]
    units: Mapping[str, Unit]

    def missing(self, found: list[Found]) -> dict[str, int]:
        """Kind → how many usable ones are not among those found."""
        left = dict(self.kinds)
        for each in found:
            kind = self.units[each.responder_id].kind
            if kind in left and self.usable(each.responder_id):
                left[kind] -= 1
        return {kind: n for kind, n in left.items() if n > 0}


def find(
    reach: Reach,
    incident: Incident,
    venue: Venue | None,
    *,
    at_s: float,
    wanted: Wanted,
    local: Local = LOCAL,
) -> Finds:
    """Units, teams and stations around an incident, nearest first.

    Parameters
    ----------
    venue : where the incident is, None for a place on the street
    """
    floor = incident.place.floor if incident.place is not None else 0
    goals = Goals(reach, incident, venue, floor, minute_of_week(at_s, local.utc_offset_s))
    if goals.point is None or reach.ground is None:
        return Finds(known=False)
    teams = [f for layer in reach.teams for f in nearest(reach, layer, goals, TEAM_LIMIT_S, TEAM_FIRST)]
    teams.sort(key=_by_way)
    foot = goals.of("foot")
    return Finds(
        units=_units(reach, goals, wanted),
        teams=teams,
        stations=lambda: [
            f for layer in reach.stations for f in nearest(reach, layer, goals, UNIT_LIMIT_S, STATION_FIRST)
        ],
        inside_s=min((g[2] for g in foot), default=0.0),
        place=foot[0][:2] if foot else (-1, 0.0),
        sigma=reach.sigma,
    )


def within_reach(
    reach: Reach, incident: Incident, venue: Venue | None, *, at_s: float, lawful: bool, local: Local = LOCAL
) -> bool:
    """Whether any street of a crew's comes near the incident at all; False: the search for crews finds nobody, wherever they stand."""
    floor = incident.place.floor if incident.place is not None else 0
    goals = Goals(reach, incident, venue, floor, minute_of_week(at_s, local.utc_offset_s))
    if goals.point is None or reach.ground is None:
        return False
    layers = reach.lawful_units if lawful else reach.units
    return any(layer.hung is None or goals.of(layer.mode) for layer in layers)


class Goals:
    """Where a mode has to go for one incident: (edge, share, seconds inside) of each way in that is open then."""

    def __init__(
        self, reach: Reach, incident: Incident, venue: Venue | None, floor: int, minute: int
    ) -> None:
        self._reach, self._venue, self._floor, self._minute = reach, venue, floor, minute
        self._known: dict[str, list[Goal]] = {}
        self.point: tuple[float, float] | None = None
        if venue is not None:
            self.point = (venue.lon, venue.lat)
        elif incident.place is not None:
            self.point = incident.place.centre
        elif incident.cell is not None:
            self.point = incident.cell

    def of(self, mode: str) -> list[Goal]:
        """The goals of a mode, [] where it cannot get near."""
        mode = graph_mode(mode)
        if mode not in self._known:
            self._known[mode] = self._find(mode)
        return self._known[mode]

    def _find(self, mode: str) -> list[Goal]:
        doors, ground, venue = self._reach.doors, self._reach.ground, self._venue
        assert ground is not None and self.point is not None
        if (
            venue is not None
            and doors is not None
            and mode != "boat"
            and mode in doors.edge
            and venue.venue_id in doors.row
        ):
            first = doors.row[venue.venue_id] + 1
            edge, share = doors.edge[mode], doors.share[mode]
            ways = ways_in(venue, mode, self._minute, floor=self._floor)
            goals = [(int(edge[first + w.index]), float(share[first + w.index]), w.inside_s) for w in ways]
            return [goal for goal in goals if goal[0] >= 0]
        most = WATER_M if mode == "boat" else 1_000.0
        edge_here, share_here, _ = ground.snap_one(*self.point, mode, max_distance_m=most)
        return [(edge_here, share_here, 0.0)] if edge_here >= 0 else []


_by_way = attrgetter("way_s", "responder_id")


def _units(reach: Reach, goals: Goals, wanted: Wanted) -> list[Found]:
    first, far_s = UNIT_FIRST, UNIT_LIMIT_S
    layers = reach.lawful_units if wanted.lawful else reach.units
    while True:
        found: list[Found] = []
        limit_s = far_s
        for layer in layers:
            found += nearest(reach, layer, goals, limit_s, first)
            if len(found) >= first:
                found.sort(key=_by_way)
                del found[first:]
                limit_s = found[-1].way_s
        found.sort(key=_by_way)
        if sum(wanted.usable(f.responder_id) for f in found) >= wanted.total:
            break
        if len(found) >= first:
            first *= 4
        elif far_s < FAR_LIMIT_S:
            far_s = FAR_LIMIT_S
        else:
            break
    return found + _special(reach, goals, wanted, found) if wanted.kinds else found


def _special(reach: Reach, goals: Goals, wanted: Wanted, found: list[Found]) -> list[Found]:
    """Units of kinds that are needed and not among the first ones: their modes are searched until there are enough."""
    more: list[Found] = []
    missing = wanted.missing(found)
    known = {f.responder_id for f in found}
    for layer in reach.lawful_units if wanted.lawful else reach.units:
        here = {kind for kind in missing if any(wanted.units[u].kind == kind for u in layer.ids)}
        first, far_s = 4 * UNIT_FIRST, UNIT_LIMIT_S
        while here:
            near = nearest(reach, layer, goals, far_s, first)
            of_kind = [
                f for f in near if wanted.units[f.responder_id].kind in here and f.responder_id not in known
            ]
            enough = not wanted.missing([*found, *of_kind]).keys() & here
            exhausted = len(near) < first
            if enough or (exhausted and far_s >= FAR_LIMIT_S):
                more += of_kind[: UNIT_FIRST // 2]
                break
            first, far_s = (first, FAR_LIMIT_S) if exhausted else (first * 4, far_s)
    return more


def nearest(reach: Reach, layer: Layer, goals: Goals, limit_s: float, first: int) -> list[Found]:
    """The first ones of a layer within a limit; equal times in the order of the layer."""
    if layer.hung is None:
        return _flown(layer, goals, limit_s, first)
    road, speed = reach.roads[layer.road], 10.0 * factor(layer.mode)
    best: dict[int, float] = {}
    ways = goals.of(layer.mode)
    limit_ds = int(limit_s * speed) + 1
    for edge, share, inside_s in ways:
        unit, travel_ds = who_can_reach(
            road.graph, layer.hung, road.space, (edge, share), limit_ds=limit_ds, first=first
        )
        for k, ds in zip(unit.tolist(), travel_ds.tolist(), strict=True):
            way_s = ds / speed + inside_s
            if way_s <= limit_s and way_s < best.get(k, 1e12):
                best[k] = way_s
    rows = (
        best.items() if len(ways) == 1 else sorted(best.items(), key=lambda pair: (pair[1], pair[0]))[:first]
    )
    ids, mode, fix_s, edges, shares = layer.ids, layer.mode, layer.fix_s, layer.edge, layer.share
    return [Found(ids[k], mode, way_s, fix_s[k], edges[k], shares[k]) for k, way_s in rows]


def _flown(layer: Layer, goals: Goals, limit_s: float, first: int) -> list[Found]:
    """Drones fly straight."""
    assert goals.point is not None
    way_s = drone_ds(layer.lon, layer.lat, *goals.point) / 10.0
    order = np.argsort(way_s, kind="stable")[:first].tolist()
    near = ((k, float(way_s[k])) for k in order)
    return [
        Found(layer.ids[k], layer.mode, way, layer.fix_s[k], -1, 0.0) for k, way in near if way <= limit_s
    ]
