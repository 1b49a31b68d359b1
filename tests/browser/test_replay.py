"""The time slider in a browser, on the real service: a closed incident is replayed, nothing in it acts, what is live is not missed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.steps import barriers, chosen, cut_off, expect, take_call, venue_names

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Service

pytestmark = pytest.mark.without_map


def test_a_closed_incident_is_replayed_as_the_past_and_escape_is_the_present(
    open_window: Open, service: Service, repository: Path
) -> None:
    window = open_window()
    page, keys = window.page, window.page.keyboard
    incident = take_call(
        window, f"有人偷东西 #盗窃 @{venue_names(window.page, service)[12]} +13900007777", at_once=True
    )
    row = chosen(window, service)
    keys.press("d")
    expect(incident.get_by_test_id("responders").locator("li").first).to_be_visible()
    desk = httpx.Client(
        base_url=service.address,
        headers={"authorization": f"Bearer {service.tokens['dispatcher']}"},
        timeout=60,
    )
    about = f"/incidents/{row['id']}"
    assert desk.post(f"{about}/stand-down", json={"reason": "false_alarm"}).status_code == 200
    for responder_id in desk.get(about).json()["safety"]:
        desk.post(f"{about}/safety", json={"responder_id": responder_id, "safe": True})
    closed = desk.post(f"{about}/close", json={"outcome": "resolved"})
    assert closed.status_code == 200, closed.text
    expect(incident).to_have_count(0)

    page.goto(page.url.partition("#")[0] + f"#pack/{row['id']}")
    page.get_by_test_id("pack").get_by_role("button", name="回放").press("Enter")
    asked = page.get_by_test_id("replay")
    expect(asked.get_by_role("combobox").last.locator("option")).to_have_count(2)
    asked.get_by_role("combobox").last.select_option("review")
    asked.get_by_role("button").press("Enter")
    slider = page.get_by_test_id("slider")
    expect(slider).to_contain_text(re.compile(r"回放 \d\d:\d\d:\d\d，非实时"))
    expect(page.locator(".room.past")).to_be_visible()
    expect(page.get_by_text("所选警情在此时刻未处于开启状态")).to_be_visible()

    keys.press("ArrowRight")
    expect(incident).to_be_visible()
    expect(incident).to_contain_text(row["label"])
    expect(slider).to_contain_text("立警情")
    assert incident.get_by_role("button").all_inner_texts() == [incident.locator(".where").inner_text()]
    posted = len([1 for method, *_ in window.sent if method == "POST"])
    for key in "dacsluqy":
        keys.press(key)
    assert len([1 for method, *_ in window.sent if method == "POST"]) == posted, "nothing acts in the past"
    assert "13900007777" not in page.content() and "有人偷东西" not in incident.inner_text()
    crew = incident.get_by_test_id("responders").locator("li:not(.over)")
    for _ in range(8):
        if crew.count():
            break
        keys.press("ArrowRight")
    expect(crew.first).to_be_visible()

    said = desk.post(
        "/calls",
        json={
            "text": "有人持刀",
            "type_code": "armed_attack",
            "place": {"lon": row["lon"], "lat": row["lat"]},
        },
    )
    assert said.status_code == 201
    expect(page.get_by_test_id("past-waiting")).to_contain_text(re.compile(r"实时新警情 \d+ 起"))
    assert [*barriers(page, repository), *cut_off(page)] == []

    slider.get_by_role("slider").press("End")
    expect(incident).to_have_count(0)
    slider.get_by_role("button", name="60×").press("Enter")
    bar = slider.get_by_role("slider")
    bar.press("Home")
    began = bar.get_attribute("aria-valuetext") or ""
    slider.get_by_role("button", name="播放").press("Enter")
    expect(bar).not_to_have_attribute("aria-valuetext", began)
    keys.press("Escape")
    expect(slider).to_have_count(0)
    expect(page.locator(".room.past")).to_have_count(0)
    expect(
        page.get_by_test_id("queue").locator(f"[data-incident='{said.json()['incident_id']}']")
    ).to_be_visible()
    desk.close()
    window.errors[:] = [
        each for each in window.errors if "403" not in each
    ]  # another desk took it: its caller is hidden
