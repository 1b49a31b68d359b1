"""Calls accepted over HTTP beside an endpoint that does nothing: same server, same client, 16 writers, taken in turns.

`ours` and `peer` are requests a second. `http` is calls with a type and a place, `http_words` calls saved at the first keystroke, with words
only. The rows `_p99` hold the 99th percentile of latency, ours as a multiple of the peer's. In such a rush calls are saved first and taken up
afterwards (decision 0091), so the rows `_answered` show calls a second from the first request until the last call has its incident, its list
and its alerts; no figure is asked of them, and the peer's turn begins only then. The same answer means: every accepted call is in the
journal, once, and was decided upon.
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
    answered: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), venues=120) as service,
        _nothing() as idle,
    ):
        for turn in range(TURNS + 1):
            bodies, token = make(service, REQUESTS, turn), service.tokens["dispatcher"]
            began = time.perf_counter()
            ours.append(_load(service.address, token, bodies))
            _wait_for_turns(service)
            answered.append(REQUESTS / (time.perf_counter() - began))
            peers.append(_load(idle, token, bodies))
        replies = [json.loads(body) for load in ours for body in load.bodies]
        same = len({reply["call_id"] for reply in replies}) == (TURNS + 1) * REQUESTS and _all_decided(
            service, replies
        )
        same &= all(set(load.status) == {201} for load in ours)
    rate, peer_rate = (median(load.rate for load in loads[1:]) for loads in (ours, peers))
    late, peer_late = (median(load.quantile(0.99) for load in loads[1:]) for loads in (ours, peers))
    return [
        Row(name=name, work=f"{work}, {WRITERS} writers", ours=rate, peer=peer_rate, peer_name=PEER, ratio=rate / peer_rate, same_answer=same),
        Row(name=f"{name}_p99", work="ms, 99th percentile of the same", ours=late * 1e3, peer=peer_late * 1e3, peer_name=PEER,
            ratio=peer_late / late, same_answer=same),
        Row(name=f"{name}_answered", work="calls/s until the last of them is recommended and alerted; no figure is asked of this row",
            ours=median(answered[1:]), peer=peer_rate, peer_name=PEER, ratio=median(answered[1:]) / peer_rate, same_answer=same),
    ]  # fmt: skip


def _wait_for_turns(service: Running) -> None:
    """Until no call waits to be taken up."""
    with service.client("admin") as client:
        while "firstminute_deferred_calls 0" not in client.get("/metrics").text:
            time.sleep(0.02)


def _load(address: str, token: str, bodies: Sequence[bytes]) -> Load:
    return post_many(
        address, "/calls", token, writers=WRITERS, requests=len(bodies), body=lambda k: (b"", bodies[k])
    )


def _all_decided(service: Running, replies: list[dict[str, Any]]) -> bool:
    """Every call of a sample can be read back from the journal and was decided upon, at once or when its turn came."""
    with service.client("dispatcher") as client:
        for reply in replies[:: max(1, len(replies) // 200)]:
            told = client.get(f"/calls/{reply['call_id']}")
            if told.status_code != 200 or not ("incident_id" in reply or "CallTakenUp" in told.text):
                return False
    return True
