"""Asking to be let in, and letting in: volunteers by their team's lead, residents by an officer.

Idea: every question is answered alike and says nothing about who is here; the phone keeps a claim and asks again. Somebody floods? So many questions an address
and hour, so many waiting, and no more. Limits: off unless the operator switches it on (`self_registration`).
"""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.ports import Services
from firstminute.api.sessions import accounts_of, asked, place_of
from firstminute.api.shaping import Budget, address_of
from firstminute.model.envelope import Actor

router = APIRouter(tags=["accounts"])

Approver = Annotated[Actor, Depends(Allow("approver"))]
ASKS_PER_S = 20 / 3600
"""Of one address for long, ten at once: a whole stairwell shares one, and nobody asks twice a day."""
AT_ONCE = 10
WRITES = (400, 401, 403, 404, 408, 409, 413, 415, 422, 423, 429, 503)


class Ask(BaseModel):
    """Who asks, and for what: a volunteer names the team, whose lead shows its id; a resident may name a district."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["volunteer", "resident"]
    label: str = Field(min_length=1, max_length=256, description="how whoever answers knows this person")
    team_id: str | None = Field(None, min_length=1, max_length=128)
    district: str | None = Field(None, min_length=1, max_length=64)


class Claim(BaseModel):
    """What the phone kept."""

    model_config = ConfigDict(extra="forbid")
    claim: str = Field(min_length=16, max_length=128)


class Answer(BaseModel):
    """Yes or no."""

    model_config = ConfigDict(extra="forbid")
    approved: bool


def budget(request: Request) -> Budget:
    """How often an address may ask, kept with the application."""
    found: Budget | None = getattr(request.app.state, "registrations", None)
    if found is None:
        found = request.app.state.registrations = Budget(ASKS_PER_S, burst=AT_ONCE)
    return found


@router.post(
    "/registrations",
    summary="Ask to be let in",
    responses={202: {"description": "The claim that the phone keeps"}, **problems(400, 404, 408, 413, 415, 422, 429, 503)},
    openapi_extra={"x-policy": "open"},
)  # fmt: skip
async def ask(request: Request, body: Ask) -> JSONResponse:
    """Answered alike whoever asks and for whatever team; 404 where nobody may ask."""
    if not accounts_of(request).ways()["registration"]:
        raise Problem("no_registration")
    services: Services = request.app.state.services
    address = address_of(request, behind_proxy=services.limits.behind_proxy)
    wait_s = budget(request).wait_s(address, time.monotonic())
    if wait_s > 0.0:
        raise Problem("too_many", wait_s=int(wait_s) + 1)
    claim = await asked(
        request, "register", body.kind, body.label, team_id=body.team_id, district=body.district
    )
    return JSONResponse({"claim": claim}, status_code=202)


@router.post(
    "/registrations/claim",
    summary="Ask whether somebody has said yes",
    responses={
        201: {"description": "The phone's token, shown this once"},
        **problems(400, 408, 413, 415, 422, 429, 503),
    },
    openapi_extra={"x-policy": "open"},
)
async def claim(request: Request, body: Claim) -> JSONResponse:
    """200 while nobody has: the same where somebody said no, and where nobody ever asked."""
    agent, address = place_of(request)
    opened = await asked(request, "claim", body.claim, agent, address)
    if opened is None:
        return JSONResponse({"state": "waiting"})
    return JSONResponse({"state": "in", **opened}, status_code=201)


@router.get(
    "/registrations",
    summary="Who asked to be let in",
    responses=problems(401, 403, 429),
    openapi_extra={"x-policy": "approver"},
)
async def waiting(request: Request, actor: Approver) -> JSONResponse:
    """A lead sees who wants into the own team, an officer which residents ask."""
    return JSONResponse({"waiting": await asked(request, "waiting", *_whose(actor))})


@router.post(
    "/registrations/{registration_id}", summary="Let somebody in, or not", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "approver"},
)  # fmt: skip
async def answer(
    request: Request, registration_id: Annotated[str, Path(max_length=128)], body: Answer, actor: Approver
) -> Response:
    """404 for what is not one's own to answer."""
    role, team_id = _whose(actor)
    await asked(request, "answer", registration_id, body.approved, by=actor.id, role=role, team_id=team_id)
    return Response(status_code=204)


def _whose(actor: Actor) -> tuple[str, str | None]:
    """Whom somebody lets in: a lead the members of the own team, an officer residents."""
    if actor.role != "lead":
        return "resident", None
    if actor.team_id is None:
        raise Problem("not_yours")
    return "member", actor.team_id
