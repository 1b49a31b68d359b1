"""The service put together: store, desk, feed, positions, tokens, ground and page become one application.

Idea: the only place where api, store and desk meet. `assemble(settings)` opens everything in the order in which it may fail and gives back what to close.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from firstminute.api.app import build
from firstminute.api.errors import Problem, respond
from firstminute.api.feed import watch
from firstminute.api.hub import Hub
from firstminute.api.ports import Limits, Services
from firstminute.app import messages
from firstminute.app.answers import Answers
from firstminute.app.audit import Audit
from firstminute.app.beside import Beside
from firstminute.app.border.inner import InnerBorder, open_inner
from firstminute.app.cad_folder import CadFolder
from firstminute.app.caps import Caps, Measured
from firstminute.app.desk import Desk
from firstminute.app.desk_loop import Committed
from firstminute.app.drills import leave_drills
from firstminute.app.entrance import Entrance, Keyring
from firstminute.app.feed_page import FeedPage
from firstminute.app.housekeeping import Housekeeping
from firstminute.app.ids import new_id, new_ids
from firstminute.app.imports import Imports
from firstminute.app.kept import keep_files, kept_files
from firstminute.app.outer import Outer, check, outer_of
from firstminute.app.outgoing import Outgoing
from firstminute.app.oversight import Oversight
from firstminute.app.passing import Passing
from firstminute.app.past import Past
from firstminute.app.persons import Persons
from firstminute.app.ports import History, JournalReader, RegisterFiles
from firstminute.app.positions import Positions
from firstminute.app.reports import Reports
from firstminute.app.secrets import Tokens
from firstminute.app.settings import Settings
from firstminute.app.showing import Showing
from firstminute.app.transport import Transport
from firstminute.app.upkeep import Upkeep
from firstminute.app.watch import Watch
from firstminute.flow import views
from firstminute.flow.access.places import TABLES, tree_of
from firstminute.flow.known import areas_of
from firstminute.flow.scene import refresh, warm
from firstminute.flow.state import Rules, State
from firstminute.gateways.osmand import codec as osmand
from firstminute.geo.ground import Ground
from firstminute.model.access.tree import Share, Tree
from firstminute.model.facts.access import ShareAgreed, ShareEnded
from firstminute.model.facts.desk import RegisterChanged
from firstminute.store.accounts_file import AccountsFile
from firstminute.store.errors import NotDurable
from firstminute.store.ground import City, open_city
from firstminute.store.kept_files import KeptFiles
from firstminute.store.spreadsheet import write_table
from firstminute.store.store import Store
from firstminute.store.tracks import TrackWriter

if TYPE_CHECKING:
    from firstminute.store.lease import Lease

DERIVED_FROM = frozenset({"venues", "teams", "stations", "units", "zones", "plans"})
BREATH_S = 0.05
PAGE = Path(__file__).resolve().parents[3] / "web" / "dist"


@dataclass(slots=True)
class Service:
    """A running service and its parts, in the order they are closed."""

    settings: Settings
    store: Store
    desk: Desk
    tracks: TrackWriter
    tokens: Tokens
    entrance: Entrance
    hub: Hub
    positions: Positions
    outgoing: Outgoing
    page_of: FeedPage
    upkeep: Upkeep
    caps: Caps
    imports: Imports
    transport: Transport
    kept: KeptFiles | None
    outer: Outer
    city: City | None
    border: InnerBorder | None
    app: FastAPI
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def elsewhere(self) -> bool:
        """Whether the record is on a server, where another process can lead it."""
        return self.store.database.durability["engine"] != "sqlite"

    def close(self) -> None:
        """Serve what waits, keep a snapshot, close every file."""
        self.desk.stop()
        self.positions.close()
        self.tracks.close()
        self.entrance.close()
        if self.border is not None:
            self.border.close()
        self.store.close()


def assemble(settings: Settings, lease: Lease | None = None) -> Service:
    """Open everything; `lease`: of a stand-by whose turn has come. Raises what `Store`, `open_city`, `Transport` and `Desk.start` raise."""
    transport = Transport(settings)  # before anything is opened: whoever may not listen writes nothing
    check(settings)
    city = open_city(settings.city_dir) if settings.city_dir else None
    ground = city.ground if city else None
    desk = _desk(settings, ground, lease)
    store, kept, tokens = desk.store, kept_files(desk.store), Tokens(settings.data_dir)
    hub = Hub(desk.now_s)
    entrance = Entrance(AccountsFile(settings.data_dir), hub, settings)
    tracks = TrackWriter(settings.data_dir / "tracks")
    positions, page_of = Positions(desk, tracks, hub, ground), FeedPage(hub)
    border = open_inner(settings, desk, hub, positions)
    post = border.post if border is not None else None
    beside = Beside(hub, ground, city.basemap.named if city else tuple)
    past, send = Past(store, hub, tracks.folder, desk), Answers(desk).send
    upkeep, imports = Upkeep(desk, settings), Imports(store, desk)
    outer = outer_of(desk, positions, send, ask(desk), settings)
    outgoing = Outgoing(
        store, desk, page_of, new_id, folder=settings.message_folder, language=settings.language, outside=post, apart=outer.carriers.ways.named,
    )  # fmt: skip
    caps = Caps(Measured(desk, hub, positions, tracks, entrance.file, outer, border))
    services = Services(
        desk=desk,
        send=send,
        tokens=Keyring(tokens, entrance.sessions_of),
        accounts=entrance,
        journal=JournalReader(store),
        registers=RegisterFiles(store),
        persons=Persons(store),
        history=History(store),
        audit=Audit(store.reading, settings.desk, upkeep.run_beside),
        oversight=Oversight(store.reading, settings.desk),
        imports=imports,
        positions=positions,
        attachments=outer.sealed,
        duty=outer.duty(),
        hub=hub,
        ground=ground,
        tile=city.basemap.tile if city else no_tile,
        messages=messages.sentence,
        catalogue=messages.catalogue,
        ask_state=ask(desk),
        compute=beside.compute,
        past=past.show,
        csv=write_table,
        upkeep=lambda: {
            **upkeep.health(),
            "tls": transport.health(),
            "caps": caps.health(),
            **outer.health(),
        },
        gauges=caps.metrics,
        secure=transport.secure,
        limits=_limits(settings),
        public_url=settings.public_url,
        proxy_key=transport.proxy_key,
        border=border.health if border is not None else dict,
        new_id=partial(next, new_ids()),
        reports=Reports(store, ask(desk), hub, outer.sealed),
        emergency_number=settings.emergency_number,
        decode_osmand=osmand.decode,
        web_root=_page(settings),
    )
    app = build(services)
    app.add_exception_handler(NotDurable, shut)
    service = Service(
        settings, store, desk, tracks, tokens, entrance, hub, positions, outgoing, page_of, upkeep, caps, imports, transport, kept, outer, city, border, app,
    )  # fmt: skip
    app.router.lifespan_context = lifespan(service, beside, past)
    return service


def _desk(settings: Settings, ground: Ground | None, lease: Lease | None) -> Desk:
    """The record and its desk, not yet begun."""
    store = Store(
        settings.data_dir, settings.desk, hash_name=settings.hash_name, vault_cipher=settings.vault_cipher, url=settings.database_url, lease=lease,
    )  # fmt: skip
    fresh = partial(State, ground=ground, rules=Rules(mass_alert_over=settings.mass_alert_over))
    return Desk(store, fresh, most_waiting=settings.most_waiting, keep_closed_s=settings.closed_kept_h * 3600.0)  # fmt: skip


def _page(settings: Settings) -> str | None:
    """Where the page lies, None where it was not built."""
    page = settings.web_dir or PAGE
    return str(page) if page.is_dir() else None


async def shut(request: Request, problem: Exception) -> Response:
    """The record cannot be read or written now: what whoever asked must do."""
    return respond(request, Problem("read_only"))


def _limits(settings: Settings) -> Limits:
    return Limits(
        token_per_s=settings.token_requests_per_s,
        address_per_s=settings.address_requests_per_s,
        guesses_per_s=settings.address_guesses_per_s,
        behind_proxy=settings.behind_proxy,
    )


def no_tile(zoom: int, column: int, row: int) -> bytes:
    """Where no city is open, nothing is drawn."""
    return b""


def ask(desk: Desk) -> Callable[[Callable[[State], Any]], Any]:
    """Views on the desk's own state, awaited."""

    async def answer(view: Callable[[State], Any]) -> Any:
        return await asyncio.wait_for(asyncio.wrap_future(desk.ask(view)), 5.0)

    return answer


