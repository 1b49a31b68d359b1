"""The real service as a process, on a small generated city, for tests over HTTP and in the browser.

Idea: the same command line that people start, on a free port, with a fresh data folder; registers come in through the same import that people use.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import numpy as np

from firstminute.model.encoding import encode
from firstminute.simulate.city.make import City, make_city
from firstminute.store.ground import save_city
from firstminute.store.ground_build import city_from_drawing, drawn_raw
from tests.support.forked import Forked

FIRSTMINUTE = Path(sys.executable).with_name("firstminute")
START_WITHIN_S = 60.0
SEED, VENUES = 135, 60


@dataclass
class Running:
    """A service that listens. `tokens`: role → bearer token; `setup`: the set-up link that it printed."""

    address: str
    tokens: dict[str, str]
    process: subprocess.Popen[str] | Forked
    data: Path
    city: City
    setup: str | None = None

    def client(self, role: str = "dispatcher", **more: str) -> httpx.Client:
        """An HTTP client that speaks for a role."""
        return httpx.Client(
            base_url=self.address,
            headers={"authorization": f"Bearer {self.tokens[role]}", **more},
            timeout=10.0,
        )

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)


def write_ground(city: City, folder: Path) -> Path:
    """The ground of a generated city as a city folder."""
    drawing = city.drawing
    raw = drawn_raw(
        np.array(drawing.node_lon), np.array(drawing.node_lat), (drawing.way_tags, np.array(drawing.way_start), np.array(drawing.way_ref)),
        node_tags=drawing.node_tags, restrictions=drawing.restrictions, points=drawing.points,
    )  # fmt: skip
    if not folder.exists():
        save_city(city_from_drawing(raw, region="CN", source="generated"), folder)
    return folder


def start(
    data: Path,
    ground: Path | None,
    city: City,
    *,
    port: int = 0,
    env: Mapping[str, str] | None = None,
    script: bool = False,
) -> Running:
    """Start the service on a data folder and wait until it listens; on a free port where none is named. `env`: settings, by their variables; `script`: by
    the command as it is installed, which imports everything anew.
    """
    words = ["serve", "--data", str(data), "--port", str(port), "--json"]
    words += ["--city", str(ground)] if ground else []
    settings = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
    process: subprocess.Popen[str] | Forked = (
        subprocess.Popen([str(FIRSTMINUTE), *words], stdout=subprocess.PIPE, text=True, env=settings)
        if script
        else Forked(words, env=settings)
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the service ended before it listened"
    said = json.loads(line)
    lines = Path(said["tokens"]).read_text().splitlines()
    tokens = dict(row.split("\t") for row in lines)
    return Running(said["address"], tokens, process, data, city, said["setup"])


def import_registers(service: Running) -> None:
    """Put every register of the city through the import."""
    with service.client("admin") as client:
        client.timeout = httpx.Timeout(START_WITHIN_S)  # a busy machine takes its time over the first import
        for table, rows in service.city.registers.items():
            if rows:
                answer = client.put(
                    f"/registers/{table}",
                    content=json.dumps([encode(row) for row in rows]),
                    headers={"content-type": "application/json"},
                    timeout=60.0,
                )
                assert answer.status_code == 200, (table, answer.text[:500])


@cache
def drawn(venues: int) -> tuple[City, Path]:
    """A small city and its ground, drawn once a process: nobody writes to either."""
    city = make_city(SEED, venues)
    folder = Path(tempfile.mkdtemp(prefix="firstminute-ground-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return city, write_ground(city, folder / "ground")


@cache
def _filled(venues: int, *, with_ground: bool) -> Path:
    """The data folder of a service that took its registers in and stopped, made once a process: to be copied."""
    city, ground = drawn(venues)
    data = Path(tempfile.mkdtemp(prefix="firstminute-filled-")) / "data"
    atexit.register(shutil.rmtree, data.parent, ignore_errors=True)
    service = start(data, ground if with_ground else None, city)
    try:
        import_registers(service)
    finally:
        service.stop()
    return data


@contextmanager
def running(
    folder: Path,
    *,
    with_ground: bool = True,
    venues: int = VENUES,
    port: int = 0,
    env: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A fresh service with its registers, stopped at the end."""
    city, ground = drawn(venues)
    data = folder / "data"
    copied = not env and not data.exists()
    if copied:
        shutil.copytree(_filled(venues, with_ground=with_ground), data)
    service = start(data, ground if with_ground else None, city, port=port, env=env)
    try:
        if not copied:
            import_registers(service)
        yield service
    finally:
        service.stop()


def wait_until(check: object, within_s: float = 10.0) -> bool:
    """True as soon as `check()` is true, False when it was not in time."""
    assert callable(check)
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    return found
