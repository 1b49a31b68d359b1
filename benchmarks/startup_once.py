"""One start-up in a process of its own, for `bench_startup`: prints how long it took from the start of the process, and what it knows."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any


def main(folder: Path, way: str) -> None:
    """`way`: rebuild (no snapshot), snapshot, naive (every fact is folded)."""
    from firstminute.app import desk_state
    from firstminute.app.desk import Desk
    from firstminute.model.envelope import Actor
    from firstminute.store.store import DATABASE, Store

    if way == "naive":
        vars(desk_state)["facts_of_state"] = lambda connection, journal, world, *_: journal.read(
            connection, world
        )
    if way == "save":
        store = Store(folder)
        Desk(store, clock=_still).start().stop()
        store.close()
        return
    work = (
        folder.parent / f"startup-{os.getpid()}"
    )  # every run starts from the same record: its writes stay in a log of its own
    work.mkdir()
    began = time.monotonic()
    for path in folder.iterdir():
        if path.name == DATABASE:
            os.link(path, work / path.name)
        elif way == "snapshot" or not path.name.startswith("snapshot-"):
            shutil.copy(path, work / path.name)
    copying = time.monotonic() - began
    store = Store(work)
    desk = Desk(store, clock=_still).start()
    state = desk.ask(_known).result()
    ack = desk.submit(
        "receive_call",
        {"channel": "phone", "type_code": "network_threat"},
        Actor(id="seat", role="dispatcher"),
        os.urandom(8).hex(),
    ).result()
    seconds = time.time() - _started() - copying
    assert ack.done, ack
    shutil.rmtree(work)
    print(json.dumps({"seconds": seconds, "facts": ack.seq, "state": state}))


def _still(floor_s: float) -> Any:
    """A clock that stands a minute after the last fact: nothing falls due."""
    from firstminute.app.clock import DeskClock

    return DeskClock(floor_s, lambda: floor_s + 60.0, lambda: 0.0)


def _known(state: Any) -> str:
    respond = state.respond
    whole = [
        sorted(respond.calls),
        _said(respond.incidents),
        _said(respond.assignments),
        _said(state.timers.pending),
    ]
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _said(value: Any) -> Any:
    """A value in one fixed order, whatever the order of its sets and dictionaries is in this process."""
    if is_dataclass(value):
        return [_said(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, dict):
        return sorted((repr(key), _said(each)) for key, each in value.items())
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    return [_said(each) for each in value] if isinstance(value, (list, tuple)) else repr(value)


def _started() -> float:
    """When this process was started, seconds since 1970 (Linux)."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - uptime_s + ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