def lifespan(service: Service, beside: Beside, past: Past) -> Callable[[FastAPI], Any]:
    """Start the desk and the tasks beside it with the event loop, stop them after it."""

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        service.page_of.loop = loop
        stale = asyncio.Event()
        showing = Showing(service.desk, loop, service.hub.publish)

        def follow(committed: Committed) -> None:
            if committed.world != "live":
                return
            tables = {fact.body.table for fact in committed.facts if isinstance(fact.body, RegisterChanged)}
            parts = registers_of(committed.state) if tables & {"units", "zones"} else None
            if tables & DERIVED_FROM:
                loop.call_soon_threadsafe(stale.set)
            opened = opened_by(committed)
            if parts is not None or opened is not None:
                loop.call_soon_threadsafe(_take, service, parts, opened)
            showing.take(committed)

        service.desk.listen(follow)
        service.desk.listen(leave_drills(service.desk, new_id))
        service.desk.listen(service.outer.sealed.heard)
        if not service.desk.running:
            await asyncio.to_thread(service.desk.start)
        service.desk.ask(warm)
        seq, rows, parts, opened = await asyncio.wrap_future(
            service.desk.ask(
                lambda state: (
                    state.seq,
                    views.render(state, views.all_keys(state)),
                    registers_of(state),
                    opened_in(state),
                )
            )
        )
        _take(service, parts, opened)
        service.hub.publish(seq, rows)
        service.tasks = await _tasks(service, beside, stale)
        try:
            yield
        finally:
            for task in service.tasks:
                task.cancel()
            await asyncio.gather(*service.tasks, return_exceptions=True)
            beside.close()
            past.close()

    return run


