"""Random histories of a running service, and listeners at its real socket: what they put together is what a fresh snapshot says.

Idea: a history is some acts over HTTP, drawn from a seed; listeners of several roles come in somewhere in the middle and only set and delete rows, as the
page does. Afterwards each asks for a fresh snapshot with its own token. Limits: timers run on by themselves, so the two are compared until they agree, for
`WITHIN_S` at most.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from firstminute.model.encoding import encode
from tests.support.service import Running

ROLES = ("dispatcher", "commander", "patrol", "lead", "member", "admin")
KINDS = ("fight", "theft", "fire", "medical", "quarrel", None)
OPEN_MOST = 25
"""A history closes incidents rather than opening more than so many."""
QUIET_S, WITHIN_S = 0.15, 10.0


@dataclass
class Listener:
    """A reader's rows as the page keeps them."""

    socket: ClientConnection
    client: httpx.Client
    seq: int = 0
    rows: dict[str, Any] = field(default_factory=dict)

    def take(self, within_s: float) -> bool:
        """Take one message; False where none came."""
        try:
            said = json.loads(self.socket.recv(timeout=within_s))
        except TimeoutError:
            return False
        if said.get("snapshot"):
            self.rows.clear()
        self.rows.update(said.get("set", {}))
        for key in said.get("del", ()):
            self.rows.pop(key, None)
        self.seq = max(self.seq, said["seq"])
        return True

    def differs(self) -> dict[str, tuple[Any, Any]]:
        """The rows that a fresh snapshot has otherwise, once all that is on its way has come: key → what we have, what it has.

        A commit of which a reader may see nothing is told to nobody, so its `seq` need never come: what is waited for is that the rows are the same.
        """
        until_s = time.monotonic() + WITHIN_S
        while True:
            fresh = self.client.get("/feed/snapshot").json()
            while self.take(0.0):
                pass
            keys = self.rows.keys() | fresh["set"].keys()
            apart = {
                key: (self.rows.get(key), fresh["set"].get(key))
                for key in keys
                if self.rows.get(key) != fresh["set"].get(key)
            }
            if not apart or time.monotonic() > until_s:
                return apart
            self.take(QUIET_S)


def listen(service: Running, role: str) -> Listener:
    """Join the feed as a role."""
    socket = connect(service.address.replace("http", "ws") + "/feed")
    socket.send(json.dumps({"token": service.tokens[role]}))
    found = Listener(socket, service.client(role))
    assert found.take(5.0)
    return found


