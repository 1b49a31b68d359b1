"""The auditor's view: the record searched, with proofs, and the oversight reports. Every read of it is itself a fact.

Idea (三员): whoever reads the record runs no machine and gives no rights. What is searched for stands in the body, is recorded, and only then read. Facts come
without their sealed parts: these are opened like any data, for a purpose. Limits: a page is at most 200 facts; proofs take as long as a walk over the journal.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.bounds import Identifier
from firstminute.api.commanding import COMMAND_PROBLEMS, problems, submit
from firstminute.api.errors import Problem, language_of
from firstminute.api.ports import AuditPort, OversightPort
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused

router = APIRouter(tags=["audit"])
PAGE_MOST = 200
LARGEST = 2**53 - 1
READ_PROBLEMS = problems(401, 403, 404, 422, 429, 503, 504)


class Search(BaseModel):
    """What to look for: every field that is given must fit. `after`: go on behind this fact; `proofs`: show that each stands in the tree."""

    model_config = ConfigDict(extra="forbid")
    actor: Identifier | None = Field(None, description="the account or device that acted")
    subject_id: Identifier | None = Field(None, description="what the fact is about")
    kinds: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,64}$")]] = Field(
        default=[], max_length=50
    )
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: int = Field(0, ge=0, le=LARGEST)
    most: int = Field(50, ge=1, le=PAGE_MOST)
    proofs: bool = False


@router.post(
    "/audit/search", summary="Search the record, with proofs", responses={**COMMAND_PROBLEMS, 200: {"description": "A page of facts, oldest first"}},
    response_class=JSONResponse, openapi_extra={"x-policy": "audit", "x-command": "note_read"},
)  # fmt: skip
async def search(
    request: Request, body: Search, actor: Annotated[Actor, Depends(Allow("audit"))]
) -> JSONResponse:
    """`facts` with their open parts, `next`: where to go on, None at the end; with `proofs` the root of the tree and each fact's way to it."""
    port: AuditPort = request.app.state.services.audit
    since_s, until_s = _seconds(body.since), _seconds(body.until)
    noted = {
        "what": "search", "kinds": body.kinds, "actor": body.actor, "subject_id": body.subject_id, "since_s": since_s, "until_s": until_s,
        "seq": body.after, "most": body.most,
    }  # fmt: skip
    _, seq, _ = await submit(request, "note_read", noted, actor)
    found = await asyncio.to_thread(
        port.search, actor=body.actor, subject=body.subject_id, kinds=tuple(body.kinds), since_s=since_s, until_s=until_s, after=body.after, most=body.most
    )  # fmt: skip
    answer: dict[str, Any] = {
        "read": seq,
        "facts": found,
        "next": found[-1]["seq"] if len(found) == body.most else None,
    }
    if body.proofs and found:
        proved = await port.prove([each["seq"] for each in found])
        if proved is None:
            raise Problem("audit_busy", status=503)
        answer["root"], proofs = proved
        for each in found:
            each["proof"] = proofs.get(each["seq"])
    return JSONResponse(answer)


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


@router.get(
    "/oversight", summary="The oversight report of a month, or of a week of looking at data", openapi_extra={"x-policy": "auditor", "x-command": "note_read"},
    responses={200: {"content": {"application/json": {}, "text/html": {}}}, **READ_PROBLEMS}, response_class=Response,
)  # fmt: skip
async def oversight(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("auditor"))],
    period: Annotated[str, Query(min_length=7, max_length=8, description="2026-11 or 2026-W48")],
    form: Annotated[Literal["json", "html"], Query()] = "json",
) -> Response:
    """Computed from the journal alone, as `firstminute oversight` does anywhere: the report and its digest, or a page to keep and print."""
    port: OversightPort = request.app.state.services.oversight
    await submit(request, "note_read", {"what": "report"}, actor)
    try:
        made = await asyncio.to_thread(port.report, period)
    except Refused as refused:
        raise Problem(refused.code, status=422) from None
    if form == "html":
        return Response(port.page(made, language_of(request)), media_type="text/html")
    return JSONResponse(made)
