"""Calls accepted over HTTP beside an endpoint that does nothing: same server, same client, 16 writers, taken in turns.

`ours` and `peer` are requests a second; a second row holds the 99th percentile of latency, ours as a multiple of the peer's. The same answer means:
every accepted call is in the journal, once.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.harness import ROOT, Context, Row
from benchmarks.http_load import Load, post_many
from tests.support.service import Running, running

NAME = "http"
WRITERS, REQUESTS, TURNS = 16, 800, 5


@contextmanager
def _nothing() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.nothing", str(port)], cwd=ROOT)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _bodies(service: Running, count: int, seed: int) -> list[bytes]:
    """Calls as a city makes them: a type, a place near a venue, some words."""
    rng = np.random.default_rng(seed)
    venues: Any = service.city.registers["venues"]
    made = []
    for number in range(count):
        venue = venues[int(rng.integers(len(venues)))]
        place = {"lon": venue.lon + float(rng.normal(0, 2e-3)), "lat": venue.lat + float(rng.normal(0, 2e-3))}
        kind = ("theft", "quarrel", "dispute", "disturbance")[int(rng.integers(4))]
        made.append(json.dumps({"text": f"call {seed}-{number}", "type_code": kind, "place": place}).encode())
    return made


def run(context: Context) -> list[Row]:
    """Measure both in turns."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), venues=120) as service,
        _nothing() as idle,
    ):
        token = service.tokens["dispatcher"]
        ours: list[Load] = []
        peers: list[Load] = []
        for turn in range(TURNS + 1):
            bodies = _bodies(service, REQUESTS, turn)
            mine = post_many(
                service.address,
                "/calls",
                token,
                writers=WRITERS,
                requests=REQUESTS,
                body=lambda k: (b"", bodies[k]),
            )
            peer = post_many(
                idle, "/calls", token, writers=WRITERS, requests=REQUESTS, body=lambda k: (b"", bodies[k])
            )
            if turn:
                ours.append(mine)
                peers.append(peer)
        accepted = {json.loads(body)["call_id"] for load in ours for body in load.bodies}
        same = (
            len(accepted) == TURNS * REQUESTS
            and all(set(load.status) == {201} for load in ours)
            and _all_stored(service, accepted)
        )
    rate, peer_rate = median(load.rate for load in ours), median(load.rate for load in peers)
    late, peer_late = (
        median(load.quantile(0.99) for load in ours),
        median(load.quantile(0.99) for load in peers),
    )
    return [
        Row(name=NAME, work=f"calls/s accepted over HTTP, {WRITERS} writers", ours=rate, peer=peer_rate, peer_name="endpoint that does nothing",
            ratio=rate / peer_rate, same_answer=same),
        Row(name=f"{NAME}_p99", work="ms, 99th percentile of the same", ours=late * 1e3, peer=peer_late * 1e3, peer_name="endpoint that does nothing",
            ratio=peer_late / late, same_answer=same),
    ]  # fmt: skip


def _all_stored(service: Running, accepted: set[str]) -> bool:
    """Every accepted call can be read back from the journal."""
    sample = sorted(accepted)[:: max(1, len(accepted) // 200)]
    with service.client("dispatcher") as client:
        return all(client.get(f"/calls/{call_id}").status_code == 200 for call_id in sample)
