"""Openings that a second person has agreed to: read by whoever asked, for an hour, and by nobody else.

Idea: the opening is a fact from the moment somebody else said yes (`flow.access.second`); what is shown here is asked of the desk's state each time, so
that it ends by itself. Limits: whoever said yes reads nothing by it.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.ports import PersonPort, Services
from firstminute.flow import opening
from firstminute.flow.access.slice import Granted
from firstminute.flow.state import State
from firstminute.model.envelope import Actor

router = APIRouter(tags=["access"])
Opener = Annotated[Actor, Depends(Allow("opening"))]


@router.get(
    "/openings", summary="What a second person lets the reader open, and what still waits", responses=problems(401, 403),
    openapi_extra={"x-policy": "opening"},
)  # fmt: skip
async def mine(request: Request, actor: Opener) -> JSONResponse:
    """`openings`: to be read until `until_s`; `waiting`: proposals of the reader's own that nobody has answered. The oldest first."""
    services: Services = request.app.state.services
    now_s = services.desk.now_s()

    def look(state: State) -> dict[str, Any]:
        return {
            "openings": [asdict(each) for each in opening.granted_to(state, actor, now_s)],
            "waiting": [
                {"proposal_id": each.proposal_id, "at_s": each.at_s, "until_s": each.until_s}
                for each in state.access.proposals.values()
                if each.command == "open_data" and each.by == actor.id
            ],
        }

    return JSONResponse(await services.ask_state(look))


async def granted(request: Request, actor: Actor, access_id: str) -> Granted:
    """What a second person lets the actor read now under a number. Raises Problem."""
    services: Services = request.app.state.services
    now_s = services.desk.now_s()

    def look(state: State) -> Granted | None:
        return next(
            (each for each in opening.granted_to(state, actor, now_s) if each.access_id == access_id), None
        )

    found: Granted | None = await services.ask_state(look)
    if found is None:
        raise Problem("unknown_access")
    return found


@router.get(
    "/openings/{access_id}", summary="Read what a second person has agreed to", responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "opening"},
)  # fmt: skip
async def show(
    request: Request, access_id: Annotated[str, Path(max_length=128)], actor: Opener
) -> JSONResponse:
    """For whoever asked alone, and until `until_s`; `access_id` is the `proposal_id` that was answered. An export holds the mentions elsewhere too."""
    found_for = await granted(request, actor, access_id)
    persons: PersonPort = request.app.state.services.persons
    found = await asyncio.to_thread(persons.export, found_for.subject_id)
    if found_for.how != "export":
        found = {name: found[name] for name in ("subject_id", "facts", "rows")}
    return JSONResponse({**asdict(found_for), **found})
