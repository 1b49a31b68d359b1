"""Three districts that have the same things, each under names that sing: whatever of one shows up before the eyes of another is a leak.

Idea: the real service on a real store, in this process; each district gets a station, a crew, a venue with its team, people, a zone, an
open and a closed incident with their calls, an alert, a task, a roll-call and a drill. All that a person reads about district `north` holds
`SINGS-north-`; every id that was made for it is known too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from firstminute.app.secrets import Tokens
from firstminute.app.services import Service, assemble
from firstminute.app.settings import Settings
from firstminute.model.envelope import SYSTEM, Actor
from firstminute.model.records import District, Member, MustVisit, Station, Team, Unit, Venue, Zone
from firstminute.model.roles import ACCOUNT_ROLES
from firstminute.store.import_export import change_of
from tests.support.media import picture

DISTRICTS = ("north", "south", "east")
AT = {"north": (113.30, 23.30), "south": (113.30, 22.60), "east": (114.20, 22.95)}
SINGS = re.compile(r"SINGS-(north|south|east)")
ROLES = (*ACCOUNT_ROLES, "partner", "device", "admin")
WHOLE_CITY_ROLES = frozenset({"auditor", "security_admin", "system_admin"})
"""三员: their duty is of the whole city, they hold no place."""


@dataclass(eq=False)
class Things:
    """What one district has, by the name of the argument that would name it. Stations and zones are public: they do not sing."""

    district: str
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def made(self) -> frozenset[str]:
        """Ids that nobody outside can know."""
        names = ("incident_id", "call_id", "alert_id", "assignment_id", "task_id", "spot_id", "drill_id", "closed_incident_id", "closed_call_id", "hold_id",
                 "proposal_id", "share_id", "access_id", "complaint_id", "attachment_id")  # fmt: skip
        return frozenset(self.ids[name] for name in names if self.ids.get(name))


def actor_of(role: str, district: str, things: Things) -> Actor:
    """Somebody of a district in a role; the three duties are of the whole city."""
    speaks = {
        "patrol": {"unit_id": things.ids["unit_id"]},
        "device": {"unit_id": things.ids["unit_id"]},
        "lead": {"team_id": things.ids["team_id"]},
        "member": {"team_id": things.ids["team_id"]},
    }.get(role, {})
    placed = None if role in WHOLE_CITY_ROLES else district
    return Actor(id=f"{role}-{district}", role=role, district=placed, seat=f"seat-{district}", **speaks)


class City:
    """The running city."""

    def __init__(self, service: Service, client: httpx.AsyncClient, tokens: Tokens) -> None:
        self.service, self.client, self._tokens = service, client, tokens
        self.things = {district: Things(district) for district in DISTRICTS}
        self.actors: dict[tuple[str, str], Actor] = {}
        self._token: dict[str, str] = {}

    async def do(
        self, name: str, arguments: Mapping[str, Any], actor: Actor, *, world: str = "live"
    ) -> dict[str, Any]:
        """A command that must be done."""
        desk = self.service.desk
        ack = await asyncio.wrap_future(desk.submit(name, arguments, actor, desk.new_id(), world=world))  # type: ignore[arg-type]
        assert ack.done, (name, arguments, ack)
        return ack.reply

    def of_the_city(self, role: str) -> Actor:
        """Somebody in a role who answers for the whole city."""
        return Actor(id=f"{role}-city", role=role, seat="seat-city")

    def token(self, actor: Actor) -> str:
        """A bearer token of somebody."""
        if actor.id not in self._token:
            self._token[actor.id] = self._tokens.add(actor)
        return self._token[actor.id]

    async def build(self) -> None:
        """Everything there is."""
        chief = Actor(id="chief", role="admin")
        for table, rows in registers().items():
            await self.do("change_register", change_of(table, rows), chief)
        for district in DISTRICTS:
            await self._furnish(district)
        for district in DISTRICTS:
            for role in ROLES:
                self.actors[role, district] = actor_of(role, district, self.things[district])
        for actor in self.actors.values():
            self.token(actor)

    async def _furnish(self, district: str) -> None:
        desk = Actor(id=f"setup-{district}", role="commander", seat=f"seat-{district}", district=district)
        things = self.things[district]
        ids = things.ids = {
            "district": district, "to_district": district, "station_id": f"S-{district}", "unit_id": f"U-{district}", "unit_ids": [f"U-{district}"],
            "venue_id": f"V-{district}", "team_id": f"T-{district}", "team_ids": [f"T-{district}"], "member_id": f"M-{district}-0", "seat": f"seat-{district}",
            "responder_ids": [f"U-{district}"], "responder_id": f"U-{district}", "with_unit_id": f"U-{district}", "key": f"V-{district}", "table": "venues",
            "point_id": f"P-{district}",
        }  # fmt: skip
        lon, lat = AT[district]
        place = {"points": [[lon, lat]], "radius_m": 20.0, "address": f"SINGS-{district}-address"}
        await self.do("unit_on_duty", {"unit_id": ids["unit_id"]}, desk)
        roll = {
            "team_id": ids["team_id"],
            "shift": "day",
            "on_duty": 2,
            "member_ids": [f"M-{district}-0", f"M-{district}-1"],
        }
        await self.do("take_roll", roll, desk)
        for kind in ("closed_", ""):
            # a fight: the gate keeps neighbours out, the own people are informed
            call = {
                "type_code": "fight", "place": place, "venue_id": ids["venue_id"], "text": f"SINGS-{district}-words", "caller_name": f"SINGS-{district}-caller",
                "caller_phone": f"1380000{DISTRICTS.index(district):04}", "seat": f"seat-{district}",
            }  # fmt: skip
            said = await self.do("receive_call", call, desk)
            ids[f"{kind}call_id"], ids[f"{kind}incident_id"] = said["call_id"], said["incident_id"]
            await self.do(
                "add_note", {"incident_id": said["incident_id"], "note": f"SINGS-{district}-note"}, desk
            )
            if kind:
                stop = {"incident_id": said["incident_id"], "reason": "settled"}
                await self.do("stand_down", stop, desk)
                await self.do(
                    "close_incident", {"incident_id": said["incident_id"], "outcome": "resolved"}, desk
                )
        send = {
            "incident_id": ids["incident_id"],
            "responder_ids": [ids["unit_id"]],
            "reason_code": "known_better",
        }
        await self.do("dispatch", send, desk)
        bound = await asyncio.wrap_future(
            self.service.desk.ask(lambda state: _bound(state, ids["incident_id"]))
        )
        ids.update(bound)
        ids["subject_id"], ids["subject_ids"] = ids["incident_id"], [ids["incident_id"]]
        task = {
            "what": "train",
            "owner": ids["unit_id"],
            "within_s": 900.0,
            "incident_id": ids["incident_id"],
            "note": f"SINGS-{district}-task",
        }
        ids["task_id"] = (await self.do("set_task", task, desk))["task_id"]
        ids["spot_id"] = (await self.do("start_spot_call", {"team_ids": ids["team_ids"]}, desk))["spot_id"]
        drill = {"team_ids": ids["team_ids"]}
        ids["drill_id"] = (await self.do("start_pull_test", drill, desk, world="exercise"))["drill_id"]
        hold = {
            "subject_ids": [ids["closed_incident_id"]],
            "reason": "court",
            "note": f"SINGS-{district}-hold",
        }
        ids["hold_id"] = (await self.do("hold_data", hold, Actor(id="chief", role="admin")))["hold_id"]
        kept = await self.client.post(
            f"/incidents/{ids['incident_id']}/attachments",
            content=picture(),
            headers={"authorization": f"Bearer {self.token(desk)}"},
        )
        ids["attachment_id"] = kept.raise_for_status().json()["attachment_id"]
        broken = {"subject_id": ids["closed_call_id"], "reason": "order", "note": f"SINGS-{district}-glass"}
        ids["access_id"] = (await self.do("break_glass", broken, desk))["access_id"]
        complaint = {
            "about": "slow",
            "incident_id": ids["closed_incident_id"],
            "note": f"SINGS-{district}-complaint",
        }
        ids["complaint_id"] = (await self.do("record_complaint", complaint, desk))["complaint_id"]
        grade = {"grade": "heightened", "reason": "crowd", "district": district}
        ids["proposal_id"] = (await self.do("switch_grade", grade, desk))["proposal_id"]
        other = DISTRICTS[(DISTRICTS.index(district) + 1) % 3]
        ids["other_district"] = other


def _bound(state: Any, incident_id: str) -> dict[str, str]:
    about = state.respond.incidents[incident_id]
    asked = next(key for key in about.alerts if state.respond.alerts[key].team_id is not None)
    crew = next(key for key in about.assignments if state.respond.assignments[key].responder_kind == "unit")
    return {"alert_id": asked, "assignment_id": crew}


def registers() -> dict[str, list[dict[str, Any]]]:
    """The rows of the three districts."""
    from firstminute.model.encoding import encode

    rows: dict[str, list[Any]] = {"districts": [District(district_id="city", name="city")]}
    for name, (lon, lat) in AT.items():
        ring = tuple(
            (lon + x, lat + y) for x, y in ((-0.05, -0.05), (0.05, -0.05), (0.05, 0.05), (-0.05, 0.05))
        )
        more: dict[str, list[Any]] = {
            "districts": [District(district_id=name, name=name, parent="city")],
            "stations": [Station(station_id=f"S-{name}", name=f"station of {name}", lon=lon, lat=lat, district=name, reserve=7)],
            "units": [Unit(unit_id=f"U-{name}", call_sign=f"SINGS-{name}-crew", kind="car", mode="car", station_id=f"S-{name}", district=name)],
            "venues": [Venue(venue_id=f"V-{name}", name=f"SINGS-{name}-market", category="market", lon=lon, lat=lat, district=name, station_id=f"S-{name}")],
            "teams": [Team(team_id=f"T-{name}", venue_id=f"V-{name}", name=f"SINGS-{name}-team", trained=("restrain",), kit=("shield",))],
            "members": [Member(member_id=f"M-{name}-{k}", team_id=f"T-{name}", trained=("restrain",)) for k in range(2)],
            "must_visits": [MustVisit(point_id=f"P-{name}", name=f"SINGS-{name}-gate", lon=lon, lat=lat, district=name, station_id=f"S-{name}",
                                      from_min=0, until_min=1440, note=f"SINGS-{name}-look")],
            "zones": [Zone(zone_id=f"Z-{name}", name=f"zone of {name}", zone_class="dense", district=name, ring=ring)],
        }  # fmt: skip
        for table, some in more.items():
            rows.setdefault(table, []).extend(some)
    return {table: [encode(row) for row in some] for table, some in rows.items()}


class Standing:
    """A city that stands while it is used, on the event loop of whoever asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __aenter__(self) -> City:
        """Build it."""
        settings = Settings(
            data_dir=self._folder,
            token_requests_per_s=0.0,
            address_requests_per_s=0.0,
            address_guesses_per_s=0.0,
            snapshot_minutes=0.0,
        )
        self._service = assemble(settings)
        self._life = self._service.app.router.lifespan_context(self._service.app)
        await self._life.__aenter__()
        transport = httpx.ASGITransport(self._service.app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=30.0)
        city = City(self._service, self._client, self._service.tokens)
        await city.build()
        return city

    async def __aexit__(self, *problem: object) -> None:
        """Take it down."""
        await self._client.aclose()
        await self._life.__aexit__(None, None, None)
        self._service.close()


def dumps(value: Any) -> bytes:
    """A body."""
    return json.dumps(value).encode()


__all__ = ["DISTRICTS", "ROLES", "SINGS", "SYSTEM", "City", "Standing", "Things", "dumps"]
