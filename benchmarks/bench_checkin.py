"""Morning muster over HTTP: 290,000 members as 23,000 rolls in batches of 200 teams, none lost, none doubled.

`ours` is members a second, the peer the 5,000 that bring a city's muster in within a minute. The same answer means: the service counts exactly the
members that were sent, also after every batch was sent twice under the same key.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Context, Row
from benchmarks.http_load import post_many
from tests.support.service import Running, running

NAME = "checkin"
TEAMS, MEMBERS, BATCH, TEAMS_AT_ONCE, NEEDED_S = 23_000, 290_000, 200, 5_000, 5_000.0

FOLLOWS_WITHIN_S = 10.0


def _fill(service: Running) -> None:
    """23,000 venues and teams, and the 290,000 members who are theirs."""
    venue: Any = service.city.registers["venues"][0]
    for first in range(0, TEAMS, TEAMS_AT_ONCE):
        span = range(first, min(TEAMS, first + TEAMS_AT_ONCE))
        venues = [
            {
                "venue_id": f"v{k}",
                "name": f"v{k}",
                "category": "market",
                "lon": venue.lon,
                "lat": venue.lat,
                "district": venue.district,
            }
            for k in span
        ]
        teams = [{"team_id": f"t{k}", "venue_id": f"v{k}", "name": f"t{k}"} for k in span]
        members = [{"member_id": each, "team_id": f"t{k}"} for k in span for each in _members(k)]
        for table, rows in (("venues", venues), ("teams", teams), ("members", members)):
            _put(service, table, rows)


def _put(service: Running, table: str, rows: list[dict[str, Any]]) -> None:
    with service.client("admin") as client:
        answer = client.put(
            f"/registers/{table}",
            content=json.dumps(rows),
            headers={"content-type": "application/json"},
            timeout=300,
        )
        assert answer.status_code == 200, answer.text[:300]


def _members(team: int) -> list[str]:
    """Ids of who belongs to a team, so that all teams together have 290,000."""
    strength = MEMBERS * (team + 1) // TEAMS - MEMBERS * team // TEAMS
    return [f"{team:028x}{n:04x}" for n in range(strength)]


def run(context: Context) -> list[Row]:
    """One muster, then every batch again under its key."""
    until_s = time.time() + 8 * 3600
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), with_ground=False, venues=40) as service,
    ):
        _fill(service)
        bodies = []
        for first in range(0, TEAMS, BATCH):
            rolls = [
                {"team_id": f"t{k}", "shift": "day", "on_duty": len(_members(k)), "reachable": len(_members(k)), "method": "list",
                 "until_s": until_s, "member_ids": _members(k)}
                for k in range(first, min(TEAMS, first + BATCH))
            ]  # fmt: skip
            bodies.append(json.dumps({"rolls": rolls}).encode())
        token = service.tokens["dispatcher"]
        sent = [
            post_many(
                service.address,
                "/muster/rolls/batch",
                token,
                writers=4,
                requests=len(bodies),
                body=lambda k: (f"Idempotency-Key: roll-{k}\r\n".encode(), bodies[k]),
            )
            for _ in range(2)
        ]
        with service.client("dispatcher") as client:
            ends_s = time.monotonic() + FOLLOWS_WITHIN_S
            muster = client.get("/muster", timeout=60).json()
            while muster["standing"] < TEAMS and time.monotonic() < ends_s:  # the screen follows the record
                muster = client.get("/muster", timeout=60).json()
    same = (
        all(set(load.status) == {201} for load in sent)
        and muster["members_on_duty"] == MEMBERS
        and muster["standing"] == TEAMS
    )
    rate = MEMBERS / sent[0].seconds
    return [
        Row(
            name=NAME,
            work=f"members/s, {MEMBERS} as {TEAMS} rolls over HTTP",
            ours=rate,
            peer=NEEDED_S,
            peer_name="needed",
            ratio=rate / NEEDED_S,
            same_answer=same,
        )
    ]
