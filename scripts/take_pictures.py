"""Takes the pictures of the page in docs/images: the real service, the demo city some minutes after its start, both languages.

Idea: a picture in the README is a promise, so it is never drawn or touched up; `make pictures` takes it again. Limits: the town's people are seeded but the
clock is not, so no two pictures are equal; a reader looks at them before they are committed.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
FLAGS = (
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LANGUAGES = {"zh-CN": "zh-CN", "en": "en-GB"}
LIVE_FOR_S = 100.0
START_WITHIN_S = 300.0
SETTLE_MS = 15_000


def main() -> int:
    """Start the demo, let it live, take one picture a language; 0 where both were taken."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("error: chromium is missing: scripts/ensure_test_tools.sh installs it", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said.txt"
        with said.open("w") as out:
            command = [
                str(Path(sys.executable).with_name("firstminute")),
                "demo",
                "--port",
                "0",
                "--lang",
                "en",
            ]
            demo = subprocess.Popen(
                [*command, "--data", f"{folder}/data"], stdout=out, stderr=subprocess.STDOUT
            )
        try:
            link = _link(demo, said)
            time.sleep(LIVE_FOR_S)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
                for language in LANGUAGES:
                    _take(browser, link, language)
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)
    return 0


def _link(demo: subprocess.Popen[bytes], said: Path) -> str:
    """The dispatcher's login link, once the demo has printed it."""
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until and demo.poll() is None:
        found = re.search(r"dispatcher: (http\S+#token=\S+)", said.read_text())
        if found:
            return found.group(1)
        time.sleep(0.5)
    raise RuntimeError(f"the demo did not start:\n{said.read_text()}")


def _take(browser: Browser, link: str, language: str) -> None:
    """Sign in, open the most urgent incident that crews are on their way to, and take the picture."""
    size = {"width": 1600, "height": 1000}
    context = browser.new_context(locale=LANGUAGES[language], viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(link)
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2 * SETTLE_MS)
    path = IMAGES / f"page-{language}.png"
    page.screenshot(path=path)
    print(f"took docs/images/{path.name}")
    context.close()


if __name__ == "__main__":
    sys.exit(main())
