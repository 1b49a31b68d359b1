"""Everything there is only so much of alarms at seven tenths: in the record, in the feed's row, in health and in metrics; and is taken back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firstminute.api.hub import Hub
from firstminute.app import caps
from firstminute.app.answers import Answers
from firstminute.app.attachments import Sealed
from firstminute.app.border.inner import InnerBorder
from firstminute.app.border.link import Link
from firstminute.app.caps import CAPS, Cap, Caps, Measured
from firstminute.app.desk import Desk
from firstminute.app.outer import Outer, outer_of
from firstminute.app.positions import Positions
from firstminute.app.services import ask
from firstminute.app.settings import Settings
from firstminute.command.picture import Audience
from firstminute.flow import views
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.attachments import Attachments
from firstminute.store.border_out import Letter
from firstminute.store.tracks import TrackWriter
from tests.support.desk import Hands, desk_at, receive

NAMES = [cap.__name__ for cap in CAPS]


def _outer(desk: Desk, positions: Positions, folder: Path) -> Outer:
    return outer_of(desk, positions, Answers(desk).send, ask(desk), Settings(data_dir=folder))


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[Measured]:
    """The parts of a service, without HTTP."""
    with desk_at(tmp_path) as desk:
        hub, tracks = Hub(), TrackWriter(tmp_path / "tracks")
        positions, accounts = Positions(desk, tracks, hub, None), AccountsFile(tmp_path)
        yield Measured(desk, hub, positions, tracks, accounts, _outer(desk, positions, tmp_path))
        positions.close()
        tracks.close()
        accounts.close()


def _reported(of: Measured, name: str) -> list[bool]:
    with of.desk.store.reading() as connection:
        facts = of.desk.store.journal.read(connection, "live", kinds=("CapReported",))
        return [fact.body.alarm for fact in facts if fact.body.cap == name]  # type: ignore[attr-defined]


@pytest.mark.parametrize("cap", CAPS, ids=NAMES)
def test_every_cap_alarms_at_seven_tenths_and_is_taken_back(
    measured: Measured, cap: Cap, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    share, name = [0.0], cap.__name__

    def used(of: Measured) -> tuple[float, float]:
        _, most = cap(of)
        return share[0] * most, most

    used.__name__ = name
    monkeypatch.setattr(caps, "CAPS", (used,))
    watch = Caps(measured)
    for share[0], alarms in ((0.699, []), (0.7, [True]), (0.66, [True]), (0.64, [True, False]), (0.9, [True, False, True])):  # fmt: skip
        with caplog.at_level(logging.CRITICAL, "firstminute.caps"):
            watch.look()
        assert _reported(measured, name) == alarms
        row = measured.desk.ask(views.desk_row).result(10)
        assert (name in row["caps"]) == (bool(alarms) and alarms[-1])
        assert watch.health()[name]["alarm"] == (share[0] >= 0.7)
        assert watch.metrics()[f'cap_share{{cap="{name}"}}'] == pytest.approx(share[0])
    again = Caps(measured)
    again.look()
    assert _reported(measured, name) == [True, False, True], "known after a restart, and not said twice"


def test_what_is_measured_is_what_is_there(measured: Measured, tmp_path: Path) -> None:
    def used() -> dict[str, float]:
        return {cap.__name__: cap(measured)[0] for cap in CAPS}

    before = used()
    for number in range(3):
        assert receive(measured.desk, number).done
    measured.hub.join(Audience("dispatcher"))
    with measured.accounts.write() as connection:
        measured.accounts.tell(connection, "role_given", "x")
    held = [(tmp_path / f"{number}").open("w") for number in range(5)]
    after = used()
    grown = {name for name in NAMES if after[name] > before[name]}
    assert {"wal", "open_incidents", "timers", "listeners", "untold", "journal_numbers", "key_numbers", "open_files"} <= grown  # fmt: skip
    assert after["disk"] > 0 and all(cap(measured)[1] > 0 for cap in CAPS)
    for file in held:
        file.close()


def test_what_people_attach_and_what_waits_at_the_border_have_their_bounds_in_the_table(
    measured: Measured, tmp_path: Path
) -> None:
    outer = measured.outer
    files = Attachments(measured.desk.store, most=1_000_000)
    sealed = Sealed(files, measured.desk, Answers(measured.desk).send, ask(measured.desk), outer.settings)
    files.put("call", "a" * 32, {"original": bytes(700_000)})
    two = [Link(tmp_path / name, name, most_bytes=1_000) for name in ("here", "there")]
    two[0].into.trust(two[1].card)
    two[0].out.put(Letter(kind="rows", body={"x": "x" * 750}, expires_s=4e9))
    border = InnerBorder(two[0], *[None] * 4)  # type: ignore[arg-type]  # only its link is measured
    watch = Caps(replace(measured, outer=replace(outer, sealed=sealed), border=border))
    watch.look()
    said = watch.health()
    assert said["attachments"]["alarm"] and said["attachments"]["most"] == 1_000_000
    assert said["border"]["alarm"] and said["border"]["most"] == 1_000
    assert _reported(measured, "attachments") == [True] == _reported(measured, "border")
    for link in two:
        link.close()


def test_a_desk_that_cannot_write_is_shown_so_in_the_feed_and_no_longer_once_it_can(tmp_path: Path) -> None:
    hands = Hands()

    def broken() -> None:
        raise OSError(28, "No space left on device")

    with desk_at(tmp_path, hands) as desk:
        hub, tracks = Hub(), TrackWriter(tmp_path / "tracks")
        positions, accounts = Positions(desk, tracks, hub, None), AccountsFile(tmp_path)
        watch = Caps(Measured(desk, hub, positions, tracks, accounts, _outer(desk, positions, tmp_path)))

        async def see() -> tuple[bool, bool, bool]:
            hub.publish(1, {"desk/now": desk.ask(views.desk_row).result(10)})
            client, _ = hub.join(Audience("dispatcher"))
            watch.glance()
            quiet = client.queue.empty()
            hands.fails = broken
            await asyncio.to_thread(receive, desk, 1)
            while not desk.pause.on:
                await asyncio.sleep(0.01)
            watch.glance()
            shown = client.queue.get_nowait()["set"]["desk/now"]["read_only"]
            await asyncio.to_thread(watch.look)
            hands.fails = lambda: None
            while desk.pause.on:
                await asyncio.sleep(0.05)
            watch.glance()
            return quiet, shown, "read_only" not in client.queue.get_nowait()["set"]["desk/now"]

        assert asyncio.run(see()) == (True, True, True)
        positions.close()
        tracks.close()
        accounts.close()
