"""The lock of a desk and the phone of a post: who may see may not always act, and every act is somebody's.

Idea (decision 0150): a locked desk hides nothing and mutes nothing; it is opened within two seconds by PIN, password or passkey, or by a commander on the
spot, there or from his own desk. A post's phone is always locked; two touches (name, PIN) give its holder a session of his own on it.
Limits: what is read at a locked desk can be read by whoever stands before it; a control room's door is its own.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.cards import site_of
from firstminute.api.commanding import problems
from firstminute.api.enrolment import Lead, TeamId
from firstminute.api.enrolment import own as own_team
from firstminute.api.errors import Problem
from firstminute.api.own import done
from firstminute.api.qr import squares
from firstminute.api.sessions import PasskeyAnswer, accounts_of, place_of, token_of
from firstminute.model.envelope import Actor

router = APIRouter(tags=["accounts"])

Seat = Annotated[Actor, Depends(Allow("seat"))]
Commander = Annotated[Actor, Depends(Allow("commander"))]
WRITES = (400, 401, 403, 404, 408, 409, 413, 415, 422, 423, 429, 503)


class Here(BaseModel):
    """The seat at which this page claims calls and incidents."""

    model_config = ConfigDict(extra="forbid")
    seat: str | None = Field(None, min_length=1, max_length=64)


class Unlock(BaseModel):
    """One of PIN, password, passkey; or `by`, a commander who is signed in, and his PIN."""

    model_config = ConfigDict(extra="forbid")
    pin: str | None = Field(None, max_length=64)
    password: str | None = Field(None, max_length=256)
    passkey: PasskeyAnswer | None = None
    by: str | None = Field(None, max_length=256)


class Switch(BaseModel):
    """Who takes the phone, and his PIN; or his badge."""

    model_config = ConfigDict(extra="forbid")
    account_id: str | None = Field(None, max_length=128)
    pin: str | None = Field(None, max_length=64)
    badge: str | None = Field(None, min_length=16, max_length=128)


@router.post(
    "/session/here", summary="Somebody sits at this desk", status_code=204, response_class=Response,
    responses=problems(400, 401, 403, 408, 413, 415, 422, 429), openapi_extra={"x-policy": "seat"},
)  # fmt: skip
async def here(request: Request, actor: Seat, body: Here | None = None) -> Response:
    """The desk does not lock for another while; every act says so too. It opens none that is locked.

    While `seat` holds a call or an incident, the desk neither locks by itself nor ends.
    """
    if body is not None and body.seat is not None:
        accounts_of(request).sits(actor.id, body.seat)
    return Response(status_code=204)


@router.post(
    "/session/lock", summary="Lock my desk", status_code=204, response_class=Response,
    responses=problems(401, 403, 409, 429, 503), openapi_extra={"x-policy": "seat"},
)  # fmt: skip
async def lock(request: Request, actor: Seat) -> Response:
    """It goes on showing and sounding; 409 while a call is being taken at it."""
    await done(request, "lock", token_of(request))
    return Response(status_code=204)


@router.post(
    "/session/unlock/passkey",
    summary="Begin to unlock my desk with a passkey",
    responses=problems(401, 403, 404, 409, 429),
    openapi_extra={"x-policy": "seat"},
)
async def begin_unlock(request: Request, actor: Seat) -> JSONResponse:
    """What the browser is told; 404 where I have no passkey."""
    return JSONResponse(await done(request, "ask_passkey", token_of(request), site_of(request)))


@router.post(
    "/session/unlock", summary="Unlock my desk", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "seat"},
)  # fmt: skip
async def unlock(request: Request, body: Unlock, actor: Seat) -> Response:
    """403 says the same whatever was wrong. Five wrong PINs and only password, passkey or a commander open it."""
    await done(request, "unlock", token_of(request), body.model_dump(exclude_none=True), site_of(request))
    return Response(status_code=204)


@router.get(
    "/desks/locked",
    summary="Desks that are locked",
    responses=problems(401, 403, 429),
    openapi_extra={"x-policy": "commander"},
)
async def locked(request: Request, actor: Commander) -> JSONResponse:
    """Whose, at which seat, since when."""
    return JSONResponse({"desks": await done(request, "locked_desks")})


@router.post(
    "/desks/{session_id}/unlock", summary="Unlock somebody's desk", status_code=204, response_class=Response,
    responses=problems(401, 403, 404, 422, 423, 429, 503), openapi_extra={"x-policy": "commander"},
)  # fmt: skip
async def open_desk(
    request: Request, session_id: Annotated[str, Path(max_length=128)], actor: Commander
) -> Response:
    """A supervisor opens it on the spot, and the record says so. Not his own."""
    await done(request, "open_desk", session_id, actor.id)
    return Response(status_code=204)


@router.post(
    "/teams/{team_id}/enrolled/{account_id}/share", summary="Make an enrolled phone the post's", status_code=204, response_class=Response,
    responses=problems(401, 403, 404, 422, 423, 429, 503), openapi_extra={"x-policy": "lead"},
)  # fmt: skip
async def share(
    request: Request, team_id: TeamId, account_id: Annotated[str, Path(max_length=128)], actor: Lead
) -> Response:
    """It sees and sounds; whoever acts on it says who he is."""
    own_team(actor, team_id)
    await done(request, "share", account_id, team_id)
    return Response(status_code=204)


@router.post(
    "/teams/{team_id}/enrolled/{account_id}/badge",
    summary="Make a badge for a member",
    responses={
        201: {"description": "Its code, to print as QR, shown this once"},
        **problems(401, 403, 404, 422, 423, 429, 503),
    },
    openapi_extra={"x-policy": "lead"},
)
async def badge(
    request: Request, team_id: TeamId, account_id: Annotated[str, Path(max_length=128)], actor: Lead
) -> JSONResponse:
    """Shown to the post's phone it says who takes it; it opens nothing else. An older one ends, and all with the member."""
    own_team(actor, team_id)
    code = await done(request, "badge", account_id, team_id, actor.id)
    return JSONResponse({"badge": code, "qr": squares(code)}, status_code=201)


