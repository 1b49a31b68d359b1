"""Text that wants to be more than text: markup, links, templates, formulas, queries, headers, files. It comes back as it was said, or is refused.

The numbers are those of the project's list of bad inputs; `docs/security/bad-inputs.md` says which test stands for which.
"""

from __future__ import annotations

import io
import json
import socket
import time
import zipfile
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.support.service import Running

HANG_S = 10.0
MARKUP = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "&lt;b&gt;",
]
LINKS = ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "[x](javascript:alert(1))"]
TEMPLATES = ["{{7*7}}", "${7*7}", "%n%s%x", "#{7*7}", "{0.__class__}", "{text}", "<%= 7*7 %>"]
QUERIES = ["' OR 1=1--", "%" * 64, '"*(', "a); DROP TABLE facts;--", "_" * 64, "\\", "NEAR(", "路\0\0\0"]


def take(service: Running, **fields: object) -> str:
    """A call's id."""
    with service.client("dispatcher") as client:
        answer = client.post("/calls", json=fields)
    assert answer.status_code == 201, answer.text
    call_id: str = answer.json()["call_id"]
    return call_id


@pytest.mark.parametrize("said", [*MARKUP, *LINKS, *TEMPLATES])
def test_19_20_21_markup_links_and_templates_stay_the_text_they_were(service: Running, said: str) -> None:
    call_id = take(service, text=said, caller_name=said, type_code="noise")
    with service.client("dispatcher") as client:
        answer = client.get(f"/calls/{call_id}")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    said_now = next(fact["sealed"] for fact in answer.json()["facts"] if fact["kind"] == "CallReceived")
    assert said_now["text"] == said and said_now["caller_name"] == said


@pytest.mark.parametrize("said", [*MARKUP, *TEMPLATES])
def test_21_what_is_said_in_an_error_is_neither_run_nor_filled_in(service: Running, said: str) -> None:
    with service.client("admin") as client:
        answer = client.get(
            f"/registers/{quote(said, safe='')}", headers={"accept-language": said.encode().decode("latin-1")}
        )
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json" and "49" not in answer.json()["title"]
    assert "class '" not in answer.text


def test_22_a_cell_that_a_spreadsheet_would_run_leaves_quoted_and_comes_back_as_it_was(
    service: Running,
) -> None:
    formula = '=HYPERLINK("http://evil.example","x")'
    row = {"station_id": "formula", "name": formula, "lon": 113.0, "lat": 23.0, "district": "+d"}
    with service.client("admin") as client:
        kept = json.loads(client.get("/registers/stations").text)
        assert client.put("/registers/stations", json=[row]).status_code == 200
        out = client.get("/registers/stations", params={"form": "csv"})
        assert out.headers["content-type"].startswith("text/csv")
        assert out.headers["x-content-type-options"] == "nosniff"
        assert "'=HYPERLINK" in out.text and "'+d" in out.text and '"=HYPERLINK' not in out.text
        assert (
            client.put(
                "/registers/stations", content=out.content, headers={"content-type": "text/csv"}
            ).status_code
            == 200
        )
        again = {each["station_id"]: each for each in client.get("/registers/stations").json()}
        assert again["formula"]["name"] == formula and len(again) == len(kept) + 1
        assert client.delete("/registers/stations/formula").status_code == 200


