"""Incidents: listed, shown, and everything a desk does with them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse

from firstminute.api.access import audience_of, must_see
from firstminute.api.auth import Allow
from firstminute.api.commanding import Route, add_routes, problems
from firstminute.api.errors import Problem
from firstminute.api.facts import facts_of, timeline
from firstminute.api.looking import look
from firstminute.flow.deciders.warning import RADIUS_MOST_M, would_reach
from firstminute.flow.pack import pack
from firstminute.model.envelope import Actor
from firstminute.respond.safety import PHRASES

router = APIRouter(tags=["incidents"])
IncidentId = Annotated[str, Path(max_length=128)]
LANGUAGES = ("zh-CN", "en")
"""Whoever sends a notice reads it as everybody will who gets it."""


@router.get(
    "/incidents",
    summary="Open incidents, as far as the reader may see them",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "responder"},
)
async def list_incidents(
    request: Request, actor: Annotated[Actor, Depends(Allow("responder"))]
) -> JSONResponse:
    """Rows of the live feed: incidents by urgency, each in the part that this reader may see."""
    hub = request.app.state.services.hub
    audience = audience_of(actor)
    shown = sorted(
        hub.rows_for(audience, hub.who(audience), "incident/").values(),
        key=lambda row: (row.get("priority", 9), row.get("started_s") or 0.0),
    )
    return JSONResponse({"seq": hub.seq, "incidents": shown})


@router.get(
    "/incidents/{incident_id}",
    summary="One open incident",
    responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "responder"},
)
async def show_incident(
    request: Request, incident_id: IncidentId, actor: Annotated[Actor, Depends(Allow("responder"))]
) -> JSONResponse:
    """The incident's row of the live feed."""
    hub = request.app.state.services.hub
    key = f"incident/{incident_id}"
    row = hub.row_for(audience_of(actor), key)
    if row is None:
        raise Problem("unknown_incident")
    return JSONResponse(row)


@router.get(
    "/incidents/{incident_id}/timeline", summary="Every fact of one incident", responses=problems(401, 403, 404, 422, 429, 503, 504),
    openapi_extra={"x-policy": "dispatcher"},
)  # fmt: skip
async def show_timeline(
    request: Request, incident_id: IncidentId, actor: Annotated[Actor, Depends(Allow("dispatcher"))]
) -> JSONResponse:
    """The journal's facts of one incident, open or closed, oldest first.

    What is sealed is shown while it is open and the reader's, and that it was is a fact; otherwise see `/openings`.
    """
    await must_see(request, actor, "dispatcher", incident_id)
    seen = bool(await look(request, actor, incident_id))
    return JSONResponse(
        {**await timeline(request, incident_id, "unknown_incident", sealed=seen), "opened": seen}
    )


@router.get(
    "/incidents/{incident_id}/pack", summary="The pack of one incident (一图一表一报告一方案)", responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "figures"},
)  # fmt: skip
async def show_pack(
    request: Request, incident_id: IncidentId, actor: Annotated[Actor, Depends(Allow("figures"))]
) -> JSONResponse:
    """Where it was to about a hundred metres, who came when, its promises and why they broke, its log and its plan: no words, nobody who called."""
    await must_see(request, actor, "figures", incident_id)
    facts = await facts_of(request, incident_id, "unknown_incident")
    services = request.app.state.services
    found = await services.ask_state(lambda state: pack(facts, state.registers))
    if found is None:
        raise Problem("unknown_incident")
    mapped = services.ground is not None and found["centre"] is not None
    found["circle"] = await services.compute("circle", *found["centre"], None) if mapped else None
    return JSONResponse(found)


@router.get(
    "/incidents/{incident_id}/keep-away", summary="Whom a keep-away notice would reach", responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "commander"},
)  # fmt: skip
async def show_reach(
    request: Request,
    incident_id: IncidentId,
    actor: Annotated[Actor, Depends(Allow("commander"))],
    radius_m: Annotated[float, Query(gt=0, le=RADIUS_MOST_M)] = 300.0,
) -> JSONResponse:
    """Teams and people on duty within a radius who have not been told, whether a second person is asked first, and the ready phrases; nothing is sent."""
    await must_see(request, actor, "commander", incident_id)
    services = request.app.state.services
    now_s = services.desk.now_s()
    found = await services.ask_state(lambda state: would_reach(state, incident_id, radius_m, now_s))
    if found is None:
        raise Problem("unknown_incident")
    said = {language: services.catalogue(language) for language in LANGUAGES}
    found["phrases"] = [
        {"code": code, "words": {language: said[language][f"advice.{code}"] for language in LANGUAGES}}
        for code in PHRASES
    ]
    return JSONResponse(found)


