"""The matrix: every route × every role × three districts × one's own thing, another district's, and one that is not there.

Idea: requests are made from the routes themselves and from what their commands take, so a new route is asked without being listed. Whatever comes back is
searched for what sings of another district and for its ids; an act on another district's thing must not be done. Reading comes first, then acts on what is not
one's own, then acts on one's own, which change the city. A route whose request nobody at all can have done or refused for a reason of its own is listed as
`unasked`, and there is none.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, get_type_hints

import httpx
from fastapi.routing import APIRoute

from firstminute.api.auth import POLICIES
from firstminute.flow.access.allowed import AREA
from firstminute.flow.access.allowed import OBJECTS as NAMES
from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.model.envelope import Actor
from firstminute.respond.reasons import REASONS
from scripts.reference import http
from tests.support.media import picture
from tests.support.rights.city import AT, DISTRICTS, ROLES, SINGS, City, Things, dumps

READS = ("GET",)
NEVER_ENDS = frozenset({"/feed/events"})
"""A stream: the same rows come by the snapshot and by the hub, which the feed test follows."""
PUBLIC = frozenset({"/search"})
"""Names and points of venues and streets are public geography: whoever takes a call must find the place, wherever it is (policy `place`)."""
OUTSIDE = frozenset({"/border"})
"""Served by the zone outside alone; the desk's own service does not have it."""
NOTHING_BEHIND = frozenset({
    "POST /session", "POST /setup", "POST /enrolment", "POST /heads", "POST /session/switch", "POST /sso/finish", "POST /sso/link", "POST /registrations",
    "POST /registrations/claim", "POST /accounts/{account_id}/cards", "POST /me/app", "PUT /me/app", "PUT /me/password", "PUT /me/pin",
    "POST /me/passkeys", "POST /me/passkeys/begin", "POST /me/passkeys/{passkey_id}/remove", "POST /me/recovery",
    "POST /report",
})  # fmt: skip
"""Ways in, one's own secrets, other desks' heads and the public form: what they take is a secret, a signature or anybody's words, and no thing of a district
stands behind them."""
IN_CITY = ("dispatcher", "commander", "admin", "partner")
"""Roles that are also asked for the whole city, so that what is of the whole city is granted to somebody."""
NOBODY = "0" * 32
OBJECTS = ("own", "other", "none")
REASON_OF = {
    "raise_level": "level", "offer_transfer": "transfer", "stand_down": "stand_down", "reopen_incident": "reopen", "detach_call": "detach",
    "withdraw_alert": "withdraw", "decline_alert": "decline", "release_assignment": "release", "switch_grade": "grade", "recall": "recall",
    "set_unit_status": "status", "leave_out_point": "point", "send_keep_away": "keep_away", "lift_keep_away": "lift", "offer_share": "share",
    "hold_data": "hold", "release_hold": "release_hold",
    "correct_data": "correct", "renew_keys": "renew", "end_drill": "",
}  # fmt: skip
SAID: dict[str, Any] = {
    "question": "weapon", "answer": "accepted", "text": "x", "note": "x", "within_s": 300.0, "lasts_s": 600.0,
    "radius_m": 500.0, "level": 2, "outcome": "resolved",
    "line": "x", "what": "train", "owner": "x", "name": "gate", "measure": "stop_payment", "verdict": "right", "grade": "emergency", "shift": "late",
    "count": 0,     "from_person": "a", "to_person": "b", "person": "b", "findings": ["answering"], "kit": ["aed"], "on_duty": 2, "status": "resting",
    "ring": "neighbour_aid",
    "accepted": True, "well": True, "safe": True, "agency": "119", "request_id": NOBODY, "promise_id": NOBODY, "result": "reached", "purpose": "respond",
    "z": 0, "y": 0, "channel": "page", "commander_id": "c", "compared_on": "replay", "due_s": 4e9, "until_s": 4.1e9, "note_code": "other",
}  # fmt: skip


@dataclass
class Cell:
    """What came of one route for one role."""

    passes: bool
    asked: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)


