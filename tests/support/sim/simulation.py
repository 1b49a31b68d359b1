"""One seed, one world: two districts, their people, and everything that goes wrong, until it calms down.

Idea: the storm lasts one of `STORMS_S` of simulated time; then lines are fair, disks sound and phones on, and for `CALM_S` whoever still waits must be served.
What goes wrong, and how bad the weather is, is drawn from the seed like everything else.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from firstminute.simulate.faults import Line, Weather
from tests.support.sim.agenda import START_S, Agenda
from tests.support.sim.judge import Broken, Judge
from tests.support.sim.node import KILLS, Node
from tests.support.sim.people import Courier, Crowd, Mouth, Phones, Seat, screens
from tests.support.sim.screens import Screens
from tests.support.sim.town import DISTRICTS, Head, Towns, seeded

STORMS_S = (30.0, 100.0, 500.0)
CALM_S = 70.0
CALLS, ACTS, LOOKS, OFFERS, TROUBLES = 8, 24, 12, 6, (4, 10, 20)
"""About how many of each there are in a storm, each district by itself; troubles together."""
SMALL, LARGE = 0.06, 1.0
"""How much happens in a storm: for the ordinary tests, and for a soak."""
JUMPS_S = (-3600.0, -420.0, -30.0, 7.0, 300.0, 3600.0, 86_400.0)


@dataclass(frozen=True, slots=True)
class Result:
    """What a seed came to. `digest`: of both journals, fact by fact; `again`: answers that were given before."""

    seed: int
    digest: str
    facts: int
    calls: int
    accepted: int
    again: int
    stops: int
    fired: int
    deferred: int
    transfers: int


class Simulation:
    """Everything of one seed; `run` it once."""

    def __init__(self, seed: int, towns: Towns, folder: Path, size: float = LARGE) -> None:
        self.seed, self._size = seed, size
        self.rng = Random(seed)
        self._storm_s = self.rng.choice(STORMS_S)
        self.agenda = Agenda(self.rng)
        self._keys = seeded(f"keys {seed}")
        self.lines: list[Line] = []
        rng = self.rng
        self.storm = Weather(
            lost_share=rng.choice((0.0, 0.05, 0.3)),
            doubled_share=rng.choice((0.0, 0.1, 0.5)),
            late_share=rng.choice((0.0, 0.1, 0.4)),
        )
        self.nodes = [Node(self.agenda, towns, folder, district, seed) for district in DISTRICTS]
        self._mouths = {node.district: [self._mouth(node) for _ in range(3)] for node in self.nodes}
        self._between: list[Line] = []
        self.judges: list[Judge] = []
        self._phones: list[Phones] = []
        for node in self.nodes:
            self._populate(node, towns.heads[node.district])
        north, south = self.nodes
        self.couriers = [self._courier(north, south), self._courier(south, north)]
        self.agenda.watchers += [judge.look for judge in self.judges]
        self._trouble_every_s = self._storm_s / (rng.choice(TROUBLES) * max(0.3, self._size))
        self.agenda.after(2.0, self._trouble)

    # ------------------------------------------------------------------ who is there

    def _key(self) -> str:
        return next(self._keys)

    def _line(self) -> Line:
        self.lines.append(Line(self.rng, self.storm))
        return self.lines[-1]

    def _mouth(self, node: Node) -> Mouth:
        return Mouth(self.agenda, node, self._line(), self._line())

    def _populate(self, node: Node, head: Head) -> None:
        public, desk, field_ = self._mouths[node.district]
        self._phones.append(Phones(node, field_, self._line(), self.rng, self._key))
        watched = Screens(node, screens(self.rng), self.rng)
        self.judges.append(Judge(node, self._mouths[node.district], watched, head))
        crowd, seat = Crowd(public, self.rng, self._key), Seat(node, desk, self.rng, self._key)
        self._often(CALLS, lambda: crowd.call(self.rng.choice((1, 1, 1, 2, 6))))
        self._often(ACTS, seat.act)
        other = next(each for each in DISTRICTS if each != node.district)
        self._often(OFFERS, lambda: seat.offer(other))
        self._often(LOOKS, watched.stir)

    def _courier(self, source: Node, target: Node) -> Courier:
        out, home = self._mouth(target), self._mouth(source)
        self._mouths[target.district].append(out)
        self._mouths[source.district].append(home)
        self._between += self.lines[-4:]
        return Courier(source, target, out, home)

    def _often(self, times: int, act: Any) -> None:
        mean_s = self._storm_s / (times * self._size)

        def again() -> None:
            if self.agenda.now_s < START_S + self._storm_s:
                act()
                self.agenda.after(self.rng.uniform(0.1, 1.9) * mean_s, again)

        self.agenda.after(self.rng.uniform(0.0, 1.0) * mean_s, again)

    # ------------------------------------------------------------------ what goes wrong

    def _trouble(self) -> None:
        rng, agenda = self.rng, self.agenda
        if agenda.now_s >= START_S + self._storm_s:
            return
        node = rng.choice(self.nodes)
        match rng.choice(
            (
                "kill",
                "kill",
                "fuse",
                "fuse",
                "fuse",
                "disk",
                "full",
                "restart",
                "cut",
                "clock",
                "phone",
                "mouth",
            )
        ):
            case "kill":
                if node.desk is not None:
                    node.stop()
                    agenda.after(rng.uniform(0.2, 30.0), node.start)
            case "restart":
                if node.desk is not None:
                    node.stop(killed=False)
                    agenda.after(rng.uniform(0.2, 5.0), node.start)
            case "fuse":
                node.fuse.point = rng.choice(KILLS)
                node.fuse.left = rng.choice((0, 0, 1, 3, 9))
            case "disk":
                node.fuse.point, node.fuse.left = rng.choice(("refused", "unsure")), rng.choice((0, 1, 4))
            case "full":
                node.disk_full = True
                agenda.after(rng.uniform(1.0, 40.0), partial(setattr, node, "disk_full", False))
            case "cut":
                for line in self._between:
                    line.cut = True
                agenda.after(rng.uniform(5.0, 120.0), self._heal)
            case "clock":
                node.hands.wrong_s = rng.choice((0.0, rng.choice(JUMPS_S)))
            case "phone":
                self._phones[self.nodes.index(node)].die(rng.uniform(5.0, 120.0))
            case "mouth":
                rng.choice(self._mouths[node.district]).dead_until_s = agenda.now_s + rng.uniform(5.0, 60.0)
        agenda.after(rng.uniform(0.2, 2.0) * self._trouble_every_s, self._trouble)

    def _heal(self) -> None:
        for line in self._between:
            line.cut = False

    def _calm(self) -> None:
        for line in self.lines:
            line.weather, line.cut = Weather(), False
        for node in self.nodes:
            node.disk_full, node.fuse.point = False, ""
            node.hands.wrong_s = 0.0

    # ------------------------------------------------------------------ from beginning to end

    def run(self) -> Result:
        """Play the seed. Raises `Broken` where a promise is not kept."""
        self.agenda.run(START_S + self._storm_s)
        self._calm()
        self.agenda.run(START_S + self._storm_s + CALM_S)
        for judge in self.judges:
            judge.rest()
        self._both()
        result = self._result()
        for node in self.nodes:
            node.stop()
        return result

    def _both(self) -> None:
        """What one district gave away with the other's word, the other has, once."""
        for courier, judge in zip(self.couriers, reversed(self.judges), strict=True):
            missing = [offer for offer in courier.taken if courier.offered[offer] not in judge.external]
            if missing:
                raise Broken(f"{courier.target.district} said that it has {missing[:3]} and has not")
        for courier, here, there in zip(self.couriers, self.judges, reversed(self.judges), strict=True):
            for given in here.transfers():
                name = f"{courier.source.district}:{given.incident_id}"
                if given.to_district == courier.target.district and name not in there.external:
                    raise Broken(f"{name} was given away and never arrived")

    def _result(self) -> Result:
        return Result(
            seed=self.seed,
            digest="".join(judge.digest.hexdigest()[:16] for judge in self.judges),
            facts=sum(judge.seq for judge in self.judges),
            calls=sum(len(judge.calls) for judge in self.judges),
            accepted=sum(
                w.settled and w.name == "receive_call"
                for mouths in self._mouths.values()
                for m in mouths
                for w in m.wishes
            ),
            again=sum(
                ack.again
                for mouths in self._mouths.values()
                for m in mouths
                for w in m.wishes
                for ack in w.answers
            ),
            stops=sum(node.stops for node in self.nodes),
            fired=sum(judge.facts["TimerFired"] for judge in self.judges),
            deferred=sum(judge.facts["CallTakenUp"] for judge in self.judges),
            transfers=sum(len(courier.taken) for courier in self.couriers),
        )


@contextmanager
def folder_of(base: Path, seed: int) -> Iterator[Path]:
    """A folder for one seed, gone afterwards."""
    folder = base / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        gc.unfreeze()  # a desk freezes what it rebuilds, for good; here it is gone


def play_seed(seed: int, towns: Towns, base: Path, size: float = LARGE) -> Result:
    """Play one seed in a folder of its own. Raises `Broken`, which then says how to play it again."""
    with folder_of(base, seed) as folder:
        simulation = Simulation(seed, towns, folder, size)
        try:
            return simulation.run()
        except Broken as problem:
            at_s = simulation.agenda.now_s - START_S
            raise Broken(
                f"seed {seed}, {at_s:.3f} s: {problem}\nagain: .venv/bin/python -m tests.simulation --seed {seed} --size {size}"
            ) from None
