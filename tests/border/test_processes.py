"""Both zones as people start them: keys by the command line, real processes, a real carrier between folders or real HTTP, and kills in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from firstminute.app.border import service as zone
from firstminute.app.cli import main
from firstminute.app.settings import Settings
from firstminute.store.errors import StorageRefused
from tests.support.forked import Forked
from tests.support.service import FIRSTMINUTE, wait_until
from tests.support.zones import Carrier

CALLS = 16


def firstminute(*words: object, fails: bool = False) -> str:
    """Run a command of the border to its end; what it said."""
    done = CliRunner().invoke(main, [*map(str, words)])
    assert (done.exit_code != 0) is fails, done.output
    return done.output


class Process:
    """A service as a process, killed and started again at will."""

    def __init__(self, words: list[object], env: dict[str, str]) -> None:
        self._words, self._env = (
            [*map(str, words)],
            {**os.environ, **env},
        )
        self.said: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        """Start, and wait until it listens; on the same port as before."""
        self.process = Forked(self._words, env=self._env)
        self.said = json.loads(self.process.stdout.readline())
        if "--port" not in self._words:
            self._words += ["--port", self.said["address"].rsplit(":", 1)[1]]

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def token(self, role: str) -> str:
        """A token of the first start."""
        rows = dict(line.split("\t") for line in Path(self.said["tokens"]).read_text().splitlines())
        return rows[role]

    def client(self, role: str) -> httpx.Client:
        """Somebody who speaks to it."""
        return httpx.Client(
            base_url=self.said["address"],
            headers={"authorization": f"Bearer {self.token(role)}"},
            timeout=10.0,
        )


@contextmanager
def both(folder: Path, carrier: str) -> Iterator[tuple[Process, Process]]:
    """Outside and inside, trusting each other."""
    for name in ("in", "out"):
        firstminute(
            "border", "card", "--data", folder / name, "--name", name, "--out", folder / f"{name}.card"
        )
    for name, other in (("in", "out"), ("out", "in")):
        shown = json.loads(firstminute("border", "card", "--data", folder / other, "--json"))
        firstminute(
            "border",
            "trust",
            folder / f"{other}.card",
            "--fingerprint",
            shown["fingerprint"].upper(),
            "--data",
            folder / name,
        )
    env = {"FIRSTMINUTE_SNAPSHOT_MINUTES": "0", "FIRSTMINUTE_VERIFY_HOURS": "0"}
    words: list[object] = ["outside", "--data", folder / "out", "--json"]
    if carrier == "folder":
        words += ["--folder", folder / "f-out"]
    outside = Process([*words, *(["--port", _free_port()])], env)
    if carrier == "folder":
        env["FIRSTMINUTE_BORDER_FOLDER"] = str(folder / "f-in")
    else:
        (folder / "token").write_text(outside.token("border"))
        env |= {
            "FIRSTMINUTE_BORDER_ADDRESS": outside.said["address"],
            "FIRSTMINUTE_BORDER_TOKEN_FILE": str(folder / "token"),
        }
    inside = Process(["serve", "--data", folder / "in", "--json", "--port", _free_port()], env)
    try:
        yield outside, inside
    finally:
        for each in (outside, inside):
            each.kill()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def carrying(folder: Path) -> Iterator[list[Carrier]]:
    """A carrier between the folders, a second late each way."""
    carriers = [
        Carrier(folder / "f-out/out", folder / "f-in/in", 1.0),
        Carrier(folder / "f-in/out", folder / "f-out/in", 1.0),
    ]
    over = threading.Event()

    def move() -> None:
        while not over.wait(0.1):
            for each in carriers:
                if each.source.is_dir() and each.goal.is_dir():
                    each.move(time.time())

    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield carriers
    finally:
        over.set()
        thread.join()


def _keep_all(outside: Process, numbers: range, kept: dict[str, str]) -> None:
    """Call until each call is kept, as a phone does."""
    with outside.client("resident") as caller:
        for number in numbers:
            for _ in range(100):
                try:
                    answer = caller.post(
                        "/calls", json={"text": f"call {number}"}, headers={"idempotency-key": f"k{number}"}
                    )
                except httpx.TransportError:
                    time.sleep(0.2)
                    continue
                if answer.status_code == 202:
                    kept[f"call {number}"] = answer.json()["call_id"]
                    break


def _read_inside(outside: Process, call_id: str) -> dict[str, Any] | None:
    with outside.client("resident") as caller:
        try:
            found = caller.get(f"/receipts/{call_id}")
        except httpx.TransportError:
            return None
    return found.json() if found.status_code == 200 and found.json()["read_inside"] else None


@pytest.mark.parametrize("carrier", ["folder", "http"])
def test_kills_of_either_side_lose_and_double_no_call(tmp_path: Path, carrier: str) -> None:
    kept: dict[str, str] = {}
    with both(tmp_path, carrier) as (outside, inside), carrying(tmp_path):
        calling = threading.Thread(target=_keep_all, args=(outside, range(CALLS), kept))
        calling.start()
        time.sleep(0.3)
        outside.kill()
        outside.start()
        inside.kill()
        calling.join()
        inside.start()
        assert len(kept) == CALLS
        assert wait_until(lambda: all(_read_inside(outside, each) for each in kept.values()), 60.0)
        with inside.client("auditor") as auditor, inside.client("dispatcher") as desk:

            def shown() -> list[str]:
                rows = desk.get("/feed/snapshot").json()["set"]
                return sorted(
                    line["text"]
                    for key, row in rows.items()
                    if key.startswith("incident/")
                    for line in row["calls"]
                )

            assert wait_until(lambda: shown() == sorted(kept)), shown()
            health = auditor.get("/health").json()["border"]
            assert health["cut"] is False and health["read"] >= CALLS
            assert not set(health["refused"]) & {"forged", "forked", "odd", "unsealable"}
            assert "border/outside" in desk.get("/feed/snapshot").json()["set"]
        _positions_go_in(outside, inside, tmp_path)
        text = firstminute("border", "show", "--data", tmp_path / "out", "--lang", "en")
        assert "waiting: " in text
        firstminute("border", "rotate", "--data", tmp_path / "out")
        _keep_all(outside, range(CALLS, CALLS + 1), kept)
        assert wait_until(lambda: bool(_read_inside(outside, list(kept.values())[-1])), 30.0)


def _positions_go_in(outside: Process, inside: Process, folder: Path) -> None:
    """A crew's device outside, a known unit inside: its place is seen inside and nowhere outside."""
    station = {"station_id": "S", "name": "站", "kind": "station", "lon": 113.0, "lat": 23.0, "district": "D"}
    unit = {
        "unit_id": "U",
        "call_sign": "东01",
        "kind": "car",
        "mode": "car",
        "station_id": "S",
        "district": "D",
    }
    with inside.client("admin") as admin:
        for table, row in (("stations", station), ("units", unit)):
            assert admin.put(f"/registers/{table}", json=[row]).status_code == 200
    token = firstminute(
        "token", "add", "U", "--role", "device", "--unit", "U", "--data", folder / "out"
    ).strip()
    headers = {"authorization": f"Bearer {token}"}

    def seen() -> bool:
        fix = {"unit_id": "U", "lon": 113.01, "lat": 23.01}
        with httpx.Client(base_url=outside.said["address"], headers=headers) as device:
            assert device.post("/positions", json=fix).status_code in (202, 401)
        with inside.client("dispatcher") as desk, desk.stream("GET", "/feed/events") as events:
            first = json.loads(next(events.iter_lines()).removeprefix("data: "))
        return first.get("positions", {}).get("U", [0.0])[0] == 113.01

    assert wait_until(seen, 30.0)
    with outside.client("resident") as resident:
        assert "113.01" not in resident.get("/feed/snapshot").text


