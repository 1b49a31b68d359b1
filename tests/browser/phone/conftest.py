"""A phone's window on a service whose people do nothing by themselves: a team for each test, and what the phone asked, rang and shook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from firstminute.model.records import GATE_NOTES, Team, Venue
from tests.browser.conftest import LOCALES, WAIT_MS
from tests.support.phones import Crew, crew
from tests.support.service import Running, running

VENUES = 60
TALL, SMALL = (390, 844), (320, 568)
LEAST_PX = 56
SHOUTING = """
window.rang = 0; window.shook = []; window.spoken = [];
const real = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...a) { window.rang += 1; return real.apply(this, a) };
navigator.vibrate = pattern => { window.shook.push(pattern); return true };
speechSynthesis.speak = text => window.spoken.push([text.lang, text.text]);
"""


@dataclass
class Phone:
    """A phone's window, and everything that it asked the service for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def posts(self, part: str) -> list[str]:
        """Paths of what it sent whose path holds `part`."""
        return [path for method, path, _ in self.asked if method != "GET" and part in path]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Running]:
    """A service with a small city, whose people do nothing by themselves."""
    assert (repository / "web" / "dist" / "responder" / "index.html").exists(), (
        "build the page first: make web"
    )
    with running(tmp_path_factory.mktemp("duty"), venues=VENUES) as service:
        yield service


NTH = iter(range(VENUES))


@pytest.fixture
def team(city: Running) -> Crew:
    """A team of its own for each test: nobody of it stands yet."""
    return crew(city, next(NTH))


@pytest.fixture
def gated(city: Running) -> Crew:
    """A team at a venue whose gates have notes: the last one, that no other test is given."""
    venues = {row.venue_id: row for row in city.city.registers["venues"] if isinstance(row, Venue)}
    noted = [
        k
        for k, row in enumerate(city.city.registers["teams"])
        if isinstance(row, Team) and {way.note for way in venues[row.venue_id].entrances} >= set(GATE_NOTES)
    ]
    return crew(city, noted[-1])


Open = Callable[..., Phone]


@pytest.fixture
def open_phone(chromium: Browser, city: Running) -> Iterator[Open]:
    """Open the page; `crew`: joined to it by its lead's link, as a person does. `allow`: what the browser may ask its holder for."""
    opened: list[Phone] = []

    def make(
        crew: Crew | None,
        language: str = "zh-CN",
        theme: str = "dark",
        *,
        size: tuple[int, int] = TALL,
        elder: bool = False,
        pin: str = "",
        allow: tuple[str, ...] = (),
        place: tuple[float, float] | None = None,
        before: Callable[[Page], None] | None = None,
    ) -> Phone:
        where: dict[str, Any] = (
            {"geolocation": {"longitude": place[0], "latitude": place[1]}} if place else {}
        )
        context = chromium.new_context(
            locale=LOCALES[language], viewport=cast(Any, {"width": size[0], "height": size[1]}), has_touch=True, is_mobile=True,
            reduced_motion="reduce", permissions=[*allow], **where,
        )  # fmt: skip
        context.set_default_timeout(WAIT_MS)
        phone = Phone(context.new_page())
        opened.append(phone)
        phone.page.on("pageerror", lambda error: phone.errors.append(str(error)))
        phone.page.on("request", lambda request: phone.asked.append(_said(request)))
        phone.page.add_init_script(
            SHOUTING
            + f"localStorage.setItem('fm-theme', '{theme}'); localStorage.setItem('fm-elder', '{'on' if elder else 'off'}');"
        )
        if before:
            before(phone.page)
        phone.page.goto(
            local(city) + ("/responder/#" + urlsplit(crew.link()).fragment if crew else "/responder/")
        )
        if crew:
            form = phone.page.locator("#join")
            form.locator("input").first.fill("王强")
            if pin:
                form.locator("input[type=password]").fill(pin)
            phone.page.locator("footer button").click()
            expect(phone.page.locator(".status")).to_be_visible()
        return phone

    yield make
    for phone in opened:
        phone.page.context.close()
    for phone in opened:
        assert not phone.errors, phone.errors


def _said(request: Request) -> tuple[str, str, str]:
    return request.method, urlsplit(request.url).path, request.headers.get("idempotency-key", "")


def local(service: Running) -> str:
    """The service under a name that a browser trusts with workers and places."""
    return f"http://localhost:{urlsplit(service.address).port}"
