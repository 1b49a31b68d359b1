"""What a hostile page can make a visitor's browser do: nothing. No cookie counts, no foreign page listens, no script runs but our own files.

The stance against forged requests (CSRF): who asks is said by a bearer token in a header (in the feed's first message), which a browser never adds by itself.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from firstminute.api import app as edge
from firstminute.api.app import HEADERS
from tests.support.service import VENUES, Running, drawn, start

ROOT = Path(__file__).resolve().parents[2]
PAGE = b'<!doctype html><html lang="en"><head><title>page</title><script type="module" src="/main.js"></script></head><body></body></html>'


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with a page of its own, so that this needs no built one."""
    folder = tmp_path_factory.mktemp("paged")
    page = folder / "page"
    page.mkdir()
    (page / "index.html").write_bytes(PAGE)
    (page / "main.js").write_text("export {}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTMINUTE_WEB_DIR", str(page))
        found = start(folder / "data", None, drawn(VENUES)[0])
    try:
        yield found
    finally:
        found.stop()


def operations(service: Running) -> list[tuple[str, str, str]]:
    """Method, path and policy of every described route, its parameters filled in."""
    described: dict[str, Any] = httpx.get(f"{service.address}/openapi.json").json()
    return [
        (method.upper(), re.sub(r"\{[^}]+\}", "1", path), operation["x-policy"])
        for path, each in described["paths"].items()
        for method, operation in each.items()
    ]


def test_no_route_acts_on_a_cookie_or_on_a_token_in_the_address(paged: Running) -> None:
    token = paged.tokens["commander"]
    names = ("token", "session", "sessionid", "access_token", "authorization", "Authorization", "jwt")
    cookie = "; ".join([f"{name}={token}" for name in names] + [f"bearer=Bearer {token}"])
    tried = 0
    with httpx.Client(base_url=paged.address, headers={"cookie": cookie}) as browser:
        for method, path, policy in operations(paged):
            if policy == "open":
                continue
            for query in ("", f"?token={token}&access_token={token}&authorization=Bearer%20{token}"):
                answer = browser.request(method, path + query)
                assert answer.status_code == 401, (method, path)
                assert "set-cookie" not in answer.headers
                tried += 1
    assert tried > 150


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_foreign_form_can_send_changes_nothing(paged: Running, kind: str) -> None:
    headers = {
        "content-type": kind,
        "origin": "https://evil.example",
        "cookie": f"token={paged.tokens['commander']}",
    }
    with httpx.Client(base_url=paged.address, headers=headers) as browser:
        for path in ("/calls", "/grade", "/erasures", "/positions", "/desk/hand-over"):
            assert browser.post(path, content=b'{"grade": "emergency"}').status_code == 401


def test_no_foreign_page_is_ever_allowed_to_read_an_answer(paged: Running) -> None:
    asking = {"origin": "https://evil.example", "access-control-request-method": "POST", "access-control-request-headers": "authorization"}  # fmt: skip
    with httpx.Client(base_url=paged.address) as browser:
        for method, path, _ in operations(paged):
            for answer in (
                browser.options(path, headers=asking),
                browser.request(method, path, headers=asking),
            ):
                assert not [name for name in answer.headers if name.startswith("access-control-")], path


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://[broken", "file://"]
)
def test_a_foreign_page_may_not_listen_to_server_sent_events_even_with_a_token(
    paged: Running, origin: str
) -> None:
    with paged.client("dispatcher", origin=origin) as browser:
        answer = browser.get("/feed/events")
        assert answer.status_code == 403 and answer.json()["code"] == "foreign_origin"
    own = {"origin": paged.address}
    with paged.client("dispatcher", **own) as browser, browser.stream("GET", "/feed/events") as stream:
        assert stream.status_code == 200


def test_every_page_and_every_answer_carries_the_headers_that_bind_a_browser(paged: Running) -> None:
    with paged.client("dispatcher") as client:
        answers = {
            "page": client.get("/"), "file": client.get("/main.js"), "described": client.get("/openapi.json"), "read": client.get("/incidents"),
            "call": client.post("/calls", json={"text": "x"}), "unreadable": client.post("/calls", content=b"[]"), "empty": client.post("/calls"),
            "nothing": client.get("/nothing"), "wrong": client.post("/grade", json={}), "method": client.delete("/calls"),
            "large": client.post("/grade", content=b"x" * 1_000_001), "zipped": client.post("/grade", headers={"content-encoding": "gzip"}),
            "tile": client.get("/tiles/1/0/0.mvt"), "metrics": client.get("/metrics"),
        }  # fmt: skip
        answers["stranger"] = client.get("/incidents", headers={"authorization": "Bearer " + "x" * 40})
        answers["climbing"] = client.get("/..%2f..%2fetc/passwd")
    for name, answer in answers.items():
        for header, value in HEADERS:
            assert answer.headers.get_list(header.decode()) == [value.decode()], (name, header)
        if name not in ("tile",):
            assert "cache-control" in answer.headers, name
    assert {name: answers[name].status_code for name in ("page", "call", "nothing", "stranger", "climbing")} == {
        "page": 200, "call": 201, "nothing": 404, "stranger": 401, "climbing": 404,
    }  # fmt: skip


