"""The door for calls over real connections: whole, in pieces, in a row, and closed; refusals look the same as everywhere."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.service import Running, running

JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("door")) as started:
        yield started


def _connect(service: Running) -> socket.socket:
    parts = urlsplit(service.address)
    assert parts.hostname and parts.port
    connection = socket.create_connection((parts.hostname, parts.port), timeout=8)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _call(service: Running, text: str, *more: str, version: str = "1.1", length: int | None = None) -> bytes:
    body = json.dumps({"text": text}).encode()
    lines = (
        f"POST /calls HTTP/{version}", "Host: door", f"Authorization: Bearer {service.tokens['dispatcher']}", JSON,
        f"Content-Length: {len(body) if length is None else length}", *more,
    )  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _health(service: Running) -> bytes:
    return f"GET /health HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {service.tokens['admin']}\r\n\r\n".encode()


def _answer(reader: Any) -> tuple[int, dict[str, str], Any]:
    """One answer off a connection: status, headers, JSON."""
    status = int(reader.readline().split()[1])
    headers = {}
    while line := reader.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value
    content = reader.read(int(headers.get("content-length", 0)))
    return status, headers, json.loads(content) if content else None


def _text_of(service: Running, call_id: str) -> str:
    with service.client("dispatcher") as client:
        return client.get(f"/calls/{call_id}").text


def test_calls_in_a_row_on_one_connection_are_answered_in_their_order(service: Running) -> None:
    health = _health(service)
    with _connect(service) as connection, connection.makefile("rb") as reader:
        connection.sendall(
            _call(service, "first") + health + _call(service, "second") + _call(service, "third")
        )
        first, asked, second, third = (_answer(reader) for _ in range(4))
    assert [first[0], asked[0], second[0], third[0]] == [201, 200, 201, 201]
    for (_, _, reply), text in ((first, "first"), (second, "second"), (third, "third")):
        assert text in _text_of(service, reply["call_id"])


def test_a_call_that_comes_in_pieces_is_taken_whole(service: Running) -> None:
    data = _call(service, "in pieces, 分成几段")
    with _connect(service) as connection, connection.makefile("rb") as reader:
        for start in range(0, len(data), 40):
            connection.sendall(data[start : start + 40])
        status, _, reply = _answer(reader)
    assert status == 201 and "in pieces" in _text_of(service, reply["call_id"])


def test_a_chunked_call_that_asks_first_is_told_to_go_on(service: Running) -> None:
    head = (
        f"POST /calls HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {service.tokens['dispatcher']}\r\n{JSON}\r\n"
        "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    )
    body = b'{"text": "chunked"}'
    with _connect(service) as connection, connection.makefile("rb") as reader:
        connection.sendall(head.encode())
        assert reader.readline().startswith(b"HTTP/1.1 100") and reader.readline() == b"\r\n"
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        status, _, reply = _answer(reader)
    assert status == 201 and "chunked" in _text_of(service, reply["call_id"])


@pytest.mark.parametrize(("version", "more"), [("1.1", ("Connection: close",)), ("1.0", ())])
def test_a_connection_is_closed_where_its_caller_wants_it(
    service: Running, version: str, more: tuple[str, ...]
) -> None:
    with _connect(service) as connection, connection.makefile("rb") as reader:
        connection.sendall(_call(service, "goodbye", *more, version=version))
        status, headers, _ = _answer(reader)
        assert (status, headers["connection"]) == (201, "close")
        assert reader.read() == b""


def test_refusals_at_the_door_look_like_those_of_any_route(service: Running) -> None:
    bare = "POST {} HTTP/1.1\r\nHost: door\r\nAccept-Language: zh-CN\r\nContent-Length: 2\r\n\r\n{{}}"
    with _connect(service) as connection, connection.makefile("rb") as reader:
        connection.sendall(bare.format("/calls").encode() + bare.format("/incidents/x/close").encode())
        here, there = _answer(reader), _answer(reader)
    assert here[0] == there[0] == 401 and here[2]["code"] == there[2]["code"] == "unauthenticated"
    assert set(here[1]) == set(there[1]) and here[2]["title"] == there[2]["title"]


def test_an_accepted_call_carries_the_headers_of_every_answer(service: Running) -> None:
    with _connect(service) as connection, connection.makefile("rb") as reader:
        connection.sendall(_call(service, "headers") + _health(service))
        taken, asked = _answer(reader), _answer(reader)
    assert set(asked[1]) <= set(taken[1]) and taken[1]["cache-control"] == "no-store"


def test_a_sender_who_hangs_up_halfway_has_his_words_kept(service: Running) -> None:
    with service.client("admin") as client:
        before = int(client.get("/health").json()["seq"]["live"])
        with _connect(service) as connection:
            connection.sendall(_call(service, "cut off", length=500))
        for _ in range(400):
            if int(client.get("/health").json()["seq"]["live"]) > before:
                break
        assert int(client.get("/health").json()["seq"]["live"]) > before
