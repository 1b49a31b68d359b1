"""A call that our own code fails is kept as one that nobody could read: 202, its words for a dispatcher's eyes."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import httpx
import pytest

from firstminute.app.ports import JournalReader
from firstminute.app.services import assemble
from firstminute.app.settings import Settings
from firstminute.flow.commands import COMMAND_BY_NAME, Command
from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.facts.call import UnreadableCallReceived


def test_the_words_of_a_call_whose_decision_raises_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad(state: State, arguments: object, act: Act) -> list[Body]:
        raise RuntimeError("a bug")

    there = COMMAND_BY_NAME["receive_call"]
    monkeypatch.setitem(COMMAND_BY_NAME, "receive_call", Command(there.name, bad, there.policy, there.schema))
    service = assemble(Settings(data_dir=tmp_path))

    async def call() -> httpx.Response:
        token = {"authorization": f"Bearer {service.tokens.fresh['dispatcher']}", "idempotency-key": "k"}
        async with service.app.router.lifespan_context(service.app):
            door = httpx.ASGITransport(service.app)
            async with httpx.AsyncClient(transport=door, base_url="http://desk", headers=token) as client:
                return await client.post("/calls", content='{"text": "救命"}'.encode())

    try:
        answer = asyncio.run(call())
        assert answer.status_code == 202 and answer.json()["problems"] == ["command_failed"]
        (fact,) = JournalReader(service.store).after(0)
    finally:
        service.close()
    assert isinstance(fact.body, UnreadableCallReceived) and fact.body.raw is not None
    assert "救命".encode() in base64.b64decode(fact.body.raw)
