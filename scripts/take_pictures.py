"""Takes the pictures of the page in docs/images: the real service, the demo city some minutes after its start, both languages.

Idea: a picture in the README is a promise, so it is never drawn or touched up; `make pictures` takes it again, and
`python -m scripts.take_pictures REPORT.html NAME` that of a replay. Limits: the town's people are seeded but the clock is not, so no two pictures are
equal; a reader looks at them before they are committed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, LOCALES, demo

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CALLS = {"zh-CN": "东门两个人打起来了 #打架 @南门", "en": "two men fighting at the gate #fight @Dongmen"}
REPORT_SIZE = {"width": 1200, "height": 2200}
LIVE_FOR_S = 100.0
SETTLE_MS = 15_000


def main(words: list[str]) -> int:
    """Take the picture of a report, or start the demo, let it live, and take two a language; 0 where all were taken."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("error: chromium is missing: scripts/ensure_test_tools.sh installs it", file=sys.stderr)
        return 1
    if words:
        _report(chromium, Path(words[0]), words[1])
        return 0
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), quiet=False) as service:
        time.sleep(LIVE_FOR_S)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            for language in LOCALES:
                _take(browser, f"{service.address}/#token={service.tokens['dispatcher']}", language)
            browser.close()
    return 0


def _report(chromium: str, page: Path, name: str) -> None:
    """The first screen of a replay report and its map."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        opened = browser.new_page(viewport=REPORT_SIZE, color_scheme="light")  # type: ignore[arg-type]
        opened.goto(page.resolve().as_uri())
        opened.screenshot(path=IMAGES / f"{name}.png")
        browser.close()
    print(f"took docs/images/{name}.png")


def _take(browser: Browser, link: str, language: str) -> None:
    """Sign in, open the most urgent incident and take its picture; take a call and take its picture."""
    size = {"width": 1600, "height": 1000}
    context = browser.new_context(locale=LOCALES[language], viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(link)
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2 * SETTLE_MS)
    _picture(page, f"page-{language}.png")
    page.keyboard.press("n")
    page.keyboard.type(CALLS[language], delay=30)
    page.get_by_test_id("recommendation").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    _picture(page, f"page-call-{language}.png")
    context.close()


def _picture(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / name)
    print(f"took docs/images/{name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
