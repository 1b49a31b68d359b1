"""The gallery shows every part there is, without a barrier in any language and theme; and what a browser loads stays small."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import LOCALES, Service
from tests.browser.steps import barriers, cut_off, expect

ROOM_MOST_BYTES = 500_000
"""Compressed, of all that the command room loads before it shows something; the map's library is in it here, though it would not need to be."""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_part_stands_in_the_gallery_without_a_barrier_in_any_theme(
    language: str, chromium: Browser, service: Service, repository: Path
) -> None:
    page = chromium.new_page(
        locale=LOCALES[language], viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    page.goto(f"{service.address}/gallery.html")
    shown = {str(each.get_attribute("data-part")) for each in page.locator("[data-part]").all()}
    parts = {file.stem for file in (repository / "web" / "src" / "parts").glob("*.svelte")}
    assert parts <= shown
    for number in range(3):
        page.get_by_role("banner").get_by_role("group").last.get_by_role("button").nth(number).click()
        assert [*barriers(page, repository), *cut_off(page)] == []
    page.locator("[data-part=Panel] button").click()
    expect(page.locator("dialog[open]")).to_be_visible()
    assert barriers(page, repository) == []
    page.keyboard.press("Escape")
    expect(page.locator("[data-part=Panel] > button")).to_be_focused()
    page.context.close()


def test_the_tokens_that_the_gallery_shows_are_those_that_there_are(repository: Path) -> None:
    styles = (repository / "web/src/styles/tokens.css").read_text(encoding="utf-8").partition("}")[0]
    samples = (repository / "web/src/gallery/samples.ts").read_text(encoding="utf-8")
    colours = [
        line.strip()[2:].partition(":")[0]
        for line in styles.splitlines()
        if line.strip().startswith("--") and ": #" in line
    ]
    assert [name for name in colours if f"'{name}'" not in samples] == []


def test_the_command_room_loads_less_than_half_a_megabyte(
    chromium: Browser, service: Service, repository: Path
) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service.address}/#token={service.tokens['dispatcher']}")
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    page.context.close()
    assets = {url.rpartition("/")[2] for url in asked if "/assets/" in url and "worker" not in url}
    files = [repository / "web" / "dist" / "assets" / name for name in assets]
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in files}
    assert assets and sum(sizes.values()) <= ROOM_MOST_BYTES, json.dumps(sizes)
