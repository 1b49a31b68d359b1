"""Calls: taken however they come, amended while the caller speaks."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from firstminute.api import loose
from firstminute.api.auth import Allow, actor_of
from firstminute.api.body import Slow, TooLarge, read_at_most
from firstminute.api.commanding import Done, Route, add_routes, problems, submit
from firstminute.api.errors import Problem, respond
from firstminute.api.facts import timeline
from firstminute.geo import datum
from firstminute.model.envelope import Actor

router = APIRouter(tags=["calls"])

CALL_MOST = 1_000_000
KEPT = 64_000
CHANNEL_OF_ROLE = {
    "device": "sos",
    "partner": "cad",
    "member": "member",
    "lead": "member",
    "patrol": "radio",
    "resident": "web",
}

CALL_BODY: dict[str, Any] = {
    "required": False,
    "content": {
        "application/json": {"schema": {"description": "Every field is optional and loosely read; what cannot be read is named in `problems`.", "example": {
            "text": "两个摊主打起来了", "type_code": "fight", "place": {"lon": 113.32, "lat": 23.11, "radius_m": 50, "floor": 1},
            "caller_phone": "+86 000 0000 0000", "channel": "phone", "language": "zh-CN"}}},
        "text/plain": {"schema": {"type": "string"}},
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
    },
}  # fmt: skip

Key = Annotated[str | None, Header(description="same key, same answer")]


@router.post(
    "/calls", summary="Take a call", status_code=201, response_model=Done, operation_id="receive_call",
    responses={202: {"model": Done, "description": "Kept as an unreadable call"}, **problems(401, 403, 409, 413, 415, 422, 429, 503, 504)},
    openapi_extra={"x-policy": "public", "x-command": "receive_call", "requestBody": CALL_BODY},
)  # fmt: skip
async def receive_call(
    request: Request, actor: Annotated[Actor, Depends(Allow("public"))], idempotency_key: Key = None
) -> JSONResponse:
    """Accept a call: 201 with `problems` for what could not be read, 202 where nothing could, 413 above 1 MB (its first 64 kB are kept)."""
    channel = CHANNEL_OF_ROLE.get(actor.role, "phone")
    try:
        data = await read_at_most(request, CALL_MOST)
    except TooLarge as too_large:
        await _unreadable(request, actor, channel, too_large.head[:KEPT], problem="too_large", key=None)
        raise Problem("too_large", most=CALL_MOST) from None
    except Slow as slow:
        return await _unreadable(
            request, actor, channel, slow.head[:KEPT], problem="never_ended", key=idempotency_key
        )
    if request.headers.get("content-encoding", "identity") != "identity":
        return await _unreadable(
            request, actor, channel, data[:KEPT], problem="compressed", key=idempotency_key
        )
    try:
        reading = loose.read_call(data, request.headers.get("content-type", "application/json"))
    except loose.Unreadable as unreadable:
        if unreadable.problem == "empty":
            raise Problem("empty_call", status=422) from None
        return await _unreadable(
            request, actor, channel, data[:KEPT], problem=unreadable.problem, key=idempotency_key
        )
    arguments = reading.arguments
    arguments.setdefault("channel", channel)
    if actor.role == "dispatcher" and actor.seat:
        arguments.setdefault("seat", actor.seat)
    occurred_s = _in_range(request, arguments.pop("occurred_at", None), reading)
    answered_s = _in_range(request, arguments.pop("answered_at", None), reading)
    if answered_s is not None:
        arguments["answered_s"] = answered_s
    shape_place(arguments)
    arguments["problems"] = reading.problems[:64]
    reply, seq, command_id = await submit(
        request, "receive_call", arguments, actor, key=idempotency_key,
        occurred_s=occurred_s, time_source="typed" if occurred_s is not None else "system",
    )  # fmt: skip
    return JSONResponse({"problems": [], "seq": seq, "command_id": command_id, **reply}, status_code=201)


class Intake:
    """ASGI middleware: a new call goes straight to `receive_call`, past routing and the solving of dependencies, which cost more than reading it.

    The route itself stays in the router: it is what is described, and what names the policy.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a call, pass on anything else."""
        if scope["type"] != "http" or scope["path"] != "/calls" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            actor = actor_of(request, "public")
            answer: Response = await receive_call(request, actor, request.headers.get("idempotency-key"))
        except Problem as problem:
            answer = respond(request, problem)
        await answer(scope, receive, send)


def _in_range(request: Request, at_s: float | None, reading: loose.Reading) -> float | None:
    if at_s is not None and at_s > request.app.state.services.desk.now_s() + 300.0:
        reading.problems.append("time:in_the_future")
        return None
    return at_s


def shape_place(arguments: dict[str, Any]) -> None:
    """Put the place into the words of the model: WGS-84 points, or an address alone."""
    place, address = arguments.pop("place", None) or {}, arguments.pop("address", None)
    points = place.pop("points", [])
    system = place.pop("datum", "wgs84")
    if points and system != "wgs84":
        lon, lat = datum.convert(*zip(*points, strict=True), source=system, target="wgs84")
        points = list(zip(lon.tolist(), lat.tolist(), strict=True))
    if points:
        arguments["place"] = {**place, "points": [(float(lon), float(lat)) for lon, lat in points]}
        if "kind" not in place:
            arguments["place"]["kind"] = "point" if len(points) == 1 else "line"
    if address:
        if points:
            arguments["place"]["address"] = address
        else:
            said = arguments.get("text")
            arguments["text"] = f"{said}\n@ {address}" if said else f"@ {address}"


def _to_wgs84(lon: float, lat: float, system: datum.Datum) -> tuple[float, float]:
    x, y = datum.convert(lon, lat, source=system, target="wgs84")
    return float(x), float(y)


async def _unreadable(
    request: Request, actor: Actor, channel: str, head: bytes, *, problem: str, key: str | None
) -> JSONResponse:
    arguments = {
        "channel": channel,
        "raw": base64.b64encode(head).decode("ascii"),
        "length": len(head),
        "problem": problem,
    }
    reply, seq, command_id = await submit(request, "receive_unreadable_call", arguments, actor, key=key)
    return JSONResponse(
        {"seq": seq, "command_id": command_id, "problems": [problem], **reply}, status_code=202
    )


@router.get(
    "/calls/{call_id}",
    summary="One call as its facts tell it",
    responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_call(
    request: Request,
    call_id: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
) -> JSONResponse:
    """The facts of one call, oldest first."""
    return JSONResponse(await timeline(request, call_id, "unknown_call"))


ROUTES = (
    Route("PATCH", "/calls/{call_id}", "amend_call", "Amend a call while the caller speaks"),
    Route("POST", "/calls/{call_id}/answer", "answer_protocol", "Answer a protocol question"),
    Route("POST", "/calls/{call_id}/claim", "claim_call", "Claim a call for a seat", own=("seat",)),
    Route("POST", "/calls/{call_id}/attach", "attach_call", "Attach a call to an incident"),
    Route("POST", "/calls/{call_id}/detach", "detach_call", "Undo a wrong merge"),
    Route("POST", "/calls/{call_id}/close", "close_call", "Close a call that needs nothing more"),
    Route("POST", "/calls/{call_id}/callback", "record_callback", "Record a call-back (回访)"),
    Route("POST", "/calls/{call_id}/promise", "make_promise", "Promise the caller something by a time"),
)
add_routes(router, ROUTES)
