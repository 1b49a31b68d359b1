"""Refusals and bad input as problem details (RFC 9457), in the reader's language, with stable codes.

Idea: one table from code to HTTP status; the sentence comes from the message catalogue by `Accept-Language`. No stack trace and no personal data leaves here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

STATUS_OF: dict[str, int] = {
    "unauthenticated": 401,
    "sign_in_failed": 401,
    "own_rights": 403,
    "desk_locked": 423,
    "wrong_secret": 403,
    "unlock_failed": 403,
    "sso_failed": 401,
    "sso_unknown": 403,
    "sso_one_factor": 403,
    "no_role_by_groups": 403,
    "sso_unreachable": 503,
    "no_sso": 404,
    "no_passkey_first": 404,
    "no_registration": 404,
    "unknown_passkey": 404,
    "unknown_card": 404,
    "unknown_registration": 404,
    "pin_unfit": 422,
    "passkey_refused": 422,
    "card_refused": 422,
    "registration_unfit": 422,
    "registrations_full": 429,
    "duty_by_command_line": 403,
    "unknown_account": 404,
    "unknown_session": 404,
    "link_unknown": 404,
    "enrolment_unknown": 404,
    "name_unfit": 422,
    "unknown_role": 422,
    "role_names_nobody": 422,
    "password_too_short": 422,
    "password_too_long": 422,
    "password_too_simple": 422,
    "second_factor_wrong": 422,
    "forbidden": 403,
    "not_yours": 403,
    "other_district": 403,
    "second_person_is_first": 403,
    "unknown_proposal": 404,
    "unknown_share": 404,
    "purpose_missing": 403,
    "unknown_purpose": 403,
    "purpose_of_others": 403,
    "incident_missing": 403,
    "file_missing": 403,
    "no_complaint": 403,
    "not_about_subject": 403,
    "not_assigned": 403,
    "caller_hidden": 403,
    "own_access": 403,
    "unknown_access": 404,
    "unknown_complaint": 404,
    "foreign_origin": 403,
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
    "unknown_hold": 404,
    "unknown_attachment": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "idempotency_conflict": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "attachment_kind": 415,
    "attachment_empty": 422,
    "attachment_broken": 422,
    "attachment_pixels": 422,
    "attachments_a_day": 429,
    "attachments_full": 503,
    "attachment_elsewhere": 503,
    "invalid": 422,
    "desk_busy": 503,
    "outside_full": 503,
    "not_outside": 403,
    "not_durable": 503,
    "read_only": 503,
    "desk_stopped": 503,
    "no_ground": 503,
    "too_many": 429,
    "past_busy": 503,
    "past_too_long": 503,
}
"""code → status; what is not listed is a refusal of an act that is not lawful now: 409."""

PROBLEM = "application/problem+json"
LIKE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/|#@+-]{0,127}")
LIKE_CALL_SIGN = re.compile(r"[^\W\d]{0,8}[ -]?\d{1,4}[^\W\d]{0,4}( [a-z]{1,16})?")
LIKE_CODE = re.compile(r"[a-z]+(_[a-z]+)*: ?")
LIKE_PHONE = re.compile(r"\+?\d{7,}")
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


def told_back(value: Any) -> Any:
    """What a problem may repeat of a value: numbers, ids, codes and call signs with a word of the radio; in the place of any other text stands `…`.

    A problem is read, kept and sent on by more people than the words of a call may be, and whoever sent a sentence knows it.
    """
    if isinstance(value, str):
        if all(map(_sayable, value.split(", "))):
            return value
        code = LIKE_CODE.match(value)  # what is wrong, and then with what
        return f"{code[0]}…" if code else "…"
    if isinstance(value, Mapping):
        return {told_back(str(name)): told_back(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [told_back(each) for each in value]
    return value


def _sayable(text: str) -> bool:
    if LIKE_PHONE.fullmatch(text):
        return False
    return not text or bool(LIKE_ID.fullmatch(text) or LIKE_CALL_SIGN.fullmatch(text))


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
    params = told_back(dict(problem.params))
    title = services.messages(language_of(request), f"refused.{problem.code}", params)
    body = problem_body(problem.code, problem.status, title, params, request.url.path)
    if problem.errors:
        body["errors"] = told_back(problem.errors)
    headers = {"content-language": language_of(request)}
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    if problem.status in (429, 503):
        headers["retry-after"] = str(problem.params.get("wait_s", 1))
    return JSONResponse(body, status_code=problem.status, media_type=PROBLEM, headers=headers)