@dataclass
class Matrix:
    """What came of all. `leaks`: one line each."""

    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    requests: int = 0

    def misshapen(self) -> list[str]:
        """Routes whose requests nobody at all could have granted, because they were not shaped as they should be: they would prove nothing."""
        found = []
        for name, _ in routes():
            own = {
                status
                for role in ROLES
                for (kind, status), count in self.cells[name, role].answers.items()
                if kind == "own" and count
            }
            if own <= {401, 403, 405, 413, 415, 422} and name not in NOTHING_BEHIND:
                found.append(f"{name}: {sorted(own)}")
        return found

    def table(self) -> str:
        """Route by route: its policy, the roles that pass the door, requests by object, leaks."""
        lines = ["route | policy | roles that pass | requests own/other/none | leaks", "---|---|---|---|---"]
        for name, policy in routes():
            cells = [(role, self.cells[name, role]) for role in ROLES if (name, role) in self.cells]
            passing = ", ".join(role for role, cell in cells if cell.passes) or "anybody"
            asked = sum((cell.asked for _, cell in cells), Counter[str]())
            leaks = sum(line.startswith(f"{name} ") for line in self.leaks)
            lines.append(
                f"{name} | {policy} | {passing} | {'/'.join(str(asked[each]) for each in OBJECTS)} | {leaks}"
            )
        lines.append(f"{self.requests} requests, {len(self.leaks)} leaks, {len(self.broken)} broken answers")
        return "\n".join(lines)


def routes() -> list[tuple[str, str]]:
    """Every route by method and path, with its policy."""
    found = [
        (f"{http.method_of(route)} {route.path}", http.policy_of(route))
        for _, route in http.routes()
        if isinstance(route, APIRoute) and route.path not in NEVER_ENDS | OUTSIDE
    ]
    return sorted(found, key=_order)


def _order(named: tuple[str, str]) -> tuple[int, str]:
    """Reading first; what takes the city apart last."""
    method, _, path = named[0].partition(" ")
    last = path.startswith(("/registers", "/session", "/erasures", "/units"))
    return (0 if method in READS else 2 if last else 1), named[0]


def _api_routes() -> dict[str, APIRoute]:
    return {
        f"{http.method_of(route)} {route.path}": route
        for _, route in http.routes()
        if isinstance(route, APIRoute)
    }


def request_of(route: APIRoute, ids: dict[str, Any]) -> tuple[str, dict[str, Any], bytes | None]:
    """Path, query and body of a request about the things that `ids` names."""
    at = re.sub(
        r"\{(\w+)\}",
        lambda match: str(0 if match[1] == "x" else ids.get(match[1], SAID.get(match[1], "x"))),
        route.path,
    )
    if route.path == "/osmand":
        return (
            at,
            {"id": ids["unit_id"], "lat": 23.3, "lon": 113.3},
            b"" if "POST" in (route.methods or set()) else None,
        )
    query = {
        each.name: ids.get(
            each.name,
            {
                "lon": 113.3,
                "lat": 23.3,
                "q": "SINGS",
                "period": "2026-11",
                "at_s": 4e9,
                "through": "113.3,23.3;113.301,23.301",
            }.get(each.name, "x"),
        )
        for each in route.dependant.query_params
        if each.field_info.is_required()
    }
    if "GET" in (route.methods or set()):
        return at, query, None
    if route.path.endswith("/attachments"):
        return at, query, picture()
    return at, query, dumps(body_of(route, ids))


