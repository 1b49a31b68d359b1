"""The city's own 110 or CAD: create, update and cancel by external id, idempotent; status and disposition back out.

Idea: a partner's record is a call whose `external_id` is `<system>:<id>`. The same PUT twice is one call; a cancel is information for the
dispatcher. Limits: the watched folder and CSV form of the same connector run in `app.workers`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from starlette.responses import JSONResponse

from firstminute.api import loose
from firstminute.api.auth import Allow
from firstminute.api.calls import CALL_BODY
from firstminute.api.commanding import COMMAND_PROBLEMS, Done, problems, submit
from firstminute.api.errors import Problem
from firstminute.api.intake import shape_place
from firstminute.model.envelope import Actor
from firstminute.respond.partners import status_of

router = APIRouter(prefix="/cad", tags=["cad"])
ExternalId = Annotated[str, Path(min_length=1, max_length=200)]
Key = Annotated[str | None, Header()]
Partner = Annotated[Actor, Depends(Allow("partner"))]


def external(actor: Actor, external_id: str) -> str:
    """The id under which a partner's record is known here."""
    return f"{actor.id}:{external_id}"


async def _call_of(request: Request, actor: Actor, external_id: str) -> str | None:
    found: str | None = await request.app.state.services.ask_state(
        lambda state: state.respond.external.get(external(actor, external_id))
    )
    return found


@router.put(
    "/incidents/{external_id}", summary="Create or update by external id", response_model=Done, responses={201: {"model": Done}, **COMMAND_PROBLEMS},
    operation_id="cad_put", openapi_extra={"x-policy": "partner", "x-command": "receive_call", "requestBody": CALL_BODY},
)  # fmt: skip
async def put(
    request: Request, external_id: ExternalId, actor: Partner, idempotency_key: Key = None
) -> JSONResponse:
    """201 the first time, 200 for an amendment; the same body again changes nothing."""
    try:
        reading = loose.read_call(
            await request.body(), request.headers.get("content-type", "application/json")
        )
    except loose.Unreadable as unreadable:
        raise Problem("call_unreadable", status=422, problem=unreadable.problem) from None
    arguments: dict[str, Any] = reading.arguments
    occurred_s = arguments.pop("occurred_at", None)
    arguments.pop("answered_at", None)
    shape_place(arguments, request.app.state.services.ground)
    call_id = await _call_of(request, actor, external_id)
    if call_id is None:
        arguments.update(
            channel="cad", external_id=external(actor, external_id), problems=reading.problems[:64]
        )
        reply, seq, command_id = await submit(
            request, "receive_call", arguments, actor, key=idempotency_key, occurred_s=occurred_s
        )
        return JSONResponse({"seq": seq, "command_id": command_id, **reply}, status_code=201)
    for name in ("channel", "external_id", "seat", "device_id"):
        arguments.pop(name, None)
    reply, seq, command_id = await submit(
        request, "amend_call", {"call_id": call_id, **arguments}, actor, key=idempotency_key
    )
    return JSONResponse({"seq": seq, "command_id": command_id, "problems": reading.problems, **reply})


@router.delete(
    "/incidents/{external_id}", summary="The partner says it is over", response_model=Done, responses=COMMAND_PROBLEMS, operation_id="cad_cancel",
    openapi_extra={"x-policy": "partner", "x-command": "request_cancel"},
)  # fmt: skip
async def cancel(
    request: Request, external_id: ExternalId, actor: Partner, idempotency_key: Key = None
) -> JSONResponse:
    """A cancel is information: only a dispatcher or commander cancels here."""
    call_id = await _call_of(request, actor, external_id)
    incident_id = await request.app.state.services.ask_state(
        lambda state: state.respond.calls[call_id].incident_id if call_id in state.respond.calls else None
    )
    if incident_id is None:
        raise Problem("unknown_call")
    reply, seq, command_id = await submit(
        request, "request_cancel", {"incident_id": incident_id, "by": "partner"}, actor, key=idempotency_key
    )
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


@router.get(
    "/incidents/{external_id}", summary="Status and disposition of the partner's record", responses=problems(401, 403, 404, 422),
    operation_id="cad_show", openapi_extra={"x-policy": "partner"},
)  # fmt: skip
async def show(request: Request, external_id: ExternalId, actor: Partner) -> JSONResponse:
    """Where it stands: status, first arrival, outcome. No positions, no names."""
    name = external(actor, external_id)
    status = await request.app.state.services.ask_state(lambda state: status_of(state.respond, name))
    if status is None:
        raise Problem("unknown_call")
    return JSONResponse({"external_id": external_id, **status})
