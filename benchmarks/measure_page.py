"""How smooth the page is while thousands of crews move: frame times of a real browser on a service that already runs.

`python -m benchmarks.measure_page --data DIR [--crews 3000] [--seconds 15]` (DIR: the folder of a running `firstminute demo --quiet-town`) enrols the
crowd, drives it a fix a second and prints one JSON line for each view. Limits: software graphics; long tasks of the page's own thread are what counts,
frames say as much about the machine as about the page.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.support.crowd import Crowd

FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
)
WATCH = """
seconds => new Promise(done => {
  const frames = [], tasks = []
  const watcher = new PerformanceObserver(list => { for (const each of list.getEntries()) tasks.push(each.duration) })
  watcher.observe({ type: 'longtask' })
  const begun = performance.now()
  let last = begun
  const step = now => {
    frames.push(now - last)
    last = now
    if (now - begun < seconds * 1000) return requestAnimationFrame(step)
    watcher.disconnect()
    done({ frames: frames.slice(1), tasks })
  }
  requestAnimationFrame(step)
})
"""


def main() -> int:
    """Measure the quiet page, then the crowded one, far and near."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--data", type=Path, required=True)
    ask.add_argument("--address", default="http://127.0.0.1:8135")
    ask.add_argument("--crews", type=int, default=3_000)
    ask.add_argument("--seconds", type=float, default=15.0)
    ask.add_argument("--enrolled", action="store_true", help="the crowd is there already")
    said = ask.parse_args()
    lines = (said.data / "record" / "tokens-first-start.txt").read_text().splitlines()
    tokens = dict(line.split("\t", 1) for line in lines)
    station, middle = _station(said.address, tokens["dispatcher"])
    crowd = Crowd(said.address, tokens, count=said.crews, middle=middle)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{said.address}/#token={tokens['dispatcher']}")
        page.wait_for_selector("[data-testid=map][data-ready=true]", timeout=90_000)
        page.wait_for_timeout(8_000)
        print(json.dumps({"view": "before", **_told(page.evaluate(WATCH, said.seconds))}), flush=True)
        if not said.enrolled:
            crowd.enrol(station["id"], station["district"])
        crowd.drive(1.0)
        for view, keys in (("far", "0"), ("near", "+++")):
            for key in keys:
                page.get_by_test_id("map").locator("canvas").focus() if key == "+" else None
                page.keyboard.press(key)
                page.wait_for_timeout(800)
            driving = threading.Thread(target=crowd.keep_driving, args=(said.seconds + 6,))
            driving.start()
            page.wait_for_timeout(3_000)
            print(json.dumps({"view": view, **_told(page.evaluate(WATCH, said.seconds))}), flush=True)
            driving.join()
        browser.close()
    return 0


def _station(address: str, token: str) -> tuple[dict[str, Any], tuple[float, float]]:
    request = urllib.request.Request(f"{address}/feed/snapshot", headers={"authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        rows = json.load(answer)["set"]
    stations = [row for key, row in rows.items() if re.match("station/", key)]
    middle = (
        sum(row["lon"] for row in stations) / len(stations),
        sum(row["lat"] for row in stations) / len(stations),
    )
    return stations[0], middle


def _told(found: dict[str, list[float]]) -> dict[str, float]:
    frames, tasks = sorted(found["frames"]), found["tasks"]
    total = sum(frames) / 1000
    return {
        "frames_per_s": round(len(frames) / total, 1), "frame_p50_ms": round(frames[len(frames) // 2], 1),
        "frame_p95_ms": round(frames[int(len(frames) * 0.95)], 1), "frame_most_ms": round(frames[-1], 1),
        "long_tasks_per_s": round(len(tasks) / total, 2), "long_task_most_ms": round(max(tasks, default=0.0), 1),
        "long_task_share": round(sum(tasks) / 1000 / total, 3),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
