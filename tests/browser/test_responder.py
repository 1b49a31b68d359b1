"""The responder's page as a guard uses it: a phone's window, a real service, one thumb. What is measured in seconds is measured on the two screens."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from firstminute.store.onlooker import Onlooker
from tests.browser.conftest import COARSE, LOCALES, WAIT_MS
from tests.browser.steps import barriers
from tests.support.person import signed
from tests.support.phones import Crew, crew
from tests.support.service import Running, running, wait_until

pytestmark = pytest.mark.without_map
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


def test_a_guard_joins_checks_in_hears_the_test_and_the_lead_sees_who_can_be_reached(
    open_phone: Open, team: Crew
) -> None:
    phone = open_phone(team, "en")
    page = phone.page
    expect(page.locator(".status")).to_contain_text("Off duty")
    expect(page.locator(".status")).to_contain_text("No alert reaches you.")
    page.get_by_role("button", name="I am on duty now").click()
    expect(page.locator(".status")).to_contain_text("On duty")
    expect(page.get_by_text("A test rings.")).to_be_visible()
    assert wait_until(
        lambda: page.evaluate("window.rang") > 0 and page.evaluate("window.shook.length") > 0, 20.0
    )
    expect(page.get_by_test_id("reachable")).to_have_text("0 of 1 reachable")
    page.get_by_role("button", name="I hear it").click()
    expect(page.get_by_test_id("reachable")).to_have_text("1 of 1 reachable")
    with signed(team.service, team.token) as lead:
        seen = lead.get("/me/duty").json()["team"]
    assert (seen["reachable"], seen["on_duty"]) == (1, 1)
    page.get_by_role("button", name="I am going off duty").click()
    expect(page.locator(".status")).to_contain_text("No alert reaches you.")
    assert wait_until(lambda: roll(team) == (0, 0), 90.0)
    made = team.call("medical")
    page.wait_for_timeout(2_000)
    expect(page.get_by_test_id("alert")).to_be_hidden()
    assert "AlertSent" not in [
        f["kind"] for f in facts(team, made["incident_id"]) if f["body"].get("team_id") == team.team.team_id
    ]


def test_the_code_on_the_wall_checks_in_and_arrives_with_proof(open_phone: Open, team: Crew) -> None:
    phone = open_phone(team, "en")
    page = phone.page
    with signed(team.service, team.token) as lead:
        code = lead.get(f"/teams/{team.team.team_id}/place-code").json()["link"].partition("#")[2]
    page.goto(f"{local(team.service)}/responder/?1#{code}")
    expect(page.locator(".status")).to_contain_text("On duty")
    page.get_by_role("button", name="I hear it").click()
    assert wait_until(lambda: roll(team) == (1, 1), 60.0), (roll(team), page.inner_text("body"))
    made = team.call("medical")
    accept(phone)
    page.goto(f"{local(team.service)}/responder/?2#{code}")
    assert wait_until(lambda: "Arrived" in kinds(team, made["incident_id"]), 90.0)
    arrived = next(f for f in facts(team, made["incident_id"]) if f["kind"] == "Arrived")
    assert arrived["body"]["evidence"] == "qr"


def test_an_alert_rings_says_advice_first_is_answered_with_one_touch_and_ends_in_thanks(
    open_phone: Open, team: Crew
) -> None:
    phone = open_phone(team, "en")
    page = phone.page
    check_in(phone, team)
    page.evaluate("window.rang = 0; window.shook = []")
    made = team.call("medical")
    card = page.get_by_test_id("alert")
    card.wait_for()
    assert wait_until(
        lambda: page.evaluate("window.rang") > 1 and page.evaluate("window.shook.length") > 1, 20.0
    ), "siren and shaking"
    first, kind = card.locator(".advice li").first.bounding_box(), card.locator("h1").bounding_box()
    assert first and kind and first["y"] < kind["y"], "safety advice first"
    expect(card.locator("h1")).to_have_text("Injured or ill person")
    card.get_by_role("button", name="Read aloud").click()
    language, text = page.evaluate("window.spoken.at(-1)")
    assert language == "en" and "Injured or ill person" in text
    accept(phone)
    rang = page.evaluate("window.rang")
    page.wait_for_timeout(2_500)
    assert page.evaluate("window.rang") == rang, "a touch ends the siren"
    for name in ("Leaving now", "I am there"):
        page.get_by_role("button", name=name).last.click()
    expect(page.get_by_test_id("task")).to_contain_text("You are there.")
    expect(page.get_by_test_id("task")).to_contain_text("Your role:")
    page.get_by_role("button", name="Need help").click()
    page.get_by_role("button", name="Cannot cope").click()
    page.get_by_role("button", name="Done, all safe").click()
    page.get_by_test_id("feedback").wait_for()
    page.get_by_role("button", name="As told").click()
    wanted = {
        "AlertSeen",
        "AlertAccepted",
        "EnRoute",
        "Arrived",
        "RoleGiven",
        "HelpAsked",
        "Cleared",
        "FeedbackGiven",
    }
    assert wait_until(lambda: wanted <= set(kinds(team, made["incident_id"])), 90.0)
    told = facts(team, made["incident_id"])
    assert [f["body"]["what"] for f in told if f["kind"] == "HelpAsked"] == ["reinforcement", "cannot_cope"]
    assert any(f["kind"] == "Escalated" and f["body"]["to"] == "station" for f in told), (
        "cannot cope wakes the station"
    )
    with team.service.client() as desk:
        assert (
            desk.post(f"/incidents/{made['incident_id']}/close", json={"outcome": "resolved"}).status_code
            == 200
        )
    expect(page.get_by_text("Thank you for coming.").first).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="resolved")).to_be_visible()


def test_what_must_be_silent_makes_no_sound_and_does_not_shake(open_phone: Open, team: Crew) -> None:
    phone = open_phone(team, "en")
    page = phone.page
    check_in(phone, team)
    page.wait_for_timeout(3_500)
    page.evaluate("window.rang = 0; window.shook = []")
    team.call("medical", silent=True)
    page.get_by_test_id("alert").wait_for()
    page.wait_for_timeout(2_500)
    assert (
        page.evaluate("window.rang") == 0 and [each for each in page.evaluate("window.shook") if each] == []
    )
    expect(page.get_by_test_id("alert")).to_contain_text("Quietly")


def test_an_alert_is_declined_with_one_touch_and_nothing_follows_for_who_says_no(
    open_phone: Open, team: Crew
) -> None:
    phone = open_phone(team)
    check_in(phone, team)
    made = team.call("medical")
    phone.page.get_by_test_id("alert").wait_for()
    phone.page.get_by_role("button", name="去不了").click()
    expect(phone.page.locator(".status.on")).to_be_visible()
    assert wait_until(lambda: "AlertDeclined" in kinds(team, made["incident_id"]), 90.0)


def test_the_place_is_sent_only_while_an_accepted_task_is_open_on_the_screen(
    open_phone: Open, team: Crew
) -> None:
    venue = next(row for row in team.service.city.registers["venues"] if row.venue_id == team.team.venue_id)
    far = (venue.lon + 0.005, venue.lat)
    phone = open_phone(team, "en", allow=("geolocation",), place=far)
    page, context = phone.page, phone.page.context
    check_in(phone, team)
    page.wait_for_timeout(3_000)
    made = team.call("medical")
    page.get_by_test_id("alert").wait_for()
    page.wait_for_timeout(3_000)
    assert phone.posts("/near") == [], "on duty or only asked: nothing"
    accept(phone)
    assert wait_until(lambda: bool(phone.posts("/near")), 30.0), "accepted and open"
    expect(page.get_by_test_id("task")).to_contain_text("m to go")
    page.get_by_role("button", name="Settings").click()
    page.wait_for_timeout(500)
    before = len(phone.posts("/near"))
    context.set_geolocation({"longitude": far[0] + 0.001, "latitude": far[1]})
    page.wait_for_timeout(6_500)
    assert len(phone.posts("/near")) == before, "another page of this phone is open"
    page.get_by_role("button", name="Close").first.click()
    context.set_geolocation({"longitude": venue.lon, "latitude": venue.lat})
    page.wait_for_timeout(6_000)
    context.set_geolocation({"longitude": venue.lon + 0.00001, "latitude": venue.lat})
    assert wait_until(lambda: "Arrived" in kinds(team, made["incident_id"]), 90.0)
    assert (
        next(f for f in facts(team, made["incident_id"]) if f["kind"] == "Arrived")["body"]["evidence"]
        == "fix"
    )
    page.get_by_role("button", name="Done, all safe").click()
    page.get_by_test_id("feedback").wait_for()
    before = len(phone.posts("/near"))
    context.set_geolocation({"longitude": venue.lon + 0.0001, "latitude": venue.lat})
    page.wait_for_timeout(6_500)
    assert len(phone.posts("/near")) == before, "over: nothing"
    assert not any("position" in path for _, path, _ in phone.asked)


def test_sos_is_held_two_seconds_silent_on_wish_and_another_pin_is_a_cry_for_help(
    open_phone: Open, team: Crew
) -> None:
    phone = open_phone(team, "en", pin="2580")
    page = phone.page
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("SOS without a sound").check()
    page.get_by_role("button", name="Close").first.click()
    hold = page.get_by_role("button", name="Hold 2 s: silent SOS")
    hold.hover()
    page.mouse.down()
    page.wait_for_timeout(1_200)
    page.mouse.up()
    page.wait_for_timeout(1_500)
    assert phone.posts("/calls") == [], "a pocket does not call"
    page.mouse.down()
    page.wait_for_timeout(2_300)
    page.mouse.up()
    expect(page.get_by_text("SOS sent. Help comes.")).to_be_visible()
    with team.service.client() as desk:
        row = next(
            row
            for row in desk.get("/incidents").json()["incidents"]
            if row["venue_id"] == team.team.venue_id and row["type"] == "sos"
        )
    assert row["silent"] and row["priority"] == 1
    page.get_by_role("button", name="I am safe").click()
    page.get_by_placeholder("Your PIN").fill("9999")
    page.get_by_role("button", name="End", exact=True).click()
    assert wait_until(lambda: "CancelRequested" in kinds(team, row["id"]), 90.0)
    assert next(f for f in facts(team, row["id"]) if f["kind"] == "CancelRequested")["body"]["duress"] is True
    expect(page.get_by_text("SOS sent. Help comes.")).to_be_hidden()


def test_a_photo_goes_to_the_incident(open_phone: Open, team: Crew, repository: Path) -> None:
    phone = open_phone(team, "en")
    check_in(phone, team)
    made = team.call("medical")
    accept(phone)
    phone.page.locator("input[type=file]").set_input_files(repository / "web/public/responder/icon-192.png")
    assert wait_until(lambda: "AttachmentKept" in kinds(team, made["incident_id"]), 90.0)


def test_signed_out_means_no_alert_and_nothing_stays_on_the_phone(open_phone: Open, team: Crew) -> None:
    phone = open_phone(team, "en")
    page = phone.page
    check_in(phone, team)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Sign this phone out").click()
    expect(page.get_by_text("Ask your lead")).to_be_visible()
    assert wait_until(lambda: roll(team) == (0, 0), 90.0)
    assert page.evaluate("localStorage.getItem('fm-token')") is None
    kept = """() => new Promise(done => { const o = indexedDB.open('fm-responder', 1);
        o.onsuccess = () => { const a = o.result.transaction('kept').objectStore('kept').getAllKeys(); a.onsuccess = () => done(a.result) } })"""
    assert "token" not in page.evaluate(kept) and "view" not in page.evaluate(kept)


HOURS = timedelta(hours=2)
ACTS = 50
TOUCHED = {"Arrived", "HelpAsked", "Cleared", "FeedbackGiven", "MemberCheckedOut", "RollTaken"}


def test_two_hours_and_fifty_touches_without_a_network_arrive_once_in_order_with_their_times(
    open_phone: Open, team: Crew
) -> None:
    step_ms = HOURS.total_seconds() * 1000 / (ACTS - 1)
    phone = open_phone(team, "en", before=lambda page: page.clock.install(time=datetime.now(UTC) - HOURS))
    page, context = phone.page, phone.page.context
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    check_in(phone, team)
    made = team.call("medical")
    accept(phone)
    page.get_by_role("button", name="Leaving now").click()
    assert wait_until(lambda: "EnRoute" in kinds(team, made["incident_id"]), 90.0)
    expect(page.get_by_test_id("waiting")).to_be_hidden()
    with Onlooker(team.service.data, "city") as record:
        start = record.heads["live"].seq
    context.set_offline(True)
    duty = ["I am going off duty", "I am on duty now"] * ACTS
    touches = ["I am there", "Need help", "Cannot cope", "Done, all safe", "As told", *duty][:ACTS]
    times = []
    for name in touches:
        if times:
            page.clock.fast_forward(step_ms)
        page.get_by_role("button", name=name).last.click()
        times.append(page.evaluate("Date.now()") / 1000)
        expect(page.get_by_test_id("waiting")).to_have_text(f"{len(times)} not sent yet")
    page.reload()
    expect(page.get_by_test_id("waiting")).to_have_text(f"{ACTS} not sent yet")
    lost = iter([True, False] * 10)

    def swallow(route: Route) -> None:
        answer = route.fetch()
        if next(lost, False):
            route.abort()  # the service has done it and its answer is lost: the same touch comes again
        else:
            route.fulfill(response=answer)

    context.route(re.compile(r"/(assignments|muster|feedback)"), swallow)
    before = len(phone.asked)
    context.set_offline(False)
    expect(page.get_by_test_id("waiting")).to_be_hidden(timeout=240_000)
    keys = [key for method, _, key in phone.asked[before:] if method == "POST" and key]
    assert len(keys) > ACTS and len(set(keys)) == ACTS, "some went twice, under the id that was made once"
    with Onlooker(team.service.data, "city") as record, record.reading() as connection:
        told = [
            fact
            for fact in record.journal.read(connection, "live", start)
            if fact.kind in TOUCHED and fact.origin == "member"
        ]
    assert [fact.kind for fact in told] == [
        "Arrived",
        "HelpAsked",
        "HelpAsked",
        "Cleared",
        "FeedbackGiven",
        *["MemberCheckedOut", "RollTaken"] * ACTS,
    ][:ACTS]
    assert len({fact.command_id for fact in told}) == ACTS, "all, and each once"
    for fact, touched in zip(told, times, strict=True):
        assert abs(fact.occurred_s - touched) < 5.0 and fact.time_source == "device", (
            "the time of the touch is kept beside the time it came"
        )
    assert (
        told[-1].at_s - told[0].at_s < 300.0
        and told[-1].occurred_s - told[0].occurred_s > HOURS.total_seconds() - 10.0
    )


def test_a_page_without_a_network_says_so_opens_again_and_the_api_is_never_kept(
    open_phone: Open, team: Crew
) -> None:
    phone = open_phone(team, "en")
    page, context = phone.page, phone.page.context
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    check_in(phone, team)
    page.reload()
    expect(page.locator(".status.on")).to_be_visible()
    context.set_offline(True)
    page.reload()
    expect(page.get_by_text("No connection")).to_be_visible()
    expect(page.locator(".status.on")).to_be_visible()
    page.get_by_role("button", name="I am going off duty").click()
    expect(page.get_by_test_id("waiting")).to_have_text("1 not sent yet")
    expect(page.locator(".status")).to_contain_text("No alert reaches you.")
    names = page.evaluate(
        "caches.open('fm-responder-1').then(c => c.keys()).then(k => k.map(r => new URL(r.url).pathname))"
    )
    assert names and all(
        re.fullmatch(
            r"/responder/|/assets/[^/]+|/icon.svg|/responder/(manifest.webmanifest|icon-\d+.png)", name
        )
        for name in names
    ), names
    context.set_offline(False)
    expect(page.get_by_test_id("waiting")).to_be_hidden()
    assert wait_until(lambda: roll(team) == (0, 0), 90.0)


SETTLED_MS = 4_000
"""The map on software graphics has drawn what was chosen, or the desk's own drawing is measured."""
TOUCH_SEEN = {"I am coming": "sent", "Leaving now": "on the way", "I am there": "there"}
SEES = """word => { window.sees = new Promise(done => { const look = () =>
    [...document.querySelectorAll('[data-testid=responders] .states')].some(each => each.textContent.includes(word)) ? done(Date.now()) : setTimeout(look, 10)
    look() }) }"""


