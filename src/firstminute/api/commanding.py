"""Routes that are commands: one line of a table becomes an endpoint that checks, submits and answers.

Idea: `Route(method, path, command, summary)` is all that a capability's file says; body model, policy, idempotency key, acknowledgement and problems are the
same for every command and stand here once. An answer leaves only after the facts are durable.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse

from firstminute.api.auth import Allow
from firstminute.api.bounds import EARLIEST, Said, body_model
from firstminute.api.errors import Problem
from firstminute.api.ports import Ack, Edge
from firstminute.flow.access.rules import RULES
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.model.envelope import Actor, TimeSource, World

FUTURE_S = 300.0
KEY_MOST = 255


class Done(BaseModel):
    """A command's acknowledgement: its last fact's place in the journal and the ids it made."""

    seq: int
    command_id: str
    call_id: str | None = None
    incident_id: str | None = None
    task_id: str | None = None
    request_id: str | None = None
    promise_id: str | None = None
    roll_id: str | None = None
    spot_id: str | None = None
    drill_id: str | None = None
    hand_over_id: str | None = None
    recall_id: str | None = None
    assignment_id: str | None = None
    hold_id: str | None = None
    proposal_id: str | None = None
    share_id: str | None = None
    attachment_id: str | None = None
    access_id: str | None = None
    complaint_id: str | None = None
    alerts: int | None = None
    erased: int | None = None
    forms: list[str] | None = None
    problems: list[str] | None = None


class ProblemDetails(BaseModel):
    """RFC 9457: what was wrong, in the reader's language, with a stable code."""

    type: str
    title: str
    status: int
    code: str
    params: dict[str, Any]
    instance: str
    errors: list[dict[str, Any]] | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers that a route may give, for its description."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": "Problem", "content": content} for status in statuses}


COMMAND_PROBLEMS = problems(400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 503, 504)


OWN: dict[str, Callable[[Actor], str | None]] = {
    "seat": lambda actor: actor.seat or actor.id,
    "responder_id": lambda actor: actor.unit_id or actor.team_id or actor.id,
    "commander_id": lambda actor: actor.id,
    "unit_id": lambda actor: actor.unit_id,
}
"""What a token says of its holder, for arguments that name the holder itself."""


@dataclass(frozen=True, slots=True)
class Route:
    """One command as an endpoint. `status`: of success; `own`: arguments that the actor's token gives where the body leaves them out."""

    method: str
    path: str
    command: str
    summary: str
    status: int = 200
    own: tuple[str, ...] = ()


