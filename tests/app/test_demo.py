"""The demo on the real service: registers through the import, crews on duty, people who call and are answered."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import numpy as np
import pytest
from click.testing import CliRunner

from firstminute.app import serve
from firstminute.app.cli import main
from firstminute.app.cli.demo import MARK, _clear
from firstminute.app.demo_city import write_ground, write_registers
from firstminute.app.demo_town import TownRunner, is_there
from firstminute.app.ports import RegisterFiles
from firstminute.app.services import Service, assemble
from firstminute.app.settings import Settings
from firstminute.command.picture import Audience
from firstminute.model.envelope import Actor
from firstminute.simulate.plans import DISPATCHER, crew_of, member_of
from firstminute.simulate.town import Pace, Town
from firstminute.simulate.ways import Ways
from tests.support.city import small_city

PATIENCE_S = 120.0
WITH_A_PAGE = frozenset(member.member_id for member in small_city()[0].registers["members"][::2])
"""Every other guard has the duty page open."""
WANTED = {"IncidentOpened", "UnitsRecommended", "AlertSent", "AlertSeen", "AlertAccepted", "EnRoute"}


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Kinds of fact that came, rows of the feed and refusals, after the town has lived for some seconds."""
    folder = tmp_path_factory.mktemp("demo")
    city, _ = small_city()
    write_ground(city, folder / "city")
    settings = Settings(
        data_dir=folder / "record", city_dir=folder / "city", port=0, message_folder=folder / "messages"
    )
    kinds: Counter[str] = Counter()
    rows: dict[str, dict[str, object]] = {}
    refused: Counter[str] = Counter()
    acted, left = set[str](), list[int]()

    async def started(service: Service, port: int) -> None:
        service.desk.listen(lambda committed: kinds.update(fact.kind for fact in committed.facts))
        service.desk.listen(lambda committed: acted.update(fact.actor for fact in committed.facts))
        service.hub.join(Audience("member"), WITH_A_PAGE)

        async def submit(name, arguments):
            actor = Actor(id="test", role="admin")
            return await asyncio.wrap_future(
                service.desk.submit(name, arguments, actor, os.urandom(16).hex())
            )

        await write_registers(city, RegisterFiles(service.store).prepare, submit)
        assert service.city is not None
        pace = Pace(calls_per_day=3_000.0, first_calls=5, first_within_s=2.0)
        runner = TownRunner(
            service, Town(city, Ways(service.city.ground), np.random.default_rng(1), pace=pace)
        )
        await runner.begin()
        living = asyncio.create_task(runner.run())
        waited = 0.0
        while not (WANTED <= set(kinds) and runner.left) and waited < PATIENCE_S:
            await asyncio.sleep(0.5)
            waited += 0.5
        living.cancel()
        rows.update(service.hub.rows)
        refused.update(runner.refused)
        left.append(runner.left)
        raise asyncio.CancelledError

    async def live() -> None:
        service = assemble(settings)
        server_task = asyncio.create_task(serve.run(service, started))
        while not rows and not server_task.done():
            await asyncio.sleep(0.2)
        server_task.cancel()
        await asyncio.gather(server_task, return_exceptions=True)

    asyncio.run(live())
    return kinds, rows, refused, left[0], acted


def test_calls_are_answered_within_seconds(lived):
    kinds, *_ = lived
    assert set(kinds) >= WANTED
    assert kinds["CallReceived"] >= 3
    assert kinds["ReactionFailed"] == 0


def test_everybody_is_on_the_feed(lived):
    _, rows, *_ = lived
    sorts = Counter(key.split("/")[0] for key in rows)
    assert sorts["unit"] == 120
    assert sorts["venue"] == 120
    assert sorts["incident"] >= 3
    units = [row for key, row in rows.items() if key.startswith("unit/")]
    assert all(row["on_duty"] for row in units)
    assert sum(row["lon"] is not None for row in units) == 120


def test_teams_have_mustered_and_people_make_no_mistakes(lived):
    kinds, rows, refused, *_ = lived
    assert kinds["RollTaken"] > 90
    assert sum(bool(row["on_duty"]) for key, row in rows.items() if key.startswith("venue/")) > 90
    assert not [code for code in refused if "invalid" in code or "unknown" in code]


def test_whoever_has_the_page_open_answers_himself(lived):
    *_, left, acted = lived
    assert left and not acted & WITH_A_PAGE


def test_a_start_throws_away_only_what_the_demo_made(tmp_path):
    record = tmp_path / "record"
    record.mkdir()
    (record / "kept").touch()
    _clear(tmp_path, keep=False)
    assert (record / "kept").exists() and (tmp_path / MARK).exists()
    _clear(tmp_path, keep=True)
    assert (record / "kept").exists()
    _clear(tmp_path, keep=False)
    assert not record.exists()


def test_a_port_in_use_is_said_plainly(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(
            main, ["demo", "--data", str(tmp_path), "--port", str(port), "--lang", "en"]
        )
    assert done.exit_code == 1 and str(port) in done.output and "Traceback" not in done.output


def test_a_record_that_another_demo_still_writes_is_neither_thrown_away_nor_opened(tmp_path):
    from firstminute.store.store import Store

    _clear(tmp_path, keep=False)
    running = Store(tmp_path / "record")
    running.begin()
    done = CliRunner().invoke(main, ["demo", "--data", str(tmp_path), "--port", "0", "--lang", "zh-CN"])
    assert done.exit_code == 1 and "只能有一个写入者" in done.output and "Traceback" not in done.output
    running.begin()
    running.close()


def test_the_town_leaves_to_somebody_what_is_asked_of_the_page_that_he_has_open() -> None:
    guard, crew = member_of("M1", "T1"), crew_of("U1")
    assert is_there(guard, frozenset({"M1"})) and is_there(crew, frozenset({"U1", "somebody"}))
    assert not is_there(guard, frozenset({"M2", "T1"})) and not is_there(crew, frozenset({"U2"}))
    assert not is_there(DISPATCHER, frozenset({DISPATCHER.id, "T1"}))
