"""Bad input at the real edge: a clear error or a safe store within two seconds, no 5xx, and the words of a call are never lost.

The numbers are those of the project's list of bad inputs.
"""

from __future__ import annotations

import gzip
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.service import Running, wait_until

WORDS = "隔壁有人打架 help"
HANG_S = 10.0
"""A hang limit, not a timing: tests share a busy machine."""


def post(
    service: Running, content: bytes, content_type: str = "application/json", **headers: str
) -> httpx.Response:
    began = time.monotonic()
    with service.client("dispatcher", **{"content-type": content_type, **headers}) as client:
        answer = client.post("/calls", content=content)
    assert time.monotonic() - began < HANG_S
    assert answer.status_code < 500, answer.text
    return answer


def call_text(service: Running, call_id: str) -> str:
    """All that the journal holds of a call's words."""
    with service.client("dispatcher") as client:
        facts = client.get(f"/calls/{call_id}").raise_for_status().json()["facts"]
    return json.dumps(facts, ensure_ascii=False)


def raw_exchange(service: Running, data: bytes, wait_s: float = 4.0) -> bytes:
    """Send bytes as they are; what comes back until the other side closes or the time is over."""
    parts = urlsplit(service.address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=wait_s) as line:
        line.sendall(data)
        found = b""
        try:
            while chunk := line.recv(65536):
                found += chunk
                if b"\r\n\r\n" in found and b"}" in found:
                    break
        except TimeoutError:
            pass
        return found


def test_1_an_empty_body_is_refused_with_a_sentence(service: Running) -> None:
    answer = post(service, b"")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "empty_call" and answer.json()["title"] != "refused.empty_call"


