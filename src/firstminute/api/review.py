"""Review: intervals, compliance and figures, computed from the journal; what a seat hands over and whom it calls back."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.flow.boards import faults_of
from firstminute.flow.state import State
from firstminute.model.envelope import Actor
from firstminute.respond import handover
from firstminute.respond.review import summary

router = APIRouter(tags=["review"])

DAY_S = 86_400.0
SPAN_MOST_S = 400 * DAY_S
FACTS_MOST = 500_000


@router.get(
    "/review",
    summary="Response intervals of a span of time",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "staff"},
)
async def review(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("staff"))],
    hours: Annotated[float, Query(gt=0, le=24 * 400)] = 24.0,
) -> JSONResponse:
    """Answering, processing, turnout, travel and total: P50, P90 and compliance per ring, evidence kinds apart, share typed later, breach reasons."""
    services = request.app.state.services
    now_s = services.desk.now_s()
    facts = await asyncio.to_thread(services.journal.between, now_s - hours * 3600.0, now_s, most=FACTS_MOST)
    return JSONResponse(await asyncio.to_thread(summary, facts))


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
            **asdict(handover.sheet(state.respond, seat)),
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
    found: list[dict[str, Any]] = await request.app.state.services.ask_state(
        lambda state: [
            {
                "call_id": call.call_id,
                "incident_id": call.incident_id,
                "received_s": call.received_s,
                "has_number": bool(call.caller_phone),
                "called_back": call.called_back,
            }
            for call in handover.callbacks(state.respond)
        ]
    )
    return JSONResponse({"callbacks": found})
