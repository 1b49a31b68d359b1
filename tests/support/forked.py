"""A command of firstminute as a process of its own that starts at once: forked from a server process which is warm (`warm.py`).

Idea: most of a start is imports, seconds of processor time for each of the hundred services that the tests start. What runs is the same command line with
its own environment, files and signals. Limits: Linux; the start itself is tested by those who run the script (`tests/app/test_first_start.py`,
`tests/faults/test_two_processes.py`, the demo of the browser tests).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.reduction import DupFd
from typing import Any, TextIO

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.support.warm"])


class Forked:
    """A running command, with those parts of `subprocess.Popen` that tests use. `stderr` goes where that of the tests goes, unless it is wanted."""

    def __init__(
        self, words: Sequence[str], *, env: Mapping[str, str] | None = None, stderr: bool = False
    ) -> None:
        pipes = [os.pipe() for _ in range(2 if stderr else 1)]
        self._process = _Command(
            [*words], dict(os.environ if env is None else env), [end for _, end in pipes]
        )
        self._process.start()
        for _, end in pipes:
            os.close(end)
        self.stdout: TextIO = os.fdopen(pipes[0][0])
        self.stderr: TextIO | None = os.fdopen(pipes[1][0]) if stderr else None

    @property
    def pid(self) -> int:
        """Of the command itself."""
        found: int = self._process.pid
        return found

    @property
    def returncode(self) -> int | None:
        """None while it runs; -9 where it was killed."""
        code: int | None = self._process.exitcode
        return code

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self.returncode
        if code is None:
            raise subprocess.TimeoutExpired("firstminute", timeout or 0.0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait until it has ended; what else it said."""
        self.wait(timeout)
        return self.stdout.read(), self.stderr.read() if self.stderr else ""

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class _Command(_context.Process):  # type: ignore[misc,name-defined]  # typeshed knows contexts as objects only
    """What runs in the child: the command line with its own streams and environment."""

    def __init__(self, words: list[str], env: dict[str, str], outs: list[int]) -> None:
        super().__init__(daemon=True)
        self._words, self._env = words, env
        self._outs: list[Any] = list(outs)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_outs": [DupFd(end) for end in self._outs]}

    def run(self) -> None:
        """The command, to its end."""
        for number, end in enumerate(self._outs, start=1):
            os.dup2(end.detach(), number)
        sys.stdout, sys.stderr = (os.fdopen(os.dup(number), "w", buffering=1) for number in (1, 2))
        os.environ.clear()
        os.environ.update(self._env)
        sys.argv = ["firstminute", *self._words]
        from firstminute.app.cli import main

        main(self._words)