@router.get(
    "/incidents/{incident_id}/routes", summary="Routes of candidates and the 1-3-5 rings", responses=problems(401, 403, 404, 422, 503),
    openapi_extra={"x-policy": "dispatcher"},
)  # fmt: skip
async def show_routes(
    request: Request, incident_id: IncidentId, actor: Annotated[Actor, Depends(Allow("dispatcher"))]
) -> JSONResponse:
    """GeoJSON: how the recommended and assigned come, and how far one, three and five minutes reach around the place; nothing once it is closed."""
    services = request.app.state.services
    if services.ground is None:
        raise Problem("no_ground")
    row: dict[str, Any] | None = services.hub.row_for(audience_of(actor), f"incident/{incident_id}")
    if row is None:
        await must_see(request, actor, "dispatcher", incident_id)
        await timeline(request, incident_id, "unknown_incident")
        return JSONResponse({"type": "FeatureCollection", "features": []})
    return JSONResponse(await services.compute("routes", row))


ROUTES = (
    Route("POST", "/incidents/{incident_id}/amend", "amend_incident", "Correct what is known"),
    Route("POST", "/incidents/{incident_id}/claim", "claim_incident", "Claim for a seat", own=("seat",)),
    Route("POST", "/incidents/{incident_id}/recommend", "recommend", "Rank again who can come"),
    Route("POST", "/incidents/{incident_id}/dispatch", "dispatch", "Send responders"),
    Route("POST", "/incidents/{incident_id}/undo-dispatch", "undo_dispatch", "Take a dispatch back"),
    Route("POST", "/incidents/{incident_id}/say", "say", "A line between the desk and the scene"),
    Route("POST", "/incidents/{incident_id}/ring", "open_ring", "Say yes to a proposed ring"),
    Route("POST", "/incidents/{incident_id}/self-attach", "self_attach", "Bind a unit that came by itself"),
    Route("POST", "/incidents/{incident_id}/words", "radio_words", "Type what was heard by radio"),
    Route("POST", "/incidents/{incident_id}/level", "raise_level", "Raise the alarm level"),
    Route("POST", "/incidents/{incident_id}/keep-away", "send_keep_away", "Tell people around to keep away"),
    Route(
        "POST",
        "/incidents/{incident_id}/keep-away/lift",
        "lift_keep_away",
        "Take a commander's keep-away notice back",
    ),
    Route("POST", "/incidents/{incident_id}/note", "add_note", "Add a line to the log"),
    Route(
        "POST",
        "/incidents/{incident_id}/command",
        "take_command",
        "Take or hand over command",
        own=("commander_id",),
    ),
    Route("POST", "/incidents/{incident_id}/post", "set_post", "Name a staging point, sector or cordon"),
    Route("POST", "/incidents/{incident_id}/agency", "ask_agency", "Hand or copy to another agency"),
    Route("POST", "/incidents/{incident_id}/agency-answer", "answer_agency", "Record the agency's answer"),
    Route("POST", "/incidents/{incident_id}/transfer", "offer_transfer", "Offer to another district"),
    Route(
        "POST", "/incidents/{incident_id}/transfer-answer", "answer_transfer", "Accept or refuse a transfer"
    ),
    Route("POST", "/incidents/{incident_id}/measure", "take_measure", "Record a desk measure (止付, 劝阻)"),
    Route("POST", "/incidents/{incident_id}/cancel-request", "request_cancel", "The caller says it is over"),
    Route("POST", "/incidents/{incident_id}/stand-down", "stand_down", "Stand everybody down"),
    Route(
        "POST",
        "/incidents/{incident_id}/safety",
        "answer_safety",
        "Answer whether one is safe",
        own=("responder_id",),
    ),
    Route(
        "POST",
        "/incidents/{incident_id}/welfare",
        "answer_welfare",
        "Answer a welfare question",
        own=("responder_id",),
    ),
    Route("POST", "/incidents/{incident_id}/close", "close_incident", "Close with its report"),
    Route("POST", "/incidents/{incident_id}/reopen", "reopen_incident", "Open again"),
    Route("POST", "/incidents/{incident_id}/review", "review_incident", "Record what was learned"),
)
add_routes(router, ROUTES)
