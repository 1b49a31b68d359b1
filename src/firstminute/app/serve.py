"""Running the service: one uvicorn worker over one desk, on loopback unless told otherwise.

Idea: one process is a whole district; growing means more API workers in front of one desk, which a later step adds. Where the record is on a server, a
second process may stand by; it listens only once it leads. Limits: HTTPS
by the certificate that the settings name; without one, loopback only, unless a reverse proxy ends TLS (`app.transport`).
"""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from firstminute.app.door import Door
from firstminute.app.rehearse import rehearse
from firstminute.app.services import Service, assemble
from firstminute.app.settings import Settings
from firstminute.app.stand_by import StandBy
from firstminute.app.transport import Transport
from firstminute.store.errors import HeadLost

LOG = logging.getLogger("firstminute.serve")
CLOSE_WITHIN_S = 5
LOOK_S = 0.25
TURN_S = 0.001
"""How long a thread may hold the interpreter while another waits. The desk gives it away at each write: a call must not wait 5 ms each time."""
FILES_MOST = 65_536
"""Files and connections, where the machine allows as many: ten thousand terminals, feeds and calls at once need more than the usual 1,024."""

Started = Callable[[Service, int], Awaitable[None]]


class Server(uvicorn.Server):
    """A uvicorn server that says when it listens and leaves signals to the loop that runs it."""

    def install_signal_handlers(self) -> None:
        """Signals belong to `run`."""


def config_of(service: Service) -> uvicorn.Config:
    """How the service is served."""
    return config_for(service.app, service.settings, service.transport, http=Door)


def config_for(app: FastAPI, settings: Settings, transport: Transport, *, http: Any) -> uvicorn.Config:
    """How an application is served: bounded connections, bounded idle time, no access log (URLs and addresses stay out of logs)."""
    context = transport.context
    return uvicorn.Config(
        app, host=settings.host, port=settings.port, log_level="warning", log_config=None, access_log=False, server_header=False, date_header=False,
        timeout_keep_alive=30, limit_concurrency=6_000, backlog=2_048, ws_max_size=1_000_000, ws_max_queue=8, timeout_graceful_shutdown=CLOSE_WITHIN_S,
        h11_max_incomplete_event_size=64_000, proxy_headers=False, loop="uvloop", http=http, ws="websockets-sansio", lifespan="on",
        ssl_context_factory=None if context is None else lambda config, default: context,
    )  # fmt: skip


async def run(service: Service, started: Started | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then close everything in order."""
    server = Server(config_of(service))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, lambda: setattr(server, "should_exit", True))
    serving = asyncio.create_task(server.serve())
    beside: asyncio.Task[None] | None = None
    leading: asyncio.Task[None] | None = None
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        leading = asyncio.create_task(_while_leading(service, server))
        if started is not None and not serving.done():
            port = server.servers[0].sockets[0].getsockname()[1]
            beside = asyncio.create_task(_run_started(started, service, port, server))
        await serving
        if not server.started and service.desk.failed is not None:
            raise service.desk.failed
    finally:
        running = [task for task in (beside, leading) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        service.close()


async def _while_leading(service: Service, server: Server) -> None:
    """End the service of a desk that another process has taken over from: a supervisor starts it anew, as the stand-by."""
    while not (service.desk.superseded and service.elsewhere):
        await asyncio.sleep(LOOK_S)
    LOG.critical("another process leads by now: this service ends")
    server.should_exit = True


async def _run_started(started: Started, service: Service, port: int, server: Server) -> None:
    try:
        await started(service, port)
    except Exception:
        LOG.exception("what runs beside the service failed; the service stops")
        server.should_exit = True


def take_files() -> None:
    """Raise this process's own bound of open files to what the machine allows; the usual one is for programs that use `select`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES_MOST if hard == resource.RLIM_INFINITY else min(hard, FILES_MOST)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def serve(
    settings: Settings,
    started: Started | None = None,
    *,
    waiting: Callable[[str, tuple[str, ...]], None] | None = None,
) -> None:
    """Assemble and run; blocks until the service ends.

    Parameters
    ----------
    waiting : given where this process is to stand by until nobody leads; called with what it stands by for and what it does not see

    Raises
    ------
    HeadLost : another process leads by now
    """
    sys.setswitchinterval(TURN_S)
    take_files()
    lease = None if waiting is None else StandBy(settings).wait(waiting)
    service = assemble(settings, lease)
    if service.city is not None and lease is None:
        rehearse(service.city.ground)
    uvicorn_loop = uvicorn.Config(service.app, loop="uvloop").get_loop_factory()
    with asyncio.Runner(loop_factory=uvicorn_loop) as runner:
        runner.run(run(service, started))
    if service.desk.superseded and service.elsewhere:
        raise HeadLost("another process leads by now")
