"""Registers: what the city wrote down, exported, imported with row errors, and its history."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

from firstminute.api.auth import Allow
from firstminute.api.commanding import COMMAND_PROBLEMS, problems, submit
from firstminute.api.errors import Problem
from firstminute.model.envelope import Actor
from firstminute.model.records import TABLES

router = APIRouter(tags=["registers"])

Table = Annotated[str, Path(max_length=64)]
Form = Literal["json", "csv", "geojson"]
FORM_OF_TYPE: dict[str, Form] = {
    "application/json": "json",
    "text/csv": "csv",
    "application/geo+json": "geojson",
}
IMPORT_BODY = {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FORM_OF_TYPE}}


def _known(table: str) -> str:
    if table not in TABLES:
        raise Problem("unknown_table", table=table[:64])
    return table


@router.get(
    "/registers/{table}", summary="Export a table", responses={200: {"content": {kind: {} for kind in FORM_OF_TYPE}}, **problems(401, 403, 404, 422)},
    openapi_extra={"x-policy": "staff"}, response_class=Response,
)  # fmt: skip
async def export(
    request: Request,
    table: Table,
    actor: Annotated[Actor, Depends(Allow("staff"))],
    form: Annotated[Form, Query()] = "json",
) -> Response:
    """All rows valid now, as JSON, CSV or GeoJSON. Names and phones stay sealed: the command line opens them on the machine itself."""
    data, media_type = await asyncio.to_thread(
        request.app.state.services.registers.export, _known(table), form
    )
    return Response(data, media_type=media_type)


@router.put(
    "/registers/{table}", summary="Import rows, all or nothing", responses=COMMAND_PROBLEMS,
    openapi_extra={"x-policy": "admin", "x-command": "change_register", "requestBody": IMPORT_BODY},
)  # fmt: skip
async def import_rows(
    request: Request,
    table: Table,
    actor: Annotated[Actor, Depends(Allow("admin"))],
    idempotency_key: Annotated[str | None, Header()] = None,
    preview: Annotated[bool, Query(description="check only, change nothing")] = False,
) -> JSONResponse:
    """One fact for the whole import. With errors nothing is imported, and every bad row is named."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = FORM_OF_TYPE.get(kind)
    if form is None:
        raise Problem("unsupported_media_type", given=kind[:64])
    arguments, errors = await asyncio.to_thread(
        request.app.state.services.registers.prepare, _known(table), form, await request.body()
    )
    if errors or arguments is None:
        raise Problem(
            "rows_invalid", status=422, errors=[dict(error) for error in errors[:200]], count=len(errors)
        )
    if preview:
        return JSONResponse({"rows": len(arguments["keys"]), "errors": []})
    _, seq, command_id = await submit(request, "change_register", arguments, actor, key=idempotency_key)
    return JSONResponse({"seq": seq, "command_id": command_id, "rows": len(arguments["keys"])})


@router.delete(
    "/registers/{table}/{key}", summary="Remove a row", responses=COMMAND_PROBLEMS,
    openapi_extra={"x-policy": "admin", "x-command": "change_register"},
)  # fmt: skip
async def remove_row(
    request: Request,
    table: Table,
    key: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("admin"))],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """The row is no longer valid from now on; its history stays."""
    arguments = {
        "table": _known(table),
        "keys": [],
        "versions": [],
        "digest": "",
        "rows": [],
        "removed": [key],
    }
    _, seq, command_id = await submit(request, "change_register", arguments, actor, key=idempotency_key)
    return JSONResponse({"seq": seq, "command_id": command_id, "rows": 1})


@router.get(
    "/registers/{table}/{key}/history", summary="Every version of one row", responses=problems(401, 403, 404, 422), openapi_extra={"x-policy": "staff"},
)  # fmt: skip
async def history(
    request: Request,
    table: Table,
    key: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("staff"))],
) -> JSONResponse:
    """Who changed what when, newest first."""
    rows = await asyncio.to_thread(request.app.state.services.registers.history, _known(table), key)
    if not rows:
        raise Problem("not_found")
    return JSONResponse({"table": table, "key": key, "versions": [dict(row) for row in rows]})
