"""The big screen that nobody touches, and everything that is printed: also when the service is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.steps import barriers, cut_off, label_of, rows, take_call
from tests.support import pdf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Open, Service, Window

GONE = re.compile("ERR_INTERNET_DISCONNECTED|WebSocket connection|Failed to load resource")
SECRET = ("两人争执，住在七楼", "13812345678", "王小明")
LEAST_SHARE = 0.033
"""Letters of a thirtieth of the screen's height are read from six metres on a screen a metre high."""
OUTSIDE_PAPER = """
() => {
  const paper = document.querySelector('.paper').getBoundingClientRect()
  const beyond = box => box.width && (box.right > paper.right + 1 || box.left < paper.left - 1)
  return [...document.querySelectorAll('.paper *')].filter(each => beyond(each.getBoundingClientRect())).map(each => each.outerHTML.slice(0, 120))
}
"""


def line_of(window: Window) -> Callable[[bool], None]:
    """The line between the page and the service, which a test takes away and gives back."""
    there = [True]
    sockets: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        if there[0]:
            sockets.append(socket)
            socket.connect_to_server()
        else:
            socket.close()

    def switch(on: bool) -> None:
        there[0] = on
        window.page.context.set_offline(not on)
        if not on:
            for socket in sockets:
                socket.close()
            sockets.clear()

    window.page.route_web_socket("**/feed", between)
    return switch


def called(service: Service, venue_id: str, type_code: str) -> str:
    """Somebody calls, with words and a name that are nobody's business; the incident, which no seat has."""
    said = {"type_code": type_code, "venue_id": venue_id, "text": SECRET[0], "caller_phone": SECRET[1]}
    with httpx.Client(headers={"authorization": f"Bearer {service.tokens['resident']}"}) as caller:
        answer = caller.post(f"{service.address}/calls", json={**said, "caller_name": SECRET[2]})
        return str(answer.raise_for_status().json()["incident_id"])


def forgive(window: Window) -> None:
    """A browser writes to its console that nobody answers; that is what the test is about."""
    window.errors[:] = [error for error in window.errors if not GONE.search(error)]


def printed(page: Page) -> list[str]:
    """The pages of what would come out of the printer: black on white, nothing beside the paper."""
    expect(page.locator(".paper")).to_be_visible()
    page.emulate_media(media="print")
    assert page.evaluate(OUTSIDE_PAPER) == []
    paper = page.locator(".paper").evaluate(
        "each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).color]"
    )
    assert paper == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    made = page.pdf(format="A4", prefer_css_page_size=True)
    page.emulate_media(media="screen")
    return pdf.pages(made)


def show(page: Page, what: str) -> Any:
    """Open a sheet by its address."""
    page.evaluate("what => (location.hash = what)", f"sheet/{what}")
    sheet = page.get_by_test_id("sheet")
    expect(sheet).to_have_attribute("data-kind", what.partition("/")[0])
    return sheet


ALARMED = """() => new MutationObserver(() => (window.alarmed ||= document.querySelector('[data-testid=wall-alarm]') !== null))
    .observe(document.body, { childList: true, subtree: true })"""


def test_the_wall_shows_what_comes_names_nobody_and_survives_a_lost_line(
    open_window: Open, service: Service, repository: Path
) -> None:
    window = open_window("zh-CN", signed_in=False, size=(1280, 720))
    page = window.page
    line = line_of(window)
    venue, *_, elsewhere = (row for row in rows(page, service, "venue") if row["team_id"])
    page.add_init_script(
        "window.sounds = 0; window.AudioContext = class { constructor() { window.sounds += 1 } }"
    )
    page.goto(f"{service.address}/?screen#wall&token={service.tokens['dispatcher']}&lang=en&theme=light")
    wall = page.get_by_test_id("wall")
    expect(page.locator("[data-testid=map][data-ready=true]")).to_be_visible()
    assert "token" not in page.url
    page.evaluate(ALARMED)  # somebody in this town may claim it soon
    incident_id = called(service, venue["id"], "fire")
    item = page.locator(f"[data-wall='{incident_id}']")
    expect(item).to_contain_text("Fire")
    assert item.locator(".clock").count() == 3
    height = item.locator(".clock .time").first.evaluate(
        "each => parseFloat(getComputedStyle(each).fontSize)"
    )
    assert height >= LEAST_SHARE * 720
    page.wait_for_function("window.alarmed")
    expect(page.get_by_test_id("wall-hour")).to_contain_text(re.compile(r"\d"))
    assert not [each for each in SECRET if each in wall.inner_text()]
    assert [*barriers(page, repository), *cut_off(page)] == []
    assert (
        wall.locator("button, a, input").evaluate_all(
            "all => all.filter(each => !each.closest('[inert]')).length"
        )
        == 0
    )
    line(False)
    expect(wall.get_by_text(re.compile(r"Data since \d\d:\d\d"))).to_be_visible()
    expect(item).to_be_visible()
    line(True)
    expect(wall.get_by_text("Data since")).to_have_count(0)
    expect(page.locator(f"[data-wall='{called(service, elsewhere['id'], 'fire')}']")).to_be_visible()
    assert page.evaluate("window.sounds") == 0
    forgive(window)