def test_the_dispatcher_sees_the_responders_touch_within_a_second(
    open_phone: Open, team: Crew, chromium: Browser, record_property: Callable[[str, object], None]
) -> None:
    phone = open_phone(team, "en")
    check_in(phone, team)
    context = chromium.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 800}, device_scale_factor=COARSE
    )
    desk = context.new_page()
    desk.goto(f"{local(team.service)}/#token={team.service.tokens['dispatcher']}")
    desk.wait_for_selector("[data-testid=map][data-ready=true]")
    venue = next(row for row in team.service.city.registers["venues"] if row.venue_id == team.team.venue_id)
    team.call("medical")
    desk.get_by_test_id("queue").locator(
        "li button", has_text=venue.name_en or venue.name
    ).first.dispatch_event("click")
    desk.get_by_test_id("responders").wait_for()
    phone.page.get_by_test_id("alert").wait_for()
    phone.page.evaluate("document.addEventListener('click', () => (window.touched = Date.now()), true)")
    took: dict[str, float] = {}
    for button, word in TOUCH_SEEN.items():
        desk.wait_for_timeout(SETTLED_MS)
        desk.evaluate(SEES, word)
        phone.page.get_by_role("button", name=button).last.click()
        took[word] = desk.evaluate("window.sees") - phone.page.evaluate("window.touched")
    context.close()
    record_property("touch_seen_ms", took)
    assert sorted(took.values())[1] <= 1_000, took


