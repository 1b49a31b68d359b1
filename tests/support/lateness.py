"""How late timers fire while many call, and how soon after a restart; how long calls wait while rows are purged.

Idea: a real desk on a real file with the real clock. Lateness is measured where the world first hears of a firing: after its commit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from firstminute.app.desk import Desk
from firstminute.app.housekeeping import Housekeeping
from firstminute.app.settings import Settings
from firstminute.model.facts.desk import TimerFired, TimerSet
from firstminute.store.bulk import insert_rows
from firstminute.store.schema import commands
from firstminute.store.store import Store
from tests.support.desk import DISPATCHER, call
from tests.support.record import facts_of

PROBE = "probe"
Figures = dict[str, float]


def set_timers(folder: Path, count: int, first_s: float, spread_s: float) -> None:
    """A record with `count` timers pending, due evenly from `first_s` on."""
    store = Store(folder)
    store.begin()
    for start in range(0, count, 500):
        some = [
            TimerSet(timer_subject=f"s{n}", timer=PROBE, round=1, due_s=first_s + spread_s * n / count)
            for n in range(start, min(start + 500, count))
        ]
        store.append({"live": facts_of(some, after=start)})
    store.close()


@contextmanager
def calling(desk: Desk, *, per_s: float) -> Iterator[list[float]]:
    """Calls at a steady rate, whatever the answers take; how long each took, seconds."""
    took: list[float] = []
    stop = threading.Event()

    def run() -> None:
        number, began = 0, time.monotonic()
        while not stop.is_set():
            number += 1
            due = began + number / per_s
            stop.wait(max(0.0, due - time.monotonic()))
            desk.submit("receive_call", call(number), DISPATCHER, f"load-{number}").add_done_callback(
                lambda future, due=due: took.append(time.monotonic() - due)  # type: ignore[misc]  # counted from when it should have been sent
            )

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield took
    finally:
        stop.set()
        thread.join()


def lateness(folder: Path, count: int, *, spread_s: float, per_s: float) -> Figures:
    """Fire `count` timers under load: p50, p99 and most, seconds late; how many were early, and how many fired."""
    set_timers(folder, count, time.time() + 3.0, spread_s)
    late: list[float] = []
    with _desk(folder) as desk:

        def hear(run: Any) -> None:
            now_s = desk.now_s()
            late.extend(now_s - f.body.due_s for f in run.facts if isinstance(f.body, TimerFired) and f.body.timer == PROBE)  # fmt: skip

        desk.listen(hear)
        with calling(desk, per_s=per_s) as took:
            _wait(lambda: len(late) >= count, spread_s + 120.0)
    found = np.array(late)
    return {
        "timers": count, "fired": len(late), "early": int((found < 0).sum()), "late_p50_ms": _ms(found, 50), "late_p99_ms": _ms(found, 99),
        "late_max_ms": _ms(found, 100), "calls": len(took),
    }  # fmt: skip


def restart(folder: Path, count: int, *, overdue: int) -> Figures:
    """Start on a record with `count` timers of which `overdue` fell due while it was down: seconds until the last of those has fired."""
    set_timers(folder, overdue, time.time() - 60.0, 30.0)
    store = Store(folder)
    store.begin()
    rest = [TimerSet(timer_subject=f"r{n}", timer=PROBE, round=1, due_s=time.time() + 3600.0) for n in range(count - overdue)]  # fmt: skip
    store.append({"live": facts_of(rest, after=overdue)})
    store.close()
    fired = [0]
    began = time.monotonic()
    with _desk(folder, lambda run: fired.__setitem__(0, fired[0] + sum(isinstance(f.body, TimerFired) for f in run.facts))):  # fmt: skip
        _wait(lambda: fired[0] >= overdue, 120.0)
        took_s = time.monotonic() - began
    return {"timers": count, "overdue": overdue, "fired": fired[0], "restart_ms": round(took_s * 1000, 1)}


def purge(folder: Path, rows: int, *, per_s: float, calm_s: float = 5.0) -> Figures:
    """Purge `rows` old answers beside a desk under load: what calls took before and meanwhile, and the longest that one bite held the writer."""
    with _desk(folder) as desk:
        for start in range(0, rows, 20_000):
            old = [("city", f"old-{n}", b"d", "live", 0, "done", None, b"{}", 1.0) for n in range(start, min(start + 20_000, rows))]  # fmt: skip
            with desk.store.database.write() as connection:
                insert_rows(connection, commands, old)
        keeper = Housekeeping(desk.store, desk, Settings(data_dir=folder))
        bites: list[float] = []
        real = keeper.bite

        def bite() -> tuple[int, int, int]:
            began = time.monotonic()
            gone = real()
            bites.append(time.monotonic() - began)
            return gone

        keeper.bite = bite  # type: ignore[method-assign]
        with calling(desk, per_s=per_s) as took:
            time.sleep(calm_s)
            calm = list(took)
            gone = 0
            while gone < rows:
                gone += keeper.prune()
            during = took[len(calm) :]
    return {
        "rows": gone, "bites": len(bites), "bite_max_ms": _ms(np.array(bites), 100), "calls": len(during),
        "calm_p99_ms": _ms(np.array(calm), 99), "purge_p99_ms": _ms(np.array(during), 99), "purge_max_ms": _ms(np.array(during), 100),
    }  # fmt: skip


@contextmanager
def _desk(folder: Path, hear: Callable[[Any], None] | None = None) -> Iterator[Desk]:
    store = Store(folder)
    desk = Desk(store)
    if hear is not None:
        desk.listen(hear)
    try:
        yield desk.start()
    finally:
        desk.stop()
        store.close()


def _wait(done: Callable[[], bool], within_s: float) -> None:
    until = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < until, "timers are lost"
        time.sleep(0.005)


def _ms(values: Any, percent: float) -> float:
    return round(float(np.percentile(values, percent)) * 1000, 1) if len(values) else 0.0