@pytest.mark.parametrize("value", ["x\r\nSet-Cookie: a=b", "x\nX-Evil: 1", "x\x00y", "x\r\n\r\n<html>"])
def test_23_line_breaks_in_headers_make_no_new_header(service: Running, value: str) -> None:
    parts = urlsplit(service.address)
    request = (
        f"GET /incidents HTTP/1.1\r\nHost: x\r\nAccept-Language: {value}\r\nIdempotency-Key: {value}\r\n"
        f"Authorization: Bearer {service.tokens['dispatcher']}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=HANG_S) as line:
        line.sendall(request.encode("latin-1"))
        answer = line.makefile("rb").read()
    head = answer.split(b"\r\n\r\n")[0].lower()
    assert answer[:9] == b"HTTP/1.1 " and b"set-cookie" not in head and b"x-evil" not in head
    assert head.split(b" ")[1][:1] in (b"2", b"4")
    with service.client("dispatcher") as client:
        path = "/incidents/" + quote(value, safe="")
        assert client.get(path).status_code == 404
        assert "set-cookie" not in client.get(path).headers


@pytest.mark.parametrize("said", [*QUERIES, "a" * 63 + "!"])
def test_24_a_search_is_for_words_and_never_a_query(service: Running, said: str) -> None:
    began = time.monotonic()
    with service.client("dispatcher") as client:
        answer = client.get("/search", params={"q": said})
        assert answer.status_code == 200, answer.text
        assert len(answer.content) < 200_000
        assert client.get("/registers/" + quote(said, safe="")).status_code in (404, 422)
        assert client.get("/calls/" + quote(said, safe="")).status_code == 404
    assert time.monotonic() - began < HANG_S


def test_24_a_text_made_to_stall_a_pattern_is_taken_at_once(service: Running) -> None:
    for said in ("a" * 50_000 + "!", "(" * 50_000, " " * 50_000 + "x", "路" * 50_000, "1-" * 25_000):
        began = time.monotonic()
        take(service, text=said, caller_phone=said[:2_000], type_code="noise")
        assert time.monotonic() - began < HANG_S


@pytest.mark.parametrize("device_id", ["/etc/passwd", "..\\..\\x", "../../x", "a\x00b", "CON", "x" * 5_000])
def test_36_a_device_whose_name_is_a_path_reaches_no_file(service: Running, device_id: str) -> None:
    before = {path for path in service.data.rglob("*") if path.is_file()}
    with service.client("device") as client:
        answer = client.post("/positions", json=[{"unit_id": device_id, "lon": 113.3, "lat": 23.1}])
        assert answer.status_code in (202, 422)
        assert answer.status_code == 422 or answer.json() == {"kept": 0, "refused": 1}
        assert client.get("/osmand", params={"id": device_id, "lat": 23.1, "lon": 113.3}).status_code < 500
    new = {path for path in service.data.rglob("*") if path.is_file()} - before
    assert not [path for path in new if "passwd" in path.name or path.name in ("x", "CON")]


def zipped(*names: str) -> bytes:
    """A zip file whose members are called so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, b"0" * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        zipped("../../etc/cron.d/x", "bomb"),
        b"\xff\xd8\xff\xe0<html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xea\x60\x00\x00\xea\x60",
        b"\x00\x00\x00\x18ftypmp42",
        b"",
        b"[" * 100_000,
        b'{"type": "FeatureCollection", "features": ' + b"[" * 50_000,
    ],
    ids=["zip", "jpeg+html", "huge png", "mp4", "nothing", "deep", "deep geojson"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["text/csv", "application/json", "application/geo+json"])
def test_37_38_a_file_that_is_no_register_is_refused_and_nothing_of_it_is_kept(
    service: Running, content: bytes, kind: str
) -> None:
    with service.client("admin", **{"content-type": kind}) as client:
        before = client.get("/registers/stations").content
        answer = client.put("/registers/stations", content=content)
        assert answer.status_code == 422, answer.text
        assert client.get("/registers/stations").content == before


@pytest.mark.parametrize("given", ["*", "[1,2]", '{"$ne":null}', "1,2", "%00", "0x1", "９"])
def test_40_an_id_is_one_id(service: Running, given: str) -> None:
    with service.client("dispatcher") as client:
        for path in ("/calls/{}", "/incidents/{}", "/incidents/{}/timeline", "/cad/incidents/{}"):
            answer = client.get(path.format(quote(given, safe="")))
            assert answer.status_code in (404, 405, 422), (path, answer.status_code)
    with service.client("auditor") as client:
        assert (
            client.post(
                "/incidents/1/close", json={"outcome": "cancelled"}, headers={"x-http-method-override": "GET"}
            ).status_code
            == 403
        )


@pytest.mark.parametrize("query", ["hours=1e9", "hours=-1", "hours=nan", "hours=1e400", "hours=[]"])
def test_45_nobody_asks_for_more_than_there_is_time_for(service: Running, query: str) -> None:
    with service.client("dispatcher") as client:
        assert client.get(f"/review?{query}").status_code == 422
        assert client.get("/reach?lon=113&lat=23&minutes=1e9").status_code == 422
        assert client.get("/search", params={"q": "x" * 65}).status_code == 422


def test_45_what_a_role_may_not_see_is_in_no_search_and_no_count(service: Running) -> None:
    take(service, text="canary-45", type_code="noise", place={"lon": 113.3, "lat": 23.1})
    for role in ("resident", "partner", "member", "lead", "device"):
        with service.client(role) as client:
            for path in ("/feed/snapshot", "/incidents", "/search?q=canary", "/review", "/metrics", "/tasks"):
                answer = client.get(path)
                assert answer.status_code in (200, 403), (role, path)
                assert "canary-45" not in answer.text, (role, path)


def test_a_request_line_and_headers_have_a_bound(service: Running) -> None:
    with httpx.Client(base_url=service.address, timeout=HANG_S) as client:
        try:
            answer = client.get("/health", headers={"x-long": "x" * 200_000})
        except httpx.TransportError:
            return
        assert answer.status_code in (400, 401, 431)
