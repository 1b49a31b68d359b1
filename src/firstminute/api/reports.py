"""The public page: anybody reports, without an account and without JavaScript, and follows the answer with the receipt's code.

Idea: a form of HTML, read by the same intake as any call (`api.intake.take`), so that what was said is durable before anybody thanks for it. Its words are
never turned away: not for a budget, not for a bad photo, not for a body that is too large or breaks off. Who sends much waits a little, and his files
are left out. A form from another site is shown again, filled in, to be sent from here.
Limits: the words must stand before the files in the form, as ours do. Nothing is kept in the browser; the code alone leads back.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message, Receive

from firstminute.api import report_pages as pages
from firstminute.api.body import Gone, Slow, TooLarge, read_at_most
from firstminute.api.commanding import problems
from firstminute.api.errors import Problem, language_of
from firstminute.api.feed import same_origin
from firstminute.api.forms import Part, form_of, posted
from firstminute.api.intake import Arriving, take
from firstminute.api.loose import ENCODINGS
from firstminute.api.ports import Edge
from firstminute.api.report_codes import ONCE, Report, code_for, plain, report_of, shown
from firstminute.api.shaping import Budget, address_of

router = APIRouter(tags=["public page"])

FORM_MOST, WORDS_MOST = 25_000_000, 1_000_000
ENDS_WITHIN_S = 120.0
PASSED_OVER_MOST = 100_000_000
FILES_MOST = 4
LARGE_AT_ONCE = 8
"""So many forms with files are read at the same time; of further ones the words."""
REPORTS_PER_S, REPORTS_AT_ONCE = 20 / 3600, 10
FOLLOWS_PER_S, FOLLOWS_AT_ONCE = 30 / 3600, 10
WAIT_MOST_S, WAITING_MOST = 5.0, 200
WORDS = ("text", "address", "venue_id", "lon", "lat", "caller_name", "caller_phone", "language")
"""Fields that become the call; the others are the form's own."""
SAID = ("text", "address", "venue_id", "lon", "caller_name", "caller_phone")
HEADERS = {"referrer-policy": "same-origin", "cache-control": "no-store"}
"""Without a referrer at all a browser sends no origin with a form, and one of another site could not be told."""
PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}
FORM_BODY = {
    "content": {
        "multipart/form-data": {"schema": {"type": "object"}},
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
    }
}
Lang = Annotated[str | None, Query(max_length=8, description="zh-CN or en; else as the browser asks")]
At = Annotated[str | None, Query(max_length=128, description="code of a place, as its QR code holds it")]


class Crowd:
    """What keeps one address from taking the page away from the others; kept with the application."""

    def __init__(self) -> None:
        self.reports = Budget(REPORTS_PER_S, burst=REPORTS_AT_ONCE)
        self.follows = Budget(FOLLOWS_PER_S, burst=FOLLOWS_AT_ONCE)
        self.large = 0
        self.waiting = 0


def _crowd(request: Request) -> Crowd:
    found: Crowd | None = getattr(request.app.state, "crowd", None)
    if found is None:
        found = request.app.state.crowd = Crowd()
    return found


def _reader(request: Request, lang: str | None) -> pages.Reader:
    services: Edge = request.app.state.services
    language = lang if lang in pages.LANGUAGES else language_of(request)
    ground = services.ground
    return pages.Reader(
        language=language,
        say=lambda key, params: services.messages(language, key, params),
        number=services.emergency_number,
        files=services.reports.takes_files,
        follows=services.reports.sees_progress,
        bbox=tuple(ground.bbox) if ground is not None else None,
    )


def _page(text: str, status: int = 200, **more: str) -> Response:
    return HTMLResponse(text, status, headers={**HEADERS, **more})


@router.get("/report", summary="The public page", responses=PAGE, openapi_extra={"x-policy": "open"}, response_class=HTMLResponse)  # fmt: skip
async def show_form(request: Request, lang: Lang = None, at: At = None) -> Response:
    """A form for anybody; `at` names the place whose code was scanned."""
    services: Edge = request.app.state.services
    venue = await services.reports.venue(at) if at else None
    filled = {"venue_id": at} if at else {}
    notices = await services.reports.notices()
    form = pages.Form(once=services.new_id(), filled=filled, venue=venue)
    return _page(pages.form_page(_reader(request, lang), form, notices))