def body_of(route: APIRoute, ids: dict[str, Any]) -> Any:
    """A body that says what the command takes, about the things that `ids` names."""
    special = {
        "/positions": [{"unit_id": ids["unit_id"], "lon": 113.3, "lat": 23.3}],
        "/calls": {"text": "x", "channel": "page"},
        "/cad/incidents/{external_id}": {"text": "x"},  # where it is, anybody may say of any place
        "/registers/{table}": [ids["row"]],
        "/muster/rolls/batch": {"rolls": [{"team_id": ids["team_id"], "shift": "late", "on_duty": 2}]},
        "/muster/phones": {"station_id": ids["station_id"]},
        "/session": {"name": "x", "password": "y"},
        "/setup": {"code": "x", "name": "x", "password": "x", "one_time": "1"},
        "/enrolment": {"code": "x", "label": "x"},
        "/accounts": {"name": "somebody", "role": "analyst"},
        "/accounts/{account_id}/roles": {"role": "analyst"},
        "/exports": {"subject_id": ids["subject_id"]},
        "/openings": {"subject_id": ids["call_id"], "purpose": "respond", "incident_id": ids["incident_id"]},
        "/break-glass": {"subject_id": ids["call_id"], "reason": "life_at_risk"},
        "/break-glass/{access_id}/review": {"result": "justified"},
        "/audit/search": {},
        "/me/at": {"code": "a code that hangs nowhere"},
        "/me/duty/ways": {"channels": ["page"]},
        "/assignments/{assignment_id}/near": {"lon": 113.3, "lat": 23.3},
        "/registrations/{registration_id}": {"approved": True},
        "/complaints": {"about": "slow", "incident_id": ids["incident_id"], "note": "x"},
        "/complaints/{complaint_id}/answer": {"result": "upheld"},
        "/erasures": {"subject_ids": ids["subject_ids"], "reason": "order"},
        "/corrections": {"subject_id": ids["subject_id"], "values": {"text": "x"}, "reason": "document"},
    }
    if route.path.endswith("/original"):
        return {"purpose": "case", "file_id": "A-1"}
    if route.path in special:
        return special[route.path]
    name = (route.openapi_extra or {}).get("x-command", "")
    if name not in COMMAND_BY_NAME:
        return {}
    schema = COMMAND_BY_NAME[name].schema
    hints, body = get_type_hints(schema), {}
    for each in fields(schema):
        if f"{{{each.name}}}" in route.path or each.name in ("keyless", "related", "problem"):
            continue
        if (
            each.default is not MISSING
            and each.name not in ids
            and each.name not in ("reason", "reason_code")
        ):
            continue
        if each.name in ("reason", "reason_code") and name in REASON_OF:
            body[each.name] = next(iter(REASONS.get(REASON_OF[name], ("stopped",))))
        elif each.name == "reason":
            body[each.name] = "a reason that is long enough"
        elif each.name in ids:
            body[each.name] = ids[each.name]
        elif each.name == "outcome" and "call" in name:
            body[each.name] = "no_incident"
        elif each.name == "what" and name == "set_post":
            body[each.name] = "post"
        elif each.name in SAID:
            body[each.name] = SAID[each.name]
        elif hints[each.name] is str:
            body[each.name] = "x"
        elif hints[each.name] is float:
            body[each.name] = 60.0
        elif hints[each.name] is int:
            body[each.name] = 1
    return body


def ids_for(city: City, district: str, other: str, kind: str) -> dict[str, Any]:
    """What a request names: things of one's own district, of another, or of none."""
    things = city.things[other if kind == "other" else district]
    ids = dict(things.ids)
    if kind == "none":
        ids = {name: [NOBODY] if isinstance(value, list) else NOBODY for name, value in ids.items()}
        ids["table"] = "venues"
    lon, lat = AT[things.district]  # a row that whoever answers for the whole city may write moves nothing
    ids["row"] = {
        "venue_id": ids["venue_id"], "name": f"SINGS-{things.district}-market", "category": "market", "lon": lon, "lat": lat, "district": ids["district"],
        "station_id": ids["station_id"],
    }  # fmt: skip
    ids["to_district"] = next(each for each in DISTRICTS if each != ids["district"])
    ids["account_id"] = f"{district}-account"
    return ids


def foreign(text: str, city: City, district: str, asked: str) -> list[str]:
    """What of other districts stands in an answer and not in the request."""
    found = [f"sings of {name}" for name in SINGS.findall(text) if name != district]
    for name, things in city.things.items():
        if name != district:
            names = {key: what for what, key in things.ids.items() if isinstance(key, str)}
            found += [f"{names[key]} of {name}" for key in things.made if key in text and key not in asked]
    return found


