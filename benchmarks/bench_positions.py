"""Position intake over HTTP: batches of 1,000 decoded, snapped, fenced by 1,000 polygons and durable, while calls come in.

`ours` is fixes a second in one process, the peer the 50,000 that a city of 500,000 vehicles reporting every ten seconds would need; a second row
holds the 99th percentile of call latency meanwhile beside the 25 ms allowed. Medians of five turns. The same answer means: every fix was kept, and
the tracks file holds as many.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.harness import Context, Row
from benchmarks.http_load import Load, post_many
from firstminute.store.track_file import rows_of
from tests.support.service import Running, running

NAME = "positions"
UNITS, FENCES, BATCH, BATCHES, TURNS = 3_000, 1_000, 1_000, 200, 5
NEEDED_S, ALLOWED_MS = 50_000.0, 25.0


def _fill(service: Running) -> list[str]:
    """Three thousand units and a thousand zones; the units' ids."""
    units: Any = service.city.registers["units"]
    zone: Any = service.city.registers["zones"][0]
    rng = np.random.default_rng(5)
    stations: Any = service.city.registers["stations"]
    many = [
        {
            "unit_id": f"{k:032x}",
            "call_sign": f"U{k}",
            "kind": "car",
            "mode": "car",
            "station_id": units[0].station_id,
            "district": units[0].district,
        }
        for k in range(UNITS)
    ]
    zones = []
    for k in range(FENCES):
        station = stations[k % len(stations)]
        lon, lat = station.lon + rng.normal(0, 0.02), station.lat + rng.normal(0, 0.02)
        angle = np.sort(rng.uniform(0, 2 * np.pi, 24))
        radius = rng.uniform(0.0015, 0.008)
        ring = [[float(lon + radius * np.cos(a)), float(lat + radius * np.sin(a))] for a in angle]
        zones.append(
            {
                "zone_id": f"z{k}",
                "name": f"z{k}",
                "zone_class": "other",
                "district": zone.district,
                "ring": ring,
            }
        )
    with service.client("admin") as client:
        for table, rows in (("units", many), ("zones", zones)):
            answer = client.put(
                f"/registers/{table}",
                content=json.dumps(rows),
                headers={"content-type": "application/json"},
                timeout=60,
            )
            assert answer.status_code == 200, answer.text[:300]
    return [str(row["unit_id"]) for row in many]


def _batches(service: Running, ids: list[str], count: int) -> list[bytes]:
    rng = np.random.default_rng(count)
    venues: Any = service.city.registers["venues"]
    centre = np.array([[v.lon, v.lat] for v in venues])
    made = []
    for k in range(count):
        at = centre[rng.integers(len(centre), size=BATCH)] + rng.normal(0, 1e-3, (BATCH, 2))
        now = time.time() - 20 + k * 0.01
        fixes = [
            {
                "unit_id": ids[(k * BATCH + n) % len(ids)],
                "lon": round(float(x), 6),
                "lat": round(float(y), 6),
                "fix_s": now,
                "speed_m_s": 8.0,
                "heading_deg": 90.0,
            }
            for n, (x, y) in enumerate(at)
        ]
        made.append(json.dumps(fixes).encode())
    return made


def run(context: Context) -> list[Row]:
    """Measure turns of positions with calls beside them."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), venues=120) as service:
        ids = _fill(service)
        rates, late, kept = [], [], 0
        for turn in range(TURNS + 1):
            batches = _batches(service, ids, BATCHES)
            calls: list[Load] = []
            beside = threading.Thread(target=lambda: calls.append(_calls(service, turn)))
            beside.start()
            load = post_many(
                service.address,
                "/positions",
                service.tokens["device"],
                writers=2,
                requests=BATCHES,
                body=lambda k: (b"", batches[k]),
            )
            beside.join()
            kept += sum(json.loads(body)["kept"] for body in load.bodies)
            if turn:
                rates.append(load.rate * BATCH)
                late.append(calls[0].quantile(0.99) * 1e3)
        service.stop()
        stored = sum(
            len(rows) for path in (service.data / "tracks").glob("*.track") for _, rows in rows_of(path)
        )
    same = kept == (TURNS + 1) * BATCHES * BATCH == stored
    return [
        Row(name=NAME, work=f"fixes/s over HTTP, batches of {BATCH}, {FENCES} fences, durable", ours=median(rates), peer=NEEDED_S,
            peer_name="needed", ratio=median(rates) / NEEDED_S, same_answer=same),
        Row(name=f"{NAME}_call_p99", work="ms, 99th percentile of calls meanwhile", ours=median(late), peer=ALLOWED_MS, peer_name="allowed",
            ratio=ALLOWED_MS / median(late), same_answer=same),
    ]  # fmt: skip


def _calls(service: Running, turn: int) -> Load:
    """Ten calls a second for as long as a turn takes, more or less."""
    return post_many(
        service.address,
        "/calls",
        service.tokens["dispatcher"],
        writers=1,
        requests=30,
        body=lambda k: (b"", json.dumps({"text": f"{turn}-{k}"}).encode()),
        pause_s=0.1,
    )