def test_2_a_body_of_201_mb_gets_413_and_its_beginning_is_kept(service: Running) -> None:
    head = json.dumps({"text": WORDS}, ensure_ascii=False).encode()[:-1]
    parts = urlsplit(service.address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as line:
        request = f"POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.tokens['dispatcher']}\r\nContent-Length: {201 * 2**20}\r\n\r\n"
        line.sendall(request.encode() + head)
        answer = b""
        try:
            for _ in range(201):
                line.sendall(b" " * 2**20)
        except OSError:
            pass
        try:
            answer = line.recv(65536)
        except OSError:
            pass
    assert b" 413 " in answer or answer == b""
    with service.client("dispatcher") as client:
        kept = [row for row in client.get("/feed/snapshot").json()["set"].values() if row.get("unreadable")]
    assert kept


def test_3_a_body_that_never_ends_is_cut_and_kept(service: Running) -> None:
    request = (
        f"POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.tokens['dispatcher']}\r\nContent-Type: application/json\r\n"
        'Transfer-Encoding: chunked\r\n\r\n8\r\n{"text":\r\n'
    )
    answer = raw_exchange(service, request.encode())
    assert b" 202 " in answer and b"never_ended" in answer


def test_4_length_and_transfer_encoding_together_are_refused_or_read_once(service: Running) -> None:
    body = json.dumps({"text": WORDS}, ensure_ascii=False).encode()
    request = (
        (
            f"POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.tokens['dispatcher']}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
            f"Content-Type: application/json\r\nConnection: close\r\n\r\n{len(body):x}\r\n"
        ).encode()
        + body
        + b"\r\n0\r\n\r\n"
    )
    answer = raw_exchange(service, request)
    assert answer.split(b" ")[1][:1] in (b"2", b"4")


def test_5_a_gzip_bomb_is_stored_not_opened(service: Running) -> None:
    answer = post(service, gzip.compress(b"0" * 50_000_000)[:900_000], **{"content-encoding": "gzip"})
    assert answer.status_code == 202 and answer.json()["problems"] == ["compressed"]


def test_6_deep_nesting_is_an_unreadable_call(service: Running) -> None:
    answer = post(service, b"[" * 100_000 + b"]" * 100_000)
    assert answer.status_code == 202 and answer.json()["problems"] == ["too_deep"]


def test_7_repeated_keys_keep_both_values(service: Running) -> None:
    answer = post(service, b'{"text": "first words", "text": "second words"}')
    assert answer.status_code == 201 and answer.json()["problems"] == ["text:repeated"]
    text = call_text(service, answer.json()["call_id"])
    assert "first words" in text and "second words" in text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" + "0" * 400])
def test_8_numbers_that_are_none_do_not_lose_the_call(service: Running, number: str) -> None:
    answer = post(service, f'{{"text": "{WORDS}", "lon": {number}, "lat": 23.1}}'.encode())
    assert answer.status_code == 201 and "place:out_of_range" in answer.json()["problems"]
    assert WORDS in call_text(service, answer.json()["call_id"])


@pytest.mark.parametrize("harmful", ["\\ud800", "\\u0000", "\\u202e", "\\u200b", "e" + "\\u0301" * 10_000])
def test_9_10_harmful_characters_do_not_lose_the_words(service: Running, harmful: str) -> None:
    answer = post(service, f'{{"text": "{WORDS} {harmful}"}}'.encode())
    assert answer.status_code == 201
    assert WORDS in call_text(service, answer.json()["call_id"])


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8-sig"])
def test_11_other_encodings_are_read(service: Running, encoding: str) -> None:
    answer = post(service, '{"text": "市場打人"}'.encode(encoding))
    assert answer.status_code == 201


def test_11_rare_ideographs_survive(service: Running) -> None:
    answer = post(service, json.dumps({"text": "𠮷 𰻝"}, ensure_ascii=False).encode())
    assert "𠮷 𰻝" in call_text(service, answer.json()["call_id"])


@pytest.mark.parametrize("phone", ["１３８００００１１１１", "tel:+86-10-0000", "1" * 200])
def test_12_telephone_numbers_never_lose_a_call(service: Running, phone: str) -> None:
    answer = post(service, json.dumps({"text": WORDS, "caller_phone": phone}).encode())
    assert answer.status_code == 201


def test_13_the_same_key_with_another_body_is_a_conflict(service: Running) -> None:
    first = post(service, json.dumps({"text": WORDS}).encode(), **{"idempotency-key": "bad-13"})
    again = post(service, json.dumps({"text": WORDS}).encode(), **{"idempotency-key": "bad-13"})
    other = post(service, json.dumps({"text": "other"}).encode(), **{"idempotency-key": "bad-13"})
    assert first.json()["call_id"] == again.json()["call_id"]
    assert other.status_code == 409 and other.json()["code"] == "idempotency_conflict"


@pytest.mark.parametrize("key", ["k" * 256])
def test_13_unusable_keys_are_named(service: Running, key: str) -> None:
    answer = post(service, json.dumps({"text": WORDS}).encode(), **{"idempotency-key": key})
    assert answer.status_code == 422


def test_13_fifty_parallel_uses_of_a_key_make_one_call(service: Running) -> None:
    body = json.dumps({"text": WORDS, "place": {"lon": 113.3, "lat": 23.1}}).encode()
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: post(service, body, **{"idempotency-key": "bad-13-parallel"}), range(50))
        )
    assert {answer.json().get("call_id") for answer in answers if answer.status_code == 201} == {
        answers[0].json()["call_id"]
    }


def test_14_five_hundred_calls_about_one_fire_are_all_kept_and_merged(service: Running) -> None:
    lon, lat = service.city.registers["venues"][0].lon, service.city.registers["venues"][0].lat  # type: ignore[union-attr]

    def call(number: int) -> httpx.Response:
        place = {"lon": lon + number % 7 * 1e-5, "lat": lat, "radius_m": 30}
        return post(
            service,
            json.dumps(
                {
                    "text": f"fire {number}",
                    "type_code": "fire",
                    "caller_phone": f"139{number:08d}",
                    "place": place,
                }
            ).encode(),
        )

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(call, range(500)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["call_id"] for answer in answers}) == 500
    assert len({answer.json().get("incident_id") for answer in answers} - {None}) <= 3
    with service.client("admin") as admin:  # what comes after finds the rush over
        assert wait_until(lambda: "deferred_calls 0\n" in admin.get("/metrics").text, 60.0)