class Desk:
    """Somebody who acts at random over HTTP, as dispatcher and as commander."""

    def __init__(self, service: Running, seed: int) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.service = service
        self.dispatcher, self.commander = service.client("dispatcher"), service.client("commander")
        self.admin = service.client("admin")
        self.refused: dict[str, int] = {}
        self.done = 0

    def act(self) -> None:
        """One act; what the service lawfully refuses is counted."""
        acts = [
            self.call,
            self.call,
            self.answer,
            self.answer,
            self.crew,
            self.move,
            self.word,
            self.part,
            self.roll,
            self.rename,
        ]
        self.random.choice([self.close] if len(self._rows("incident")) > OPEN_MOST else [*acts, self.close])()

    def _rows(self, sort: str) -> list[dict[str, Any]]:
        rows = self.commander.get("/feed/snapshot").json()["set"]
        return [row for key, row in sorted(rows.items()) if key.startswith(f"{sort}/")]

    def _post(self, path: str, **body: Any) -> None:
        answer = self.commander.post(path, json=body)
        assert answer.status_code < 500, (path, answer.text)
        if answer.is_success:
            self.done += 1
        else:
            code = f"{path.rsplit('/', 1)[-1]} {answer.json()['code']}"
            self.refused[code] = self.refused.get(code, 0) + 1

    def _responders(self, *states: str) -> list[dict[str, Any]]:
        return [r for row in self._rows("incident") for r in row["responders"] if r["state"] in states]

    def call(self) -> None:
        """Somebody calls, from a venue, from somewhere, from nowhere said."""
        venue: Any = self.random.choice(self.service.city.registers["venues"])
        place = {"lon": venue.lon + self.random.gauss(0, 1e-3), "lat": venue.lat + self.random.gauss(0, 1e-3)}
        body: dict[str, Any] = {"text": f"history {self.seed}", "type_code": self.random.choice(KINDS)}
        self._post(
            "/calls", **body, **self.random.choice([{"place": place}, {"venue_id": venue.venue_id}, {}])
        )

    def answer(self) -> None:
        """Somebody who was asked says something."""
        asked = [r["alert_id"] for r in self._responders("asked", "delivered", "seen") if r["alert_id"]]
        if asked:
            act = self.random.choice(["delivered", "seen", "accept", "decline"])
            self._post(f"/alerts/{self.random.choice(asked)}/{act}")

    def crew(self) -> None:
        """A crew or a team goes on, comes there, is done, or gives it back."""
        bound = [
            r["assignment_id"]
            for r in self._responders("assigned", "en_route", "arrived", "reached")
            if r["assignment_id"]
        ]
        if bound:
            act = self.random.choice(["en-route", "arrived", "person-reached", "cleared"])
            self._post(f"/assignments/{self.random.choice(bound)}/{act}")

    def move(self) -> None:
        """A shift begins or ends."""
        unit: Any = self.random.choice(self.service.city.registers["units"])
        if self.random.random() < 0.7:
            self._post(f"/units/{unit.unit_id}/on-duty", shift="day")
        else:
            self._post(f"/units/{unit.unit_id}/off-duty")

    def word(self) -> None:
        """A note, a higher level, a correction, a claim, a stand-down, another district."""
        rows = self._rows("incident")
        if rows:
            path = f"/incidents/{self.random.choice(rows)['id']}"
            acts: list[tuple[str, dict[str, Any]]] = [
                ("note", {"note": "heard it again"}),
                ("level", {"level": self.random.randint(2, 3), "reason": "more of them"}),
                ("amend", {"type_code": self.random.choice(KINDS[:5])}),
                ("claim", {}),
                ("stand-down", {"reason": "over"}),
                ("transfer", {"to_district": self._district(), "reason": "nearer"}),
                ("command", {"commander_id": "c1"}),
            ]
            name, body = self.random.choice(acts)
            self._post(f"{path}/{name}", **body)

    def _district(self) -> str:
        district: Any = self.random.choice(self.service.city.registers["districts"])
        return str(district.district_id)

    def part(self) -> None:
        """A call is taken out of its incident, or put into another."""
        rows = self._rows("incident")
        calls = [line["call_id"] for row in rows for line in row["calls"]]
        calls += [row["call_id"] for row in self._rows("call")]
        if calls and rows:
            call_id = self.random.choice(calls)
            if self.random.random() < 0.5:
                self._post(f"/calls/{call_id}/detach", reason_code="wrong_merge")
            else:
                self._post(f"/calls/{call_id}/attach", incident_id=self.random.choice(rows)["id"])

    def roll(self) -> None:
        """A team reports its shift, or ends it."""
        team: Any = self.random.choice(self.service.city.registers["teams"])
        self._post(
            "/muster/rolls",
            team_id=team.team_id,
            shift="day",
            on_duty=3,
            reachable=self.random.randint(0, 3),
            method="button",
        )

    def rename(self) -> None:
        """A register changes under everybody's eyes."""
        venue: Any = self.random.choice(self.service.city.registers["venues"])
        row: Any = encode(venue)
        row["name"] = f"{venue.name} {self.random.randint(1, 99)}"
        answer = self.admin.put("/registers/venues", json=[row])
        assert answer.status_code < 500, answer.text

    def close(self) -> None:
        """An incident is over."""
        rows = self._rows("incident")
        if rows:
            self._post(f"/incidents/{self.random.choice(rows)['id']}/close", outcome="resolved")


def play(service: Running, seed: int, *, acts: int = 8) -> dict[str, Any]:
    """One history with three listeners; what each has otherwise than a fresh snapshot, by role, and how many acts were done."""
    desk, draw = Desk(service, seed), random.Random(seed)
    listeners: dict[str, Listener] = {}
    try:
        for number in range(acts):
            if number < 3:
                role = draw.choice([each for each in ROLES if each not in listeners])
                listeners[role] = listen(service, role)
            desk.act()
        apart = {role: found for role, each in listeners.items() if (found := each.differs())}
    finally:
        for each in listeners.values():
            each.socket.close()
            each.client.close()
        for client in (desk.dispatcher, desk.commander, desk.admin):
            client.close()
    return {"apart": apart, "done": desk.done, "refused": desk.refused}
