"""The zone outside put together: no desk, no vault, no journal; a queue, the pages of members and an edge.

Idea: the same onion as inside (`api.app.build`) over fewer routes, and the same server. What it keeps is sealed to the inside; what it knows is what members
may see. Limits: one process; accounts are the inside's, here people and devices hold tokens.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fastapi import FastAPI
from numpy.typing import NDArray

from firstminute.api import feed, health, outside, positions, reports
from firstminute.api.app import build
from firstminute.api.feed import watch
from firstminute.api.hub import Hub
from firstminute.api.ports import Limits, OutsideServices, PositionsNotKept
from firstminute.app import messages
from firstminute.app.border.alone import TABLES_IN, TABLES_OUT, Alone
from firstminute.app.border.folder import FolderCarrier
from firstminute.app.border.link import Link
from firstminute.app.border.outside import ROOM, Outside
from firstminute.app.border.pages import Pages, part_for
from firstminute.app.border.reports import OutsideReports
from firstminute.app.ids import new_id
from firstminute.app.secrets import Tokens
from firstminute.app.serve import Server, config_for
from firstminute.app.settings import Settings
from firstminute.app.transport import Transport
from firstminute.gateways.osmand import codec as osmand
from firstminute.store.border_out import BorderFull, Letter
from firstminute.store.errors import NotDurable

NAME = "outside"
ROLES = ("resident", "border", "auditor")
MODULES = (outside, positions, feed, health, reports)
POSITIONS_LAST_S = 3_600.0
EXCHANGES_MOST = 2
Read = Callable[[], tuple[Any, NDArray[np.float64]]]


class KeptPositions:
    """Positions on their way in. Implements what the edge asks of positions."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def take(self, read: Read) -> int:
        """Keep fixes for the inside; how many. They are the first to find no room."""
        ids, columns = await asyncio.to_thread(read)
        if not len(ids):
            return 0
        body = {"ids": list(ids), "columns": np.asarray(columns).tolist()}
        expires_s = self._link.clock() + POSITIONS_LAST_S
        letter = Letter(kind="positions", body=body, expires_s=expires_s, share=ROOM["positions"])
        try:
            await asyncio.to_thread(self._link.out.put, letter)
        except BorderFull:
            raise PositionsNotKept("outside_full") from None
        except NotDurable:
            raise PositionsNotKept("not_durable") from None
        return len(ids)


@dataclass(slots=True)
class OutsideService:
    """A running outer zone and its parts."""

    settings: Settings
    link: Link
    core: Outside
    pages: Pages
    tokens: Tokens
    transport: Transport
    app: FastAPI
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def close(self) -> None:
        """Close both files."""
        self.link.close()


def assemble(settings: Settings, **link_options: Any) -> OutsideService:
    """Open everything. Raises what `Transport` and `Link` raise, and StorageRefused where no inside is trusted."""
    transport = Transport(settings)
    most = settings.border_most_mb * 1_000_000
    link = Link(
        settings.data_dir, NAME, most_bytes=most, tables_out=TABLES_OUT, tables_in=TABLES_IN, **link_options
    )
    try:
        link.need_trust()
        tokens = Tokens(settings.data_dir, ROLES)
        core = Outside(link, Alone(link, settings.language))
        hub = Hub(part=part_for)
        pages = Pages(core, hub)
    except BaseException:
        link.close()
        raise
    exchanging = asyncio.Semaphore(EXCHANGES_MOST)

    async def exchange(data: bytes) -> bytes:
        async with exchanging:
            return await asyncio.to_thread(_exchange, link, pages, data)

    app = build(
        OutsideServices(
            desk=core, send=core.send, tokens=tokens, positions=KeptPositions(link), hub=hub, ground=None, messages=messages.sentence,
            catalogue=messages.catalogue, upkeep=lambda: {"tls": transport.health()}, new_id=new_id, decode_osmand=osmand.decode,
            limits=Limits(
                settings.token_requests_per_s, settings.address_requests_per_s, settings.address_guesses_per_s, settings.behind_proxy
            ),
            secure=transport.secure, web_root=str(settings.web_dir) if settings.web_dir else None, border=link.health,
            receipt=core.receipt, exchange=exchange, reports=OutsideReports(core), emergency_number=settings.emergency_number,
        ),
        MODULES,
    )  # fmt: skip
    service = OutsideService(settings, link, core, pages, tokens, transport, app)
    app.router.lifespan_context = _lifespan(service, hub)
    return service


def _exchange(link: Link, pages: Pages, data: bytes) -> bytes:
    link.hear(data, pages.do)
    return link.speak()[0]


def _lifespan(service: OutsideService, hub: Hub) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        service.tasks = [
            asyncio.create_task(service.pages.run()),
            asyncio.create_task(watch(hub)),
            asyncio.create_task(service.transport.follow()),
        ]
        if service.settings.border_folder is not None:
            carrier = FolderCarrier(service.link, service.settings.border_folder, service.pages.do)
            service.tasks.append(asyncio.create_task(carrier.run()))
        try:
            yield
        finally:
            for task in service.tasks:
                task.cancel()
            await asyncio.gather(*service.tasks, return_exceptions=True)

    return run


async def run(service: OutsideService, started: Callable[[int], Awaitable[None]]) -> None:
    """Serve until SIGINT or SIGTERM; `started` is told the port."""
    server = Server(config_for(service.app, service.settings, service.transport, http="httptools"))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, lambda: setattr(server, "should_exit", True))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        if not serving.done():
            await started(server.servers[0].sockets[0].getsockname()[1])
        await serving
    finally:
        service.close()
