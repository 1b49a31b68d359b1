"""Two services on one data folder: one of them serves, the others are told why not, and the one that serves notices nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from firstminute.app.secrets import SHOWN_ONCE

FIRSTMINUTE = Path(sys.executable).with_name("firstminute")
WITHIN_S = 60.0


def _serve(data: Path, language: str = "en") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(FIRSTMINUTE), "serve", "--data", str(data), "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LANG": language, "LC_ALL": language},
    )


def _call(address: str, data: Path, key: str) -> httpx.Response:
    token = dict(line.split("\t") for line in (data / SHOWN_ONCE).read_text().splitlines())["dispatcher"]
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    return httpx.post(f"{address}/calls", json={"text": key, "channel": "phone"}, headers=headers, timeout=20)


def _health(address: str, data: Path) -> dict[str, object]:
    token = dict(line.split("\t") for line in (data / SHOWN_ONCE).read_text().splitlines())["dispatcher"]
    found: dict[str, object] = httpx.get(
        f"{address}/health", headers={"authorization": f"Bearer {token}"}
    ).json()
    return found


def test_of_several_that_start_at_once_on_a_fresh_folder_exactly_one_serves(tmp_path: Path) -> None:
    data = tmp_path / "record"
    started = [_serve(data) for _ in range(4)]
    try:
        said = [_outcome(each) for each in started]
        addresses = [found["address"] for found in said if found]
        assert len(addresses) == 1, said
        winner = started[next(n for n, found in enumerate(said) if found)]
        for each, found in zip(started, said, strict=True):
            if not found:
                assert each.wait(WITHIN_S) == 1
                assert each.stderr is not None
                assert re.search(rf"Another process \((\d+|unknown)\) is writing {data}", each.stderr.read())
        assert _call(addresses[0], data, "first").status_code == 201
        winner.send_signal(signal.SIGTERM)
        assert winner.wait(WITHIN_S) == 0
    finally:
        for each in started:
            each.kill()
            each.wait()


def test_whoever_comes_later_is_refused_in_both_languages_and_the_running_one_is_unharmed(
    tmp_path: Path,
) -> None:
    data = tmp_path / "record"
    first = _serve(data)
    try:
        found = _outcome(first)
        assert found is not None
        address = found["address"]
        assert _call(address, data, "before").status_code == 201
        epoch = _health(address, data)["epoch"]
        for language, words in (
            ("en", "One data folder has one writer"),
            ("zh_CN.UTF-8", "一个数据目录只能有一个写入者"),
        ):
            late = _serve(data, language)
            _, told = late.communicate(timeout=WITHIN_S)
            assert (
                late.returncode == 1 and words in told and str(first.pid) in told and "Traceback" not in told
            )
            importing = subprocess.run(
                [str(FIRSTMINUTE), "register", "export", "units", str(tmp_path / "u.csv"), "--data", str(data)],
                capture_output=True, text=True, timeout=WITHIN_S, check=False, env={**os.environ, "LANG": language, "LC_ALL": language},
            )  # fmt: skip
            assert importing.returncode == 1 and words in importing.stderr
            assert _call(address, data, f"after {language}").status_code == 201
        health = _health(address, data)
        assert (health["epoch"], health["running"], health["problem"]) == (epoch, True, None)
        beside = subprocess.run(
            [str(FIRSTMINUTE), "verify", "--data", str(data), "--json"], capture_output=True, text=True, timeout=WITHIN_S, check=True
        )  # fmt: skip
        assert json.loads(beside.stdout)["sound"]
    finally:
        first.send_signal(signal.SIGTERM)
        first.wait(WITHIN_S)


def _outcome(process: subprocess.Popen[str]) -> dict[str, str] | None:
    """What a service says when it listens, None where it ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return json.loads(line) if line else None
