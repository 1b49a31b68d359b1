"""Registers: what the city wrote down, exported, imported with row errors, and its history."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

from firstminute.api.access import rows_seen
from firstminute.api.auth import Allow
from firstminute.api.commanding import COMMAND_PROBLEMS, command_id_of, problems, submit, told
from firstminute.api.errors import Problem
from firstminute.api.ports import ImportFailed
from firstminute.flow.state import State
from firstminute.model.envelope import Actor
from firstminute.model.records import KEYS, POINTS_TO, TABLES

router = APIRouter(tags=["registers"])

BULK_BYTES = 100_000
"""A larger file is prepared by a process of its own: reading and checking it here would hold calls up."""
Table = Annotated[str, Path(max_length=64)]
Form = Literal["json", "csv", "geojson"]
FORM_OF_TYPE: dict[str, Form] = {
    "application/json": "json",
    "text/csv": "csv",
    "application/geo+json": "geojson",
}
IMPORT_BODY = {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FORM_OF_TYPE}}


def known_table(table: str) -> str:
    """The name of a register, or a problem."""
    if table not in TABLES:
        raise Problem("unknown_table", table=table[:64])
    return table


@router.get(
    "/registers/{table}", summary="Export a table", responses={200: {"content": {kind: {} for kind in FORM_OF_TYPE}}, **problems(401, 403, 404, 422)},
    openapi_extra={"x-policy": "registers"}, response_class=Response,
)  # fmt: skip
async def export(
    request: Request,
    table: Table,
    actor: Annotated[Actor, Depends(Allow("registers"))],
    form: Annotated[Form, Query()] = "json",
) -> Response:
    """All rows valid now, as JSON, CSV or GeoJSON. Names and phones stay sealed: the command line opens them on the machine itself."""
    services = request.app.state.services
    keep = await rows_seen(request, actor, "registers", known_table(table))
    data, media_type = await asyncio.to_thread(services.registers.export, table, form, keep)
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
    services, table, data = request.app.state.services, known_table(table), await request.body()
    if len(data) > BULK_BYTES:
        return await _bulk(request, (table, form, data), actor, idempotency_key, preview)
    arguments, errors = await asyncio.to_thread(services.registers.prepare, table, form, data)
    if errors or arguments is None:
        raise rows_invalid(errors)
    if preview:
        unknown = await _pointing_nowhere(request, table, arguments["rows"])
        return JSONResponse({"rows": len(arguments["keys"]), "errors": [], "warnings": unknown})
    reply, seq, command_id = await submit(request, "change_register", arguments, actor, key=idempotency_key)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


async def _pointing_nowhere(
    request: Request, table: str, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows that name a district, station, venue … that no register holds: lawful, because it may come later, and mostly a slip."""
    own = {str(row[KEYS[table]]) for row in rows}
    usual = {
        each.name: each.default for each in fields(TABLES[table])
    }  # "default" is a plan that there is without a row
    named = [
        (number, name, str(key))
        for number, row in enumerate(rows, 1)
        for name in row
        if name in POINTS_TO and name != KEYS[table] and row[name] and row[name] != usual.get(name)
        for key in (row[name] if isinstance(row[name], (list, tuple)) else (row[name],))
    ]

    def look(state: State) -> list[dict[str, Any]]:
        return [
            {"row": number, "field": name, "problem": f"not_in:{POINTS_TO[name]}"}
            for number, name, key in named
            if key not in state.registers.table(POINTS_TO[name])
            and not (POINTS_TO[name] == table and key in own)
        ][:200]

    found: list[dict[str, Any]] = await request.app.state.services.ask_state(look)
    return found


async def _bulk(
    request: Request, file: tuple[str, str, bytes], actor: Actor, key: str | None, preview: bool
) -> JSONResponse:
    """The same for a file that would keep callers waiting: prepared and staged beside the desk."""
    services = request.app.state.services
    if preview:
        count, errors = await services.imports.check(*file)
        if errors:
            raise rows_invalid(errors)
        return JSONResponse({"rows": count, "errors": []})
    try:
        ack, errors = await services.imports.load(*file, actor, command_id_of(actor, key, services.new_id))
    except ImportFailed:
        raise Problem("import_failed", status=503) from None
    if ack is None:
        raise rows_invalid(errors)
    reply, seq, command_id = told(ack)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


def rows_invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """What is wrong with which row."""
    shown = [dict(error) for error in errors[:200]]
    return Problem("rows_invalid", status=422, errors=shown, count=len(errors))


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
        "table": known_table(table),
        "keys": [],
        "versions": [],
        "digest": "",
        "rows": [],
        "removed": [key],
    }
    reply, seq, command_id = await submit(request, "change_register", arguments, actor, key=idempotency_key)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


@router.get(
    "/registers/{table}/{key}/history", summary="Every version of one row", responses=problems(401, 403, 404, 422), openapi_extra={"x-policy": "registers"},
)  # fmt: skip
async def history(
    request: Request,
    table: Table,
    key: Annotated[str, Path(max_length=128)],
    actor: Annotated[Actor, Depends(Allow("registers"))],
) -> JSONResponse:
    """Who changed what when, newest first."""
    rows = await asyncio.to_thread(request.app.state.services.registers.history, known_table(table), key)
    keep = await rows_seen(request, actor, "registers", table)
    if not rows or (keep is not None and key not in keep):
        raise Problem("not_found")
    return JSONResponse({"table": table, "key": key, "versions": [dict(row) for row in rows]})
