"""Registers for people: what each holds, its rows a page at a time, one row changed, an example file to begin with.

Idea: the record classes describe themselves, so a form is made from this description and none is written by hand; labels come from the catalogue. A change
names the fields that change: what is sealed and not named stays as it is, and is shown to nobody. Every change is the same command, and the same fact, as
an import. Limits: the words of a search are looked for in the open part of a row alone, so nobody is found by name or telephone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Annotated, Any, get_args, get_type_hints

import orjson
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

from firstminute.api.access import rows_seen
from firstminute.api.auth import Allow
from firstminute.api.bounds import sensible
from firstminute.api.commanding import COMMAND_PROBLEMS, problems, submit
from firstminute.api.errors import Problem, language_of
from firstminute.api.ports import Services
from firstminute.api.registers import Form, Table, known_table, rows_invalid
from firstminute.model import examples
from firstminute.model.encoding import encode
from firstminute.model.envelope import Actor
from firstminute.model.records import CHOICES, KEYS, POINTS_TO, TABLES

router = APIRouter(tags=["registers"])

Reader = Annotated[Actor, Depends(Allow("registers"))]
PAGE_MOST = 200
FIELDS_MOST = 64
KIND_OF = {str: "text", int: "whole", float: "number", bool: "flag"}


@router.get(
    "/registers", summary="What registers there are", responses=problems(401, 403, 429), openapi_extra={"x-policy": "registers"},
)  # fmt: skip
async def describe(request: Request, actor: Reader) -> JSONResponse:
    """Every register with its fields and how many rows it has, and what is known of the map."""
    services: Services = request.app.state.services
    language, counts = language_of(request), await asyncio.to_thread(services.registers.counts)
    ground = services.ground
    return JSONResponse(
        {
            "tables": [_table(services, language, name, counts.get(name, 0)) for name in TABLES],
            "map": None
            if ground is None
            else {"bbox": list(ground.bbox), "junctions": len(ground.network.node_lon)},
        }
    )


def _table(services: Services, language: str, name: str, count: int) -> dict[str, Any]:
    cls = TABLES[name]
    hints = get_type_hints(cls)
    return {
        "name": name, "label": services.messages(language, f"register.{name}", {}), "help": services.messages(language, f"register.{name}.help", {}),
        "key": KEYS[name], "count": count, "geojson": {"lon", "ring"} & hints.keys() != set(), "example": bool(examples.rows_for(name, 0.0, 0.0)),
        "fields": [
            {**_field(name, each, hints[each.name]), "label": services.messages(language, f"field.{each.name}", {}), "sealed": each.name in cls.SEALED}
            for each in fields(cls)
        ],
    }  # fmt: skip


def _field(table: str, each: Field[Any], hint: Any) -> dict[str, Any]:
    """Name, kind (text, whole, number, flag, words, json), whether it is needed, what it is where left out, choices, register pointed to."""
    plain = (
        next((arg for arg in get_args(hint) if arg is not type(None)), hint)
        if type(None) in get_args(hint)
        else hint
    )
    kind = KIND_OF.get(plain) or ("words" if plain == tuple[str, ...] else "json")
    made = each.default_factory() if each.default_factory is not MISSING else each.default
    needed = made is MISSING
    points = POINTS_TO.get(each.name)
    return {
        "name": each.name, "kind": kind, "needed": needed, "default": None if needed else _plain(made),
        "choices": list(CHOICES.get((table, each.name), ())), "points_to": points if points != table else None,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return encode(value) if is_dataclass(value) else value


@router.get(
    "/registers/{table}/rows", summary="Rows of a register, a page at a time", responses=problems(401, 403, 404, 422, 429),
    openapi_extra={"x-policy": "registers"},
)  # fmt: skip
async def rows(
    request: Request,
    *,
    table: Table,
    actor: Reader,
    words: Annotated[
        str, Query(max_length=64, description="look for these in keys, names and other open fields")
    ] = "",
    after: Annotated[str, Query(max_length=128, description="begin behind this key")] = "",
    most: Annotated[int, Query(ge=1, le=PAGE_MOST)] = 50,
) -> JSONResponse:
    """Rows valid now in order of their keys, and how many there are. What is sealed is not among the fields."""
    services: Services = request.app.state.services
    keep = await rows_seen(request, actor, "registers", known_table(table))
    found, some = await asyncio.to_thread(services.registers.page, table, words, after, most, keep)
    return JSONResponse({"table": table, "found": found, "rows": [dict(row) for row in some]})


@router.get(
    "/registers/{table}/example", summary="An example file to begin with", responses=problems(401, 403, 404, 422, 429),
    openapi_extra={"x-policy": "registers"}, response_class=Response,
)  # fmt: skip
async def example(
    request: Request, table: Table, actor: Reader, form: Annotated[Form, Query()] = "csv"
) -> Response:
    """A few rows that refer to each other and lie on the map of this city, so that the file can be imported as it is."""
    services: Services = request.app.state.services
    west, south, east, north = services.ground.bbox if services.ground is not None else (0.0, 0.0, 0.0, 0.0)
    made = examples.rows_for(known_table(table), (west + east) / 2, (south + north) / 2)
    if not made:
        raise Problem("not_found")
    data, media_type = services.registers.file(table, form, made)
    name = f"example-{table}.{form}"
    return Response(
        data, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


@router.patch(
    "/registers/{table}/{key}", summary="Change some fields of a row", responses=COMMAND_PROBLEMS,
    openapi_extra={"x-policy": "admin", "x-command": "change_register"},
)  # fmt: skip
async def change_row(
    request: Request,
    *,
    table: Table,
    key: Annotated[str, Path(max_length=128)],
    changed: Annotated[
        dict[str, Any],
        Body(description="field → its new value; what is not named stays", max_length=FIELDS_MOST),
    ],
    actor: Annotated[Actor, Depends(Allow("admin"))],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """The row as it will be is checked like a row of an import. 404 where there is none; its key cannot be changed."""
    services: Services = request.app.state.services
    values = _sensible({**changed, KEYS[known_table(table)]: key})
    whole = await asyncio.to_thread(services.persons.corrected_row, f"{table}/{key}", values)
    if whole is None:
        raise Problem("not_found")
    file = orjson.dumps(whole["rows"])
    arguments, errors = await asyncio.to_thread(services.registers.prepare, table, "json", file)
    if errors or arguments is None:
        raise rows_invalid(errors)
    reply, seq, command_id = await submit(request, "change_register", arguments, actor, key=idempotency_key)
    return JSONResponse({"seq": seq, "command_id": command_id, **reply})


def _sensible(values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {name: sensible(value) for name, value in values.items()}
    except ValueError:
        raise Problem("invalid", status=422) from None
