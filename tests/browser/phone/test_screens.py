"""Every screen of the responder's page: how soon the desk sees a touch, whether all fits and lies at the thumb, and how small the page is."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import COARSE
from tests.browser.phone.acting import accept, check_in, roll
from tests.browser.phone.conftest import LEAST_PX, SMALL, TALL, Open, local
from tests.browser.steps import barriers
from tests.support.phones import Crew
from tests.support.service import Running, wait_until

pytestmark = pytest.mark.without_map


SETTLED_MS = 4_000
"""The map on software graphics has drawn what was chosen, or the desk's own drawing is measured."""
CODE = re.compile(r"^[a-z]+(?:[._][a-z]+)+$")
OVERLAP = """() => { const boxes = [...document.querySelectorAll('main > header > *')].map(each => {
    const range = document.createRange(); range.selectNodeContents(each); const text = range.getBoundingClientRect()
    return text.width ? text : each.getBoundingClientRect() })
    return boxes.flatMap((a, k) => boxes.slice(k + 1).filter(b =>
        a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length }"""
"""How many pairs of things in the head of the page lie over each other, as their words are drawn."""
TOUCH_SEEN = {"I am coming": "sent", "Leaving now": "on the way", "I am there": "there"}
SEES = """word => { window.sees = new Promise(done => { const look = () =>
    [...document.querySelectorAll('[data-testid=responders] .states')].some(each => each.textContent.includes(word)) ? done(Date.now()) : setTimeout(look, 10)
    look() }) }"""


def test_the_dispatcher_sees_the_responders_touch_within_a_second(
    open_phone: Open, team: Crew, chromium: Browser, record_property: Callable[[str, object], None]
) -> None:
    phone = open_phone(team, "en")
    check_in(phone, team)
    context = chromium.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 800}, device_scale_factor=COARSE
    )
    desk = context.new_page()
    desk.goto(f"{local(team.service)}/#token={team.service.tokens['dispatcher']}")
    desk.wait_for_selector("[data-testid=map][data-ready=true]")
    venue = next(row for row in team.service.city.registers["venues"] if row.venue_id == team.team.venue_id)
    team.call("medical")
    desk.get_by_test_id("queue").locator(
        "li button", has_text=venue.name_en or venue.name
    ).first.dispatch_event("click")
    desk.get_by_test_id("responders").wait_for()
    phone.page.get_by_test_id("alert").wait_for()
    phone.page.evaluate("document.addEventListener('click', () => (window.touched = Date.now()), true)")
    took: dict[str, float] = {}
    for button, word in TOUCH_SEEN.items():
        desk.wait_for_timeout(SETTLED_MS)
        desk.evaluate(SEES, word)
        phone.page.get_by_role("button", name=button).last.click()
        took[word] = desk.evaluate("window.sees") - phone.page.evaluate("window.touched")
    context.close()
    record_property("touch_seen_ms", took)
    assert sorted(took.values())[1] <= 1_000, took


