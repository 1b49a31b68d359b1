"""Administration in a real browser: a newcomer sets a district up from an empty service; rows are changed, seen in their history and imported with errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Service
from tests.browser.steps import barriers, cut_off
from tests.support.service import VENUES, drawn, start

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Window

pytestmark = pytest.mark.without_map


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Service]:
    """A service with a map and nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    city, ground = drawn(VENUES)
    found = start(
        folder / "data",
        ground,
        city,
        env={"FIRSTMINUTE_WEB_DIR": str(repository / "web" / "dist")},
    )
    try:
        yield Service(found.address, found.tokens, found.data)
    finally:
        found.stop()


def _window(
    open_window: Open,
    at: Service,
    role: str = "admin",
    language: str = "en",
    theme: str = "dark",
    **more: object,
) -> Window:
    window = open_window(language, theme, role=role, at=at, before=" ", **more)
    window.page.wait_for_selector("[data-testid=setup]" if role == "admin" else "[data-testid=map]")
    return window


def _open(
    open_window: Open,
    at: Service,
    role: str = "admin",
    language: str = "en",
    theme: str = "dark",
    **more: object,
) -> Page:
    return _window(open_window, at, role, language, theme, **more).page


def _import_example(page: Page, table: str, folder: Path, form: str = "CSV") -> None:
    box = page.get_by_test_id(f"upload-{table}")
    with page.expect_download() as taken:
        box.get_by_role("button", name=re.compile(rf"^{form}")).click()
    file = folder / taken.value.suggested_filename
    taken.value.save_as(file)
    box.locator("input[type=file]").set_input_files(file)
    expect(box.locator("p.ok")).to_be_visible()
    assert not box.locator("table").count(), "the example refers to rows that are there"
    box.locator("button.primary").click()
    expect(box.locator("button.primary")).to_be_hidden()


def test_a_newcomer_sets_a_district_up_and_holds_the_first_drill(
    open_window: Open, fresh: Service, tmp_path: Path
) -> None:
    page = _open(open_window, fresh)
    expect(page.get_by_text("1 of 6 done")).to_be_visible()
    for step, tables in (
        ("places", ("districts", "stations")),
        ("zones", ("zones",)),
        ("venues", ("venues", "teams")),
        ("units", ("units",)),
    ):
        expect(page.get_by_test_id(f"step-{step}")).to_have_attribute("open", "")
        for table in tables:
            _import_example(page, table, tmp_path, "GeoJSON" if table == "zones" else "CSV")
    expect(page.get_by_text("5 of 6 done")).to_be_visible()
    desk = _open(open_window, fresh, role="dispatcher")
    desk.locator("header").get_by_role("button", name="Settings").click()
    desk.get_by_role("button", name="Registers").click()
    expect(desk.get_by_text("5 of 6 done")).to_be_visible()
    expect(desk.get_by_test_id("nobody")).to_contain_text("No members yet")
    desk.get_by_role("button", name="Call the team").click()
    desk.get_by_role("button", name="It stands").click()
    expect(desk.get_by_test_id("stood")).to_be_visible()
    expect(desk.get_by_text("6 of 6 done")).to_be_visible()


def test_a_row_is_added_changed_and_removed_by_keyboard_alone(open_window: Open, fresh: Service) -> None:
    page = _open(open_window, fresh)

    def go(selector: str, most: int = 60) -> None:
        for _ in range(most):
            if page.locator(selector).and_(page.locator(":focus")).count():
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard never reaches {selector}")

    go("nav button:has-text('Agencies')")
    page.keyboard.press("Enter")
    go("[data-testid=register] button.primary")
    page.keyboard.press("Enter")
    expect(page.locator("#f-agency_id")).to_be_focused()
    page.keyboard.type("999")
    go("#f-name")
    page.keyboard.type("水务抢修")
    page.keyboard.press("Enter")
    row = page.get_by_role("button", name="999", exact=True)
    expect(row).to_be_visible()
    go("td button:has-text('999')")
    page.keyboard.press("Enter")
    go("#f-name_en")
    page.keyboard.type("Water works")
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="Water works")).to_be_visible()
    go("td button:has-text('999')")
    page.keyboard.press("Enter")
    history = page.get_by_test_id("history")
    expect(history.get_by_text("Changed", exact=True)).to_be_visible()
    expect(history).to_contain_text("Water works")
    go("[data-testid=row] button:has-text('Remove')")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(row).to_be_hidden()