async def _tasks(service: Service, beside: Beside, stale: asyncio.Event) -> list[asyncio.Task[None]]:
    """Everything that runs beside the desk."""
    parts = service.desk, service.hub, new_id
    watchers = Watch(*parts).look, Passing(*parts).look
    tasks = [
        asyncio.create_task(service.positions.run(*watchers)),
        asyncio.create_task(service.outgoing.run()),
        asyncio.create_task(beside.run()),
        asyncio.create_task(
            Housekeeping(service.store, service.desk, service.settings, service.outer.sealed.sweep).run()
        ),
        asyncio.create_task(service.upkeep.run()),
        asyncio.create_task(service.caps.run()),
        asyncio.create_task(service.imports.run()),
        asyncio.create_task(service.entrance.run(service.desk)),
        asyncio.create_task(watch(service.hub)),
        asyncio.create_task(service.transport.follow()),
        asyncio.create_task(keep_files(service.kept)),
        asyncio.create_task(_derive_again(service, stale)),
    ]
    if service.border is not None:
        tasks += [asyncio.create_task(each) for each in service.border.run(asyncio.get_running_loop())]
    tasks += await service.outer.begin()
    if service.settings.cad_folder is not None:
        ground = service.city.ground if service.city else None
        folder = CadFolder(service.desk, service.settings.cad_folder, ground=ground)
        tasks.append(asyncio.create_task(folder.run()))
    return tasks


async def _derive_again(service: Service, stale: asyncio.Event) -> None:
    """What is laid out from registers (areas, everybody on the streets) is laid out anew after a change, so that no call pays for it; until cancelled."""
    while True:
        await stale.wait()
        stale.clear()
        for part in (areas_of, refresh):
            await asyncio.sleep(BREATH_S)
            await asyncio.wrap_future(service.desk.ask(part))


def registers_of(state: State) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tables that positions follow."""
    return dict(state.registers.units), dict(state.registers.zones)


Opened = tuple[Tree, tuple[Share, ...]]


def opened_in(state: State) -> Opened:
    """The tree of places and what districts show each other, as the hub needs them."""
    return tree_of(state), tuple(state.access.shares.values())


def opened_by(committed: Committed) -> Opened | None:
    """The same where these facts changed it."""
    changed = any(
        fact.body.table in TABLES
        if isinstance(fact.body, RegisterChanged)
        else isinstance(fact.body, (ShareAgreed, ShareEnded))
        for fact in committed.facts
    )
    return opened_in(committed.state) if changed else None


def _take(
    service: Service, parts: tuple[dict[str, Any], dict[str, Any]] | None, opened: Opened | None
) -> None:
    if parts is not None:
        service.positions.register(*parts)
        service.outer.terminals.register(parts[0])
    if opened is not None:
        service.hub.open_to(*opened)