@pytest.mark.parametrize(("language", "theme", "size", "elder"), [
    ("zh-CN", "dark", TALL, False), ("zh-CN", "light", TALL, True), ("en", "light", TALL, False), ("en", "dark", TALL, True),
    ("en", "dark", SMALL, False), ("zh-CN", "light", SMALL, False), ("zh-CN", "dark", SMALL, True), ("en", "light", SMALL, True),
])  # fmt: skip
def test_every_screen_is_without_barriers_fits_and_lies_at_the_thumb(
    language: str,
    theme: str,
    size: tuple[int, int],
    elder: bool,
    open_phone: Open,
    team: Crew,
    repository: Path,
) -> None:
    phone = open_phone(team, language, theme, size=size, elder=elder)
    page = phone.page
    shots = repository / "build" / "responder"

    def judge(name: str) -> None:
        page.wait_for_timeout(150)
        page.screenshot(path=shots / f"{name}-{language}-{theme}-{size[0]}{'-elder' if elder else ''}.png")
        if size == TALL:  # the same elements in the same colours on the small one
            assert barriers(page, repository) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
        for button in page.locator("footer .act:visible").all():
            box = button.bounding_box()
            assert box is not None and box["height"] >= LEAST_PX, (name, box)
        primary = page.locator("footer .primary:visible, footer .go:visible").last
        if primary.count():
            box = primary.bounding_box()
            assert box is not None and box["y"] + box["height"] / 2 >= size[1] / 2, (name, "the thumb's half")
            assert box["y"] + box["height"] <= size[1], (name, "in view")

    judge("off")
    page.locator("footer .primary").click()
    expect(page.locator(".status.on")).to_be_visible()
    judge("test")
    page.locator("footer .primary").click()
    assert wait_until(lambda: roll(team) == (1, 1), 60.0), (roll(team), page.inner_text("body"))
    judge("on")
    page.locator("header button").click()
    judge("settings")
    page.locator("footer .primary").click()
    team.call("medical")
    page.get_by_test_id("alert").wait_for()
    judge("alert")
    accept(phone)
    judge("task")
    page.locator("footer .go").click()
    page.wait_for_timeout(400)
    page.locator("footer .go").click()
    page.wait_for_timeout(400)
    judge("there")
    page.locator("footer .go").click()
    page.get_by_test_id("feedback").wait_for()
    judge("feedback")


def test_the_page_is_small_and_can_be_installed(city: Running, repository: Path) -> None:
    dist = repository / "web" / "dist"
    html = (dist / "responder" / "index.html").read_text("utf-8")
    named = [
        dist / path for path in re.findall(r'(?:src|href)="/([^"]+)"', html) if path.startswith("assets/")
    ]
    packed = sum(len(gzip.compress(path.read_bytes())) for path in named)
    assert packed <= 60_000 and not any(
        "maplibre" in path.read_text("utf-8", "ignore")[:2_000] for path in named
    ), packed
    manifest = json.loads((dist / "responder" / "manifest.webmanifest").read_text("utf-8"))
    assert manifest["display"] == "standalone" and manifest["scope"] == manifest["start_url"] == "/responder/"
    for icon in manifest["icons"]:
        assert (dist / icon["src"].lstrip("/")).exists(), icon
    assert "/responder/manifest.webmanifest" in html
