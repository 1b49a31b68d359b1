"""The town of each simulated district, as a folder that a desk has been set up in: made once a process, copied for each seed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from firstminute.app.clock import DeskClock
from firstminute.app.desk import Desk
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.flow.registers import put
from firstminute.flow.state import State
from firstminute.model.encoding import encode
from firstminute.model.envelope import World
from firstminute.model.records import District
from firstminute.respond.fleet import Fleet
from firstminute.store import timers
from firstminute.store.import_export import change_of
from firstminute.store.store import Store
from tests.support.course import a_town
from tests.support.play import PLACES, roll, town_ground, whoever_may
from tests.support.sim.agenda import START_S

DISTRICTS = ("north", "south")
HOMES = {"U1": "a", "U2": "x", "U3": "p", "U4": "r"}
TABLES = ("districts", "stations", "venues", "teams", "members", "units", "alert_policies", "devices")
LASTS_S = 400 * 86_400.0


@dataclass(frozen=True, slots=True)
class Head:
    """The last fact of a record, and the timers that are pending there."""

    seq: int
    pending: dict[timers.Key, float]


@cache
def _snaps() -> tuple[Any, ...]:
    points = [PLACES[HOMES[each]] for each in sorted(HOMES)]
    lon, lat = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    return lon, lat, {mode: town_ground().snap(lon, lat, mode) for mode in ("car-lights", "foot")}


def fleet_at(at_s: float) -> Fleet:
    """Every crew at home, heard of just now."""
    ids = tuple(sorted(HOMES))
    lon, lat, snaps = _snaps()
    return Fleet(
        ids=ids, row={each: k for k, each in enumerate(ids)}, lon=lon, lat=lat, fix_s=np.full(len(ids), at_s),
        edge={m: s.edge for m, s in snaps.items()}, share={m: s.share for m, s in snaps.items()},
        offset_m={m: s.offset_m for m, s in snaps.items()}, version=int(at_s),
    )  # fmt: skip


def make_state(world: World) -> State:
    """An empty state on the town's streets."""
    return State(world=world, ground=town_ground(), fleet=fleet_at(START_S))


def commands_of_town() -> Iterator[tuple[str, dict[str, Any]]]:
    """What sets a district up: its registers, then everybody on duty."""
    books = a_town().state.registers
    put(books, "districts", [District(district_id=each, name=each) for each in DISTRICTS])
    for table in TABLES:
        yield "change_register", change_of(table, [encode(row) for row in books.table(table).values()])
    for unit_id in HOMES:
        yield "unit_on_duty", {"unit_id": unit_id, "shift": "late", "crew": 2, "sworn": 1}
    for letter in "hiov":
        yield "take_roll", roll(letter, 4, until_s=START_S + LASTS_S)


def seeded(seed: object) -> Iterator[str]:
    """Ids without end, the same for the same seed."""
    draw = Random(str(seed)).getrandbits
    while True:
        yield f"{draw(128):032x}"


def set_up(folder: Path, district: str) -> Head:
    """Make a district's folder with the town in it; where its record ends."""
    store = Store(folder, district)
    ids = seeded(f"town {district}")
    desk = Desk(
        store,
        make_state,
        clock=lambda floor_s: DeskClock(floor_s, lambda: START_S - 60.0, lambda: 0.0),
        ids=ids,
        ticking=False,
    ).start()
    try:
        for number, (name, arguments) in enumerate(commands_of_town()):
            who = whoever_may(COMMAND_BY_NAME[name].policy)
            ack = desk.submit(name, arguments, who, f"town-{number}").result(30.0)
            assert ack.done, (name, ack)
        with store.reading() as connection:
            head = Head(ack.seq, timers.pending(connection, district, "live"))
    finally:
        desk.stop()
        store.close()
    for path in folder.glob("snapshot-*"):
        path.unlink()
    return head


class Towns:
    """Folders of both districts to copy from, and where their records end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.heads = {district: set_up(folder / district, district) for district in DISTRICTS}

    def copy(self, district: str, target: Path) -> None:
        """A fresh town at `target`."""
        shutil.copytree(self._folder / district, target, ignore=shutil.ignore_patterns("*.lock"))
