"""Three thousand crews on the move: all are there, they move on the screen, and the desk stays usable meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from firstminute.api.packed import BYTES_A_UNIT
from tests.browser.conftest import Service, demo
from tests.browser.steps import expect, rows, take_call, venue_names
from tests.support.crowd import Crowd

if TYPE_CHECKING:
    from tests.browser.conftest import Open

COUNT = 3_000
SECONDS = 12.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A town of its own: whoever looks at a town after this would draw three thousand crews as well."""
    with demo(tmp_path_factory.mktemp("crowd"), quiet=True) as running:
        yield running


def test_three_thousand_moving_crews_are_shown_and_a_call_is_taken_meanwhile(
    open_window: Open, service: Service
) -> None:
    window = open_window("en", size=(1440, 900))
    page = window.page
    station = rows(page, service, "station")[0]
    crowd = Crowd(service.address, service.tokens, count=COUNT, middle=(station["lon"], station["lat"]))
    crowd.enrol(station["id"], station["district"])
    crowd.drive(1.0)
    total = page.get_by_text(f"/{COUNT + 120}")
    expect(total).to_be_visible()
    heard: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda frame: heard.append(len(frame) // BYTES_A_UNIT if isinstance(frame, bytes) else 0),
        ),
    )
    page.reload()
    page.wait_for_selector("[data-testid=map][data-ready=true]")
    driving = threading.Thread(target=crowd.keep_driving, args=(SECONDS,))
    driving.start()
    before = page.get_by_test_id("map").locator("canvas").screenshot()
    take_call(window, f"#medical @{venue_names(page, service)[50]}")
    expect(page.get_by_test_id("responders").locator("li").first).to_be_visible()
    page.keyboard.press("0")
    driving.join()
    assert sum(heard) > COUNT * 3
    assert page.get_by_test_id("map").locator("canvas").screenshot() != before
