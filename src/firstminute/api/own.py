"""One's own ways in: password, authenticator app, recovery codes, PIN, passkeys.

Idea: each change costs the password again, so that an open session alone never locks its holder out. What is shown once (codes, an app's secret) is
shown in the answer that made it. Limits: whose account it is comes from the token alone; there is no path that names another one.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.cards import site_of
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.sessions import PasskeyAnswer, accounts_of, app_told, problem_of, token_of
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused

router = APIRouter(tags=["accounts"])

Own = Annotated[Actor, Depends(Allow("account"))]
READS = (401, 403, 404, 409, 422, 429)
WRITES = (400, 401, 403, 404, 408, 409, 413, 415, 422, 423, 429, 503)
Password = Annotated[str, Field(max_length=256)]


class Prove(BaseModel):
    """The password, once more."""

    model_config = ConfigDict(extra="forbid")
    password: Password


class NewPassword(Prove):
    """The password, and the new one."""

    new: Password


class FirstCode(BaseModel):
    """What the new app shows."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(max_length=64)


class NewPin(BaseModel):
    """A PIN; the password, or the old PIN where the account has no password."""

    model_config = ConfigDict(extra="forbid")
    pin: str = Field(max_length=64)
    old: str | None = Field(None, max_length=64)
    password: str | None = Field(None, max_length=256)


class NewPasskey(BaseModel):
    """What the browser made, and how its holder calls it."""

    model_config = ConfigDict(extra="forbid")
    label: str = Field(min_length=1, max_length=256)
    passkey: PasskeyAnswer


async def done(request: Request, act: str, *arguments: Any) -> Any:
    """One of the acts of this session about itself; its refusal, a full queue or a failed disk is a problem."""
    try:
        return await accounts_of(request).own(act, *arguments)
    except OverflowError:
        raise Problem("too_many") from None
    except Refused as refused:
        raise problem_of(refused) from None


@router.get(
    "/me/ways", summary="My ways in", responses=problems(*READS), openapi_extra={"x-policy": "account"}
)
async def held(request: Request, actor: Own) -> JSONResponse:
    """Name, which ways in there are, passkeys with their labels, how many recovery codes are left."""
    return JSONResponse(await done(request, "held", token_of(request)))


@router.put(
    "/me/password", summary="Change my password", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "account"},
)  # fmt: skip
async def password(request: Request, body: NewPassword, actor: Own) -> Response:
    """My other sessions end with it."""
    await done(request, "password", token_of(request), body.password, body.new)
    return Response(status_code=204)


@router.post(
    "/me/app",
    summary="Begin with another authenticator app",
    responses=problems(*WRITES),
    openapi_extra={"x-policy": "account"},
)
async def new_app(request: Request, body: Prove, actor: Own) -> JSONResponse:
    """What the app must know; the old one goes on until the new one has shown its first code."""
    return JSONResponse(app_told(await done(request, "new_app", token_of(request), body.password)))


@router.put(
    "/me/app",
    summary="Show the new app's first code",
    responses=problems(*WRITES),
    openapi_extra={"x-policy": "account"},
)
async def take_app(request: Request, body: FirstCode, actor: Own) -> JSONResponse:
    """It is my second factor from now on; new recovery codes, shown this once."""
    return JSONResponse({"recovery_codes": await done(request, "take_app", token_of(request), body.code)})


@router.post(
    "/me/recovery",
    summary="New recovery codes",
    responses=problems(*WRITES),
    openapi_extra={"x-policy": "account"},
)
async def recovery(request: Request, body: Prove, actor: Own) -> JSONResponse:
    """Ten, shown this once; the old ones end."""
    codes = await done(request, "recovery", token_of(request), body.password)
    return JSONResponse({"recovery_codes": codes})


@router.put(
    "/me/pin", summary="Choose my PIN", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "account"},
)  # fmt: skip
async def pin(request: Request, body: NewPin, actor: Own) -> Response:
    """It opens a locked desk of mine, and says on a post's phone that it is me; it never signs anybody in."""
    await done(request, "pin", token_of(request), body.pin, body.old, body.password)
    return Response(status_code=204)


@router.post(
    "/me/passkeys/begin",
    summary="Begin to make a passkey",
    responses=problems(*WRITES),
    openapi_extra={"x-policy": "account"},
)
async def begin_passkey(request: Request, body: Prove, actor: Own) -> JSONResponse:
    """What the browser is told; 409 where this address cannot have passkeys (`public_url`)."""
    asked = await done(request, "new_passkey", token_of(request), body.password, site_of(request))
    return JSONResponse(asked)


@router.post(
    "/me/passkeys",
    summary="Keep the passkey that the browser made",
    responses={201: {"description": "The passkey"}, **problems(*WRITES)},
    openapi_extra={"x-policy": "account"},
)
async def take_passkey(request: Request, body: NewPasskey, actor: Own) -> JSONResponse:
    """It is a second factor from now on, beside the others."""
    answer, site = body.passkey.model_dump(), site_of(request)
    made = await done(request, "take_passkey", token_of(request), answer, body.label, site)
    return JSONResponse(made, status_code=201)


@router.post(
    "/me/passkeys/{passkey_id}/remove", summary="Remove a passkey", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "account"},
)  # fmt: skip
async def drop_passkey(
    request: Request, passkey_id: Annotated[str, Path(max_length=128)], body: Prove, actor: Own
) -> Response:
    """It opens nothing any more."""
    await done(request, "drop_passkey", token_of(request), passkey_id, body.password)
    return Response(status_code=204)
