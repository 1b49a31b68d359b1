"""Start-up to the first accepted call, on a record of 1,000,000 facts with 2,000 incidents open.

Ours: a fresh process (interpreter and imports included) opens the record, rebuilds its state from registers and the facts of open subjects,
or from a snapshot, and accepts a call. Peer: the naive way, folding the whole journal from its first fact before the same call. The answer
is the same when all know the same open calls, incidents and timers. The record is made once and kept in `build/bench/startup`; its facts
are written by the store itself.
"""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from firstminute.model.envelope import Body, Fact
from firstminute.model.facts.call import CallAttached, CallClosed, CallReceived
from firstminute.model.facts.desk import TimerCancelled, TimerSet
from firstminute.model.facts.incident import IncidentClosed, IncidentOpened, RingOpened
from firstminute.model.facts.response import (
    AlertAccepted,
    AlertDelivered,
    AlertSent,
    Arrived,
    Assigned,
    Candidate,
    Cleared,
    ClockMet,
    ClockStarted,
    EnRoute,
    UnitsChosen,
    UnitsRecommended,
)  # fmt: skip
from firstminute.store.store import Store

NAME = "startup"
FACTS, OPEN, GROUP = 1_000_000, 2_000, 5_000
FOLDER = Path(__file__).resolve().parents[1] / "build" / "bench" / "startup"
START_S, CALL_EVERY_S, DUE_S = 1_760_000_000.0, 20.0, 30 * 86_400.0


def run(context: object) -> list[dict[str, Any]]:
    """Two rows, seconds: with and without a snapshot."""
    if not (FOLDER / "made").exists():
        _make()
    _start("save")  # leaves a snapshot of this very release, and the file in the page cache
    naive = _start("naive")
    rows = []
    for name, way in (("startup_rebuilt", "rebuild"), ("startup_snapshot", "snapshot")):
        runs = [_start(way) for _ in range(3)]
        seconds = median(each["seconds"] for each in runs)
        rows.append(
            {
                "name": name,
                "work": f"process start to first accepted call, {naive['facts']} facts, {OPEN} incidents open, s (at most 5)",
                "ours": round(seconds, 2),
                "peer": round(naive["seconds"], 2),
                "peer_name": "the same process folding the whole journal, s",
                "ratio": round(naive["seconds"] / seconds, 2),
                "same_answer": all(each["state"] == naive["state"] for each in runs),
            }
        )
    return rows


def _start(way: str) -> dict[str, Any]:
    """Run a fresh process and hear what it found."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.startup_once", str(FOLDER), way],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(said.stdout or "{}")
    return found


def _make() -> None:
    """Write the record: incidents that ran their course, then those that are open now."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    gc.disable()
    store = Store(FOLDER)
    store.begin()
    closed = (FACTS - OPEN * len(list(_incident(0, closed=False)))) // len(list(_incident(0, closed=True)))
    run: list[Fact] = []
    for number in range(closed + OPEN):
        at_s = START_S + number * CALL_EVERY_S
        for step, body in enumerate(_incident(number, closed=number < closed)):
            run.append(
                Fact(
                    seq=store.heads["live"].seq + len(run) + 1, at_s=at_s + step * 0.5, occurred_s=at_s + step * 0.5, time_source="system", body=body,
                    actor="seat-1", command_id=f"command-{number}-{step}", origin="officer", world="live",
                )
            )  # fmt: skip
        if len(run) >= GROUP:
            store.append({"live": run})
            run = []
    store.append({"live": run})
    store.close()
    gc.enable()
    (FOLDER / "made").touch()


def _incident(number: int, *, closed: bool) -> Iterator[Body]:
    """The facts of one incident with two crews, as the desk makes them."""
    call, incident, due_s = (
        f"{number:032x}",
        f"{number + (1 << 100):032x}",
        START_S + number * CALL_EVERY_S + DUE_S,
    )
    yield CallReceived(
        call_id=call, channel="phone", text="打架", caller_phone=f"139{number:08}", cell=(113.264, 23.129)
    )
    yield IncidentOpened(
        incident_id=incident, call_id=call, type_code="theft", priority=3, grade="normal", plan_id="default", zone="other", district="d1",
        station_id="s1", venue_id=None, started_s=due_s - DUE_S, cell=(113.264, 23.129),
    )  # fmt: skip
    yield CallAttached(call_id=call, incident_id=incident, reasons=("new",))
    yield RingOpened(
        incident_id=incident, ring="reinforcement", mode="automatic", owner="police", target_s=300.0
    )
    for clock in ("reinforcement", "zone"):
        yield ClockStarted(
            incident_id=incident,
            clock=clock,
            owner="police",
            target_s=300.0,
            start_event="call_answered",
            started_s=due_s - DUE_S,
            binds="call",
        )
        yield TimerSet(timer_subject=incident, timer=f"clock:{clock}", round=1, due_s=due_s)
    crews = [f"{number * 2 + n:032x}" for n in range(2)]
    listed = tuple(
        Candidate(
            responder_id=crew,
            responder_kind="unit",
            ring="reinforcement",
            mode="car",
            travel_s=120.0,
            chance=0.9,
            fix_s=1.0,
            edge=7,
            share=0.5,
        )
        for crew in crews
    )
    yield UnitsRecommended(
        incident_id=incident, candidates=listed, shortfalls=(), policy="default", digest="0" * 32
    )
    yield UnitsChosen(incident_id=incident, responder_ids=tuple(crews), by="policy")
    for crew in crews:
        alert, task = f"a{crew[1:]}", f"b{crew[1:]}"
        about: dict[str, Any] = {"incident_id": incident, "responder_id": crew}
        yield AlertSent(
            alert_id=alert,
            responder_kind="unit",
            team_id=None,
            ring="reinforcement",
            round=1,
            task="respond",
            expires_s=due_s,
            **about,
        )
        yield AlertDelivered(alert_id=alert, incident_id=incident, channel="page")
        yield AlertAccepted(alert_id=alert, **about)
        yield Assigned(
            assignment_id=task,
            responder_kind="unit",
            team_id=None,
            ring="reinforcement",
            how="accepted",
            mode="car",
            alert_id=alert,
            **about,
        )
        yield EnRoute(assignment_id=task, evidence="fix", **about)
        if closed:
            yield Arrived(
                assignment_id=task, responder_kind="unit", ring="reinforcement", evidence="fix", **about
            )
            yield Cleared(assignment_id=task, evidence="touch", **about)
    if closed:
        yield ClockMet(
            incident_id=incident,
            clock="zone",
            since_call_s=200.0,
            since_alert_s=180.0,
            evidence="fix",
            responder_id=crews[0],
        )
        yield TimerCancelled(timer_subject=incident)
        yield IncidentClosed(incident_id=incident, outcome="resolved", type_code="theft", call_ids=(call,))
        yield CallClosed(call_id=call, outcome="with_incident")
