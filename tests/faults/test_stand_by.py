"""A leader dies, or freezes and wakes up: the stand-by leads within five seconds, nothing accepted is lost, and the old one accepts nothing more."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from firstminute.app.secrets import SHOWN_ONCE
from firstminute.store.engine import read_only
from firstminute.store.store import DATABASE
from firstminute.store.verify import verify
from tests.support.forked import Forked
from tests.support.media import picture
from tests.support.postgres import the_server

TAKEN_OVER_S = 5.0
KEPT = ("master.key", SHOWN_ONCE)
"""What an operator copies to the second machine; the second one is for the caller of these tests alone."""


class Process:
    """`firstminute serve` on a data folder and a record in PostgreSQL."""

    def __init__(self, data: Path, url: str, *more: str) -> None:
        self.data = data
        env = {**os.environ, "FIRSTMINUTE_DATABASE_URL": url, "LANG": "en", "LC_ALL": "en"}
        words = ["serve", "--data", str(data), "--port", "0", "--json", *more]
        self.process = Forked(words, env=env, stderr=True)

    def says(self) -> dict[str, Any]:
        """The next line that it says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read() if self.process.stderr else ""
        found: dict[str, Any] = json.loads(line)
        return found

    def call(self, address: str, key: str, within_s: float = 20.0) -> httpx.Response:
        """One call by the dispatcher."""
        headers = {**self.headers, "idempotency-key": key}
        body = {"text": key, "channel": "phone"}
        return httpx.post(f"{address}/calls", json=body, headers=headers, timeout=within_s)

    @property
    def headers(self) -> dict[str, str]:
        """Who calls."""
        tokens = dict(line.split("\t") for line in (self.data / SHOWN_ONCE).read_text().splitlines())
        return {"authorization": f"Bearer {tokens['dispatcher']}"}


@contextmanager
def pair(folder: Path, *, shared: bool = True) -> Iterator[tuple[Process, str, Process, str]]:
    """A leader that has accepted ten calls, its address, and a stand-by, which sees the same attachments where `shared`; the record's URL."""
    url = the_server().url()
    leader = Process(folder / "one", url)
    started = [leader]
    try:
        address = leader.says()["address"]
        for number in range(10):
            assert leader.call(address, f"before {number}").status_code == 201
        (folder / "two").mkdir(mode=0o700)
        for name in KEPT:
            shutil.copy2(folder / "one" / name, folder / "two" / name)
        if shared:
            (folder / "two" / "attachments").symlink_to(folder / "one" / "attachments")
        follower = Process(folder / "two", url, "--stand-by")
        started.append(follower)
        said = follower.says()
        assert "stands_by" in said and said["unseen"] == ([] if shared else ["attachments"])
        yield leader, address, follower, url
    finally:
        for each in started:
            each.process.send_signal(signal.SIGCONT)
            each.process.kill()
            each.process.communicate()


def _calls(folder: Path) -> list[str]:
    """The idempotency keys of the calls in the record, which must be sound."""
    with read_only(folder / DATABASE) as connection:
        assert all(each.sound for each in verify(connection))
        found = connection.exec_driver_sql(
            "SELECT command_id FROM facts WHERE kind = 'CallReceived' ORDER BY seq"
        )
        return [row[0] for row in found]


def test_a_leader_that_is_killed_is_replaced_within_five_seconds_and_no_call_is_lost(tmp_path: Path) -> None:
    with pair(tmp_path) as (leader, _, follower, url):
        os.kill(leader.process.pid, signal.SIGKILL)
        began = time.monotonic()
        address = follower.says()["address"]
        assert follower.call(address, "after").status_code == 201
        took_s = time.monotonic() - began
        assert took_s <= TAKEN_OVER_S, took_s
        again = follower.call(address, "before 3")
        assert again.status_code == 201
        health = httpx.get(f"{address}/health", headers=follower.headers).json()
        assert (health["epoch"], health["storage"]["engine"], health["storage"]["synchronous_commit"]) == (
            2,
            "postgresql",
            "on",
        )
        calls = _calls(tmp_path / "two")
        assert len(calls) == len(set(calls)) == 11
        without = Process(tmp_path / "three", url, "--stand-by")
        _, said = without.process.communicate(timeout=60)
        assert without.process.returncode == 1 and "master.key is missing" in said


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "apart"])
def test_a_photo_is_there_after_a_take_over_or_the_stand_by_said_at_its_start_that_it_would_not_be(
    tmp_path: Path, shared: bool
) -> None:
    with pair(tmp_path, shared=shared) as (leader, old, follower, _):
        answer = httpx.post(
            f"{old}/calls",
            json={"text": "photo", "channel": "phone"},
            headers={**leader.headers, "idempotency-key": "p"},
        )
        call_id = answer.json()["call_id"]
        kept = httpx.post(
            f"{old}/calls/{call_id}/attachments?name=a.jpg",
            content=picture(),
            headers={**leader.headers, "idempotency-key": "q"},
        )
        assert kept.status_code == 201, kept.text
        where = f"/calls/{call_id}/attachments/{kept.json()['attachment_id']}"
        before = httpx.get(f"{old}{where}", headers=leader.headers)
        assert before.status_code == 200
        os.kill(leader.process.pid, signal.SIGKILL)
        address = follower.says()["address"]
        after = httpx.get(f"{address}{where}", headers=follower.headers)
        health = httpx.get(f"{address}/health", headers=follower.headers).json()
        assert follower.call(address, "after").status_code == 201, "calls come before photos"
        assert health["attachments"]["elsewhere"] is not shared
        if shared:
            assert after.status_code == 200 and after.content == before.content
        else:
            assert after.status_code == 503 and after.json()["code"] == "attachment_elsewhere"
        follower.process.kill()
        _, said = follower.process.communicate()
        assert ("is not the folder in which the photos" in said) is not shared


def test_a_leader_that_freezes_is_replaced_and_what_it_does_when_it_wakes_is_never_accepted(
    tmp_path: Path,
) -> None:
    with pair(tmp_path) as (leader, old, follower, _):
        os.kill(leader.process.pid, signal.SIGSTOP)
        began = time.monotonic()
        said: list[int | None] = []

        def ask(number: int) -> None:
            try:
                said.append(leader.call(old, f"frozen {number}", 30.0).status_code)
            except httpx.HTTPError:
                said.append(None)

        asking = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for each in asking:
            each.start()
        address = follower.says()["address"]
        assert follower.call(address, "after").status_code == 201
        took_s = time.monotonic() - began
        assert took_s <= TAKEN_OVER_S, took_s
        os.kill(leader.process.pid, signal.SIGCONT)
        for each in asking:
            each.join(40)
        assert len(said) == 8 and not set(said) & {200, 201, 202}, said
        assert leader.process.wait(20) == 1
        assert leader.process.stderr is not None and "Another process leads" in leader.process.stderr.read()
        assert follower.call(address, "frozen 1").status_code == 201  # asked again, of who leads
        assert httpx.get(f"{address}/health", headers=follower.headers).json()["running"]
        calls = _calls(tmp_path / "two")
        assert len(calls) == len(set(calls)) == 12