def test_without_trust_neither_side_starts_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageRefused) as refused:
        zone.assemble(Settings(data_dir=tmp_path / "a"))
    assert refused.value.code == "border_no_trust"
    env = {**os.environ, "FIRSTMINUTE_BORDER_FOLDER": str(tmp_path / "f"), "LANG": "zh_CN.UTF-8"}
    words = [str(FIRSTMINUTE), "serve", "--data", str(tmp_path / "b"), "--port", "0"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=env, check=False)
    assert done.returncode == 1 and "border trust" in done.stderr and "Traceback" not in done.stderr


def test_a_card_with_another_fingerprint_or_that_is_none_is_not_trusted(tmp_path: Path) -> None:
    firstminute("border", "card", "--data", tmp_path / "a", "--out", tmp_path / "card")
    said = firstminute(
        "border",
        "trust",
        tmp_path / "card",
        "--fingerprint",
        "0" * 32,
        "--data",
        tmp_path / "b",
        "--lang",
        "zh-CN",
        fails=True,
    )
    assert "不要信任" in said
    (tmp_path / "none").write_text('{"form": "x"}')
    said = firstminute(
        "border",
        "trust",
        tmp_path / "none",
        "--fingerprint",
        "0",
        "--data",
        tmp_path / "b",
        "--lang",
        "en",
        fails=True,
    )
    assert "no card" in said
    assert json.loads(firstminute("border", "show", "--data", tmp_path / "b", "--json"))["trusts"] is None
    firstminute("border", "rotate", "--data", tmp_path / "b", fails=True)
