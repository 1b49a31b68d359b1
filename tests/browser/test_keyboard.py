"""The main flow without a mouse, and how far Tab has to go: keys, focus and what a screen reader is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from tests.browser.steps import expect, pick_another, take_call, venue_names

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Service

pytestmark = pytest.mark.without_map


def focused(page: Page) -> str:
    """The role and name of what has the keyboard, as a screen reader would find it."""
    return str(
        page.evaluate(
            "() => { const at = document.activeElement; return [at.tagName, at.getAttribute('aria-label') || at.innerText || at.name || ''].join(' ').trim() }"
        )
    )


def test_a_call_is_taken_overridden_marked_by_radio_stood_down_and_closed_without_a_mouse(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page, keys = window.page, window.page.keyboard
    incident = take_call(window, f"有人在楼下吵 #噪声 @{venue_names(page, service)[33]}", at_once=True)
    expect(page.locator("[data-candidate]").nth(1)).to_be_visible()
    keys.press("v")
    call_sign = pick_another(page).get_attribute("aria-label")
    assert call_sign is not None
    name = call_sign.removeprefix("派").strip()
    keys.press("Enter")
    keys.type("离得近")
    keys.press("Enter")
    crew = incident.get_by_test_id("responders").locator("li", has_text=name)
    expect(crew).to_be_visible()
    expect(page.get_by_test_id("recommendation")).to_be_focused()
    keys.press("r")
    keys.type(f"{name} 到")
    keys.press("Enter")
    expect(crew).to_contain_text("已到场")
    expect(page.get_by_test_id("spoken")).to_contain_text(name)
    keys.press("Escape")
    keys.press("s")
    assert focused(page).startswith("INPUT")
    keys.press("Enter")
    expect(incident.locator(".state")).to_have_text("已解除")
    well = incident.get_by_role("button", name="全部安全")
    expect(well).to_be_visible()
    keys.press("w")
    expect(well).to_have_count(0)
    keys.press("c")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(incident).to_have_count(0)
    expect(page.get_by_text("已结案")).to_be_visible()


def test_tab_reaches_every_region_and_the_queue_is_one_stop(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page = window.page
    take_call(window, f"#quarrel @{venue_names(page, service)[35]}")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.locator(".brand").click()
    stops: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        region = page.evaluate("document.activeElement.closest('aside')?.className.split(' ')[0] ?? ''")
        queue = page.evaluate("document.activeElement.closest('[data-testid=queue]') !== null")
        stops.append("queue" if queue else str(region))
        if page.evaluate("document.activeElement === document.body"):
            break
    assert stops.count("queue") == 1
    assert any(stop == "right" for stop in stops) and any(stop == "left" for stop in stops)
    outline = page.evaluate(
        "() => { const at = document.querySelector('[data-testid=queue] button'); at.focus(); return getComputedStyle(at).outlineStyle }"
    )
    assert outline != "none"


def test_the_arrows_walk_the_queue_and_enter_chooses(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page = window.page
    for number in (37, 38):
        take_call(window, f"#theft @{venue_names(page, service)[number]}")
        page.keyboard.press("Escape")
    items = page.get_by_test_id("queue").get_by_role("button")
    items.first.focus()
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(items.nth(1)).to_have_attribute("aria-current", "true")


def test_a_form_gives_the_keyboard_back_to_where_it_was(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page = window.page
    take_call(window, f"#theft @{venue_names(page, service)[39]}")
    button = page.get_by_role("button", name=re.compile("^Level"))
    button.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_single_letters_can_be_switched_off_for_people_who_speak_to_their_machine(open_window: Open) -> None:
    window = open_window("en")
    page = window.page
    page.keyboard.press(",")
    page.get_by_label("Single letters are keys").press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("new-call")).to_have_count(0)
    page.reload()
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^New call")).press("Enter")
    expect(page.get_by_test_id("text")).to_be_focused()


def test_a_place_is_found_by_its_english_name_without_a_mouse(open_window: Open) -> None:
    window = open_window("en")
    page = window.page
    page.keyboard.press("f")
    page.keyboard.type("jiefang av", delay=20)
    found = page.locator("li[role=option]").first
    expect(found).to_contain_text("Jiefang Avenue")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("map-card")).to_contain_text("Jiefang Avenue")
