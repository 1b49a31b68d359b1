"""How much the page's own thread works while very many units move once a second, in a real browser on a real feed.

`python -m benchmarks.measure_page [--units 30000] [--seconds 15]` starts `benchmarks.moving_city`, opens the command room and prints one JSON line
for each view: the whole city, where units are dots, and a near one, where they are signs that glide. Asked for are 25 ms of work a picture in the
median. Limits: software graphics, so pictures a second say more about the machine than about the page; work is processor time of the main thread, see
`benchmarks.frames`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, WebSocket, sync_playwright

from benchmarks.frames import work_of_frames
from benchmarks.running import Running, chromium, open_room

SETTLE_MS = 6_000
STEP_MS = 900


def main() -> int:
    """Measure far and near; 0 where the median is within the bound."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--units", type=int, default=30_000)
    ask.add_argument("--seconds", type=float, default=15.0)
    ask.add_argument("--at-most-ms", type=float, default=25.0)
    said = ask.parse_args()
    good = True
    with (
        tempfile.TemporaryDirectory() as folder,
        Running(Path(folder), said.units) as city,
        sync_playwright() as playwright,
    ):
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        heard: list[int] = []
        page.on("websocket", lambda socket: _listen(socket, heard))
        open_room(page, city)
        page.wait_for_timeout(SETTLE_MS)
        for view, keys in (("far", "0"), ("near", "+++")):
            _look(page, keys)
            heard.clear()
            found = work_of_frames(browser, page, said.seconds)
            moved = sum(heard) // 16
            print(
                json.dumps(
                    {
                        "view": view,
                        "units": said.units,
                        "positions_per_s": round(moved / said.seconds),
                        **found,
                    }
                ),
                flush=True,
            )
            good &= found["work_p50_ms"] <= said.at_most_ms
        browser.close()
    return 0 if good else 1


def _look(page: Page, keys: str) -> None:
    for key in keys:
        if key == "+":
            page.get_by_test_id("map").locator("canvas").focus()
        page.keyboard.press(key)
        page.wait_for_timeout(STEP_MS)
    page.wait_for_timeout(SETTLE_MS // 2)


def _listen(socket: WebSocket, heard: list[int]) -> None:
    socket.on("framereceived", lambda frame: heard.append(len(frame)) if isinstance(frame, bytes) else None)


if __name__ == "__main__":
    sys.exit(main())
