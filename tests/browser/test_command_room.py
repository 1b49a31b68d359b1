"""The command room as its people use it: by keyboard, on the real service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.steps import barriers, chosen, expect, take_call, venue_names

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Service

CODE = re.compile(r"^[a-z]+(?:[._][a-z]+)+$")


def test_a_call_taken_by_keyboard_alone_alerts_people_and_its_arrival_is_on_the_map(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    name = venue_names(page, service)[0]
    take_call(window, f"两个摊主打起来了 #打架 @{name}")
    writes = [(method, url.rpartition("/")[2]) for method, url, _ in window.sent if "/calls" in url]
    assert writes[0] == ("POST", "calls") and [method for method, _ in writes].count("POST") == 1
    assert len(writes) > 1, "the call was saved before it was whole"

    incident = page.get_by_test_id("incident")
    expect(incident.get_by_role("heading", name="打架斗殴")).to_be_visible()
    expect(incident).to_contain_text(name)
    crews = incident.get_by_test_id("responders").locator("li", has=page.locator("text=/^\\d{3}$/"))
    expect(crews.first).to_be_visible()
    call_sign = crews.first.locator(".who > span").first.inner_text()

    page.keyboard.press("r")
    page.keyboard.type(f"{call_sign} 到")
    page.keyboard.press("Enter")
    expect(crews.filter(has_text=call_sign)).to_contain_text("已到场")
    expect(page.locator(".mark.chosen.there")).to_be_visible()
    expect(incident.get_by_label("时间线")).to_contain_text("到场")

    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.get_by_label("误报").check()
    page.keyboard.press("Tab")
    page.get_by_role("dialog").get_by_role("button", name="结案").press("Enter")
    expect(page.get_by_text("已结案")).to_be_visible()
    expect(page.locator(".mark.chosen")).to_have_count(0)


@pytest.mark.without_map
def test_who_called_is_seen_at_once_by_its_desk_and_the_look_is_on_record(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page, phone = window.page, "13800137000"
    name = venue_names(page, service)[7]
    incident = take_call(window, f"楼道有人争吵 #纠纷 @{name}")
    headers = {"authorization": f"Bearer {service.tokens['dispatcher']}", "content-type": "application/json"}
    row = chosen(window, service)
    assert row["callers_shown"], row["holder"]
    call_id = row["calls"][0]["call_id"]
    page.request.patch(
        f"{service.address}/calls/{call_id}",
        headers=headers,
        data={"caller_phone": phone, "caller_name": "周女士"},
    )
    expect(incident.get_by_label("报警")).to_contain_text(f"周女士 · {phone}")


@pytest.mark.without_map
def test_the_town_answers_and_a_second_screen_sees_it(open_window: Open, service: Service) -> None:
    first, second = open_window("en"), open_window("zh-CN")
    name = venue_names(first.page, service)[5]
    take_call(first, f"A man collapsed #cardiac @{name}")
    other = second.page.get_by_test_id("queue").get_by_role("button", name="心脏骤停")
    expect(other).to_be_visible()
    other.click()
    comes = second.page.get_by_test_id("responders").locator(".good, .there")
    expect(comes.first).to_be_visible(timeout=90_000)


@pytest.mark.without_map
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_code_of_the_core_is_shown_in_place_of_a_word(
    language: str, open_window: Open, service: Service
) -> None:
    window = open_window(language)
    page = window.page
    take_call(window, f"火 #fire @{venue_names(page, service)[12]}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_test_id("responders").locator("li").first).to_be_visible()
    shown = set(re.split(r"[\n·,:：，]+", page.locator("body").inner_text()))
    assert not [word for word in shown if CODE.match(word.strip())]


@pytest.mark.parametrize(
    ("language", "theme"),
    [
        ("zh-CN", "dark"),
        *(pytest.param("en", each, marks=pytest.mark.without_map) for each in ("light", "contrast")),
    ],
)
def test_axe_finds_no_barrier_in_the_room_the_call_and_the_sheets(
    language: str, theme: str, open_window: Open, service: Service, repository: Path
) -> None:
    window = open_window(language, theme)
    page = window.page
    take_call(window, f"有人受伤 #medical @{venue_names(page, service)[20]}")
    expect(page.get_by_test_id("responders").locator("li").first).to_be_visible()
    found = barriers(page, repository)
    assert not found, "\n".join(found)
    for key in ("?", ",", "m", "c", "l", "t", "o", "x", "s", "n"):
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open], [data-testid=new-call]")
        found = barriers(page, repository)
        assert not found, "\n".join([key, *found])
        page.keyboard.press("Escape")


@pytest.mark.without_map
def test_a_token_leaves_the_address_and_a_wrong_one_is_told_so(open_window: Open, service: Service) -> None:
    good = open_window("en")
    assert "token" not in good.page.url
    assert all("token=" not in url for _, url, _ in good.sent)
    wrong = open_window("en", signed_in=False)
    wrong.page.get_by_role("button", name="With a token").click()
    wrong.page.get_by_label("Token").fill("not-a-token-of-this-place-at-all")
    wrong.page.get_by_role("button", name="Sign in").click()
    expect(wrong.page.get_by_role("alert")).to_contain_text("not known")
    wrong.errors[:] = [error for error in wrong.errors if "401" not in error]
    wrong.page.get_by_label("Token").fill(f"{service.address}/#token={service.tokens['dispatcher']}")
    wrong.page.get_by_role("button", name="Sign in").click()
    wrong.page.wait_for_selector("[data-testid=map][data-ready=true]")


def test_escape_never_loses_a_word_and_a_phone_shows_queue_and_map(open_window: Open) -> None:
    window = open_window("en", size=(390, 844))
    page = window.page
    page.keyboard.press("n")
    expect(page.get_by_test_id("new-call")).to_be_visible()
    page.keyboard.type("Somebody shouts", delay=10)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("new-call")).to_be_hidden()
    for _ in range(60):
        if any("Somebody shouts" in body for _, url, body in window.sent if "/calls" in url):
            break
        page.wait_for_timeout(500)
    else:
        raise AssertionError("what was typed was never sent")
    expect(page.get_by_test_id("map")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Incidents"))).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
