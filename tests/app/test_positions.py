"""Positions: the latest fix wins by its own time, unknown units are not kept, and a crew at the gate is said once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firstminute.api.hub import Hub
from firstminute.api.ports import PositionsNotKept
from firstminute.app.positions import LOOKS_EVERY_S, WAITS_S, Positions
from firstminute.app.watch import Watch
from firstminute.model.records import Unit, Zone
from firstminute.respond.fleet import Fleet
from firstminute.store.tracks import TrackWriter

UNIT = Unit(
    unit_id="u1", call_sign="12", kind="car", mode="car", station_id="s", district="d", device_id="phone-1"
)
ZONE = Zone(
    zone_id="z",
    name="z",
    zone_class="core",
    district="d",
    ring=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
)


class Heard:
    """What positions told the desk: the last fleet and every command."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.commands: list[tuple[str, str]] = []
        self.wanted = False

    def now_s(self) -> float:
        return 1_000_000_000.0

    def place_fleet(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def submit(self, name: str, arguments: dict[str, Any], *rest: Any) -> Future[None]:
        self.commands.append((name, arguments["assignment_id"]))
        return Future()


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[tuple[Positions, Heard, Hub]]:
    """One unit, one zone, a real tracks file."""
    tracks, heard, hub = TrackWriter(tmp_path), Heard(), Hub()
    positions = Positions(heard, tracks, hub, None)  # type: ignore[arg-type]
    positions.register({"u1": UNIT}, {"z": ZONE})
    yield positions, heard, hub
    positions.close()
    tracks.close()


def take(positions: Positions, unit_id: str, lon: float, lat: float, fix_s: float) -> int:
    return asyncio.run(positions.take(lambda: ([unit_id], np.array([[lon, lat, fix_s, 0.0, -1.0]]))))


def where(positions: Positions, heard: Heard) -> tuple[float, float, float]:
    positions._publish()
    return float(heard.fleet.lon[0]), float(heard.fleet.lat[0]), float(heard.fleet.fix_s[0])


def test_a_late_fix_is_kept_but_never_moves_a_unit_back(intake: tuple[Positions, Heard, Hub]) -> None:
    positions, heard, _ = intake
    assert take(positions, "u1", 0.5, 0.5, 900.0) == 1
    assert take(positions, "u1", 0.9, 0.9, 800.0) == 1
    assert where(positions, heard) == (0.5, 0.5, 900.0)


def test_a_device_speaks_for_its_unit_and_strangers_are_not_kept(
    intake: tuple[Positions, Heard, Hub],
) -> None:
    positions, heard, _ = intake
    assert take(positions, "phone-1", 0.2, 0.3, 901.0) == 1
    assert take(positions, "stranger", 0.9, 0.9, 902.0) == 0
    assert where(positions, heard) == (0.2, 0.3, 901.0)


def test_borders_are_counted_when_they_are_crossed(intake: tuple[Positions, Heard, Hub]) -> None:
    positions, _, _ = intake
    for lon, fix_s in ((0.5, 1.0), (0.6, 2.0), (1.5, 3.0), (0.5, 4.0)):
        take(positions, "u1", lon, 0.5, fix_s)
    assert positions.crossed == 3


def test_a_crew_moves_and_then_is_at_the_gate_each_said_once(intake: tuple[Positions, Heard, Hub]) -> None:
    positions, heard, hub = intake
    watch = Watch(heard, hub, lambda: "0" * 32)  # type: ignore[arg-type]
    task = {
        "responder_id": "u1",
        "kind": "unit",
        "state": "assigned",
        "assignment_id": "a1",
        "assigned_s": 10.0,
    }
    hub.rows["incident/i"] = {"lon": 0.01, "lat": 0.0, "radius_m": 0.0, "responders": [task]}
    for lon, fix_s in ((0.0, 11.0), (0.002, 12.0), (0.003, 13.0), (0.01, 14.0), (0.01, 15.0)):
        take(positions, "u1", lon, 0.0, fix_s)
        positions._publish()
        watch.look(heard.fleet)
    assert heard.commands == [("report_en_route", "a1"), ("report_arrived", "a1")]


def test_a_batch_that_finds_no_room_or_no_disk_is_sent_back(
    intake: tuple[Positions, Heard, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    positions, _, _ = intake
    with monkeypatch.context() as full:
        full.setattr("firstminute.app.positions.MOST_WAITING", 0)
        with pytest.raises(PositionsNotKept, match="desk_busy"):
            take(positions, "u1", 0.5, 0.5, 900.0)

    def broken(handle: int) -> None:
        raise OSError("no space left")

    positions._tracks._sync = broken
    with pytest.raises(PositionsNotKept, match="not_durable"):
        take(positions, "u1", 0.5, 0.5, 901.0)


def test_who_moved_just_before_the_registers_changed_is_still_shown(
    intake: tuple[Positions, Heard, Hub],
) -> None:
    positions, heard, _ = intake
    other = replace(UNIT, unit_id="u0", device_id=None)
    positions.register({"u0": other, "u1": UNIT}, {}).result()
    take(positions, "u1", 0.5, 0.5, 900.0)
    positions.register({"u1": UNIT}, {}).result()
    assert positions._swap() == {"u1"} and heard.fleet.ids == ("u1",)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def monotonic(self) -> float:
        return self.at_s

    def sleep(self, wait_s: float) -> None:
        self.at_s += wait_s


def test_positions_have_half_of_the_time_however_busy_the_desk_is(
    intake: tuple[Positions, Heard, Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    positions, heard, _ = intake
    clock = Clock()
    monkeypatch.setattr("firstminute.app.positions.time", clock)
    heard.wanted = True
    for fix_s in range(3):
        take(positions, "u1", 0.5, 0.5, 900.0 + fix_s)
    assert clock.at_s == pytest.approx(100.0 + WAITS_S, abs=LOOKS_EVERY_S), "waited once for all of them"
    clock.at_s += 2 * WAITS_S
    take(positions, "u1", 0.5, 0.5, 910.0)
    assert clock.at_s == pytest.approx(100.0 + 4 * WAITS_S, abs=2 * LOOKS_EVERY_S), "and again after as long"
