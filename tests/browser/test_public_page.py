"""The public page in a real browser, with JavaScript off and on: a lost child is reported, the answer is followed, nobody is shut out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import LOCALES, WAIT_MS, Open, Service, Window, listen
from tests.browser.steps import barriers, cut_off, rows, size_of
from tests.support import media

PHONE = {"width": 360, "height": 640}
Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, service: Service) -> Iterator[Visit]:
    """The page in a window of its own. `script`: whether JavaScript runs."""
    opened: list[Window] = []

    def make(
        path: str = "/report", language: str = "en", *, script: bool = True, theme: Any = "light", **more: Any
    ) -> Page:
        context = chromium.new_context(
            locale=LOCALES[language], viewport=more.pop("size", PHONE), color_scheme=theme, java_script_enabled=script, reduced_motion="reduce", **more
        )  # fmt: skip
        context.set_default_timeout(WAIT_MS)
        window = Window(context.new_page())
        opened.append(window)
        listen(window, service.address)
        window.page.goto(service.address + path)
        return window.page

    yield make
    for window in opened:
        window.page.context.close()
    for window in opened:
        refused = "422"  # what a test asked for
        assert not [each for each in window.errors if refused not in each], window.errors
        assert not window.abroad


def _seen(page: Page, service: Service, words: str) -> dict[str, Any]:
    found = [
        row
        for row in rows(page, service, "incident")
        if any(words in (call["text"] or "") for call in row["calls"])
    ]
    assert len(found) == 1
    return found[0]


def _code(page: Page) -> str:
    return page.locator(".code code").inner_text()


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_a_lost_child_is_reported_read_and_answered(
    script: bool, visit: Visit, open_window: Open, service: Service
) -> None:
    words = f"A girl of five is lost, red coat, script {script}"
    page = visit(script=script)
    page.get_by_label("What happened?").fill(words)
    page.get_by_label("Where?").fill("By the fountain")
    page.get_by_label("Photo").set_input_files(
        {"name": "girl.jpg", "mimeType": "image/jpeg", "buffer": media.picture(size=(800, 600))}
    )
    page.get_by_role("button", name="Send to the duty desk").click()
    expect(page.get_by_role("heading", name="We have it")).to_be_visible()
    code = _code(page)
    page.reload()
    assert _code(page) == code
    page.get_by_role("button", name="See what became of it").click()
    expect(page.locator("#state")).to_be_visible()
    row = _seen(page, service, words)
    assert (
        row["confidential"]
        and len(row["attachments"]) == 1
        and not {"team", "member"} & {each["kind"] for each in row["responders"]}
    )
    desk = open_window("en").page
    desk.locator(f"[data-incident='{row['id']}']").click()
    expect(desk.get_by_test_id("incident").get_by_text(words)).to_be_visible()
    desk.get_by_label("Answer whoever reported").fill("She is with us at the station.")
    desk.get_by_role("button", name="Answer", exact=True).click()
    expect(desk.get_by_text("She is with us at the station.")).to_be_visible()
    page.get_by_role("link", name="My report").click()
    page.get_by_label("Receipt code").fill(code.lower())
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_text("She is with us at the station.")).to_be_visible()


def test_a_place_whose_code_was_scanned_stands_in_the_form(visit: Visit, service: Service) -> None:
    page = visit(script=False)
    venue = rows(page, service, "venue")[5]
    page.goto(f"{service.address}/report?at={venue['id']}&lang=zh-CN")
    expect(page.get_by_text(venue["name"], exact=True)).to_be_visible()
    page.locator("#text").fill("消防通道被锁住了，来自二维码")
    page.locator("button.primary").click()
    expect(page.locator(".code")).to_be_visible()
    row = _seen(page, service, "消防通道被锁住了，来自二维码")
    assert row["venue_id"] == venue["id"]
    assert not {"team", "member"} & {each["kind"] for each in row["responders"]}
    assert venue["team_id"] not in {each["responder_id"] for each in row["recommendation"]["candidates"]}


def test_with_script_a_place_is_picked_on_the_map_by_touch_or_keyboard(
    visit: Visit, service: Service
) -> None:
    page = visit()
    page.get_by_role("button", name="Pick on the map").click()
    page.wait_for_selector(".map[data-ready=true]")
    box = page.locator(".map")
    box.scroll_into_view_if_needed()
    box.click(position={"x": 150, "y": 120})
    touched = (page.locator("#lon").input_value(), page.locator("#lat").input_value())
    assert all(touched)
    box.focus()
    page.keyboard.press("Enter")
    assert (page.locator("#lon").input_value(), page.locator("#lat").input_value()) != touched
    page.get_by_role("button", name="Remove the place").click()
    assert page.locator("#lon").input_value() == ""
    box.click(position={"x": 100, "y": 100})
    page.get_by_label("What happened?").fill("picked on the map")
    page.get_by_role("button", name="Send to the duty desk").click()
    expect(page.locator(".code")).to_be_visible()
    assert _seen(page, service, "picked on the map")["lon"] is not None


def test_the_phones_own_place_and_a_photo_that_is_taken_out_again(visit: Visit, service: Service) -> None:
    page = visit(geolocation={"longitude": 113.3, "latitude": 23.1}, permissions=["geolocation"])
    page.get_by_role("button", name="Where I am now").click()
    expect(page.locator("#place .place")).to_contain_text("23.1")
    large = media.picture(size=(4000, 3000), quality=98)
    page.get_by_label("Photo").set_input_files(
        [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": large} for n in (1, 2)]
    )
    expect(page.locator("#photos img")).to_have_count(2)
    page.get_by_role("button", name="Remove", exact=True).first.click()
    expect(page.locator("#photos img")).to_have_count(1)
    assert page.evaluate("document.querySelector('#photo').files.length") == 1


def test_nothing_said_is_told_and_what_was_said_stays(visit: Visit) -> None:
    page = visit(script=False)
    page.get_by_text("Your name and telephone").click()
    page.get_by_role("button", name="Send to the duty desk").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing has been said yet")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_axe_finds_no_barrier_on_any_public_page(
    language: str, theme: str, visit: Visit, service: Service, repository: Path
) -> None:
    page = visit(language=language, theme=theme)
    found: list[str] = []

    def judge(name: str) -> None:
        found.extend(f"{name}: {each}" for each in [*barriers(page, repository), *cut_off(page)])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    judge("form")
    assert (
        "rgb(11, 16, 22)" in page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        or theme == "light"
    )
    for target in (*page.get_by_role("button").all(), *page.get_by_role("link").all()):
        assert size_of(target)[1] >= 24, target
    page.locator("#text").fill(f"axe {language} {theme}")
    page.locator("#photo").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"})
    page.locator("button.primary").click()
    page.wait_for_selector(".code")
    judge("receipt")
    code = _code(page)
    for name, typed in (("known", code), ("unknown", "2222-2222-2222")):
        page.goto(f"{service.address}/report/follow?lang={language}")
        page.locator("#code").fill(typed)
        page.locator("button.primary").click()
        page.wait_for_selector("#state")
        judge(name)
    page.goto(f"{service.address}/report/notices?lang={language}")
    judge("notices")
    assert not found, "\n".join(found)


def test_the_whole_form_works_by_keyboard(visit: Visit) -> None:
    page = visit(script=False)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("#text:focus").count():
            break
    page.keyboard.type("by keyboard alone")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator("button.primary:focus").count():
            break
    page.keyboard.press("Enter")
    assert re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", _code(page))
