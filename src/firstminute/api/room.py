"""The room itself: its running log, its seats, split and joined, and the numbers of its blank forms."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse

from firstminute.api.access import asking
from firstminute.api.auth import Allow
from firstminute.api.commanding import Route, add_routes, problems
from firstminute.flow.access.objects import incident_thing
from firstminute.flow.known import rows_of
from firstminute.flow.state import State
from firstminute.flow.views import log_line
from firstminute.model.access.policies import may
from firstminute.model.access.things import Thing, Who
from firstminute.model.envelope import Actor, Fact
from firstminute.model.facts.desk import RoomNoted
from firstminute.respond import seats

router = APIRouter(tags=["room"])

HOUR_S = 3_600.0
FACTS_MOST = 5_000
LINES_MOST = 500
BOOK = (
    "IncidentOpened", "IncidentClosed", "IncidentReopened", "LevelRaised", "StandDownOrdered", "ClockBreached", "Escalated", "HelpAsked", "CommandTaken",
    "TransferOffered", "TransferAnswered", "AgencyAsked", "AgencyAnswered", "SurgeDeclared", "SurgeEnded", "RecommendationOverridden", "GateOpened",
    "DispatchUndone", "GradeSwitched", "PolicyAdopted", "SeatMoved", "SeatHandedOver", "RoomNoted", "ClockParted", "ClockConfirmed", "RecordResumed",
)  # fmt: skip
"""What a shift's log says: turns of incidents and acts of the room, not every touch of a crew."""


@router.get(
    "/desk/log",
    summary="The room's running log (值班日志)",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "dispatcher"},
)
async def running_log(
    request: Request,
    actor: Annotated[Actor, Depends(Allow("dispatcher"))],
    hours: Annotated[float, Query(gt=0, le=48)] = 8.0,
) -> JSONResponse:
    """Turns of incidents, acts of the room and what was noted, latest first, of the reader's place, straight from the journal: nobody keeps it by hand.

    A line says codes; only what the room noted itself has words.
    """
    services = request.app.state.services
    now_s = services.desk.now_s()
    facts = await asyncio.to_thread(
        services.journal.between, now_s - hours * HOUR_S, now_s + 1.0, kinds=BOOK, most=FACTS_MOST
    )
    lines = await services.ask_state(lambda state: _seen(state, asking(request, state, actor), facts))
    return JSONResponse({"lines": lines[-LINES_MOST:][::-1]})


def _seen(state: State, who: Who, facts: list[Fact]) -> list[dict[str, Any]]:
    """The lines that are of the reader's place, or of nobody's."""
    lines: list[dict[str, Any]] = []
    known: dict[str, tuple[bool, str | None, bool]] = {}
    for fact in facts:
        incident_id = getattr(fact.body, "incident_id", None)
        if incident_id is None:
            district = getattr(fact.body, "district", None) or None
            shown = may("dispatcher", who, Thing(sort="room", district=district))
            kind, restricted = None, False
        else:
            if incident_id not in known:
                known[incident_id] = _incident(state, who, incident_id)
            shown, kind, restricted = known[incident_id]
        if shown:
            words = fact.body.note if isinstance(fact.body, RoomNoted) else None
            label = incident_id[-4:].upper() if incident_id else None
            line = log_line(fact)
            if restricted:
                line["params"] = {}  # 敏感警情: that something happened, and nothing of what
            lines.append({**line, "incident_id": incident_id, "label": label, "type": kind, "words": words})
    return lines


def _incident(state: State, who: Who, incident_id: str) -> tuple[bool, str | None, bool]:
    """Whether an incident may be seen, its kind, and whether that is restricted. What the desk has forgotten is left to the desk of the whole city."""
    thing = incident_thing(state, incident_id)
    if thing is None:
        return who.everywhere, None, True
    kept = state.respond.closed.get(incident_id)
    about = state.respond.incidents.get(incident_id) or (kept.incident if kept is not None else None)
    kind = about.type_code if about is not None else None
    return may("dispatcher", who, thing), kind, rows_of(state)(kind).restricted


@router.get(
    "/desk/seats",
    summary="Seats and what each of them has",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "dispatcher"},
)
async def show_seats(request: Request, actor: Annotated[Actor, Depends(Allow("dispatcher"))]) -> JSONResponse:
    """Seats that have an open incident of the reader's place; `unanswered`: how many of them nobody answers for by name."""

    def look(state: State) -> list[dict[str, Any]]:
        who = asking(request, state, actor)
        mine = {
            key
            for key in state.respond.incidents
            if (at := incident_thing(state, key)) and may("dispatcher", who, at)
        }
        return [
            {"seat": seat, "incidents": count, "unanswered": free}
            for seat, (count, free) in sorted(seats.counted(state.respond, mine).items())
        ]

    return JSONResponse({"seats": await request.app.state.services.ask_state(look)})


ROUTES = (
    Route("POST", "/desk/log", "note_room", "Keep a line of the room's log", 201),
    Route(
        "POST",
        "/desk/forms",
        "reserve_forms",
        "Numbers for blank call forms (纸质接警单)",
        201,
        own=("seat",),
    ),
    Route("POST", "/desk/seats/move", "move_seat", "Split a seat or join two (分席、并席)"),
)
add_routes(router, ROUTES)
