"""Refusals and bad input as problem details (RFC 9457), in the reader's language, with stable codes.

Idea: one table from code to HTTP status; the sentence comes from the message catalogue by `Accept-Language`. No stack trace and no personal data leaves here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

STATUS_OF: dict[str, int] = {
    "unauthenticated": 401,
    "forbidden": 403,
    "not_yours": 403,
    "not_found": 404,
    "unknown_incident": 404,
    "unknown_call": 404,
    "unknown_alert": 404,
    "unknown_assignment": 404,
    "unknown_unit": 404,
    "unknown_team": 404,
    "unknown_table": 404,
    "unknown_row": 404,
    "nothing_sealed": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "idempotency_conflict": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid": 422,
    "desk_busy": 503,
    "not_durable": 503,
    "no_ground": 503,
    "too_many": 429,
}
"""code → status; what is not listed is a refusal of an act that is not lawful now: 409."""

PROBLEM = "application/problem+json"
LANGUAGES = ("en", "zh-CN")


def language_of(connection: HTTPConnection) -> str:
    """The language to answer in: the first of ours that `Accept-Language` names, else English."""
    for part in connection.headers.get("accept-language", "")[:200].split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return "en"


class Problem(Exception):
    """An answer that says what was wrong and what to do."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        errors: list[dict[str, Any]] | None = None,
        params: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(code)
        self.code, self.params, self.errors = code, {**(params or {}), **more}, errors
        self.status = status or STATUS_OF.get(code, 409)


def problem_body(
    code: str, status: int, title: str, params: Mapping[str, Any], instance: str
) -> dict[str, Any]:
    """The members of a problem document."""
    return {
        "type": f"urn:firstminute:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "params": dict(params),
        "instance": instance,
    }


def respond(request: HTTPConnection, problem: Problem) -> Response:
    """The problem as a response."""
    services = request.app.state.services
    title = services.messages(language_of(request), f"refused.{problem.code}", problem.params)
    body = problem_body(problem.code, problem.status, title, problem.params, request.url.path)
    if problem.errors:
        body["errors"] = problem.errors
    headers = {"content-language": language_of(request)}
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    if problem.status in (429, 503):
        headers["retry-after"] = "1"
    return JSONResponse(body, status_code=problem.status, media_type=PROBLEM, headers=headers)
