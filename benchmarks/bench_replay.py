"""A day through the full core: Auckland's roads, 4,320 calls, 300 units; alone, and two runs at once.

Ours is the twin: every call goes through `flow.step` with recommendation, alerts, clocks, timers and closure. The peer is a lean dispatcher without a core
(nearest idle unit by scipy's Dijkstra, one event heap): what one gives up when the twin is not the code that dispatches. Two runs at once show how
paired runs scale over processes; both must give the digest of the run alone.
"""

from __future__ import annotations

import multiprocessing
import time
from heapq import heappop, heappush
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.recorded_day import UNITS, recorded_day
from firstminute.app.demo_city import build_ground
from firstminute.geo.ground import Ground
from firstminute.model.records import Station, Unit
from firstminute.simulate.behaviour import CITY_PEOPLE
from firstminute.simulate.city.make import make_city
from firstminute.simulate.recorded import Record, RecordedCall
from firstminute.simulate.replay import Setting, replay
from firstminute.simulate.statistics import digest_of
from firstminute.store.ground import city_in_memory
from firstminute.store.ground_build import city_from_tables
from firstminute.store.ground_table import TableSource, read_tables

NAME = "replay"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "city"
SERVICE_S = 1_200.0
ROUNDS = 3


def run(context: object) -> list[dict[str, Any]]:
    """Rows of the bench, in processor time so that other programs do not count. `context` is not needed: nothing is shared with other benches."""
    where = "Auckland" if _auckland().exists() else "demo city"
    ground = _ground()
    calls, fleet = recorded_day(ground)
    _once(calls[:40], fleet, ground)  # compile and warm
    runs = [_once(calls, fleet, ground) for _ in range(2)]
    lean_s = median(_lean(ground, calls, fleet[1], dict(_homes(fleet))) for _ in range(3))
    seconds, facts, digest = min(runs)
    rate, lean = len(calls) / seconds, len(calls) / lean_s
    rounds = [(_together(1), _together(2)) for _ in range(ROUNDS)]
    each_s, wall_s = (median(getattr(pair, name) for _, pair in rounds) for name in ("each_s", "wall_s"))
    digests = [found for round_ in rounds for runs_ in round_ for found in runs_.digests]
    facts_per_call = facts / len(calls)
    same = all(found == digest for _, _, found in runs)
    return [
        {
            "name": "replay",
            "work": f"{where}, 1 day, {len(calls)} calls, {UNITS} units: calls/s of one process; "
            f"{facts_per_call:.1f} facts a call, {facts / seconds:.0f} facts/s",
            "ours": round(rate, 1),
            "peer": round(lean, 1),
            "peer_name": "a lean loop without a core (scipy, heapq)",
            "ratio": round(rate / lean, 3),
            "same_answer": same and facts_per_call >= 25.0,
        },
        {
            "name": "replay_pair",
            "work": f"the same day twice at once, one process each: calls/s together ({2 * len(calls) / wall_s:.0f} by the wall)",
            "ours": round(2 * len(calls) / each_s, 1),
            "peer": round(len(calls) / median(alone.each_s for alone, _ in rounds), 1),
            "peer_name": "one run alone, in turns with the pair; ratio is per core",
            "ratio": round(median(alone.each_s / pair.each_s for alone, pair in rounds), 3),
            "same_answer": all(found == digest for found in digests),
        },
    ]


def _auckland() -> Path:
    return DATA / "auckland_roads_nodes.parquet"


def _ground() -> Ground:
    if not _auckland().exists():
        return city_in_memory(build_ground(make_city())).ground
    times = {"car": "tt_normal_s", "car-lights": "tt_lights_s"}
    source = TableSource(_auckland(), DATA / "auckland_roads_edges.parquet", time_s=times)
    return city_in_memory(city_from_tables(read_tables(source), source)).ground


def _homes(fleet: tuple[list[Station], list[Unit]]) -> list[tuple[str, tuple[float, float]]]:
    at = {station.station_id: (station.lon, station.lat) for station in fleet[0]}
    return [(unit.unit_id, at[unit.station_id]) for unit in fleet[1]]


def _once(
    calls: list[RecordedCall], fleet: tuple[list[Station], list[Unit]], ground: Ground
) -> tuple[float, int, str]:
    done = replay(ground, Record(tuple(calls), len(calls), {}), fleet, Setting(behaviour=CITY_PEOPLE))
    return done.cpu_s, len(done.facts), digest_of(done.facts)


def _alone(start: Any, answers: Any) -> None:
    """One run in a process of its own; waits until the other is ready too."""
    ground = _ground()
    calls, fleet = recorded_day(ground)
    _once(calls[:40], fleet, ground)
    start.wait()
    began = time.perf_counter()
    seconds, _, digest = _once(calls, fleet, ground)
    answers.put((seconds, time.perf_counter() - began, digest))


class Together(NamedTuple):
    """Runs at once: their mean processor seconds, wall seconds of the slowest, their digests."""

    each_s: float
    wall_s: float
    digests: list[str]


def _together(count: int) -> Together:
    """So many runs at once, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(count), context.Queue()
    runs = [context.Process(target=_alone, args=(start, answers)) for _ in range(count)]
    for each in runs:
        each.start()
    found = [answers.get() for _ in runs]
    for each in runs:
        each.join()
    return Together(
        sum(row[0] for row in found) / count, max(row[1] for row in found), [row[2] for row in found]
    )


def _lean(
    ground: Ground, calls: list[RecordedCall], units: list[Unit], homes: dict[str, tuple[float, float]]
) -> float:
    """Seconds of a loop that only sends the nearest idle unit and frees it after a while."""
    graph = ground.graph("car-lights")
    size = len(ground.network.node_lon)
    back = csr_array(
        (graph.arc_time_ds.astype(float) + 1e-3, (graph.arc_head, graph.arc_tail)), shape=(size, size)
    )
    places = np.array([homes[unit.unit_id] for unit in units])
    stand = ground.network.edge_to[ground.snap(places[:, 0], places[:, 1], "car-lights").edge]
    idle = np.ones(len(units), bool)
    busy: list[tuple[float, int]] = []
    search: Any = dijkstra
    began = time.process_time()
    for call in calls:
        while busy and busy[0][0] <= call.received_s:
            idle[heappop(busy)[1]] = True
        edge = int(ground.snap(np.array([call.lon]), np.array([call.lat]), "car-lights").edge[0])
        cost = search(back, indices=int(ground.network.edge_from[edge]), limit=18_000.0)
        reach = np.where(idle, cost[stand], np.inf)
        for _ in range(call.units):
            unit = int(reach.argmin())
            if not np.isfinite(reach[unit]):
                break
            idle[unit], reach[unit] = False, np.inf
            heappush(busy, (call.received_s + float(cost[stand[unit]]) / 10.0 + SERVICE_S, unit))
    return time.process_time() - began
