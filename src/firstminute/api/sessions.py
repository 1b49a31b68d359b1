"""Signing in and out: two steps in, one out; whoever is in sees his sessions and ends them.

Idea: `POST /session` takes a password and gives a ticket, then takes the ticket and a code and gives a session. Its token goes into `Authorization` like any
other; there is no cookie that another site could make a browser send. An unknown name, a wrong password, a wrong code and a shut door are one and the same
answer. `POST /setup` is for the holder of a link that works once. Limits: what the page shows of this comes with it.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow, bearer_of
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.ports import AccountPort
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused

router = APIRouter(tags=["accounts"])

TICKET_ENDS_S = 180


class SignIn(BaseModel):
    """Either name and password, or ticket and code; `role` where the account holds more than one."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(None, max_length=256)
    password: str | None = Field(None, max_length=256)
    ticket: str | None = Field(None, max_length=128)
    code: str | None = Field(None, max_length=64, description="six digits of the app, or a recovery code")
    role: str | None = Field(None, max_length=64)


class SetUp(BaseModel):
    """The link's code; with nothing else it answers what to put into the app, with the rest it sets the account up."""

    model_config = ConfigDict(extra="forbid")
    link: str = Field(min_length=16, max_length=128)
    name: str | None = Field(None, max_length=256)
    password: str | None = Field(None, max_length=256)
    code: str | None = Field(None, max_length=64)


def accounts_of(request: Request) -> AccountPort:
    """The accounts of this service."""
    found: AccountPort = request.app.state.services.accounts
    return found


async def asked(request: Request, act: str, *arguments: Any, **named: Any) -> Any:
    """One of the acts on accounts; its refusal, a full queue or a failed disk is a problem."""
    try:
        return await accounts_of(request).act(act, *arguments, **named)
    except OverflowError:
        raise Problem("too_many") from None
    except Refused as refused:
        raise problem_of(refused) from None


def problem_of(refused: Refused) -> Problem:
    """A refusal as its problem."""
    return Problem(refused.code, params=refused.parameters)


@router.post(
    "/session",
    summary="Sign in: name and password give a ticket, ticket and code give a session",
    responses={201: {"description": "The session and its token, shown this once"}, **problems(400, 401, 403, 408, 409, 413, 415, 422, 429, 503)},
    openapi_extra={"x-policy": "open"},
)  # fmt: skip
async def sign_in(request: Request, body: SignIn) -> JSONResponse:
    """First step 200 with a ticket, second step 201 with a token; 401 says the same whatever was wrong, five wrong ones shut the door for a while."""
    accounts = accounts_of(request)
    try:
        if body.name is not None and body.password is not None and body.ticket is None and body.code is None:
            ticket = await accounts.password(body.name, body.password)
            if ticket is not None:
                return JSONResponse({"step": "second_factor", "ticket": ticket, "ends_in_s": TICKET_ENDS_S})
        elif (
            body.ticket is not None and body.code is not None and body.name is None and body.password is None
        ):
            opened = await accounts.second(
                body.ticket,
                body.code,
                agent=request.headers.get("user-agent", ""),
                address=request.client.host if request.client else "",
                role=body.role,
            )
            if opened is not None:
                return JSONResponse({"step": "done", **opened}, status_code=201)
        else:
            raise Problem(
                "invalid", errors=[{"where": ["body"], "what": "name_and_password_or_ticket_and_code"}]
            )
    except OverflowError:
        raise Problem("too_many") from None
    except Refused as refused:
        raise problem_of(refused) from None
    raise Problem("sign_in_failed")


@router.delete(
    "/session",
    summary="Sign out",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 409, 429, 503),
    openapi_extra={"x-policy": "account"},
)
async def sign_out(request: Request, actor: Annotated[Actor, Depends(Allow("account"))]) -> Response:
    """The session of this token ends; 409 where the token is none of a session."""
    session = _own(request)
    await asked(request, "end_session", session["session_id"], actor.id)
    return Response(status_code=204)


@router.get(
    "/me", summary="Who I am here", responses=problems(401, 403), openapi_extra={"x-policy": "account"}
)
async def me(request: Request, actor: Annotated[Actor, Depends(Allow("account"))]) -> JSONResponse:
    """Account, role, and what it speaks for; `session` is null for a device's token."""
    found = accounts_of(request).me(_token(request))
    place = {name: getattr(actor, name) for name in ("unit_id", "team_id", "seat", "district")}
    return JSONResponse({"account_id": actor.id, "role": actor.role, **place, "session": found})


@router.get(
    "/sessions",
    summary="My sessions",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "account"},
)
async def sessions(request: Request, actor: Annotated[Actor, Depends(Allow("account"))]) -> JSONResponse:
    """On which devices I am signed in, the one used last first."""
    return JSONResponse({"sessions": list(accounts_of(request).sessions(actor.id))})


@router.delete(
    "/sessions/{session_id}", summary="End one of my sessions", status_code=204, response_class=Response,
    responses=problems(401, 403, 404, 422, 429, 503), openapi_extra={"x-policy": "account"},
)  # fmt: skip
async def end_session(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("account"))],
    session_id: Annotated[str, Path(max_length=128)],
) -> Response:
    """It is out within a second, on live feeds too; 404 for another account's."""
    if not await asked(request, "end_session", session_id, actor.id):
        raise Problem("unknown_session")
    return Response(status_code=204)


@router.post(
    "/setup",
    summary="Use a set-up link: name, password and second factor",
    responses={201: {"description": "Set up; recovery codes are shown this once"}, **problems(400, 404, 408, 409, 413, 415, 422, 429, 503)},
    openapi_extra={"x-policy": "open"},
)  # fmt: skip
async def set_up(request: Request, body: SetUp) -> JSONResponse:
    """With the link alone: its role, name and what the authenticator app must know. With the rest: the account is set up and the link is spent."""
    accounts = accounts_of(request)
    try:
        if body.password is None or body.code is None:
            look = dict(await accounts.look(body.link))
            secret = look.pop("secret")
            return JSONResponse({**look, "secret": base64.b32encode(secret).decode()})
        done = await accounts.set_up(body.link, body.name or "", body.password, body.code)
    except OverflowError:
        raise Problem("too_many") from None
    except Refused as refused:
        raise problem_of(refused) from None
    return JSONResponse(dict(done), status_code=201)


def _token(request: Request) -> str:
    return bearer_of(request.headers.get("authorization", "")) or ""


def _own(request: Request) -> dict[str, Any]:
    found = accounts_of(request).me(_token(request))
    if found is None:
        raise Problem("no_session")
    return dict(found)
