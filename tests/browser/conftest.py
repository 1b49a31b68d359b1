"""A real browser on the real service with the demo city, whose people answer but do not call.

Idea: Chromium and service start once a worker; every test opens its own window. A window that wrote an error to its console, met a code without words or
asked another host for anything fails its test. Limits: software graphics, so nothing here measures time.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

FLAGS = (
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-compositing", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
BLIND = "--disable-3d-apis"
"""A desk whose browser cannot draw: what has nothing to do with the map is tried at such a one, since the processor draws the map here, for seconds."""
START_WITHIN_S = 240.0
WAIT_MS = 60_000
COARSE = 0.25
"""A quarter of the dots each way: the map is drawn by the processor here, and nothing that is looked for is measured in dots."""
LOCALES = {"zh-CN": "zh-CN", "en": "en-GB"}


@dataclass(frozen=True)
class Service:
    """Where it listens, who may sign in, and the folder of its record."""

    address: str
    tokens: dict[str, str]
    data: Path


@dataclass
class Window:
    """A page and what it said and asked for that it should not."""

    page: Page
    errors: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)
    sent: list[tuple[str, str, str]] = field(default_factory=list)


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Service]:
    """`firstminute demo` on a free port, in a quiet town."""
    assert (repository / "web" / "dist" / "index.html").exists(), "build the page first: make web"
    with demo(tmp_path_factory.mktemp("demo"), quiet=True) as running:
        yield running


@contextmanager
def demo(folder: Path, *, quiet: bool) -> Iterator[Service]:
    """`firstminute demo` on a free port, with its data in a folder. `quiet`: nobody calls by himself."""
    log = folder / "said.txt"
    command = [str(Path(sys.executable).with_name("firstminute")), "demo", "--port", "0", "--lang", "en"]
    command += ["--data", str(folder / "data"), *(["--quiet-town"] if quiet else [])]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, text=True)
    try:
        yield _started(process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _started(process: subprocess.Popen[str], log: Path) -> Service:
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until:
        said = log.read_text()
        links = dict(re.findall(r"(\w+): (http://\S+#token=\S+)", said))
        if len(links) >= 2 and said.strip().splitlines()[-1].count("#") == 0:
            address = next(iter(links.values())).partition("/#")[0]
            data = log.parent / "data" / "record"
            lines = (data / "tokens-first-start.txt").read_text().splitlines()
            return Service(address, dict(line.split("\t", 1) for line in lines), data)
        assert process.poll() is None, said
        time.sleep(0.25)
    raise AssertionError(f"not started within {START_WITHIN_S} s:\n{log.read_text()}")


Launch = Callable[..., Browser]


@pytest.fixture(scope="module")
def launch() -> Iterator[Launch]:
    """Start Debian's own Chromium, without a screen, with more flags, one browser for each set of them. A module's own: its event loop must not outlive it
    in a shared worker.
    """
    path = shutil.which("chromium")
    assert path, "chromium is missing: scripts/ensure_test_tools.sh installs it"
    started: dict[tuple[str, ...], Browser] = {}
    with sync_playwright() as playwright:

        def make(*more: str) -> Browser:
            if more not in started:
                started[more] = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more])
            return started[more]

        yield make
        for browser in started.values():
            browser.close()


@pytest.fixture
def chromium(request: pytest.FixtureRequest, launch: Launch) -> Browser:
    """The browser of a test: one that draws maps, unless the test is marked `without_map`."""
    return launch(*([BLIND] if request.node.get_closest_marker("without_map") else []))


Open = Callable[..., Window]


@pytest.fixture
def open_window(chromium: Browser, service: Service) -> Iterator[Open]:
    """Open the page in a language and theme; `signed_in`: with the role's link; `at`: another service; `before`: a script that runs first."""
    opened: list[Window] = []

    def make(
        language: str = "zh-CN",
        theme: str = "dark",
        *,
        signed_in: bool = True,
        size: tuple[int, int] = (1280, 800),
        role: str = "dispatcher",
        at: Service | None = None,
        before: str = "",
    ) -> Window:
        where = at or service
        context = chromium.new_context(
            locale=LOCALES[language], viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", device_scale_factor=COARSE
        )  # fmt: skip
        context.set_default_timeout(WAIT_MS)
        window = Window(context.new_page())
        opened.append(window)
        listen(window, where.address)
        window.page.add_init_script(f"localStorage.setItem('fm-theme', '{theme}');{before}")
        window.page.goto(f"{where.address}/#token={where.tokens[role]}" if signed_in else where.address)
        if signed_in and not before:
            window.page.wait_for_selector("[data-testid=map][data-ready=true]")
        return window

    yield make
    for window in opened:
        window.page.context.close()
    for window in opened:
        assert not window.errors, window.errors
        assert not window.abroad


TAKEN = re.compile(r"/incidents/[0-9a-f]{32}/callers$")
"""Who called is hidden as soon as another desk, the town's own too, has taken the incident; a page may ask in that very moment."""


def listen(window: Window, address: str) -> None:
    """Keep what the page says and asks for."""

    def said(message: ConsoleMessage) -> None:
        if "403" in message.text and TAKEN.search(message.location["url"]):
            return
        if message.type == "error" or message.text.startswith("no words for"):
            window.errors.append(message.text)

    def answered(response: Response) -> None:
        if response.status >= 400 and not (response.status == 403 and TAKEN.search(response.url)):
            window.errors.append(f"{response.request.method} {response.url}: {response.status}")

    def asked(url: str) -> None:
        if not url.startswith((address, "blob:", "data:")):
            window.abroad.append(url)

    window.page.on("console", said)
    window.page.on("response", answered)
    window.page.on("pageerror", lambda error: window.errors.append(str(error)))
    window.page.on("request", lambda request: asked(request.url))
    window.page.on(
        "request", lambda request: window.sent.append((request.method, request.url, request.post_data or ""))
    )
