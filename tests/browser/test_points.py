"""Must-visit points in a real browser: a patrol ticks one and leaves one out by keyboard; the desk's layer follows, the patrol card prints them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from firstminute.app.secrets import Tokens
from firstminute.model.envelope import Actor
from tests.browser.conftest import Service
from tests.browser.steps import barriers, cut_off

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Open

pytestmark = pytest.mark.without_map
POINTS = {"B0": "North gate", "B1": "South gate"}


@pytest.fixture
def unit(service: Service) -> Iterator[dict[str, Any]]:
    """A foot patrol on duty, with two points that are open now whatever the hour."""
    with httpx.Client(base_url=service.address, timeout=30.0) as client:

        def ask(method: str, path: str, role: str = "admin", **more: Any) -> Any:
            headers = {"authorization": f"Bearer {service.tokens[role]}"}
            return client.request(method, path, headers=headers, **more).raise_for_status().json()

        shown = ask("GET", "/feed/snapshot", "dispatcher")["set"]
        found = next(row for row in shown.values() if row.get("kind") == "foot" and row["on_duty"])
        place = {name: found[name] for name in ("lon", "lat", "district", "station_id")}
        common = {**place, "from_min": 0, "until_min": 1440, "unit_ids": [found["id"]], "note": "look behind"}
        made = [
            {"point_id": key, "name": name, "name_en": name, **common, "lat": place["lat"] + 0.005}
            for key, name in POINTS.items()
        ]
        ask("PUT", "/registers/must_visits", json=made)
        yield found
        for key in POINTS:
            ask("DELETE", f"/registers/must_visits/{key}")


def test_a_patrol_ticks_its_points_by_keyboard_and_the_desk_sees_it(
    open_window: Open, service: Service, unit: dict[str, Any], repository: Path
) -> None:
    desk = open_window("en").page
    token = Tokens(service.data).add(Actor(id="browser-crew", role="patrol", unit_id=unit["id"]))
    desk.keyboard.press(".")
    layer = desk.get_by_role("checkbox", name="Must-visit points")
    expect(layer).to_be_checked()
    desk.get_by_test_id("map-points").locator("summary").click()
    seen = desk.get_by_test_id("map-points").locator("[data-point=B0]")
    expect(seen).to_have_attribute("data-state", "open")
    phone = open_window("en", signed_in=False, size=(412, 860)).page
    phone.goto(f"{service.address}/?patrol#token={token}")
    points = phone.get_by_test_id("points")
    north, south = points.locator("[data-point=B0]"), points.locator("[data-point=B1]")
    expect(north.get_by_role("status")).to_have_text("open")
    assert [*barriers(phone, repository), *cut_off(phone)] == []
    north.get_by_role("button", name="I was here: North gate").focus()
    phone.keyboard.press("Enter")
    expect(north.get_by_role("status")).to_contain_text("own touch")
    expect(seen).to_have_attribute("data-state", "visited")
    expect(seen).to_contain_text(unit["call_sign"])
    south.get_by_role("button", name="Leave out …: South gate").focus()
    phone.keyboard.press("Enter")
    phone.keyboard.type("closed")
    phone.keyboard.press("Tab")
    phone.keyboard.type("works")
    phone.keyboard.press("Enter")
    expect(south.get_by_role("status")).to_contain_text("closed off · works")
    assert [*barriers(phone, repository), *barriers(desk, repository), *cut_off(desk)] == []
    layer.uncheck()
    expect(desk.get_by_test_id("map-points")).to_have_count(0)
    layer.check()
    desk.evaluate("id => (location.hash = 'sheet/patrol/' + id)", unit["id"])
    card = desk.get_by_test_id("sheet")
    expect(card).to_contain_text("North gate")
    expect(card).to_contain_text("00:00–24:00")
