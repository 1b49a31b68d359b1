"""The ways through the page: who walks, where it begins, and at which points a picture is taken.

A walk is a generator that brings the page somewhere and yields the name of what is to be seen there. Limits: what needs a telephone line, a post's own phone
or a second person's hand is not walked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

DESKTOP, PHONE = (1440, 900), (390, 844)
BY_KEY = {
    "m": "muster", "b": "log", "h": "handover", "?": "keys", ",": "settings", ";": "shares", "!": "keepaway", "=": "print",
}  # fmt: skip
FORMS = {
    "c": "close", "l": "level", "t": "note", "o": "agency", "x": "transfer", "s": "standdown", "e": "command", "p": "posts",
}  # fmt: skip
MEMBER = "王强"
SETTLE_MS = 500


@dataclass
class Town:
    """The service that is walked through. `link`: a way into a team for a phone that has none, one for each walk."""

    address: str
    tokens: dict[str, str]
    rows: Callable[[str], list[dict[str, Any]]]
    sign_in: Callable[[str], str]
    link: Callable[[], tuple[str, Callable[[], None]]]
    lead: Callable[[], str]


Steps = Callable[[Page, Town], Iterator[str]]


@dataclass(frozen=True)
class Walk:
    """A way of one person with one kind of window."""

    sizes: tuple[tuple[int, int], ...]
    steps: Steps


def _room(page: Page, town: Town, role: str = "dispatcher") -> None:
    page.goto(f"{town.address}/#token={town.tokens[role]}")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.wait_for_timeout(3 * SETTLE_MS)


def _venue(town: Town) -> dict[str, Any]:
    return next(
        row for row in town.rows("venue") if row["team_id"] and row["station_id"] and row["on_duty"] >= 3
    )


def desk(page: Page, town: Town) -> Iterator[str]:
    """A dispatcher's shift: look, take a call, send, fill in, print."""
    _room(page, town)
    yield "room"
    name = _venue(town)["name"]
    page.keyboard.press("n")
    page.keyboard.insert_text(f"#theft @{name} +13900007777 ~ja ")
    page.get_by_test_id("recommendation").wait_for()
    page.get_by_test_id("phrases").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    yield "call"
    page.keyboard.press("Control+Enter")
    page.get_by_test_id("new-call").wait_for(state="hidden")
    page.get_by_test_id("incident").wait_for()
    page.wait_for_timeout(4 * SETTLE_MS)
    yield "incident"
    page.keyboard.press("a")
    for key, form in FORMS.items():
        page.keyboard.press(key)
        page.wait_for_timeout(SETTLE_MS)
        yield f"form-{form}"
        page.keyboard.press("Escape")
    for key, panel in BY_KEY.items():
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open]")
        page.wait_for_timeout(SETTLE_MS)
        yield panel
        for nth, tab in enumerate(page.locator("dialog .tabs button").all()[1:] if panel == "muster" else ()):
            tab.press("Enter")
            page.wait_for_timeout(SETTLE_MS)
            yield f"muster-{nth + 1}"
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press(".")
    page.wait_for_timeout(SETTLE_MS)
    yield "layers"
    page.keyboard.press("Escape")
    page.keyboard.press("9")
    page.wait_for_selector("dialog[open]")
    page.wait_for_timeout(SETTLE_MS)
    yield "replay"
    page.get_by_test_id("replay").locator("button").last.press("Enter")
    page.get_by_test_id("slider").wait_for()
    page.wait_for_timeout(4 * SETTLE_MS)
    yield "past"


def narrow_desk(page: Page, town: Town) -> Iterator[str]:
    """The room on a phone, as a duty officer outside has it."""
    _room(page, town)
    yield "room-phone"
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2 * SETTLE_MS)
    yield "incident-phone"


def commander(page: Page, town: Town) -> Iterator[str]:
    """What only who commands has."""
    _room(page, town, "commander")
    page.keyboard.press("g")
    page.wait_for_selector("dialog[open]")
    page.wait_for_timeout(SETTLE_MS)
    yield "grade"


def reviews(page: Page, town: Town) -> Iterator[str]:
    """Figures, and all there is about one incident."""
    page.goto(f"{town.address}/?reviews#token={town.tokens['commander']}")
    page.get_by_test_id("map").wait_for()
    page.evaluate("location.hash = 'review'")
    page.get_by_test_id("chart-reasons").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    yield "review"
    incident = max(town.rows("incident"), key=lambda row: (len(row["responders"]), row["opened_s"]))
    page.evaluate("id => (location.hash = 'pack/' + id)", incident["id"])
    page.get_by_test_id("pack").locator("h2").nth(3).wait_for()
    page.wait_for_timeout(SETTLE_MS)
    yield "pack"


def paper(page: Page, town: Town) -> Iterator[str]:
    """Every sheet, as it is on the screen before it is printed."""
    page.goto(f"{town.address}/?paper#token={town.tokens['dispatcher']}")
    page.get_by_test_id("map").wait_for()
    venue = _venue(town)
    unit = next(row for row in town.rows("unit") if row["on_duty"])
    for sheet in (
        "run", "handover", f"muster/{venue['station_id']}", f"patrol/{unit['id']}", f"poster/{venue['id']}", "forms/1",
    ):  # fmt: skip
        page.evaluate("what => (location.hash = 'sheet/' + what)", sheet)
        page.locator(f"[data-testid=sheet][data-kind={sheet.partition('/')[0]}] .paper").wait_for()
        page.wait_for_timeout(SETTLE_MS)
        yield f"sheet-{sheet.partition('/')[0]}"


