"""Positions in: single, batch, and the OsmAnd / Traccar Client form.

Idea: positions are not facts. They are decoded, checked, snapped, fenced and written to the tracks file before they are acknowledged; the desk gets the
latest ones as one immutable array set. A device's token says which unit it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

import numpy as np
import orjson
from fastapi import APIRouter, Depends, Request
from numpy.typing import NDArray
from starlette.responses import JSONResponse, PlainTextResponse, Response

from firstminute.api.access import looking
from firstminute.api.auth import Allow
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem
from firstminute.api.ports import Edge, PositionsNotKept
from firstminute.command.picture import DESK_ROLES, thing_of
from firstminute.model.access.policies import may
from firstminute.model.access.things import Who
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
EARLIEST_S, AHEAD_S, ID_MOST = 946_684_800.0, 60.0, 128
Fixes: TypeAlias = tuple[list[str], NDArray[np.float64]]
NUMBERS = ("lon", "lat", "fix_s", "speed_m_s", "heading_deg")


@router.post(
    "/positions", summary="Report positions, one or up to 1,000", status_code=202, responses=problems(400, 401, 403, 408, 413, 415, 422, 503),
    openapi_extra={"x-policy": "device", "requestBody": BODY},
)  # fmt: skip
async def report(request: Request, actor: Annotated[Actor, Depends(Allow("device"))]) -> JSONResponse:
    """202 with how many were kept, once they are durable. A fix that makes no sense is counted as refused, the others are kept."""
    services = request.app.state.services
    _refuse_nobody(actor)
    data = await request.body()
    said = 0

    who = looking(services.hub, actor)[1]

    def read() -> Fixes:
        nonlocal said
        items = _items(data)
        said = len(items)
        return own_only(services.hub.rows, who, read_fixes(items, actor, services.desk.now_s()))

    kept = await _kept(services, read)
    return JSONResponse({"kept": kept, "refused": said - kept}, status_code=202)


async def _kept(services: Edge, read: Callable[[], Fixes]) -> int:
    try:
        return await services.positions.take(read)
    except PositionsNotKept as problem:
        raise Problem(problem.code) from None


def _items(data: bytes) -> list[Any]:
    try:
        said = orjson.loads(data)
    except ValueError:
        raise Problem("not_json", status=422) from None
    items = said if isinstance(said, list) else [said]
    if len(items) > BATCH_MOST:
        raise Problem("too_many_fixes", status=422, most=BATCH_MOST)
    return items


def _refuse_nobody(actor: Actor) -> None:
    """A crew reports for itself, a gateway (a device's token that names no unit) for all; a crew's token that names none reports for nobody."""
    if actor.role == "patrol" and actor.unit_id is None:
        raise Problem("not_yours")


def own_only(rows: Mapping[str, Mapping[str, Any]], who: Who, fixes: Fixes) -> Fixes:
    """The fixes of units that the actor may speak for: a desk that answers for one district reports nobody of another."""
    if who.role not in DESK_ROLES or who.everywhere:
        return fixes
    unit_ids, columns = fixes
    mine = [may("dispatcher", who, thing_of("unit", rows.get(f"unit/{each}", NOWHERE))) for each in unit_ids]
    return [each for each, own in zip(unit_ids, mine, strict=True) if own], columns[np.array(mine, bool)]


NOWHERE: dict[str, Any] = {"district": "?"}


def read_fixes(items: list[Any], actor: Actor, now_s: float) -> Fixes:
    """Ids and columns of the fixes that make sense: a unit, on earth, not from the future.

    A batch is read column by column; where one item is not shaped as it should be, item by item, so that the others are kept.
    """
    try:
        unit_ids = [actor.unit_id or item["unit_id"] for item in items]
        raw = [[item.get(name) for item in items] for name in NUMBERS]
    except (TypeError, KeyError, AttributeError):
        return _one_by_one(items, actor, now_s)
    if set(map(type, unit_ids)) != {str} or not {
        kind for column in raw for kind in set(map(type, column))
    } <= {float, int, type(None)}:
        return _one_by_one(items, actor, now_s)
    columns = np.array([[default if value is None else value for value in column] if None in column else column
                        for column, default in zip(raw, (np.nan, np.nan, now_s, 0.0, -1.0), strict=True)], np.float64).T  # fmt: skip
    good = _sensible(columns, now_s) & np.array([0 < len(each) <= ID_MOST for each in unit_ids])
    if good.all():
        return unit_ids, columns
    return [each for each, kept in zip(unit_ids, good.tolist(), strict=True) if kept], columns[good]


def _one_by_one(items: list[Any], actor: Actor, now_s: float) -> Fixes:
    kept = [item for item in items if isinstance(item, dict) and _shaped(item, actor)]
    return read_fixes(kept, actor, now_s) if kept else ([], np.empty((0, len(NUMBERS))))


def _shaped(item: dict[str, Any], actor: Actor) -> bool:
    numbers = all(type(item.get(name)) in (float, int, type(None)) for name in NUMBERS)
    return numbers and isinstance(actor.unit_id or item.get("unit_id"), str)


def _sensible(columns: NDArray[np.float64], now_s: float) -> NDArray[np.bool_]:
    lon, lat, fix_s = columns[:, 0], columns[:, 1], columns[:, 2]
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ((lon != 0) | (lat != 0))
    good: NDArray[np.bool_] = on_earth & (fix_s >= EARLIEST_S) & (fix_s <= now_s + AHEAD_S)
    return good


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
    _refuse_nobody(actor)
    report = services.decode_osmand(
        request.url.query.encode("utf-8", "replace"), data, request.headers.get("content-type", "")
    )
    if report is None:
        raise Problem("position_unreadable", status=422)
    item = {"unit_id": report.device_id, "lon": report.lon, "lat": report.lat, "fix_s": report.fix_s,
            "speed_m_s": report.speed_m_s, "heading_deg": report.heading_deg}  # fmt: skip
    unit_ids, columns = own_only(
        services.hub.rows, looking(services.hub, actor)[1], read_fixes([item], actor, services.desk.now_s())
    )
    if not unit_ids:
        raise Problem("position_unlikely", status=422)
    await _kept(services, lambda: (unit_ids, columns))
    return PlainTextResponse("OK")
