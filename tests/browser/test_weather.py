"""What the page shows when things are not well: the service gone and back, nothing loaded yet, an empty city, very many incidents, no graphics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import WebSocketRoute

from tests.browser.conftest import Service
from tests.browser.steps import barriers, expect, rows
from tests.support.service import Running, drawn, import_registers, running, start

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Window

MANY = 60
GONE = re.compile("ERR_CONNECTION_REFUSED|WebSocket connection|Failed to load resource")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service on a small city, whose crews nobody moves."""
    with running(tmp_path_factory.mktemp("small")) as service:
        with service.client("commander") as client:
            for unit in service.city.registers["units"][:12]:
                client.post(f"/units/{unit.unit_id}/on-duty", json={"shift": "day"})
        yield service


def as_service(service: Running) -> Service:
    """The same, as windows are opened on it."""
    return Service(service.address, service.tokens, service.data)


def forgive(window: Window) -> None:
    """A browser writes to its console that nobody answers; that is what this test is about."""
    window.errors[:] = [error for error in window.errors if not GONE.search(error)]


@pytest.mark.without_map
def test_a_service_that_dies_is_said_with_the_time_of_the_data_and_no_word_is_lost(
    open_window: Open, tmp_path: Path
) -> None:
    with running(tmp_path, venues=60) as first:
        window = open_window("en", at=as_service(first))
        page = window.page
        page.keyboard.press("n")
        page.keyboard.type("A man fell", delay=10)
        expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
        port = int(first.address.rpartition(":")[2])
        first.kill()
        strip = page.get_by_role("alert")
        expect(strip).to_contain_text(re.compile(r"Data as of \d\d:\d\d:\d\d"))
        expect(strip).to_contain_text("paper")
        page.keyboard.type(" from a ladder", delay=10)
        expect(page.get_by_test_id("saved")).to_contain_text("trying again")
        again = start(first.data, drawn(60)[1], first.city, port=port)
        try:
            expect(strip).to_have_count(0)
            expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
            page.keyboard.press("Control+Enter")
            expect(page.get_by_test_id("incident")).to_contain_text("A man fell from a ladder")
            calls = [
                call for row in rows(page, as_service(again), "incident") for call in row["calls"]
            ] + rows(page, as_service(again), "call")
            assert [call["text"] for call in calls] == ["A man fell from a ladder"]
        finally:
            forgive(window)
            page.close()
            again.stop()


def test_a_lost_feed_says_since_when_and_comes_back_by_itself(open_window: Open, small: Running) -> None:
    window = open_window(signed_in=False, at=as_service(small))
    page, lines, cut = window.page, [], [False]

    def between(socket: WebSocketRoute) -> None:
        lines.append(socket)
        if cut[0]:
            socket.close(code=1012)
        else:
            socket.connect_to_server()

    page.route_web_socket("**/feed", between)
    page.goto(f"{small.address}/?feed#token={small.tokens['dispatcher']}")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    cut[0] = True
    lines[-1].close(code=1012)
    expect(page.get_by_role("alert")).to_contain_text("数据截至")
    expect(page.locator(".stale")).to_be_visible()
    cut[0] = False
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".stale")).to_have_count(0)
    assert len(lines) > 1


@pytest.mark.without_map
def test_a_page_that_finds_no_service_says_so_and_goes_on_by_itself(
    open_window: Open, small: Running
) -> None:
    window = open_window("en", signed_in=False, at=as_service(small))
    page, deaf = window.page, [True]

    def between(socket: WebSocketRoute) -> None:
        if deaf[0]:
            socket.close(code=1012)
        else:
            socket.connect_to_server()

    page.route_web_socket("**/feed", between)
    page.goto(f"{small.address}/?deaf#token={small.tokens['dispatcher']}")
    expect(page.get_by_role("status")).to_contain_text("No connection to the service")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    deaf[0] = False
    page.wait_for_selector("[data-testid=map][data-ready=true]")


@pytest.mark.without_map
def test_words_that_did_not_come_are_asked_for_again(open_window: Open, small: Running) -> None:
    window = open_window("en", signed_in=False, at=as_service(small))
    page = window.page
    page.route("**/catalogue", lambda route: route.abort(), times=2)
    page.goto(f"{small.address}/?words#token={small.tokens['dispatcher']}")
    expect(page.get_by_role("status")).to_contain_text("Loading")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    window.errors[:] = [error for error in window.errors if "ERR_FAILED" not in error]


def test_a_city_without_streets_crews_or_venues_still_takes_calls(open_window: Open, tmp_path: Path) -> None:
    with running(tmp_path, venues=60) as known:
        empty = replace(known, process=known.process)
    bare = start(tmp_path / "bare", None, empty.city)
    try:
        window = open_window("en", at=as_service(bare))
        page = window.page
        expect(page.get_by_text("No city is imported")).to_be_visible()
        expect(page.get_by_text("No crew is known here yet.")).to_be_visible()
        expect(page.get_by_text("Nothing open.")).to_be_visible()
        page.keyboard.press("n")
        page.keyboard.type("Somebody is at my door", delay=10)
        expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
        page.keyboard.press("Control+Enter")
        expect(page.get_by_test_id("incident")).to_contain_text("Somebody is at my door")
        expect(page.get_by_test_id("recommendation")).to_contain_text(re.compile("place|nobody", re.I))
        page.keyboard.press("l")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.close()
    finally:
        bare.stop()


