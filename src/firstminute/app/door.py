"""The door for calls: a new call is taken where HTTP is parsed, before the web framework is asked anything.

Idea: at the worst hour everybody calls at once, and then routing, dependencies and layers of middleware cost more than reading and saving the call. So
`POST /calls` goes from the connection straight to `api.intake.take`, and its answer back in one write; every other request, and the same one where
the server refuses it, takes the usual way to the application, whose route of the same name ends in the same `take`. Keep-alive, pipelining, the
bound on connections and reading in pieces stay uvicorn's own.
Limits: leans on uvicorn's httptools protocol, so its version is pinned and `tests/app/test_door.py` walks every way in.
"""

from __future__ import annotations

import logging
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from firstminute.api.app import CALL_HEADERS, TLS_ONLY, SafeHeaders
from firstminute.api.auth import admit
from firstminute.api.cards import CARD
from firstminute.api.errors import Problem, respond
from firstminute.api.intake import CALL_MOST, Arriving, Taken, take
from firstminute.api.ports import Services

LOG = logging.getLogger("firstminute.door")
HEAD = b"".join(b"%s: %s\r\n" % header for header in CALL_HEADERS)
HEAD_TLS = HEAD + b"%s: %s\r\n" % TLS_ONLY


class Door(HttpToolsProtocol):
    """A connection. Its application must have `state.services`."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope = cycle.scope
        if scope["method"] == "POST" and (card := _card(self.transport)) is not None:
            cast(dict[str, Any], scope)[CARD] = card
        if app is self.app and scope["path"] == "/calls" and scope["method"] == "POST":
            task = self.loop.create_task(_take(cycle, self.config.app))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)
        else:
            super()._start_asgi_task(cycle, app)


def _card(transport: Any) -> bytes | None:
    """The certificate (DER) that the client proved in TLS, None where it showed none."""
    secured = transport.get_extra_info("ssl_object")
    found: bytes | None = secured.getpeercert(True) if secured is not None else None
    return found


async def _take(cycle: RequestResponseCycle, app: Any) -> None:
    services: Services = app.state.services
    call = Arriving(cast(Scope, cycle.scope), cast(Receive, cycle.receive))
    if not cycle.more_body and len(cycle.body) <= CALL_MOST:
        call.body = bytes(cycle.body)
    try:
        taken = await take(services, call, admit(services.tokens, call.authorization, "public"))
    except ClientDisconnect:
        return
    except Problem as problem:
        await _refuse(cycle, app, problem)
    except Exception:
        LOG.exception("a call broke the door")
        await _refuse(cycle, app, Problem("broken", status=500))
    else:
        _answer(cycle, taken, HEAD_TLS if services.secure else HEAD)


async def _refuse(cycle: RequestResponseCycle, app: Any, problem: Problem) -> None:
    cycle.scope["app"] = app  # type: ignore[typeddict-unknown-key]  # Starlette's own addition to ASGI
    answer: ASGIApp = SafeHeaders(
        respond(Request(cast(Scope, cycle.scope)), problem), secure=app.state.services.secure
    )
    await answer(cast(Scope, cycle.scope), cast(Receive, cycle.receive), cast(Send, cycle.send))


def _answer(cycle: RequestResponseCycle, taken: Taken, head: bytes) -> None:
    """What `cycle.send` does with an answer, for one that is whole."""
    if cycle.disconnected:
        return
    close = b"" if cycle.keep_alive else b"connection: close\r\n"
    length = b"content-length: %d\r\n" % len(taken.body)
    cycle.response_started = cycle.response_complete = True
    cycle.transport.write(b"".join((STATUS_LINE[taken.status], head, length, close, b"\r\n", taken.body)))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
