"""What takes two, on the page: a share is offered by one commander, agreed to by another, seen at every desk, and ended."""

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
    page.keyboard.press(";")
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
        page.keyboard.press(";")
        page.get_by_test_id("shares").get_by_role("button", name=re.compile("^Agree")).first.press("Enter")
        expect(page.get_by_test_id("shares")).to_contain_text("until")
        expect(page.get_by_test_id("shares")).not_to_contain_text("not agreed to yet")
    expect(offered).to_have_count(0)
    third = open_window("en")
    third.page.keyboard.press(";")
    expect(third.page.get_by_test_id("shares")).to_contain_text("shows")
    expect(third.page.get_by_role("dialog").get_by_role("combobox")).to_have_count(0)
    expect(third.page.get_by_test_id("shares").get_by_role("button")).to_have_count(0)
    first.page.get_by_test_id("shares").get_by_role("button", name=re.compile("^End")).first.press("Enter")
    expect(third.page.get_by_test_id("shares")).to_contain_text("Nothing is shared")


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "dark"), ("en", "light"), ("en", "contrast")])
def test_axe_finds_no_barrier_where_districts_share(
    language: str, theme: str, open_window: Open, service: Service, repository: Path
) -> None:
    opened = open_window(language, theme, role="commander")
    page = opened.page
    take_call(opened, f"#noise @{venue_names(page, service)[26]}", at_once=True)
    found: list[str] = []
    for key in (";",):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        found += [f"{key}: {each}" for each in [*barriers(page, repository), *cut_off(page)]]
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert not found, "\n".join(found)
