"""The responder's page as a guard uses it: a phone's window, a real service, one thumb; from joining to the thanks at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.phone.acting import accept, check_in, facts, kinds, roll
from tests.browser.phone.conftest import Open, local
from tests.support.person import signed
from tests.support.phones import Crew
from tests.support.service import wait_until

pytestmark = pytest.mark.without_map


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
    open_phone: Open, gated: Crew
) -> None:
    team = gated
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
    expect(card.locator(".advice")).to_have_text("Press firmly on the wound.")
    expect(card.locator("dl")).to_contain_text("By the fire lane, for vehicles")
    expect(card.locator("dl")).to_contain_text("Ask the guard to open")
    card.get_by_role("button", name="Read aloud").click()
    language, text = page.evaluate("window.spoken.at(-1)")
    assert language == "en" and "Injured or ill person" in text
    accept(phone)
    rang = page.evaluate("window.rang")
    page.wait_for_timeout(2_500)
    assert page.evaluate("window.rang") == rang, "a touch ends the siren"
    page.get_by_role("button", name="Leaving now").click()
    expect(page.get_by_role("button", name="Leaving now")).to_be_hidden()
    there = page.get_by_role("button", name="I am there")
    expect(there).to_be_enabled()
    box = there.bounding_box()
    assert box is not None
    for _ in range(2):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, delay=40)
        page.wait_for_timeout(200)
    expect(page.get_by_test_id("task")).to_contain_text("You are there.")
    done = page.get_by_role("button", name="Done, all safe")
    assert done.bounding_box() == box, "what a second touch would have hit"
    assert phone.posts("/cleared") == []
    expect(done).to_be_enabled()
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


def test_the_same_words_stand_once_with_a_count_in_the_language_of_the_page(
    open_phone: Open, team: Crew
) -> None:
    """Three fights one after the other at a guard's own venue: he is not trained for them, so each time he is told to keep away."""
    phone = open_phone(team)
    page = phone.page
    check_in(phone, team)
    notices = page.locator("p.notice")
    for number in range(1, 4):
        made = team.call("fight")
        away = notices.filter(has_text="请远离")
        expect(away).to_have_count(1)
        if number > 1:
            expect(away).to_contain_text(f"共 {number} 次")
        with team.service.client() as desk:
            end = {"outcome": "resolved"}
            assert desk.post(f"/incidents/{made['incident_id']}/close", json=end).status_code == 200
        over = notices.filter(has_text="无需再避开")
        expect(over.filter(has_text=f"共 {number} 次") if number > 1 else over).to_have_count(1)
    expect(notices).to_have_count(2)
    expect(page.locator(".status.on")).to_be_in_viewport()
    page.get_by_role("button", name="设置").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Close").first.click()
    expect(notices.filter(has_text="Fight")).to_have_count(2)
    away = notices.filter(has_text="keep away. Stay away.")
    expect(away).to_contain_text("3 times")
    away.get_by_role("button", name="OK").click()
    expect(notices).to_have_count(1)


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
