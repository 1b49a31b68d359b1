"""The live feed over WebSocket and server-sent events: snapshot with seq, then what changed.

Idea (DESIGN.md §4): the hub says what an audience sees and what its reader is told; here it is only written out. The token comes in the first message or in
the header, never in the URL. A client that does not read is dropped by the hub and told so; one whose token or session ended is put out within
`LOOK_THROUGH_S`, however it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Depends, Request, WebSocket
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Message, Send
from starlette.websockets import WebSocketDisconnect

from firstminute.api.access import audience_of
from firstminute.api.auth import POLICIES, Allow, bearer_of
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.hub import Client, Hub
from firstminute.api.ports import TokenPort
from firstminute.api.shown import ROWS
from firstminute.api.told import Told
from firstminute.command.picture import DESK_ROLES
from firstminute.model.envelope import Actor

router = APIRouter(tags=["feed"])

FIRST_MESSAGE_S = 5.0
BEAT_S = 15.0
LOOK_THROUGH_S = 0.25
AT_ONCE = 200
"""So many listeners are asked about between two breaths of the event loop."""
SEND_S = 5.0
POLICY_VIOLATION, TRY_AGAIN, UNSUPPORTED = 1008, 1013, 1003
TOPICS = {"rows": "signed_in", "positions": "staff"}
"""Feed topics and the policy of each; what a reader sees of a topic is decided row by row in `command.picture`."""


class PatientStream(StreamingResponse):
    """A stream whose reader must take each part within `SEND_S`: one that does not read is let go, not waited for. `on_late` is called then."""

    on_late: Callable[[], None]

    async def stream_response(self, send: Send) -> None:
        """Send part after part; where one is not taken the response stays unfinished, and the server ends the connection."""

        async def in_time(message: Message) -> None:
            await asyncio.wait_for(send(message), SEND_S)

        try:
            await super().stream_response(in_time)
        except TimeoutError:
            self.on_late()
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


@router.get(
    "/feed/snapshot",
    summary="Everything the reader may see now",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "signed_in", "x-rows": {sort: shape.__name__ for sort, shape in ROWS.items()}},
)
async def snapshot(request: Request, actor: Annotated[Actor, Depends(Allow("signed_in"))]) -> JSONResponse:
    """Rows by key, with the place in the journal that they reflect."""
    return JSONResponse(request.app.state.services.hub.snapshot(audience_of(actor)))


@router.get(
    "/feed/events", summary="The live feed as server-sent events", responses={200: {"content": {"text/event-stream": {}}}, **problems(401, 403, 429)},
    openapi_extra={"x-policy": "signed_in"}, response_class=StreamingResponse,
)  # fmt: skip
async def events(request: Request, actor: Annotated[Actor, Depends(Allow("signed_in"))]) -> StreamingResponse:
    """Snapshot first, then changes; one JSON message an event."""
    if not same_origin(request):
        raise Problem("foreign_origin")
    hub: Hub = request.app.state.services.hub
    try:
        client, first = hub.join(audience_of(actor), names_of(actor))
    except OverflowError:
        raise Problem("too_many", status=429) from None
    token = bearer_of(request.headers.get("authorization", "")) or ""
    _follow(client, first, request.app.state.services.tokens, token, actor)

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b"data: " + text_of(Told(first)) + b"\n\n"
            async for message in messages(client):
                yield b"data: " + text_of(message) + b"\n\n" if message else b": still here\n\n"
        finally:
            hub.leave(client)

    answer = PatientStream(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})
    answer.on_late = hub.count_dropped
    return answer


async def messages(client: Client) -> AsyncIterator[Told | None]:
    """What comes for a client, merged where several wait; None as a sign of life; ends when the client was dropped."""
    while True:
        try:
            message = await asyncio.wait_for(client.queue.get(), BEAT_S)
        except TimeoutError:
            yield None
            continue
        if message is None:
            return
        while not client.queue.empty():
            later = client.queue.get_nowait()
            if later is None:
                return
            message = message.then(later)
        yield message


def names_of(actor: Actor) -> frozenset[str]:
    """The names that a reader answers to when somebody is sent a message: itself, its crew, its team, its seat."""
    return frozenset(name for name in (actor.id, actor.unit_id, actor.team_id, actor.seat) if name)


def same_origin(connection: HTTPConnection) -> bool:
    """True where a browser's page comes from us, over TLS where we speak TLS; other clients send no Origin and show a token."""
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    try:
        scheme, netloc, *_ = urlsplit(origin)
    except ValueError:
        return False
    plain = connection.url.scheme in ("ws", "http")
    return netloc == connection.headers.get("host") and scheme in (("http", "https") if plain else ("https",))


