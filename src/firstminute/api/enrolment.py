"""Joining a team by QR: the lead shows a code, a phone answers with it and is in; the lead takes off whoever leaves.

Idea: a lead enrols 18 people in two minutes, so nobody types anything but a name. Only the lead of the very team may open its code and take
people off. Limits: the address in the QR is `public_url`, or the one under which the lead reached us.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.ports import Services
from firstminute.api.qr import squares
from firstminute.api.sessions import asked, place_of
from firstminute.model.envelope import Actor

router = APIRouter(tags=["accounts"])

TeamId = Annotated[str, Path(max_length=128)]
Lead = Annotated[Actor, Depends(Allow("lead"))]
WRITES = (400, 401, 403, 404, 408, 413, 415, 422, 429, 503)


class OpenCode(BaseModel):
    """How many phones may join."""

    model_config = ConfigDict(extra="forbid")
    most: int = Field(40, ge=1, le=200)


class Join(BaseModel):
    """The code that the lead shows, and who joins."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(min_length=16, max_length=128)
    label: str = Field(min_length=1, max_length=256, description="how the lead knows this member")
    pin: str | None = Field(None, max_length=64, description="says on a post's phone that it is this member")


@router.post(
    "/teams/{team_id}/enrolment",
    summary="Open a code with which members join this team for two hours",
    responses={201: {"description": "The code, shown this once"}, **problems(*WRITES)},
    openapi_extra={"x-policy": "lead"},
)
async def open_code(
    request: Request, team_id: TeamId, actor: Lead, body: OpenCode | None = None
) -> JSONResponse:
    """An older code of the team ends with this."""
    own(actor, team_id)
    made = await asked(request, "open_enrolment", team_id, by=actor.id, most=(body or OpenCode()).most)
    services: Services = request.app.state.services
    address = services.public_url or f"{request.url.scheme}://{request.headers.get('host', '')[:100]}"
    link = f"{address}/responder/#join={made['code']}"
    return JSONResponse({**made, "link": link, "qr": squares(link)}, status_code=201)


@router.delete(
    "/teams/{team_id}/enrolment", summary="End the team's code", status_code=204, response_class=Response,
    responses=problems(401, 403, 404, 422, 429, 503), openapi_extra={"x-policy": "lead"},
)  # fmt: skip
async def close_code(request: Request, team_id: TeamId, actor: Lead) -> Response:
    """Nobody joins with it any more; who has joined stays."""
    own(actor, team_id)
    if not await asked(request, "close_enrolment", team_id):
        raise Problem("enrolment_unknown")
    return Response(status_code=204)


@router.get(
    "/teams/{team_id}/enrolled",
    summary="Who joined this team by its code",
    responses=problems(401, 403, 422, 429),
    openapi_extra={"x-policy": "lead"},
)
async def enrolled(request: Request, team_id: TeamId, actor: Lead) -> JSONResponse:
    """What each typed, since when, and when the phone was last heard of."""
    own(actor, team_id)
    return JSONResponse({"enrolled": await asked(request, "enrolled", team_id)})


@router.delete(
    "/teams/{team_id}/enrolled/{account_id}", summary="Take a member off", status_code=204, response_class=Response,
    responses=problems(401, 403, 404, 422, 429, 503), openapi_extra={"x-policy": "lead"},
)  # fmt: skip
async def take_off(
    request: Request, team_id: TeamId, account_id: Annotated[str, Path(max_length=128)], actor: Lead
) -> Response:
    """The phone is out within a second, on its live feed too."""
    own(actor, team_id)
    await asked(request, "leave", account_id, team_id, by=actor.id)
    return Response(status_code=204)


@router.post(
    "/enrolment",
    summary="Join a team with the code that its lead shows",
    responses={201: {"description": "The phone's token, shown this once"}, **problems(400, 404, 408, 413, 415, 422, 429, 503)},
    openapi_extra={"x-policy": "open"},
)  # fmt: skip
async def join(request: Request, body: Join) -> JSONResponse:
    """An account without a password whose only key is this phone; 404 where the code is spent, ended or never was."""
    joined = await asked(request, "join", body.code, body.label, body.pin, *place_of(request))
    return JSONResponse(joined, status_code=201)


def own(actor: Actor, team_id: str) -> None:
    """A lead's business is the own team alone."""
    if actor.team_id is None or actor.team_id != team_id:
        raise Problem("not_yours")
