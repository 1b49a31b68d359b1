"""The long forms, one line a part: how much there is of it, how much is done at once, what one such piece does, and what must hold of all of them together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import TARGETS
from tests.support import border, forgetting, histories, lateness
from tests.support.exploring import ROLES, explore
from tests.support.killing import judge, kill_often, put_record
from tests.support.returning import come_back
from tests.support.rush import rush
from tests.support.service import running

ROOT = Path(__file__).resolve().parents[2]
Figures = dict[str, float]
READERS = sorted(TARGETS)
ROUNDS, CASES, CASES_LEAST = 2, 4, 5_000
"""Each role is explored in so many rounds of so many cases for an operation and phase, which come to so many requests at least."""
MINUTES = 10
"""Each reader is fuzzed for so long."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the table.

    Attributes
    ----------
    whole : how many of `what` there are at `SOAK=200`
    at_once : how many one piece holds; a piece that was done is not done again
    play : (folder, first, count) → figures, which are added up; those that end as in `table.HIGHEST` keep their highest
    holds : of the figures of the whole part; what it says is what is wrong
    """

    name: str
    what: str
    whole: int
    at_once: int
    play: Callable[[Path, int, int], Figures]
    holds: Callable[[Figures], str | None]


def kills(folder: Path, first: int, count: int) -> Figures:
    """SIGKILL of the service under load."""
    load, starts = kill_often(folder, ROOT, kills=count, seed=first)
    return {"kills": count, **judge(folder, load), "start_max_s": round(max(starts[1:]), 2), "lost": 0}


def kills_on_a_server(folder: Path, first: int, count: int) -> Figures:
    """The same with the record in PostgreSQL."""
    put_record(folder, "postgresql")
    return kills(folder, first, count)


def courses(folder: Path, first: int, count: int) -> Figures:
    """Random courses of the queues between two zones: every message is done once and in order."""
    for number in range(first, first + count):
        border.course(folder / str(number), 1_000 + number)
    return {"courses": count}


def power(folder: Path, first: int, count: int, *, durable: bool = True) -> Figures:
    """Power cuts under the store."""
    number, before, gone = forgetting.play(folder, [first], count, durable=durable)
    return {"cuts": number, "acknowledged": before, "lost": gone}


def unsynced(folder: Path, first: int, count: int) -> Figures:
    """The negative control."""
    return power(folder, first, count, durable=False)


def operations(folder: Path, first: int, count: int) -> Figures:
    """Every operation of the disk fails once, and for a while."""
    refused = lost = 0
    for number in range(first + 1, first + count + 1):
        for lasting in (1, 12):
            no, gone = forgetting.fail_at(folder / f"{number}-{lasting}", number, lasting=lasting)
            refused, lost = refused + no, lost + gone
    return {"operations": count, "refused": refused, "lost": lost}


def timers(folder: Path, first: int, count: int) -> Figures:
    """Timers under load, and after a restart."""
    found = lateness.lateness(folder / "load", 5000, spread_s=30.0, per_s=20.0)
    again = lateness.restart(folder / "restart", 5000, overdue=500)
    return {**found, "restart_ms": again["restart_ms"]}


def housekeeping(folder: Path, first: int, count: int) -> Figures:
    """A million rows purged under load."""
    return lateness.purge(folder, 1_000_000, per_s=20.0)


def simulated(size: float) -> Callable[[Path, int, int], Figures]:
    """Seeds of the simulation, in a process of their own."""

    def play(folder: Path, first: int, count: int) -> Figures:
        words = ["-m", "tests.simulation", "--seed", str(first), "--count", str(count), "--size", str(size)]
        played = subprocess.run(
            [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        rows: list[dict[str, Any]] = [json.loads(line) for line in played.stdout.splitlines()]
        assert len(rows) == count, f"{' '.join(words)}: {played.stderr[-800:]}"
        broken = [each["broken"] for each in rows if "broken" in each]
        assert not broken, "\n".join(broken[:3])
        figures = ("facts", "calls", "accepted", "again", "stops", "fired", "deferred", "transfers")
        return {"seeds": count, **{name: sum(each.get(name, 0) for each in rows) for name in figures}}

    return play


def explored(folder: Path, first: int, count: int) -> Figures:
    """Rounds of schemathesis, the roles in turn: no server error, nothing undescribed, no answer of another shape."""
    cases: Figures = {}
    for number in range(first, first + count):
        role = ROLES[number % len(ROLES)]
        with running(folder / str(number)) as service:
            found = explore(service, role, folder, cases=CASES, seed=number, within_s=3_600.0)
        assert found.passed, found.said
        assert found.cases >= CASES_LEAST, f"{role}: only {found.cases} cases"
        cases[role] = cases.get(role, 0) + found.cases
    return cases


def fuzzed(folder: Path, first: int, count: int) -> Figures:
    """Minutes of fuzzing, the readers in turn; what one reaches is kept and the next goes on from there."""
    kept = ROOT / "build" / "fuzz"
    total: Figures = {}
    for number in range(first, first + count):
        name = READERS[number % len(READERS)]
        found = fuzz(name, 60, artifacts=kept / "broken", keep=kept / name, seed=number)
        assert "broken" not in found, found["broken"]
        total[name] = total.get(name, 0) + int(str(found["runs"]))
        total["peak_mb"] = max(total.get("peak_mb", 0), int(str(found["peak_mb"])))
    return total


def rushed(folder: Path, first: int, count: int) -> Figures:
    """Ten minutes of ten times the busiest hour, while everything else goes on."""
    return rush(folder, 600.0, rows=1_000_000, crews=3_000)


def returned(folder: Path, first: int, count: int) -> Figures:
    """Terminals that come back at the same moment, while somebody calls."""
    return come_back(folder, 10_000)


def followed(folder: Path, first: int, count: int) -> Figures:
    """Random histories of one running service: what listeners put together at its socket is what a fresh snapshot says."""
    total: Figures = {"histories": 0, "acts": 0, "refused": 0}
    with running(folder) as service:
        for seed in range(first, first + count):
            found = histories.play(service, seed)
            assert not found["apart"], f"seed {seed}: {json.dumps(found['apart'], default=str)[:800]}"
            total["histories"] += 1
            total["acts"] += found["done"]
            total["refused"] += sum(found["refused"].values())
    return total


def nothing_lost(found: Figures) -> str | None:
    """No acknowledged fact or call is gone."""
    return None if found["lost"] == 0 else f"{found['lost']:g} lost"


def something_lost(found: Figures) -> str | None:
    """A control that never loses anything means that the test does not bite."""
    return None if found["lost"] > 0 else "the control lost nothing"


def in_time(found: Figures) -> str | None:
    """The figures for timers."""
    if found["fired"] != found["timers"] or found["early"]:
        return f"{found['fired']:g} of {found['timers']:g} fired, {found['early']:g} early"
    if found["late_p99_ms"] > 250.0 or found["restart_ms"] > 2000.0:
        return f"p99 {found['late_p99_ms']} ms, restart {found['restart_ms']} ms"
    return None


def untouched(found: Figures) -> str | None:
    """Calls are as fast as before, within a fifth or what a clock can tell here."""
    bound = max(1.2 * found["calm_p99_ms"], found["calm_p99_ms"] + 20.0)
    return (
        None if found["purge_p99_ms"] <= bound else f"p99 {found['calm_p99_ms']} → {found['purge_p99_ms']} ms"
    )


def fast(found: Figures) -> str | None:
    """The figures for intake, and that everything else was really done meanwhile."""
    if found["lost"] or found["left"] or found["snapshots"] < 5:
        return f"{found['lost']:g} lost, {found['left']:g} not purged, {found['snapshots']:g} snapshots"
    if found["p95_ms"] > 500.0 or found["max_ms"] > 2000.0:
        return f"p95 {found['p95_ms']} ms, most {found['max_ms']} ms"
    return None


def heard(found: Figures) -> str | None:
    """Every terminal was told that it is kept, and the call was not behind all of them."""
    if found["kept"] != found["terminals"]:
        return f"{found['kept']:g} of {found['terminals']:g} kept"
    return None if found["call_ms"] <= 2000.0 else f"a call took {found['call_ms']} ms"


def unbroken(found: Figures) -> str | None:
    """A broken promise ends its piece already."""
    return None


PARTS: tuple[Part, ...] = (
    Part("kill", "kills of the service", 1000, 20, kills, nothing_lost),
    Part("kill-server", "kills of the service on PostgreSQL", 1000, 20, kills_on_a_server, nothing_lost),
    Part("border", "courses of the two queues", 400, 40, courses, unbroken),
    Part("power", "power cuts", 200, 10, power, nothing_lost),
    Part("power-control", "power cuts, commits not synced", 40, 10, unsynced, something_lost),
    Part("disk", "failing operations", 500, 25, operations, nothing_lost),
    Part("timers", "runs of 5,000 timers", 1, 1, timers, in_time),
    Part("purge", "purges of a million rows", 1, 1, housekeeping, untouched),
    Part("intake", "ten minutes at ten times the peak", 1, 1, rushed, fast),
    Part("terminals", "returns of 10,000 terminals", 1, 1, returned, heard),
    Part("histories", "random histories of the live feed", 1000, 50, followed, unbroken),
    Part("exploring", "rounds of schemathesis", ROUNDS * len(ROLES), 1, explored, unbroken),
    Part("fuzz", "minutes of fuzzing", MINUTES * len(READERS), 1, fuzzed, unbroken),
    Part("seeds-large", "large seeds", 1000, 100, simulated(1.0), unbroken),
    Part("seeds-small", "small seeds", 9000, 100, simulated(0.06), unbroken),
)
"""The table, in the order in which it is played."""
