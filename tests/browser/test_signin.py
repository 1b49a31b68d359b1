"""Ways in, as people walk them in a real browser: set-up link, app, passkey, PIN, team code, the post's phone; and a locked desk that hides nothing."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from firstminute.store.accounts import Role
from firstminute.store.totp import STEP_S, code_at
from tests.browser.conftest import Service
from tests.browser.people import NEXT, enter, local, somebody, window
from tests.browser.steps import barriers, cut_off
from tests.support.accounts import PASSWORD
from tests.support.person import book_of
from tests.support.service import Running, wait_until

pytestmark = pytest.mark.without_map
PIN = "2580"
ROOM = "[data-testid=map][data-ready=true]"


def _code(secret: bytes, shift: int = 0) -> str:
    return code_at(secret, int(time.time() // STEP_S) + shift)


def _authenticator(page: Page) -> Any:
    """Chromium's own virtual authenticator: a phone that shows its holder's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    found = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, found["authenticatorId"]


def test_a_set_up_link_leads_by_keyboard_to_the_room(chromium: Browser, service: Service) -> None:
    book = book_of(cast(Running, service))
    name = f"new {next(NEXT)}"
    _, link = book.add(name, Role(role="dispatcher", seat="12"), by="command-line")
    book.file.close()
    with window(chromium, service, f"/#setup={link}") as page:
        expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
        assert link not in page.url, "the link leaves the address"
        secret = "".join(re.findall(r"[A-Z2-7]{4}", page.locator(".secret code").inner_text()))
        key = base64.b32decode(secret)
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same again").fill("something else")
        page.get_by_label("Six digits that the app shows").fill(_code(key))
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("not the same")
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_label("Six digits that the app shows").fill(_code(key))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_focused()
        codes = page.locator("ol code").all_inner_texts()
        assert len(set(codes)) == 10
        page.get_by_role("button", name="I have kept them").click()
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Six digits")).to_be_focused()
        page.keyboard.type("000000")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        page.keyboard.type(codes[0])
        page.keyboard.press("Enter")
        page.wait_for_selector(ROOM)
        expect(page.get_by_text("seat 12", exact=False).first).to_be_visible()


def test_a_passkey_is_added_signs_in_unlocks_and_is_removed(chromium: Browser, service: Service) -> None:
    wang = somebody(service, seat="13")
    with window(chromium, service) as page:
        session, authenticator = _authenticator(page)
        enter(page, wang)
        page.wait_for_selector(ROOM)
        page.keyboard.press("i")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_label("Your password, once more").fill(PASSWORD)
        page.get_by_label("What you call it").fill("my phone")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("my phone")).to_be_visible()
        kept = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
        assert [each["rpId"] for each in kept] == ["localhost"]
        page.keyboard.press("Escape")
        page.keyboard.press("z")
        expect(page.get_by_test_id("lock")).to_be_visible()
        page.get_by_test_id("lock").get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_test_id("lock")).to_be_hidden()
        page.keyboard.press(",")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Name").fill(wang.name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Use a passkey")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_selector(ROOM)
        page.keyboard.press("i")
        page.get_by_role("button", name="Remove").click()
        page.get_by_label("Your password, once more").fill(PASSWORD)
        page.locator("li form").get_by_role("button", name="Remove").click()
        expect(page.get_by_text("my phone")).to_be_hidden()


def test_a_locked_desk_goes_on_showing_and_sounding_and_opens_within_two_seconds(
    chromium: Browser, service: Service
) -> None:
    wang, zhang = somebody(service, seat="14"), somebody(service, "commander")
    with zhang.client() as commander:
        assert commander.put("/me/pin", json={"pin": "1357", "password": PASSWORD}).status_code == 204
        with window(chromium, service) as page:
            enter(page, wang)
            page.wait_for_selector(ROOM)
            page.keyboard.press("i")
            page.get_by_role("button", name="Set a PIN").click()
            page.get_by_label("Your password, once more").fill(PASSWORD)
            page.get_by_label("New PIN").fill(PIN)
            page.keyboard.press("Enter")
            expect(page.get_by_role("status").filter(has_text="PIN set")).to_be_visible()
            page.keyboard.press("Escape")
            page.evaluate("""() => { window.tones = 0; const real = OscillatorNode.prototype.start;
                OscillatorNode.prototype.start = function (...a) { window.tones += 1; return real.apply(this, a) } }""")
            page.keyboard.press("z")
            expect(page.get_by_test_id("lock").get_by_role("alert")).to_contain_text("Locked")
            before = page.locator("aside.left li").count()
            sent = httpx.post(
                f"{service.address}/calls", json={"text": "fire at the market", "type_code": "fire"},
                headers={"authorization": f"Bearer {service.tokens['dispatcher']}"},
            )  # fmt: skip
            assert sent.status_code == 201
            expect(page.locator("aside.left li")).not_to_have_count(before)
            assert wait_until(lambda: page.evaluate("() => window.tones") > 0, 30.0), "alarms sound"
            page.locator("aside.left li button").first.click()
            expect(page.get_by_test_id("incident")).to_be_visible()
            page.keyboard.press("a")
            expect(page.locator(".toast.problem")).to_contain_text("locked")
            page.keyboard.press("u")
            expect(page.locator("#unlock")).to_be_focused()
            page.keyboard.type("9999")
            page.keyboard.press("Enter")
            expect(page.get_by_test_id("lock")).to_contain_text("wrong")
            page.keyboard.type(PIN)
            page.keyboard.press("Enter")
            began = time.monotonic()
            expect(page.get_by_test_id("lock")).to_be_hidden()
            assert time.monotonic() - began < 2.0 * max(1.0, _slowness(page))
            page.keyboard.press("z")
            page.get_by_label("Unlock with").select_option("commander")
            page.get_by_role("textbox", name="Commander on duty").fill(zhang.name)
            page.locator("#unlock").fill("1357")
            page.keyboard.press("Enter")
            expect(page.get_by_test_id("lock")).to_be_hidden()
            page.keyboard.press("n")
            expect(page.get_by_test_id("new-call")).to_be_visible()
            expect(page.get_by_role("button", name="Lock Z")).to_be_disabled()


