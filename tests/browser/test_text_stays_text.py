"""Text that wants to be more than text, in every field a person or a register can fill: the page shows it letter for letter and runs none of it.

Bad inputs 19 to 21 of the project's list. A window that wrote an error to its console, a broken policy for content among them, fails by itself (conftest).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser.steps import expect, rows
from tests.support import media

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Service

pytestmark = pytest.mark.without_map
RUNS = "window.hit=1"
MARKUP = f'<img src=x onerror="{RUNS}">'
STRINGS = (
    MARKUP, f"<svg/onload={RUNS}>", f"</script><script>{RUNS}</script>", f'"><iframe srcdoc="<script>parent.{RUNS}</script>">', f"javascript:{RUNS}",
    f"data:text/html,<script>{RUNS}</script>", f"[x](javascript:{RUNS})", f"<a href=javascript:{RUNS}>x</a>", "{{7*7}}", "${7*7}", "{@html 7*7}", "%n%s",
    "<style>*{display:none}</style>", "&lt;b&gt;&#x3c;i&#x3e;",
)  # fmt: skip
LOOK = "() => [window.hit ?? 0, document.querySelectorAll('img[src=x], iframe, a[href^=\"javascript\"], svg[onload], article style').length]"


def spoil(client: httpx.Client, table: str, key: str, **fields: str) -> str:
    """Write markup into a row of a register that is in use; its key."""
    row = client.get(f"/registers/{table}").raise_for_status().json()[0]
    answer = client.put(f"/registers/{table}", json=[{**row, **fields}])
    assert answer.status_code == 200, answer.text
    return str(row[key])


@pytest.mark.parametrize("language", ["zh-CN"])
def test_19_20_21_markup_in_any_field_is_shown_letter_for_letter_and_runs_nowhere(
    language: str, open_window: Open, service: Service
) -> None:
    def speak(role: str) -> httpx.Client:
        return httpx.Client(
            base_url=service.address, headers={"authorization": f"Bearer {service.tokens[role]}"}, timeout=30
        )

    with speak("admin") as admin, speak("dispatcher") as desk:
        unit = spoil(admin, "units", "unit_id", call_sign=f"{MARKUP}1")
        spoil(admin, "venues", "venue_id", name=f"{MARKUP}venue", name_en=f"{MARKUP}venue")
        spoil(admin, "stations", "station_id", name=f"{MARKUP}station", name_en=f"{MARKUP}station")
        zone = admin.get("/registers/zones").json()[0]
        venue = admin.get("/registers/venues").json()[0]
        place = {"lon": venue["lon"], "lat": venue["lat"], "address": STRINGS[3]}
        said: dict[str, Any] = desk.post(
            "/calls",
            json={
                "text": "\n".join(STRINGS),
                "caller_name": STRINGS[7],
                "type_code": "fight",
                "place": place,
            },
        ).json()
        incident = said[
            "incident_id"
        ]  # it may have gone into one that an earlier test left with somebody else
        desk.post(f"/incidents/{incident}/claim", json={"seat": "1"}).raise_for_status()
        desk.post(f"/incidents/{incident}/note", json={"note": STRINGS[2], "about": "log"}).raise_for_status()
        desk.post(f"/incidents/{incident}/command", json={"commander_id": MARKUP}).raise_for_status()
        desk.post(
            f"/incidents/{incident}/post",
            json={
                "what": "staging",
                "name": MARKUP,
                "place": {"kind": "point", "points": [[zone["ring"][0][0], zone["ring"][0][1]]]},
            },
        )
        desk.post(f"/incidents/{incident}/dispatch", json={"responders": [unit]})
        desk.post(
            f"/incidents/{incident}/attachments", params={"name": MARKUP}, content=media.picture()
        ).raise_for_status()

    window = open_window(language)
    page = window.page
    (row,) = [each for each in rows(page, service, "incident") if each["id"] == incident]
    assert row["attachments"][0]["name"] == MARKUP
    page.get_by_test_id("queue").locator("button", has_text="iframe").first.click()
    shown = page.get_by_test_id("incident")
    expect(shown).to_contain_text(STRINGS[2])
    for each in STRINGS:
        expect(shown).to_contain_text(each)
    shown.get_by_test_id("attachments").get_by_role("button").last.click()
    expect(shown.locator("img[src^='blob:']")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.get_by_test_id("map-search").fill("venue")
    expect(page.locator("ul[role=listbox].open")).to_contain_text(f"{MARKUP}venue")
    page.wait_for_timeout(500)
    assert page.evaluate(LOOK) == [0, 0]
    assert json.dumps(window.abroad) == "[]"
