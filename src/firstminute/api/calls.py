"""Calls: taken however they come, amended while the caller speaks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from starlette.responses import JSONResponse, Response

from firstminute.api.access import must_see_call, only
from firstminute.api.auth import Allow
from firstminute.api.commanding import Done, Route, add_routes, problems
from firstminute.api.errors import Problem
from firstminute.api.facts import timeline
from firstminute.api.intake import Arriving, take
from firstminute.api.looking import look, refuse
from firstminute.flow import opening
from firstminute.flow.access.objects import call_thing, incident_thing
from firstminute.flow.known import rows_of
from firstminute.flow.state import State
from firstminute.model.access.things import Thing
from firstminute.model.envelope import Actor
from firstminute.respond.records import Call
from firstminute.respond.similar import earlier, similar

router = APIRouter(tags=["calls"])

CALL_BODY: dict[str, Any] = {
    "required": False,
    "content": {
        "application/json": {"schema": {"description": "Every field is optional and loosely read; what cannot be read is named in `problems`.", "example": {
            "text": "两个摊主打起来了", "type_code": "fight", "place": {"lon": 113.32, "lat": 23.11, "radius_m": 50, "floor": 1},
            "caller_phone": "+86 000 0000 0000", "channel": "phone", "language": "zh-CN"}}},
        "text/plain": {"schema": {"type": "string"}},
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
        "multipart/form-data": {"schema": {"type": "object", "description": "The words are read; files are sent to the call's attachments afterwards."}},
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
) -> Response:
    """Accept a call: 201 with `problems` for what could not be read, 202 where nothing could, 413 above 1 MB (its first 64 kB are kept).

    The call is durable when this answers. Where many call at once its incident is decided a moment later: then the answer has no
    `incident_id`, and the call's row in the live feed shows it.
    """
    taken = await take(request.app.state.services, Arriving(request.scope, request.receive), actor)
    return Response(taken.body, taken.status, media_type="application/json")


@router.get(
    "/calls/{call_id}",
    summary="One call as its facts tell it",
    responses=problems(401, 403, 404, 422, 429, 503, 504),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_call(
    request: Request,
    call_id: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
) -> JSONResponse:
    """The facts of one call, oldest first.

    While its incident is open and the reader's, what is sealed is shown, and that it was is a fact; otherwise see `/openings`.
    """
    await must_see_call(request, actor, "dispatcher", call_id)
    seen = bool(await look(request, actor, call_id))
    return JSONResponse({**await timeline(request, call_id, "unknown_call", sealed=seen), "opened": seen})


@router.get(
    "/calls/{call_id}/similar",
    summary="Open incidents that a call may be about",
    responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_similar(
    request: Request,
    call_id: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
) -> JSONResponse:
    """What agrees in part and was not merged: shown while the call is typed, so that a person may attach it (`/calls/{call_id}/attach`)."""
    await must_see_call(request, actor, "dispatcher", call_id)
    now_s = request.app.state.services.desk.now_s()

    def near(state: State) -> list[tuple[Thing, dict[str, Any]]]:
        call = state.respond.calls.get(call_id)
        found = similar(state.respond, call, rows_of(state), at_s=now_s) if call is not None else []
        return [
            (at, asdict(each))
            for each in found
            if (at := incident_thing(state, each.incident_id)) is not None
        ]

    return JSONResponse({"similar": await only(request, actor, "dispatcher", near)})


@router.get(
    "/calls/{call_id}/earlier",
    summary="What the same caller said before",
    responses=problems(401, 403, 404, 422, 429, 503, 504),
    openapi_extra={"x-policy": "dispatcher", "x-command": "look_at_callers"},
)
async def show_earlier(
    request: Request,
    call_id: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
) -> JSONResponse:
    """Calls of the same telephone or device that the desk remembers (a shift), for the purpose `respond`; that it was looked up is a fact.

    Of what is closed, or is another's restricted incident, only kind, time and outcome: its words are opened with `/openings`.
    """
    await must_see_call(request, actor, "dispatcher", call_id)
    if not await look(request, actor, call_id):
        await refuse(request, actor, call_id, "caller_hidden", "respond")
        raise Problem("caller_hidden")

    def before(state: State) -> list[tuple[Thing, dict[str, Any]]]:
        call = state.respond.calls.get(call_id)
        found = earlier(state.respond, call) if call is not None else []
        rows = ((call_thing(state, each.call_id), _earlier_row(state, actor, each)) for each in found)
        return [(at, row) for at, row in rows if at is not None]

    return JSONResponse({"earlier": await only(request, actor, "dispatcher", before)})


def _earlier_row(state: State, actor: Actor, call: Call) -> dict[str, Any]:
    kept = state.respond.closed.get(call.incident_id or "")
    shown = opening.may_look_at_call(state, actor, call)
    about = state.respond.incidents.get(call.incident_id or "") or (
        kept.incident if kept is not None else None
    )
    return {
        "call_id": call.call_id, "incident_id": call.incident_id, "at_s": call.received_s, "channel": call.channel,
        "type": about.type_code if about is not None else call.type_code, "open": call.incident_id in state.respond.incidents,
        "outcome": kept.outcome if kept is not None else None, "text": call.text if shown else None,
    }  # fmt: skip


ROUTES = (
    Route("PATCH", "/calls/{call_id}", "amend_call", "Amend a call while the caller speaks"),
    Route("POST", "/calls/{call_id}/answer", "answer_protocol", "Answer a protocol question"),
    Route("POST", "/calls/{call_id}/claim", "claim_call", "Claim a call for a seat", own=("seat",)),
    Route("POST", "/calls/{call_id}/attach", "attach_call", "Attach a call to an incident"),
    Route("POST", "/calls/{call_id}/detach", "detach_call", "Undo a wrong merge"),
    Route("POST", "/calls/{call_id}/close", "close_call", "Close a call that needs nothing more"),
    Route("POST", "/calls/{call_id}/callback", "record_callback", "Record a call-back (回访)"),
    Route("POST", "/calls/{call_id}/reply", "answer_report", "Answer whoever reported on the public page"),
    Route("POST", "/calls/{call_id}/promise", "make_promise", "Promise the caller something by a time"),
)
add_routes(router, ROUTES)
