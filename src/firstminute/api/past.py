"""The time slider: the room as it stood at a moment of the past, and what happened in the while after it.

Idea: the same rows as the live feed, for the same eyes. That somebody looked back is a fact before anything is shown, one a person, hour looked at and
hour of looking. Limits: a span is at most an hour; for desks alone, whose room it is: everybody else reads packs and figures.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from firstminute.api.access import audience_of, must_see
from firstminute.api.auth import Allow
from firstminute.api.commanding import problems, submit
from firstminute.api.errors import Problem
from firstminute.api.looking import key_of, refuse
from firstminute.api.ports import Services
from firstminute.model.envelope import Actor

router = APIRouter(tags=["review"])

HOUR_S = 3600.0
LATEST_S = 4e9
TRACKS = "tracks"
"""What somebody wanted who named no incident."""


@router.get(
    "/past", summary="The room at a moment of the past, and what changed after it", responses=problems(401, 403, 404, 422, 429, 503, 504),
    openapi_extra={"x-policy": "dispatcher", "x-command": "note_past"}, response_class=JSONResponse,
)  # fmt: skip
async def show_past(
    request: Request,
    *,
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
    at_s: Annotated[float, Query(ge=0, le=LATEST_S, description="the moment, seconds since 1970")],
    span_s: Annotated[float, Query(ge=0, le=HOUR_S, description="how far to look after it")] = 900.0,
    incident_id: Annotated[
        str | None, Query(max_length=128, description="the incident because of which")
    ] = None,
    purpose: Annotated[
        str | None,
        Query(
            max_length=64, description="for what crews are followed; without one nobody says where they were"
        ),
    ] = None,
) -> Response:
    """`set`: rows by key at `from_s`, as in a fresh snapshot of the feed; `steps`: what each command changed, as the feed tells it; `tracks`: crews while
    they were on duty (fix_s, lon, lat). Words are those of what is open and on the reader's screen. `complete` false: go on with `until_s`.
    """
    services: Services = request.app.state.services
    from_s = min(at_s, services.desk.now_s())
    if incident_id is not None:
        await must_see(request, actor, "dispatcher", incident_id)
    hours = (from_s // HOUR_S * HOUR_S, ((from_s + span_s) // HOUR_S + 1) * HOUR_S)
    noted = {"since_s": hours[0], "until_s": hours[1], "incident_id": incident_id, "purpose": purpose}
    key = key_of(services, "past", *(str(each) for each in noted.values()))
    try:
        await submit(request, "note_past", noted, actor, key=key)
    except Problem as problem:
        if problem.code in ("unknown_purpose", "purpose_of_others"):
            await refuse(request, actor, incident_id or TRACKS, problem.code, purpose)
        raise
    body = await services.past(audience_of(actor), from_s, from_s + span_s, followed=purpose is not None)
    return Response(body, media_type="application/json")