@pytest.mark.parametrize(
    "place",
    [
        {"lon": 113, "lat": 91},
        {"lon": 181, "lat": 23},
        {"lon": 0, "lat": 0},
        {"lon": 23.1, "lat": 113.3},
        {"lon": "x", "lat": []},
    ],
)
def test_15_places_off_the_earth_are_named(service: Running, place: dict[str, Any]) -> None:
    answer = post(service, json.dumps({"text": WORDS, "place": place}).encode())
    assert answer.status_code == 201 and answer.json()["problems"]
    assert WORDS in call_text(service, answer.json()["call_id"])


@pytest.mark.parametrize(
    "points",
    [
        [[113, 23], [113.1, 23.1], [113.1, 23], [113, 23.1]],
        [[179.9, 23], [-179.9, 23], [-179.9, 23.1]],
        [[113, 23], [113.1, 23]],
        [[113, 23]] * 20_000,
    ],
)
def test_16_polygons_of_every_kind_do_not_lose_the_call(service: Running, points: list[list[float]]) -> None:
    answer = post(service, json.dumps({"text": WORDS, "place": {"kind": "area", "points": points}}).encode())
    assert answer.status_code == 201
    assert WORDS in call_text(service, answer.json()["call_id"])


@pytest.mark.parametrize(
    "when",
    [
        "1970-01-01T00:00:00Z",
        "2038-01-19T03:14:08Z",
        "9999-12-31T23:59:59Z",
        "2026-01-01T10:00:00",
        "2026-12-31T23:59:60Z",
        5,
    ],
)
def test_17_18_impossible_times_are_named_and_the_call_is_kept(service: Running, when: object) -> None:
    answer = post(service, json.dumps({"text": WORDS, "occurred_at": when}).encode())
    assert answer.status_code == 201 and answer.json()["problems"]


def test_18_acts_out_of_order_are_refused_with_a_reason(service: Running) -> None:
    incident_id = post(
        service,
        json.dumps({"text": WORDS, "type_code": "fight", "place": {"lon": 112.9, "lat": 22.9}}).encode(),
    ).json()["incident_id"]
    with service.client("dispatcher") as client:
        assert client.post("/alerts/none/accept", json={}).status_code in (404, 409)
        assert client.post("/assignments/none/arrived", json={"evidence": "touch"}).status_code in (
            404,
            409,
            422,
        )
        closed = client.post(f"/incidents/{incident_id}/close", json={"outcome": "false_alarm"})
        assert closed.status_code == 200, closed.text
        again = client.post(f"/incidents/{incident_id}/close", json={"outcome": "false_alarm"})
        assert again.status_code in (404, 409) and again.json()["code"]
        assert client.post(f"/incidents/{incident_id}/cancel-request", json={"by": "caller"}).status_code in (
            200,
            404,
            409,
        )
        assert client.post(f"/incidents/{incident_id}/reopen", json={"reason": "not_over"}).status_code == 200


def test_34_positions_that_cannot_be_are_counted_as_refused(service: Running) -> None:
    unit = service.city.registers["units"][0].unit_id  # type: ignore[union-attr]
    now = time.time()
    fixes = [
        {"unit_id": unit, "lon": 113.3, "lat": 23.1, "fix_s": now},
        {"unit_id": unit, "lon": 113.3, "lat": 230.0, "fix_s": now},
        {"unit_id": unit, "lon": 113.3, "lat": 23.1, "fix_s": now + 8 * 3600},
        {"unit_id": "/etc/passwd", "lon": 113.3, "lat": 23.1},
        {"unit_id": unit, "lon": "x", "lat": None},
        7,
    ]
    with service.client("device") as client:
        answer = client.post("/positions", json=fixes)
        assert answer.status_code == 202 and answer.json() == {"kept": 1, "refused": 5}
        assert client.post("/positions", json=[fixes[0]] * 1001).status_code == 422
        assert client.post("/positions", content=b"[" * 5000).status_code == 422


