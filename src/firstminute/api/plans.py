"""Plans, grade, policies and the desk's own acts, the erasure of a person among them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request
from pydantic import Field, StringConstraints
from starlette.responses import JSONResponse

from firstminute.api.access import asking
from firstminute.api.auth import Allow
from firstminute.api.bounds import Said
from firstminute.api.commanding import (
    COMMAND_PROBLEMS,
    WAITS_FOR_DONE,
    Done,
    Route,
    add_routes,
    problems,
    submit,
    waits_for_another,
)
from firstminute.flow.access.objects import district_thing
from firstminute.flow.deciders.desk import ERASE_MOST
from firstminute.model.access.policies import may
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
            "grades": {
                district: grade
                for district, grade in state.desk.grades.items()
                if may("staff", asking(request, state, actor), district_thing(state, district))
            },
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


class Erasure(Said):
    """Whose keys are to be destroyed, and why."""

    subject_ids: list[Annotated[str, StringConstraints(min_length=1, max_length=256)]] = Field(
        min_length=1,
        max_length=ERASE_MOST,
        description="ids of calls, incidents or rolls, or a register and the key of its row: members/m17",
    )
    reason: Literal["request_of_person", "retention", "entered_by_mistake", "order"]


@router.post(
    "/erasures", summary="Erase persons: destroy their keys for ever", response_model=Done, responses={**COMMAND_PROBLEMS, **WAITS_FOR_DONE},
    openapi_extra={"x-policy": "admin", "x-command": "erase_subjects"},
)  # fmt: skip
async def erase(
    request: Request,
    body: Erasure,
    actor: Annotated[Actor, Depends(Allow("admin"))],
    idempotency_key: Annotated[str | None, Header(description="same key, same answer")] = None,
) -> JSONResponse:
    """What was sealed about these subjects can never be read again, once a second person has said yes; the journal stays whole. All of them, or none."""
    arguments = {"subject_ids": body.subject_ids, "reason": body.reason}
    reply, seq, command_id = await submit(
        request, "erase_subjects", arguments, actor, key=idempotency_key, said=body
    )
    waits = waits_for_another("erase_subjects", reply)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply}, status_code=202 if waits else 200)


ROUTES = (
    Route("POST", "/grade", "switch_grade", "Switch the grade (平战转换)"),
    Route("POST", "/policies/{policy_id}/adopt", "adopt_policy", "Switch an alert policy on"),
    Route("POST", "/desk/confirm-clock", "confirm_clock", "Confirm the time; timers run again"),
    Route("POST", "/desk/hand-over", "offer_hand_over", "Sign a seat's sheet and offer it (交接班)", 201),
    Route("POST", "/desk/hand-over/sign", "sign_hand_over", "Sign for a seat that was offered"),
)
add_routes(router, ROUTES)
