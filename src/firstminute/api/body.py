"""Reading a request's body with a bound on its size and on how long it may take.

Idea: a body that is too large or never ends must not hold a worker; what arrived until then is kept in the exception, so that a call is never lost.
`BodyLimit` gives every other route the same bound before it reads.
"""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstminute.api.auth import bearer_of
from firstminute.api.errors import Problem, respond
from firstminute.api.urgent import READ_LOOSELY

BODY_MOST = 1_000_000
IMPORT_MOST = 64_000_000
ENDS_WITHIN_S = 1.8
IMPORT_ENDS_WITHIN_S = 60.0
BATCH_MOST = 4_000_000
ATTACHMENT_MOST = 100_000_000
LARGE_AT_ONCE = 8
"""So many bodies above the usual bound are read at the same time: memory has a bound too."""
OWN_READING = frozenset({*READ_LOOSELY, "/report/files"})
"""Posts whose routes read the body themselves, with bounds of their own."""


class TooLarge(Exception):
    """The body is above its bound. `head`: what arrived."""

    def __init__(self, head: bytes) -> None:
        super().__init__("too_large")
        self.head = head


class Slow(Exception):
    """The body did not end in time. `head`: what arrived."""

    def __init__(self, head: bytes) -> None:
        super().__init__("slow")
        self.head = head


class Gone(ClientDisconnect):
    """The sender went away before the body ended. `head`: what arrived."""

    def __init__(self, head: bytes) -> None:
        super().__init__("gone")
        self.head = head


async def read_at_most(receive: Receive, most: int, *, within_s: float = ENDS_WITHIN_S) -> bytes:
    """The whole body. Raises `TooLarge`, `Slow` or, where the sender has gone, `Gone`: each with what arrived.

    One timer that cancels this very task is a tenth of what a timeout context costs; each call pays for it.
    """
    task = asyncio.current_task()
    assert task is not None
    late = asyncio.get_running_loop().call_later(within_s, task.cancel, Slow)
    parts: list[bytes] = []  # joined once: a file of many megabytes comes in hundreds of parts
    size = 0
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone(b"".join(parts))
            part: bytes = message.get("body", b"")
            parts.append(part)
            size += len(part)
            if size > most:
                raise TooLarge(b"".join(parts)[: most + 1])
            if not message.get("more_body", False):
                return b"".join(parts)
    except asyncio.CancelledError as stopped:
        if stopped.args != (Slow,):
            raise
        task.uncancel()
        raise Slow(b"".join(parts)) from None
    finally:
        late.cancel()


def bound_of(method: str, path: str) -> tuple[int, float]:
    """How large the body of a request may be, bytes, and how long it may take to arrive, seconds.

    >>> bound_of("PUT", "/registers/teams")[0], bound_of("POST", "/calls/c1/attachments")[0], bound_of("PUT", "/plan")[0]
    (64000000, 100000000, 1000000)
    """
    if path.startswith("/registers/"):
        return IMPORT_MOST, IMPORT_ENDS_WITHIN_S
    if method == "POST" and path.startswith(("/calls/", "/incidents/")) and path.endswith("/attachments"):
        return ATTACHMENT_MOST, IMPORT_ENDS_WITHIN_S
    return (BATCH_MOST, IMPORT_ENDS_WITHIN_S) if path == "/border" else (BODY_MOST, ENDS_WITHIN_S * 5)


class BodyLimit:
    """ASGI middleware: no route but the intake of calls sees a body above its bound, or one that never ends.

    Large bodies are read for those alone whose token is known, and few at a time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a bounded body."""
        if scope["type"] != "http" or (scope["path"] in OWN_READING and scope["method"] == "POST"):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        most, within_s = bound_of(scope["method"], scope["path"])
        if most > BODY_MOST:
            token = bearer_of(request.headers.get("authorization", ""))
            if token is None or request.app.state.services.tokens.find(token) is None:
                most, within_s = BODY_MOST, ENDS_WITHIN_S * 5
        length = request.headers.get("content-length", "0")
        if request.headers.get("content-encoding", "identity") != "identity":
            await respond(request, Problem("unsupported_media_type"))(scope, receive, send)
            return
        if not (length.isascii() and length.isdecimal()) or int(length) > most:
            await respond(request, Problem("too_large", most=most))(scope, receive, send)
            return
        if most == BODY_MOST:
            await self._pass(scope, receive, send, (most, within_s))
            return
        if self._large >= LARGE_AT_ONCE:
            await respond(request, Problem("too_many", wait_s=5))(scope, receive, send)
            return
        self._large += 1
        try:
            await self._pass(scope, receive, send, (most, within_s))
        finally:
            self._large -= 1

    async def _pass(self, scope: Scope, receive: Receive, send: Send, bound: tuple[int, float]) -> None:
        request, (most, within_s) = Request(scope, receive), bound
        try:
            data = (
                await read_at_most(receive, most, within_s=within_s)
                if scope["method"] in ("POST", "PUT", "PATCH", "DELETE")
                else b""
            )
        except TooLarge:
            await respond(request, Problem("too_large", most=most))(scope, receive, send)
            return
        except Gone:
            return
        except Slow:
            await respond(request, Problem("body_never_ended", status=408))(scope, receive, send)
            return
        told = False

        async def replay() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": data, "more_body": False}

        await self.app(scope, replay, send)