def test_a_file_with_bad_rows_says_which_and_imports_nothing(
    open_window: Open, fresh: Service, tmp_path: Path
) -> None:
    window = _window(open_window, fresh)
    page = window.page
    page.locator("nav").get_by_role("button", name="Stations").click()
    expect(page.get_by_test_id("register").get_by_role("status")).not_to_contain_text("Loading")
    before = page.get_by_test_id("register").get_by_role("status").inner_text()
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "station_id,name,lon,lat,district,colour\nS8,One,113.3,23.1,X-D1,\nS9,,abc,23.1,X-D1,\nS8,Two,913.3,23.1,X-D1,blue\n",
        encoding="utf-8",
    )
    page.get_by_role("button", name="Import a file").click()
    page.locator("input[type=file]").set_input_files(bad)
    table = page.get_by_role("dialog").locator("table")
    for words in (
        "must be a number",
        "is missing",
        "there is no such field",
        "stands twice in the file",
        "lies outside the world",
    ):
        expect(table).to_contain_text(words)
    expect(page.get_by_role("dialog")).to_contain_text("nothing was imported")
    assert {error.rpartition(" ")[2] for error in window.errors} <= {"422", "Entity)"}, window.errors
    window.errors.clear()
    odd = tmp_path / "odd.json"
    odd.write_text(
        json.dumps(
            [{"station_id": "S7", "name": "Elsewhere", "lon": 113.3, "lat": 23.1, "district": "NOWHERE"}]
        ),
        encoding="utf-8",
    )
    page.locator("input[type=file]").set_input_files(odd)
    expect(page.get_by_role("dialog")).to_contain_text("is not in Districts")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("register").get_by_role("status")).to_have_text(before)


def test_rows_are_found_and_exported_and_sealed_fields_stay_when_others_change(
    open_window: Open, fresh: Service, tmp_path: Path
) -> None:
    page = _open(open_window, fresh)
    page.request.put(
        f"{fresh.address}/registers/members",
        headers={"authorization": f"Bearer {fresh.tokens['admin']}", "content-type": "application/json"},
        data=json.dumps(
            [
                {"member_id": f"K{n}", "team_id": "X-T1", "name": f"Name {n}", "phone": "+86 1"}
                for n in range(70)
            ]
        ),
    )
    page.locator("nav").get_by_role("button", name="Members").click()
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("tbody tr")).to_have_count(70)
    page.get_by_label("Search keys and names").fill("K69")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="K69").click()
    page.get_by_text("more fields").click()
    expect(page.locator("#f-phone")).to_have_attribute("placeholder", "sealed; type to replace")
    page.locator("#f-language").fill("en")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Export CSV").click()
    taken.value.save_as(tmp_path / "members.csv")
    assert "K69" in (tmp_path / "members.csv").read_text("utf-8-sig") and "Name 69" not in (
        tmp_path / "members.csv"
    ).read_text("utf-8-sig")


def test_the_desk_looks_and_does_not_write(open_window: Open, fresh: Service) -> None:
    desk = _open(open_window, fresh, role="commander")
    desk.locator("header").get_by_role("button", name="Settings").click()
    desk.get_by_role("button", name="Registers").click()
    desk.locator("nav").get_by_role("button", name="Districts").click()
    expect(desk.get_by_test_id("register")).to_be_visible()
    assert not desk.get_by_role("button", name="New row").count()
    desk.get_by_role("button", name="Back to the room").click()
    expect(desk.get_by_test_id("map")).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize(
    ("language", "theme"), [("zh-CN", "light"), ("zh-CN", "dark"), ("en", "light"), ("en", "dark")]
)
def test_axe_finds_no_barrier_in_the_administration(
    language: str, theme: str, size: tuple[int, int], open_window: Open, service: Service, repository: Path
) -> None:
    page = _open(open_window, service, language=language, theme=theme, size=size)
    found: list[str] = []

    def judge(name: str) -> None:
        found.extend(f"{name}: {each}" for each in [*barriers(page, repository), *cut_off(page)])

    for step in page.locator("[data-testid=setup] summary").all():
        step.click()
    judge("set-up")
    for name in ("venues", "stations", "incident_types", "receivers"):
        page.evaluate(
            "name => { const s = document.querySelector('nav select'); s.value = name; s.dispatchEvent(new Event('change')) }",
            name,
        )
        page.wait_for_selector("tbody tr, .none")
        judge(name)
    page.evaluate(
        "() => { const s = document.querySelector('nav select'); s.value = 'stations'; s.dispatchEvent(new Event('change')) }"
    )
    page.wait_for_selector("tbody tr")
    page.locator("tbody td button").first.click()
    page.wait_for_selector("[data-testid=history] li")
    judge("row")
    page.keyboard.press("Escape")
    page.locator(".bar button").nth(1).click()
    page.wait_for_selector("dialog input[type=file]")
    judge("import")
    assert not found, "\n".join(found)