def test_every_sheet_prints_black_on_white_with_its_words(
    open_window: Open, service: Service, repository: Path
) -> None:
    window = open_window("zh-CN", "dark")
    page = window.page
    venue = next(row for row in rows(page, service, "venue") if row["team_id"] and row["station_id"])
    unit = next(row for row in rows(page, service, "unit") if row["on_duty"])
    called(service, venue["id"], "theft")
    page.keyboard.press("=")
    expect(page.get_by_test_id("print")).to_be_visible()
    assert [*barriers(page, repository), *cut_off(page)] == []
    page.get_by_test_id("print").get_by_role("button").first.click()
    expect(page.get_by_test_id("sheet")).to_have_attribute("data-kind", "run")
    assert barriers(page, repository) == []
    run = "".join(printed(page))
    label = rows(page, service, "incident")[0]["label"]
    assert label in run and unit["call_sign"].replace(" ", "") in run and "20" in run
    assert "数据截至" in run and not [each for each in SECRET if each in run]
    show(page, "handover")
    assert "本席位其他事项" in "".join(printed(page))
    sheet = show(page, f"muster/{venue['station_id']}")
    expect(sheet.locator(".phone")).to_have_count(0)
    sheet.get_by_role("button", name="打开队长电话").click()
    expect(sheet.locator(".phone").first).to_be_visible()
    assert len(re.findall(r"000-?\d{4}-?\d{4}", "".join(printed(page)))) == sheet.locator(".phone").count()
    show(page, f"patrol/{unit['id']}")
    [card] = printed(page)
    assert unit["call_sign"].replace(" ", "") in card and "119" in card
    sheet = show(page, f"poster/{venue['id']}")
    expect(sheet.locator("section.report")).to_have_attribute(
        "data-link", re.compile(rf"/report\?at={venue['id']}$")
    )
    everybody, team = printed(page)
    assert "扫码反映情况" in everybody and "Reportsomethinghere" in everybody and "110" in everybody
    assert "队员" in team and "Team" in team
    sheet = show(page, "forms/2")
    expect(sheet.locator("[data-form]")).to_have_count(2)
    numbers = sheet.locator("[data-form]").evaluate_all("all => all.map(each => each.dataset.form)")
    forms = printed(page)
    assert len(forms) == 2 and all(
        number in form.replace("‑", "-") for number, form in zip(numbers, forms, strict=True)
    )
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_test_id("map")).to_be_visible()


def test_a_patrol_card_is_one_page_with_two_dozen_points(open_window: Open, service: Service) -> None:
    page = open_window("zh-CN", "dark").page
    unit = next(row for row in rows(page, service, "unit") if row["on_duty"])
    place = {name: unit[name] for name in ("lon", "lat", "district", "station_id")}
    common = {**place, "from_min": 0, "until_min": 1440, "unit_ids": [unit["id"]], "note": "看后院"}
    made = [{"point_id": f"C{n}", "name": f"第{n}号楼的大堂", **common} for n in range(24)]
    headers = {"authorization": f"Bearer {service.tokens['admin']}"}
    with httpx.Client(base_url=service.address, headers=headers, timeout=30.0) as client:
        client.put("/registers/must_visits", json=made).raise_for_status()
        try:
            sheet = show(page, f"patrol/{unit['id']}")
            expect(sheet.locator(".points li").nth(23)).to_be_visible()
            [card] = printed(page)
            assert "第7号楼的大堂" in card and "看后院" in card
        finally:
            for row in made:
                client.delete(f"/registers/must_visits/{row['point_id']}").raise_for_status()


def test_a_desk_without_a_line_prints_what_it_holds_and_its_paper_is_typed_later(
    open_window: Open, service: Service
) -> None:
    window = open_window("en", "light", signed_in=False)
    page = window.page
    line = line_of(window)
    page.goto(f"{service.address}/?desk#token={service.tokens['dispatcher']}")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    take_call(window, "#theft", at_once=True)
    label = label_of(window)
    used = show(page, "forms/1").locator("[data-form]").get_attribute("data-form")
    page.keyboard.press("Escape")
    line(False)
    page.get_by_role("alert").get_by_role("button", name="Print").click()
    panel = page.get_by_test_id("print")
    expect(panel).to_contain_text("Data as of")
    panel.get_by_role("button", name="Open").first.click()
    run = "".join(printed(page))
    assert "Noconnection.Dataasof" in run and label in run
    form = show(page, "forms/1").locator("[data-form]").get_attribute("data-form")
    assert form and form != used and form in "".join(printed(page))
    page.keyboard.press("Escape")
    line(True)
    expect(page.get_by_text("Data as of")).to_have_count(0)
    page.keyboard.press("n")
    page.get_by_role("button", name="From paper").click()
    page.get_by_test_id("form-number").fill(form)
    page.get_by_test_id("when").fill("2026-01-02T10:00")
    page.get_by_test_id("text").fill("Quarrel at the gate #fight")
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("incident")).to_contain_text(f"form {form}")
    forgive(window)
