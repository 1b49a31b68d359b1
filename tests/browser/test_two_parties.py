"""What takes two, on the page: a share is offered, agreed to by another and ended; people are told to keep away alone, and somebody else reviews it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.people import enter, somebody, window
from tests.browser.steps import barriers, cut_off, expect, take_call, venue_names

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Service


def _offer(page: Page, what: str | None = None) -> None:
    """Offer something by keyboard: the chosen incident, or a whole district."""
    page.keyboard.press("h")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if what is not None:
        dialog.get_by_role("combobox", name="What").select_option(what)
    if what != "incident":
        dialog.get_by_role("combobox", name="District that shows").select_option(index=1)
    dialog.get_by_role("combobox", name="District that may look").select_option(index=1)
    dialog.get_by_role("combobox", name="For how long").select_option("12")
    dialog.get_by_label("Why").fill("joint work at the border")
    page.keyboard.press("Enter")


def test_an_incident_is_offered_agreed_to_by_somebody_else_seen_by_all_and_ended(
    open_window: Open, chromium: Browser, service: Service
) -> None:
    first = open_window("en", role="commander")
    second = somebody(service, "commander")
    incident = take_call(first, f"Loud music #noise @{venue_names(first.page, service)[22]}", at_once=True)
    expect(incident).to_be_visible()
    _offer(first.page, "incident")
    offered = first.page.get_by_test_id("shares").locator("li").filter(has_text="not agreed to yet")
    expect(offered).to_have_count(1)
    with window(chromium, service) as page:
        enter(page, second)
        expect(page.get_by_test_id("queue")).to_be_visible()  # what is pressed here needs no map
        page.keyboard.press("h")
        page.get_by_test_id("shares").get_by_role("button", name=re.compile("^Agree")).first.press("Enter")
        expect(page.get_by_test_id("shares")).to_contain_text("until")
        expect(page.get_by_test_id("shares")).not_to_contain_text("not agreed to yet")
    expect(offered).to_have_count(0)
    third = open_window("en")
    third.page.keyboard.press("h")
    expect(third.page.get_by_test_id("shares")).to_contain_text("shows")
    expect(third.page.get_by_role("dialog").get_by_role("combobox")).to_have_count(0)
    expect(third.page.get_by_test_id("shares").get_by_role("button")).to_have_count(0)
    first.page.get_by_test_id("shares").get_by_role("button", name=re.compile("^End")).first.press("Enter")
    expect(third.page.get_by_test_id("shares")).to_contain_text("Nothing is shared")


def test_who_tells_many_to_keep_away_alone_says_why_and_another_commander_reviews_it(
    open_window: Open, chromium: Browser, service: Service
) -> None:
    first, desk = open_window("en", role="commander"), open_window("en")
    reviewer = somebody(service, "commander")
    page = first.page
    incident = take_call(first, f"Smell of gas #other @{venue_names(page, service)[24]}", at_once=True)
    page.keyboard.press("b")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="How far").select_option("2000")
    dialog.get_by_role("combobox", name="Why").select_option("gas")
    dialog.get_by_role("button", name="Tell them").press("Enter")
    strip = page.get_by_test_id("proposal")
    expect(strip).to_contain_text("another person must say yes")
    expect(strip.get_by_role("button", name="Yes, do it")).to_have_count(0)
    expect(desk.page.get_by_test_id("proposal").get_by_role("button", name="Yes, do it")).to_be_visible()
    why = strip.get_by_label("Why it cannot wait")
    expect(why).to_be_visible(timeout=120_000)
    why.fill("the gas is spreading towards the school")
    page.keyboard.press("Enter")
    done = page.get_by_test_id("alone")
    expect(done).to_contain_text("another person reviews it")
    expect(done.get_by_role("button")).to_have_count(0)
    expect(desk.page.get_by_test_id("alone")).to_contain_text("a commander reviews it")
    expect(incident).to_contain_text("Told to keep away")
    with window(chromium, service) as other:
        enter(other, reviewer)
        expect(other.get_by_test_id("queue")).to_be_visible()
        other.get_by_test_id("alone").get_by_role("button", name="It was right").press("Enter")
        expect(other.get_by_test_id("alone")).to_have_count(0)
    expect(done).to_have_count(0)


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "dark"), ("en", "light"), ("en", "contrast")])
def test_axe_finds_no_barrier_where_districts_share_and_people_are_told(
    language: str, theme: str, open_window: Open, service: Service, repository: Path
) -> None:
    opened = open_window(language, theme, role="commander")
    page = opened.page
    take_call(opened, f"#noise @{venue_names(page, service)[26]}", at_once=True)
    found: list[str] = []
    for key in ("h", "b"):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        found += [f"{key}: {each}" for each in [*barriers(page, repository), *cut_off(page)]]
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert not found, "\n".join(found)
