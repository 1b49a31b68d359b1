"""The service keeps to its own description: schemathesis finds nothing, and everything that listens is described."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import httpx
import pytest

from firstminute.api import app as edge
from firstminute.api import feed
from firstminute.api.app import ROUTERS
from firstminute.api.auth import POLICIES
from firstminute.app.services import assemble
from firstminute.app.settings import Settings
from firstminute.flow.commands import COMMANDS
from tests.support.exploring import explore, paths_of
from tests.support.service import Running

CASES = 2


@pytest.mark.parametrize("role", ["dispatcher", "admin"])
def test_schemathesis_finds_nothing(service: Running, tmp_path: Path, role: str) -> None:
    """What the role may do, of an administrator's what a dispatcher may not; `make soak` explores all as every role, ten thousand cases and more each."""
    passed_over = set(paths_of(service, "dispatcher")) if role == "admin" else set()
    only = [path for path in paths_of(service, role) if path not in passed_over]
    found = explore(service, role, tmp_path, cases=CASES, phases="examples,fuzzing,stateful", only=only)
    assert found.passed, found.said
    assert found.cases > len(only)


@pytest.mark.parametrize("role", ["resident", "member", "partner", "security_admin"])
def test_schemathesis_finds_nothing_in_what_a_role_may_do(
    service: Running, tmp_path: Path, role: str
) -> None:
    found = explore(service, role, tmp_path, cases=1, phases="fuzzing", only=paths_of(service, role))
    assert found.passed, found.said
    assert found.cases >= 3


def test_the_description_is_made_once_and_never_on_the_thread_that_answers_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds of a processor, and whoever may reach the service may ask for it."""
    made_by: list[threading.Thread] = []

    def get_openapi(**given: object) -> dict[str, object]:
        made_by.append(threading.current_thread())
        time.sleep(0.1)
        return {"paths": {}}

    monkeypatch.setattr(edge, "get_openapi", get_openapi)
    service = assemble(Settings(data_dir=tmp_path))

    async def ask() -> list[httpx.Response]:
        door = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=door, base_url="http://desk") as client:
            return await asyncio.gather(*(client.get("/openapi.json") for _ in range(3)))

    try:
        answers = asyncio.run(ask())
    finally:
        service.close()
    assert [each.status_code for each in answers] == [200, 200, 200]
    assert len(made_by) == 1 and made_by[0] is not threading.main_thread()


def test_every_operation_says_its_policy_and_its_problems(service: Running) -> None:
    described = httpx.get(f"{service.address}/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["x-policy"] in POLICIES, (method, path)
            if operation["x-policy"] != "open":
                assert operation["security"] == [{"bearer": []}], (method, path)
                assert "401" in operation["responses"] and "403" in operation["responses"], (method, path)


def test_every_command_a_person_may_give_has_a_route(service: Running) -> None:
    described = json.dumps(httpx.get(f"{service.address}/openapi.json").json())
    elsewhere = {
        "receive_unreadable_call",  # what POST /calls makes of bytes that nobody can read
        "refuse_data",  # what every opening that is refused leaves behind
        "record_account",  # what the service itself writes down after an act on an account
    }
    missing = [
        command.name
        for command in COMMANDS
        if command.policy != "system"
        and command.name not in elsewhere
        and f'"x-command": "{command.name}"' not in described
    ]
    assert missing == []


def test_every_topic_and_router_is_known() -> None:
    assert set(feed.TOPICS.values()) <= set(POLICIES)
    assert len(ROUTERS) == len({module.__name__ for module in ROUTERS})


def test_nothing_listens_without_a_token_but_the_page_its_tiles_its_description_and_the_way_in(
    service: Running,
) -> None:
    described = httpx.get(f"{service.address}/openapi.json").json()
    opened = {
        path
        for path, operations in described["paths"].items()
        for operation in operations.values()
        if operation["x-policy"] == "open"
    }
    way_in = {  # what gives a token cannot ask for one
        "/session", "/session/ways", "/session/passkey", "/setup", "/enrolment", "/sso/begin", "/sso/finish", "/registrations", "/registrations/claim",
    }  # fmt: skip
    public = {"/report", "/report/files", "/report/follow", "/report/notices"}  # for anybody, with a budget
    assert opened == {"/tiles/{z}/{x}/{y}.mvt", *way_in, *public}
