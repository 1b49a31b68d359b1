"""Thousands of crews that drive about: enrolled in the register, put on duty and moved over HTTP, as their devices would do it.

Idea: a page that is smooth with 120 crews may stutter with 3,000, so the crowd comes through the real service. Limits: crews drive straight lines with
slow turns, not along streets; what a screen has to draw is the same.
"""

from __future__ import annotations

import json
import math
import random
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

KINDS = (
    ("foot", "foot"),
    ("motorcycle", "car-lights"),
    ("car", "car-lights"),
    ("ptu", "car-lights"),
)
BATCH = 1_000
TOGETHER = 24
"""So many report at once at the change of shift: the desk commits what comes together as one group."""
SPEED_M_S = 9.0
METRES_PER_DEGREE = 111_320.0


class Crowd:
    """`count` crews on a service.

    Parameters
    ----------
    address, tokens : of the service; admin, commander and device act
    middle, radius_m : where they drive, lon, lat in degrees
    """

    def __init__(
        self,
        address: str,
        tokens: dict[str, str],
        *,
        count: int,
        middle: tuple[float, float],
        radius_m: float = 4_000.0,
    ) -> None:
        self._address, self._tokens = address, tokens
        self._random = random.Random(count)
        self._middle, self._radius = middle, radius_m / METRES_PER_DEGREE
        self._squeeze = math.cos(math.radians(middle[1]))
        self.ids = [f"crowd-{number}" for number in range(count)]
        self._at = [self._somewhere() for _ in self.ids]
        self._heading = [self._random.uniform(0, 360) for _ in self.ids]

    def _somewhere(self) -> list[float]:
        angle, far = self._random.uniform(0, 2 * math.pi), self._radius * math.sqrt(self._random.random())
        return [
            self._middle[0] + far * math.cos(angle) / self._squeeze,
            self._middle[1] + far * math.sin(angle),
        ]

    def enrol(self, station_id: str, district: str) -> None:
        """Into the register in one import, then each on duty."""
        rows = [
            {
                "unit_id": unit_id, "call_sign": f"{9000 + number}", "kind": KINDS[number % 4][0], "mode": KINDS[number % 4][1],
                "station_id": station_id, "district": district,
            }
            for number, unit_id in enumerate(self.ids)
        ]  # fmt: skip
        self._send("PUT", "/registers/units", rows, role="admin")
        with ThreadPoolExecutor(TOGETHER) as hands:
            for _ in hands.map(self._take_up, self.ids):
                pass

    def _take_up(self, unit_id: str) -> None:
        self._send("POST", f"/units/{unit_id}/on-duty", {"shift": "crowd"}, role="commander")

    def drive(self, for_s: float) -> None:
        """Each crew's place, a `for_s` further on, in batches as a gateway sends them."""
        step = SPEED_M_S * for_s / METRES_PER_DEGREE
        fixes = []
        for row, unit_id in enumerate(self.ids):
            self._heading[row] = (self._heading[row] + self._random.uniform(-15, 15)) % 360
            turn = math.radians(self._heading[row])
            self._at[row][0] += step * math.sin(turn) / self._squeeze
            self._at[row][1] += step * math.cos(turn)
            lon, lat = self._at[row]
            if math.hypot((lon - self._middle[0]) * self._squeeze, lat - self._middle[1]) > self._radius:
                self._heading[row] = (self._heading[row] + 180) % 360
            fixes.append(
                {"unit_id": unit_id, "lon": lon, "lat": lat, "heading_deg": round(self._heading[row])}
            )
        for first in range(0, len(fixes), BATCH):
            self._send("POST", "/positions", fixes[first : first + BATCH], role="device")

    def keep_driving(self, seconds: float) -> None:
        """A fix a second and crew, for so long."""
        until = time.monotonic() + seconds
        while (begun := time.monotonic()) < until:
            self.drive(1.0)
            time.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))

    def _send(self, method: str, path: str, body: Any, *, role: str) -> None:
        request = urllib.request.Request(
            f"{self._address}{path}", json.dumps(body).encode(), method=method,
            headers={"authorization": f"Bearer {self._tokens[role]}", "content-type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
