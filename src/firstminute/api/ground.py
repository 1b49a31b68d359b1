"""The map: vector tiles of the imported ground, reach of a place, coverage, search by name, the words of the catalogue."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from firstminute.api.access import audience_of
from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem, language_of
from firstminute.command.picture import coverage_for
from firstminute.model.access.policies import sees
from firstminute.model.access.things import Thing
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor

router = APIRouter(tags=["map"])

Zoom = Annotated[int, Path(ge=0, le=22)]
Index = Annotated[int, Path(ge=0, lt=2**22)]
Mode = Literal["foot", "run", "e-bike", "car", "car-lights", "boat", "drone"]
TILE = "application/vnd.mapbox-vector-tile"
SEARCH_MOST = 20


@router.get(
    "/tiles/{z}/{x}/{y}.mvt", summary="A vector tile of the base map", responses={200: {"content": {TILE: {}}}, 204: {}, **problems(404, 422, 503)},
    openapi_extra={"x-policy": "open"}, response_class=Response,
)  # fmt: skip
async def tile(request: Request, z: Zoom, x: Index, y: Index) -> Response:
    """Roads, water, green and rail of the imported ground: public geography, nothing of the service itself."""
    if x >= 2**z or y >= 2**z:
        raise Problem("not_found")
    data = await asyncio.to_thread(request.app.state.services.tile, z, x, y)
    if data is None:
        return Response(status_code=204, headers={"cache-control": "public, max-age=3600"})
    return Response(data, media_type=TILE, headers={"cache-control": "public, max-age=3600"})


@router.get(
    "/reach", summary="How far one gets in some minutes", responses=problems(401, 403, 422, 503), openapi_extra={"x-policy": "staff"},
)  # fmt: skip
async def reach(
    request: Request,
    *,
    lon: Annotated[float, Query(ge=-180, le=180)],
    lat: Annotated[float, Query(ge=-90, le=90)],
    actor: Annotated[Actor, Depends(Allow("staff"))],
    minutes: Annotated[float, Query(gt=0, le=60)] = 5.0,
    mode: Mode = "car",
) -> JSONResponse:
    """GeoJSON of the streets from which this place is reached in time, by one mode."""
    services = request.app.state.services
    if services.ground is None:
        raise Problem("no_ground")
    return JSONResponse(await services.compute("reach", lon, lat, minutes, mode))


@router.get(
    "/coverage",
    summary="Live 1-3-5 coverage",
    responses=problems(401, 403, 503),
    openapi_extra={"x-policy": "dispatcher"},
)
async def coverage(request: Request, actor: Annotated[Actor, Depends(Allow("dispatcher"))]) -> JSONResponse:
    """Share of streets that a free unit reaches in one, three and five minutes, and where none does."""
    services = request.app.state.services
    if services.ground is None:
        raise Problem("no_ground")
    whole = await services.compute("coverage")
    return JSONResponse(coverage_for(services.hub.who(audience_of(actor)), whole))


@router.get(
    "/search",
    summary="Places by name",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "responder"},
)
async def search(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=64)],
    actor: Annotated[Actor, Depends(Allow("responder"))],
) -> JSONResponse:
    """Venues, stations and streets whose name holds the words; substring, Chinese or English."""
    services = request.app.state.services
    who = services.hub.who(audience_of(actor))
    if not sees(who, Thing(sort="place")):
        return JSONResponse({"places": []})
    return JSONResponse({"places": await services.compute("search", q, SEARCH_MOST)})


@router.get(
    "/catalogue",
    summary="Types, agencies and the words for every code",
    responses=problems(401, 403),
    openapi_extra={"x-policy": "signed_in"},
)
async def catalogue(request: Request, actor: Annotated[Actor, Depends(Allow("signed_in"))]) -> JSONResponse:
    """The incident catalogue and all messages in the reader's language."""
    services = request.app.state.services
    found = await services.ask_state(
        lambda state: {
            "types": [encode(row) for row in state.registers.incident_types.values()],
            "agencies": [encode(row) for row in state.registers.agencies.values()],
            "districts": [encode(row) for row in state.registers.districts.values()],
        }
    )
    ground = services.ground
    bbox = list(ground.bbox) if ground is not None and actor.role != "device" else None
    return JSONResponse(
        {
            **found,
            "messages": services.catalogue(language_of(request)),
            "bbox": bbox,
            "role": actor.role,
            "seat": actor.seat,
        }
    )
