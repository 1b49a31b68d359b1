"""Plans, grade, policies and the desk's own acts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.commanding import Route, add_routes, problems
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor
from firstminute.respond.reasons import REASONS

router = APIRouter(tags=["plans"])


@router.get(
    "/plans",
    summary="Rings, zone targets and alert policies in force",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "staff"},
)
async def show_plans(request: Request, actor: Annotated[Actor, Depends(Allow("staff"))]) -> JSONResponse:
    """Every plan and policy, and the grade of every district."""
    found = await request.app.state.services.ask_state(
        lambda state: {
            "plans": [encode(plan) for plan in state.registers.plans.values()],
            "policies": [encode(policy) for policy in state.registers.alert_policies.values()],
            "grades": dict(state.desk.grades),
        }
    )
    return JSONResponse(found)


@router.get(
    "/reasons",
    summary="The reasons that each act may give",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "signed_in"},
)
async def show_reasons(actor: Annotated[Actor, Depends(Allow("signed_in"))]) -> JSONResponse:
    """Act → codes; the sentence of a code is `why.<code>` of the message catalogue."""
    return JSONResponse(REASONS)


ROUTES = (
    Route("POST", "/grade", "switch_grade", "Switch the grade (平战转换)"),
    Route("POST", "/policies/{policy_id}/adopt", "adopt_policy", "Switch an alert policy on"),
    Route("POST", "/desk/confirm-clock", "confirm_clock", "Confirm the time; timers run again"),
    Route("POST", "/desk/hand-over", "offer_hand_over", "Sign a seat's sheet and offer it (交接班)", 201),
    Route("POST", "/desk/hand-over/sign", "sign_hand_over", "Sign for a seat that was offered"),
    Route("POST", "/desk/open-data", "open_data", "Open personal data, with a purpose"),
)
add_routes(router, ROUTES)
