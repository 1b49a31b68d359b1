"""Muster: rolls, check-in, spot roll-calls, pull tests, kit and recall, and the phones of a station's leads for calling them one by one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse

from firstminute.api.access import asking, looking, must_see_teams
from firstminute.api.auth import Allow
from firstminute.api.bounds import Identifier
from firstminute.api.commanding import COMMAND_PROBLEMS, Route, add_routes, problems
from firstminute.api.errors import Problem
from firstminute.api.facts import facts_of
from firstminute.api.looking import open_for
from firstminute.api.ports import Services
from firstminute.flow.access.objects import district_thing
from firstminute.flow.boards import roster_board
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.envelope import Actor
from firstminute.model.records import Venue
from firstminute.respond import drill, spot

router = APIRouter(tags=["muster"])
Id = Annotated[str, Path(max_length=128)]
LEADS_MOST = 500


class Leads(BaseModel):
    """The station whose teams' leads are called. It is never an exercise: their phones are real."""

    model_config = ConfigDict(extra="forbid")
    station_id: Identifier


@router.get(
    "/muster",
    summary="Who stands and who is missing",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_muster(
    request: Request, actor: Annotated[Actor, Depends(Allow("dispatcher"))]
) -> JSONResponse:
    """Teams by venue: on duty, reachable, missing; totals on top."""
    hub = request.app.state.services.hub
    rows = [row for row in hub.rows_for(*looking(hub, actor), "venue/").values() if row.get("team_id")]
    standing = [row for row in rows if row["on_duty"]]
    missing = [
        {"venue_id": row["id"], "team_id": row["team_id"], "name": row["name"], "minimum": row["minimum"]}
        for row in rows
        if not row["on_duty"]
    ]
    return JSONResponse(
        {
            "teams": len(rows), "standing": len(standing), "members_on_duty": sum(row["on_duty"] for row in standing),
            "members_reachable": sum(row["reachable"] for row in standing),
            "below_minimum": [row["team_id"] for row in standing if row["on_duty"] < row["minimum"]][:1000],
            "to_report": [row["team_id"] for row in standing if row["well"] is False][:1000], "missing": missing[:1000],
        }
    )  # fmt: skip


@router.get(
    "/muster/roster",
    summary="Who is missing against the roster in force",
    responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_roster(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
    district: Annotated[str, Query(min_length=1, max_length=128)],
) -> JSONResponse:
    """People and crews wanted and missing in a district and all under it, and who could be called back by a commander."""
    services = request.app.state.services
    found = await services.ask_state(
        lambda state: (
            roster_board(state, district, services.desk.now_s())
            if district in state.registers.districts
            and may("dispatcher", asking(request, state, actor), district_thing(state, district))
            else None
        )
    )
    if found is None:
        raise Problem("unknown_district", status=404)
    return JSONResponse(found)


@router.get(
    "/muster/spot/{spot_id}",
    summary="A random roll-call: who answered, who is missing",
    responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_spot(
    request: Request, spot_id: Id, actor: Annotated[Actor, Depends(Allow("dispatcher"))]
) -> JSONResponse:
    """As its facts tell it, running or over."""
    facts = await facts_of(request, spot_id, "not_found")
    await must_see_teams(request, actor, "dispatcher", facts)
    return JSONResponse({"spot_id": spot_id, **spot.summary(facts)})


@router.get(
    "/muster/drills/{drill_id}",
    summary="A pull test or drill, measured",
    responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_drill(
    request: Request, drill_id: Id, actor: Annotated[Actor, Depends(Allow("dispatcher"))]
) -> JSONResponse:
    """As its facts in the exercise world tell it, running or over."""
    facts = await facts_of(request, drill_id, "not_found", world="exercise")
    await must_see_teams(request, actor, "dispatcher", facts)
    return JSONResponse({"drill_id": drill_id, **drill.summary(facts)})


@router.post(
    "/muster/phones", summary="The phones of a station's leads, to call the muster by telephone", response_class=JSONResponse,
    responses={**COMMAND_PROBLEMS, 200: {"description": "team_id and phone of each team that has a lead"}},
    openapi_extra={"x-policy": "dispatcher", "x-command": "open_data"},
)  # fmt: skip
async def open_phones(
    request: Request,
    body: Leads,
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
    idempotency_key: Annotated[str | None, Header(description="same key, same answer")] = None,
) -> JSONResponse:
    """Opened for the purpose `muster`: that it was is a fact before anything is read, and so is a refusal. Numbers alone, no names."""
    services: Services = request.app.state.services
    asked = {"subject_id": f"stations/{body.station_id}", "purpose": "muster"}
    _, seq, command_id = await open_for(request, actor, asked, idempotency_key)
    teams = await services.ask_state(lambda state: _teams_of(state, body.station_id))
    phones = await services.duty.lead_phones(teams)
    return JSONResponse(
        {"seq": seq, "command_id": command_id, "station_id": body.station_id, "phones": phones}
    )


def _teams_of(state: State, station_id: str) -> list[str]:
    """The teams whose venues belong to a station."""
    venues, teams = state.registers.venues, state.registers.teams
    found = (key for key, team in teams.items() if _station_of(venues.get(team.venue_id)) == station_id)
    return sorted(found)[:LEADS_MOST]


def _station_of(venue: Venue | None) -> str | None:
    return venue.station_id if venue is not None else None


ROUTES = (
    Route("POST", "/muster/rolls", "take_roll", "Report a team's shift", 201),
    Route("POST", "/muster/rolls/batch", "take_rolls", "Report many teams at once", 201),
    Route("POST", "/muster/teams/{team_id}/check-in", "check_in", "Check one person in"),
    Route("POST", "/muster/teams/{team_id}/check-out", "check_out", "Check one person out"),
    Route("POST", "/muster/teams/{team_id}/end", "end_roll", "End a shift"),
    Route(
        "POST", "/muster/call", "call_muster", "Open a shift: who stands is awaited, who is missing is chased"
    ),
    Route("POST", "/muster/spot", "start_spot_call", "Call the roll at random (查勤)", 201),
    Route("POST", "/muster/spot/{spot_id}/answer", "answer_spot_call", "Answer a random roll-call"),
    Route("POST", "/muster/pull-test", "start_pull_test", "Start a pull test (拉动)", 201),
    Route("POST", "/muster/drills/{drill_id}/answer", "answer_drill", "Stand where the drill asked"),
    Route("POST", "/muster/drills/{drill_id}/end", "end_drill", "End a drill"),
    Route("POST", "/muster/kit", "report_kit", "Report a team's kit"),
    Route("POST", "/muster/recall", "recall", "Recall people to duty (召回备勤)"),
)
add_routes(router, ROUTES)