@router.post(
    "/report", summary="Report something", status_code=201,
    responses={
        201: {"content": {"text/html": {}}, "description": "Kept; the page shows the receipt's code"},
        403: {"content": {"text/html": {}}, "description": "From another site: the form again, filled in"},
        422: {"content": {"text/html": {}}, "description": "Nothing was said"},
        503: {"content": {"text/html": {}}, "description": "Not kept: the form again, filled in"},
    },
    openapi_extra={"x-policy": "open", "x-command": "receive_call", "requestBody": FORM_BODY}, response_class=HTMLResponse,
)  # fmt: skip
async def send_report(request: Request, lang: Lang = None) -> Response:
    """Words become a call on the channel `web`; files are kept with it where they can be, and named where not."""
    services: Edge = request.app.state.services
    crowd, foreign = _crowd(request), not own_form(request)
    wait_s = 0.0 if foreign else crowd.reports.wait_s(_address(request), time.monotonic())
    parts, cut = await _read(request, crowd, words_only=foreign or wait_s > 0.0)
    words = {part.name: part.value for part in parts if not part.file}
    reader = _reader(request, lang or words.get("lang", b"").decode("ascii", "replace"))
    filled = {name: words[name].decode("utf-8", "replace") for name in WORDS if words.get(name)}
    if foreign:
        return await _again(services, reader, filled, "foreign", 403)
    files = [part for part in parts if part.file and part.value][:FILES_MOST]
    if not files and not any(words.get(name, b"").strip() for name in SAID):
        return await _again(services, reader, filled, "empty", 422)
    await _wait(crowd, wait_s)
    once = words.get("once", b"").decode("ascii", "replace")
    try:
        report = await _keep(services, words, once, reader.language)
    except Problem as problem:
        if problem.status < 500 and problem.code != "too_many":
            return await _again(services, reader, filled, "not_read", 422)
        return await _again(services, reader, filled, "not_kept", 503)
    lost = ["cut_off"] if cut else []
    lost += await _keep_files(services, report, files)
    return _page(pages.receipt_page(reader, report.code, lost), 201)


def own_form(request: Request) -> bool:
    """Whether a form came from a page of ours, as far as the browser says; an old one says nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return same_origin(request)


def _address(request: Request) -> str:
    return address_of(request, behind_proxy=request.app.state.services.limits.behind_proxy)


async def _again(
    services: Edge, reader: pages.Reader, filled: dict[str, str], why: str, status: int
) -> Response:
    """The form once more with what was said in it, and why."""
    venue = await services.reports.venue(filled["venue_id"][:128]) if "venue_id" in filled else None
    form = pages.Form(once=services.new_id(), filled=filled, venue=venue, trouble=why)
    return _page(pages.form_page(reader, form, ()), status)


async def _wait(crowd: Crowd, wait_s: float) -> None:
    """Whoever sends much waits before the answer; where many wait already nobody else does."""
    if wait_s <= 0.0 or crowd.waiting >= WAITING_MOST:
        return
    crowd.waiting += 1
    try:
        await asyncio.sleep(min(wait_s, WAIT_MOST_S))
    finally:
        crowd.waiting -= 1


async def _read(request: Request, crowd: Crowd, *, words_only: bool) -> tuple[list[Part], bool]:
    """The parts of a form as far as they arrived, and whether some did not."""
    most = WORDS_MOST if words_only or crowd.large >= LARGE_AT_ONCE else FORM_MOST
    kind = request.headers.get("content-type", "")
    coming = Coming(request.receive)
    crowd.large += not words_only
    try:
        data, cut = await read_at_most(coming.receive, most, within_s=ENDS_WITHIN_S), False
    except (TooLarge, Slow, Gone) as broken:
        data, cut = broken.head, True
        if isinstance(broken, TooLarge):
            await coming.pass_over()
    finally:
        crowd.large -= not words_only
    parts = posted(data, kind)
    if words_only:
        return [part for part in parts if not part.file], cut or any(
            part.file and part.value for part in parts
        )
    return [part for part in parts if part.whole or not part.file], cut


class Coming:
    """A body on its way in. A browser shows no answer before it has sent all: what is too large is let in and passed over."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._ended = receive, False

    async def receive(self) -> Message:
        """The next piece."""
        message = await self._receive()
        self._ended = not message.get("more_body", False)
        return message

    async def pass_over(self) -> None:
        """Let the rest arrive unread, within bounds."""
        left = PASSED_OVER_MOST
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                while not self._ended and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return


async def _keep(services: Edge, words: dict[str, bytes], once: str, language: str) -> Report:
    """Take it as a call; with the number of a form whose words were others before, under a new one. Raises Problem."""
    fields = [(name, readable(words[name])) for name in WORDS if words.get(name, b"").strip()]
    if "language" not in words:
        fields.append(("language", language.encode()))
    if words.get("lon") and words.get("lat"):
        fields.append(("source", b"map"))
    body, kind = form_of(fields, services.new_id())
    for number in (once, services.new_id()):
        if not ONCE.fullmatch(number):
            continue
        report = report_of(services.reports.stamp, code_for(services.reports.stamp, number))
        call = Arriving({"headers": [(b"content-type", kind.encode())]}, _nothing)
        call.body, call.key = body, report.key
        try:
            await take(services, call, report.actor, {"call_id": report.call_id, "confidential": True})
        except Problem as problem:
            if problem.code == "call_exists":  # sent again after the answer to it was forgotten
                return report
            if problem.code != "idempotency_conflict":
                raise
        else:
            return report
    raise Problem("idempotency_conflict")


