"""Role by role: members, companies, partners and residents are never told where the police are, go, stand or are missing.

Idea: the real service, a whole incident with crews that move; whatever a listener of each role is sent, at first and afterwards, is
searched for the crews, their positions and everything that says how they are spread. The desk's own listener must have been sent all of it,
or the search would prove nothing.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from firstminute.api.access import audience_of
from firstminute.api.feed import names_of
from firstminute.model.access.policies import OUTSIDE
from tests.support.rights.city import ROLES, City, Standing

LON, LAT = 113.317913, 23.318197
"""Where the crew is: figures that stand nowhere else."""
SECRETS = (
    "U-north", "SINGS-north-crew", str(LON), str(LAT), '"positions"', '"gaps"', '"shares"', '"candidates"', '"recommendation"', '"reserve"', '"posts"',
    '"stack"', '"units_on_duty"', '"crews"', '"travel_s"', "must_visit", "geometry",
    '"point/', "SINGS-north-gate", "SINGS-north-look", '"closed_off"',
)  # fmt: skip
BY_ROUTE = ("/incidents", "/feed/snapshot", "/search?q=SINGS", "/catalogue", "/me", "/health")


async def live(city: City) -> dict[str, str]:
    """What each role is sent over a whole incident: role → text."""
    hub, ids, sent = city.service.hub, city.things["north"].ids, dict[str, list[Any]]()
    clients = {}
    for role in ROLES:
        actor = city.actors[role, "north"]
        client, first = hub.join(audience_of(actor), names_of(actor))
        clients[role], sent[role] = client, [first]
    desk = city.actors["commander", "north"]

    async def say(method: str, path: str, body: Any = None, role: str = "commander") -> None:
        answer = await city.client.request(
            method,
            path,
            json=body,
            headers={"authorization": f"Bearer {city.token(city.actors[role, 'north'])}"},
        )
        assert answer.status_code < 300, (path, answer.text)

    await say("POST", f"/alerts/{ids['alert_id']}/accept", {}, "lead")
    await say("POST", "/positions", [{"unit_id": ids["unit_id"], "lon": LON, "lat": LAT}], "patrol")
    await say(
        "POST",
        f"/incidents/{ids['incident_id']}/post",
        {"what": "staging", "name": "gate", "place": {"points": [[LON, LAT]], "radius_m": 5.0}},
    )
    await say("POST", f"/assignments/{ids['assignment_id']}/en-route", {}, "patrol")
    hub.publish(
        hub.seq,
        {
            "coverage/now": {
                "computed_at_seq": 1,
                "shares": {"60": 0.1},
                "gaps": [[LON, LAT]],
                "units": 1,
                "by_district": {},
            }
        },
    )
    hub.move({ids["unit_id"]: (LON, LAT, 1.0)})
    await say("POST", f"/assignments/{ids['assignment_id']}/arrived", {}, "patrol")
    await say("POST", f"/points/{ids['point_id']}/left-out", {"reason": "closed_off"}, "patrol")
    await say("POST", f"/points/{ids['point_id']}/visited", {}, "patrol")
    await say("POST", f"/assignments/{ids['assignment_id']}/cleared", {}, "patrol")
    await city.do("stand_down", {"incident_id": ids["incident_id"], "reason": "settled"}, desk)
    await asyncio.sleep(2.5)  # messages go out by their own clock
    for role, client in clients.items():
        while not client.queue.empty():
            sent[role].append(client.queue.get_nowait())
    for role in OUTSIDE:
        for path in BY_ROUTE:
            token = city.token(city.actors[role, "north"])
            answer = await city.client.get(path, headers={"authorization": f"Bearer {token}"})
            if answer.status_code == 200:
                told = answer.json()
                told.pop("messages", None)  # the words for every code, of which none is about anybody
                sent[role].append(told)
    return {role: json.dumps(messages, ensure_ascii=False) for role, messages in sent.items()}


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, str]:
    """Role → everything it was sent."""

    async def all_of_it() -> dict[str, str]:
        async with Standing(folder / "feed") as city:
            return await live(city)

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("role", OUTSIDE)
def test_they_are_told_nothing_of_where_the_police_are(told: dict[str, str], role: str) -> None:
    assert [secret for secret in SECRETS if secret in told[role]] == []


@pytest.mark.parametrize(
    "role", ["inspector", "analyst", "case_officer", "auditor", "security_admin", "system_admin", "admin"]
)
def test_nor_is_who_works_for_the_city_but_not_at_the_desk(told: dict[str, str], role: str) -> None:
    assert [secret for secret in SECRETS if secret in told[role]] == []


def test_a_team_hears_that_police_come_in_about_some_minutes(told: dict[str, str]) -> None:
    assert '"police_about_min"' in told["lead"] and '"police_about_min"' in told["member"]
    assert "SINGS-north-market" in told["lead"], (
        "it sees its own venue, so the search above had something to look through"
    )


def test_must_visit_points_are_told_to_the_desk_and_the_patrol_of_the_district_alone(
    told: dict[str, str],
) -> None:
    reads = ("dispatcher", "commander", "patrol")
    assert {role for role in told if "SINGS-north-gate" in told[role]} == set(reads)
    assert all('"closed_off"' in told[role] and '"visited"' in told[role] for role in reads)
    assert "SINGS-south-gate" not in told["patrol"] + told["dispatcher"]


def test_the_desk_is_told_all_of_it(told: dict[str, str]) -> None:
    missing = [secret for secret in SECRETS[:11] if secret not in told["dispatcher"]]
    assert missing == []
