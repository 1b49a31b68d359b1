"""The room's own work in a browser, on the real service: a whole call by one line, claims, undo, the scene's words, seats, the log, the muster board."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser.conftest import Service
from tests.browser.steps import barriers, choose, expect, label_of, rows, take_call, venue_names
from tests.support.service import running, wait_until

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Window

pytestmark = pytest.mark.without_map
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PASTE = """([words, photo]) => {
  const data = new DataTransfer()
  data.setData('text/plain', words)
  const bytes = Uint8Array.from(atob(photo), letter => letter.charCodeAt(0))
  data.items.add(new File([bytes], 'door.png', { type: 'image/png' }))
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
}"""


def sent(window: Window, ending: str) -> list[dict[str, Any]]:
    """The bodies of what was posted to paths that end so."""
    return [
        json.loads(body) for method, url, body in window.sent if method == "POST" and url.endswith(ending)
    ]


def newest(window: Window, service: Service) -> dict[str, Any]:
    """The row of the incident that came last, once the desk knows where it is: a call is one from its kind on, while its place is still typed."""

    def last() -> dict[str, Any]:
        return max(rows(window.page, service, "incident"), key=lambda row: row["opened_s"])

    assert wait_until(lambda: last()["lon"] is not None, 30.0)
    return last()


def claim(window: Window, seat: str) -> None:
    """Claim the chosen incident by its key; where the town's own desk has had it for a while, take it over. Who called may be hidden meanwhile."""
    page = window.page
    mine = page.get_by_test_id("incident").locator("header").get_by_text(f"seat {seat}", exact=True)
    page.keyboard.press("a")
    expect(mine.or_(page.get_by_role("alert"))).to_be_visible()
    if page.get_by_role("alert").count():
        page.keyboard.press("u")
    expect(mine).to_be_visible()
    forgive(window)


def forgive(window: Window) -> None:
    """A refusal that the test asked for, or a caller hidden because another desk took the incident, is no error of the page."""
    window.errors[:] = [each for each in window.errors if not re.search("409|403", each)]


def test_one_line_says_all_that_the_form_asks_for(open_window: Open, service: Service) -> None:
    window = open_window()
    page, name = window.page, venue_names(window.page, service)[2]
    page.keyboard.press("n")
    page.keyboard.type(f"两人打架 #打架 @{name} +13900002222 +王先生 ~en ! ", delay=12)
    expect(page.get_by_label("姓名")).to_have_value("王先生")
    expect(page.get_by_label("电话")).to_have_value("13900002222")
    expect(page.get_by_test_id("language")).to_have_value("en")
    expect(page.get_by_label("静默", exact=False).first).to_be_checked()
    expect(page.get_by_test_id("phrases")).to_contain_text("Where are you?")
    expect(page.get_by_test_id("phrases")).to_contain_text("您在哪里？")
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    hurt = page.get_by_role("group", name="有人受伤吗？")
    expect(hurt).to_be_visible()
    number = hurt.locator("i").inner_text()
    page.keyboard.type(f"?{number} 否 ", delay=12)
    expect(hurt.get_by_role("button", name="否")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("place")).to_have_value(name)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("incident")).to_contain_text(name)
    row = newest(window, service)
    assert row["type"] == "fight" and row["silent"] and row["answers"] == {"hurt": "no"}
    assert row["calls"][0]["text"] == "两人打架" or row["calls"][0]["text"].startswith("两人打架")
    assert row["calls"][0]["language"] == "en" and row["venue_name"] == name


def test_a_chat_message_with_a_photo_is_pasted_and_fills_the_call(
    open_window: Open, service: Service
) -> None:
    window = open_window()
    page, name = window.page, venue_names(window.page, service)[4]
    page.keyboard.press("n")
    expect(page.get_by_test_id("text")).to_be_focused()
    page.evaluate(PASTE, [f"李店长 19:22\n门口有人砸玻璃 #损毁 @{name}", PIXEL])
    expect(page.get_by_label("姓名")).to_have_value("李店长")
    expect(page.get_by_test_id("text")).to_have_value(re.compile("^门口有人砸玻璃"))
    expect(page.get_by_test_id("files")).to_contain_text("1/1")
    page.keyboard.press("Control+Enter")
    incident = page.get_by_test_id("incident")
    expect(incident.get_by_test_id("attachments").locator("li")).to_have_count(1)
    assert newest(window, service)["calls"][0]["channel"] == "chat"
    forgive(window)


