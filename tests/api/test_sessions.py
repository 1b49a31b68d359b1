"""People sign in to the running service in two steps, and whatever is taken from them is out within a second, on HTTP and on live feeds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from firstminute.store.sessions import PREFIX, Sessions
from firstminute.store.totp import code_at
from tests.support.accounts import PASSWORD
from tests.support.person import Person, book_of, person, signed
from tests.support.service import Running

OUT_WITHIN_S = 1.0
NEXT = iter(range(1000))


@pytest.fixture
def wang(service: Running) -> Person:
    """A dispatcher with an account of his own."""
    return person(service, f"wang {next(NEXT)}", "dispatcher", seat="seat-7")


@contextmanager
def _feed(service: Running, token: str) -> Iterator[ClientConnection]:
    where = service.address.replace("http", "ws") + "/feed"
    with connect(where, max_size=None, additional_headers={"authorization": f"Bearer {token}"}) as feed:
        feed.recv(timeout=10)
        yield feed


def _closed_after_s(feed: ClientConnection, act: Callable[[], object]) -> tuple[float, int]:
    """How long after the act the feed was closed, and with what code."""
    closed: list[tuple[float, int]] = []

    def read() -> None:
        try:
            while True:
                feed.recv()
        except ConnectionClosed as end:
            closed.append((time.monotonic(), end.rcvd.code if end.rcvd else 0))

    reader = threading.Thread(target=read)
    reader.start()
    act()
    acted = time.monotonic()
    reader.join(10.0)
    assert closed, "the feed was never closed"
    return closed[0][0] - acted, closed[0][1]


def test_two_steps_in_and_one_out(service: Running, wang: Person) -> None:
    first = wang.ticket()
    assert first.status_code == 200 and set(first.json()) == {
        "step",
        "ticket",
        "ends_in_s",
        "ways",
        "passkey",
    }
    assert first.json()["ways"] == ["code"] and first.json()["passkey"] is None
    second = {"ticket": first.json()["ticket"], "code": code_at(wang.secret, wang.made + 1)}
    done = httpx.post(f"{service.address}/session", json=second)
    assert done.status_code == 201 and "set-cookie" not in done.headers
    assert done.headers["cache-control"] == "no-store"
    assert done.json()["token"].startswith(PREFIX) and done.json()["account_id"] == wang.account_id
    with signed(service, done.json()["token"]) as client:
        me = client.get("/me").json()
        assert (me["account_id"], me["role"], me["seat"]) == (wang.account_id, "dispatcher", "seat-7")
        assert me["session"]["session_id"] == done.json()["session_id"]
        assert client.get("/incidents").status_code == 200
        assert [row["session_id"] for row in client.get("/sessions").json()["sessions"]] == [
            me["session"]["session_id"]
        ]
        assert client.delete("/session").status_code == 204
        assert client.get("/me").status_code == 401
    assert httpx.post(f"{service.address}/session", json=second).status_code == 401, (
        "neither ticket nor code again"
    )


def test_a_ticket_is_no_token(service: Running, wang: Person) -> None:
    with signed(service, wang.ticket().json()["ticket"]) as client:
        assert client.get("/me").status_code == 401


@pytest.mark.parametrize("language, words", [("en", "wrong"), ("zh-CN", "不正确")])
def test_every_wrong_way_gets_the_same_answer(
    service: Running, wang: Person, language: str, words: str
) -> None:
    ticket = wang.ticket().json()["ticket"]
    tries = [
        {"name": wang.name, "password": "wrong guess"},
        {"name": "nobody at all", "password": PASSWORD},
        {"name": "", "password": ""},
        {"name": "\x00' OR 1=1--", "password": "\x1b[31m"},
        {"ticket": ticket, "code": "000000"},
        {"ticket": "0" * 43, "code": "000000"},
    ]
    tries += [{"name": wang.name, "password": "wrong guess"}] * 5 + [
        {"name": wang.name, "password": PASSWORD}
    ]
    answers = [
        httpx.post(
            f"{service.address}/session", json=body, headers={"accept-language": language}, timeout=30.0
        )
        for body in tries
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1 and words in answers[0].json()["title"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "a"},
        {"name": "a", "password": "b", "ticket": "c"},
        {"ticket": "a"},
        {"name": ["a"], "password": 1},
        {"x": 1},
    ],
)
def test_what_is_neither_step_is_refused(service: Running, body: dict[str, object]) -> None:
    answer = httpx.post(f"{service.address}/session", json=body)
    assert answer.status_code == 422 and answer.json()["code"] == "invalid"


@pytest.mark.parametrize("how", ["role", "lock", "reset", "session", "all"])
def test_what_is_taken_beside_the_service_is_out_within_a_second_on_http_and_on_a_live_feed(
    service: Running, wang: Person, how: str
) -> None:
    opened = wang.sign_in()
    book = book_of(service)
    acts: dict[str, Callable[[], object]] = {
        "role": lambda: book.take(wang.account_id, "dispatcher", by="command-line"),
        "lock": lambda: book.lock(wang.account_id, by="command-line"),
        "reset": lambda: book.reset(wang.account_id, by="command-line"),
        "session": lambda: Sessions(book.file).end(opened["session_id"], wang.account_id),
        "all": lambda: Sessions(book.file).end_all(wang.account_id, by="command-line"),
    }
    with signed(service, opened["token"]) as client, _feed(service, opened["token"]) as feed:
        assert client.get("/me").status_code == 200
        after_s, code = _closed_after_s(feed, acts[how])
        assert after_s <= OUT_WITHIN_S and code == 1008
        assert client.get("/me").status_code == 401
    book.file.close()


def test_a_feed_of_events_ends_within_a_second_too(service: Running, wang: Person) -> None:
    opened, lines = wang.sign_in(), 0
    book = book_of(service)
    with signed(service, opened["token"]) as client, client.stream("GET", "/feed/events") as stream:
        parts = stream.iter_lines()
        assert next(parts).startswith("data:")
        book.lock(wang.account_id, by="command-line")
        began = time.monotonic()
        lines = sum(1 for _ in parts)
        assert time.monotonic() - began <= OUT_WITHIN_S and lines >= 0
    book.file.close()


def test_a_devices_token_that_is_revoked_closes_its_feed(service: Running) -> None:
    tokens = Tokens(service.data)
    token = tokens.add(Actor(id="tracker-1", role="device", unit_id="u1"))
    time.sleep(0.6)
    with _feed(service, token) as feed:
        after_s, code = _closed_after_s(feed, lambda: tokens.revoke("tracker-1"))
    assert after_s <= OUT_WITHIN_S and code == 1008


def test_a_feed_of_somebody_else_stays_open(service: Running, wang: Person) -> None:
    opened, book = wang.sign_in(), book_of(service)
    with _feed(service, service.tokens["dispatcher"]) as other, _feed(service, opened["token"]) as feed:
        _closed_after_s(feed, lambda: book.lock(wang.account_id, by="command-line"))
        other.ping().wait(5.0)
    book.file.close()


def test_sessions_are_ones_own(service: Running, wang: Person) -> None:
    li = person(service, f"li {next(NEXT)}", "inspector")
    mine, theirs = wang.sign_in(), li.sign_in()
    second = wang.sign_in()
    with signed(service, mine["token"]) as client:
        assert len(client.get("/sessions").json()["sessions"]) == 2
        assert client.delete(f"/sessions/{theirs['session_id']}").status_code == 404
        assert client.delete("/sessions/*").status_code == 404
        assert client.delete(f"/sessions/{second['session_id']}").status_code == 204
    for token, status in ((mine["token"], 200), (second["token"], 401), (theirs["token"], 200)):
        with signed(service, token) as client:
            assert client.get("/me").status_code == status


def test_a_devices_token_is_no_session(service: Running) -> None:
    with service.client("device") as client:
        assert client.get("/me").json()["session"] is None
        assert client.delete("/session").json()["code"] == "no_session"
        assert client.get("/sessions").json() == {"sessions": []}


@pytest.mark.parametrize("role", ["system_admin", "security_admin", "auditor", "inspector"])
def test_administration_sees_no_incident_and_no_feed_beyond_its_own(service: Running, role: str) -> None:
    with person(service, f"{role} {next(NEXT)}", role).client() as client:
        assert client.get("/me").json()["role"] == role
        assert client.get("/incidents").status_code == 403


def test_a_flood_of_sign_ins_is_turned_away_and_calls_are_still_taken(service: Running) -> None:
    statuses: list[int] = []

    def storm(number: int) -> None:
        body = {"name": f"nobody {number}", "password": "x" * 64}
        statuses.append(httpx.post(f"{service.address}/session", json=body, timeout=60.0).status_code)

    threads = [threading.Thread(target=storm, args=(n,)) for n in range(60)]
    for thread in threads:
        thread.start()
    with service.client("dispatcher") as desk:
        began = time.monotonic()
        call = desk.post("/calls", json={"text": "fire", "type_code": "fire"})
        assert call.status_code == 201 and time.monotonic() - began < 2.0
    for thread in threads:
        thread.join()
    assert set(statuses) <= {401, 429} and len(statuses) == 60
