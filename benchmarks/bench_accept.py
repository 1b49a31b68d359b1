"""Calls accepted by the desk: a group's one commit against one commit a call, with the same sync delay on both sides.

Ours: 256 calls wait at any time, the desk commits whatever waits. Peer: the very same desk and store, allowed one command a commit. Both pay 3 ms
for every commit on
top of what this disk takes. The answer is the same when both journals hold the same kinds of facts for every call and both chains are sound.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from firstminute.app.desk import Desk
from firstminute.model.envelope import Actor
from firstminute.store.store import Store
from firstminute.store.verify import verify

NAME = "accept"
SYNC_S, WAITING, ROUNDS = 0.003, 256, 3
OURS_CALLS, PEER_CALLS = 2_560, 384
SEAT = Actor(id="seat-1", role="dispatcher")


WORKS = {
    "accept": ("network_threat", "calls that a desk handles (4 facts each)"),
    "accept_answered": (
        "theft",
        "calls that are recommended, alerted and timed at once (12 facts each; no figure is asked of this row)",
    ),
}


def run(context: object) -> list[dict[str, Any]]:
    """A row a sort of call: calls a second of both sides, medians of alternated runs."""
    _rate(256, 64, "theft")
    return [_row(name, type_code, said) for name, (type_code, said) in WORKS.items()]


def _row(name: str, type_code: str, said: str) -> dict[str, Any]:
    ours, peers, same = [], [], True
    for _ in range(ROUNDS):
        rate, kinds = _rate(512, OURS_CALLS, type_code)
        peer_rate, peer_kinds = _rate(1, PEER_CALLS, type_code)
        ours.append(rate)
        peers.append(peer_rate)
        same = same and kinds is not None and kinds == peer_kinds
    rate, peer_rate = median(ours), median(peers)
    return {
        "name": name,
        "work": f"calls/s accepted in-process, {WAITING} waiting, 3 ms sync delay injected on both sides, SQLite: {said}",
        "ours": round(rate, 1),
        "peer": round(peer_rate, 1),
        "peer_name": "calls/s of the same desk with one commit a call",
        "ratio": round(rate / peer_rate, 2),
        "same_answer": same,
    }


def _rate(most_in_group: int, calls: int, type_code: str) -> tuple[float, Counter[str] | None]:
    """Calls a second, and how often each kind of fact came per call (None where a chain broke or a call is missing)."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), before_commit=lambda: time.sleep(SYNC_S))
        desk = Desk(store, most_in_group=most_in_group).start()
        try:
            seconds = _load(desk, calls, type_code)
            with store.reading() as connection:
                kinds = Counter(fact.kind for fact in store.journal.read(connection, "live"))
                sound = all(each.sound for each in verify(connection)) and kinds["CallReceived"] == calls
        finally:
            desk.stop()
            store.close()
    return calls / seconds, Counter(
        {kind: round(count / calls) for kind, count in kinds.items()}
    ) if sound else None


def _load(desk: Desk, calls: int, type_code: str) -> float:
    """Keep `WAITING` calls waiting until all are accepted; seconds."""
    room, lost = threading.Semaphore(WAITING), []

    def accepted(future: Any) -> None:
        if not future.result().done:
            lost.append(future.result())
        room.release()

    began = time.perf_counter()
    for number in range(calls):
        room.acquire()
        arguments = {
            "channel": "phone",
            "type_code": type_code,
            "text": "x",
            "caller_phone": f"{number}",
            "seat": "1",
        }
        desk.submit("receive_call", arguments, SEAT, f"call-{number}").add_done_callback(accepted)
    for _ in range(WAITING):
        room.acquire()
    assert not lost, lost[:3]
    return time.perf_counter() - began
