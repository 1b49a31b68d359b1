"""Alerts, assignments and units: what responders say, and what is said for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse

from firstminute.api.access import only
from firstminute.api.auth import Allow
from firstminute.api.commanding import Route, add_routes, problems
from firstminute.flow.access.objects import task_thing
from firstminute.flow.boards import task_board
from firstminute.model.envelope import Actor

router = APIRouter(tags=["responders"])


@router.get(
    "/tasks",
    summary="Follow-up tasks that are not done",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "staff"},
)
async def show_tasks(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("staff"))],
    owner: Annotated[str | None, Query(max_length=128)] = None,
) -> JSONResponse:
    """Of one owner, or all; the most urgent first."""
    found = await only(
        request,
        actor,
        "staff",
        lambda state: [
            (thing, row)
            for row in task_board(state, owner)
            if (thing := task_thing(state, row["task_id"])) is not None
        ],
    )
    return JSONResponse({"tasks": found})


ROUTES = (
    Route("POST", "/alerts/{alert_id}/delivered", "alert_delivered", "An alert reached its device"),
    Route("POST", "/alerts/{alert_id}/failed", "alert_failed", "A channel could not deliver"),
    Route("POST", "/alerts/{alert_id}/seen", "alert_seen", "An alert was looked at"),
    Route("POST", "/alerts/{alert_id}/accept", "accept_alert", "Accept an alert"),
    Route("POST", "/alerts/{alert_id}/decline", "decline_alert", "Decline an alert"),
    Route("POST", "/alerts/{alert_id}/withdraw", "withdraw_alert", "Withdraw an alert"),
    Route("POST", "/assignments/{assignment_id}/en-route", "report_en_route", "On the way"),
    Route("POST", "/assignments/{assignment_id}/arrived", "report_arrived", "At the gate"),
    Route("POST", "/assignments/{assignment_id}/person-reached", "report_person_reached", "At the person"),
    Route("POST", "/assignments/{assignment_id}/cleared", "report_cleared", "Done and free"),
    Route("POST", "/assignments/{assignment_id}/release", "release_assignment", "Give the task back"),
    Route("POST", "/assignments/{assignment_id}/swap", "swap_crews", "Let another crew take it"),
    Route("POST", "/assignments/{assignment_id}/help", "ask_help", "Ask for help"),
    Route("POST", "/units/{unit_id}/on-duty", "unit_on_duty", "Start a crew's shift"),
    Route("POST", "/units/{unit_id}/off-duty", "unit_off_duty", "End a crew's shift"),
    Route("POST", "/units/{unit_id}/status", "set_unit_status", "Set a crew's status"),
    Route(
        "POST",
        "/points/{point_id}/visited",
        "visit_point",
        "A crew passed a must-visit point",
        own=("unit_id",),
    ),
    Route(
        "POST",
        "/points/{point_id}/left-out",
        "leave_out_point",
        "Leave a must-visit point out, with a reason",
        own=("unit_id",),
    ),
    Route("POST", "/tasks", "set_task", "Set a follow-up task", 201),
    Route("POST", "/tasks/{task_id}/done", "finish_task", "Finish a task"),
)
add_routes(router, ROUTES)
