"""What a dispatcher does in many tests, by keyboard: take a call, choose an incident; and what is asked of a page afterwards."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Service, Window

expect.set_options(timeout=60_000)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def rows(page: Page, service: Service, sort: str) -> list[dict[str, Any]]:
    """The rows of one sort in a fresh snapshot."""
    answer = page.request.get(
        f"{service.address}/feed/snapshot",
        headers={"authorization": f"Bearer {service.tokens['dispatcher']}"},
    )
    return [row for key, row in answer.json()["set"].items() if key.startswith(f"{sort}/")]


def venue_names(page: Page, service: Service) -> list[str]:
    """Names of venues that have a team."""
    found = rows(page, service, "venue")
    return sorted(row["name"] for row in found if row["team_id"] and row["on_duty"] >= 3)


def take_call(window: Window, line: str, *, at_once: bool = False) -> Locator:
    """Take a call by keyboard and wait until it is an incident with somebody to send; the incident. `at_once`: not letter by letter."""
    page = window.page
    page.keyboard.press("n")
    if at_once:
        page.keyboard.insert_text(line)
    else:
        page.keyboard.type(line, delay=15)
    expect(page.get_by_test_id("saved")).to_have_class(re.compile("ok"))
    expect(page.get_by_test_id("recommendation")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("new-call")).to_be_hidden()
    expect(page.get_by_test_id("incident")).to_be_visible()
    return page.get_by_test_id("incident")


def label_of(window: Window) -> str:
    """The label of the chosen incident."""
    return window.page.get_by_test_id("incident").locator("header .faint").first.inner_text()


def chosen(window: Window, service: Service) -> dict[str, Any]:
    """The row of the chosen incident: others may have come since."""
    label = label_of(window)
    return next(row for row in rows(window.page, service, "incident") if row["label"] == label)


def choose(window: Window, service: Service, label: str) -> None:
    """Choose an incident in the queue, without the mouse."""
    row = next(row for row in rows(window.page, service, "incident") if row["label"] == label)
    window.page.locator(f"[data-incident='{row['id']}']").press("Enter")
    expect(window.page.get_by_test_id("incident").get_by_text(label, exact=True)).to_be_visible()


def pick_another(page: Page) -> Locator:
    """From the first candidate down by the arrows to one that is not recommended; its button, which has the keyboard."""
    recommended = page.locator("li", has=page.locator(".who i"))
    for _ in range(6):
        if not recommended.locator("[data-candidate]:focus").count():
            break
        page.keyboard.press("ArrowDown")
    found = page.locator("[data-candidate]:focus").get_attribute("data-candidate")
    return page.locator(f"[data-candidate='{found}']")


JUDGE = """
([only, within]) => {
  const over = document.querySelector('dialog:modal')
  return axe.run({ include: [over ?? document.querySelector(within)], exclude: ['.mark'] }, { runOnly: only, resultTypes: ['violations'], preload: false })
}
"""


def barriers(page: Page, repository: Path, *, within: str = "html") -> list[str]:
    """What axe finds against WCAG 2.2 A and AA: in the dialog that lies over everything, where there is one, since nobody reaches what is under it.

    `within`: only the part that is new, where the rest of the page was judged before.
    """
    page.wait_for_load_state("load")  # words stand before their style sheet has come
    if not page.evaluate("'axe' in window"):
        page.evaluate((repository / "web/node_modules/axe-core/axe.min.js").read_text())
    # Marks on the map may lie close together: each has its equal in the queue, so their distance is not judged.
    found = page.evaluate(JUDGE, [WCAG, within])
    return [
        f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for each in found["violations"]
        for node in each["nodes"][:1]
    ]


CUT = """
() => {
  const meant = element => element.closest('.cut, .hidden, .map, [popover], select, option') || getComputedStyle(element).clipPath !== 'none'
  const seen = element => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 0
  const own = element => [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
  const found = []
  for (const element of document.querySelectorAll('body *')) {
    if (element instanceof SVGElement || !own(element) || !seen(element) || meant(element)) continue
    const box = element.getBoundingClientRect()
    const words = element.textContent.trim().slice(0, 60)
    const panel = element.closest('.scroll, .right, dialog')?.getBoundingClientRect()
    const button = element.closest('button')
    const scrolls = /auto|scroll/.test(getComputedStyle(element).overflow)
    const leaks = !scrolls && element.clientWidth && (element.scrollWidth > element.clientWidth + 2 || element.scrollHeight > element.clientHeight + 8)
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`outside: ${words}`)
    else if (leaks) found.push(`cut: ${words}`)
    else if (button && button.scrollWidth > button.clientWidth + 2) found.push(`beyond its button: ${words}`)
    else if (panel && box.right > panel.right + 1) found.push(`beyond its panel: ${words}`)
  }
  return found
}
"""


def cut_off(page: Page) -> list[str]:
    """Words that stand outside the window or their panel, or are cut without an ellipsis."""
    return list(page.evaluate(CUT))


def size_of(target: Locator) -> tuple[float, float]:
    """Width and height on the screen."""
    box = target.bounding_box()
    assert box is not None
    return box["width"], box["height"]
