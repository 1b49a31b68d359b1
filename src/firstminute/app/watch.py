"""What positions mean: a crew that moves, a crew at the gate.

Idea (DESIGN.md §4): a fix is no fact, but what follows from it is: it goes to the desk as a command like any other, once. Limits: judged by the rows that
the page shows, a few times a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, hypot, radians
from typing import Any

from firstminute.api.hub import Hub
from firstminute.app.desk import Desk
from firstminute.model.envelope import Actor
from firstminute.model.place import METRES_PER_DEGREE
from firstminute.respond.fleet import Fleet

AT_GATE_M = 40.0
MOVING_M = 30.0
WATCHER = Actor(id="position-watch", role="system")


class Watch:
    """Looks at each new fleet; remembers what it has said."""

    def __init__(self, desk: Desk, hub: Hub, new_id: Callable[[], str]) -> None:
        self._desk, self._hub, self._new_id = desk, hub, new_id
        self._started: dict[str, tuple[float, float]] = {}
        self._said: set[tuple[str, str]] = set()

    def look(self, fleet: Fleet) -> None:
        """Say which crews move and which are at the gate now."""
        open_tasks: set[str] = set()
        for key, row in self._hub.now():
            if not key.startswith("incident/") or row.get("lon") is None:
                continue
            for responder in row["responders"]:
                if (
                    responder["kind"] == "unit"
                    and responder["state"] in ("assigned", "en_route")
                    and responder.get("assignment_id")
                ):
                    open_tasks.add(responder["assignment_id"])
                    self._judge(fleet, row, responder)
        self._said = {said for said in self._said if said[0] in open_tasks}
        self._started = {task: place for task, place in self._started.items() if task in open_tasks}

    def _judge(self, fleet: Fleet, incident: Mapping[str, Any], responder: Mapping[str, Any]) -> None:
        at = fleet.row.get(responder["responder_id"])
        if at is None or not fleet.fix_s[at] >= responder.get("assigned_s", 0.0):
            return
        task = responder["assignment_id"]
        lon, lat = float(fleet.lon[at]), float(fleet.lat[at])
        start = self._started.setdefault(task, (lon, lat))
        if metres(lon, lat, incident["lon"], incident["lat"]) <= AT_GATE_M + min(
            60.0, incident.get("radius_m") or 0.0
        ):
            self._say("report_arrived", task)
        elif responder["state"] == "assigned" and metres(lon, lat, *start) >= MOVING_M:
            self._say("report_en_route", task)

    def _say(self, command: str, task: str) -> None:
        if (task, command) not in self._said:
            self._said.add((task, command))
            self._desk.submit(command, {"assignment_id": task, "evidence": "fix"}, WATCHER, self._new_id())


def metres(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Distance of two near points on a plane, metres."""
    return hypot((to_lon - lon) * cos(radians(lat)), to_lat - lat) * METRES_PER_DEGREE
