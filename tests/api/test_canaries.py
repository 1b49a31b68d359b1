"""Canaries: strings that stand for a person are planted through every way in; logs, metrics, health, problems and headers must not sing.

Idea: a service of its own, whose output is kept, is told the same name, phone, words and address by every route of its own description, well and badly
formed, by the CAD folder and by the live feed; then everything that is no answer to somebody entitled is searched for them, plain and in the
forms that encodings give them. Source: reference on trust, rows on logs and masking (ASVS 14.2.1, 14.2.6, 16.2.5).
Limits: an id in a path is the sender's own word and is told back in `instance`; canaries are planted in what may hold a person.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.support.service import FIRSTMINUTE, wait_until

NAME, PHONE, WORDS, ADDRESS = "金丝雀甲乙", "13912345678", "Kanarienvogel sagt leise", "鸟笼路九号七零一"
CANARIES = (NAME, PHONE, WORDS, ADDRESS)
CANARY = f"{NAME} {PHONE} {WORDS} {ADDRESS}"
MOST_NESTING = 6


def _forms(canary: str) -> set[bytes]:
    """A canary as encodings would leave it."""
    utf8 = canary.encode()
    plain = {canary, json.dumps(canary)[1:-1], repr(canary)[1:-1], ascii(canary)[1:-1], quote(canary)}
    raw = {
        utf8,
        base64.b64encode(utf8).rstrip(b"=")[:-1],
        canary.encode("gb18030"),
        canary.encode("utf-16-le"),
    }
    return raw | {form.encode() for form in plain}


FORMS = {form for canary in CANARIES for form in _forms(canary)}


def sings(data: bytes) -> list[bytes]:
    """The canaries that are heard in some bytes."""
    return [form for form in FORMS if form in data]


@dataclass
class Watched:
    """A running service, what it was told and what it said."""

    address: str
    tokens: dict[str, str]
    folder: Path
    cad: Path
    output: Path
    process: subprocess.Popen[bytes]
    problems: list[tuple[str, bytes]] = field(default_factory=list)
    asked: int = 0

    def client(self, role: str) -> httpx.Client:
        """Speaks for a role."""
        return httpx.Client(
            base_url=self.address, headers={"authorization": f"Bearer {self.tokens[role]}"}, timeout=20
        )

    def take(self, answer: httpx.Response) -> httpx.Response:
        """Keep what may not sing of an answer: its headers, and the whole of it where it is a problem."""
        self.asked += 1
        said = repr(answer.headers.raw).encode()
        if answer.status_code >= 400:
            said += answer.content
        self.problems.append(
            (f"{answer.request.method} {answer.request.url.path} {answer.status_code}", said)
        )
        return answer


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A service whose every output goes to a file."""
    folder = tmp_path_factory.mktemp("canaries")
    cad, output = folder / "cad", folder / "output"
    (cad / "in").mkdir(parents=True)
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "FIRSTMINUTE_CAD_FOLDER": str(cad)}
    words = [str(FIRSTMINUTE), "serve", "--data", str(folder / "data"), "--port", "0", "--json"]
    with output.open("wb") as file:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=file, env=env)
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        tokens = dict(row.split("\t") for row in Path(said["tokens"]).read_text().splitlines())
        try:
            yield Watched(said["address"], tokens, folder / "data", cad, output, process)
        finally:
            process.terminate()
            process.wait(30)


def _value(schema: dict[str, Any], whole: dict[str, Any], depth: int = 0) -> Any:
    """Something that a schema may accept, with the canary wherever a text may stand."""
    if "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            options = [each for each in schema[several] if each.get("type") != "null"]
            return _value(options[-1], whole, depth) if options else None
    if "enum" in schema or "const" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type")
    if kind == "object" and depth < MOST_NESTING:
        made = {name: _value(each, whole, depth + 1) for name, each in schema.get("properties", {}).items()}
        if isinstance(schema.get("additionalProperties"), dict):
            made["text"] = CANARY
        return {
            name: each
            for name, each in made.items()
            if name not in ("occurred_at", "exercise", "time_source")
        }
    if kind == "array":
        return [_value(schema.get("items", {}), whole, depth + 1)] if depth < MOST_NESTING else []
    if kind in ("number", "integer"):
        return max(1, int(schema.get("minimum", 1)))
    return kind == "boolean" or CANARY