@router.get(
    "/session/people",
    summary="Who can take this phone",
    responses=problems(401, 403, 409, 429),
    openapi_extra={"x-policy": "account"},
)
async def people(request: Request, actor: Annotated[Actor, Depends(Allow("account"))]) -> JSONResponse:
    """Members and leads of the phone's team who have a PIN; 409 where this is no post's phone."""
    return JSONResponse({"people": await done(request, "people", token_of(request))})


@router.post(
    "/session/switch",
    summary="Take this phone",
    responses={201: {"description": "A session of one's own on this phone"}, **problems(*WRITES)},
    openapi_extra={"x-policy": "seat"},
)
async def switch(request: Request, body: Switch, actor: Seat) -> JSONResponse:
    """Whoever had it before is off it. The session ends after ten minutes without use, with the phone, or when the next one takes it."""
    shown = body.model_dump(exclude_none=True)
    if set(shown) not in ({"badge"}, {"account_id", "pin"}):
        raise Problem("invalid", errors=[{"where": ["body"], "what": "account_id_and_pin_or_badge"}])
    opened = await done(request, "switch", token_of(request), shown, *place_of(request))
    return JSONResponse(opened, status_code=201)


@router.delete(
    "/session/switch", summary="Put this phone down", status_code=204, response_class=Response,
    responses=problems(401, 403, 409, 429, 503), openapi_extra={"x-policy": "seat"},
)  # fmt: skip
async def put_down(request: Request, actor: Seat) -> Response:
    """Nobody has it any more; it goes on showing and sounding."""
    await done(request, "put_down", token_of(request))
    return Response(status_code=204)
