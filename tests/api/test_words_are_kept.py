"""Whatever becomes of a request, the words of a call are kept: cut off, too large, never ending, or read and not understood by us."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.service import Running, wait_until

WORDS = "隔壁有人打架"


def _line(service: Running) -> socket.socket:
    parts = urlsplit(service.address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)


def _head(service: Running, length: str, key: str = "") -> bytes:
    named = f"Idempotency-Key: {key}\r\n" if key else ""
    return (
        f"POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.tokens['dispatcher']}\r\n"
        f"Content-Type: application/json\r\n{named}{length}\r\n\r\n"
    ).encode()


def _unreadable(service: Running) -> dict[str, dict[str, Any]]:
    """Raw bytes kept → the fact's open part, of every call that nobody could read."""
    with service.client("dispatcher") as client:
        rows = client.get("/feed/snapshot").json()["set"]
        found: dict[str, dict[str, Any]] = {}
        for row in rows.values():
            if row.get("unreadable"):
                for fact in client.get(f"/calls/{row['id']}").json()["facts"]:
                    if fact["kind"] == "UnreadableCallReceived":
                        raw = base64.b64decode(fact["sealed"]["raw"]).decode("utf-8", "replace")
                        found[raw] = fact["body"]
    return found


def test_the_first_64_kb_of_a_body_that_is_too_large_are_kept_and_413_says_so(service: Running) -> None:
    mark = f"too large {time.monotonic()}"
    body = json.dumps({"text": f"{WORDS} {mark}"}, ensure_ascii=False).encode() + b" " * 1_000_001
    with service.client("dispatcher") as client:
        answer = client.post("/calls", content=body, headers={"content-type": "application/json"})
    assert (
        answer.status_code == 413
        and answer.json()["code"] == "too_large"
        and answer.json()["params"]["most"] == 1_000_000
    )
    kept = [(raw, body) for raw, body in _unreadable(service).items() if mark in raw]
    assert len(kept) == 1 and WORDS in kept[0][0]
    assert kept[0][1]["length"] == 64_000 and kept[0][1]["problem"] == "too_large"


def test_what_a_caller_said_before_the_line_broke_is_kept(service: Running) -> None:
    mark = f"cut off {time.monotonic()}"
    with _line(service) as line:
        line.sendall(_head(service, "Content-Length: 5000") + f'{{"text": "{WORDS} {mark}'.encode())
        time.sleep(0.2)
    assert wait_until(lambda: any(mark in raw for raw in _unreadable(service)))
    (found,) = [(raw, body) for raw, body in _unreadable(service).items() if mark in raw]
    assert WORDS in found[0] and found[1]["problem"] == "cut_off"


def test_a_line_that_breaks_before_a_word_leaves_no_call(service: Running) -> None:
    before = len(_unreadable(service))
    with _line(service) as line:
        line.sendall(_head(service, "Content-Length: 5000"))
        time.sleep(0.2)
    time.sleep(0.5)
    assert len(_unreadable(service)) == before


def test_a_call_that_never_ended_may_be_sent_whole_under_the_same_key(service: Running) -> None:
    key = f"never-{time.monotonic()}"
    with _line(service) as line:
        line.sendall(_head(service, "Transfer-Encoding: chunked", key) + b'8\r\n{"text":\r\n')
        assert b" 202 " in line.recv(65536)
    with service.client("dispatcher") as client:
        again = client.post("/calls", json={"text": WORDS}, headers={"idempotency-key": key})
        assert again.status_code == 201, again.text
        facts = client.get(f"/calls/{again.json()['call_id']}").json()["facts"]
        assert facts[0]["sealed"]["text"] == WORDS


@pytest.mark.parametrize(
    "place",
    [
        {"points": []},
        {"points": [[113.3, 91.0]]},
        {"points": [[0.0, 0.0]]},
        {"points": [[113.3, 23.1]], "radius_m": -1},
        {"points": [[113.3, 23.1]], "floor": 10**40},
        {"points": [[113.3, 23.1]] * 6_000, "kind": "area"},
    ],
)
def test_an_amendment_with_a_place_that_cannot_be_is_invalid_and_changes_nothing(
    service: Running, place: dict[str, Any]
) -> None:
    with service.client("dispatcher") as client:
        call_id = client.post("/calls", json={"text": WORDS}).json()["call_id"]
        before = client.get(f"/calls/{call_id}").json()
        answer = client.patch(f"/calls/{call_id}", json={"text": "more", "place": place})
        assert answer.status_code == 422 and answer.json()["code"] == "invalid", answer.text
        assert client.get(f"/calls/{call_id}").json() == before


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_invalid_in_every_depth(service: Running, number: str) -> None:
    bodies = {
        "/muster/rolls/batch": f'{{"rolls": [{{"team_id": "t", "shift": "s", "on_duty": 1, "until_s": {number}}}]}}',
        "/tasks": f'{{"what": "x", "owner": "o", "within_s": {number}}}',
    }
    with service.client("dispatcher", **{"content-type": "application/json"}) as client:
        call_id = client.post("/calls", json={"text": WORDS}).json()["call_id"]
        spoilt = f'{{"place": {{"points": [[113.3, 23.1]], "radius_m": {number}}}}}'
        assert client.patch(f"/calls/{call_id}", content=spoilt).status_code == 422
        for path, body in bodies.items():
            assert client.post(path, content=body).status_code == 422, path


@pytest.mark.parametrize("harmful", ["\\ud800", "\\u0000", "\\u202e"])
def test_a_character_that_no_screen_can_hold_is_replaced_and_the_feed_goes_on(
    service: Running, harmful: str
) -> None:
    with service.client("dispatcher", **{"content-type": "application/json"}) as client:
        place = {"lon": 113.31, "lat": 23.12}
        said = client.post("/calls", json={"text": WORDS, "type_code": "fight", "place": place}).json()
        spot = f'{{"points": [[113.31, 23.12]], "address": "x{harmful}"}}'
        texts = {
            f"/calls/{said['call_id']}": f'{{"text": "{WORDS} 2 {harmful}"}}',
            f"/incidents/{said['incident_id']}/amend": f'{{"summary": "{WORDS} 3 {harmful}", "place": {spot}}}',
        }
        for path, body in texts.items():
            answer: httpx.Response = client.request(
                "PATCH" if "calls" in path else "POST", path, content=body
            )
            assert answer.status_code == 200, answer.text
        row = client.get(f"/incidents/{said['incident_id']}")
        assert (
            row.status_code == 200
            and WORDS in row.text
            and "\ufffd" in json.dumps(row.json(), ensure_ascii=False)
        )
        assert client.get("/feed/snapshot").status_code == 200
        assert client.get(f"/calls/{said['call_id']}").status_code == 200
