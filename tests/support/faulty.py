"""The real service under real faults of its machine: a disk that is full, refuses, or will not sync; a wall clock that somebody turns.

Idea: the service is the same program, which `strace` holds while its system calls are to fail; or started with `faketime`, by which the wall clock says what a
file says. Faults are switched on and off from outside while it runs, so a test sees it fall, stand and rise. A full disk is a small
file system where one may be mounted, and a bound on the size of files everywhere.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from firstminute.app.cli import main
from firstminute.store import timers
from firstminute.store.store import Store
from firstminute.store.verify import verify
from tests.support.killing import judge_timers
from tests.support.service import Running, start

SYNC, WRITE = "fdatasync,fsync", "pwrite64"
RISES_WITHIN_S = 15.0
FAKETIME = "/usr/$LIB/faketime/libfaketimeMT.so.1"


@contextmanager
def served(data: Path, **environment: str) -> Iterator[Running]:
    """A service without registers, killed at the end where it still runs."""
    service = start(data, None, None, env=environment, script="LD_PRELOAD" in environment)  # type: ignore[arg-type]  # nothing here asks for its city
    try:
        yield service
    finally:
        service.kill()


class Wall:
    """The wall clock of a service that is started with `environment`: `turn` it while it runs. Time that only passes is left alone, as on a real machine."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wall"
        self.turn("+0")
        self.environment = {
            "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip

    def turn(self, said: str) -> None:
        """`-1h`, `+0 x10`, or an absolute time, at which it then stands still."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(said + "\n")
        fresh.replace(self._file)


@contextmanager
def failing(pid: int, calls: str, errno: str, *, once: bool = False) -> Iterator[None]:
    """While the block runs these system calls of a process fail, or the next one of each thread alone; they are not made at all."""
    when = ":when=1" if once else ""
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", "-p", str(pid), "-e", f"trace={calls}", "-e", f"inject={calls}:error={errno}{when}"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert tracer.stderr is not None
    try:
        said = tracer.stderr.readline()
        assert "attached" in said, said
        yield
    finally:
        tracer.terminate()
        tracer.wait(20)
        tracer.stderr.close()


def may_mount() -> bool:
    """Whether a small file system can be mounted here."""
    if os.geteuid() != 0:
        return False
    folder = Path("/tmp") / f"firstminute-mount-{os.getpid()}"
    folder.mkdir()
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False).returncode:  # fmt: skip
            return False
        subprocess.run(["umount", folder], check=True)
        return True
    finally:
        folder.rmdir()


@contextmanager
def small_disk(folder: Path, size: str = "24m") -> Iterator[Path]:
    """A file system of its own, of this size."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 512:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    return ballast


def bound_files(pid: int, most: int | None) -> None:
    """No file of this process may grow beyond `most` bytes; None: as far as it likes."""
    soft = resource.RLIM_INFINITY if most is None else most
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))


def call(client: httpx.Client, key: str) -> httpx.Response:
    """One call, whose words and idempotency key are `key`."""
    began = time.monotonic()
    answer = client.post("/calls", json={"text": f"help {key}", "channel": "phone"}, headers={"idempotency-key": key})  # fmt: skip
    assert time.monotonic() - began < 8.0
    return answer


def rises(client: httpx.Client, key: str) -> httpx.Response:
    """The same call again and again, until it is taken."""
    until = time.monotonic() + RISES_WITHIN_S
    while (answer := call(client, key)).status_code != 201:
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < until, answer.text
        time.sleep(0.2)
    return answer


def held(data: Path, accepted: set[str]) -> dict[str, int]:
    """Judge a stopped record: sound, every accepted call in it once, no timer early, double or lost; how many facts of each kind."""
    store = Store(data)
    try:
        with store.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert all(finding.sound for finding in verify(connection))
            facts = list(store.journal.read(connection, "live"))
            waiting = timers.pending(connection, store.desk, "live")
    finally:
        store.close()
    judge_timers(facts, waiting)
    texts = [str(getattr(fact.body, "text", "")) for fact in facts if fact.kind == "CallReceived"]
    lost = accepted - {text.removeprefix("help ") for text in texts}
    assert not lost, f"accepted and lost: {sorted(lost)}"
    assert len(texts) == len(set(texts)), "a call was taken twice"
    counts: dict[str, int] = {}
    for fact in facts:
        counts[fact.kind] = counts.get(fact.kind, 0) + 1
    return counts


@dataclass(frozen=True, slots=True)
class Said:
    """What a command of ours said, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def command(*words: str, language: str = "en") -> Said:
    """The command line in this process; it never ends in an exception of ours, whatever it finds."""
    done = CliRunner().invoke(main, list(words), env={"LANG": language, "LC_ALL": language})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def copied(data: Path, to: Path) -> Path:
    """What a killed service left behind, as it lies there."""
    shutil.copytree(data, to, ignore=shutil.ignore_patterns("*.lock"))
    return to


def health(client: httpx.Client) -> dict[str, Any]:
    """What `/health` says, whatever its status."""
    found: dict[str, Any] = client.get("/health").json()
    return found
