"""The responder's own page: one view of everything that concerns its holder, the ways on which the phone is reached, the code of a place, the way there.

Idea: a phone asks one question (`GET /me/duty`) whenever the live feed says that something changed, so it holds no rules and little data. A place's code
hangs on a wall: whoever scans it was there, so it checks in, or arrives with proof. Limits: a position is asked about and forgotten; it is taken only from
somebody who has said yes, only for that task, and is never written down (charter).
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from firstminute.api.access import asking
from firstminute.api.auth import Allow
from firstminute.api.bounds import Said, Text
from firstminute.api.commanding import COMMAND_PROBLEMS, Done, Route, add_routes, problems, submit
from firstminute.api.enrolment import own
from firstminute.api.errors import Problem
from firstminute.api.ports import Services
from firstminute.api.qr import squares
from firstminute.api.sessions import accounts_of, token_of
from firstminute.flow.access.allowed import refusal
from firstminute.flow.access.objects import assignment_thing, venue_thing
from firstminute.flow.access.places import who_in
from firstminute.flow.mine import entered, mine
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.respond.nearby import distance_m
from firstminute.respond.outside import assignment_of
from firstminute.respond.progress import get_task

router = APIRouter(tags=["duty"])
Team = Annotated[Actor, Depends(Allow("team"))]
Key = Annotated[str | None, Header(description="same key, same answer")]
Id = Annotated[str, Path(max_length=128)]
THERE_M, BLUR_MOST_M = 60.0, 100.0
"""So near is there, where the phone knows its place to a hundred metres."""


class Ways(BaseModel):
    """On which ways its holder is reached, the first one first, and what they need; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")
    channels: list[Annotated[str, Field(max_length=16)]] | None = Field(None, min_length=1, max_length=8)
    phone: Annotated[str, Field(max_length=32, pattern=r"^\+?[0-9 -]{5,31}$")] | None = None
    push: Annotated[str, Field(max_length=2_000)] | None = None
    language: Annotated[str, Field(pattern=r"^(zh-CN|en)$")] | None = None


class PlaceCode(Said):
    """The code that hangs at a place."""

    code: Text = Field(min_length=3, max_length=300)


class Fix(BaseModel):
    """Where the phone is now, and how sure it is of that."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    lon: float = Field(ge=-180.0, le=180.0)
    lat: float = Field(ge=-90.0, le=90.0)
    accuracy_m: float = Field(50.0, ge=0.0, le=100_000.0)


class Pin(BaseModel):
    """The PIN that was typed."""

    model_config = ConfigDict(extra="forbid")
    pin: str | None = Field(None, max_length=64)


@router.get(
    "/me/duty",
    summary="Everything that my phone shows",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "team"},
)
async def show(request: Request, actor: Team) -> JSONResponse:
    """On duty or not, how many of the team are reachable, what is asked of me, what I do, what came of it."""
    services: Services = request.app.state.services
    now_s = services.desk.now_s()
    found = await services.ask_state(lambda state: mine(state, actor, now_s))
    found["push_key"] = services.duty.push_key
    return JSONResponse(found)


@router.put(
    "/me/duty/ways", summary="Say on which ways I am reached", response_model=Done, responses=COMMAND_PROBLEMS,
    openapi_extra={"x-policy": "team", "x-command": "enter_member"},
)  # fmt: skip
async def ways(
    request: Request, actor: Team, body: Ways | None = None, idempotency_key: Key = None
) -> JSONResponse:
    """Enters me in my team's register where I am not yet. Phone and push address are sealed."""
    services: Services = request.app.state.services
    if actor.team_id is None:
        raise Problem("not_yours")
    said = (body or Ways()).model_dump(exclude_unset=True)
    if said.get("push"):
        services.duty.check_push(said["push"])
    row = encode(entered(await services.duty.row(actor.id), actor, said))
    arguments = {"row": row, "digest": services.duty.digest(row)}
    reply, seq, command_id = await submit(request, "enter_member", arguments, actor, key=idempotency_key)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


