"""People's data at the edge: hold, correct, export, and keys renewed. Erasing stands in `plans`.

Idea: every act is a command and so a fact, the export too: whoever takes a person's data out names a subject and is recorded before anything is read.
Subjects are named in bodies, never in a URL. Limits: an administrator acts for the person; the person's own sign-in does not reach here.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.bounds import Identifier, Said, Text
from firstminute.api.commanding import COMMAND_PROBLEMS, WAITS_FOR_DONE, Done, submit, waits_for_another
from firstminute.api.ports import PersonPort
from firstminute.flow.access.rules import RULES
from firstminute.flow.deciders.data import MOST, VALUE_MOST
from firstminute.model.envelope import Actor
from firstminute.model.records import TABLES

router = APIRouter(tags=["data"])
Subject = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Subjects = Annotated[
    list[Subject],
    Field(
        min_length=1,
        max_length=MOST,
        description="ids of calls, incidents or rolls, or a register and the key of its row: members/m17",
    ),
]
Key = Annotated[str | None, Header(description="same key, same answer")]
Admin = Annotated[Actor, Depends(Allow("admin"))]


class Hold(Said):
    """Whose data must stay, and why; `note` says more and is sealed."""

    subject_ids: Subjects
    reason: Literal["court", "investigation", "complaint", "audit", "order"]
    note: Text | None = None


class Release(Said):
    """The hold that is over, and why."""

    hold_id: Subject
    reason: Literal["closed", "decided", "held_by_mistake", "order"]
    note: Text | None = None


class Correction(Said):
    """Whose data, the right value of each field, and what it rests on."""

    subject_id: Subject
    values: dict[
        Annotated[str, StringConstraints(max_length=64)],
        Annotated[str, StringConstraints(max_length=VALUE_MOST)],
    ] = Field(min_length=1, max_length=20)
    reason: Literal["request_of_person", "document", "called_back", "entered_by_mistake"]
    note: Text | None = None


class Renewal(Said):
    """Whose keys are to be fresh from now on, and why."""

    subject_ids: Subjects
    reason: Literal["routine", "leaked", "long_used", "order"]


class Export(BaseModel):
    """Whose data are to be handed out. It is never an exercise: people's data are real, and so is the fact that they were taken out."""

    model_config = ConfigDict(extra="forbid")
    subject_id: Identifier


def _door(path: str, command: str, summary: str) -> dict[str, Any]:
    extra = {"x-policy": "admin", "x-command": command}
    waits = WAITS_FOR_DONE if command in RULES else {}
    return {
        "path": path,
        "summary": summary,
        "responses": {**COMMAND_PROBLEMS, **waits},
        "openapi_extra": extra,
    }


async def _do(request: Request, command: str, body: Said, actor: Actor, key: str | None) -> JSONResponse:
    said = body.model_dump(exclude=set(Said.model_fields))
    reply, seq, command_id = await submit(request, command, said, actor, key=key, said=body)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


@router.post(
    **_door("/holds", "hold_data", "Legal hold: keep what is known of these subjects"), response_model=Done
)
async def hold(request: Request, body: Hold, actor: Admin, idempotency_key: Key = None) -> JSONResponse:
    """Neither retention nor an erasure touches them, nor the calls of incidents among them, until the hold is released."""
    return await _do(request, "hold_data", body, actor, idempotency_key)


@router.post(**_door("/holds/release", "release_hold", "Release a legal hold"), response_model=Done)
async def release(request: Request, body: Release, actor: Admin, idempotency_key: Key = None) -> JSONResponse:
    """What is due goes with the next bites of retention, unless another hold names it."""
    return await _do(request, "release_hold", body, actor, idempotency_key)


@router.post(**_door("/keys/renew", "renew_keys", "Seal what comes with fresh keys"), response_model=Done)
async def renew(request: Request, body: Renewal, actor: Admin, idempotency_key: Key = None) -> JSONResponse:
    """For subjects that are written about for long. What was sealed before stays readable; an erasure destroys every key they had."""
    return await _do(request, "renew_keys", body, actor, idempotency_key)


@router.post(**_door("/corrections", "correct_data", "Correct a person's data"), response_model=Done)
async def correct(
    request: Request, body: Correction, actor: Admin, idempotency_key: Key = None
) -> JSONResponse:
    """The correction is a fact beside what was said. A row of a register is changed with it, as one more command."""
    answer = await _do(request, "correct_data", body, actor, idempotency_key)
    persons: PersonPort = request.app.state.services.persons
    table = body.subject_id.partition("/")[0]
    change = (
        await asyncio.to_thread(persons.corrected_row, body.subject_id, body.values)
        if table in TABLES
        else None
    )
    if change is not None:
        key = f"{idempotency_key}\0row" if idempotency_key is not None else None
        await submit(request, "change_register", change, actor, key=key)
    return answer


@router.post(**_door("/exports", "open_data", "Everything kept about a person"), response_class=JSONResponse)
async def export(request: Request, body: Export, actor: Admin, idempotency_key: Key = None) -> JSONResponse:
    """Facts, sealed parts opened, register rows and mentions of a subject. That it was taken out is a fact before it is read.

    What belongs to no open incident needs a second person: 202 and a `proposal_id`, under which `/openings/{access_id}` shows it once
    somebody else has confirmed.
    """
    arguments = {"subject_id": body.subject_id, "purpose": "request_of_person", "export": True}
    reply, seq, command_id = await submit(request, "open_data", arguments, actor, key=idempotency_key)
    if waits_for_another("open_data", reply):
        return JSONResponse({"seq": seq, "command_id": command_id, **reply}, status_code=202)
    persons: PersonPort = request.app.state.services.persons
    found = await asyncio.to_thread(persons.export, body.subject_id)
    return JSONResponse({"seq": seq, **found})
