"""Calls accepted by the desk: a group's one commit against one commit a call, with the same sync delay on both sides.

Ours: 256 calls wait at any time, the desk commits whatever waits. Peer: the very same desk and store, allowed one command a commit. Both pay 3 ms
for every commit on top of what this disk takes. `accept` ends when every call is acknowledged, `accept_decided` when every call was decided
upon too (waiting calls are saved first, decision 0091). The answer is the same when both journals hold the same kinds of facts for every
call, but for the turns, and both chains are sound.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
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


TYPE = "theft"  # recommended, alerted and timed by itself


@dataclass(frozen=True, slots=True)
class Rates:
    """Calls a second until all are acknowledged, and until all are decided; how often each kind of fact came per call, None where something is wrong."""

    accepted: float
    decided: float
    kinds: Counter[str] | None


def run(context: object) -> list[dict[str, Any]]:
    """Two rows: calls a second of both sides, medians of alternated runs."""
    _rates(256, 64)
    ours, peers = [], []
    for _ in range(ROUNDS):
        ours.append(_rates(512, OURS_CALLS))
        peers.append(_rates(1, PEER_CALLS))
    same = all(each.kinds is not None and each.kinds == peers[0].kinds for each in ours + peers)
    facts = sum((peers[0].kinds or Counter()).values())
    return [
        _row("accept", "acknowledged", [(o.accepted, p.accepted) for o, p in zip(ours, peers, strict=True)], facts, same),
        _row("accept_decided", "decided upon; no figure is asked of this row", [(o.decided, p.decided) for o, p in zip(ours, peers, strict=True)], facts, same),
    ]  # fmt: skip


def _row(name: str, until: str, pairs: list[tuple[float, float]], facts: int, same: bool) -> dict[str, Any]:
    rate, peer_rate = (median(each) for each in zip(*pairs, strict=True))
    return {
        "name": name,
        "work": f"calls/s in-process until {until}, {WAITING} waiting, 3 ms sync delay injected on both sides, SQLite, {facts} facts a call",
        "ours": round(rate, 1),
        "peer": round(peer_rate, 1),
        "peer_name": "calls/s of the same desk with one commit a call",
        "ratio": round(rate / peer_rate, 2),
        "same_answer": same,
    }


def _rates(most_in_group: int, calls: int) -> Rates:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), before_commit=lambda: time.sleep(SYNC_S))
        desk = Desk(store, most_in_group=most_in_group).start()
        try:
            began = time.perf_counter()
            _load(desk, calls)
            accepted_s = time.perf_counter() - began
            while desk.metrics()["deferred_calls"]:
                time.sleep(0.002)
            decided_s = time.perf_counter() - began
            with store.reading() as connection:
                kinds = Counter(fact.kind for fact in store.journal.read(connection, "live"))
                sound = all(each.sound for each in verify(connection)) and kinds["CallReceived"] == calls
        finally:
            desk.stop()
            store.close()
    del kinds["CallTakenUp"]
    per_call = Counter({kind: round(count / calls) for kind, count in kinds.items()})
    return Rates(calls / accepted_s, calls / decided_s, per_call if sound else None)


def _load(desk: Desk, calls: int) -> None:
    """Keep `WAITING` calls waiting until all are acknowledged."""
    room, lost = threading.Semaphore(WAITING), []

    def accepted(future: Any) -> None:
        if not future.result().done:
            lost.append(future.result())
        room.release()

    for number in range(calls):
        room.acquire()
        arguments = {
            "channel": "phone",
            "type_code": TYPE,
            "text": "x",
            "caller_phone": f"{number}",
            "seat": "1",
        }
        desk.submit("receive_call", arguments, SEAT, f"call-{number}").add_done_callback(accepted)
    for _ in range(WAITING):
        room.acquire()
    assert not lost, lost[:3]
