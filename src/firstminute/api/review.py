"""Review: intervals, compliance and figures, computed from the journal."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.model.envelope import Actor
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
