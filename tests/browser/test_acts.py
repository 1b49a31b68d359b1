"""Everything else a desk does with an incident, each by its key, on the real service: what was done is seen by the next screen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.steps import choose, expect, pick_another, rows, take_call, venue_names

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Service, Window


pytestmark = pytest.mark.without_map


def dispatches(window: Window) -> list[dict[str, object]]:
    """What was sent to be dispatched."""
    return [
        json.loads(body)
        for method, url, body in window.sent
        if method == "POST" and url.endswith("/dispatch")
    ]


def sentence(page: Page, service: Service, key: str) -> str:
    """The service's own words for a key, in Chinese."""
    headers = {"authorization": f"Bearer {service.tokens['dispatcher']}", "accept-language": "zh-CN"}
    answer = page.request.get(f"{service.address}/catalogue", headers=headers)
    return str(answer.json()["messages"][key])


def form(page: Page, key: str) -> None:
    """Open a form by its key."""
    page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_passing_a_recommended_crew_over_asks_why_and_the_reason_stands_in_the_timeline(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    incident = take_call(window, f"楼上太吵 #噪声 @{venue_names(page, service)[9]}", at_once=True)
    candidates = page.locator("[data-candidate]")
    expect(candidates.nth(1)).to_be_visible()
    page.keyboard.press("v")
    expect(candidates.first).to_be_focused()
    other = pick_another(page)
    page.keyboard.press("Enter")
    why = page.get_by_label(re.compile("为何派"))
    expect(why).to_be_focused()
    page.keyboard.press("Escape")
    expect(why).to_be_hidden()
    expect(other).to_be_focused()
    page.keyboard.press("Enter")
    assert dispatches(window) == []
    page.keyboard.type("熟悉这里")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^已派"))).to_be_visible()
    assert [sent["reason"] for sent in dispatches(window)] == ["熟悉这里"]
    expect(incident.get_by_label("时间线")).to_contain_text("熟悉这里")


def test_where_no_recommended_crew_is_left_another_one_goes_without_a_reason(
    open_window: Open, service: Service
) -> None:
    window = open_window("en")
    page = window.page
    take_call(window, f"Loud music #noise @{venue_names(page, service)[30]}", at_once=True)
    expect(page.get_by_role("button", name=re.compile("^Send "))).not_to_have_count(0)
    page.keyboard.press("d")
    expect(page.get_by_role("button", name=re.compile("^Also send "))).to_be_visible()
    sent = page.get_by_text("One sent")
    expect(sent).to_be_visible()
    page.get_by_role("button", name="Dismiss").press("Enter")
    page.locator("[data-candidate]").first.press("Enter")
    expect(sent).to_be_visible()
    assert [len(sent["responder_ids"]) for sent in dispatches(window)] == [1, 1]  # type: ignore[arg-type]
    assert not any("reason" in sent for sent in dispatches(window))


def test_the_alarm_level_goes_up_with_a_reason_and_more_crews_are_called(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    incident = take_call(window, f"两个人争吵 #争吵 @{venue_names(page, service)[14]}")
    form(page, "l")
    page.keyboard.press("Tab")
    page.keyboard.type("人群聚集")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(incident.get_by_text("2 级响应")).to_be_visible()
    expect(incident.get_by_label("时间线")).to_contain_text("人群聚集")
    form(page, "l")
    expect(page.get_by_role("radio")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.type(sentence(page, service, "why.weapon_seen"))
    page.keyboard.press("Enter")
    expect(incident.get_by_text("3 级响应")).to_be_visible()
    raised = [json.loads(body)["reason"] for _, url, body in window.sent if url.endswith("/level")]
    assert raised == ["人群聚集", "weapon_seen"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_note_is_kept_with_one_key_and_read_by_the_next_seat(
    language: str, open_window: Open, service: Service
) -> None:
    first, second = open_window(language), open_window(language)
    incident = take_call(first, f"#drunk @{venue_names(first.page, service)[16]}")
    label = incident.locator("header .faint").first.inner_text()
    form(first.page, "t")
    first.page.keyboard.type("red jacket, went north")
    first.page.keyboard.press("Enter")
    expect(first.page.get_by_role("dialog")).to_have_count(0)
    for _ in range(40):
        if second.page.get_by_text(label, exact=True).count():
            break
        second.page.keyboard.press("j")
        second.page.wait_for_timeout(200)
    for page in (first.page, second.page):
        expect(page.get_by_test_id("incident")).to_contain_text("red jacket, went north")


def test_another_agency_is_asked_says_yes_and_the_report_names_it(
    open_window: Open, service: Service
) -> None:
    window = open_window("en")
    page = window.page
    incident = take_call(window, f"Leaking water #other @{venue_names(page, service)[18]}")
    form(page, "o")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    asked = incident.get_by_test_id("agency")
    expect(asked).to_contain_text("120 Ambulance service")
    expect(asked).to_contain_text("hand over")
    asked.get_by_role("button", name="Accepted").press("Enter")
    expect(asked).to_contain_text("accepted")
    expect(asked.get_by_role("button")).to_have_count(0)
    form(page, "c")
    expect(page.get_by_label("handed over")).to_be_checked()
    page.keyboard.press("Enter")
    expect(incident).to_be_hidden()
    ended = [json.loads(body) for method, url, body in window.sent if url.endswith("/close")]
    assert ended[0]["outcome"] == "handed_over" and ended[0]["handed_to"] == "120"


def test_an_offered_incident_stays_here_until_the_other_district_says_yes(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    incident = take_call(window, f"#disturbance @{venue_names(page, service)[22]}")
    district = incident.locator(".facts > span").nth(2)
    expect(district).to_contain_text("区 · ")
    before = district.inner_text()
    form(page, "x")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("在他们那边")
    page.keyboard.press("Enter")
    offer = incident.get_by_test_id("transfer")
    expect(offer).to_be_visible()
    expect(district).to_have_text(before)
    offer.get_by_role("button", name="接受").press("Enter")
    expect(offer).to_have_count(0)
    expect(district).not_to_have_text(before)
    expect(incident.get_by_label("时间线")).to_contain_text("在他们那边")


def test_everybody_stands_down_with_a_reason_and_is_asked_whether_all_is_well(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    incident = take_call(window, f"两个人打架 #打架 @{venue_names(page, service)[24]}")
    expect(
        incident.get_by_test_id("responders").locator("li", has_text=re.compile("在途|已到场")).first
    ).to_be_visible()
    form(page, "s")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(incident.locator(".state")).to_have_text("已解除")
    well = incident.get_by_role("button", name=re.compile("^(?!全部).*安全$"))
    expect(well.first).to_be_visible()
    count = well.count()
    well.first.press("Enter")
    expect(well).to_have_count(count - 1)


def test_a_report_closed_by_mistake_is_taken_back_at_once(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page = window.page
    take_call(window, f"#theft @{venue_names(page, service)[26]}")
    form(page, "c")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("incident")).to_be_hidden()
    before = page.get_by_test_id("queue").get_by_role("button").count()
    page.get_by_role("button", name="Open again").press("Enter")
    expect(page.get_by_test_id("queue").get_by_role("button")).to_have_count(before + 1)


def test_a_commander_switches_the_grade_and_every_screen_says_so(open_window: Open, service: Service) -> None:
    commander, other = open_window(role="commander"), open_window("en")
    page = commander.page
    expect(other.page.get_by_text("normal", exact=True)).to_be_visible()
    other.page.keyboard.press("g")
    expect(other.page.get_by_role("dialog")).to_have_count(0)
    for wanted in ("heightened", "normal"):
        form(page, "g")
        page.locator(f"input[value={wanted}]").focus()
        page.keyboard.press("Space")
        page.get_by_label("理由").fill("大型活动")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        other.page.get_by_role("button", name="Yes, do it").click()
        expect(other.page.locator(".grade")).to_have_text(wanted)
        expect(page.get_by_test_id("proposal")).to_have_count(0)


def test_what_could_not_be_read_waits_in_the_queue_and_is_read_and_ended_there(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    answer = httpx.post(
        f"{service.address}/calls",
        content='{"text": "东门有人落水'.encode("gb18030"),
        headers={
            "authorization": f"Bearer {service.tokens['dispatcher']}",
            "content-type": "application/json",
        },
        timeout=30,
    )
    assert answer.status_code == 202
    loose = page.get_by_test_id("loose").locator("li")
    expect(loose).to_have_count(1)
    loose.get_by_role("button", name="查看原文").press("Enter")
    expect(loose).to_contain_text("东门有人落水")
    loose.get_by_role("button", name="已录入").press("Enter")
    expect(loose).to_have_count(0)


def test_questions_that_want_words_take_words_and_the_others_one_key(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page = window.page
    page.keyboard.press("n")
    page.keyboard.type(f"打起来了 #打架 @{venue_names(page, service)[28]}", delay=10)
    where = page.get_by_label("具体在哪里？")
    expect(where).to_be_visible()
    where.fill("二楼仓库门口")
    where.press("Enter")
    page.get_by_role("group", name="有人受伤吗？").get_by_role("button", name="否").press("Enter")
    page.keyboard.press("Control+Enter")
    said = page.get_by_test_id("incident").get_by_label("报警", exact=True)
    expect(said).to_contain_text("二楼仓库门口")
    expect(said).to_contain_text("否")
    [row] = [row for row in rows(page, service, "incident") if "where_exactly" in row["answers"]]
    assert row["answers"] == {"where_exactly": "二楼仓库门口", "hurt": "no"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_is_addressed_to_the_desk_is_read_beside_the_queue_and_leads_to_its_incident(
    language: str, open_window: Open, service: Service
) -> None:
    window = open_window(language)
    page = window.page
    page.keyboard.press("n")
    page.keyboard.type("somebody shouts, no idea where", delay=10)
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    page.keyboard.press("Control+Enter")
    incident = page.get_by_test_id("incident")
    label = incident.locator("header .faint").first.inner_text()
    told = page.get_by_test_id("inbox").locator("li").filter(has_text=label)
    expect(told.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(incident).to_have_count(0)
    told.first.get_by_role("button").first.press("Enter")
    expect(incident.locator("header").first).to_contain_text(label)
    count = told.count()
    told.first.get_by_role("button").last.press("Enter")
    expect(told).to_have_count(count - 1)


def _named(page: Page, service: Service) -> list[str]:
    """English names of venues that have a team, of more than one word."""
    found = [row["name_en"] for row in rows(page, service, "venue") if row["team_id"] and row["on_duty"] >= 3]
    return sorted(name for name in found if name and found.count(name) == 1 and " " in name)


def _incident_of(page: Page, service: Service, words: str) -> dict[str, Any]:
    (row,) = (
        row
        for row in rows(page, service, "incident")
        if any(words in (call["text"] or "") for call in row["calls"])
    )
    return row


def test_half_a_place_calls_nobody_and_a_word_of_a_kind_names_it(open_window: Open, service: Service) -> None:
    page = open_window("en").page
    name = _named(page, service)[31]
    page.keyboard.press("n")
    page.keyboard.type(f"an old man fell #ill @{name[:4]}", delay=10)
    offered = page.get_by_test_id("new-call").locator("li[role=option]")
    expect(offered.nth(1)).to_be_visible()
    expect(page.get_by_test_id("type")).to_have_value("medical")
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    row = _incident_of(page, service, "an old man fell")
    called = {each["kind"] for each in row["responders"]}
    assert row["lon"] is None and called <= {"station"}, "nobody is called to one of several places"
    other = offered.nth(1).locator("span").first.inner_text()
    offered.nth(1).click()
    expect(page.get_by_test_id("place")).to_have_value(other)
    page.get_by_test_id("text").focus()
    page.keyboard.type(name[4:], delay=10)
    expect(offered).to_have_count(0)
    expect(page.get_by_test_id("place")).to_have_value(name)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("incident").get_by_test_id("responders").locator("li").first).to_be_visible()


def test_what_it_is_and_where_are_corrected_by_one_key(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page = window.page
    name = _named(page, service)[41]
    headers = {"authorization": f"Bearer {service.tokens['resident']}"}
    said = {"text": f"my little son is gone\n@ {name}", "channel": "web"}
    assert httpx.post(f"{service.address}/calls", json=said, headers=headers).status_code == 201
    choose(window, service, _incident_of(page, service, "my little son is gone")["label"])
    expect(page.get_by_test_id("vague")).to_contain_text("what it is, where it is")
    page.keyboard.press("8")
    page.get_by_test_id("correct-type").select_option("missing_child")
    place = page.get_by_test_id("correct-place")
    expect(place).to_have_value(name)
    expect(page.get_by_role("dialog").locator("li[role=option]").first).to_contain_text(name)
    place.press("Enter")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(place).to_have_count(0)
    assert [json.loads(body)["type_code"] for _, url, body in window.sent if url.endswith("/amend")] == [
        "missing_child"
    ]
    expect(page.get_by_test_id("incident").get_by_role("heading", level=2)).to_have_text("Missing child")
    expect(page.get_by_test_id("vague")).to_have_count(0)
    row = next(each for each in rows(page, service, "incident") if each["type"] == "missing_child")
    assert row["venue_id"] and row["lon"] is not None
