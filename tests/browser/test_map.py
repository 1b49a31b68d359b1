"""Everything on one map: layers, search, who is there in time, coverage, measuring and drawing, by keyboard and pointer, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Service
from tests.browser.steps import barriers, cut_off, expect, rows
from tests.support.service import running, wait_until

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Window

STILL_MS = 4_000
"""So long the map is drawn once more after a page was opened."""


def asked(window: Window, path: str) -> list[str]:
    """What the page asked the service for, by the beginning of its path."""
    return [url for _, url, _ in window.sent if re.search(rf"//[^/]+{path}", url)]


def touch(page: Page, *places: tuple[float, float]) -> None:
    """Click on the map, at shares of its width and height."""
    box = page.get_by_test_id("map").bounding_box()
    assert box is not None
    for x, y in places:
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def ask(page: Page, service: Service, path: str) -> Any:
    """What the service answers the dispatcher."""
    headers = {"authorization": f"Bearer {service.tokens['dispatcher']}"}
    answer = page.request.get(f"{service.address}{path}", headers=headers)
    assert answer.ok, answer.text()
    return answer.json()


def test_layers_are_switched_by_keyboard_and_remembered(open_window: Open) -> None:
    page = open_window("en").page
    page.keyboard.press(".")
    expect(page.get_by_role("heading", name="Layers")).to_be_visible()
    venues = page.get_by_role("checkbox", name=re.compile("Venues, with who is on duty"))
    expect(venues).to_be_checked()
    venues.focus()
    page.keyboard.press("Space")
    expect(venues).not_to_be_checked()
    foot = page.get_by_role("checkbox", name=re.compile("foot patrol"))
    foot.uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("map-card")).to_be_hidden()
    page.reload()
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.keyboard.press(".")
    expect(venues).not_to_be_checked()
    expect(foot).not_to_be_checked()
    venues.check()
    foot.check()


def test_a_place_is_found_by_pinyin_crossing_and_coordinates_and_shows_who_is_there_in_time(
    open_window: Open, service: Service
) -> None:
    window = open_window("zh-CN")
    page = window.page
    page.keyboard.press("f")
    page.keyboard.type("rmgc", delay=20)
    expect(page.locator("li[role=option]").first).to_contain_text("人民广场")
    with page.expect_response(re.compile("/circle")) as answered:
        page.keyboard.press("Enter")
    rings = [each["properties"]["minutes"] for each in answered.value.json()["features"]]
    assert rings == [1, 3, 5]
    expect(page.get_by_test_id("map-card")).to_contain_text("人民广场")
    with page.expect_response(re.compile("/circle.*mode=car")):
        page.get_by_test_id("spot-mode").select_option("car")
    hit = ask(page, service, "/search?q=rmgc")["places"][0]
    lon, lat = hit["lon"], hit["lat"]
    for words in (f"{lon}, {lat}", f"{lat} {lon}", f"wgs84 {lat},{lon}"):
        (found,) = ask(page, service, f"/search?q={words}")["places"]
        assert found["sort"] == "point"
        assert (found["lon"], found["lat"]) == pytest.approx((lon, lat))
    (moved,) = ask(page, service, f"/search?q=gcj {lon},{lat}")["places"]
    assert moved["datum"] == "gcj02"
    streets = [
        each["name"] for each in ask(page, service, "/search?q=路")["places"] if each["sort"] == "street"
    ]
    assert streets


def test_the_call_form_finds_places_in_the_same_way(open_window: Open) -> None:
    page = open_window("zh-CN").page
    page.keyboard.press("n")
    page.get_by_test_id("place").fill("renminguang")
    expect(page.locator("li[role=option]").first).to_contain_text("人民广场")
    page.keyboard.press("Escape")


def test_coverage_is_drawn_street_by_street_and_said_in_words(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page = window.page
    page.get_by_test_id("tool-layers").click()
    before = page.get_by_test_id("map").locator("canvas").screenshot()
    with page.expect_response(re.compile("/coverage/bands")) as answered:
        page.locator("[data-layer=coverage]").check()
    assert set(answered.value.body()) <= {0, 1, 3, 5}
    expect(page.get_by_test_id("coverage-said")).to_have_text(
        re.compile(r"1 min \d+%, 3 min \d+%, 5 min \d+% of [\d,.]+ km of streets")
    )
    expect(page.get_by_text(re.compile("nobody in 5 min: "))).to_be_visible()
    page.wait_for_timeout(500)
    assert page.get_by_test_id("map").locator("canvas").screenshot() != before
    row = rows(page, service, "coverage")[0]
    unit = next(each for each in rows(page, service, "unit") if each["on_duty"])
    headers = {"authorization": f"Bearer {service.tokens['commander']}"}
    with page.expect_response(re.compile("/coverage/bands")):
        page.request.post(f"{service.address}/units/{unit['id']}/off-duty", headers=headers, data="{}")
    assert row["metres"] > 0
    assert len(asked(window, "/coverage/streets")) == 1, "the streets are loaded once"
    page.locator("[data-layer=coverage]").uncheck()


def test_lengths_are_measured_over_the_ground_and_along_the_streets(open_window: Open) -> None:
    window = open_window("en")
    page = window.page
    page.get_by_test_id("tool-measure").click()
    touch(page, (0.5, 0.5), (0.52, 0.52))
    measured = page.get_by_test_id("measured")
    expect(measured).to_contain_text(
        re.compile(r"Over the ground\s*[\d.,]+ k?m\s*Along the streets\s*[\d.,]+ k?m · \d+:\d\d")
    )
    text = measured.inner_text().replace(",", "")
    ground, streets = (
        float(n) * (1000 if unit == "km" else 1) for n, unit in re.findall(r"([\d.]+) (km|m)\b", text)
    )
    assert streets >= ground * 0.95
    page.get_by_role("button", name="Undo").click()
    expect(measured).to_be_hidden()
    page.get_by_role("button", name="Use the middle of the map").press("Enter")
    expect(measured).to_be_visible()


def test_what_is_drawn_stays_in_this_window_and_says_so(open_window: Open) -> None:
    window = open_window("en")
    page = window.page
    page.get_by_test_id("tool-draw").click()
    page.get_by_role("radio", name="area").check()
    touch(page, (0.6, 0.6), (0.7, 0.7), (0.6, 0.8))
    page.get_by_test_id("drawing-name").fill("<b>cordon</b>")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_test_id("drawings")).to_contain_text("<b>cordon</b>")
    expect(page.get_by_text(re.compile("Only on this screen"))).to_be_visible()
    kept = json.loads(page.evaluate("sessionStorage.getItem('fm-map-drawn')"))
    assert [(each["shape"], len(each["points"])) for each in kept] == [("area", 3)]
    page.reload()
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.get_by_test_id("tool-draw").click()
    page.get_by_role("button", name="Remove <b>cordon</b>").click()
    expect(page.get_by_test_id("drawings")).to_be_hidden()
    assert not [body for method, _, body in window.sent if method == "POST" and "cordon" in body]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    ("theme", "size"), [("dark", (1280, 800)), ("light", (1280, 800)), ("dark", (390, 844))]
)
def test_every_tool_is_without_barriers_and_nothing_is_cut(
    open_window: Open, repository: Path, language: str, theme: str, size: tuple[int, int]
) -> None:
    page = open_window(language, theme, size=size).page
    page.get_by_test_id("tool-layers").click()
    page.locator("[data-layer=coverage]").check()
    expect(page.get_by_test_id("coverage-said")).to_be_visible()
    assert [*barriers(page, repository), *cut_off(page)] == []
    page.locator(
        "[data-layer=coverage]"
    ).uncheck()  # drawn by the processor here, at every picture of the map
    for tool in ("spot", "measure", "draw"):
        page.get_by_test_id(f"tool-{tool}").click()
        expect(page.get_by_test_id("map-card")).to_be_visible()
        assert [*barriers(page, repository, within="[data-testid=map-card]"), *cut_off(page)] == []


def test_a_crew_that_moves_is_painted_again_and_again_where_the_processor_draws(
    open_window: Open, tmp_path: Path
) -> None:
    """In a town where nothing else moves: the crew is off duty, so that no coverage changes with it. What comes soon after waits for its turn."""
    with running(tmp_path, venues=60) as town:
        page = open_window("en", at=Service(town.address, town.tokens, town.data)).page
        canvas = page.get_by_test_id("map").locator("canvas")
        unit: Any = town.city.registers["units"][0]
        stations: Any = town.city.registers["stations"]
        with town.client("device") as device:
            page.wait_for_timeout(STILL_MS)
            for station in stations[:2]:
                before = canvas.screenshot()
                fix = {"unit_id": unit.unit_id, "lon": station.lon + 0.004, "lat": station.lat + 0.004}
                assert device.post("/positions", json=[fix]).json()["kept"] == 1
                assert wait_until(lambda then=before: canvas.screenshot() != then, 20.0)
