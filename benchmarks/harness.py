"""What every bench shares: rows, alternated medians, and the ground to measure on.

A bench is a file `benchmarks/bench_*.py` with `NAME` and `run(context) -> list[row]`, listed in `BENCHES`. It runs its peer in the same run, checks that both
give the same answer and reports how many times better ours is (`ratio`, above 1 = better). Ours and peer take turns, so that a busy
machine slows both; the medians of the turns are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from firstminute.geo.ground import Ground
from firstminute.geo.network import ModeGraph, Network
from firstminute.geo.search_graph import SearchGraph, build_search_graph

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
PORTO = DATA / "city" / "porto_portugal.osm.pbf"

# In the order in which they run; what follows `bench_` is the name that `make bench BENCH=` takes, and the file's `NAME`.
BENCHES: tuple[str, ...] = (
    "bench_knn",
    "bench_knn_turns",
    "bench_recommend",
    "bench_coverage",
    "bench_matrix",
    "bench_accept",
    "bench_http",
    "bench_positions",
    "bench_checkin",
    "bench_replay",
    "bench_search",
    "bench_startup",
)


class Row(TypedDict):
    """One line of the table: `ours` and `peer` in the unit that `work` names."""

    name: str
    work: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    same_answer: bool


@dataclass
class Context:
    """The ground to measure on: Porto where the open data lies beside the repository, else the demo city."""

    data: Path = DATA

    @cached_property
    def city(self) -> str:
        """Name of the ground, for `work`."""
        return "Porto" if self.porto.is_file() else "the demo city"

    @property
    def porto(self) -> Path:
        """The source of Porto, which need not be there."""
        return self.data / "city" / PORTO.name

    @cached_property
    def ground(self) -> Ground:
        """The built ground."""
        from firstminute.store.ground import build_city, city_in_memory

        if self.porto.is_file():
            return city_in_memory(build_city(self.porto)).ground
        from firstminute.app.demo_city import build_ground
        from firstminute.simulate.city.make import make_city

        return city_in_memory(build_ground(make_city())).ground

    @property
    def network(self) -> Network:
        """Its network."""
        return self.ground.network

    @cached_property
    def car(self) -> ModeGraph:
        """The car's graph, with its turn rules."""
        return self.network.modes["car"]

    @cached_property
    def car_free(self) -> SearchGraph:
        """The car's search graph with turn rules off."""
        return build_search_graph(self.car, turned=False)

    @cached_property
    def main_nodes(self) -> NDArray[np.int64]:
        """Junctions of the car's largest strongly connected part."""
        return np.flatnonzero(self.car.component == np.bincount(self.car.component).argmax())


def alternate(
    ours: Callable[[], object], peer: Callable[[], object], *, rounds: int = 7, cpu: bool = False
) -> tuple[float, float]:
    """(median seconds of ours, of the peer) over turns taken one after the other; each runs once before, unmeasured.

    `cpu` counts processor time instead of the wall's: for work that only computes, so that other programs on the machine do not count.
    """
    clock = time.process_time if cpu else time.perf_counter
    ours()
    peer()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, found in zip((ours, peer), times, strict=True):
            start = clock()
            work()
            found.append(clock() - start)
    return median(times[0]), median(times[1])


def row(name: str, work: str, figures: tuple[float, float], peer_name: str, *, same_answer: bool) -> Row:
    """A row for two times in the same unit: the ratio is how many times faster ours is."""
    ours, peer = figures
    ratio = peer / ours if ours > 0 else float("inf")
    return Row(
        name=name,
        work=work,
        ours=round(ours, 3),
        peer=round(peer, 3),
        peer_name=peer_name,
        ratio=round(ratio, 2),
        same_answer=same_answer,
    )
