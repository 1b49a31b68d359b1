"""What takes two, on the page: a share is offered by one commander, agreed to by another, seen at every desk, and ended; so are notices to many, which one may
send alone where nobody answers."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.people import enter, somebody, window
from tests.browser.steps import barriers, cut_off, expect, take_call, venue_names

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Service

pytestmark = pytest.mark.without_map
MUSTERED = 800


@pytest.fixture(scope="module", autouse=True)
def unanswered(service: Service) -> str:
    """A notice to many that a commander proposed when these tests began and that nobody answers: a minute later one may send it alone. Its place."""
    with httpx.Client(
        base_url=service.address, headers={"authorization": f"Bearer {service.tokens['commander']}"}
    ) as desk:
        venues = list[Any]()
        until_s = time.monotonic() + 90.0
        while len(venues) < MUSTERED and time.monotonic() < until_s:  # the town musters as it starts
            time.sleep(0.5)
            found = desk.get("/feed/snapshot").json()["set"]
            venues = [
                row for key, row in sorted(found.items()) if key.startswith("venue/") and row["on_duty"]
            ]
        venue = venues[0]
        said = {"text": "smells of gas", "type_code": "gas_leak", "venue_id": venue["id"]}
        path = f"/incidents/{desk.post('/calls', json=said).json()['incident_id']}/keep-away"
        reached = (
            desk.get(path, params={"radius_m": radius_m}).json() for radius_m in range(500, 5_000, 250)
        )
        many = next(each for each in reached if each["second"])
        asked = desk.post(
            path, json={"radius_m": many["radius_m"], "reason": "gas", "advice": ["close_doors"]}
        )
        assert asked.status_code == 202, asked.text
        return str(venue["name_en"] or venue["name"])


def called(page: Page, service: Service, type_code: str, number: int) -> None:
    """An incident at a venue, reported over HTTP, and chosen on the page."""
    headers = {"authorization": f"Bearer {service.tokens['dispatcher']}"}
    with httpx.Client(base_url=service.address, headers=headers) as desk:
        found = desk.get("/feed/snapshot").json()["set"]
        venue = [row for key, row in sorted(found.items()) if key.startswith("venue/") and row["on_duty"]][
            number
        ]
        said = {"text": "x", "type_code": type_code, "venue_id": venue["id"]}
        assert desk.post("/calls", json=said).json()["incident_id"]
    line = page.get_by_test_id("queue").locator("li button", has_text=venue["name_en"] or venue["name"])
    line.first.dispatch_event("click")
    expect(page.get_by_test_id("incident")).to_be_visible()


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
    called(first.page, service, "noise", 300)
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
    for key in (";", "!"):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        found += [f"{key}: {each}" for each in [*barriers(page, repository), *cut_off(page)]]
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert not found, "\n".join(found)


def test_a_notice_to_few_goes_out_to_many_takes_two_or_a_commander_whom_nobody_answers(
    open_window: Open, chromium: Browser, service: Service, unanswered: str
) -> None:
    opened, second = open_window("en", role="commander"), somebody(service, "commander")
    page = opened.page
    called(page, service, "gas_leak", 400)
    page.keyboard.press("!")
    form, reach, standing = (page.get_by_test_id(each) for each in ("keepaway", "reach", "standing"))
    few = form.get_by_role("button", name=re.compile("^Tell "))
    radius = form.get_by_role("combobox", name="How far around")
    expect(form).to_contain_text("Leave if you can do so safely.")
    expect(form).to_contain_text("能安全离开就离开。")

    def around(wanted: str) -> str:
        """The first radius that reaches somebody and of which the form says this."""
        radius.select_option("5000")
        for metres in ("200", "300", "500", "1000", "2000"):
            with page.expect_response(re.compile(f"radius_m={metres}$")):
                radius.select_option(metres)
            expect(reach).to_contain_text(re.compile("Reaches|Nobody"))
            page.wait_for_timeout(200)
            if wanted in reach.inner_text():
                return metres
        raise AssertionError(reach.inner_text())

    metres = around("It goes out at once")
    form.get_by_label("Why").fill("gas")
    few.press("Enter")
    expect(standing.locator("li")).to_contain_text(f"{metres} m around")
    standing.get_by_role("button", name="Take it back").press("Enter")
    standing.get_by_label("Why it is taken back").fill("too wide an area")
    page.keyboard.press("Enter")
    expect(standing).to_contain_text("No notice stands")
    many = around("somebody else must say yes first")
    form.get_by_label("Why").fill("gas")
    few.press("Enter")
    waits = page.get_by_test_id("keepaway-waits")
    own = waits.filter(has_text=f"{many} m around")
    expect(own).to_contain_text(re.compile(r"may be sent alone in \d:\d\d"))
    expect(own.get_by_role("button", name="Yes, do it")).to_have_count(0)
    old = waits.filter(has_text="Close doors")
    expect(old).to_contain_text(
        "nobody has answered"
    )  # it was asked a minute ago, when the first of these tests began
    old.get_by_label("Why it cannot wait").fill("the cloud drifts towards the school")
    old.get_by_role("button", name="Do it alone").press("Enter")
    expect(page.get_by_test_id("keepaway-alone")).to_contain_text("another person reviews it")
    expect(standing).to_contain_text(unanswered)
    with window(chromium, service) as other:
        enter(other, second)
        expect(other.get_by_test_id("queue")).to_be_visible()
        other.keyboard.press("!")
        asked, alone = other.get_by_test_id("keepaway-waits"), other.get_by_test_id("keepaway-alone")
        expect(asked).to_contain_text(f"{many} m around")
        asked.get_by_role("button", name="Yes, do it").press("Enter")
        expect(asked).to_have_count(0)
        expect(alone).to_contain_text("the cloud drifts towards the school")
        alone.get_by_role("button", name="It was right").press("Enter")
        expect(alone).to_have_count(0)
    expect(standing.locator("li")).to_have_count(2)
    expect(page.get_by_test_id("keepaway-alone")).to_have_count(0)
