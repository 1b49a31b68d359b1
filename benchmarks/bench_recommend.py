"""The full recommendation on a very large city: rings, three modes, needs, reasons; 25,000 teams, 290,000 members, 3,000 police units.

Ours is the reaction that the desk runs when an incident opens. The peer is the plain way to the same list: scipy's Dijkstra over the whole reversed graph of
each mode, every unit and team looked at with numpy, then the same ranking. Both lists must be equal, travel times to the decisecond.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.harness import Context, Row, row
from benchmarks.tiled import tiled
from firstminute.flow.consequences.recommend import ranked
from firstminute.flow.registers import put
from firstminute.flow.scene import WANTED_SPARE, Scene, question, scene, search
from firstminute.flow.state import State
from firstminute.geo.entrances import minute_of_week, ways_in
from firstminute.geo.ground import Ground, factor
from firstminute.model.facts.response import UnitsRecommended
from firstminute.model.place import Place
from firstminute.model.records import District, Entrance, Member, Station, Team, Unit, Venue
from firstminute.respond.books import LOCAL
from firstminute.respond.candidates import Finds, Found
from firstminute.respond.finding import STATION_FIRST, TEAM_FIRST, TEAM_LIMIT_S, UNIT_FIRST, UNIT_LIMIT_S
from firstminute.respond.fleet import Fleet
from firstminute.respond.muster_records import Roll
from firstminute.respond.reach import Layer, graph_mode
from firstminute.respond.recommend import recommend
from firstminute.respond.records import Assignment, Incident, UnitDuty

NAME = "recommend"
TEAMS, MEMBERS, UNITS, STATIONS, INCIDENTS, CHECKED = 25_000, 290_000, 3_000, 200, 400, 24
NOW_S = 1_760_000_400.0
Goals = dict[str, list[tuple[int, float, float]]]
Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def run(context: Context) -> list[Row]:
    """Rows of the bench, in milliseconds of processor time."""
    ground = tiled(context.ground)
    state = make_state(ground)
    scenes = [found for key in state.respond.incidents if (found := scene(state, key)) is not None]
    for found in scenes[:20]:
        ask(state, found)
    times = []
    for found in scenes:
        start = time.process_time_ns()
        ask(state, found)
        times.append((time.process_time_ns() - start) / 1e6)
    plain = Plain(ground)
    same, ours, theirs = True, [], []
    for found in scenes[:CHECKED]:
        start = time.process_time_ns()
        mine = ask(state, found)
        between = time.process_time_ns()
        other = plain.ask(state, found)
        theirs.append((time.process_time_ns() - between) / 1e6)
        ours.append((between - start) / 1e6)
        same &= mine == other
    nodes = len(ground.network.node_lon)
    work = f"{context.city} tiled to {nodes:,} nodes, {TEAMS:,} teams, {MEMBERS:,} members, {UNITS:,} units: "
    p99 = float(np.percentile(times, 99))
    peer = "scipy dijkstra over each mode + numpy over everybody + the same ranking"
    return [
        row(
            "recommend",
            f"{work}median {median(times):.3f}, p99 {p99:.3f} ms CPU",
            (median(ours), median(theirs)),
            peer,
            same_answer=same,
        ),
        row(
            "recommend_p99",
            f"{work}p99, ms CPU",
            (p99, float(np.percentile(theirs, 99))),
            peer,
            same_answer=same,
        ),
    ]


def ask(state: State, found: Scene) -> UnitsRecommended:
    """The recommendation as the desk makes it."""
    [made] = ranked(state, found, found.rings_of_type, NOW_S)
    assert isinstance(made, UnitsRecommended)
    return made


def make_state(ground: Ground, seed: int = 135) -> State:
    """A city on duty: venues with teams and rolls, stations, a fleet of which a third is busy, and incidents to ask about."""
    rng = np.random.default_rng(seed)
    state = State(ground=ground)
    books = state.registers
    lon, lat = _on_streets(ground, TEAMS, rng)
    put(books, "districts", [District(district_id="D", name="D")])
    put(books, "venues", [_venue(k, float(lon[k]), float(lat[k])) for k in range(TEAMS)])
    modes = rng.choice(["run", "run", "run", "foot", "e-bike"], TEAMS)
    put(
        books,
        "teams",
        [
            Team(
                team_id=f"T{k}",
                venue_id=f"V{k}",
                name="",
                trained=("cpr", "restrain"),
                kit=("shield", "aed"),
                mode=str(modes[k]),
            )
            for k in range(TEAMS)
        ],
    )
    put(
        books,
        "members",
        [Member(member_id=f"M{m}", team_id=f"T{m % TEAMS}", trained=("restrain",)) for m in range(MEMBERS)],
    )
    on_duty = rng.integers(0, 8, TEAMS)
    for k in range(TEAMS):
        count = int(on_duty[k])
        if count:
            names = {f"M{k + n * TEAMS}" for n in range(count)}
            state.muster.rolls[f"T{k}"] = Roll(
                f"R{k}", f"T{k}", "day", NOW_S - 3600, NOW_S + 3600, count, count, "button", members=names
            )
    station_lon, station_lat = _on_streets(ground, STATIONS, rng)
    put(
        books,
        "stations",
        [
            Station(
                station_id=f"S{k}",
                name="",
                lon=float(station_lon[k]),
                lat=float(station_lat[k]),
                district="D",
                reserve=4,
            )
            for k in range(STATIONS)
        ],
    )
    _make_fleet(state, ground, rng)
    places = _on_streets(ground, INCIDENTS, rng)
    kinds = rng.choice(
        ["cardiac_arrest", "fire", "missing_child", "fight", "theft", "armed_attack"], INCIDENTS
    )
    for k in range(INCIDENTS):
        at = Place(points=((float(places[0][k]), float(places[1][k])),))
        venue = f"V{int(rng.integers(TEAMS))}" if k % 2 else None
        incident = Incident(
            f"I{k}",
            "open",
            str(kinds[k]),
            1,
            "normal",
            "default",
            "dense",
            NOW_S,
            NOW_S - 5,
            venue_id=venue,
            place=None if venue else at,
        )
        state.respond.incidents[f"I{k}"] = incident
    return state


def _venue(k: int, lon: float, lat: float) -> Venue:
    doors = (
        (Entrance(lon=lon + 2e-4, lat=lat), Entrance(lon=lon - 2e-4, lat=lat, access="vehicle"))
        if k % 3 == 0
        else ()
    )
    return Venue(venue_id=f"V{k}", name="", category="shop", lon=lon, lat=lat, entrances=doors, district="D")


def _on_streets(ground: Ground, count: int, rng: np.random.Generator) -> Points:
    net = ground.network
    main = np.flatnonzero(net.modes["car"].component == np.bincount(net.modes["car"].component).argmax())
    node = rng.choice(main, count)
    return net.node_lon[node] + rng.normal(0, 2e-4, count), net.node_lat[node] + rng.normal(0, 2e-4, count)


def _make_fleet(state: State, ground: Ground, rng: np.random.Generator) -> None:
    lon, lat = _on_streets(ground, UNITS, rng)
    kinds = rng.choice(["car", "car", "motorcycle", "ptu", "foot", "foot", "e-bike"], UNITS)
    mode_of = {
        "car": "car-lights",
        "motorcycle": "car-lights",
        "ptu": "car-lights",
        "foot": "foot",
        "e-bike": "e-bike",
    }
    put(
        state.registers,
        "units",
        [
            Unit(
                unit_id=f"U{k}",
                call_sign=str(k),
                kind=str(kinds[k]),
                mode=mode_of[str(kinds[k])],
                station_id="S0",
                district="D",
            )
            for k in range(UNITS)
        ],
    )
    snaps = {mode: ground.snap(lon, lat, mode) for mode in ("car-lights", "foot", "e-bike")}
    ids = tuple(f"U{k}" for k in range(UNITS))
    state.fleet = Fleet(
        ids=ids, row={u: k for k, u in enumerate(ids)}, lon=lon, lat=lat, fix_s=np.full(UNITS, NOW_S - 5), edge={m: s.edge for m, s in snaps.items()},
        share={m: s.share for m, s in snaps.items()}, offset_m={m: s.offset_m for m, s in snaps.items()}, version=1,
    )  # fmt: skip
    state.respond.incidents["busy"] = Incident(
        "busy", "open", "theft", 1, "normal", "default", "dense", NOW_S, NOW_S
    )
    busy = rng.random(UNITS) < 0.33
    for k, unit_id in enumerate(ids):
        state.respond.units[unit_id] = UnitDuty(
            unit_id, 2, int(k % 3 > 0), "day", NOW_S - 3600, active=f"A{k}" if busy[k] else None
        )
        if busy[k]:
            state.respond.assignments[f"A{k}"] = Assignment(
                f"A{k}", "busy", unit_id, "unit", None, "reinforcement", "dispatched", "car-lights", NOW_S
            )
    del state.respond.incidents["busy"]
    state.respond.incidents["other"] = Incident(
        "other", "open", "theft", 1, "normal", "default", "dense", NOW_S, NOW_S, stand_down_s=NOW_S
    )
    for bound in state.respond.assignments.values():
        bound.incident_id = "other"
    del state.respond.incidents["other"]


@dataclass
class Plain:
    """The same question the plain way: whole-graph Dijkstra per mode, everybody looked at."""

    ground: Ground

    def __post_init__(self) -> None:
        """Reversed adjacency matrices; parallel arcs keep the faster."""
        self.reverse: dict[str, csr_array] = {}
        for mode in ("foot", "e-bike", "car-lights"):
            graph = self.ground.graph(mode)
            order = np.lexsort((graph.arc_time_ds, graph.arc_tail, graph.arc_head))
            head, tail, ds = graph.arc_head[order], graph.arc_tail[order], graph.arc_time_ds[order]
            first = np.concatenate([[True], (head[1:] != head[:-1]) | (tail[1:] != tail[:-1])])
            count = len(graph.out_start) - 1
            # scipy takes a stored zero for no arc, so zero deciseconds are stored as a tiny positive number
            weight = np.maximum(ds[first].astype(np.float64), 1e-7)
            self.reverse[mode] = csr_array((weight, (head[first], tail[first])), shape=(count, count))

    def ask(self, state: State, found: Scene) -> UnitsRecommended:
        """The list."""
        ours = search(state, found, NOW_S)  # for what is not searched: inside time, place, spreads
        goals = {mode: self.goals(state, found, mode) for mode in ("foot", "e-bike", "car-lights")}
        units = self.units(state, found, goals)
        teams = [
            f for layer in state.reach.teams for f in self.nearest(layer, goals, TEAM_LIMIT_S, TEAM_FIRST)
        ]
        teams.sort(key=lambda f: (f.way_s, f.responder_id))

        def stations() -> list[Found]:
            return [
                f
                for layer in state.reach.stations
                for f in self.nearest(layer, goals, UNIT_LIMIT_S, STATION_FIRST)
            ]

        finds = Finds(
            units=units,
            teams=teams,
            stations=stations,
            inside_s=ours.inside_s,
            place=ours.place,
            sigma=ours.sigma,
        )
        return recommend(
            question(state, found, NOW_S),
            finds,
            state.muster,
            state.respond,
            state.registers,
            rings=found.rings_of_type,
        )

    def goals(self, state: State, found: Scene, mode: str) -> list[tuple[int, float, float]]:
        """Ways in, snapped one by one."""
        if found.venue is not None:
            ways = [
                (w.lon, w.lat, w.inside_s)
                for w in ways_in(found.venue, mode, minute_of_week(NOW_S, LOCAL.utc_offset_s))
            ]
        else:
            assert found.incident.place is not None
            ways = [(*found.incident.place.centre, 0.0)]
        snapped = [self.ground.snap(np.array([lon]), np.array([lat]), mode) for lon, lat, _ in ways]
        return [
            (int(s.edge[0]), float(s.share[0]), w[2])
            for s, w in zip(snapped, ways, strict=True)
            if s.edge[0] >= 0
        ]

    def units(self, state: State, found: Scene, goals: Goals) -> list[Found]:
        """Enough of those who may be asked over all modes, then the special kinds that are still missing."""
        need = found.row.needs[0].units
        total, first, limit_s = sum(need.values()) + WANTED_SPARE, UNIT_FIRST, UNIT_LIMIT_S

        def free(near: list[Found], kind: str = "") -> int:
            ids = [f.responder_id for f in near if kind in ("", state.registers.units[f.responder_id].kind)]
            return sum(state.respond.units[i].active is None for i in ids)

        while True:
            near = [f for layer in state.reach.units for f in self.nearest(layer, goals, limit_s, first)]
            near = sorted(near, key=lambda f: (f.way_s, f.responder_id))[:first]
            if free(near) >= total or (len(near) < first and limit_s > UNIT_LIMIT_S):
                break
            first, limit_s = (first * 4, limit_s) if len(near) >= first else (first, 3600.0)
        more = []
        for kind, wanted in need.items():
            if kind != "any" and free(near, kind) < wanted:
                more += self.special(
                    state, goals, kind, {f.responder_id for f in near}, wanted - free(near, kind)
                )
        return near + more

    def special(self, state: State, goals: Goals, kind: str, known: set[str], wanted: int) -> list[Found]:
        """The next ones of a kind in its mode."""
        [layer] = [x for x in state.reach.units if any(state.registers.units[u].kind == kind for u in x.ids)]
        first = 4 * UNIT_FIRST
        while True:
            some = [f for f in self.nearest(layer, goals, UNIT_LIMIT_S, first) if f.responder_id not in known]
            some = [f for f in some if state.registers.units[f.responder_id].kind == kind]
            if sum(state.respond.units[f.responder_id].active is None for f in some) >= wanted:
                return some[: UNIT_FIRST // 2]
            first *= 4

    def nearest(self, layer: Layer, goals: Goals, limit_s: float, first: int) -> list[Found]:
        """Everybody of a layer, then the first ones."""
        mode = graph_mode(layer.mode)
        speed = 10.0 * factor(layer.mode)
        found: dict[int, float] = {}
        for edge, share, inside_s in goals[mode]:
            ds = self.times_ds(mode, (edge, share), layer, int(limit_s * speed))
            for k in np.lexsort((np.arange(len(ds)), ds))[:first].tolist():
                if ds[k] <= int(limit_s * speed):
                    found[k] = min(found.get(k, 1e12), int(ds[k]) / speed + inside_s)
        order = sorted(found.items(), key=lambda pair: (pair[1], pair[0]))[:first]
        return [
            Found(layer.ids[k], layer.mode, way, layer.fix_s[k], layer.edge[k], layer.share[k])
            for k, way in order
        ]

    def times_ds(self, mode: str, goal: tuple[int, float], layer: Layer, limit_ds: int) -> NDArray[np.int64]:
        """(n,) deciseconds of everybody of a layer to the goal, a very large number where there is no way."""
        graph, (edge, share) = self.ground.graph(mode), goal
        far = np.int64(1 << 40)
        node_ds = np.full(len(graph.out_start) - 1, far, np.int64)
        for arc, part in (
            (int(graph.edge_arc_forward[edge]), share),
            (int(graph.edge_arc_backward[edge]), 1.0 - share),
        ):
            if arc >= 0:
                left = int(np.floor(graph.arc_time_ds[arc] * part))
                tree = np.asarray(
                    dijkstra(self.reverse[mode], indices=[int(graph.arc_tail[arc])], limit=limit_ds + 1.0)
                )[0]
                reached = np.isfinite(tree)
                node_ds[reached] = np.minimum(
                    node_ds[reached], np.rint(tree[reached]).astype(np.int64) + left
                )
        layer_edge, layer_share = np.array(layer.edge), np.array(layer.share)
        best = np.full(len(layer_edge), far, np.int64)
        on = layer_edge >= 0
        for arcs, ahead, direct in (
            (graph.edge_arc_forward, 1.0 - layer_share, share - layer_share),
            (graph.edge_arc_backward, layer_share, layer_share - share),
        ):
            own = np.where(on, arcs[np.maximum(layer_edge, 0)], -1)
            ok = own >= 0
            time_ds = np.where(ok, graph.arc_time_ds[np.maximum(own, 0)], 0)
            out = (
                np.floor(time_ds * ahead).astype(np.int64)
                + node_ds[np.where(ok, graph.arc_head[np.maximum(own, 0)], 0)]
            )
            best = np.where(ok, np.minimum(best, out), best)
            here = ok & (layer_edge == edge) & (direct >= 0)
            best = np.where(
                here, np.minimum(best, np.floor(time_ds * np.maximum(direct, 0)).astype(np.int64)), best
            )
        return best
