"""The map: vector tiles of the imported ground, reach of a place, coverage, search by name, the words of the catalogue."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

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
from firstminute.respond.catalogue import in_force

router = APIRouter(tags=["map"])

Zoom = Annotated[int, Path(ge=0, le=22)]
Index = Annotated[int, Path(ge=0, lt=2**22)]
Mode = Literal["foot", "run", "e-bike", "car", "car-lights", "boat", "drone"]
TILE = "application/vnd.mapbox-vector-tile"
BYTES = "application/octet-stream"
SEARCH_MOST = 20
Lon = Annotated[float, Query(ge=-180, le=180)]
Lat = Annotated[float, Query(ge=-90, le=90)]
_NUMBER = r"-?\d{1,3}(?:\.\d{1,9})?"
POINTS = rf"^{_NUMBER},{_NUMBER}(?:;{_NUMBER},{_NUMBER}){{1,19}}$"


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


async def _on_ground(request: Request, question: str, *arguments: Any) -> Any:
    """Answer a question about the ground; a problem where no city is open."""
    services = request.app.state.services
    if services.ground is None:
        raise Problem("no_ground")
    return await services.compute(question, *arguments)


@router.get(
    "/reach", summary="From where a place is reached in some minutes", responses=problems(401, 403, 422, 503), openapi_extra={"x-policy": "staff"},
)  # fmt: skip
async def reach(
    request: Request,
    *,
    lon: Lon,
    lat: Lat,
    actor: Annotated[Actor, Depends(Allow("staff"))],
    minutes: Annotated[float, Query(gt=0, le=60)] = 5.0,
    mode: Mode = "car",
    towards: bool = True,
) -> JSONResponse:
    """GeoJSON of the streets from which this place is reached in time by one mode, or with `towards=false` those that are reached from it;
    an area where they are many."""
    return JSONResponse(await _on_ground(request, "reach", lon, lat, minutes, mode, towards))


@router.get(
    "/circle", summary="The 1-3-5 circle around a place", responses=problems(401, 403, 422, 503), openapi_extra={"x-policy": "staff"},
)  # fmt: skip
async def circle(
    request: Request,
    *,
    lon: Lon,
    lat: Lat,
    actor: Annotated[Actor, Depends(Allow("staff"))],
    mode: Mode | None = None,
) -> JSONResponse:
    """GeoJSON of from where somebody is there in one, three and five minutes: running, running, by car, or all by one mode."""
    return JSONResponse(await _on_ground(request, "circle", lon, lat, mode))


@router.get(
    "/way", summary="Length of a way along the streets", responses=problems(401, 403, 422, 503), openapi_extra={"x-policy": "staff"},
)  # fmt: skip
async def way(
    request: Request,
    *,
    through: Annotated[str, Query(max_length=1_000, pattern=POINTS, description="lon,lat;lon,lat;…")],
    actor: Annotated[Actor, Depends(Allow("staff"))],
    mode: Mode = "foot",
) -> JSONResponse:
    """Metres, seconds and line of the quickest way through two to twenty points in order; `length_m` is null where there is none."""
    pairs = [each.split(",") for each in through.split(";")]
    points = [(float(lon), float(lat)) for lon, lat in pairs]
    if any(abs(lon) > 180 or abs(lat) > 90 for lon, lat in points):
        raise Problem("invalid", status=422)
    return JSONResponse(await _on_ground(request, "measure", points, mode))


@router.get(
    "/coverage",
    summary="Live 1-3-5 coverage",
    responses=problems(401, 403, 503),
    openapi_extra={"x-policy": "dispatcher"},
)
async def coverage(request: Request, actor: Annotated[Actor, Depends(Allow("dispatcher"))]) -> JSONResponse:
    """Share of streets that a free unit reaches in one, three and five minutes, and where none does."""
    whole = await _on_ground(request, "coverage")
    return JSONResponse(coverage_for(request.app.state.services.hub.who(audience_of(actor)), whole))


@router.get(
    "/coverage/streets", summary="The streets that coverage is about", responses={200: {"content": {BYTES: {}}}, **problems(401, 403, 503)},
    openapi_extra={"x-policy": "dispatcher"}, response_class=Response,
)  # fmt: skip
async def coverage_streets(
    request: Request, actor: Annotated[Actor, Depends(Allow("dispatcher"))]
) -> Response:
    """Halves of drivable streets as five columns of little-endian 32-bit words: lon, lat, lon, lat in 1e-7 degree, junction; they change with the city only."""
    return Response(await _on_ground(request, "coverage_streets"), media_type=BYTES)


@router.get(
    "/coverage/bands", summary="In which ring each junction lies now", responses={200: {"content": {BYTES: {}}}, **problems(401, 403, 503)},
    openapi_extra={"x-policy": "dispatcher"}, response_class=Response,
)  # fmt: skip
async def coverage_bands(request: Request, actor: Annotated[Actor, Depends(Allow("dispatcher"))]) -> Response:
    """A byte a junction: 1, 3 or 5 minutes until a free unit is there, 0 where none is within five, 255 outside of the reader's place."""
    who = request.app.state.services.hub.who(audience_of(actor))
    districts = None if who.everywhere else frozenset(who.districts)
    return Response(await _on_ground(request, "coverage_bands", districts), media_type=BYTES)


@router.get(
    "/search",
    summary="Places by name or coordinates",
    responses=problems(401, 403, 422),
    openapi_extra={"x-policy": "responder"},
)
async def search(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=64)],
    actor: Annotated[Actor, Depends(Allow("responder"))],
) -> JSONResponse:
    """Venues, stations, areas, streets whose name holds the words (Chinese, English, pinyin or its first letters), crossings (`A / B`), coordinates
    (WGS-84; GCJ-02 or BD-09 where said)."""
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
            "types": [encode(row) for row in in_force(state.registers.incident_types).values()],
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
