"""Through the whole service: what is addressed to somebody arrives on that reader's feed, in words; what stands and what is due can be read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.service import Running

WITHIN_S = 20.0


@contextmanager
def joined(service: Running, role: str) -> Iterator[ClientConnection]:
    """A reader that has its snapshot."""
    with connect(service.address.replace("http", "ws") + "/feed", max_size=50_000_000) as socket:
        socket.send(json.dumps({"token": service.tokens[role]}))
        json.loads(socket.recv(WITHIN_S))
        yield socket


def told(socket: ClientConnection, reason: str) -> dict[str, Any] | None:
    """The next message of a kind, None where none comes in time."""
    until_s = time.monotonic() + WITHIN_S
    while time.monotonic() < until_s:
        try:
            said = json.loads(socket.recv(max(0.1, until_s - time.monotonic())))
        except TimeoutError:
            return None
        found = next((m for m in said.get("messages", ()) if m["reason"] == reason), None)
        if found is not None:
            return dict(found)
    return None


def test_a_promise_that_is_due_is_said_at_the_desk_and_to_no_resident(service: Running) -> None:
    """Queued by a timer, written at delivery, handed over once, and its fate is a fact."""
    with (
        joined(service, "dispatcher") as desk,
        joined(service, "resident") as stranger,
        service.client() as client,
    ):
        call = client.post("/calls", json={"type_code": "noise", "text": "太吵"}).json()["call_id"]
        assert (
            client.post(f"/calls/{call}/promise", json={"what": "请物业回电", "within_s": 1.0}).status_code
            == 200
        )
        said = told(desk, "promise_due")
        assert said is not None and "请物业回电" in said["text"] and said["language"] == "zh-CN"
        assert said["code"] == "promise_due" and not said["exercise"]
        try:
            heard = json.loads(stranger.recv(1.0))
        except TimeoutError:
            heard = {}
        assert "messages" not in heard


def test_reasons_rosters_tasks_and_sheets_can_be_read(service: Running) -> None:
    """Every list that a page needs for its menus and boards."""
    with service.client() as client, service.client("commander") as commander:
        reasons = client.get("/reasons").json()
        assert "dispatcher" in reasons["stand_down"] and "drill_slow" in reasons["task"]
        district = (
            next(iter(client.get("/feed/snapshot").json()["set"]["desk/now"]["grades"]), None) or "jiangbei"
        )
        board = client.get("/muster/roster", params={"district": district}).json()
        assert board["people_wanted"] > 0 and board["grade"] in ("normal", "heightened", "emergency")
        assert client.get("/muster/roster", params={"district": "nowhere"}).status_code == 404
        assert (
            client.get("/muster/spot/nothing").status_code
            == client.get("/muster/drills/nothing").status_code
            == 404
        )
        made = client.post(
            "/tasks", json={"what": "repair", "owner": "S01", "within_s": 900.0, "note": "2 号门"}
        ).json()
        rows = client.get("/tasks", params={"owner": "S01"}).json()["tasks"]
        assert [row["note"] for row in rows if row["task_id"] == made["task_id"]] == ["2 号门"]
        offered = client.post(
            "/desk/hand-over",
            json={"seat": "7", "from_person": "p1", "to_person": "p2", "faults": ["printer"]},
        )
        assert offered.status_code == 201
        sheet = client.get("/desk/sheet", params={"seat": "7"}).json()
        assert sheet["offered"]["to_person"] == "p2"
        assert client.post("/desk/hand-over/sign", json={"seat": "7", "person": "p1"}).status_code == 409
        assert client.post("/desk/hand-over/sign", json={"seat": "7", "person": "p2"}).status_code == 200
        drawn = commander.post("/muster/spot", json={"count": 1, "within_s": 60.0})
        if drawn.status_code == 201:
            seen = client.get(f"/muster/spot/{drawn.json()['spot_id']}").json()
            assert seen["asked"] == 1 and not seen["ended"]


def test_a_closed_incident_has_no_routes_and_an_unknown_one_is_refused(service: Running) -> None:
    with service.client() as client:
        venue: Any = service.city.registers["venues"][0]
        place = {"lon": venue.lon, "lat": venue.lat}
        opened = client.post("/calls", json={"type_code": "noise", "place": place}).json()["incident_id"]
        assert client.get(f"/incidents/{opened}/routes").json()["features"]
        assert client.post(f"/incidents/{opened}/close", json={"outcome": "advice"}).status_code == 200
        until_s = time.monotonic() + WITHIN_S
        while found := client.get(f"/incidents/{opened}/routes").json()["features"]:
            assert time.monotonic() < until_s, found
        assert client.get("/incidents/nobody/routes").json()["code"] == "unknown_incident"
