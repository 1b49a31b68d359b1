"""Closed data over HTTP: asked for by one, agreed to by another, read by the first alone and not for long."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from firstminute.flow.deciders import opening
from firstminute.model.envelope import Actor
from tests.support.rights.city import City, Standing

LASTS_S = 2.0
FIRST = Actor(id="first", role="dispatcher", district="north", seat="n1")
SECOND = Actor(id="second", role="commander", district="north")
COLLEAGUE = Actor(id="colleague", role="dispatcher", district="north", seat="n2")
SOUTH = Actor(id="south", role="commander", district="south")
CLERK = Actor(id="clerk", role="admin")
OTHER_CLERK = Actor(id="other-clerk", role="admin")


async def _ask(city: City, who: Actor, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {city.token(who)}"}
    return await city.client.request(method, path, json=body, headers=headers)


async def _shown_to_the_first_alone(city: City) -> None:
    ids = city.things["north"].ids
    words = "SINGS-north-words"
    asked = {
        "subject_id": ids["closed_call_id"],
        "incident_id": ids["closed_incident_id"],
        "purpose": "review",
    }
    answer = await _ask(city, FIRST, "POST", "/openings", asked)
    assert answer.status_code == 202 and words not in answer.text
    key = answer.json()["proposal_id"]
    mine = (await _ask(city, FIRST, "GET", "/openings")).json()
    assert mine["openings"] == [] and [each["proposal_id"] for each in mine["waiting"]] == [key]
    assert (await _ask(city, FIRST, "GET", f"/openings/{key}")).status_code == 404
    for who, status in ((FIRST, 403), (COLLEAGUE, 403), (SOUTH, 404)):
        refused = await _ask(city, who, "POST", f"/proposals/{key}/confirm")
        assert refused.status_code == status, (who.id, refused.text)
    done = await _ask(city, SECOND, "POST", f"/proposals/{key}/confirm")
    assert done.status_code == 200 and words not in done.text, done.text
    shown = await _ask(city, FIRST, "GET", f"/openings/{key}")
    assert shown.status_code == 200 and words in shown.text and "mentions" not in shown.json()
    assert (await _ask(city, FIRST, "GET", f"/openings/{key}")).status_code == 200, "again within the time"
    for who in (SECOND, COLLEAGUE, SOUTH, CLERK):
        hidden = await _ask(city, who, "GET", f"/openings/{key}")
        assert hidden.status_code == 404 and words not in hidden.text
        assert (await _ask(city, who, "GET", "/openings")).json()["openings"] == []
    await asyncio.sleep(LASTS_S)
    assert (await _ask(city, FIRST, "GET", f"/openings/{key}")).status_code == 404, "the time is over"
    assert (await _ask(city, FIRST, "GET", "/openings")).json() == {"openings": [], "waiting": []}


async def _an_export_too(city: City) -> None:
    ids = city.things["north"].ids
    open_now = await _ask(city, CLERK, "POST", "/exports", {"subject_id": ids["call_id"]})
    assert open_now.status_code == 200 and "SINGS-north-caller" in open_now.text
    answer = await _ask(city, CLERK, "POST", "/exports", {"subject_id": ids["closed_call_id"]})
    assert answer.status_code == 202 and "SINGS" not in answer.text
    key = answer.json()["proposal_id"]
    assert (await _ask(city, CLERK, "POST", f"/proposals/{key}/confirm")).status_code == 403
    assert (await _ask(city, OTHER_CLERK, "POST", f"/proposals/{key}/confirm")).status_code == 200
    shown = await _ask(city, CLERK, "GET", f"/openings/{key}")
    assert "SINGS-north-caller" in shown.text and shown.json()["mentions"] == []


def test_closed_data_are_shown_to_whoever_asked_once_somebody_else_agrees_and_for_no_longer_than_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "READ_WITHIN_S", LASTS_S)

    async def play() -> None:
        async with Standing(tmp_path / "data") as city:
            await _shown_to_the_first_alone(city)
            await _an_export_too(city)

    asyncio.run(play())
