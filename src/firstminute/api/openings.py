"""Personal data opened: the caller of an open incident, data for a purpose, glass broken and looked after; and complaints.

Idea (DESIGN.md §8): whoever has an open incident sees at once who called; everything else names a purpose and an incident or file. The access is a
fact before anything is read, and so is a refusal. Subjects and reasons stand in bodies, never in a URL.
Limits: one subject at a time; what is closed needs a second person (`flow.opening.needs_second`).
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from firstminute.api.access import only
from firstminute.api.auth import Allow
from firstminute.api.bounds import FILE_PATTERN, Identifier, Text
from firstminute.api.commanding import (
    COMMAND_PROBLEMS,
    WAITS_FOR_DONE,
    Route,
    add_routes,
    problems,
    submit,
    waits_for_another,
)
from firstminute.api.errors import Problem
from firstminute.api.looking import look, open_for, refuse
from firstminute.api.ports import PersonPort
from firstminute.flow import opening
from firstminute.flow.access.objects import complaint_thing, subject_thing
from firstminute.flow.state import State
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor
from firstminute.model.purposes import BREAK_GLASS, PURPOSES, REVIEWED

router = APIRouter(tags=["access"])
FileId = Annotated[str, StringConstraints(pattern=FILE_PATTERN)]
Key = Annotated[str | None, Header(description="same key, same answer")]
Opener = Annotated[Actor, Depends(Allow("opening"))]
LANGUAGES = ("zh-CN", "en")


class Opening(BaseModel):
    """Whose data, for what, and the incident or file (case number, open complaint) it is for. It is never an exercise: people's data are real."""

    model_config = ConfigDict(extra="forbid")
    subject_id: Identifier = Field(
        description="a call, an incident or a roll, or a register and the key of its row: members/m17"
    )
    purpose: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description=f"one of {', '.join(PURPOSES)}; without one nothing is opened"
    )
    incident_id: Identifier | None = None
    file_id: FileId | None = None


class Breaking(BaseModel):
    """Whose data must be seen although the right is lacking, and why; `note` says more and is sealed."""

    model_config = ConfigDict(extra="forbid")
    subject_id: Identifier
    reason: Annotated[str, StringConstraints(max_length=64)] = Field(
        description=f"one of {', '.join(BREAK_GLASS)}"
    )
    incident_id: Identifier | None = None
    note: Text | None = None


@router.get(
    "/incidents/{incident_id}/callers", summary="Who called about an open incident", responses=problems(401, 403, 404, 422, 429, 503, 504),
    openapi_extra={"x-policy": "crew", "x-command": "look_at_callers"},
)  # fmt: skip
async def show_callers(
    request: Request,
    incident_id: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("crew"))],
) -> JSONResponse:
    """At once for its dispatcher, commanders and crews, each look a fact (one a person, incident and hour); hidden for everybody once it is closed."""
    seen = await look(request, actor, incident_id)
    if seen is None:
        raise Problem("unknown_incident")
    if not seen:
        await refuse(request, actor, incident_id, "caller_hidden", "respond")
        raise Problem("caller_hidden")

    def told(state: State) -> list[dict[str, Any]]:
        incident = state.respond.incidents.get(incident_id)
        return [] if incident is None else opening.callers(state, incident)

    found = await request.app.state.services.ask_state(told)
    return JSONResponse({"incident_id": incident_id, "callers": found})


@router.get(
    "/purposes",
    summary="What data may be opened for",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "signed_in"},
)
async def show_purposes(
    request: Request, actor: Annotated[Actor, Depends(Allow("signed_in"))]
) -> JSONResponse:
    """The fixed list, with its words in both languages; `mine`: for whom this reader may choose it."""
    say = request.app.state.services.messages

    def words(key: str) -> dict[str, str]:
        return {language: say(language, key, {}) for language in LANGUAGES}

    return JSONResponse(
        {
            "purposes": [
                {
                    **asdict(each),
                    "code": code,
                    "mine": actor.role in each.roles,
                    "words": words(f"purpose.{code}"),
                }
                for code, each in PURPOSES.items()
            ],
            "break_glass": [{"code": code, "words": words(f"glass.{code}")} for code in BREAK_GLASS],
            "reviewed": [{"code": code, "words": words(f"glass.{code}")} for code in REVIEWED],
        }
    )


