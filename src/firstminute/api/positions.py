"""Positions in: single, batch, and the OsmAnd / Traccar Client form.

Idea: positions are not facts. They are decoded, checked, snapped, fenced and written to the tracks file before they are acknowledged; the desk gets the
latest ones as one immutable array set. A device's token says which unit it is.
"""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.model.envelope import Actor

router = APIRouter(tags=["positions"])

BATCH_MOST = 1_000
FIX: dict[str, Any] = {
    "type": "object", "required": ["unit_id", "lon", "lat"],
    "properties": {
        "unit_id": {"type": "string", "maxLength": 128}, "lon": {"type": "number"}, "lat": {"type": "number"}, "fix_s": {"type": "number"},
        "speed_m_s": {"type": "number"}, "heading_deg": {"type": "number"},
    },
}  # fmt: skip
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"oneOf": [FIX, {"type": "array", "maxItems": BATCH_MOST, "items": FIX}]}
        }
    },
}
NUMBERS = ("lon", "lat", "fix_s", "speed_m_s", "heading_deg")


@router.post(
    "/positions", summary="Report positions, one or up to 1,000", status_code=202, responses=problems(400, 401, 403, 408, 413, 415, 422, 503),
    openapi_extra={"x-policy": "device", "requestBody": BODY},
)  # fmt: skip
async def report(request: Request, actor: Annotated[Actor, Depends(Allow("device"))]) -> JSONResponse:
    """202 with how many were kept, once they are durable. A fix that makes no sense is counted as refused, the others are kept."""
    services = request.app.state.services
    try:
        said = orjson.loads(await request.body())
    except ValueError:
        raise Problem("not_json", status=422) from None
    items = said if isinstance(said, list) else [said]
    if len(items) > BATCH_MOST:
        raise Problem("too_many_fixes", status=422, most=BATCH_MOST)
    now_s = services.desk.now_s()
    fixes = [fix for item in items if (fix := read_fix(item, actor, now_s)) is not None]
    kept = await services.positions.take(fixes) if fixes else 0
    return JSONResponse({"kept": kept, "refused": len(items) - kept}, status_code=202)


def read_fix(
    item: object, actor: Actor, now_s: float
) -> tuple[str, float, float, float, float, float] | None:
    """One fix as a tuple, None where it makes no sense: no unit, not on earth, from the future."""
    if not isinstance(item, dict):
        return None
    unit_id = actor.unit_id or item.get("unit_id")
    values = [item.get(name) for name in NUMBERS]
    if not isinstance(unit_id, str) or not 0 < len(unit_id) <= 128:
        return None
    if any(v is not None and (isinstance(v, bool) or not isinstance(v, (int, float))) for v in values):
        return None
    lon, lat, fix_s, speed_m_s, heading_deg = values
    if (
        lon is None
        or lat is None
        or not -180 <= lon <= 180
        or not -90 <= lat <= 90
        or (lon == 0 and lat == 0)
    ):
        return None
    at_s = now_s if fix_s is None else float(fix_s)
    if not 946_684_800 <= at_s <= now_s + 60:
        return None
    return (
        unit_id,
        float(lon),
        float(lat),
        at_s,
        float(speed_m_s or 0.0),
        float(heading_deg if heading_deg is not None else -1.0),
    )


OSMAND: dict[str, Any] = {
    "openapi_extra": {"x-policy": "device"},
    "responses": {200: {"content": {"text/plain": {}}}, **problems(400, 401, 403, 408, 413, 415, 422, 503)},
}


@router.get(
    "/osmand",
    summary="Report a position (OsmAnd, Traccar Client)",
    response_class=PlainTextResponse,
    operation_id="osmand_get",
    **OSMAND,
)
async def osmand_get(request: Request, actor: Annotated[Actor, Depends(Allow("device"))]) -> Response:
    """The query string of OsmAnd and the old Traccar Client; speed in knots."""
    return await _osmand(request, actor, b"")


@router.post(
    "/osmand",
    summary="Report a position (Traccar Client JSON or form)",
    response_class=PlainTextResponse,
    operation_id="osmand_post",
    **OSMAND,
)
async def osmand_post(request: Request, actor: Annotated[Actor, Depends(Allow("device"))]) -> Response:
    """The JSON body of the Traccar Client, or the OsmAnd form as a body."""
    return await _osmand(request, actor, await request.body())


async def _osmand(request: Request, actor: Actor, data: bytes) -> Response:
    services = request.app.state.services
    report = services.decode_osmand(
        request.url.query.encode("utf-8", "replace"), data, request.headers.get("content-type", "")
    )
    if report is None:
        raise Problem("position_unreadable", status=422)
    fix = read_fix({"unit_id": report.device_id, "lon": report.lon, "lat": report.lat, "fix_s": report.fix_s,
                    "speed_m_s": report.speed_m_s, "heading_deg": report.heading_deg}, actor, services.desk.now_s())  # fmt: skip
    if fix is None:
        raise Problem("position_unlikely", status=422)
    await services.positions.take([fix])
    return PlainTextResponse("OK")
