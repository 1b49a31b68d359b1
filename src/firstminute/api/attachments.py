"""Photos, voice notes and films of a call or an incident, in and out.

Idea: the body is the file and nothing else; what it is its content says. What goes out is never run by a browser: always a download, never sniffed, kept by
no cache, with a policy that lets it do nothing. The page fetches it with its token and shows it from memory. A photo is personal data: it is seen by whoever
may see who called (`api.looking`), each look a fact; of what is closed it is an opening, which a second person agrees to (`/openings`).
Limits: the original is for a commander who names a purpose and what it is for, which is a fact before a byte is read.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.bounds import FILE_PATTERN, Identifier
from firstminute.api.commanding import (
    COMMAND_PROBLEMS,
    WAITS_FOR_DONE,
    Done,
    command_id_of,
    problems,
    waits_for_another,
)
from firstminute.api.errors import Problem
from firstminute.api.looking import may_see_file, open_for, refuse
from firstminute.api.ports import Services
from firstminute.flow import opening
from firstminute.model.envelope import Actor
from firstminute.model.purposes import PURPOSES

router = APIRouter(tags=["attachments"])
Id = Annotated[str, Path(max_length=128)]
Key = Annotated[str | None, Header(description="same key, same answer")]
Name = Annotated[
    str | None, Query(max_length=1_000, description="as the sender calls it; never a path, never a type")
]
TAKEN = ("image/jpeg", "image/png", "image/webp", "audio/mp4", "audio/ogg", "audio/wav", "video/mp4")
FILE_BODY: dict[str, Any] = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TAKEN},
}
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {kind: {} for kind in ("image/jpeg", "audio/mp4", "audio/ogg", "audio/wav", "video/mp4")}
    }
}
HARMLESS = {
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
ENDINGS = {
    "image/jpeg": "jpg",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "video/mp4": "mp4",
}


class Purpose(BaseModel):
    """What the original is opened for, and the incident or file (case number, open complaint) it is for. It is never an exercise."""

    model_config = ConfigDict(extra="forbid")
    purpose: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description=f"one of {', '.join(PURPOSES)}; without one nothing is opened"
    )
    incident_id: Identifier | None = None
    file_id: Annotated[str, StringConstraints(pattern=FILE_PATTERN)] | None = None


def file_of(data: bytes, media: str, name: str) -> Response:
    """Bytes that somebody else made, on their way to a browser."""
    return Response(
        data,
        media_type=media,
        headers={**HARMLESS, "content-disposition": f'attachment; filename="{name}"'},
    )


Of = Literal["calls", "incidents"]


def _door_in(of: Of, policy: str) -> None:
    one = of[:-1]

    @router.post(
        f"/{of}/{{subject_id}}/attachments", summary=f"Attach a photo, voice note or film to {_article(one)}", status_code=201,
        response_model=Done, responses=COMMAND_PROBLEMS, operation_id=f"attach_to_{one}",
        openapi_extra={"x-policy": policy, "x-command": "keep_attachment", "requestBody": FILE_BODY},
    )  # fmt: skip
    async def attach(
        request: Request,
        subject_id: Id,
        actor: Annotated[Actor, Depends(Allow(policy))],
        name: Name = None,
        idempotency_key: Key = None,
    ) -> JSONResponse:
        """The body is the file. 415 where its content is nothing that is taken, 422 where it is broken; what was said in words is not touched by that."""
        services: Services = request.app.state.services
        command_id = command_id_of(actor, idempotency_key, services.new_id)
        reply, seq, acked = await services.attachments.keep(
            subject_id, await request.body(), name, actor, command_id
        )
        return JSONResponse({"seq": seq, "command_id": acked, **reply}, status_code=201)


def _doors_out(of: Of) -> None:
    one = of[:-1]

    @router.get(
        f"/{of}/{{subject_id}}/attachments/{{attachment_id}}", summary=f"What is attached to {_article(one)}, made harmless",
        responses={**SHOWN, **problems(401, 403, 404, 422)}, operation_id=f"show_attachment_of_{one}",
        openapi_extra={"x-policy": "opening"}, response_class=Response,
    )  # fmt: skip
    async def show(
        request: Request,
        subject_id: Id,
        attachment_id: Id,
        actor: Annotated[Actor, Depends(Allow("opening"))],
    ) -> Response:
        """For whoever has the open incident, each look a fact, and whom a second person lets read it. Drawn anew, without place and maker."""
        services: Services = request.app.state.services
        seen = await may_see_file(request, actor, subject_id)
        if seen is None:
            raise Problem("unknown_attachment")
        if not seen:
            await refuse(request, actor, subject_id, "caller_hidden", "respond")
            raise Problem("caller_hidden")
        data, media = await services.attachments.show(subject_id, attachment_id)
        return file_of(data, media, f"{attachment_id[:12]}.{ENDINGS[media]}")

    @router.post(
        f"/{of}/{{subject_id}}/attachments/{{attachment_id}}/original", summary="The file as it came, with a purpose",
        responses={**COMMAND_PROBLEMS, **WAITS_FOR_DONE, 200: {"content": {"application/octet-stream": {}}}}, operation_id=f"open_original_of_{one}",
        openapi_extra={"x-policy": "commander", "x-command": "open_data"}, response_class=Response,
    )  # fmt: skip
    async def original(
        request: Request,
        *,
        subject_id: Id,
        attachment_id: Id,
        body: Purpose,
        actor: Annotated[Actor, Depends(Allow("commander"))],
        idempotency_key: Key = None,
    ) -> Response:
        """Who opened it, and for what, is a fact before a byte is read. It may hold a place and do harm: it is a download and nothing else.

        What is closed needs a second person: 202 and a `proposal_id`; once somebody else has confirmed, whoever asked asks again, for an hour.
        """
        services: Services = request.app.state.services
        now_s = services.desk.now_s()
        let = await services.ask_state(lambda state: opening.may_read(state, actor, subject_id, now_s))
        if not let:
            asked = {"subject_id": subject_id, **body.model_dump()}
            reply, seq, command_id = await open_for(request, actor, asked, idempotency_key)
            if waits_for_another("open_data", reply):
                return JSONResponse({"seq": seq, "command_id": command_id, **reply}, status_code=202)
        data = await services.attachments.original(subject_id, attachment_id)
        return file_of(data, "application/octet-stream", f"{attachment_id[:12]}.bin")


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


_door_in("incidents", "responder")
_doors_out("incidents")
_door_in("calls", "public")
_doors_out("calls")
