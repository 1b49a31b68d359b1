"""Everybody can use it: on a phone, with letters twice as large, in a window four times as close, in high contrast, in either language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import BLIND, LOCALES, WAIT_MS
from tests.browser.steps import barriers, cut_off, expect, size_of, take_call, venue_names

if TYPE_CHECKING:
    from tests.browser.conftest import Launch, Open, Service

FORMS = "ltoxsc"
PANELS = "?m,"


@pytest.fixture
def large_letters(launch: Launch) -> Browser:
    """A browser whose reader set letters of 32 pixels where others have 16. It draws no map: only the room that is left for one is measured."""
    return launch("--blink-settings=defaultFontSize=32", BLIND)


@pytest.mark.without_map
@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_axe_finds_no_barrier_on_a_phone_in_the_room_the_call_and_every_form(
    language: str, theme: str, open_window: Open, service: Service, repository: Path
) -> None:
    window = open_window(language, theme, size=(390, 844))
    page = window.page
    assert barriers(page, repository) == []
    take_call(window, f"#medical @{venue_names(page, service)[41]}")
    expect(page.get_by_test_id("responders").locator("li").first).to_be_visible()
    assert barriers(page, repository) == []
    for key in "n" + PANELS + FORMS:
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open], [data-testid=new-call]")
        found = [*barriers(page, repository), *cut_off(page)]
        assert not found, "\n".join([key, *found])
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("incident")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("language", "size"), [("zh-CN", (1440, 900)), ("en", (1440, 900)), ("en", (390, 844))]
)
def test_letters_twice_as_large_hide_nothing_and_leave_the_map(
    language: str, size: tuple[int, int], large_letters: Browser, service: Service
) -> None:
    context = large_letters.new_context(
        locale=LOCALES[language], viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(f"{service.address}/#token={service.tokens['commander']}")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    _nothing_is_lost(page, venue_names(page, service)[43])
    context.close()


@pytest.mark.without_map
@pytest.mark.parametrize("size", [(320, 256), (320, 568), (720, 450)])
def test_a_window_as_narrow_as_four_times_closer_scrolls_one_way_only(
    size: tuple[int, int], open_window: Open, service: Service
) -> None:
    window = open_window("en", size=size)
    _nothing_is_lost(window.page, venue_names(window.page, service)[45])


def _nothing_is_lost(page: Page, venue: str) -> None:
    page.keyboard.press("n")
    page.keyboard.type(f"#fight @{venue}", delay=10)
    expect(page.get_by_test_id("recommendation")).to_be_visible()
    width, height = size_of(page.get_by_test_id("map"))
    assert width >= 150 and height >= 100
    found = cut_off(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("incident")).to_be_visible()
    for target in ("Clocks", "时限"):
        if page.get_by_label(target, exact=True).count():
            page.get_by_label(target, exact=True).scroll_into_view_if_needed()
    found += cut_off(page)
    for key in FORMS + PANELS:
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open]")
        found += [f"{key}: {each}" for each in cut_off(page)]
        page.keyboard.press("Escape")
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = page.get_by_role("button", name="Transfer").or_(page.get_by_role("button", name="移交"))
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()


def test_another_language_keeps_the_place_on_the_map_and_translates_its_streets(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    incident = take_call(window, f"#盗窃 @{venue_names(page, service)[47]}")
    mark = page.locator(".mark.chosen")
    expect(mark).to_be_in_viewport()
    for language, heading in (("English", "Who comes"), ("中文", "谁在来")):
        page.get_by_role("button", name=language, exact=True).click()
        expect(incident.get_by_role("heading", name=heading)).to_be_visible()
        page.wait_for_timeout(500)
        expect(mark).to_be_in_viewport()
        box, around = mark.bounding_box(), page.get_by_test_id("map").bounding_box()
        assert box is not None and around is not None
        assert abs(box["x"] + box["width"] / 2 - around["x"] - around["width"] / 2) < around["width"] / 4
