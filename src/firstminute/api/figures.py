"""Figures: intervals, compliance and their course over time, computed from the journal, and the incidents behind them.

Idea: a span is its length and its end, so that the span before it and the same one a year ago are asked for in the same way. Limits: of the kinds that a review
reads at most `FACTS_MOST` facts are taken, the oldest first; where there are more the answer says `cut`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from firstminute.api.access import asking, of_place
from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.model.access.policies import POLICIES
from firstminute.model.envelope import Actor, Fact
from firstminute.respond.course import COLUMNS, STEPS_MOST, course, table
from firstminute.respond.intervals import KINDS
from firstminute.respond.review import summary

router = APIRouter(tags=["figures"])

FACTS_MOST = 500_000
PAGE_MOST = 500
LATEST_S = 4e9
Hours = Annotated[float, Query(gt=0, le=24 * 400)]
Until = Annotated[
    float | None,
    Query(ge=0, le=LATEST_S, description="end of the span, seconds since 1970; now where left out"),
]
Steps = Annotated[int, Query(ge=1, le=STEPS_MOST, description="into how many equal steps the span is cut")]


async def _facts(
    request: Request, actor: Actor, hours: float, until_s: float | None
) -> tuple[float, Sequence[Fact], bool]:
    """Where a span begins, the facts in it that the reader may count, and whether there were too many."""
    services = request.app.state.services
    to_s = services.desk.now_s() if until_s is None else until_s
    from_s = to_s - hours * 3600.0
    facts = await asyncio.to_thread(services.journal.between, from_s, to_s, kinds=KINDS, most=FACTS_MOST)
    return from_s, await of_place(request, actor, facts, from_s), len(facts) == FACTS_MOST


@router.get(
    "/review",
    summary="Response intervals of a span of time",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "figures"},
)
async def review(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("figures"))],
    hours: Hours = 24.0,
    until_s: Until = None,
) -> JSONResponse:
    """Answering, processing, turnout, travel and total: P50, P90 and compliance per ring, evidence kinds apart, share typed later, breach reasons."""
    from_s, facts, cut = await _facts(request, actor, hours, until_s)
    figures = await asyncio.to_thread(summary, facts)
    return JSONResponse({"from_s": from_s, "until_s": from_s + hours * 3600.0, "cut": cut, **figures})


@router.get(
    "/review/course",
    summary="How the figures of a span went over time",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "figures"},
)
async def review_course(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("figures"))],
    hours: Hours = 24.0,
    until_s: Until = None,
    steps: Steps = 24,
) -> JSONResponse:
    """Incidents, promises kept and time until the police, step by step."""
    from_s, facts, cut = await _facts(request, actor, hours, until_s)
    found = await asyncio.to_thread(course, facts, from_s, hours * 3600.0 / steps, steps)
    return JSONResponse({"from_s": from_s, "step_s": hours * 3600.0 / steps, "cut": cut, "steps": found})


@router.get(
    "/review/table", summary="The figures of a span as a table (CSV)", response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **problems(401, 403, 422)}, openapi_extra={"x-policy": "figures"},
)  # fmt: skip
async def review_table(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("figures"))],
    hours: Hours = 24.0,
    until_s: Until = None,
    steps: Steps = 24,
) -> Response:
    """Promises, phases, reasons and steps: numbers and codes only, seconds as they are."""
    from_s, facts, _ = await _facts(request, actor, hours, until_s)

    def write() -> str:
        steps_s = hours * 3600.0 / steps
        return str(
            request.app.state.services.csv(
                COLUMNS, table(summary(facts), course(facts, from_s, steps_s, steps))
            )
        )

    return Response(
        await asyncio.to_thread(write),
        media_type="text/csv",
        headers={"content-disposition": 'attachment; filename="figures.csv"'},
    )


@router.get(
    "/history",
    summary="Incidents closed in a span of time: how many, and a page of them",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "figures"},
)
async def past(
    request: Request,
    *,
    actor: Annotated[Actor, Depends(Allow("figures"))],
    hours: Annotated[float, Query(gt=0, le=24 * 400)] = 24.0,
    after_s: Annotated[float, Query(ge=0, description="closed_s of the last row of the page before")] = 0.0,
    after: Annotated[
        str, Query(max_length=128, description="incident_id of the last row of the page before")
    ] = "",
    most: Annotated[int, Query(ge=1, le=PAGE_MOST)] = 100,
) -> JSONResponse:
    """Kind, place and marks of each, no word and no person; counted and listed by the database as far as the reader may see them."""
    services = request.app.state.services
    now_s = services.desk.now_s()
    who = await services.ask_state(lambda state: asking(request, state, actor))
    span_s = (now_s - hours * 3600.0, now_s + 1.0)
    rows = POLICIES["figures"].rows
    count, page = await asyncio.to_thread(services.history.page, rows, who, span_s, (after_s, after), most)
    return JSONResponse({"count": count, "incidents": page})
