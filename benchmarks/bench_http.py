"""Calls accepted over HTTP beside an endpoint that does nothing: same server, same client, 16 writers, taken in turns.

`ours` and `peer` are requests a second. `http` is calls with a type and a place: each looks for open incidents nearby, opens one, recommends and alerts before
it is answered. `http_words` is calls saved at the first keystroke, with words only. The rows `_p99` hold the 99th percentile of latency, ours as a multiple of
the peer's. The same answer means: every accepted call is in the journal, once.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
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
PEER = "endpoint that does nothing"
Make = Callable[[Running, int, int], list[bytes]]


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


def _words(service: Running, count: int, seed: int) -> list[bytes]:
    """Calls as they are at the first keystroke: words, and nothing else yet."""
    return [json.dumps({"text": f"call {seed}-{number}"}).encode() for number in range(count)]


def run(context: Context) -> list[Row]:
    """Measure both kinds of calls, each on a fresh service."""
    return [
        *_measure(NAME, "calls/s accepted over HTTP", _bodies),
        *_measure(f"{NAME}_words", "calls/s saved at the first keystroke", _words),
    ]


def _measure(name: str, work: str, make: Make) -> list[Row]:
    """Ours and the peer in turns; the first turn warms both up."""
    ours: list[Load] = []
    peers: list[Load] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), venues=120) as service,
        _nothing() as idle,
    ):
        for turn in range(TURNS + 1):
            bodies = make(service, REQUESTS, turn)
            for address, loads in ((service.address, ours), (idle, peers)):
                loads.append(_load(address, service.tokens["dispatcher"], bodies))
        accepted = {json.loads(body)["call_id"] for load in ours for body in load.bodies}
        same = len(accepted) == (TURNS + 1) * REQUESTS and _all_stored(service, accepted)
        same &= all(set(load.status) == {201} for load in ours)
    rate, peer_rate = (median(load.rate for load in loads[1:]) for loads in (ours, peers))
    late, peer_late = (median(load.quantile(0.99) for load in loads[1:]) for loads in (ours, peers))
    return [
        Row(name=name, work=f"{work}, {WRITERS} writers", ours=rate, peer=peer_rate, peer_name=PEER, ratio=rate / peer_rate, same_answer=same),
        Row(name=f"{name}_p99", work="ms, 99th percentile of the same", ours=late * 1e3, peer=peer_late * 1e3, peer_name=PEER,
            ratio=peer_late / late, same_answer=same),
    ]  # fmt: skip


def _load(address: str, token: str, bodies: Sequence[bytes]) -> Load:
    return post_many(
        address, "/calls", token, writers=WRITERS, requests=len(bodies), body=lambda k: (b"", bodies[k])
    )


def _all_stored(service: Running, accepted: set[str]) -> bool:
    """Every accepted call can be read back from the journal."""
    sample = sorted(accepted)[:: max(1, len(accepted) // 200)]
    with service.client("dispatcher") as client:
        return all(client.get(f"/calls/{call_id}").status_code == 200 for call_id in sample)