def command_id_of(actor: Actor, key: str | None, new_id: Any) -> str:
    """The command's id: made of the idempotency key and who sent it, else a new one. Same key, same command."""
    if key is None:
        made: str = new_id()
        return made
    if not key.strip() or len(key) > KEY_MOST:
        raise Problem("idempotency_key_invalid", status=422, most=KEY_MOST)
    return hashlib.sha256(f"{actor.id}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


async def submit(
    request: Request,
    name: str,
    arguments: Mapping[str, Any],
    actor: Actor,
    *,
    key: str | None = None,
    said: Said | None = None,
    occurred_s: float | None = None,
    time_source: TimeSource = "system",
) -> tuple[Mapping[str, Any], int, str]:
    """Submit one command and wait until it is durable: its reply, seq and command id; otherwise a problem."""
    services: Edge = request.app.state.services
    if said is not None and said.occurred_at is not None:
        if said.occurred_at < EARLIEST or said.occurred_at.timestamp() > services.desk.now_s() + FUTURE_S:
            raise Problem("occurred_at_out_of_range", status=422)
        occurred_s = said.occurred_at.timestamp()
        time_source = said.time_source if said.time_source != "system" else "typed"
    world: World = "exercise" if said is not None and said.exercise else "live"
    return await send(
        services, name, arguments, actor, key=key, occurred_s=occurred_s, time_source=time_source, world=world
    )


async def send(
    services: Edge,
    name: str,
    arguments: Mapping[str, Any],
    actor: Actor,
    *,
    key: str | None = None,
    occurred_s: float | None = None,
    time_source: TimeSource = "system",
    world: World = "live",
) -> tuple[Mapping[str, Any], int, str]:
    """The same for whoever has read its request in another way."""
    command_id = command_id_of(actor, key, services.new_id)
    try:
        ack = await services.send(
            name, arguments, actor, command_id,
            occurred_s=occurred_s, time_source=time_source, world=world, repeatable=key is not None,
        )  # fmt: skip
    except TimeoutError:
        raise Problem("outcome_unknown", status=504) from None
    return told(ack)


def waits_for_another(command: str, reply: Mapping[str, Any]) -> bool:
    """True where the command has become a proposal: nothing of it has happened, a second person is asked."""
    return command in RULES and "proposal_id" in reply


WAITS_FOR_DONE: dict[int | str, dict[str, Any]] = {
    202: {"model": Done, "description": "Waits for a second person, whom `proposal_id` tells what to confirm"}
}
"""How a route that may need a second person describes that."""


def told(ack: Ack) -> tuple[Mapping[str, Any], int, str]:
    """An answer's reply, seq and command id, or the problem that it is."""
    if ack.status == "done":
        return ack.reply, ack.seq, ack.command_id
    code = {"busy": ack.code or "desk_busy", "invalid": "invalid"}.get(ack.status) or ack.code or ack.status
    raise Problem(code, params=ack.params)


def add_routes(router: APIRouter, routes: Sequence[Route]) -> None:
    """Make an endpoint of every line."""
    for route in routes:
        _add(router, route)


def _path_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _add(router: APIRouter, route: Route) -> None:
    command = COMMAND_BY_NAME[route.command]
    in_path = _path_names(route.path)
    model = body_model(
        f"{route.command}_{route.path.rsplit('/', 1)[-1].strip('{}').replace('-', '_')}",
        command.schema,
        without=frozenset(in_path),
        optional=frozenset(route.own),
    )
    known = {each.name for each in fields(command.schema)}
    assert set(in_path) <= known, (route.path, known)
    needs_body = any(field.is_required() for field in model.model_fields.values())

    async def endpoint(
        request: Request, body: Said | None, actor: Actor, idempotency_key: str | None, **path: str
    ) -> JSONResponse:
        said = body or model()
        arguments: dict[str, Any] = said.model_dump(exclude=set(Said.model_fields), exclude_unset=True)
        arguments.update(path)
        for name in route.own:
            if arguments.get(name) is None:
                arguments[name] = OWN[name](actor)
        reply, seq, command_id = await submit(
            request, route.command, arguments, actor, key=idempotency_key, said=said
        )
        status = 202 if waits_for_another(route.command, reply) else route.status
        return JSONResponse({"seq": seq, "command_id": command_id, **reply}, status_code=status)

    body_hint: Any = Annotated[model, Body()] if needs_body else Annotated[model | None, Body()]
    parameters = [
        Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request),
        Parameter(
            "body", Parameter.KEYWORD_ONLY, annotation=body_hint, **({} if needs_body else {"default": None})
        ),
        Parameter(
            "actor", Parameter.KEYWORD_ONLY, annotation=Annotated[Actor, Depends(Allow(command.policy))]
        ),
        Parameter(
            "idempotency_key",
            Parameter.KEYWORD_ONLY,
            annotation=Annotated[str | None, Header(description="same key, same answer")],
            default=None,
        ),
        *(
            Parameter(name, Parameter.KEYWORD_ONLY, annotation=Annotated[str, Path(max_length=128)])
            for name in in_path
        ),
    ]
    endpoint.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # the schema is made here, not written down
    router.add_api_route(
        route.path, endpoint, methods=[route.method], summary=route.summary, status_code=route.status, response_model=Done,
        responses={**COMMAND_PROBLEMS, **(WAITS_FOR_DONE if route.command in RULES else {})}, description=command.decide.__doc__,
        openapi_extra={"x-policy": command.policy, "x-command": route.command},
        operation_id=f"{route.command}_{route.method}_{route.path.strip('/').replace('/', '_').replace('{', '').replace('}', '').replace('-', '_')}",
    )  # fmt: skip
