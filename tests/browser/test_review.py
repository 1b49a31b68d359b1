"""Reviews: figures with their charts, as pictures, as a table, in both languages, without losing sight of the room."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.steps import barriers, cut_off, expect, take_call

if TYPE_CHECKING:
    from tests.browser.conftest import Open

pytestmark = pytest.mark.without_map
CHARTS = ("promises", "trend", "phases", "reasons")


@pytest.mark.parametrize(
    ("language", "theme", "size"),
    [("zh-CN", "dark", (1280, 800)), ("en", "light", (1280, 800)), ("en", "dark", (390, 844))],
)
def test_the_figures_stand_as_charts_and_tables_without_a_barrier(
    language: str, theme: str, size: tuple[int, int], open_window: Open, repository: Path
) -> None:
    window = open_window(language, theme, size=size)
    page = window.page
    page.goto(page.url.partition("#")[0] + "#review")
    for name in CHARTS:
        expect(page.get_by_test_id(f"chart-{name}")).to_be_visible()
    assert [*barriers(page, repository), *cut_off(page)] == []
    page.get_by_test_id("chart-trend").locator("summary").click()
    expect(page.get_by_test_id("chart-trend").locator("tbody tr")).to_have_count(24)
    assert barriers(page, repository) == []


def test_a_new_call_is_counted_and_the_figures_can_be_kept(open_window: Open, tmp_path: Path) -> None:
    window = open_window("en")
    page = window.page
    take_call(window, "#theft")
    page.get_by_role("link", name="Reviews").click()
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_test_id("review").get_by_role("status")).to_contain_text("incident")
    with page.expect_download() as table:
        page.get_by_role("button", name="CSV").click()
    table.value.save_as(tmp_path / "figures.csv")
    rows = list(csv.DictReader((tmp_path / "figures.csv").open(encoding="utf-8")))
    assert sum(int(row["count"]) for row in rows if row["part"] == "step") >= 1
    with page.expect_download() as picture:
        page.get_by_test_id("chart-promises").get_by_role("button").click()
    picture.value.save_as(tmp_path / "promises.png")
    assert (tmp_path / "promises.png").read_bytes().startswith(b"\x89PNG")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("review")).to_have_count(0)
    expect(page.get_by_test_id("map")).to_be_visible()


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_an_incident_has_a_pack_that_prints(
    language: str, theme: str, open_window: Open, repository: Path
) -> None:
    window = open_window(language, theme)
    page = window.page
    take_call(window, "#theft")
    page.get_by_test_id("incident").locator("a[href^='#pack/']").click()
    pack = page.get_by_test_id("pack")
    expect(pack.locator("h2")).to_have_count(4)
    assert [*barriers(page, repository), *cut_off(page)] == []
    page.emulate_media(media="print")
    expect(page.get_by_test_id("map")).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.keyboard.press("Escape")
    expect(pack).to_have_count(0)
