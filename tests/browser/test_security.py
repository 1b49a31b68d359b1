"""The pages of two of the three duties: the security administrator gives, takes and shuts out by keyboard; the auditor finds who looked, and is found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Service
from tests.browser.people import NEXT, enter, somebody, window
from tests.browser.steps import barriers, cut_off
from tests.support.person import Person, use_link
from tests.support.service import Running, wait_until

pytestmark = pytest.mark.without_map


def _row(page: Page, who: Person) -> Locator:
    """Somebody's line in the list, which may still show others."""
    return page.get_by_test_id("accounts").locator("li > button.wide").filter(has_text=who.name)


def _find(page: Page, who: Person) -> None:
    """Search somebody by name and open the account, with the keyboard alone."""
    page.get_by_role("searchbox").fill(who.name)
    page.keyboard.press("Enter")
    row = _row(page, who)
    expect(row).to_have_count(1)
    row.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("person")).to_be_visible()


def _act(page: Page, name: str) -> None:
    """Press an act's button, then the same word again where it asks once more."""
    sheet = page.get_by_test_id("person")
    sheet.get_by_role("button", name=name, exact=True).first.press("Enter")
    expect(sheet.locator("form")).to_be_visible()
    if name != "Give a role":
        expect(sheet.locator("form").get_by_role("button", name=name)).to_be_focused()
        page.keyboard.press("Enter")


def test_an_account_is_made_and_its_holder_comes_in_with_the_link(
    chromium: Browser, service: Service
) -> None:
    security, name = somebody(service, "security_admin"), f"fresh {next(NEXT)}"
    with window(chromium, service) as page:
        enter(page, security)
        page.get_by_role("button", name="New account").press("Enter")
        expect(page.get_by_label("Name", exact=True)).to_be_focused()
        page.keyboard.type(name)
        page.get_by_role("combobox", name="Role").select_option("patrol")
        page.get_by_label("Unit", exact=True).fill("U1")
        page.keyboard.press("Enter")
        link = page.get_by_role("textbox", name="Set-up link")
        expect(link).to_be_focused()
        code = link.input_value().partition("#setup=")[2]
        page.get_by_role("button", name="I have handed it over").click()
        expect(link).to_be_hidden()
        page.get_by_role("searchbox").fill(name)
        page.keyboard.press("Enter")
        found = page.get_by_test_id("accounts").locator("li")
        expect(found).to_have_count(1)
        expect(found).to_contain_text("link not used yet")
        page.get_by_label("State").select_option("active")
        expect(page.get_by_role("status").filter(has_text="No account like this")).to_be_visible()
    made = use_link(cast(Running, service), name, code)
    with made.client() as his:
        me = his.get("/me").json()
        assert (me["role"], me["unit_id"]) == ("patrol", "U1")


def test_somebody_is_given_a_role_suspended_let_in_and_ended_and_is_out_at_once(
    chromium: Browser, service: Service
) -> None:
    security, wang = somebody(service, "security_admin"), somebody(service, "dispatcher", seat="31")
    with wang.client() as his, window(chromium, service) as page:
        enter(page, security)
        _find(page, wang)
        sheet = page.get_by_test_id("person")
        expect(sheet).to_contain_text("Signed in on one device")
        _act(page, "Give a role")
        sheet.get_by_role("combobox", name="Role").select_option("analyst")
        sheet.locator("form").get_by_role("button", name="Give a role").press("Enter")
        expect(sheet.locator("ul").first).to_contain_text("analyst")
        sheet.get_by_role("button", name="Take away: analyst").press("Enter")
        expect(sheet.get_by_role("button", name="Yes, take it away")).to_be_focused()
        page.keyboard.press("Enter")
        expect(sheet.locator("ul").first).not_to_contain_text("analyst")
        assert his.get("/me").status_code == 200
        _act(page, "Suspend")
        expect(_row(page, wang)).to_contain_text("suspended")
        assert wait_until(lambda: his.get("/me").status_code == 401, 5.0)
        assert wang.ticket().status_code == 401
        _act(page, "Let in again")
        expect(_row(page, wang)).to_contain_text("active")
        with wang.client() as again:
            _row(page, wang).press("Enter")
            _row(page, wang).press("Enter")
            expect(sheet).to_contain_text("Signed in on one device")
            _act(page, "End sessions")
            expect(sheet).to_contain_text("Signed in on 0 devices")
            assert wait_until(lambda: again.get("/me").status_code == 401, 5.0)
        _act(page, "Reset secrets")
        expect(page.get_by_role("textbox", name="Set-up link")).to_be_focused()
        _act(page, "Has left")
        expect(sheet).to_contain_text("No role")
        expect(sheet.get_by_role("button")).to_have_count(0)