@pytest.mark.parametrize(("language", "theme", "size", "elder"), [
    ("zh-CN", "dark", TALL, False), ("zh-CN", "light", TALL, True), ("en", "light", TALL, False), ("en", "dark", TALL, True),
    ("en", "dark", SMALL, False), ("zh-CN", "light", SMALL, False), ("zh-CN", "dark", SMALL, True), ("en", "light", SMALL, True),
])  # fmt: skip
def test_every_screen_is_without_barriers_fits_and_lies_at_the_thumb(
    language: str,
    theme: str,
    size: tuple[int, int],
    elder: bool,
    open_phone: Open,
    team: Crew,
    repository: Path,
) -> None:
    phone = open_phone(team, language, theme, size=size, elder=elder)
    page = phone.page
    shots = repository / "build" / "responder"

    def judge(name: str) -> None:
        page.wait_for_timeout(150)
        expect(page.locator(".acts button:disabled")).to_have_count(0)
        shown = re.split(r"[\n·,:：，]+", page.locator("body").inner_text())
        assert not [word for word in shown if CODE.match(word.strip())], name
        view = page.locator("main.page").bounding_box()
        assert view is not None and view["height"] >= size[1] / 4, (name, "room to read")
        page.screenshot(path=shots / f"{name}-{language}-{theme}-{size[0]}{'-elder' if elder else ''}.png")
        if size == TALL:  # the same elements in the same colours on the small one
            assert barriers(page, repository) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
        for button in page.locator("footer .act:visible").all():
            box = button.bounding_box()
            assert box is not None and box["height"] >= LEAST_PX, (name, box)
        primary = page.locator("footer .primary:visible, footer .go:visible").last
        if primary.count():
            box = primary.bounding_box()
            assert box is not None and box["y"] + box["height"] / 2 >= size[1] / 2, (name, "the thumb's half")
            assert box["y"] + box["height"] <= size[1], (name, "in view")

    judge("off")
    page.locator("footer .primary").click()
    expect(page.locator(".status.on")).to_be_visible()
    judge("test")
    page.locator("footer .primary").click()
    assert wait_until(lambda: roll(team) == (1, 1), 60.0), (roll(team), page.inner_text("body"))
    judge("on")
    page.locator("header button").click()
    judge("settings")
    page.locator("footer .primary").click()
    team.call("medical")
    page.get_by_test_id("alert").wait_for()
    judge("alert")
    accept(phone)
    judge("task")
    page.locator("footer .go").click()
    expect(page.locator(".two .go")).to_have_count(0)
    page.locator("footer .go").click()
    judge("there")
    page.locator("footer .go").click()
    page.get_by_test_id("feedback").wait_for()
    judge("feedback")


def test_who_opens_the_first_page_with_his_link_is_led_to_the_page_on_duty(
    open_phone: Open, team: Crew, repository: Path
) -> None:
    """A member and a lead, in both languages, on a phone: one large button, and nothing in the head lies over anything."""
    member = team.phone().headers["authorization"].removeprefix("Bearer ")
    for token, language, go in (
        (member, "en", "Open the duty page"),
        (member, "zh-CN", "打开值守页"),
        (team.token, "en", "Open the duty page"),
    ):
        phone = open_phone(None, language)
        page = phone.page
        page.goto(f"{local(team.service)}/?1#token={token}")
        link = page.get_by_role("link", name=go)
        expect(link).to_have_count(1)
        box = link.bounding_box()
        assert box is not None and box["height"] >= LEAST_PX and box["width"] > TALL[0] / 2
        page.screenshot(path=repository / "build" / "responder" / f"first-{language}.png")
        assert (
            page.evaluate(OVERLAP) == 0 and page.evaluate("document.documentElement.scrollWidth") <= TALL[0]
        )
        link.click()
        expect(page.locator(".status")).to_be_visible()
        assert urlsplit(page.url).path == "/responder/"


def test_the_page_is_small_and_can_be_installed(city: Running, repository: Path) -> None:
    dist = repository / "web" / "dist"
    html = (dist / "responder" / "index.html").read_text("utf-8")
    named = [
        dist / path for path in re.findall(r'(?:src|href)="/([^"]+)"', html) if path.startswith("assets/")
    ]
    packed = sum(len(gzip.compress(path.read_bytes())) for path in named)
    assert packed <= 60_000 and not any(
        "maplibre" in path.read_text("utf-8", "ignore")[:2_000] for path in named
    ), packed
    manifest = json.loads((dist / "responder" / "manifest.webmanifest").read_text("utf-8"))
    assert manifest["display"] == "standalone" and manifest["scope"] == manifest["start_url"] == "/responder/"
    for icon in manifest["icons"]:
        assert (dist / icon["src"].lstrip("/")).exists(), icon
    assert "/responder/manifest.webmanifest" in html
