"""Accounts of other people: made, given roles, locked, unlocked and reset by the security administrator; unlocked on the spot by a commander.

Idea (三员): rights are given by the security administrator, who runs no machine and reads no incident; the three duties themselves are given on the
command line alone, so that nobody makes himself a second one over the network by resetting its holder. Nobody changes his own rights.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from firstminute.api.access import must_be_in
from firstminute.api.auth import Allow
from firstminute.api.bounds import ID_PATTERN
from firstminute.api.commanding import problems, submit
from firstminute.api.errors import Problem
from firstminute.api.facts import timeline
from firstminute.api.sessions import accounts_of, asked
from firstminute.model.envelope import Actor

router = APIRouter(tags=["accounts"])

AccountId = Annotated[str, Path(max_length=128)]
Security = Annotated[Actor, Depends(Allow("security"))]
Unlocker = Annotated[Actor, Depends(Allow("unlock"))]
Auditor = Annotated[Actor, Depends(Allow("audit"))]
WRITES = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)
SHOWN_MOST = 500


class GiveRole(BaseModel):
    """A role, and what it speaks for."""

    model_config = ConfigDict(extra="forbid")
    role: str = Field(max_length=64)
    unit_id: str | None = Field(None, max_length=128)
    team_id: str | None = Field(None, max_length=128)
    seat: str | None = Field(None, max_length=64)
    district: str | None = Field(None, max_length=64)


class NewAccount(GiveRole):
    """Whom it is for, and the first role."""

    name: str = Field(max_length=256)


class NewCard(BaseModel):
    """A certificate as PEM text."""

    model_config = ConfigDict(extra="forbid")
    pem: str = Field(min_length=64, max_length=16_000)


class Lock(BaseModel):
    """`left`: for good; every secret and role is forgotten."""

    model_config = ConfigDict(extra="forbid")
    left: bool = False


@router.get(
    "/accounts",
    summary="Accounts, by name",
    responses=problems(401, 403, 422, 429),
    openapi_extra={"x-policy": "security"},
)
async def accounts(
    request: Request,
    actor: Security,
    after: Annotated[str, Query(max_length=256)] = "",
    holding: Annotated[str, Query(max_length=64, description="a part of the name")] = "",
    state: Annotated[Literal["", "invited", "active", "device", "locked", "left"], Query()] = "",
) -> JSONResponse:
    """At most 500, those behind the name `after`; `next` is the name to go on behind, null at the end."""
    found = await asked(request, "list", after, SHOWN_MOST, holding=holding, state=state)
    return JSONResponse({"accounts": found, "next": found[-1]["name"] if len(found) == SHOWN_MOST else None})


@router.post(
    "/accounts",
    summary="Make an account",
    responses={
        201: {"description": "Its id and the code of its set-up link, shown this once"},
        **problems(*WRITES),
    },
    openapi_extra={"x-policy": "security"},
)
async def make(request: Request, body: NewAccount, actor: Security) -> JSONResponse:
    """The holder sets password and second factor with the link, once, within 24 hours."""
    role = body.model_dump(exclude={"name"})
    return JSONResponse(await asked(request, "add", body.name, role, by=actor.id), status_code=201)


@router.post(
    "/accounts/{account_id}/roles", summary="Give an account one more role", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "security"},
)  # fmt: skip
async def give(request: Request, account_id: AccountId, body: GiveRole, actor: Security) -> Response:
    """Its holder can sign in as that from now on."""
    await asked(request, "give", account_id, body.model_dump(), by=actor.id)
    return Response(status_code=204)


@router.delete(
    "/accounts/{account_id}/roles/{role}", summary="Take a role away", status_code=204, response_class=Response,
    responses=problems(401, 403, 404, 409, 422, 429, 503), openapi_extra={"x-policy": "security"},
)  # fmt: skip
async def take(
    request: Request, account_id: AccountId, role: Annotated[str, Path(max_length=64)], actor: Security
) -> Response:
    """Its sessions in that role are out within a second."""
    await asked(request, "take", account_id, role, by=actor.id)
    return Response(status_code=204)


@router.post(
    "/accounts/{account_id}/lock", summary="Lock an account", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "security"},
)  # fmt: skip
async def lock(
    request: Request, account_id: AccountId, actor: Security, body: Lock | None = None
) -> Response:
    """Nobody signs in, and whoever is in is out within a second."""
    why = "left" if body is not None and body.left else "order"
    await asked(request, "lock", account_id, by=actor.id, why=why)
    return Response(status_code=204)


@router.post(
    "/accounts/{account_id}/unlock", summary="Unlock an account", status_code=204, response_class=Response,
    responses=problems(*WRITES), openapi_extra={"x-policy": "unlock"},
)  # fmt: skip
async def unlock(request: Request, account_id: AccountId, actor: Unlocker) -> Response:
    """After wrong guesses a commander does it on the spot; a lock by order is lifted by the security administrator alone."""
    for district in await asked(request, "places", account_id):
        await must_be_in(request, actor, "unlock", district)
    await asked(request, "unlock", account_id, by=actor.id, guesses_alone=actor.role == "commander")
    return Response(status_code=204)


@router.post(
    "/accounts/{account_id}/reset",
    summary="Forget password and second factor, and give a new set-up link",
    responses=problems(*WRITES),
    openapi_extra={"x-policy": "security"},
)
async def reset(request: Request, account_id: AccountId, actor: Security) -> JSONResponse:
    """Every session ends. Not for who holds one of the three duties."""
    return JSONResponse({"link": await asked(request, "reset", account_id, by=actor.id)})


@router.get(
    "/accounts/{account_id}/sessions",
    summary="Where an account is signed in",
    responses=problems(401, 403, 422, 429),
    openapi_extra={"x-policy": "security"},
)
async def sessions(request: Request, account_id: AccountId, actor: Security) -> JSONResponse:
    """Its sessions, the one used last first: role, device and address."""
    return JSONResponse({"sessions": list(accounts_of(request).sessions(account_id))})


@router.delete(
    "/accounts/{account_id}/sessions",
    summary="End every session of an account",
    responses=problems(401, 403, 404, 422, 429, 503),
    openapi_extra={"x-policy": "security"},
)
async def end_sessions(request: Request, account_id: AccountId, actor: Security) -> JSONResponse:
    """They are out within a second; how many there were."""
    return JSONResponse({"count": await asked(request, "end_all", account_id, by=actor.id)})


@router.post(
    "/accounts/{account_id}/cards",
    summary="Bind a smart card or UKey to an account",
    responses={201: {"description": "The card"}, **problems(*WRITES)},
    openapi_extra={"x-policy": "security"},
)
async def bind_card(request: Request, account_id: AccountId, body: NewCard, actor: Security) -> JSONResponse:
    """It serves its holder as second factor; 422 says why a certificate does not count."""
    card = await asked(request, "bind_card", account_id, body.pem.encode(), by=actor.id)
    return JSONResponse(card, status_code=201)


@router.get(
    "/accounts/{account_id}/cards",
    summary="An account's cards",
    responses=problems(401, 403, 422, 429),
    openapi_extra={"x-policy": "security"},
)
async def cards(request: Request, account_id: AccountId, actor: Security) -> JSONResponse:
    """Fingerprint, serial number, until when."""
    return JSONResponse({"cards": await asked(request, "cards", account_id)})


@router.delete(
    "/accounts/{account_id}/cards/{fingerprint}", summary="Take a card away", status_code=204, response_class=Response,
    responses=problems(401, 403, 404, 422, 429, 503), openapi_extra={"x-policy": "security"},
)  # fmt: skip
async def drop_card(
    request: Request,
    account_id: AccountId,
    fingerprint: Annotated[str, Path(max_length=128)],
    actor: Security,
) -> Response:
    """It opens nothing any more, and its holder is out within a second."""
    await asked(request, "drop_card", account_id, fingerprint, by=actor.id)
    return Response(status_code=204)


@router.get(
    "/accounts/{account_id}/timeline",
    summary="What happened to an account",
    responses=problems(401, 403, 404, 422, 429, 503, 504),
    openapi_extra={"x-policy": "audit", "x-command": "note_read"},
)
async def account_timeline(request: Request, account_id: AccountId, actor: Auditor) -> JSONResponse:
    """Facts, oldest first: made, roles, locks, resets, sign-ins from new places, data opened. That it was read is a fact too."""
    if re.match(ID_PATTERN, account_id) is None:
        raise Problem("unknown_account")
    await submit(request, "note_read", {"what": "timeline", "subject_id": account_id}, actor)
    return JSONResponse(await timeline(request, account_id, "unknown_account"))