def test_a_duty_and_the_own_account_cannot_be_touched_here(chromium: Browser, service: Service) -> None:
    security, system = somebody(service, "security_admin"), somebody(service, "system_admin")
    with window(chromium, service) as page:
        enter(page, security)
        _find(page, system)
        sheet = page.get_by_test_id("person")
        expect(sheet).to_contain_text("given and taken at the machine")
        expect(sheet.get_by_role("button", name="Reset secrets")).to_be_disabled()
        _row(page, system).press("Enter")
        _find(page, security)
        expect(sheet).to_contain_text("Nobody changes his own account")
        expect(sheet.get_by_role("button")).to_have_count(0)
        _search = page.get_by_test_id("looks")
        expect(_search).to_have_count(0)


def test_the_auditor_finds_who_was_suspended_with_a_proof_and_his_own_search(
    chromium: Browser, service: Service
) -> None:
    security, auditor, wang = (somebody(service, role) for role in ("security_admin", "auditor", "inspector"))
    with security.client() as client:
        assert client.post(f"/accounts/{wang.account_id}/lock").status_code == 204
    with window(chromium, service) as page:
        enter(page, auditor)
        expect(page.get_by_test_id("accounts")).to_have_count(0)
        page.get_by_label("What").select_option("rights")
        page.get_by_label("About").fill(wang.account_id)
        page.get_by_role("checkbox").press("Space")
        found = page.get_by_role("list", name="The record").get_by_role("listitem")

        def there() -> bool:
            page.get_by_role("button", name="Search", exact=True).press("Enter")
            expect(page.get_by_role("status").filter(has_text="This search is entry")).to_be_visible(
                timeout=120_000
            )
            return found.filter(has_text="Account suspended").count() == 1

        assert wait_until(there, 150.0)
        expect(found.filter(has_text="Account suspended")).to_contain_text("proved")
        expect(found.filter(has_text="Account suspended")).to_contain_text(security.account_id)
        expect(found.filter(has_text="Role given")).to_contain_text("role: inspector")
        page.get_by_label("What").select_option("reads")
        page.get_by_label("About").fill("")
        page.get_by_label("Account or device that acted").fill(auditor.account_id)
        page.keyboard.press("Enter")
        expect(found.filter(has_text="Record read").first).to_be_visible()
        assert not re.search(r"\bundefined\b|\[object", page.locator("main").inner_text())


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "dark"), ("en", "light"), ("en", "contrast")])
def test_axe_finds_no_barrier_on_the_pages_of_the_duties(
    language: str, theme: str, chromium: Browser, service: Service, repository: Path
) -> None:
    security, auditor = somebody(service, "security_admin"), somebody(service, "auditor")
    found: list[str] = []

    def look(page: Page, where: str) -> None:
        found.extend(f"{where}: {each}" for each in [*barriers(page, repository), *cut_off(page)])

    for phone in (False, True):
        path = f"/#token={security.sign_in()['token']}"
        with window(chromium, service, path, language=language, theme=theme, phone=phone) as page:
            row = page.get_by_test_id("accounts").locator("li > button.wide").first
            row.press("Enter")
            page.get_by_test_id("person").locator("button").first.press("Enter")
            page.get_by_test_id("accounts").locator("button").first.press("Enter")
            look(page, f"accounts {phone}")
        path = f"/#token={auditor.sign_in()['token']}"
        with window(chromium, service, path, language=language, theme=theme, phone=phone) as page:
            page.get_by_test_id("looks").locator("select").select_option("rights")
            page.get_by_test_id("looks").locator("button.primary").press("Enter")
            page.wait_for_selector("[data-testid=looks] ol li")
            look(page, f"looks {phone}")
    assert not found, "\n".join(found)