def test_what_may_be_the_same_is_shown_while_typing_and_attached_by_one_touch(
    open_window: Open, service: Service
) -> None:
    window = open_window("en")
    page, name = window.page, venue_names(window.page, service)[6]
    take_call(window, f"Two men fight #fight @{name}", at_once=True)
    label = label_of(window)
    page.keyboard.press("n")
    page.keyboard.type(f"A bag is gone #theft @{name} +13900003333", delay=12)
    similar = page.get_by_test_id("similar")
    expect(similar).to_contain_text(label)
    expect(similar).to_contain_text("same venue")
    similar.locator("li", has_text=label).get_by_role("button", name="It is this").press("Enter")
    expect(page.get_by_text("Attached", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    row = next(row for row in rows(page, service, "incident") if row["label"] == label)
    assert row["calls_total"] == 2


def test_a_callers_earlier_calls_are_looked_up_on_record(open_window: Open, service: Service) -> None:
    window = open_window()
    page, names = window.page, venue_names(window.page, service)
    take_call(window, f"楼上太吵 #噪声 @{names[8]} +13900004444", at_once=True)
    page.keyboard.press("n")
    page.keyboard.insert_text(f"有人偷车 #盗窃 @{names[50]} +13900004444")
    earlier = page.get_by_test_id("earlier")
    expect(earlier).to_contain_text("查询留痕")
    expect(earlier.locator("li")).to_have_count(0)
    expect(page.get_by_test_id("recommendation")).to_be_visible()
    taken = newest(window, service)["id"]
    httpx.post(
        f"{service.address}/incidents/{taken}/claim",
        json={"seat": "1", "take_over": True},
        headers={"authorization": f"Bearer {service.tokens['dispatcher']}"},
        timeout=60,
    )
    earlier.get_by_role("button").press("Enter")
    expect(earlier.locator("li")).to_have_count(1)
    expect(earlier.locator("li")).to_contain_text("噪")
    assert any(url.endswith("/earlier") for _, url, _ in window.sent)
    page.keyboard.press("Escape")
    forgive(window)


def test_a_claim_is_taken_over_only_deliberately_once_its_grace_is_over(
    open_window: Open, service: Service
) -> None:
    first, second = (
        open_window("en", before="localStorage.setItem('fm-seat', 'P');"),
        open_window("en", before="localStorage.setItem('fm-seat', 'Q');"),
    )
    for window in (first, second):
        window.page.wait_for_selector("[data-testid=map][data-ready=true]")
    take_call(first, f"#quarrel @{venue_names(first.page, service)[10]}")
    label = label_of(first)
    claim(first, "P")
    choose(second, service, label)
    second.page.wait_for_timeout(21_000)
    second.page.keyboard.press("a")
    asked = second.page.get_by_role("alert")
    expect(asked).to_contain_text("Seat P has claimed")
    expect(
        first.page.get_by_test_id("incident").locator("header").get_by_text("seat P", exact=True)
    ).to_be_visible()
    second.page.keyboard.press("u")
    expect(
        first.page.get_by_test_id("incident").locator("header").get_by_text("seat Q", exact=True)
    ).to_be_visible()
    forgive(first)
    forgive(second)


def test_a_wrong_dispatch_is_taken_back_by_one_key_without_a_reason(
    open_window: Open, service: Service
) -> None:
    window = open_window("en")
    page = window.page
    incident = take_call(window, f"Loud music #noise @{venue_names(page, service)[52]}", at_once=True)
    expect(incident.locator("[data-candidate]").first).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_text("One sent")).to_be_visible()
    page.keyboard.press("u")
    expect(incident.get_by_label("Timeline")).to_contain_text("Dispatch taken back")
    assert [body.get("reason_code") for body in sent(window, "/undo-dispatch")] == [None]


def test_a_second_screen_marks_what_came_since_it_looked(open_window: Open, service: Service) -> None:
    first, second = open_window("en"), open_window("en")
    take_call(first, f"#drunk @{venue_names(first.page, service)[54]}")
    label = label_of(first)
    choose(second, service, label)
    second.page.keyboard.press("Escape")
    first.page.keyboard.press("t")
    first.page.keyboard.type("he has a knife now")
    first.page.keyboard.press("Enter")
    expect(second.page.locator(".news").first).to_be_visible()
    choose(second, service, label)
    expect(second.page.get_by_test_id("fresh")).to_be_visible()
    expect(second.page.locator("li.fresh", has_text="he has a knife now")).to_be_visible()


def test_the_desk_and_a_crew_at_the_scene_write_to_each_other(open_window: Open, service: Service) -> None:
    window = open_window()
    page = window.page
    incident = take_call(window, f"两人打架 #打架 @{venue_names(page, service)[56]}")
    crews = incident.get_by_test_id("responders").locator("li", has=page.locator("text=/^\\d{3}$/"))
    expect(crews.first).to_be_visible()
    page.keyboard.press("q")
    page.keyboard.type("灰色面包车，尾号 36")
    page.keyboard.press("Enter")
    chat = incident.get_by_test_id("chat")
    expect(chat.locator("li")).to_contain_text("灰色面包车，尾号 36")
    row = newest(window, service)
    answer = httpx.post(
        f"{service.address}/incidents/{row['id']}/say",
        json={"note": "门锁着，要钥匙"},
        headers={"authorization": f"Bearer {service.tokens['commander']}"},
        timeout=30,
    )
    assert answer.status_code == 200
    expect(chat.locator("li").nth(1)).to_contain_text("门锁着，要钥匙")


def test_command_and_places_of_the_scene_are_named(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page = window.page
    incident = take_call(window, f"#fire @{venue_names(page, service)[58]}")
    page.keyboard.press("e")
    page.get_by_label("Who commands").fill("201")
    page.keyboard.press("Enter")
    shown = incident.get_by_test_id("command")
    expect(shown).to_contain_text("on scene 201")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.get_by_text("201 hands over")).to_be_visible()
    page.get_by_label("Who commands").fill("305")
    page.keyboard.press("Enter")
    expect(shown).to_contain_text("on scene 305")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("p")
    page.get_by_label("Name").fill("North gate")
    page.keyboard.press("Enter")
    expect(shown).to_contain_text("North gate")


def test_a_seat_is_handed_over_split_and_joined(open_window: Open, service: Service) -> None:
    window = open_window("en", before="localStorage.setItem('fm-seat', 'H1');")
    page = window.page
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    take_call(window, f"#theft @{venue_names(page, service)[60]}")
    claim(window, "H1")
    label = label_of(window)
    page.keyboard.press("h")
    sheet = page.get_by_test_id("hand-over")
    expect(sheet).to_contain_text(label)
    page.get_by_label("Who leaves").fill("Chen")
    page.get_by_role("textbox", name="Who comes").fill("Lin")
    page.get_by_label("radio", exact=True).check()
    page.get_by_role("button", name="Sign and hand over").press("Enter")
    expect(sheet).to_contain_text("Chen has signed for Lin")
    page.get_by_label("I take over and am").fill("Lin")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Who leaves")).to_be_visible()
    seats = page.get_by_test_id("seats")
    seats.get_by_role("checkbox").first.check()
    seats.get_by_label("To seat").fill("H2")
    page.keyboard.press("Enter")
    expect(seats).to_contain_text("seat H2")
    expect(seats).to_contain_text("1 not yet claimed")
    seats.get_by_role("button", name="Join seat H2 to this one").press("Enter")
    expect(seats.get_by_text("seat H2", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    log = page.get_by_test_id("room-log")
    for line in ("seat H1: Chen → Lin", "Part of seat H1 goes to seat H2", "Seat H2 joined to seat H1"):
        expect(log).to_contain_text(line)


def test_the_room_log_runs_on_every_screen(open_window: Open) -> None:
    first, second = open_window("zh-CN"), open_window("en")
    second.page.keyboard.press("b")
    expect(second.page.get_by_test_id("room-log")).to_be_visible()
    first.page.keyboard.press("b")
    first.page.keyboard.type("市局来电，19 点起限行")
    first.page.keyboard.press("Enter")
    expect(second.page.get_by_test_id("room-log")).to_contain_text("市局来电，19 点起限行")


def test_teams_are_ticked_by_radio_called_by_roll_and_called_out_for_practice(
    open_window: Open, service: Service
) -> None:
    window = open_window("en")
    page = window.page
    page.keyboard.press("m")
    page.get_by_role("button", name="Radio list").press("Enter")
    ticks = page.get_by_test_id("ticks")
    expect(ticks).to_be_visible()
    boxes = ticks.get_by_role("checkbox")
    if boxes.count():
        boxes.first.check()
        page.get_by_role("button", name="Report 1").press("Enter")
        expect(page.get_by_text("1 reported")).to_be_visible()
    page.get_by_role("button", name="Roll-call, pull test").press("Enter")
    board = page.get_by_test_id("roll-call")
    before = {row["id"]: row["on_duty"] for row in rows(page, service, "venue")}
    busy = sum(row["incident_id"] is not None for row in rows(page, service, "unit"))
    board.get_by_label("Teams drawn").select_option("3")
    board.get_by_role("button", name="Call the roll").press("Enter")
    expect(board.get_by_text("of 3 stand")).to_be_visible()
    board.get_by_label("Where").select_option("hudong")
    board.get_by_role("button", name="Pull test").press("Enter")
    expect(board.locator(".practice")).to_contain_text("stand")
    expect(board.locator(".practice .exercise")).to_be_visible()
    board.get_by_role("button", name="Stop").press("Enter")
    expect(board.locator(".practice")).to_contain_text("over")
    after = {row["id"]: row["on_duty"] for row in rows(page, service, "venue")}
    changed = sum(after[venue] != on_duty for venue, on_duty in before.items())
    assert changed < 10, (
        "practice of a whole district changes no live figure; the town's own people come and go"
    )
    assert sum(row["incident_id"] is not None for row in rows(page, service, "unit")) <= busy + 3


def test_a_station_sees_its_own_teams_gaps_crews_and_incidents(open_window: Open, service: Service) -> None:
    window = open_window()
    page = window.page
    take_call(window, f"#盗窃 @{venue_names(page, service)[62]}")
    row = newest(window, service)
    page.keyboard.press("m")
    page.get_by_role("button", name="派出所").press("Enter")
    board = page.get_by_test_id("station-board")
    board.get_by_label("派出所").select_option(row["station_id"])
    expect(board).to_contain_text(row["label"])
    own = [
        each
        for each in rows(page, service, "venue")
        if each["station_id"] == row["station_id"] and each["team_id"]
    ]
    expect(board).to_contain_text(f"{len(own)} 支队伍")
    board.get_by_role("button", name=re.compile(row["label"])).press("Enter")
    expect(page.get_by_test_id("incident").locator("header").first).to_contain_text(row["label"])


def test_a_surge_is_said_over_everything_and_asks_for_its_posts(open_window: Open, service: Service) -> None:
    window = open_window("en")
    page, name = window.page, venue_names(window.page, service)[64]
    at = next(row for row in rows(page, service, "venue") if row["name"] == name)
    take_call(window, f"Smoke #fire @{at['lon']},{at['lat']}", at_once=True)  # other places may bear the name
    expect(page.get_by_test_id("vague")).to_have_count(
        0
    )  # the place is looked up while the call is kept already
    for number in range(9):
        answer = httpx.post(
            f"{service.address}/calls",
            json={
                "text": f"smoke {number}",
                "type_code": "fire",
                "place": {"lon": at["lon"], "lat": at["lat"]},
            },
            headers={"authorization": f"Bearer {service.tokens['dispatcher']}"},
            timeout=30,
        )
        assert answer.status_code == 201
    expect(page.get_by_test_id("surge")).to_contain_text(re.compile("urge"))
    expect(page.get_by_test_id("incident").get_by_text("staging point", exact=False).first).to_be_visible()


TONES = """
window.tones = []
const Real = window.AudioContext
window.AudioContext = class extends Real {
  createOscillator() { const made = super.createOscillator(); window.tones.push(performance.now()); return made }
}
"""


def test_the_highest_sounds_although_muted_until_somebody_claims_it(
    open_window: Open, tmp_path: Path
) -> None:
    """In a town where nobody claims by itself."""
    with running(tmp_path, venues=60) as town:
        at = Service(town.address, town.tokens, town.data)
        window = open_window("en", at=at, before=f"localStorage.setItem('fm-muted', 'yes');{TONES}")
        page = window.page
        page.wait_for_selector("[data-testid=map][data-ready=true]")
        page.locator(".brand").click()
        venues = [row for row in rows(page, at, "venue") if row["team_id"]]
        with town.client("commander") as other:

            def call(type_code: str, venue: dict[str, Any]) -> str:
                place = {"lon": venue["lon"], "lat": venue["lat"]}
                taken = other.post("/calls", json={"type_code": type_code, "text": "loud", "place": place})
                return str(taken.json()["incident_id"])

            call("noise", venues[3])
            page.wait_for_timeout(1500)
            assert page.evaluate("tones.length") == 0, "what is not urgent is muted"
            urgent = call("armed_attack", venues[30])
            assert wait_until(lambda: page.evaluate("tones.length") >= 3, 10.0), "at once"
            alert = next(
                each
                for row in rows(page, at, "incident")
                if row["id"] == urgent
                for each in row["responders"]
                if each["alert_id"]
            )
            assert other.post(f"/alerts/{alert['alert_id']}/accept", json={}).status_code == 200
            page.evaluate("tones.length = 0")
            assert wait_until(lambda: page.evaluate("tones.length") >= 6, 30.0), (
                "again, although somebody comes"
            )
            assert other.post(f"/incidents/{urgent}/claim", json={"seat": "9"}).status_code == 200
        expect(page.get_by_test_id("alarm")).to_have_count(0)
        page.evaluate("tones.length = 0")
        page.wait_for_timeout(5000)
        assert page.evaluate("tones.length") == 0, "claimed, it is silent"
        page.close()


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_axe_finds_no_barrier_in_the_rooms_panels(
    language: str, theme: str, open_window: Open, service: Service, repository: Path
) -> None:
    window = open_window(language, theme)
    page = window.page
    take_call(window, f"#fire @{venue_names(page, service)[66]} +13900007777 ~ja ", at_once=True)
    page.keyboard.press("q")
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("chat").locator("li")).to_have_count(1)
    found = barriers(page, repository)
    assert not found, "\n".join(found)
    page.keyboard.press("Escape")
    for key in ("b", "h", "e", "p", "?"):
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open]")
        page.wait_for_timeout(300)
        found = barriers(page, repository)
        assert not found, "\n".join([key, *found])
        page.keyboard.press("Escape")
    page.keyboard.press("m")
    for tab in page.get_by_role("dialog").locator(".tabs button").all():
        tab.press("Enter")
        page.wait_for_timeout(300)
        found = barriers(page, repository)
        assert not found, "\n".join([tab.inner_text(), *found])
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.insert_text(f"#theft @{venue_names(page, service)[66]} +13900007777 ~ja ")
    expect(page.get_by_test_id("similar")).to_be_visible()
    expect(page.get_by_test_id("phrases")).to_be_visible()
    found = barriers(page, repository)
    assert not found, "\n".join(found)
    forgive(window)