def _bodies(whole: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What is sent to a route: a body by its schema, the same with everything of the wrong type, and bytes that nobody can read."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    good = _value(schema, whole) if schema else {"text": CANARY}
    yield "application/json", json.dumps(good).encode()
    if isinstance(good, dict):
        yield "application/json", json.dumps(dict.fromkeys(good, CANARY) or {"x": CANARY}).encode()
        yield "application/json", json.dumps({name: {CANARY: [CANARY]} for name in good}).encode()
        for name in list(good):  # each field alone is wrong
            yield "application/json", json.dumps({**good, name: {"x": CANARY}}, ensure_ascii=False).encode()
    yield "application/json", json.dumps([CANARY]).encode()
    yield "application/json", f'{{"text": "{CANARY}'.encode()
    yield "text/plain", CANARY.encode("gb18030")
    yield "text/csv", f"member_id,name,phone,team_id\nm1,{NAME},{PHONE},\n{NAME},,,{ADDRESS}\n".encode()


def _role(policy: str) -> str:
    own = {
        "admin": "admin",
        "commander": "commander",
        "partner": "partner",
        "auditor": "auditor",
        "audit": "auditor",
    }
    return own.get(policy, "dispatcher")


def test_a_canary_planted_through_every_route_sings_in_no_problem_and_no_header(watched: Watched) -> None:
    with watched.client("dispatcher") as client:
        said = watched.take(
            client.post(
                "/calls",
                json={"text": CANARY, "caller_name": NAME, "caller_phone": PHONE, "place": {"text": ADDRESS}},
            )
        ).json()
    ids = {name: said.get(name) or "nobody" for name in ("call_id", "incident_id")}
    whole = httpx.get(f"{watched.address}/openapi.json").json()
    routes, clients = 0, {role: watched.client(role) for role in watched.tokens}
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            if method not in ("post", "put", "delete", "patch"):
                continue
            routes += 1
            at = path.format_map(
                {**dict.fromkeys(_in(path), "members" if "table" in path else "nobody"), **ids}
            )
            bodies = list(_bodies(whole, operation))
            for role, some in ((_role(operation["x-policy"]), bodies), ("resident", bodies[:1])):
                for kind, body in some:
                    watched.take(
                        clients[role].request(method, at, content=body, headers={"content-type": kind})
                    )
    assert routes > 60 and watched.asked > 500
    assert [(what, sings(said)) for what, said in watched.problems if sings(said)] == []


def _in(path: str) -> list[str]:
    return [part[1:-1] for part in path.replace(".", "/").split("/") if part.startswith("{")]


def test_reading_with_a_canary_sings_in_no_problem(watched: Watched) -> None:
    whole = httpx.get(f"{watched.address}/openapi.json").json()
    before = len(watched.problems)
    with watched.client("dispatcher") as client:
        for path, operations in whole["paths"].items():
            if "get" not in operations or path.startswith(
                ("/tiles", "/feed/")
            ):  # tiles, and a stream without end
                continue
            at = path.format_map(dict.fromkeys(_in(path), "nobody"))
            names = [
                each["name"] for each in operations["get"].get("parameters", ()) if each["in"] == "query"
            ]
            for params in (dict.fromkeys(names, CANARY), {}):
                answer = client.get(at, params=params)
                if answer.status_code >= 400:
                    watched.take(answer)
    assert [(what, sings(said)) for what, said in watched.problems[before:] if sings(said)] == []


def test_the_cad_folder_the_feed_and_broken_lines_are_told_canaries_too(watched: Watched) -> None:
    record = {"id": "c1", "text": CANARY, "caller_name": NAME, "caller_phone": PHONE, "address": ADDRESS}
    for number, data in enumerate(
        (
            json.dumps(record).encode(),
            json.dumps(record)[:-9].encode(),
            CANARY.encode("utf-16"),
            b"\xff" + CANARY.encode(),
        )
    ):
        fresh = watched.cad / f"{number}.new"
        fresh.write_bytes(data)
        fresh.rename(watched.cad / "in" / f"{number}.json")
    socket_at = watched.address.replace("http", "ws") + "/feed"
    for first in (
        CANARY,
        json.dumps({"token": CANARY}),
        json.dumps({"token": watched.tokens["dispatcher"], "text": {"x": CANARY}}),
    ):
        try:
            with connect(socket_at, close_timeout=1) as socket:
                socket.send(first)
                socket.send(CANARY)
                socket.recv(1.0)
        except (WebSocketException, TimeoutError):
            continue
    assert wait_until(lambda: not list((watched.cad / "in").glob("*.json")), 20.0)


def test_what_is_written_openly_about_accesses_complaints_and_reads_never_sings(watched: Watched) -> None:
    """Reasons, refusals, reviews and searches with canaries in every field: their facts' open parts, the auditor's view and both reports are silent."""
    with watched.client("dispatcher") as desk, watched.client("commander") as commander:
        said = {"text": CANARY, "type_code": "theft", "caller_name": NAME, "caller_phone": PHONE}
        made = desk.post("/calls", json=said).json()
        call = {"subject_id": made["call_id"]}
        opened = desk.post(
            "/openings", json={**call, "purpose": "respond", "incident_id": made["incident_id"]}
        )
        assert opened.status_code == 200 and sings(opened.content), "whoever may read them reads them"
        watched.take(desk.post("/openings", json={**call, "purpose": WORDS}))
        watched.take(desk.post("/openings", json={**call, "purpose": "respond", "incident_id": CANARY}))
        watched.take(desk.post("/break-glass", json={**call, "reason": WORDS}))
        broken = desk.post("/break-glass", json={**call, "reason": "life_at_risk", "note": CANARY}).json()
        watched.take(desk.get(f"/incidents/{made['incident_id']}/callers"))
        review = f"/break-glass/{broken['access_id']}/review"
        watched.take(commander.post(review, json={"result": WORDS, "note": CANARY}))
        assert desk.post("/complaints", json={"about": "slow", "note": CANARY}).status_code == 201
        watched.take(desk.post("/complaints", json={"about": WORDS, "note": CANARY}))
        assert sings(desk.get("/complaints").content) == []
    month, week = time.strftime("%Y-%m"), time.strftime("%G-W%V")
    with watched.client("auditor") as auditor:
        for kind in (
            "DataOpened",
            "DataRefused",
            "GlassBroken",
            "GlassReviewed",
            "ComplaintRecorded",
            "CallReceived",
        ):
            after = 0
            while after is not None:
                page = auditor.post(
                    "/audit/search", json={"kinds": [kind], "after": after, "most": 200}
                ).json()
                for fact in page["facts"]:
                    assert sings(json.dumps(fact, ensure_ascii=False).encode()) == [], (kind, fact["seq"])
                after = page["next"]
        assert sings(auditor.get("/oversight", params={"period": month}).content) == []
        assert auditor.get("/oversight", params={"period": week}).status_code == 200
    assert [(what, sings(said)) for what, said in watched.problems if sings(said)] == []


def test_metrics_health_and_everything_the_service_wrote_to_its_logs_are_silent(watched: Watched) -> None:
    with watched.client("admin") as client:
        for path in ("/metrics", "/health"):
            answer = client.get(path)
            assert answer.status_code in (200, 404)
            assert sings(answer.content) == [], path
    time.sleep(1.0)
    assert sings(watched.output.read_bytes()) == []
