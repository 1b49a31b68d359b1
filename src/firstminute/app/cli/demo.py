"""`firstminute demo`: a generated city, the real service, and people who live in it.

Idea: everything but the people is the product itself: the importer builds the ground, the register import fills the registers, the service runs as it
would for a city; only then the twin's people start to call, answer and drive. Each start makes a new record unless --keep is given.
Limits: for looking at; the people do not sleep.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from firstminute.app import logs
from firstminute.app.cli.city import lang_option
from firstminute.app.cli.refusal import refused
from firstminute.app.messages import language_of, sentence
from firstminute.store.errors import StorageRefused

if TYPE_CHECKING:
    from firstminute.app.services import Service
    from firstminute.simulate.city.make import City

DAY_S = 86_400.0
MARK = "made-by-firstminute-demo"
LOG = logging.getLogger("firstminute.demo")


@click.command()
@click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".firstminute/demo"),
    show_default=True,
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8135,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--seed", type=int, default=135, show_default=True, help="Which city, and how its people behave."
)
@click.option("--calls-per-day", type=click.FloatRange(0, 200_000), default=2_400.0, show_default=True)
@click.option(
    "--first-calls",
    type=click.IntRange(0, 100),
    default=6,
    show_default=True,
    help="Calls in the first ten seconds.",
)
@click.option("--quiet-town", is_flag=True, help="Crews and teams are there, but nobody calls.")
@click.option("--keep", is_flag=True, help="Go on with the record of the last start.")
@lang_option
def demo(lang: str | None, **options: Any) -> None:
    """Run the demo city on this machine until it is told to stop."""
    logs.begin()
    language = language_of(lang, os.environ)
    data_dir: Path = options["data_dir"]
    if not _free(options["host"], options["port"]):
        raise click.ClickException(sentence(language, "demo.port_taken", {"port": options["port"]}))
    try:
        _clear(data_dir, bool(options["keep"]))
    except StorageRefused as problem:
        raise refused(problem, lang) from None
    click.echo(sentence(language, "demo.drawing"))
    from firstminute.app.demo_city import write_ground
    from firstminute.app.serve import serve
    from firstminute.app.settings import Settings
    from firstminute.app.transport import TransportRefused
    from firstminute.simulate.city.make import make_city

    city = make_city(options["seed"])
    ground = data_dir / f"city-{options['seed']}"
    write_ground(city, ground)
    record = data_dir / "record"
    settings = Settings(
        data_dir=record,
        database_url=None,  # a city's record is never played with
        city_dir=ground,
        host=options["host"],
        port=options["port"],
        message_folder=record / "messages",
    )

    async def started(service: Service, port: int) -> None:
        await live(service, port, city, language, options)

    try:
        serve(settings, started)
    except (StorageRefused, TransportRefused) as problem:
        raise refused(problem, lang) from None


def _free(host: str, port: int) -> bool:
    """True where the port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _clear(data_dir: Path, keep: bool) -> None:
    """Throw the last record away: only a folder that the demo made, and never one that a running demo still writes."""
    from firstminute.store.engine import alone
    from firstminute.store.store import DATABASE

    mark, record = data_dir / MARK, data_dir / "record"
    if not keep and mark.exists() and record.exists():
        with alone(record / DATABASE):
            shutil.rmtree(record)
    data_dir.mkdir(parents=True, exist_ok=True)
    mark.touch()


async def live(service: Service, port: int, city: City, language: str, options: Mapping[str, Any]) -> None:
    """Fill the registers, say where it is, and let the people live."""
    import numpy as np

    from firstminute.app.demo_city import write_registers
    from firstminute.app.demo_town import TownRunner
    from firstminute.app.ports import RegisterFiles
    from firstminute.app.transport import address_of
    from firstminute.model.envelope import Actor
    from firstminute.simulate.town import Pace, Town
    from firstminute.simulate.ways import Ways

    async def submit(name: str, arguments: Mapping[str, Any], role: str = "admin") -> Any:
        actor = Actor(id="demo", role=role)
        return await asyncio.wrap_future(service.desk.submit(name, arguments, actor, os.urandom(16).hex()))

    address = address_of(options["host"], port, service.transport.scheme)
    for role in ("dispatcher", "commander"):
        link = f"{address}/#token={_token(service, role)}"
        click.echo(sentence(language, "demo.login", {"role": role, "link": link}))
    code = service.entrance.accounts.first_link()
    if code is not None:
        click.echo(sentence(language, "serve.setup", {"link": f"{address}/#setup={code}"}))
    known = await asyncio.wrap_future(service.desk.ask(lambda state: len(state.registers.venues)))
    if not known:
        count = await write_registers(city, RegisterFiles(service.store).prepare, submit)
        click.echo(sentence(language, "demo.registers", {"rows": count}))
    for incident_id in await asyncio.wrap_future(
        service.desk.ask(lambda state: list(state.respond.incidents))
    ):
        # the people of the last start are gone, and nobody else would ever finish what they began
        await submit("close_incident", {"incident_id": incident_id, "outcome": "cancelled"}, "dispatcher")
    quiet = bool(options["quiet_town"])
    pace = Pace(
        calls_per_day=0.01 if quiet else max(0.01, options["calls_per_day"]),
        first_calls=0 if quiet else options["first_calls"],
    )
    assert service.city is not None
    # another life each time the record is kept: the same ids again would be the same calls again
    seed = [options["seed"], int(service.desk.now_s())] if known else [options["seed"]]
    town = Town(city, Ways(service.city.ground), np.random.default_rng(seed), pace=pace)
    runner = TownRunner(service, town)
    await runner.begin()
    for who, token in _phones(service, city, language):
        said = {"who": who, "link": f"{address}/#token={token}"}
        click.echo(sentence(language, "demo.phone", said))
    click.echo(sentence(language, "demo.ready", {"address": address}))
    try:
        await runner.run()
    finally:
        LOG.debug("refused: %s", dict(runner.refused))


def _phones(service: Service, city: City, language: str) -> Iterator[tuple[str, str]]:
    """A guard of a market and a crew, each with a token for a day: whoever opens its page answers for it."""
    from firstminute.model.envelope import Actor

    books: Any = city.registers
    markets = {venue.venue_id: venue for venue in books["venues"] if venue.category == "market"}
    team = next(team for team in books["teams"] if team.venue_id in markets)
    market = markets[team.venue_id]
    guard = next(member for member in books["members"] if member.team_id == team.team_id)
    crew = next(unit for unit in books["units"] if unit.kind == "car")
    name = (market.name_en or market.name) if language == "en" else market.name
    member = Actor(id=guard.member_id, role="member", team_id=team.team_id)
    patrol = Actor(id=f"crew:{crew.unit_id}", role="patrol", unit_id=crew.unit_id)
    for key, actor, shown in (("demo.guard", member, name), ("demo.crew", patrol, crew.call_sign)):
        yield sentence(language, key, {"name": shown}), service.tokens.add(actor, lasts_s=DAY_S)


def _token(service: Service, role: str) -> str:
    """The role's token of the first start."""
    from firstminute.app.secrets import SHOWN_ONCE

    if service.tokens.fresh:
        return service.tokens.fresh[role]
    lines = (service.settings.data_dir / SHOWN_ONCE).read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines).get(role, "")
