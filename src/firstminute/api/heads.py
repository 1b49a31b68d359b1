"""Signed heads of other desks: anchored in this journal, and given back to whoever holds theirs against it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.commanding import COMMAND_PROBLEMS, problems, submit
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor

router = APIRouter(tags=["heads"])

Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
LARGEST = 2**53 - 1


class Head(BaseModel):
    """The file that another desk's `firstminute head --json` wrote."""

    model_config = ConfigDict(extra="forbid")
    form: Literal["firstminute-head-1"] = "firstminute-head-1"
    desk: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    world: Literal["live", "exercise", "twin"]
    seq: int = Field(ge=0, le=LARGEST, description="its number of facts")
    tree: Hex32
    chain: Hex32
    at_s: int = Field(ge=0, le=252_999_999_999, description="when it was signed, whole seconds since 1970")
    hashes: str = Field(max_length=400, description="from which fact on which hash function")
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    public_key: Hex32
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")
    peaks: list[Hex32] = Field(default=[], max_length=64)
    new_key: bool = Field(
        default=False, description="true where that district has said by another way that its key changed"
    )


class Anchored(BaseModel):
    """The fact as which a head stands here."""

    seq: int
    command_id: str
    contradicts: str | None = Field(None, description="another tree of as many facts was anchored before")
    key_before: str | None = Field(None, description="the key of the head before, where it was another one")


@router.post(
    "/heads", summary="Anchor another desk's signed head in this journal", response_model=Anchored, responses=COMMAND_PROBLEMS,
    openapi_extra={"x-policy": "admin", "x-command": "anchor_head"}, status_code=201,
)  # fmt: skip
async def anchor(
    request: Request,
    body: Head,
    actor: Annotated[Actor, Depends(Allow("admin"))],
    idempotency_key: Annotated[str | None, Header(description="same key, same answer")] = None,
) -> JSONResponse:
    """The head becomes a fact. One whose signature does not hold is refused; one that contradicts an earlier one is recorded, and the answer says so."""
    reply, seq, command_id = await submit(
        request, "anchor_head", body.model_dump(exclude={"form"}), actor, key=idempotency_key
    )
    return JSONResponse({"seq": seq, "command_id": command_id, **reply}, status_code=201)


@router.get(
    "/heads", summary="The last head of every other desk that is anchored here", responses=problems(401, 403),
    openapi_extra={"x-policy": "auditor"},
)  # fmt: skip
async def show(request: Request, actor: Annotated[Actor, Depends(Allow("auditor"))]) -> JSONResponse:
    """One a stream; the earlier ones stand in the journal."""
    found = await request.app.state.services.ask_state(
        lambda state: [encode(head) for head in state.desk.anchored.values()]
    )
    return JSONResponse({"heads": found})
