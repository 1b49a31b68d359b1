"""The edge of the zone outside: the same words as inside, answered with a receipt.

Idea: whoever calls, presses a button, checks in or answers an alert uses the paths that they would use inside; what differs is the answer, 202 and an
honest receipt. Only what may cross the border at all (`flow.crossing`) has a path here. Somebody who was alerted by this zone alone knows no
task yet and says `alert:<its id>` for it. The inside comes for what was kept, and brings what it has, in one exchange of signed batches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import JSONResponse, Response

from firstminute.api import muster, responders
from firstminute.api.auth import Allow
from firstminute.api.calls import CALL_BODY, Key
from firstminute.api.commanding import Done, add_routes, problems
from firstminute.api.errors import Problem
from firstminute.api.intake import Arriving, take
from firstminute.flow.crossing import CROSSING
from firstminute.model.envelope import Actor

router = APIRouter(tags=["outside"])
Id = Annotated[str, Path(min_length=1, max_length=128)]
BATCH = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.post(
    "/calls", summary="Keep a call for the inside", status_code=202, response_model=Done, operation_id="keep_call",
    responses=problems(401, 403, 409, 413, 415, 422, 429, 503, 504),
    openapi_extra={"x-policy": "public", "x-command": "receive_call", "requestBody": CALL_BODY},
)  # fmt: skip
async def keep_call(
    request: Request, actor: Annotated[Actor, Depends(Allow("public"))], idempotency_key: Key = None
) -> Response:
    """202 once it is durable outside: when it was kept, that it is not read inside yet, how late the inside is, whether the venue's team was alerted."""
    taken = await take(request.app.state.services, Arriving(request.scope, request.receive), actor)
    return Response(taken.body, 202, media_type="application/json")


@router.get(
    "/receipts/{command_id}", summary="What became of something that was kept", responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "signed_in"},
)  # fmt: skip
async def show_receipt(
    request: Request, command_id: Id, actor: Annotated[Actor, Depends(Allow("signed_in"))]
) -> JSONResponse:
    """Kept outside at, read inside at, done or refused there. No word of what was said."""
    found = request.app.state.services.receipt(command_id)
    if found is None:
        raise Problem("not_found")
    return JSONResponse(found)


@router.post(
    "/border", summary="Exchange signed batches with the inside", responses={200: {"content": BATCH}, **problems(401, 403, 413, 503)},
    openapi_extra={"x-policy": "border", "requestBody": {"required": True, "content": BATCH}}, response_class=Response,
)  # fmt: skip
async def exchange(request: Request, actor: Annotated[Actor, Depends(Allow("border"))]) -> Response:
    """What the inside brings is believed by its signature alone; the answer is what waits for it."""
    data = await request.app.state.services.exchange(await request.body())
    return Response(data, media_type="application/octet-stream")


KEPT = [
    replace(each, status=202) for each in (*responders.ROUTES, *muster.ROUTES) if each.command in CROSSING
]
add_routes(router, KEPT)
