"""Ten times the busiest hour of a large city on the running service, while everything else goes on: positions, a purge, snapshots.

Idea: a large city has 20,000 calls a day (0.23 a second in the mean); its busiest hour has about twice the mean, and ten times that are 4.6 calls a second.
They come in an open loop with exponential gaps, and a call's time counts from when it was due, not from when a client was free to send it. Beside them 3,000
crews say each second where they are, a million old answers are purged by the service's own housekeeping, and it folds a snapshot every minute.
Limits: the clients share the machine's cores with the service.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import numpy as np
from sqlalchemy import func, select

from firstminute.model.facts.call import CallReceived
from firstminute.store.bulk import insert_rows
from firstminute.store.schema import commands
from firstminute.store.store import Store
from tests.support.crowd import Crowd
from tests.support.service import Running, running

CALLS_A_DAY, PEAK, TIMES = 20_000.0, 2.0, 10.0
CALLS_PER_S = CALLS_A_DAY / 86_400.0 * PEAK * TIMES
KINDS = ("theft", "quarrel", "dispute", "disturbance")
SETTINGS = {"FIRSTMINUTE_SNAPSHOT_MINUTES": "1"}
AT_ONCE, WITHIN_S = 64, 30.0
OLD = "old-"
Figures = dict[str, float]


@dataclass
class Heard:
    """What callers were told: seconds from when a call was due until its 201, ids of those calls, answers that were none."""

    took_s: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def rush(
    folder: Path, seconds: float, *, rows: int, crews: int, per_s: float = CALLS_PER_S, seed: int = 135
) -> Figures:
    """Call `per_s` times a second for so long: what calls took, and what was done meanwhile.

    Parameters
    ----------
    rows : how many old answers are there to be purged
    crews : how many say each second where they are
    """
    keep_old_answers(folder / "data", rows)
    with running(folder, venues=120, env=SETTINGS) as service, ThreadPoolExecutor(2) as beside:
        crowd = enrolled(service, crews)
        driving = beside.submit(crowd.keep_driving, seconds)
        snapshots = beside.submit(snapshots_of, service, seconds)
        heard = asyncio.run(call_on(service, seconds, per_s, Random(seed)))
        driving.result()
    assert not heard.wrong, heard.wrong[:3]
    received, left = left_behind(folder / "data")
    took = np.array(heard.took_s)
    return {
        "calls": len(took), "lost": len(set(heard.ids) - received), "purged": rows - left, "left": left, "snapshots": snapshots.result(),
        "p50_ms": _ms(took, 50), "p95_ms": _ms(took, 95), "p99_ms": _ms(took, 99), "max_ms": _ms(took, 100),
    }  # fmt: skip


def keep_old_answers(data: Path, rows: int) -> None:
    """A record with `rows` answers to commands that are long over."""
    store = Store(data)
    store.begin()
    for start in range(0, rows, 20_000):
        old = [("city", f"{OLD}{n}", b"d", "live", 0, "done", None, b"{}", 1.0) for n in range(start, min(start + 20_000, rows))]  # fmt: skip
        with store.database.write() as connection:
            insert_rows(connection, commands, old)
    store.close()


def left_behind(data: Path) -> tuple[set[str], int]:
    """Which calls the record holds, and how many old answers are left."""
    store = Store(data)
    try:
        with store.reading() as connection:
            facts = store.journal.read(connection, "live", kinds=("CallReceived",))
            received = {fact.body.call_id for fact in facts if isinstance(fact.body, CallReceived)}
            count = select(func.count()).select_from(commands).where(commands.c.command_id.startswith(OLD))
            return received, int(connection.execute(count).scalar_one())
    finally:
        store.close()


def enrolled(service: Running, count: int) -> Crowd:
    """Crews in the register and on duty, about the middle of the city."""
    venues: Any = service.city.registers["venues"]
    units: Any = service.city.registers["units"]
    middle = float(np.mean([each.lon for each in venues])), float(np.mean([each.lat for each in venues]))
    crowd = Crowd(service.address, service.tokens, count=count, middle=middle)
    crowd.enrol(units[0].station_id, units[0].district)
    return crowd


async def call_on(service: Running, seconds: float, per_s: float, rng: Random) -> Heard:
    """Calls with a type and a place near a venue, each at its time, whatever those before take."""
    heard, venues = Heard(), service.city.registers["venues"]
    headers = {"authorization": f"Bearer {service.tokens['dispatcher']}"}
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(
        base_url=service.address, headers=headers, timeout=WITHIN_S, limits=limits
    ) as client:
        under_way: set[asyncio.Task[None]] = set()
        began = due = time.monotonic()
        while (due := due + rng.expovariate(per_s)) < began + seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(_one(client, _call(venues, rng), due, heard))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
    return heard


async def _one(client: httpx.AsyncClient, body: dict[str, Any], due: float, heard: Heard) -> None:
    answer = await client.post("/calls", json=body)
    heard.took_s.append(time.monotonic() - due)
    if answer.status_code == 201:
        heard.ids.append(answer.json()["call_id"])
    else:
        heard.wrong.append(f"{answer.status_code} {answer.text[:200]}")


def _call(venues: Sequence[Any], rng: Random) -> dict[str, Any]:
    venue = rng.choice(venues)
    place = {"lon": venue.lon + rng.gauss(0.0, 2e-3), "lat": venue.lat + rng.gauss(0.0, 2e-3)}
    return {"text": f"call {rng.random()}", "type_code": rng.choice(KINDS), "place": place}


def snapshots_of(service: Running, seconds: float) -> int:
    """How many snapshots `/health` tells of in so long a time."""
    seen, until = set[int](), time.monotonic() + seconds
    with service.client("admin") as client:
        while time.monotonic() < until:
            said = client.get("/health", timeout=WITHIN_S).json()
            seen.add((said["snapshot"]["seq"] or {}).get("live", 0))
            time.sleep(min(2.0, seconds / 4))
    return len(seen - {0})


def _ms(values: Any, percent: float) -> float:
    return round(float(np.percentile(values, percent)) * 1000, 1) if len(values) else 0.0
