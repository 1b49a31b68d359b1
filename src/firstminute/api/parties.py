"""Acts of two parties: what waits for a second person, what was done alone, and what districts show each other."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import JSONResponse

from firstminute.api.access import asking
from firstminute.api.auth import Allow
from firstminute.api.commanding import Route, add_routes, problems
from firstminute.api.errors import Problem
from firstminute.flow.access import second, sharing
from firstminute.flow.access.objects import district_thing
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.envelope import Actor

router = APIRouter(tags=["two parties"])
Pair = Annotated[Actor, Depends(Allow("four_eyes"))]


@router.get(
    "/proposals",
    summary="What waits for a second person, and what was done alone",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "reader_of_pairs"},
)
async def show_proposals(
    request: Request, actor: Annotated[Actor, Depends(Allow("reader_of_pairs"))]
) -> JSONResponse:
    """Of the reader's own place; the oldest first."""

    def look(state: State) -> dict[str, Any]:
        who = asking(request, state, actor)
        return {
            "proposals": [
                second.proposal_row(each)
                for each in state.access.proposals.values()
                if may("reader_of_pairs", who, district_thing(state, each.district))
            ],
            "alone": [
                second.alone_row(each)
                for each in state.access.alone.values()
                if may("reader_of_pairs", who, district_thing(state, each.district))
            ],
        }

    return JSONResponse(await request.app.state.services.ask_state(look))


@router.get(
    "/proposals/{proposal_id}",
    summary="One proposal with its arguments, for whoever is to confirm or to review it",
    responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "four_eyes"},
)
async def show_proposal(
    request: Request, proposal_id: Annotated[str, Path(max_length=128)], actor: Pair
) -> JSONResponse:
    """The command as it was given, and of what was done alone why it could not wait; shown to those alone who may say yes to it."""

    def look(state: State) -> dict[str, Any] | None:
        waits, done = state.access.proposals.get(proposal_id), state.access.alone.get(proposal_id)
        found = waits or done
        if found is None or not may(
            "four_eyes", asking(request, state, actor), district_thing(state, found.district)
        ):
            return None
        arguments = json.loads(found.arguments) if found.arguments is not None else None
        if done is not None:
            return {**second.alone_row(done), "arguments": arguments, "note": done.note}
        assert waits is not None
        return {**second.proposal_row(waits), "arguments": arguments}

    found = await request.app.state.services.ask_state(look)
    if found is None:
        raise Problem("unknown_proposal", proposal=proposal_id)
    return JSONResponse(found)


@router.get(
    "/shares",
    summary="What districts show each other now, and what is offered",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "reader_of_pairs"},
)
async def show_shares(
    request: Request, actor: Annotated[Actor, Depends(Allow("reader_of_pairs"))]
) -> JSONResponse:
    """Those of which the reader's place is a side."""

    def look(state: State) -> list[dict[str, Any]]:
        who = asking(request, state, actor)
        return [
            row
            for row in sharing.share_rows(state)
            if any(
                may("reader_of_pairs", who, district_thing(state, row[side]))
                for side in ("district", "to_district")
            )
        ]

    return JSONResponse({"shares": await request.app.state.services.ask_state(look)})


ROUTES = (
    Route("POST", "/proposals/{proposal_id}/confirm", "confirm_proposal", "Say yes as the second person"),
    Route("POST", "/proposals/{proposal_id}/refuse", "refuse_proposal", "Say no, or take it back"),
    Route("POST", "/proposals/{proposal_id}/alone", "act_alone", "Do it alone because nobody answered"),
    Route("POST", "/proposals/{proposal_id}/review", "review_alone", "Review what was done alone"),
    Route("POST", "/shares", "offer_share", "Offer to show another district", 201),
    Route("POST", "/shares/{share_id}/agree", "agree_share", "Agree to be shown"),
    Route("POST", "/shares/{share_id}/end", "end_share", "End a share or refuse an offer"),
)
add_routes(router, ROUTES)