def readable(value: bytes) -> bytes:
    """The bytes of a field, with what no encoding can read replaced rather than the whole made unreadable."""
    for encoding in ENCODINGS:
        try:
            value.decode(encoding)
        except UnicodeDecodeError:
            continue
        return value
    return value.decode("utf-8", "replace").encode()


async def _nothing() -> Any:
    raise AssertionError("the body is given")


async def _keep_files(services: Edge, report: Report, files: list[Part]) -> list[str]:
    """Keep the files of a report; why some could not be."""
    lost: list[str] = []
    for number, part in enumerate(files):
        command_id = services.reports.stamp(
            f"report file {number} {report.code}".encode() + part.value
        ).hex()[:32]
        try:
            await services.reports.keep_file(report.call_id, part.value, report.actor, command_id)
        except Problem as problem:
            lost.append(problem.code)
    return lost


@router.post(
    "/report/files", summary="Add photos or a voice note to a report", status_code=201,
    responses={201: {"content": {"text/html": {}}}, **problems(403, 413, 415, 422, 429)},
    openapi_extra={"x-policy": "open", "x-command": "keep_attachment", "requestBody": FORM_BODY}, response_class=HTMLResponse,
)  # fmt: skip
async def add_files(request: Request, lang: Lang = None) -> Response:
    """For whoever holds the code: what could not be kept with the words."""
    if not own_form(request):
        raise Problem("foreign_origin")
    crowd = _crowd(request)
    wait_s = crowd.reports.wait_s(_address(request), time.monotonic())
    if wait_s > 0.0:
        raise Problem("too_many", wait_s=int(wait_s) + 1)
    parts, _ = await _read(request, crowd, words_only=False)
    words = {part.name: part.value.decode("utf-8", "replace") for part in parts if not part.file}
    reader, code = _reader(request, lang or words.get("lang")), plain(words.get("code", ""))
    files = [part for part in parts if part.file and part.value][:FILES_MOST]
    if code is None or not files:
        raise Problem("attachment_empty", status=422)
    services: Edge = request.app.state.services
    lost = await _keep_files(services, report_of(services.reports.stamp, code), files)
    return _page(pages.receipt_page(reader, code, lost, added=True), 201)


@router.get(
    "/report/follow", summary="Where one asks after a report", responses=PAGE, openapi_extra={"x-policy": "open"}, response_class=HTMLResponse
)  # fmt: skip
async def show_follow(request: Request, lang: Lang = None) -> Response:
    """A field for the code. It never stands in an address, where others would read it."""
    return _page(pages.follow_page(_reader(request, lang)))


@router.post(
    "/report/follow", summary="What became of a report",
    responses={**PAGE, 429: {"content": {"text/html": {}}, "description": "Asked too often"}, **problems(413, 415)},
    openapi_extra={"x-policy": "open", "requestBody": FORM_BODY}, response_class=HTMLResponse,
)  # fmt: skip
async def follow(request: Request, lang: Lang = None) -> Response:
    """The same page for every code, whether it is one or not; who tries many that are none waits: a whole neighbourhood may share an address."""
    services: Edge = request.app.state.services
    parts = posted(await request.body(), request.headers.get("content-type", ""))
    words = {part.name: part.value.decode("utf-8", "replace") for part in parts if not part.file}
    reader = _reader(request, lang or words.get("lang"))
    tries, address = _crowd(request).follows, _address(request)
    wait_s = tries.wait_s(address, time.monotonic())
    if wait_s > 0.0:
        seconds = int(wait_s) + 1
        return _page(pages.follow_page(reader, wait_s=seconds), 429, **{"retry-after": str(seconds)})
    typed = words.get("code", "")
    code = plain(typed)
    found = await services.reports.progress(report_of(services.reports.stamp, code or "2" * 12).call_id)
    if found is not None:
        tries.give_back(address)
    asked = typed[:20] if code is None else shown(code)
    return _page(pages.follow_page(reader, asked=asked, found=found, answered=True))


@router.get(
    "/report/notices", summary="Notices that stand now", responses=PAGE, openapi_extra={"x-policy": "open"}, response_class=HTMLResponse
)  # fmt: skip
async def show_notices(request: Request, lang: Lang = None) -> Response:
    """What a commander told the people around, for everybody to read."""
    services: Edge = request.app.state.services
    return _page(pages.notices_page(_reader(request, lang), await services.reports.notices()))
