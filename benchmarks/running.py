"""A service and a browser for measuring: the demo city in a process of its own, Debian's Chromium without a screen."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from playwright.sync_api import Browser, Page, Playwright

FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
)
STARTS_WITHIN_S, ENDS_WITHIN_S = 300.0, 30.0
READY_WITHIN_MS = 180_000


class Running:
    """A city of `benchmarks` while a `with` block lasts.

    Parameters
    ----------
    units : how many more units move
    city : the module that serves it, called with folder, units and port

    Attributes
    ----------
    address : where it listens
    tokens : of each role
    """

    def __init__(self, folder: Path, units: int, city: str = "moving_city") -> None:
        self._folder, self._units, self._city = folder, units, city
        self.address, self.tokens = "", dict[str, str]()

    def __enter__(self) -> Running:
        """Start it and wait until it says where it is; raises RuntimeError where it does not."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = self._folder / "said.txt"
        with log.open("w") as out:
            command = [
                sys.executable,
                "-m",
                f"benchmarks.{self._city}",
                str(self._folder),
                str(self._units),
                str(port),
            ]
            self._process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        until_s = time.monotonic() + STARTS_WITHIN_S
        while not re.search("Ctrl-C", log.read_text()):
            if self._process.poll() is not None or time.monotonic() > until_s:
                raise RuntimeError(f"the service did not start:\n{log.read_text()}")
            time.sleep(0.5)
        self.address = f"http://127.0.0.1:{port}"
        lines = (self._folder / "record" / "tokens-first-start.txt").read_text().splitlines()
        self.tokens = dict(line.split("\t", 1) for line in lines)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()


def chromium(playwright: Playwright) -> Browser:
    """A browser that draws in software."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))


def open_room(page: Page, city: Running) -> None:
    """Sign in as the dispatcher and wait for the map."""
    page.goto(f"{city.address}/#token={city.tokens['dispatcher']}")
    page.wait_for_selector("[data-testid=map][data-ready=true]", timeout=READY_WITHIN_MS)
