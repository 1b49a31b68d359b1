"""People with accounts at the page, in windows that keep nothing: who they are, how they sign in, and what their windows may not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.browser.conftest import COARSE, LOCALES, WAIT_MS, Service, Window, listen
from tests.support.accounts import PASSWORD
from tests.support.person import Person, person
from tests.support.service import Running

NEXT = iter(range(1000))


def local(service: Service) -> str:
    """The service under a name that passkeys can be bound to."""
    return f"http://localhost:{urlsplit(service.address).port}"


@contextmanager
def window(
    browser: Browser,
    service: Service,
    path: str = "/",
    *,
    language: str = "en",
    theme: str = "dark",
    phone: bool = False,
) -> Iterator[Page]:
    """A window of its own that keeps nothing; what it says and asks for that it should not fails the test. Refusals that a test asks for are no errors."""
    size = {"width": 412, "height": 860} if phone else {"width": 1280, "height": 800}
    context = browser.new_context(
        locale=LOCALES[language],
        viewport=cast(Any, size),
        reduced_motion="reduce",
        device_scale_factor=COARSE,
    )
    context.set_default_timeout(WAIT_MS)
    made = Window(context.new_page())
    listen(made, local(service))
    made.page.add_init_script(f"localStorage.setItem('fm-theme', '{theme}')")
    made.page.goto(local(service) + path)
    try:
        yield made.page
    finally:
        context.close()
    asked_for = re.compile(r"(status of |: )(401|403|404|409|422|423)\b")
    assert not [error for error in made.errors if not asked_for.search(error)]
    assert not made.abroad


def somebody(service: Service, role: str = "dispatcher", **place: str) -> Person:
    """Somebody with an account, set up and ready to sign in."""
    return person(cast(Running, service), f"{role} {next(NEXT)}", role, **place)


def enter(page: Page, who: Person, password: str = PASSWORD) -> None:
    """Name, password, and the app's next code or a recovery code."""
    page.get_by_label("Name").fill(who.name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Six digits").fill(who.recovery.pop())
    page.get_by_role("button", name="Sign in", exact=True).click()
