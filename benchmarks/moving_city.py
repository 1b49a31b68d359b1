"""The demo city with many thousand more units that move once a second: a real service and a real feed, and a generator where their devices would be.

Idea: what is measured is the page and the feed's socket, so the units are put into the hub as rows and moved there, exactly as `app.positions` does it;
everything before that (registers, decoding, tracks) has benches of its own. Limits: units drive straight on with slow turns, not along streets.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firstminute.api.hub import Hub
from firstminute.app.cli.demo import live
from firstminute.app.demo_city import write_ground
from firstminute.app.serve import serve
from firstminute.app.settings import Settings
from firstminute.simulate.city.make import make_city

if TYPE_CHECKING:
    from firstminute.app.services import Service

SEED = 135
KINDS = ("foot", "motorcycle", "car", "ptu")
SPEED_M_S, EVERY_S = 9.0, 1.0
METRES_PER_DEGREE = 111_320.0
TURN_DEG = 15.0


class Movers:
    """So many units within a box.

    Parameters
    ----------
    bbox : west, south, east, north, degrees
    """

    def __init__(self, count: int, bbox: tuple[float, float, float, float]) -> None:
        self._rng = np.random.default_rng(count)
        self._low, self._high = np.array(bbox[:2]), np.array(bbox[2:])
        self.ids = [f"mover-{number}" for number in range(count)]
        self._at = self._low + self._rng.random((count, 2)) * (self._high - self._low)
        self._heading = self._rng.random(count) * 360.0

    def rows(self, station_id: str, district: str) -> dict[str, dict[str, Any]]:
        """Their rows of the feed: three in four free, one in four at work."""
        return {
            f"unit/{unit_id}": {
                "id": unit_id, "call_sign": f"{10_000 + number}", "kind": KINDS[number % 4], "mode": "car", "status": "available" if number % 4 else "busy",
                "on_duty": True, "lon": float(self._at[number, 0]), "lat": float(self._at[number, 1]), "fix_s": None, "station_id": station_id,
                "district": district, "incident_id": None, "stack": [], "crew": 2,
            }
            for number, unit_id in enumerate(self.ids)
        }  # fmt: skip

    def drive(self, for_s: float) -> dict[str, tuple[float, float, float]]:
        """A step on, turned back at the border; where each is now."""
        self._heading += self._rng.uniform(-TURN_DEG, TURN_DEG, len(self._heading))
        turn = np.radians(self._heading)
        squeeze = np.cos(np.radians(self._at[:, 1]))
        step = SPEED_M_S * for_s / METRES_PER_DEGREE
        self._at += step * np.stack([np.sin(turn) / squeeze, np.cos(turn)], 1)
        out = ((self._at < self._low) | (self._at > self._high)).any(1)
        self._heading[out] += 180.0
        self._at = np.clip(self._at, self._low, self._high)
        now_s = time.time()
        places = np.round(self._at, 6).tolist()
        return {unit_id: (lon, lat, now_s) for unit_id, (lon, lat) in zip(self.ids, places, strict=True)}


async def _drive(hub: Hub, bbox: tuple[float, float, float, float], count: int) -> None:
    while not any(key.startswith("station/") for key in hub.rows):
        await asyncio.sleep(0.2)
    station = next(row for key, row in hub.rows.items() if key.startswith("station/"))
    movers = Movers(count, bbox)
    hub.publish(hub.seq, dict(movers.rows(station["id"], station["district"])))
    while True:
        begun_s = time.monotonic()
        hub.move(movers.drive(EVERY_S))
        await asyncio.sleep(max(0.05, EVERY_S - (time.monotonic() - begun_s)))


def main(folder: Path, count: int, port: int) -> None:
    """Serve until interrupted; `folder` gets city and record."""
    city = make_city(SEED)
    write_ground(city, folder / "city")
    record = folder / "record"
    settings = Settings(
        data_dir=record, database_url=None, city_dir=folder / "city", port=port, message_folder=record / "messages"
    )  # fmt: skip
    options = {
        "host": "127.0.0.1",
        "seed": SEED,
        "calls_per_day": 0.01,
        "first_calls": 0,
        "quiet_town": True,
    }

    async def started(service: Service, listens: int) -> None:
        assert service.city is not None
        driving = _drive(service.hub, service.city.ground.bbox, count)
        await asyncio.gather(live(service, listens, city, "en", options), *([driving] if count else []))

    serve(settings, started)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