def test_the_policy_for_content_runs_files_of_ours_and_nothing_else() -> None:
    policy = dict(HEADERS)[b"content-security-policy"].decode()
    parts = {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}
    assert parts["default-src"] == ["'self'"] and parts["object-src"] == parts["base-uri"] == ["'none'"]
    assert parts["frame-ancestors"] == ["'none'"] and parts["form-action"] == ["'self'"]
    assert "script-src" not in parts and parts["style-src"] == ["'self'"]
    assert not re.search(r"unsafe|\*|https?:", policy)


def test_the_page_has_no_inline_script_and_turns_no_text_into_markup() -> None:
    pages = [
        PAGE.decode(),
        *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "web").glob("*.html"))),
    ]
    assert len(pages) > 1
    for page in pages:
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|javascript:|<style|\sstyle=", page)
    sources = [path for path in (ROOT / "web/src").rglob("*.*") if path.suffix in (".ts", ".svelte")]
    assert len(sources) > 40
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for found in re.finditer(r"innerHTML\s*=\s*(.{0,3})", text, flags=re.DOTALL):
            literal = text[found.end() - len(found[1]) :].lstrip().splitlines()[0]
            assert re.fullmatch(r"'[^'$]*'", literal), f"{source.name}: markup must be a constant"
        assert not re.search(r"\{@html|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", text), source.name  # fmt: skip


def test_methods_that_no_route_names_are_refused(paged: Running) -> None:
    with paged.client("commander") as client:
        for method in ("TRACE", "PROPFIND", "MKCOL", "BREW"):
            for path in ("/incidents", "/calls", "/"):
                assert client.request(method, path).status_code in (400, 405), (method, path)


def test_the_page_folder_shows_no_listing_and_nothing_outside_itself(paged: Running) -> None:
    (paged.data.parent / "page" / "assets").mkdir()
    with httpx.Client(base_url=paged.address) as client:
        for path in (
            "/assets/",
            "/assets",
            "/.git/config",
            "/../data/tokens.json",
            "/%2e%2e/data/tokens.json",
            "/..%5cdata%5ctokens.json",
        ):
            answer = client.get(path)
            assert answer.status_code in (307, 404) and "dispatcher" not in answer.text, path


def test_the_browser_keeps_a_token_and_tastes_and_nothing_about_people() -> None:
    kept: set[str] = set()
    boxes: set[str] = set()
    for source in (ROOT / "web/src").rglob("*.*"):
        if source.suffix in (".ts", ".svelte"):
            text = source.read_text(encoding="utf-8")
            kept |= set(re.findall(r"Storage\.setItem\(\s*((?:\{[^}]*\}\[\w+\])|[^,]+),", text))
            if re.search(r"indexedDB|document\.cookie|caches\.open|serviceWorker", text):
                boxes.add(source.relative_to(ROOT / "web/src").as_posix())
    random = {"TOKEN", "CLAIM", "STATE"}  # a session, what a registration waits for, a sign-on under way
    tastes = {"'fm-language'", "'fm-seat'", "'fm-keys'", "'fm-theme'", "'fm-muted'", "'fm-wall-sound'"}
    tastes |= {
        "KEPT",
        "name",  # a wall's language, theme and sound, from its address
        "{ elder: 'fm-elder', aloud: 'fm-aloud', silentSos: 'fm-silent-sos' }[name]",
    }  # layers, a station, numbers of blank forms, a phone's manner
    own = {"DRAWN"}  # what somebody drew on the map, until the window is closed
    assert kept == random | tastes | own
    # A phone keeps what its holder touched until it is sent (decision 0176), and its page, so that both work without a network.
    assert boxes == {"responder/box.ts", "responder/push.ts", "responder/main.ts"}


def test_an_error_of_ours_tells_nothing_of_the_inside() -> None:
    app = FastAPI(debug=False)
    app.state.services = SimpleNamespace(messages=lambda language, key, params: f"{language} {key}")
    app.add_exception_handler(Exception, edge._broken)

    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("secret-of-the-inside /srv/desk.db SELECT")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            return await client.get("/breaks")

    answer = asyncio.run(ask())
    assert answer.status_code == 500 and answer.json()["code"] == "broken"
    assert not re.search(r"secret|desk\.db|SELECT|Traceback|RuntimeError|\.py", answer.text)
