"""What a guard does on a phone in many tests, and what the record says of it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.phone.conftest import Phone
from tests.support.phones import Crew
from tests.support.service import wait_until


def check_in(phone: Phone, team: Crew) -> None:
    """On duty, and the test is heard."""
    page = phone.page
    page.locator("footer .primary").click()
    expect(page.locator(".status.on")).to_be_visible()
    page.locator("footer .primary").click()
    expect(page.get_by_test_id("reachable")).to_be_visible()
    assert wait_until(lambda: roll(team) == (1, 1), 60.0), (roll(team), page.inner_text("body"))


def roll(team: Crew) -> tuple[int, int]:
    """On duty and reachable, as the desk has it."""
    with team.service.client() as desk:
        rows = desk.get("/feed/snapshot").json()["set"]
    row = rows[f"venue/{team.team.venue_id}"]
    return row["on_duty"], row["reachable"]


def facts(team: Crew, incident_id: str) -> list[dict[str, Any]]:
    """The incident's timeline as a commander reads it."""
    with team.service.client("commander") as desk:
        return list(desk.get(f"/incidents/{incident_id}/timeline").json()["facts"])


def kinds(team: Crew, incident_id: str) -> list[str]:
    return [fact["kind"] for fact in facts(team, incident_id)]


def accept(phone: Phone) -> None:
    phone.page.get_by_test_id("alert").wait_for()
    phone.page.locator("footer .go").click()
    phone.page.get_by_test_id("task").wait_for()
