"""What a seat hands over, and whom it calls back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse

from firstminute.api.access import asking, only
from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.flow.access.objects import call_thing, incident_thing, unit_thing
from firstminute.flow.boards import faults_of
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.access.things import Thing, Who
from firstminute.model.envelope import Actor
from firstminute.respond import handover

router = APIRouter(tags=["review"])


@router.get(
    "/desk/sheet",
    summary="What is open at a seat (交接班)",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def sheet(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
    seat: Annotated[str, Query(min_length=1, max_length=64)],
) -> JSONResponse:
    """Open incidents, reports missing, promises by due time, units out, calls claimed, callers to call back, known faults, and who offers the seat to whom."""

    def look(state: State) -> dict[str, Any]:
        offered = state.respond.hand_overs.get(seat)
        return {
            **_seen_of(state, asking(request, state, actor), asdict(handover.sheet(state.respond, seat))),
            "faults": faults_of(state),
            "offered": asdict(offered) if offered is not None else None,
        }

    return JSONResponse(await request.app.state.services.ask_state(look))


@router.get(
    "/desk/callbacks",
    summary="Callers to call back (回访)",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def callbacks(request: Request, actor: Annotated[Actor, Depends(Allow("dispatcher"))]) -> JSONResponse:
    """Callers with a number whose incident ended within the last shift and whom nobody has reached yet; never a silent one. Oldest first.

    The number itself is opened with `/openings` for the purpose `call_back`.
    """
    found = await only(
        request,
        actor,
        "dispatcher",
        lambda state: [
            (
                thing,
                {
                    "call_id": call.call_id,
                    "incident_id": call.incident_id,
                    "received_s": call.received_s,
                    "has_number": bool(call.caller_phone),
                    "called_back": call.called_back,
                },
            )
            for call in handover.callbacks(state.respond)
            if (thing := call_thing(state, call.call_id)) is not None
        ],
    )
    return JSONResponse({"callbacks": found})


def _seen_of(state: State, who: Who, sheet: dict[str, Any]) -> dict[str, Any]:
    """A seat's sheet with what the reader may see of it."""
    finds: dict[str, Callable[[State, str], Thing | None]] = {
        "incidents": incident_thing, "reports": incident_thing, "calls": call_thing, "callbacks": call_thing, "units_out": unit_thing,
    }  # fmt: skip

    def seen(find: Callable[[State, str], Thing | None], key: str) -> bool:
        thing = find(state, key)
        return thing is not None and may("dispatcher", who, thing)

    mine = {name: [key for key in sheet[name] if seen(find, key)] for name, find in finds.items()}
    return {**sheet, **mine, "promises": [each for each in sheet["promises"] if seen(call_thing, each[1])]}
