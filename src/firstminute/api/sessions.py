"""Signing in and out: two steps in, one out; whoever is in sees his sessions and ends them.

Idea: `POST /session` takes a password and gives a ticket, then takes the ticket and a code and gives a session. Its token goes into `Authorization` like any
other; there is no cookie that another site could make a browser send. An unknown name, a wrong password, a wrong code and a shut door are one and the same
answer. `POST /setup` is for the holder of a link that works once. Limits: who a passkey or a card belongs to is `store`'s business.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow, bearer_of
from firstminute.api.cards import card_of, site_of
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.ports import AccountPort, Services
from firstminute.api.qr import squares
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused

router = APIRouter(tags=["accounts"])

TICKET_ENDS_S = 180


class PasskeyAnswer(BaseModel):
    """What a browser's passkey answered, as WebAuthn's JSON form has it; what else an authenticator adds is passed over."""

    model_config = ConfigDict(extra="ignore")
    id: str = Field(max_length=1400)
    rawId: str = Field(max_length=1400)
    type: str = Field(max_length=32)
    response: dict[str, Annotated[str, Field(max_length=64_000)] | list[Annotated[str, Field(max_length=64)]] | int | None] = Field(max_length=16)  # fmt: skip


class SignIn(BaseModel):
    """Name and password; or ticket and one of code, passkey, card; or a passkey alone where `ways` says so. `role` where the account holds more than one."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(None, max_length=256)
    password: str | None = Field(None, max_length=256)
    ticket: str | None = Field(None, max_length=128)
    code: str | None = Field(None, max_length=64, description="six digits of the app, or a recovery code")
    passkey: PasskeyAnswer | None = None
    card: bool = Field(False, description="the certificate that this connection proved")
    role: str | None = Field(None, max_length=64)

    @property
    def step(self) -> str:
        """Which step it is: password, second, alone, or none."""
        first = self.name is not None and self.password is not None
        shown = (self.code is not None) + (self.passkey is not None) + self.card
        if first and self.ticket is None and not shown:
            return "password"
        if self.name is not None or self.password is not None or shown != 1:
            return "none"
        if self.ticket is not None:
            return "second"
        return "alone" if self.passkey is not None else "none"


class SetUp(BaseModel):
    """The link's code; with nothing else it answers what to put into the app, with the rest it sets the account up."""

    model_config = ConfigDict(extra="forbid")
    link: str = Field(min_length=16, max_length=128)
    name: str | None = Field(None, max_length=256)
    password: str | None = Field(None, max_length=256)
    code: str | None = Field(None, max_length=64)
    card: bool = Field(False, description="a card that is bound to the account already, instead of an app")


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
    accounts, site = accounts_of(request), site_of(request)
    try:
        if body.step == "password":
            ticket = await accounts.password(body.name or "", body.password or "", site=site)
            if ticket is not None:
                return JSONResponse({"step": "second_factor", "ends_in_s": TICKET_ENDS_S, **ticket})
        elif body.step != "none":
            agent, address = place_of(request)
            shown = {
                "code": body.code,
                "passkey": None if body.passkey is None else body.passkey.model_dump(),
                "card": card_of(request) if body.card else None,
            }
            opened = await accounts.second(
                body.ticket, shown, agent=agent, address=address, role=body.role, site=site
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


@router.get(
    "/session/ways",
    summary="What the page may offer to whoever wants in",
    responses=problems(429),
    openapi_extra={"x-policy": "open"},
)
async def ways(request: Request) -> JSONResponse:
    """Single sign-on by its name, cards, a passkey without a password, asking to be let in."""
    found = accounts_of(request).ways()
    return JSONResponse({**found, "passkeys": site_of(request) is not None})


@router.post(
    "/session/passkey",
    summary="Begin to sign in with a passkey alone",
    responses=problems(404, 409, 429),
    openapi_extra={"x-policy": "open"},
)
async def begin_passkey(request: Request) -> JSONResponse:
    """What the browser is told; its answer goes to `POST /session` without a ticket. 404 where policy wants a password first."""
    try:
        return JSONResponse(await accounts_of(request).ask_passkey(site_of(request)))
    except Refused as refused:
        raise problem_of(refused) from None


@router.delete(
    "/session",
    summary="Sign out",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 409, 429, 503),
    openapi_extra={"x-policy": "seat"},
)
async def sign_out(request: Request, actor: Annotated[Actor, Depends(Allow("seat"))]) -> Response:
    """The session of this token ends; 409 where the token is none of a session."""
    session = _own(request)
    await asked(request, "end_session", session["session_id"], actor.id)
    return Response(status_code=204)


@router.get(
    "/me", summary="Who I am here", responses=problems(401, 403), openapi_extra={"x-policy": "account"}
)
async def me(request: Request, actor: Annotated[Actor, Depends(Allow("account"))]) -> JSONResponse:
    """Account, role, and what it speaks for; `session` is null for a device's token."""
    found = accounts_of(request).me(token_of(request))
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
        if body.password is None or (body.code is None and not body.card):
            return JSONResponse(app_told(await accounts.look(body.link)))
        code, card = (None, card_of(request)) if body.card else (body.code, None)
        done = await accounts.set_up(body.link, body.name or "", body.password, code, card)
    except OverflowError:
        raise Problem("too_many") from None
    except Refused as refused:
        raise problem_of(refused) from None
    return JSONResponse(dict(done), status_code=201)


def app_told(look: Mapping[str, Any]) -> dict[str, Any]:
    """What an authenticator app must know, to type and to scan."""
    secret = base64.b32encode(look["secret"]).decode()
    return {**look, "secret": secret, "qr": squares(look["uri"])}


def place_of(request: Request) -> tuple[str, str]:
    """What the browser says of itself, and the address it comes from, behind a proxy of ours too."""
    services: Services = request.app.state.services
    said = request.client.host if request.client else ""
    if services.limits.behind_proxy:
        said = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip() or said
    return request.headers.get("user-agent", ""), said


def token_of(request: Request) -> str:
    """The bearer token of a request, empty where there is none."""
    return bearer_of(request.headers.get("authorization", "")) or ""


def _own(request: Request) -> dict[str, Any]:
    found = accounts_of(request).me(token_of(request))
    if found is None:
        raise Problem("no_session")
    return dict(found)
