"""Kill the real service under load, and judge what it left behind.

Idea (trust.md §2 rows 1, 4 and 8): clients note a call as accepted when they have read its 201; what got no answer is asked again under the
same key after the restart. In the end every noted call must be in the journal once, every timer set must have fired, been cancelled or be
pending, and none early or twice.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from firstminute.app.secrets import SHOWN_ONCE
from firstminute.model.facts.call import CallReceived
from firstminute.model.facts.desk import TimerCancelled, TimerFired, TimerSet
from firstminute.store import record, timers
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.postgres import the_server

CLIENTS = 4


@dataclass
class Load:
    """What the clients know."""

    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    again: int = 0


class Clients:
    """Threads that call as fast as they are answered, until the service is gone."""

    def __init__(self, port: int, token: str, load: Load, name: str) -> None:
        self._port, self._token, self._load, self._name = port, token, load, name
        self._stop = threading.Event()
        left = sorted(load.unanswered)
        self._threads = [
            threading.Thread(target=self._call, args=(n, left[n::CLIENTS])) for n in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop calling; calls under way are finished."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _call(self, number: int, left: list[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        count = 0
        while left or not self._stop.is_set():
            key = left.pop() if left else f"{self._name}-{number}-{(count := count + 1)}"
            again = key in self._load.unanswered
            self._load.unanswered.add(key)
            body = json.dumps({"text": f"help {key}", "caller_phone": key, "channel": "phone"})
            headers = {
                "Authorization": f"Bearer {self._token}",
                "Idempotency-Key": key,
                "Content-Type": "application/json",
            }
            try:
                connection.request("POST", "/calls", body, headers)
                answer = connection.getresponse()
                said = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                return  # killed
            if answer.status == 201:
                self._load.accepted[key] = said
                self._load.unanswered.discard(key)
                self._load.again += again
            elif answer.status != 503:
                self._load.wrong.append(f"{answer.status} {said}")


class Zygote:
    """The process that starts services; use as a context."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        script = root / "tests" / "faults" / "zygote.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
        )

    def start(self) -> tuple[int, int, float]:
        """A fresh service: (pid, port, seconds until it listened)."""
        began = time.monotonic()
        said, told = self._pipes()
        said.write("start\n")
        said.flush()
        pid, port = told.readline().split()
        return int(pid), int(port), time.monotonic() - began

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin is not None and self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        said, told = self._pipes()
        said.close()
        self._process.wait(30)
        told.close()


def token_of(folder: Path, role: str = "dispatcher") -> str:
    """The token made at first start."""
    lines = (folder / SHOWN_ONCE).read_text().splitlines()
    return dict(line.split("\t") for line in lines)[role]


def put_record(folder: Path, engine: str) -> None:
    """Where the record of a data folder is to be."""
    if engine == "postgresql":
        record.point(folder, the_server().url())


def kill_often(folder: Path, root: Path, kills: int, seed: int) -> tuple[Load, list[float]]:
    """Kill the service `kills` times under load, then stop it in order; what the clients know, and how long each start took."""
    load, rng, starts = Load(), random.Random(seed), list[float]()
    with Zygote(folder, root) as zygote:
        for number in range(kills + 1):
            pid, port, start_s = zygote.start()
            starts.append(start_s)
            clients = Clients(port, token_of(folder), load, f"k{number}")
            time.sleep(rng.uniform(0.1, 0.7))
            if number < kills:
                os.kill(pid, signal.SIGKILL)
                clients.stop()
            else:
                clients.stop()
                time.sleep(1.0)  # what fell due while it was down fires now
                os.kill(pid, signal.SIGTERM)
    return load, starts


def judge(folder: Path, load: Load) -> dict[str, int]:
    """Hold the record against what the clients know; figures for the report."""
    assert not load.wrong, load.wrong[:3]
    assert not load.unanswered, sorted(load.unanswered)[:3]
    store = Store(folder)
    try:
        with store.reading() as connection:
            if connection.dialect.name == "sqlite":
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert all(finding.sound for finding in verify(connection))
            facts = list(store.journal.read(connection, "live"))
            waiting = timers.pending(connection, store.desk, "live")
    finally:
        store.close()
    received = Counter(fact.body.caller_phone for fact in facts if isinstance(fact.body, CallReceived))
    calls = {fact.body.call_id for fact in facts if isinstance(fact.body, CallReceived)}
    assert {said["call_id"] for said in load.accepted.values()} <= calls, "an accepted call is missing"
    assert set(load.accepted) == set(received), "a call is there that nobody sent, or one is missing"
    assert max(received.values()) == 1, "a call was taken twice"
    fired = judge_timers(facts, waiting)
    return {"accepted": len(load.accepted), "asked_again": load.again, "facts": len(facts), "fired": fired}


def judge_timers(facts: list[Any], waiting: dict[timers.Key, float]) -> int:
    """No timer lost, early or double; how many fired."""
    pending: dict[timers.Key, float] = {}
    fired = 0
    for fact in facts:
        body = fact.body
        if isinstance(body, TimerSet):
            pending[(body.timer_subject, body.timer, body.round)] = body.due_s
        elif isinstance(body, TimerFired):
            key = (body.timer_subject, body.timer, body.round)
            assert key in pending, f"{key} fired twice, or after it was cancelled"
            assert fact.at_s >= pending.pop(key), f"{key} fired early"
            fired += 1
        elif isinstance(body, TimerCancelled):
            for key in [each for each in pending if each[0] == body.timer_subject]:
                if body.timer in ("", key[1]) and (not body.timer or body.round in (0, key[2])):
                    del pending[key]
    assert pending == waiting, "the table of timers is not what the facts say"
    return fired
