"""What the page's own thread works at between two pictures, read from Chromium's trace.

Idea: every task of the renderer's main thread stands in the trace with its wall and its processor time; a picture begins where the page's animation
callback runs. What falls between two beginnings is the work of a picture. Processor time does not count what other programs on the machine did
meanwhile. Limits: work of other threads (tiles, drawing) is not the main thread's.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import Any

from playwright.sync_api import Browser, Page

CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
RUN = """
seconds => new Promise(done => {
  const until = performance.now() + seconds * 1000
  const step = now => now < until ? requestAnimationFrame(step) : done()
  requestAnimationFrame(step)
})
"""


def work_of_frames(browser: Browser, page: Page, seconds: float) -> dict[str, float]:
    """Milliseconds of work a picture on the page's main thread: median, 95th percentile, most; in processor and in wall time."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.evaluate(RUN, seconds)
    return read_trace(json.loads(browser.stop_tracing())["traceEvents"])


def read_trace(events: list[dict[str, Any]]) -> dict[str, float]:
    """Figures of a trace; raises ValueError where it shows no pictures."""
    starts: dict[tuple[int, int], list[float]] = {}
    for event in events:
        if event.get("name") == "FireAnimationFrame":
            starts.setdefault((event["pid"], event["tid"]), []).append(event["ts"])
    if not starts:
        raise ValueError("the trace shows no animation frames: was the page visible?")
    thread, begun = max(starts.items(), key=lambda item: len(item[1]))
    begun.sort()
    wall, busy = [0.0] * len(begun), [0.0] * len(begun)
    for event in events:
        if event.get("name") != "RunTask" or (event["pid"], event["tid"]) != thread:
            continue
        frame = bisect_right(begun, event["ts"] + event.get("dur", 0)) - 1
        if 0 <= frame < len(begun):
            wall[frame] += event.get("dur", 0) / 1000
            busy[frame] += event.get("tdur", event.get("dur", 0)) / 1000
    wall, busy = sorted(wall[:-1]), sorted(busy[:-1])
    span_s = (begun[-1] - begun[0]) / 1e6
    told = {"frames_per_s": round(len(busy) / span_s, 1), "busy_share": round(sum(busy) / 1000 / span_s, 3)}
    for name, values in (("work", busy), ("wall", wall)):
        for label, share in (("p50", 0.5), ("p95", 0.95), ("most", 1.0)):
            told[f"{name}_{label}_ms"] = round(values[min(len(values) - 1, int(share * len(values)))], 2)
    return told