@router.get(
    "/teams/{team_id}/place-code", summary="The code to hang at my team's place", responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "lead"},
)  # fmt: skip
async def place_code(
    request: Request, team_id: Id, actor: Annotated[Actor, Depends(Allow("lead"))]
) -> JSONResponse:
    """A link as QR: whoever scans it checks in there, or arrives with proof."""
    own(actor, team_id)
    services: Services = request.app.state.services
    venue_id = await services.ask_state(lambda state: _venue_of(state, team_id))
    if venue_id is None:
        raise Problem("unknown_team")
    link = f"{_address(request)}/responder/#at={services.duty.code_of(venue_id)}"
    return JSONResponse({"link": link, "qr": squares(link)})


@router.get(
    "/venues/{venue_id}/codes", summary="What hangs at a venue: the public page's code and the team's", responses=problems(401, 403, 404, 422),
    openapi_extra={"x-policy": "dispatcher"},
)  # fmt: skip
async def venue_codes(
    request: Request, venue_id: Id, actor: Annotated[Actor, Depends(Allow("dispatcher"))]
) -> JSONResponse:
    """Two links as QR for a poster: `report` opens the public page for this place, `team` (where there is one) checks a member in there.

    `number`: whom to telephone in danger.
    """
    services: Services = request.app.state.services

    def look(state: State) -> bool | None:
        thing = venue_thing(state, venue_id)
        seen = thing is not None and may("dispatcher", asking(request, state, actor), thing)
        return venue_id in state.registers.team_of_venue if seen else None

    team = await services.ask_state(look)
    if team is None:
        raise Problem("unknown_venue", status=404, params={"venue": venue_id})
    report = f"{_address(request)}/report?at={quote(venue_id, safe='')}"
    at = f"{_address(request)}/responder/#at={services.duty.code_of(venue_id)}"
    codes = {"report": report, **({"team": at} if team else {})}
    drawn = {name: {"link": link, "qr": squares(link)} for name, link in codes.items()}
    return JSONResponse({"venue_id": venue_id, "number": services.emergency_number, **drawn})


def _address(request: Request) -> str:
    """Under which people reach the pages."""
    services: Services = request.app.state.services
    return services.public_url or f"{request.url.scheme}://{request.headers.get('host', '')[:100]}"


def _venue_of(state: State, team_id: str | None) -> str | None:
    team = state.registers.teams.get(team_id or "")
    return team.venue_id if team is not None else None


@router.post(
    "/me/at", summary="I scanned the code of a place", response_model=Done, responses=COMMAND_PROBLEMS,
    openapi_extra={"x-policy": "team", "x-command": "report_arrived"},
)  # fmt: skip
async def at_place(
    request: Request, body: PlaceCode, actor: Team, idempotency_key: Key = None
) -> JSONResponse:
    """Where I have a task there: arrived, known by QR. Else at my own team's place: on duty. 409 `wrong_place` anywhere else."""
    services: Services = request.app.state.services
    venue_id = services.duty.venue_of(body.code)
    if venue_id is None:
        raise Problem("unknown_place_code", status=404)
    name, arguments = await services.ask_state(lambda state: _what_at(state, actor, venue_id))
    if name == "":
        raise Problem("wrong_place")
    reply, seq, command_id = await submit(request, name, arguments, actor, key=idempotency_key, said=body)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


def _what_at(state: State, actor: Actor, venue_id: str) -> tuple[str, dict[str, Any]]:
    for who in (actor.id, actor.team_id or ""):
        bound = state.respond.assignments.get(state.respond.busy.get(who, ""))
        about = state.respond.incidents.get(bound.incident_id) if bound is not None else None
        if bound is not None and about is not None and about.venue_id == venue_id:
            return "report_arrived", {"assignment_id": bound.assignment_id, "evidence": "qr"}
    if _venue_of(state, actor.team_id) == venue_id:
        return "check_in", {"team_id": actor.team_id, "member_id": actor.id, "method": "qr"}
    return "", {}