async def _read(request: Request, seq: int, subject_id: str, **more: Any) -> JSONResponse:
    """What is kept about the subject, opened: its facts and rows, without mentions of it elsewhere."""
    persons: PersonPort = request.app.state.services.persons
    found = await asyncio.to_thread(persons.export, subject_id)
    return JSONResponse(
        {"seq": seq, **more, "subject_id": subject_id, "facts": found["facts"], "rows": found["rows"]}
    )


@router.post(
    "/openings", summary="Open personal data, for a purpose", responses={**COMMAND_PROBLEMS, **WAITS_FOR_DONE, 200: {"description": "What is kept, opened"}},
    response_class=JSONResponse, openapi_extra={"x-policy": "opening", "x-command": "open_data"},
)  # fmt: skip
async def open_data(
    request: Request, body: Opening, actor: Opener, idempotency_key: Key = None
) -> JSONResponse:
    """That it was opened is a fact before it is read. Without a purpose, or for what is not the reader's: 403, and the refusal is a fact too.

    What is closed needs a second person: 202 and a `proposal_id`, under which `/openings/{access_id}` shows it once somebody else has confirmed.
    """
    said = body.model_dump()
    reply, seq, command_id = await open_for(request, actor, said, idempotency_key)
    if waits_for_another("open_data", reply):
        return JSONResponse({"seq": seq, "command_id": command_id, **reply}, status_code=202)
    return await _read(request, seq, body.subject_id)


@router.post(
    "/break-glass", summary="Open personal data without the right, and say why", responses={**COMMAND_PROBLEMS, 200: {"description": "What is kept, opened"}},
    response_class=JSONResponse, openapi_extra={"x-policy": "opening", "x-command": "break_glass"},
)  # fmt: skip
async def break_glass(
    request: Request, body: Breaking, actor: Opener, idempotency_key: Key = None
) -> JSONResponse:
    """For a life, or where nobody else is there. It is on record, and a second person looks at it within a day or the desk is alarmed."""
    said = body.model_dump()
    reply, seq, _ = await submit(request, "break_glass", said, actor, key=idempotency_key)
    return await _read(request, seq, body.subject_id, access_id=reply.get("access_id"))


@router.get(
    "/break-glass", summary="What was opened without a right and waits for a second person", responses=problems(401, 403),
    openapi_extra={"x-policy": "auditor"},
)  # fmt: skip
async def waiting(request: Request, actor: Annotated[Actor, Depends(Allow("auditor"))]) -> JSONResponse:
    """Oldest first, of the reader's own place; `late` where nobody looked within a day. Whoever broke it cannot review it."""
    found = await only(
        request,
        actor,
        "auditor",
        lambda state: [
            (subject_thing(state, each.subject_id), {"access_id": key, **asdict(each)})
            for key, each in state.desk.glass.items()
        ],
    )
    return JSONResponse({"waiting": found})


@router.get(
    "/complaints",
    summary="Complaints that nobody has answered",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "staff"},
)
async def complaints(request: Request, actor: Annotated[Actor, Depends(Allow("staff"))]) -> JSONResponse:
    """Oldest first, of the reader's own place or of none, without their words: these are opened for the purpose `complaint`."""
    found = await only(
        request,
        actor,
        "staff",
        lambda state: [
            (thing, {**encode(each), "note": None})
            for key, each in state.desk.complaints.items()
            if (thing := complaint_thing(state, key)) is not None
        ],
    )
    return JSONResponse({"complaints": found})


ROUTES = (
    Route("POST", "/break-glass/{access_id}/review", "review_glass", "Look at data opened without a right"),
    Route("POST", "/complaints", "record_complaint", "Record a complaint", 201),
    Route("POST", "/complaints/{complaint_id}/answer", "answer_complaint", "Answer a complaint"),
)
add_routes(router, ROUTES)
