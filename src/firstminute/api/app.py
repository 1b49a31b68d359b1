"""The web service as one onion, built once: limits outside, then headers, then routes, the page last.

Idea: `build(services)` is all; the services are handed in by `app`. Every answer that is not a success is a problem document. Limits: where TLS
ends is `app.transport`'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstminute.api import (
    accounts,
    attachments,
    audit,
    cad,
    calls,
    data,
    desk_locks,
    duty,
    enrolment,
    errors,
    feed,
    figures,
    granted,
    ground,
    heads,
    health,
    incidents,
    muster,
    openings,
    own,
    parties,
    past,
    plans,
    positions,
    register_rows,
    registers,
    registrations,
    reports,
    responders,
    review,
    room,
    sessions,
    shown,
    sso,
)
from firstminute.api.body import BodyLimit
from firstminute.api.commanding import ProblemDetails
from firstminute.api.ports import Edge
from firstminute.api.shaping import Shaping
from firstminute.api.urgent import may_be_a_call

ROUTERS = (
    calls,
    incidents,
    attachments,
    responders,
    muster,
    duty,
    positions,
    register_rows,
    registers,
    parties,
    plans,
    data,
    openings,
    granted,
    audit,
    figures,
    past,
    review,
    room,
    cad,
    ground,
    heads,
    feed,
    health,
    sessions,
    accounts,
    enrolment,
    own,
    desk_locks,
    registrations,
    sso,
    reports,
)
VERSION = "0.1.0"

HEADERS = (
    (
        b"content-security-policy",
        (
            b"default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self'; worker-src 'self' blob:; connect-src 'self'; "
            b"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(self), microphone=(self)"),
)  # fmt: skip

TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
"""Said where TLS is spoken: a browser that has been here once never again asks in plain text. It holds for this name alone."""

CALL_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *HEADERS]


class SafeHeaders:
    """ASGI middleware: the headers that keep a browser from doing what we never asked for; nothing of the API is cached.

    Parameters
    ----------
    secure : everybody outside this machine speaks TLS
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self._headers = (*HEADERS, TLS_ONLY) if secure else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers added to the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = [
                    *(header for header in self._headers if header[0] not in given),
                    *([] if b"cache-control" in given else [(b"cache-control", b"no-store")]),
                ]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, with_headers)


def build(services: Edge, modules: Sequence[ModuleType] = ROUTERS) -> FastAPI:
    """The application over its services: the desk's own routes, or those of another zone."""
    app = FastAPI(
        title="firstminute",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.services, app.state.describing = services, asyncio.Lock()
    for module in modules:
        app.include_router(module.router)
    app.add_middleware(BodyLimit)
    app.add_middleware(Shaping, limits=services.limits)
    app.add_middleware(SafeHeaders, secure=services.secure)
    app.add_exception_handler(errors.Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way to change the description
    app.add_api_route(
        "/openapi.json",
        _description,
        methods=["GET"],
        include_in_schema=False,
        openapi_extra={"x-policy": "open"},
    )
    if services.web_root and Path(services.web_root).is_dir():
        app.mount("/", StaticFiles(directory=services.web_root, html=True), name="page")
    return app


async def _description(request: Request) -> Response:
    """Made beside the event loop, once: it takes seconds of a processor, and calls must not wait for it."""
    async with request.app.state.describing:
        return JSONResponse(await asyncio.to_thread(request.app.openapi))


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.Problem)
    return errors.respond(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [{"where": [str(part)[:64] for part in e["loc"]], "what": e["type"]} for e in error.errors()[:50]]
    return errors.respond(request, errors.Problem("invalid", errors=found))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed", 400: "body_unreadable"}.get(
        error.status_code, "http_error"
    )
    answer = errors.respond(request, errors.Problem(code, status=error.status_code))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _broken(request: Request, error: Exception) -> Response:
    return errors.respond(request, errors.Problem("broken", status=500))


PROBLEM_CONTENT = {errors.PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, with the problem document and the bearer scheme."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            routes=app.routes,
            description="The 1-3-5-minute circle as software.",
        )
        parts = made.setdefault("components", {})
        parts.setdefault("schemas", {})["ProblemDetails"] = ProblemDetails.model_json_schema()
        parts["schemas"].update(shown.schemas())
        parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                if operation.get("x-policy") != "open":
                    operation["security"] = [{"bearer": []}]
                if "422" in operation.get("responses", {}):
                    told = operation["responses"]["422"].get("content", {})
                    shown_as = {kind: shape for kind, shape in told.items() if kind != "application/json"}
                    operation["responses"]["422"] = {
                        "description": "Problem",
                        "content": {**PROBLEM_CONTENT, **shown_as},
                    }
                if not may_be_a_call(method.upper(), path):
                    operation["responses"].setdefault(
                        "429", {"description": "Too many requests", "content": PROBLEM_CONTENT}
                    )
        parts["schemas"].pop("HTTPValidationError", None)
        parts["schemas"].pop("ValidationError", None)
        app.openapi_schema = made
    return app.openapi_schema
