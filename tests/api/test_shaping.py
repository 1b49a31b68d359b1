"""Budgets of requests: nobody takes the service away from others, memory stays bounded, and no call for help is ever refused for being one of many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from firstminute.api.shaping import BURST_S, Budget, address_of, may_be_a_call
from tests.support.service import VENUES, Running, drawn, start

TOKEN_PER_S, GUESSES_PER_S = 3.0, 0.5


@given(
    per_s=st.floats(0.1, 50.0),
    steps=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=120),
)
def test_over_any_time_no_key_gets_more_than_its_rate_and_its_burst(per_s: float, steps: list[float]) -> None:
    budget, at_s, served = Budget(per_s), 0.0, 0
    for step in steps:
        at_s += step
        wait_s = budget.wait_s("k", at_s)
        assert 0.0 <= wait_s <= 1.0 / per_s + 1e-6
        served += wait_s == 0.0
    assert served <= max(1.0, per_s * BURST_S) + at_s * per_s + 1e-6


@given(per_s=st.floats(0.1, 50.0))
def test_who_waits_as_long_as_he_was_told_is_served(per_s: float) -> None:
    budget = Budget(per_s)
    while (wait_s := budget.wait_s("k", 5.0)) == 0.0:
        pass
    assert budget.wait_s("k", 5.0 + wait_s + 1e-6) == 0.0


def test_one_keys_greed_is_not_anothers_and_a_clock_that_runs_back_gives_nothing() -> None:
    budget = Budget(1.0)
    while budget.wait_s("greedy", 100.0) == 0.0:
        pass
    assert budget.wait_s("modest", 100.0) == 0.0
    assert budget.wait_s("greedy", 50.0) > 0.0


def test_a_million_addresses_are_not_remembered() -> None:
    budget = Budget(1.0, most=100)
    for number in range(10_000):
        budget.wait_s(number, float(number))
    assert len(budget) == 100
    assert len(Budget(0.0)) == 0 and Budget(0.0).wait_s("k", 0.0) == 0.0


def connection(peer: str, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return HTTPConnection({"type": "http", "headers": headers, "client": (peer, 1)})


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind_proxy", "whose"),
    [
        ("10.0.0.1", (), False, "10.0.0.1"),
        ("10.0.0.1", ("1.2.3.4",), False, "10.0.0.1"),
        ("127.0.0.1", ("6.6.6.6, 1.2.3.4",), True, "1.2.3.4"),
        ("127.0.0.1", ("6.6.6.6", "1.2.3.4"), True, "1.2.3.4"),
        ("127.0.0.1", (), True, "127.0.0.1"),
        ("2001:db8:1:2:aaaa::1", (), False, "20010db800010002"),
        ("::ffff:1.2.3.4", (), False, "1.2.3.4"),
    ],
)
def test_only_a_proxy_of_ours_says_whose_request_it_is(
    peer: str, forwarded: tuple[str, ...], behind_proxy: bool, whose: str
) -> None:
    assert address_of(connection(peer, *forwarded), behind_proxy=behind_proxy) == whose


def test_every_way_in_for_a_call_for_help_is_without_a_budget() -> None:
    for method, path in (("POST", "/calls"), ("PUT", "/cad/incidents/a:1"), ("POST", "/assignments/a1/help")):
        assert may_be_a_call(method, path)
    for method, path in (
        ("GET", "/calls"),
        ("POST", "/positions"),
        ("DELETE", "/cad/incidents/a"),
        ("POST", "/calls/../grade"),
    ):
        assert not may_be_a_call(method, path)


@pytest.fixture(scope="module")
def shaped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with small budgets."""
    folder = tmp_path_factory.mktemp("shaped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTMINUTE_TOKEN_REQUESTS_PER_S", str(TOKEN_PER_S))
        patch.setenv("FIRSTMINUTE_ADDRESS_GUESSES_PER_S", str(GUESSES_PER_S))
        found = start(folder / "data", None, drawn(VENUES)[0])
    try:
        yield found
    finally:
        found.stop()


def greedy(client: httpx.Client, path: str) -> httpx.Response:
    """Ask until told to wait."""
    for _ in range(2_000):
        if (answer := client.get(path)).status_code == 429:
            return answer
    raise AssertionError("nobody was told to wait")


def test_a_greedy_token_is_told_when_to_come_back_and_its_calls_are_all_taken(shaped: Running) -> None:
    with shaped.client("dispatcher") as client, shaped.client("commander") as other:
        answer = greedy(client, "/incidents")
        said: dict[str, Any] = answer.json()
        assert said["code"] == "too_many" and answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) >= 1 and "content-security-policy" in answer.headers
        assert other.get("/incidents").status_code == 200

        def call(number: int) -> int:
            return client.post(
                "/calls", json={"text": f"help {number}", "caller_phone": "13900000001"}
            ).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(call, range(200))) == {201}
        assert client.put("/cad/incidents/x:1", json={"text": "from another centre"}).status_code < 300
        assert greedy(client, "/incidents").status_code == 429
    with shaped.client("admin") as admin:
        figures = dict(line.split(" ") for line in admin.get("/metrics").text.splitlines())
        assert float(figures["firstminute_requests_shaped_total"]) >= 2


def test_guessing_at_tokens_is_slowed_and_keeps_nobody_else_at_the_address_out(shaped: Running) -> None:
    with httpx.Client(base_url=shaped.address, headers={"authorization": "Bearer " + "guess" * 8}) as guesser:
        answers = [guesser.get("/health").status_code for _ in range(60)]
    assert answers[0] == 401 and 429 in answers and answers.count(401) < 30
    with shaped.client("resident") as client:
        assert client.get("/health").status_code == 200


def test_a_feed_is_joined_within_the_budget_only(shaped: Running) -> None:
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect

    address = shaped.address.replace("http", "ws") + "/feed"
    header = {"authorization": f"Bearer {shaped.tokens['auditor']}"}
    with connect(address, additional_headers=header, max_size=None) as line:
        assert json.loads(line.recv(timeout=8))["snapshot"] is True

    def join() -> None:
        try:
            with connect(address, additional_headers=header, max_size=None):
                pass
        except ConnectionClosed:
            pass

    with pytest.raises(InvalidStatus):
        for _ in range(200):
            join()


def test_every_answer_that_may_be_429_is_described(shaped: Running) -> None:
    described = httpx.get(f"{shaped.address}/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert may_be_a_call(method.upper(), path) or "429" in operation["responses"], (method, path)
