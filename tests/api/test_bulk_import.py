"""A bulk import over HTTP: calls are answered meanwhile, the feed shows every row in the end, bad rows are named, and a kill leaves all or nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.service import Running, start, wait_until

COUNT = 1_500


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Running]:
    """A service of its own, without ground."""
    service = start(tmp_path / "data", None, None)  # type: ignore[arg-type]
    try:
        yield service
    finally:
        service.stop()


def _venues(count: int = COUNT, **spoilt: Any) -> bytes:
    rows = [
        {"venue_id": f"v{n}", "name": f"场所{n}", "category": "mall", "lon": 113.0 + n * 1e-4, "lat": 23.0, "district": "d"}
        for n in range(count)
    ]  # fmt: skip
    rows[-1].update(spoilt)
    return json.dumps(rows, ensure_ascii=False).encode()


def _put(service: Running, data: bytes, key: str = "", query: str = "") -> Any:
    with service.client("admin", **({"idempotency-key": key} if key else {})) as client:
        return client.put(
            f"/registers/venues{query}",
            content=data,
            headers={"content-type": "application/json"},
            timeout=60.0,
        )


def test_calls_are_taken_during_a_bulk_import_and_the_feed_shows_it_whole(alone: Running) -> None:
    done = threading.Event()
    taken: list[int] = []

    def call() -> None:
        with alone.client("dispatcher") as client:
            while not done.is_set():
                taken.append(
                    client.post("/calls", json={"text": "help", "type_code": "network_threat"}).status_code
                )

    caller = threading.Thread(target=call)
    caller.start()
    try:
        before = len(taken)
        answer = _put(alone, _venues())
        during = len(taken) - before
    finally:
        done.set()
        caller.join()
    assert answer.status_code == 200 and answer.json()["rows"] == COUNT, answer.text
    assert during > 3 and set(taken) == {201}
    with alone.client("dispatcher") as client:

        def shown() -> int:
            rows = client.get("/feed/snapshot").json()["set"]
            return sum(key.startswith("venue/") for key in rows)

        assert wait_until(lambda: shown() == COUNT, 30.0), shown()
        assert len(client.get("/registers/venues/v7/history").json()["versions"]) == 1


def test_one_bad_row_among_many_is_named_and_nothing_is_imported(alone: Running) -> None:
    for query in ("", "?preview=true"):
        answer = _put(alone, _venues(lat=123.0), query=query)
        assert answer.status_code == 422 and answer.json()["code"] == "rows_invalid"
        assert answer.json()["errors"] == [{"row": COUNT, "field": "lon", "problem": "outside_the_world"}]
    with alone.client("admin") as client:
        assert client.get("/registers/venues").json() == []
    assert _put(alone, _venues(), query="?preview=true").json() == {"rows": COUNT, "errors": []}


def test_the_same_key_twice_is_one_import(alone: Running) -> None:
    first, again = _put(alone, _venues(), "bulk"), _put(alone, _venues(), "bulk")
    assert first.status_code == 200 and again.json() == first.json()
    other = _put(alone, _venues(name="other"), "bulk")
    assert other.status_code == 409 and other.json()["code"] == "idempotency_conflict"


@pytest.mark.parametrize("after_answer", [False, True])
def test_a_service_killed_in_an_import_has_all_of_it_or_nothing(tmp_path: Path, after_answer: bool) -> None:
    service = start(tmp_path / "data", None, None)  # type: ignore[arg-type]
    if after_answer:
        assert _put(service, _venues(6_000)).status_code == 200
    else:
        sender = threading.Thread(target=lambda: _try(service))
        sender.start()
        assert wait_until(lambda: _staged(tmp_path / "data") > 500, 30.0)
    service.kill()
    again = start(tmp_path / "data", None, None)  # type: ignore[arg-type]
    try:
        with again.client("admin") as client:
            rows = client.get("/registers/venues").json()
            assert len(rows) == (6_000 if after_answer else 0)
            assert wait_until(lambda: _staged(tmp_path / "data") == 0, 30.0)
            assert len(client.get("/registers/venues").json()) == len(rows)
    finally:
        again.stop()
    if not after_answer:
        sender.join()


def _try(service: Running) -> None:
    try:
        _put(service, _venues(6_000))
    except httpx.TransportError:
        pass  # killed


def _staged(folder: Path) -> int:
    from firstminute.store.engine import read_only

    with read_only(folder / "desk.db") as connection:
        found: int = connection.exec_driver_sql("SELECT count(*) FROM staged_rows").scalar()
    return found
