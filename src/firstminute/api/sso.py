"""Single sign-on: where the browser goes, and what it brings back.

Idea: the page asks for the address and a state, keeps the state, goes, comes back with a code, and gives both to us; so the answer of another browser is worth
nothing in this one. Nothing of it stands in a cookie. Limits: the code passes through the page's address once; it is good once, and only with the
verifier that never left us.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.cards import site_of
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.own import Prove
from firstminute.api.ports import Services
from firstminute.api.sessions import TICKET_ENDS_S, accounts_of, place_of, problem_of, token_of
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused

router = APIRouter(tags=["accounts"])


class Back(BaseModel):
    """What the browser came back with."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(min_length=1, max_length=4096)
    state: str = Field(min_length=16, max_length=128)


async def _begin(request: Request, password: str | None) -> JSONResponse:
    services: Services = request.app.state.services
    try:
        begun = await accounts_of(request).sso_begin(f"{services.public_url}/", token_of(request), password)
    except OverflowError:
        raise Problem("too_many") from None
    except Refused as refused:
        raise problem_of(refused) from None
    return JSONResponse(dict(begun))


@router.post(
    "/sso/begin",
    summary="Begin to sign on with the city's own directory",
    responses=problems(404, 409, 429, 503),
    openapi_extra={"x-policy": "open"},
)
async def begin(request: Request) -> JSONResponse:
    """Where to go, and the state to bring back; 404 where there is no directory."""
    return await _begin(request, None)


@router.post(
    "/sso/link",
    summary="Begin to link my account with the city's own directory",
    responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 423, 429, 503),
    openapi_extra={"x-policy": "account"},
)
async def link(
    request: Request, body: Prove, actor: Annotated[Actor, Depends(Allow("account"))]
) -> JSONResponse:
    """The same, for somebody who is signed in and shows his password once more."""
    return await _begin(request, body.password)


@router.post(
    "/sso/finish",
    summary="Come back from the city's own directory",
    responses={
        201: {"description": "A session and its token, shown this once"},
        **problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    },
    openapi_extra={"x-policy": "open"},
)
async def finish(request: Request, body: Back) -> JSONResponse:
    """200 with a ticket where a second factor of ours is asked for, or where an account was linked; 201 with a session."""
    agent, address = place_of(request)
    try:
        found = await accounts_of(request).sso_finish(
            body.code, body.state, token=token_of(request), agent=agent, address=address, site=site_of(request)
        )  # fmt: skip
    except OverflowError:
        raise Problem("too_many") from None
    except Refused as refused:
        raise problem_of(refused) from None
    ends = {"ends_in_s": TICKET_ENDS_S} if found["step"] == "second_factor" else {}
    return JSONResponse({**found, **ends}, status_code=201 if found["step"] == "done" else 200)
