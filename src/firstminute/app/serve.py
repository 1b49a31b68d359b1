"""Running the service: one uvicorn worker over one desk, on loopback unless told otherwise.

Idea: one process is a whole district; growing means more API workers in front of one desk, which a later step adds. Limits: HTTPS
by the certificate that the settings name; without one, loopback only, unless a reverse proxy ends TLS (`app.transport`).
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

import uvicorn

from firstminute.app.door import Door
from firstminute.app.rehearse import rehearse
from firstminute.app.services import Service, assemble
from firstminute.app.settings import Settings

LOG = logging.getLogger("firstminute.serve")
CLOSE_WITHIN_S = 5
TURN_S = 0.001
"""How long a thread may hold the interpreter while another waits. The desk gives it away at each write: a call must not wait 5 ms each time."""

Started = Callable[[Service, int], Awaitable[None]]


class Server(uvicorn.Server):
    """A uvicorn server that says when it listens and leaves signals to the loop that runs it."""

    def install_signal_handlers(self) -> None:
        """Signals belong to `run`."""


def config_of(service: Service) -> uvicorn.Config:
    """How the service is served: bounded connections, bounded idle time, no access log (URLs and addresses stay out of logs)."""
    settings, context = service.settings, service.transport.context
    return uvicorn.Config(
        service.app, host=settings.host, port=settings.port, log_level="warning", log_config=None, access_log=False, server_header=False, date_header=False,
        timeout_keep_alive=30, limit_concurrency=6_000, backlog=2_048, ws_max_size=1_000_000, ws_max_queue=8, timeout_graceful_shutdown=CLOSE_WITHIN_S,
        h11_max_incomplete_event_size=64_000, proxy_headers=False, loop="uvloop", http=Door, ws="websockets-sansio", lifespan="on",
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
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        if started is not None and not serving.done():
            port = server.servers[0].sockets[0].getsockname()[1]
            beside = asyncio.create_task(_run_started(started, service, port, server))
        await serving
        if not server.started and service.desk.failed is not None:
            raise service.desk.failed
    finally:
        if beside is not None:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
        service.close()


async def _run_started(started: Started, service: Service, port: int, server: Server) -> None:
    try:
        await started(service, port)
    except Exception:
        LOG.exception("what runs beside the service failed; the service stops")
        server.should_exit = True


def serve(settings: Settings, started: Started | None = None) -> None:
    """Assemble and run; blocks until the service ends."""
    sys.setswitchinterval(TURN_S)
    service = assemble(settings)
    if service.city is not None:
        rehearse(service.city.ground)
    uvicorn_loop = uvicorn.Config(service.app, loop="uvloop").get_loop_factory()
    with asyncio.Runner(loop_factory=uvicorn_loop) as runner:
        runner.run(run(service, started))