@router.websocket("/feed")
async def feed(socket: WebSocket) -> None:
    """First message in: {"token": …, "packed": true where positions are to come as bytes}; then snapshot and changes out."""
    if not same_origin(socket):
        await socket.close(POLICY_VIOLATION)
        return
    await socket.accept()
    introduced = await _introduce(socket)
    if introduced is None:
        await socket.close(POLICY_VIOLATION)
        return
    actor, token, packed = introduced
    hub: Hub = socket.app.state.services.hub
    try:
        client, first = hub.join(audience_of(actor), names_of(actor))
    except OverflowError:
        await socket.close(TRY_AGAIN)
        return
    _follow(client, first, socket.app.state.services.tokens, token, actor)
    listener = asyncio.create_task(_listen(socket, client))
    try:
        await _send(socket, Told(first), packed=packed)
        async for message in messages(client):
            await _send(socket, message or Told({"seq": hub.seq}), packed=packed)
        await socket.close(POLICY_VIOLATION if client.out else TRY_AGAIN)
    except TimeoutError:
        hub.count_dropped()
    except (WebSocketDisconnect, RuntimeError, OSError):
        pass  # the client is gone; it joins again and gets a snapshot
    finally:
        listener.cancel()
        hub.leave(client)


async def _send(socket: WebSocket, message: Told, *, packed: bool) -> None:
    """One message as text; `packed`: its positions after it, as bytes (`api.packed`)."""
    text = message.text(packed=packed)
    if text is not None:
        await asyncio.wait_for(socket.send_text(text), SEND_S)
    if packed and "positions" in message:
        await asyncio.wait_for(socket.send_bytes(message["positions"].packed()), SEND_S)


def text_of(message: Told) -> bytes:
    """A message for readers of text, who need no slots."""
    return str(message.text()).encode()


async def _listen(socket: WebSocket, client: Client) -> None:
    """Notice that the client went away; whatever else it says is ignored."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        while not client.queue.empty():
            client.queue.get_nowait()
        client.queue.put_nowait(None)


def _follow(client: Client, first: dict[str, Any], tokens: TokenPort, token: str, actor: Actor) -> None:
    """The listener stays while its token stands for the very actor that came with it, and hears whether its desk is locked."""
    client.allowed = lambda: tokens.holds(token) == actor
    client.told_locked = first["locked"] = bool(tokens.locked(token))
    if (
        actor.role in DESK_ROLES
    ):  # nobody else's session is locked and opened while he looks: thousands of phones need not be asked
        client.locked = lambda: bool(tokens.locked(token))


async def look_through(hub: Hub) -> None:
    """Ask once about everybody who listens, and put out who may listen no longer."""
    for number, client in enumerate(hub.everybody()):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0.0)
        if client.allowed is not None and not client.allowed():
            hub.put_out(client)
        elif client.locked is not None:
            hub.tell_lock(client)


async def watch(hub: Hub) -> None:
    """Look through the listeners again and again, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_THROUGH_S)
        await look_through(hub)


async def _introduce(socket: WebSocket) -> tuple[Actor, str, bool] | None:
    """Who connects, with what token (by header, or by the first message), and whether positions come as bytes; None where nobody we know."""
    services = socket.app.state.services
    token = bearer_of(socket.headers.get("authorization", ""))
    packed = False
    if token is None:
        try:
            said = orjson.loads(await asyncio.wait_for(socket.receive_text(), FIRST_MESSAGE_S))
        except (TimeoutError, ValueError, WebSocketDisconnect, KeyError):
            return None
        token = said.get("token") if isinstance(said, dict) else None
        packed = isinstance(said, dict) and said.get("packed") is True
    if not isinstance(token, str) or not 16 <= len(token) <= 256:
        return None
    actor = services.tokens.find(token)
    if actor is None or actor.role not in POLICIES[TOPICS["rows"]].roles:
        return None
    return actor, token, packed


feed.policy = TOPICS["rows"]  # type: ignore[attr-defined]  # websocket routes have no openapi_extra to carry it