def test_38_words_that_come_with_a_bad_photo_in_one_form_are_a_call(service: Running) -> None:
    head = '--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + WORDS
    photo = '\r\n--x\r\nContent-Disposition: form-data; name="photo"; filename="../CON"\r\n\r\n'
    answer = post(
        service,
        head.encode() + photo.encode() + bytes(range(256)) * 900 + b"\r\n--x--",
        "multipart/form-data; boundary=x",
    )
    assert answer.status_code == 201 and answer.json()["problems"] == ["attachment:not_with_the_call"]
    assert WORDS in call_text(service, answer.json()["call_id"])


def test_8_a_form_of_too_many_fields_is_kept_unread(service: Running) -> None:
    fields = "&".join(f"field{number}={number}" for number in range(200)) + "&text=" + WORDS
    answer = post(service, fields.encode(), "application/x-www-form-urlencoded")
    assert answer.status_code == 202 and answer.json()["problems"] == ["too_many_fields"]


@pytest.mark.parametrize(
    "token", ["x", "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.", "a" * 5000, "../../etc/passwd-and-more"]
)
def test_39_tokens_that_are_not_ours_open_nothing(service: Running, token: str) -> None:
    with httpx.Client(base_url=service.address, headers={"authorization": f"Bearer {token}"}) as client:
        for method, path in (
            ("GET", "/incidents"),
            ("POST", "/calls"),
            ("GET", "/health"),
            ("GET", "/metrics"),
            ("GET", "/feed/snapshot"),
        ):
            answer = client.request(method, path)
            assert answer.status_code == 401 and answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "headers",
    [{"x-http-method-override": "DELETE"}, {"x-forwarded-for": "127.0.0.1"}, {"x-user-id": "admin"}],
)
def test_40_headers_give_nobody_another_role(service: Running, headers: dict[str, str]) -> None:
    with service.client("resident", **headers) as client:
        assert client.get("/incidents").status_code == 403
        assert client.get("/incidents/*").status_code == 403
        assert client.post("/grade", json={"grade": "emergency", "reason": "x"}).status_code == 403


def test_41_fields_nobody_may_set_are_refused(service: Running) -> None:
    call_id = post(service, json.dumps({"text": WORDS}).encode()).json()["call_id"]
    with service.client("dispatcher") as client:
        answer = client.patch(
            f"/calls/{call_id}", json={"role": "admin", "district_id": 2, "closed_at": None}
        )
    assert answer.status_code == 422 and answer.json()["code"] == "invalid"


def test_42_the_feed_knows_its_origin_and_takes_no_token_from_the_url(service: Running) -> None:
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    url = service.address.replace("http", "ws") + "/feed"
    with pytest.raises(WebSocketException):
        connect(url, origin="https://evil.example")  # type: ignore[arg-type]
    with pytest.raises(WebSocketException), connect(f"{url}?token={service.tokens['dispatcher']}") as line:
        line.send("*")
        line.recv(timeout=4)
    with pytest.raises(WebSocketException), connect(url) as line:
        line.send(json.dumps({"token": service.tokens["dispatcher"], "pad": "x" * 2_000_000}))
        line.recv(timeout=4)
    with connect(url, max_size=None) as line:
        line.send(json.dumps({"token": service.tokens["dispatcher"]}))
        first = json.loads(line.recv(timeout=4))
        assert first["snapshot"] is True and first["set"]


def test_a_client_that_never_reads_does_not_slow_others(service: Running) -> None:
    parts = urlsplit(service.address)
    idle = [socket.create_connection((parts.hostname or "", parts.port or 0)) for _ in range(20)]
    try:
        began = time.monotonic()
        assert post(service, json.dumps({"text": WORDS}).encode()).status_code == 201
        assert time.monotonic() - began < HANG_S
    finally:
        for line in idle:
            line.close()


def test_after_all_of_it_the_service_still_accepts(service: Running) -> None:
    answer = post(service, json.dumps({"text": WORDS}).encode())
    assert answer.status_code == 201
    with service.client("dispatcher") as client:
        assert wait_until(lambda: client.get("/health").status_code == 200)