def _slowness(page: Page) -> float:
    """How often longer than a tenth of a second an empty round through this machine takes now."""
    began = time.monotonic()
    page.evaluate("() => fetch('/session/ways').then(answer => answer.text())")
    return (time.monotonic() - began) / 0.1


def test_a_session_that_is_ended_elsewhere_leaves_nothing_on_the_screen(
    chromium: Browser, service: Service
) -> None:
    wang = somebody(service, seat="15")
    with window(chromium, service) as here, window(chromium, service) as there:
        for page in (here, there):
            enter(page, wang)
            page.wait_for_selector(ROOM)
        here.keyboard.press("i")
        expect(here.get_by_text("here", exact=True)).to_be_visible()
        here.get_by_role("button", name="End", exact=True).first.click()
        expect(there.get_by_role("alert")).to_contain_text("ended")
        assert there.locator("aside.left").count() == 0
        enter(there, wang)
        there.wait_for_selector(ROOM)


def test_a_lead_enrols_a_member_by_code_and_a_post_shares_a_phone(
    chromium: Browser, service: Service
) -> None:
    team = next(iter(_teams(service)))
    lead = somebody(service, "lead", team_id=team)
    with window(chromium, service, phone=True) as page:
        enter(page, lead)
        page.get_by_role("button", name="Show a code").click()
        expect(page.get_by_role("img", name="QR code to join the team")).to_be_visible()
        link = page.locator("[data-testid=team] code").inner_text()
        assert link.startswith(f"{local(service)}/responder/#join=")
        with window(chromium, service, "/#" + link.partition("#")[2], phone=True) as member:
            member.get_by_label("Your name").fill("Auntie Liu")
            member.get_by_label("PIN").fill(PIN)
            member.get_by_role("button", name="Join").click()
            expect(member.get_by_text("Signed in as member")).to_be_visible()
            member.reload()
            expect(member.get_by_text("Signed in as member")).to_be_visible()
            with window(chromium, service, "/#" + link.partition("#")[2], phone=True) as phone:
                phone.get_by_label("Your name").fill("Gate phone")
                phone.get_by_role("button", name="Join").click()
                expect(page.get_by_text("gate phone")).to_be_visible()
                page.get_by_role("button", name="Post's phone: gate phone").click()
                expect(page.get_by_text("post's phone", exact=True)).to_be_visible()
                phone.reload()
                phone.get_by_role("button", name="auntie liu").click()
                phone.get_by_label("PIN of auntie liu").fill(PIN)
                phone.keyboard.press("Enter")
                expect(phone.get_by_text("auntie liu has the phone")).to_be_visible()
                phone.get_by_role("button", name="Put it down").click()
                expect(phone.get_by_role("button", name="auntie liu")).to_be_visible()
                page.on("dialog", lambda dialog: dialog.accept())
                page.get_by_role("button", name="Take off: gate phone").click()
                expect(phone.get_by_role("alert")).to_contain_text("ended")


def _teams(service: Service) -> list[str]:
    headers = {"authorization": f"Bearer {service.tokens['dispatcher']}"}
    rows = httpx.get(f"{service.address}/feed/snapshot", headers=headers, timeout=30.0).json()["set"]
    return sorted(row["team_id"] for key, row in rows.items() if key.startswith("venue/") and row["team_id"])


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "dark"), ("en", "light"), ("en", "contrast")])
def test_axe_finds_no_barrier_on_any_way_in(
    language: str, theme: str, chromium: Browser, service: Service, repository: Path
) -> None:
    wang, lead = somebody(service, seat="16"), somebody(service, "lead", team_id=_teams(service)[1])
    book = book_of(cast(Running, service))
    _, link = book.add(f"axe {next(NEXT)}", Role(role="inspector"), by="command-line")
    book.file.close()
    found: list[str] = []

    def look(page: Page, where: str) -> None:
        found.extend(f"{where}: {each}" for each in [*barriers(page, repository), *cut_off(page)])

    with window(chromium, service, language=language, theme=theme) as page:
        page.wait_for_selector("form input")
        look(page, "password")
        page.locator("nav button").last.click()
        look(page, "token")
    for path in (f"/#setup={link}", "/#join=xxxxxxxxxxxxxxxxxxxxxxxx", "/#register=t1"):
        with window(chromium, service, path, language=language, theme=theme, phone=True) as page:
            page.wait_for_selector("form input")
            look(page, path.partition("=")[0])
    headers = {"authorization": f"Bearer {wang.sign_in()['token']}"}
    token = headers["authorization"].removeprefix("Bearer ")
    with window(chromium, service, f"/#token={token}", language=language, theme=theme) as page:
        page.wait_for_selector(ROOM)
        page.keyboard.press("i")
        page.wait_for_selector("dialog [data-testid=account] ul li")
        page.locator("dialog .row button").nth(1).click()
        look(page, "account")
        page.keyboard.press("Escape")
        page.keyboard.press("z")
        page.wait_for_selector("[data-testid=lock]")
        look(page, "lock")
    with window(
        chromium, service, f"/#token={lead.sign_in()['token']}", language=language, theme=theme, phone=True
    ) as page:
        page.locator("[data-testid=team] form button").click()
        page.wait_for_selector("[data-testid=team] svg")
        look(page, "team")
    assert not found, "\n".join(found)
