"""`make tour`: walks through every screen of the living demo in both languages, light and dark, at the desk and on the phone, and pictures each.

Idea: what is ugly is seen only side by side, and what keeps somebody out is found by asking on every screen. So each point of every walk is pictured four
times and judged by axe (WCAG 2.2 A and AA) and for words that are cut; the pictures become one sheet a screen in docs/tour, with a table of what was found.
Words given choose walks. Ends with 1 where anything was found. Limits: the town lives, so no two tours are equal; a whole one takes a quarter of an hour.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any, cast

import httpx
from playwright.sync_api import Browser, Error, Page, sync_playwright

from scripts.tour.sheets import View, write_index, write_sheet
from scripts.tour.walks import PHONE, WALKS, Town, Walk
from tests.browser.conftest import FLAGS, LOCALES, WAIT_MS, Service, demo
from tests.browser.steps import barriers, cut_off
from tests.support.person import person, signed
from tests.support.service import Running

ROOT = Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "docs" / "tour"
THEMES = ("light", "dark")
LIVE_FOR_S = 60.0
SHARP = 0.75
SHOP = {"name": "书香阁书店", "name_en": "Shuxiang Bookshop"}
APART_DEG = 0.006
"""A call nearer than this could be taken for another about the same."""


@dataclass
class Tour:
    """What was seen so far: a picture and the barriers found, by screen and by view."""

    shots: dict[str, dict[View, bytes]] = field(default_factory=lambda: defaultdict(dict))
    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def look(self, page: Page, name: str, view: View) -> None:
        """Picture and judge one point of a walk."""
        self.shots[name][view] = page.screenshot()
        self.found[name] += [f"{' '.join(view)}: {each}" for each in [*barriers(page, ROOT), *cut_off(page)]]


def main(words: list[str]) -> int:
    """Walk all ways, or those that are named; 0 where nothing was found, 2 where a name is none."""
    tour, walks = Tour(), [walk for walk in WALKS if not words or walk.steps.__name__ in words]
    if {walk.steps.__name__ for walk in walks} < set(words):
        print("the walks are", *(walk.steps.__name__ for walk in WALKS), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), quiet=False) as service:
        print(f"the town lives for {LIVE_FOR_S:.0f} s before the first picture", flush=True)
        time.sleep(LIVE_FOR_S)
        town = _town(service)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
            for language in LOCALES:
                for theme in THEMES:
                    print(f"{language} {theme} …", flush=True)
                    for walk in walks:
                        for size in walk.sizes:
                            _walk(browser, walk, size, (language, theme), town, tour)
            OUT.mkdir(parents=True, exist_ok=True)
            for name, views in tour.shots.items():
                write_sheet(browser, views, OUT / f"{name}.webp")
            browser.close()
    write_index(OUT, {name: len(tour.found[name]) for name in tour.shots})
    for name, barriers_there in tour.found.items():
        print(*(f"{name} {each}" for each in barriers_there), sep="\n", end="\n" if barriers_there else "")
    total = sum(map(len, tour.found.values()))
    print(f"{sum(map(len, tour.shots.values()))} pictures of {len(tour.shots)} screens; {total} barriers")
    return 1 if total else 0


def _walk(browser: Browser, walk: Walk, size: tuple[int, int], view: View, town: Town, tour: Tour) -> None:
    """One walk in a window of its own. A point that is not reached is found, too."""
    phone = size == PHONE
    context = browser.new_context(
        locale=LOCALES[view[0]], viewport=cast(Any, {"width": size[0], "height": size[1]}), reduced_motion="reduce", color_scheme=cast(Any, view[1]),
        device_scale_factor=SHARP, has_touch=phone, is_mobile=phone,
    )  # fmt: skip
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.add_init_script(f"localStorage.setItem('fm-theme', '{view[1]}')")
    name = walk.steps.__name__
    try:
        for name in walk.steps(page, town):
            tour.look(page, f"{name}-phone" if phone and len(walk.sizes) > 1 else name, view)
    except (Error, AssertionError) as error:
        tour.found[name].append(f"{' '.join(view)}: the walk stops after this: {error}")
    finally:
        context.close()


def _town(service: Service) -> Town:
    """The demo as the walks need it."""
    beside = cast(Running, service)
    numbers = count()

    def rows(sort: str) -> list[dict[str, Any]]:
        headers = {"authorization": f"Bearer {service.tokens['dispatcher']}"}
        found = httpx.get(f"{service.address}/feed/snapshot", headers=headers, timeout=60.0).json()["set"]
        return [row for key, row in found.items() if key.startswith(f"{sort}/")]

    def sign_in(role: str, **place: str) -> str:
        return str(person(beside, f"{role} {token_hex(3)}", role, **place).sign_in()["token"])

    def venue() -> dict[str, Any]:
        """A shop that the town does not know, about which nobody else calls: nobody but who is looked at answers for it."""
        about = [(row["lon"], row["lat"]) for row in rows("incident") if row["lon"] is not None]
        near = next(
            row
            for row in rows("venue")
            if row["team_id"] and all(abs(row["lon"] - x) + abs(row["lat"] - y) > APART_DEG for x, y in about)
        )
        number = next(numbers)
        shop = {name: near[name] for name in ("lon", "lat", "district", "station_id")}
        shop |= {"venue_id": f"SHOP{number}", "category": "shop", **SHOP}
        team = {"team_id": f"SHOP{number}", "venue_id": f"SHOP{number}", "name": SHOP["name"], "minimum": 1}
        headers = {"authorization": f"Bearer {service.tokens['admin']}"}
        for table, row in (("venues", shop), ("teams", team)):
            httpx.put(
                f"{service.address}/registers/{table}", json=[row], headers=headers, timeout=60.0
            ).raise_for_status()
        return {"id": f"SHOP{number}", "team_id": f"SHOP{number}"}

    def team() -> tuple[str, Any]:
        at = venue()
        with signed(beside, sign_in("lead", team_id=at["team_id"])) as client:
            link = client.post(f"/teams/{at['team_id']}/enrolment", json={}).raise_for_status().json()["link"]

        def call() -> None:
            headers = {"authorization": f"Bearer {service.tokens['dispatcher']}"}
            body = {"type_code": "medical", "venue_id": at["id"]}
            httpx.post(
                f"{service.address}/calls", json=body, headers=headers, timeout=60.0
            ).raise_for_status()

        return (
            f"{service.address.replace('127.0.0.1', 'localhost')}/responder/#{link.partition('#')[2]}",
            call,
        )

    return Town(
        service.address,
        service.tokens,
        rows,
        sign_in,
        team,
        lambda: sign_in("lead", team_id=venue()["team_id"]),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