def shown_to(actor: Actor, district: str) -> str | None:
    """The district that may be seen; None for who answers for the whole city."""
    return (
        None if actor.district is None and actor.role not in ("resident", "partner", "device") else district
    )


async def play(city: City, *, districts: tuple[str, ...] = DISTRICTS) -> Matrix:
    """Ask everything."""
    found, table = Matrix(), _api_routes()
    names = routes()
    reading = [each for each in names if each[0].startswith("GET")]
    acting = [each for each in names if not each[0].startswith("GET")]
    for step, kinds in ((reading, OBJECTS), (acting, ("other", "none")), (acting, ("own",))):
        for name, policy in step:
            for role in ROLES:
                for district in districts:
                    cell = found.cells.setdefault(
                        (name, role), Cell(policy == "open" or role in POLICIES[policy].roles)
                    )
                    for kind in kinds if cell.passes else kinds[: not cell.asked]:
                        await _ask(
                            city,
                            found,
                            (name, table[name], cell),
                            city.actors[role, district],
                            district,
                            kind,
                        )
                if cell.passes and role in IN_CITY and "own" in kinds:
                    await _ask(
                        city, found, (name, table[name], cell), city.of_the_city(role), districts[0], "own"
                    )
    return found


async def _ask(
    city: City, found: Matrix, what: tuple[str, APIRoute, Cell], actor: Actor, district: str, kind: str
) -> None:
    name, route, cell = what
    for other in [each for each in DISTRICTS if each != district] if kind == "other" else [district]:
        path, query, body = request_of(route, ids_for(city, district, other, kind))
        method = next(iter(route.methods or {"GET"}))
        kind_of_body = {"content-type": "application/json"} if body is not None else {}
        answer: httpx.Response = await city.client.request(
            method,
            path,
            params=query,
            content=body,
            headers={"authorization": f"Bearer {city.token(actor)}", **kind_of_body},
        )
        found.requests += 1
        cell.asked[kind] += 1
        cell.answers[kind, answer.status_code] += 1
        where = f"{name} as {actor.role} of {district}, {kind}"
        if answer.status_code >= 500 and answer.status_code != 503:
            found.broken.append(f"{where}: {answer.status_code} {answer.text[:200]}")
        if not cell.passes and answer.status_code not in (401, 403):
            found.leaks.append(f"{where}: passed the door with {answer.status_code}")
        seen = shown_to(actor, district)
        if seen is not None and route.path not in PUBLIC:
            asked = f"{path} {query} {(body or b'').decode(errors='replace')}"
            found.leaks += [f"{where}: {said}" for said in foreign(answer.text, city, seen, asked)]
            # a crew's or a device's token says whose position it is, whatever the body says
            own_unit = route.path == "/positions" and actor.unit_id is not None
            done = answer.status_code < 300 and not own_unit and '"kept":0' not in answer.text
            if kind == "other" and method == "GET" and done and "{attachment_id}" in route.path:
                found.leaks.append(f"{where}: a photo was shown")
            if kind == "other" and method != "GET" and done and acts_on_thing(route, body):
                found.leaks.append(f"{where}: done, {answer.status_code} {answer.text[:160]}")


def acts_on_thing(route: APIRoute, body: bytes | None) -> bool:
    """True where the request names something of the other district as what it acts on."""
    name = (route.openapi_extra or {}).get("x-command", "")
    if name in ("receive_call",) or name not in COMMAND_BY_NAME:
        return route.path.startswith(("/registers", "/teams", "/positions", "/exports"))
    sent = {} if route.path.endswith("/attachments") else json.loads(body or b"{}")
    named = set(re.findall(r"\{(\w+)\}", route.path)) | set(sent)
    return bool(named & (NAMES.keys() | AREA | {"proposal_id", "share_id", "table"}))


def passing(policy: str) -> Iterator[str]:
    """The roles that pass a policy's door."""
    return (role for role in ROLES if policy == "open" or role in POLICIES[policy].roles)


__all__ = ["Matrix", "Things", "play", "routes"]
