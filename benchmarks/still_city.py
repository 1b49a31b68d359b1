"""The demo city whose people do nothing by themselves: registers, crews on duty, and crews that move once a second; every other fact is made from outside.

Idea: where a touch is timed, nobody else's touch may come first, so the town of the demo is left out. Everything else is the real service. Limits: positions
are put into the hub as `app.positions` does it, and are small steps around where a crew stands.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.moving_city import EVERY_S, SEED
from firstminute.app.demo_city import write_ground, write_registers
from firstminute.app.ports import RegisterFiles
from firstminute.app.serve import serve
from firstminute.app.settings import Settings
from firstminute.model.envelope import Actor
from firstminute.simulate.city.make import make_city

if TYPE_CHECKING:
    from firstminute.app.services import Service

STEP_DEG = 1e-4
AT_ONCE = 50


def main(folder: Path, port: int) -> None:
    """Serve until interrupted; `folder` gets city and record."""
    city = make_city(SEED)
    write_ground(city, folder / "city")
    record = folder / "record"
    settings = Settings(
        data_dir=record, database_url=None, city_dir=folder / "city", port=port, message_folder=record / "messages"
    )  # fmt: skip

    async def started(service: Service, listens: int) -> None:
        async def submit(name: str, arguments: Mapping[str, Any], role: str = "admin") -> Any:
            future = service.desk.submit(name, arguments, Actor(id="bench", role=role), os.urandom(16).hex())
            return await asyncio.wrap_future(future)

        await write_registers(city, RegisterFiles(service.store).prepare, submit)
        units: list[Any] = list(city.registers["units"])
        for first in range(0, len(units), AT_ONCE):
            some = units[first : first + AT_ONCE]
            await asyncio.gather(
                *(
                    submit("unit_on_duty", {"unit_id": each.unit_id, "shift": "day"}, "dispatcher")
                    for each in some
                )
            )
        print(f"{len(units)} crews at http://127.0.0.1:{listens}. Stop with Ctrl-C.", flush=True)
        await _drive(service, [each.unit_id for each in units])

    serve(settings, started)


async def _drive(service: Service, unit_ids: list[str]) -> None:
    assert service.city is not None
    west, south, east, north = service.city.ground.bbox
    rng = np.random.default_rng(SEED)
    at = np.array([west, south]) + rng.random((len(unit_ids), 2)) * [east - west, north - south]
    while True:
        at += rng.uniform(-STEP_DEG, STEP_DEG, at.shape)
        now_s = time.time()
        service.hub.move(
            {
                unit_id: (lon, lat, now_s)
                for unit_id, (lon, lat) in zip(unit_ids, np.round(at, 6).tolist(), strict=True)
            }
        )
        await asyncio.sleep(EVERY_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[3]))
