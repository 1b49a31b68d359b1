"""The feed under attack: who does not read is let go, who shouts is not heard, and everybody else gets every change."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.support.service import Running, wait_until

MOST_ROWS = 400
WITHIN_S = 30.0


def _line(service: Running) -> socket.socket:
    """A connection that can take almost nothing in."""
    parts = urlsplit(service.address)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(10)
    line.connect((parts.hostname or "", parts.port or 0))
    return line


def _never_reads(service: Running, way: str) -> socket.socket:
    """A listener that asked for the feed and reads nothing of it."""
    line = _line(service)
    path, more = "/feed/events", ""
    if way == "websocket":
        key = base64.b64encode(os.urandom(16)).decode()
        path, more = (
            "/feed",
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n",
        )
    line.sendall(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.tokens['dispatcher']}\r\n{more}\r\n".encode()
    )
    assert line.recv(40).split(b" ")[1] in (b"200", b"101")
    return line


def _socket(service: Running, **more: Any) -> ClientConnection:
    return connect(service.address.replace("http", "ws") + "/feed", max_size=None, open_timeout=10, **more)


def _health(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/health").json()["feed"]
    return found


@pytest.mark.parametrize("way", ["websocket", "events"])
def test_a_listener_that_never_reads_is_dropped_and_others_get_every_call(service: Running, way: str) -> None:
    with service.client("dispatcher") as client, _socket(service) as reader:
        reader.send(json.dumps({"token": service.tokens["dispatcher"]}))
        rows: dict[str, Any] = json.loads(reader.recv(timeout=10))["set"]
        before = _health(client)
        assert before["clients"] >= 1
        deaf = _never_reads(service, way)
        stop = threading.Event()
        hearing = threading.Thread(target=_hear, args=(reader, rows, stop))
        hearing.start()
        try:
            assert wait_until(lambda: _health(client)["clients"] == before["clients"] + 1)
            for number in range(MOST_ROWS):  # what the kernel takes in between must be full first
                assert _shout(service, number) == 200
                if _health(client)["dropped"] > before["dropped"]:
                    break
            assert wait_until(lambda: _health(client)["clients"] == before["clients"], WITHIN_S), _health(
                client
            )
            assert _health(client)["dropped"] == before["dropped"] + 1
            call = client.post("/calls", json={"text": "x", "type_code": "network_threat"}).json()
            assert wait_until(lambda: f"incident/{call['incident_id']}" in rows, WITHIN_S)
            fresh = client.get("/feed/snapshot").json()["set"]
            assert wait_until(lambda: rows["station/loud"] == fresh["station/loud"], WITHIN_S)
        finally:
            stop.set()
            hearing.join()
            deaf.close()


def _shout(service: Running, number: int) -> int:
    """Something that everybody at the desk is told, 80 kB of it."""
    row = {
        "station_id": "loud",
        "name": f"{number} " + "x" * 80_000,
        "kind": "post",
        "lon": 113.0,
        "lat": 23.0,
        "district": "d",
    }
    with service.client("admin") as admin:
        answer = admin.put("/registers/stations", json=[row])
    return answer.status_code


def _hear(reader: ClientConnection, rows: dict[str, Any], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            said = json.loads(reader.recv(timeout=0.5))
        except TimeoutError:
            continue
        rows.update(said.get("set", {}))
        for key in said.get("del", ()):
            rows.pop(key, None)


@pytest.mark.parametrize(
    "first", ["", "*", ">", "null", "[]", '{"token": 7}', '{"token": "x"}', '{"token": "' + "a" * 300 + '"}', '{"subscribe": "*"}', b"\x00\xff"]
)  # fmt: skip
def test_a_first_message_that_is_no_token_closes_the_line(service: Running, first: str | bytes) -> None:
    with pytest.raises(WebSocketException), _socket(service) as line:
        line.send(first)
        line.recv(timeout=10)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://"])
def test_a_page_of_another_origin_is_refused_also_with_a_good_token(service: Running, origin: str) -> None:
    with pytest.raises(WebSocketException):
        _socket(
            service,
            origin=origin,
            additional_headers={"authorization": f"Bearer {service.tokens['dispatcher']}"},
        )


def test_our_own_page_is_let_in(service: Running) -> None:
    with _socket(service, origin=service.address) as line:
        line.send(json.dumps({"token": service.tokens["dispatcher"]}))
        assert json.loads(line.recv(timeout=10))["snapshot"] is True


def test_whatever_a_listener_says_afterwards_is_ignored(service: Running) -> None:
    with _socket(service) as line, service.client("dispatcher") as client:
        line.send(json.dumps({"token": service.tokens["dispatcher"]}))
        assert json.loads(line.recv(timeout=10))["snapshot"] is True
        for said in ("*", '{"token": "x"}', "{" * 1000, "x" * 100_000):
            line.send(said)
        call = client.post("/calls", json={"text": "x", "type_code": "network_threat"}).json()
        found: set[str] = set()
        while f"incident/{call['incident_id']}" not in found:
            found |= set(json.loads(line.recv(timeout=10)).get("set", {}))


def test_a_frame_of_many_megabytes_closes_the_line_of_its_sender_alone(service: Running) -> None:
    with service.client("dispatcher") as client:
        with pytest.raises(WebSocketException), _socket(service) as line:
            line.send(json.dumps({"token": service.tokens["dispatcher"]}))
            line.recv(timeout=10)
            line.send("x" * 20_000_000)
            while True:
                line.recv(timeout=10)
        assert client.get("/health").status_code == 200


def test_a_hundred_that_come_and_go_leave_nobody_behind(service: Running) -> None:
    with service.client("dispatcher") as client:
        before = _health(client)["clients"]
        for number in range(100):
            line = _never_reads(service, ("websocket", "events")[number % 2])
            line.close()
        assert wait_until(lambda: _health(client)["clients"] == before, WITHIN_S), _health(client)
