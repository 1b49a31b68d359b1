"""The responder's page without a network: what was touched arrives once, in order, with its time, and the page says what it is doing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Route, expect

from firstminute.store.onlooker import Onlooker
from tests.browser.phone.acting import accept, check_in, kinds, roll
from tests.browser.phone.conftest import Open
from tests.support.phones import Crew
from tests.support.service import wait_until

pytestmark = pytest.mark.without_map


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
    expect(
        page.get_by_role("button", name="I am going off duty")
    ).to_be_visible()  # heard, as the service has it
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
