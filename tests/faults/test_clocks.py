"""A wall clock that is wrong, and a process that was frozen: calls go on, no timer is early or lost, and it is said."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from firstminute.store.errors import StorageRefused
from firstminute.store.store import Store
from tests.support.faulty import Wall, call, health, held, served
from tests.support.service import Running, wait_until

FROZEN_S = 3.0


def _says(client: httpx.Client, *states: str) -> None:
    assert wait_until(lambda: health(client)["clock"] in states, 20), health(client)


def _confirmed(service: Running) -> None:
    with service.client("commander") as client:
        answer = client.post("/desk/confirm-clock", json={"desk": "city"})
        assert answer.status_code == 200, answer.text
        _says(client, "together")
        assert wait_until(lambda: not health(client)["timers_held"])


@pytest.fixture
def wall(tmp_path: Path) -> Wall:
    """A clock to turn."""
    return Wall(tmp_path)


def test_51_a_wall_clock_an_hour_or_a_year_off_frozen_or_ten_times_too_fast_takes_no_call_and_no_timer(
    tmp_path: Path, wall: Wall
) -> None:
    accepted: set[str] = set()
    with served(tmp_path / "record", **wall.environment) as service, service.client() as client:

        def accept(key: str) -> None:
            assert call(client, key).status_code == 201
            accepted.add(key)

        accept("right")
        for said in ("-1h", "+1h", "+365d"):
            before = health(client)["seq"]["live"]
            wall.turn(said)
            _says(client, "held")
            assert wait_until(lambda: health(client)["timers_held"])
            accept(said)
            assert health(client)["accepting"] and health(client)["seq"]["live"] > before
            _confirmed(service)
            accept(f"{said} confirmed")
        _turned_back(client, wall)
        _confirmed(service)
        wall.turn(time.strftime("%Y-%m-%d %H:%M:%S"))
        accept("frozen")
        _says(client, "parted", "held")
        accept("frozen for seconds")
        wall.turn("+0 x10")
        _says(client, "parted", "held")
        accept("too fast")
        service.stop()
    counts = held(tmp_path / "record", accepted)
    assert counts["ClockParted"] >= 4 and counts["ClockConfirmed"] == 4


def _turned_back(client: httpx.Client, wall: Wall) -> None:
    wall.turn("+0")
    _says(client, "held")


def test_50_a_service_frozen_and_woken_again_keeps_its_record_and_fires_each_timer_once(
    tmp_path: Path,
) -> None:
    data, answers = tmp_path / "record", list[int]()
    with served(data) as service, service.client() as client:
        assert call(client, "before").status_code == 201
        os.kill(service.process.pid, signal.SIGSTOP)
        caller = threading.Thread(target=lambda: answers.append(call(client, "frozen").status_code))
        caller.start()
        with pytest.raises(StorageRefused, match=f"pid {service.process.pid}"):
            Store(data)
        time.sleep(FROZEN_S)
        os.kill(service.process.pid, signal.SIGCONT)
        caller.join()
        assert answers == [201]
        found = health(client)
        assert found["running"] and found["epoch"] == 1
        service.stop()
    held(data, {"before", "frozen"})