def wall(page: Page, town: Town) -> Iterator[str]:
    """The big screen that nobody touches."""
    page.goto(f"{town.address}/?screen#wall&token={town.tokens['dispatcher']}")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.wait_for_timeout(4 * SETTLE_MS)
    yield "wall"


def way_in(page: Page, town: Town) -> Iterator[str]:
    """Before anybody is known."""
    page.goto(town.address)
    page.wait_for_selector("form input")
    yield "signin"
    for name, code in (("setup", "x" * 24), ("join", "x" * 24), ("register", "t1")):
        page.goto(f"{town.address}/?{name}#{name}={code}")
        page.wait_for_selector("form input")
        yield f"signin-{name}"


def administration(page: Page, town: Town) -> Iterator[str]:
    """Registers and the guided set-up."""
    page.goto(f"{town.address}/?admin#token={town.tokens['admin']}")
    page.wait_for_selector("[data-testid=setup]")
    page.wait_for_timeout(SETTLE_MS)
    yield "setup"
    page.evaluate(
        "const s = document.querySelector('nav select'); s.value = 'stations'; s.dispatchEvent(new Event('change'))"
    )
    page.wait_for_selector("tbody tr")
    yield "register"
    page.locator("tbody td button").first.click()
    page.wait_for_selector("[data-testid=history] li")
    page.wait_for_timeout(SETTLE_MS)
    yield "row"
    page.keyboard.press("Escape")
    page.locator(".bar button").nth(1).click()
    page.wait_for_selector("dialog input[type=file]")
    yield "import"


def duties(page: Page, town: Town) -> Iterator[str]:
    """Who may do what, and who looked at what: two people who are not the same."""
    page.goto(f"{town.address}/?accounts#token={town.sign_in('security_admin')}")
    page.get_by_test_id("accounts").locator("li > button.wide").first.press("Enter")
    page.get_by_test_id("person").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    yield "accounts"
    page.goto(f"{town.address}/?looks#token={town.sign_in('auditor')}")
    page.get_by_test_id("looks").locator("select").select_option("rights")
    page.get_by_test_id("looks").locator("button.primary").press("Enter")
    page.wait_for_selector("[data-testid=looks] ol li")
    yield "looks"


def lead(page: Page, town: Town) -> Iterator[str]:
    """A team's lead on the phone."""
    page.goto(f"{town.address}/?lead#token={town.lead()}")
    page.locator("[data-testid=team] form button").click()
    page.wait_for_selector("[data-testid=team] svg")
    yield "team"


def member(page: Page, town: Town) -> Iterator[str]:
    """A guard's evening: on duty, called, there, home."""
    link, call = town.link()
    page.goto(link)
    page.locator("#join input").first.fill(MEMBER)
    yield "duty-join"
    page.locator("footer button").click()
    page.locator(".status").wait_for()
    yield "duty-off"
    page.locator("footer .primary").click()
    page.locator(".status.on").wait_for()
    yield "duty-test"
    page.locator("footer .primary").click()
    page.get_by_test_id("reachable").wait_for()
    page.wait_for_timeout(2 * SETTLE_MS)
    yield "duty-on"
    page.locator("header button").click()
    page.wait_for_timeout(SETTLE_MS)
    yield "duty-settings"
    page.locator("footer .primary").click()
    call()
    page.get_by_test_id("alert").wait_for()
    yield "duty-alert"
    page.locator("footer .go").click()
    page.get_by_test_id("task").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    yield "duty-task"
    for _ in range(3):
        page.locator("footer .go").click()
        page.wait_for_timeout(2 * SETTLE_MS)
        if page.get_by_test_id("feedback").count():
            break
        yield "duty-there"
    page.get_by_test_id("feedback").wait_for()
    yield "duty-feedback"


def public(page: Page, town: Town) -> Iterator[str]:
    """Anybody says something and follows what became of it."""
    lang = page.evaluate("navigator.language").partition("-")[0]
    query = f"lang={'zh-CN' if lang == 'zh' else 'en'}"
    page.goto(f"{town.address}/report?{query}")
    yield "report"
    page.locator("#text").fill(
        "The street light at the crossing is out." if lang == "en" else "路口的路灯不亮。"
    )
    page.locator("button.primary").click()
    page.wait_for_selector(".code")
    yield "receipt"
    code = page.locator(".code").inner_text()
    page.goto(f"{town.address}/report/follow?{query}")
    page.locator("#code").fill(code)
    page.locator("button.primary").click()
    page.wait_for_selector("#state")
    yield "followed"
    page.goto(f"{town.address}/report/notices?{query}")
    yield "notices"


def gallery(page: Page, town: Town) -> Iterator[str]:
    """All parts of the page beside each other."""
    page.goto(f"{town.address}/gallery.html")
    page.locator("[data-part=Panel]").wait_for()
    yield "gallery"


WALKS = (
    Walk((DESKTOP,), desk), Walk((PHONE,), narrow_desk), Walk((DESKTOP,), commander), Walk((DESKTOP,), reviews), Walk((DESKTOP,), paper),
    Walk((DESKTOP,), wall), Walk((DESKTOP, PHONE), way_in), Walk((DESKTOP, PHONE), administration),
    Walk((DESKTOP, PHONE), duties), Walk((PHONE,), lead), Walk((PHONE,), member),
    Walk((PHONE, DESKTOP), public), Walk((DESKTOP,), gallery),
)  # fmt: skip