def test_sixty_open_incidents_are_counted_walked_and_shown_on_the_map(
    open_window: Open, small: Running, repository: Path
) -> None:
    venues = small.city.registers["venues"]
    with small.client() as client:
        for number in range(MANY):
            venue = venues[number % len(venues)]
            place = {"lon": venue.lon + 0.004 * (number % 7), "lat": venue.lat + 0.004 * (number % 5)}
            kind = ("fight", "theft", "fire", "noise")[number % 4]
            answer = client.post("/calls", json={"text": f"call {number}", "type_code": kind, "place": place})
            assert answer.status_code == 201
    window = open_window("en", at=as_service(small), size=(1440, 900))
    page = window.page
    items = page.get_by_test_id("queue").get_by_role("button")
    open_now = len(rows(page, as_service(small), "incident"))
    assert open_now >= MANY // 2
    expect(items).to_have_count(open_now)
    expect(page.get_by_role("heading", name=re.compile(f"Incidents {open_now}"))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(f"{open_now} new"))).to_be_visible()
    expect(page.locator(".mark")).to_have_count(open_now)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), (
        "a wheel over the head moves nothing"
    )
    for _ in range(12):
        page.keyboard.press("j")
    expect(items.nth(11)).to_have_attribute("aria-current", "true")
    expect(items.nth(11)).to_be_in_viewport()
    page.keyboard.press("k")
    expect(items.nth(10)).to_have_attribute("aria-current", "true")
    assert barriers(page, repository) == []
    alarm = page.get_by_test_id("alarm")
    expect(alarm).to_contain_text("Fire")
    before = page.title()
    alarm.get_by_role("button", name=re.compile("^Claim")).press("Enter")
    expect(page).not_to_have_title(before)


def test_an_incident_that_comes_after_its_call_is_chosen_when_it_appears(
    open_window: Open, small: Running
) -> None:
    window = open_window("en", signed_in=False, at=as_service(small))
    page = window.page
    held: list[str | bytes] = []
    holding = [False]
    lines: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        lines.append(socket)
        server = socket.connect_to_server()

        def from_server(message: str | bytes) -> None:
            if holding[0]:
                held.append(message)
            else:
                socket.send(message)

        server.on_message(from_server)

    page.route_web_socket("**/feed", between)
    page.goto(f"{small.address}/?late#token={small.tokens['dispatcher']}")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    holding[0] = True
    page.keyboard.press("n")
    page.keyboard.type("late but here #theft", delay=10)
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    expect(page.get_by_text("The incident appears in a moment")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("new-call")).to_have_count(0)
    expect(page.get_by_test_id("incident")).to_have_count(0)
    holding[0] = False
    for message in held:
        lines[-1].send(message)
    expect(page.get_by_test_id("incident")).to_contain_text("late but here")


@pytest.mark.without_map
def test_a_browser_that_draws_no_map_still_runs_the_desk(open_window: Open, small: Running) -> None:
    window = open_window("en", at=as_service(small))
    page = window.page
    expect(page.get_by_text("This browser cannot draw the map")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("no map here #theft", delay=10)
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("incident")).to_contain_text("no map here")


@pytest.mark.without_map
def test_a_call_kept_on_paper_is_typed_in_with_the_time_it_came(open_window: Open, small: Running) -> None:
    window = open_window("en", at=as_service(small))
    page = window.page
    page.keyboard.press("n")
    page.get_by_role("button", name="From paper").press("Enter")
    page.get_by_test_id("text").fill("written down at the window")
    page.wait_for_timeout(600)
    assert not any(url.endswith("/calls") for _, url, _ in window.sent)
    when = page.evaluate(
        "() => { const at = new Date(Date.now() - 3600e3 - new Date().getTimezoneOffset() * 60e3); return at.toISOString().slice(0, 16) }"
    )
    page.get_by_test_id("when").fill(when)
    page.get_by_test_id("when").press("Tab")
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    found = [
        row
        for row in rows(page, as_service(small), "incident")
        if any("written down" in (call["text"] or "") for call in row["calls"])
    ]
    assert [call["channel"] for row in found for call in row["calls"]] == ["paper"]
    assert found[0]["opened_s"] - found[0]["started_s"] > 3000


def test_registers_that_arrive_later_fill_an_empty_map(open_window: Open, tmp_path: Path) -> None:
    city, ground = drawn(60)
    later = start(tmp_path / "later", ground, city)
    try:
        window = open_window("en", at=as_service(later))
        page = window.page
        expect(page.get_by_text("No crew is known here yet.")).to_be_visible()
        import_registers(later)
        expect(page.get_by_test_id("overview").locator("tbody tr").first).to_be_visible()
        page.close()
    finally:
        later.stop()