@router.post(
    "/assignments/{assignment_id}/near", summary="Where I am on my way there", response_model=None,
    responses=COMMAND_PROBLEMS, openapi_extra={"x-policy": "team", "x-command": "report_arrived"},
)  # fmt: skip
async def near(request: Request, assignment_id: Id, body: Fix, actor: Team) -> JSONResponse:
    """How far it still is; within 60 m of the place I have arrived, known by fix. The position is kept nowhere. 409 where the task is over."""
    services: Services = request.app.state.services
    found = await services.ask_state(lambda state: _goal(state, assignment_id, actor))
    if isinstance(found, Refused):
        raise Problem(found.code, params=found.parameters)
    goal, active, there = found
    if not active:
        raise Problem("task_over", params={"assignment": assignment_id})
    if goal is None:
        return JSONResponse({"distance_m": None, "arrived": there})
    away_m = distance_m((body.lon, body.lat), goal)
    if not there and away_m <= THERE_M and body.accuracy_m <= BLUR_MOST_M:
        arguments = {"assignment_id": assignment_id, "evidence": "fix"}
        await submit(request, "report_arrived", arguments, actor, key=f"near:{assignment_id}")
        there = True
    return JSONResponse({"distance_m": round(away_m), "arrived": there})


def _goal(
    state: State, assignment_id: str, actor: Actor
) -> tuple[tuple[float, float] | None, bool, bool] | Refused:
    """Where a task of the actor leads, whether it is still one, and whether its holder is there already."""
    key = assignment_of(state.respond, assignment_id) or assignment_id
    thing, who = assignment_thing(state, key), who_in(state, actor, state.at_s, reading=True)
    if thing is not None and not may("team", who, thing):
        return refusal(thing, who)
    try:
        bound = get_task(state.respond, key, actor)
    except Refused as refused:
        return refused
    about = state.respond.incidents.get(bound.incident_id)
    if about is None:
        return Refused("incident_closed", incident=bound.incident_id)
    venue = state.registers.venues.get(about.venue_id or "")
    centre = about.place.centre if about.place is not None else about.cell
    goal = centre or ((venue.lon, venue.lat) if venue is not None else None)
    return goal, bound.state in ("assigned", "en_route", "arrived", "reached"), bound.arrived_s is not None


@router.get(
    "/assignments/{assignment_id}/way", summary="The way there on foot", responses=problems(401, 403, 404, 409, 422, 503),
    openapi_extra={"x-policy": "team"},
)  # fmt: skip
async def way(request: Request, assignment_id: Id, actor: Team) -> JSONResponse:
    """From the team's own place: a line, metres and seconds; `line` is empty where no way is known. Nothing of where anybody else is."""
    services: Services = request.app.state.services
    found = await services.ask_state(lambda state: (_goal(state, assignment_id, actor), _home(state, actor)))
    to, home = found
    if isinstance(to, Refused):
        raise Problem(to.code, params=to.parameters)
    if services.ground is None or home is None or to[0] is None:
        return JSONResponse({"line": [], "travel_s": None, "from": home, "to": to[0]})
    line = await services.compute("way", home, to[0], "foot")
    points, travel_s = line if line is not None else ([], None)
    return JSONResponse({"line": points, "travel_s": travel_s, "from": home, "to": to[0]})


def _home(state: State, actor: Actor) -> tuple[float, float] | None:
    venue = state.registers.venues.get(_venue_of(state, actor.team_id) or "")
    return (venue.lon, venue.lat) if venue is not None else None


@router.post(
    "/me/sos/{incident_id}/cancel", summary="Say that my SOS is over", response_model=Done, responses=COMMAND_PROBLEMS,
    openapi_extra={"x-policy": "team", "x-command": "request_cancel"},
)  # fmt: skip
async def cancel_sos(
    request: Request, incident_id: Id, actor: Team, body: Pin | None = None, idempotency_key: Key = None
) -> JSONResponse:
    """The answer is the same whatever was typed: another PIN than one's own is a cry for help under somebody's eyes, and only the desk sees that."""
    try:
        right = await accounts_of(request).own("knows_pin", token_of(request), body.pin if body else None)
    except Refused:
        right = True  # a device's token has no PIN to be known
    arguments = {"incident_id": incident_id, "by": "member", "duress": not right}
    reply, seq, command_id = await submit(request, "request_cancel", arguments, actor, key=idempotency_key)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


ROUTES = (
    Route("POST", "/muster/teams/{team_id}/heard", "hear_test", "I heard the test that rang at check-in"),
    Route(
        "POST", "/incidents/{incident_id}/feedback", "give_feedback", "Say what was found, in half a minute"
    ),
)
add_routes(router, ROUTES)
