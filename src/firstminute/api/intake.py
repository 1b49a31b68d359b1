"""The intake of calls: bytes in, an accepted call out.

Idea: one `take` for every way in: the door (`app.door`), which meets a call where HTTP is parsed, and the route of the same name, which
describes it. Nothing that was said is lost: what cannot be read as a call is kept as it came.
Limits: 1 MB, and `ENDS_WITHIN_S` for the body to arrive.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.types import Receive, Scope

from firstminute.api import loose
from firstminute.api.body import Gone, Slow, TooLarge, read_at_most
from firstminute.api.commanding import send
from firstminute.api.errors import Problem
from firstminute.api.ports import Edge
from firstminute.geo import datum
from firstminute.geo.ground import Ground
from firstminute.model.envelope import Actor

CALL_MOST = 1_000_000
KEPT = 64_000
AHEAD_S = 300.0
MOST_PROBLEMS = 64
UNFIT = frozenset({"invalid", "command_failed"})
"""Our own mistakes with a call that was read: its words are kept all the same, for a person to read."""
CHANNEL_OF_ROLE = {
    "device": "sos",
    "partner": "cad",
    "member": "member",
    "lead": "member",
    "patrol": "radio",
    "resident": "web",
}


class Arriving:
    """A call on its way in: the headers that matter, and its body, which may still be to come."""

    __slots__ = ("authorization", "body", "content_type", "encoding", "key", "receive")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        found: dict[bytes, bytes] = dict(scope["headers"])
        self.authorization = found.get(b"authorization", b"").decode("latin-1")
        self.content_type = found.get(b"content-type", b"application/json").decode("latin-1")
        self.encoding = found.get(b"content-encoding", b"identity").decode("latin-1")
        key = found.get(b"idempotency-key")
        self.key = key.decode("latin-1") if key is not None else None
        self.receive = receive
        self.body: bytes | None = None


class Taken(NamedTuple):
    """The answer to a call: its HTTP status and its JSON."""

    status: int
    body: bytes


async def take(services: Edge, call: Arriving, actor: Actor, known: Mapping[str, Any] | None = None) -> Taken:
    """Take a call once it is durable: 201, or 202 where nobody could read it. `known`: arguments that the edge itself gives.

    Raises
    ------
    Problem : it was empty, too large (its head is kept), or the desk could not take it
    """
    channel = CHANNEL_OF_ROLE.get(actor.role, "phone")
    try:
        data = call.body if call.body is not None else await read_at_most(call.receive, CALL_MOST)
    except TooLarge as too_large:
        await _unreadable(services, actor, (channel, None), too_large.head, problem="too_large")
        raise Problem("too_large", most=CALL_MOST) from None
    except Slow as slow:  # not under its key: whoever sends it again sends all of it, and shall be heard
        return await _unreadable(services, actor, (channel, None), slow.head, problem="never_ended")
    except Gone as gone:
        if gone.head.strip():
            await _unreadable(services, actor, (channel, None), gone.head, problem="cut_off")
        raise
    if call.encoding != "identity":
        return await _unreadable(services, actor, (channel, call.key), data, problem="compressed")
    try:
        reading = loose.read_call(data, call.content_type)
    except loose.Unreadable as unreadable:
        if unreadable.problem == "empty":
            raise Problem("empty_call", status=422) from None
        return await _unreadable(services, actor, (channel, call.key), data, problem=unreadable.problem)
    arguments = reading.arguments
    occurred_s = _in_range(services, reading, "occurred_at")
    answered_s = _in_range(services, reading, "answered_at")
    if answered_s is not None:
        arguments["answered_s"] = answered_s
    arguments.setdefault("channel", channel)
    if actor.role == "dispatcher" and actor.seat:
        arguments.setdefault("seat", actor.seat)
    shape_place(arguments, services.ground)
    arguments["problems"] = reading.problems[:MOST_PROBLEMS]
    arguments.update(known or {})
    try:
        reply, seq, command_id = await send(
            services, "receive_call", arguments, actor, key=call.key,
            occurred_s=occurred_s, time_source="typed" if occurred_s is not None else "system",
        )  # fmt: skip
    except Problem as problem:
        if problem.code not in UNFIT:
            raise
        return await _unreadable(services, actor, (channel, None), data, problem=problem.code)
    return Taken(201, orjson.dumps({"problems": [], "seq": seq, "command_id": command_id, **reply}))


async def _unreadable(
    services: Edge, actor: Actor, came: tuple[str, str | None], data: bytes, *, problem: str
) -> Taken:
    """Keep the first bytes of what nobody could read, for a dispatcher's eyes. `came`: by which channel, under which key."""
    channel, key = came
    head = data[:KEPT]
    arguments: Mapping[str, Any] = {
        "channel": channel,
        "raw": base64.b64encode(head).decode("ascii"),
        "length": len(head),
        "problem": problem,
    }
    reply, seq, command_id = await send(services, "receive_unreadable_call", arguments, actor, key=key)
    return Taken(202, orjson.dumps({"seq": seq, "command_id": command_id, "problems": [problem], **reply}))


def _in_range(services: Edge, reading: loose.Reading, name: str) -> float | None:
    """A time that was said, taken out of the arguments; none, and a problem, where it lies ahead."""
    at_s: float | None = reading.arguments.pop(name, None)
    if at_s is not None and at_s > services.desk.now_s() + AHEAD_S:
        reading.problems.append("time:in_the_future")
        return None
    return at_s


def shape_place(arguments: dict[str, Any], ground: Ground | None) -> None:
    """Put the place into the words of the model: WGS-84 points, or an address alone; a datum is shifted where the city says."""
    place, address = arguments.pop("place", None) or {}, arguments.pop("address", None)
    points = place.pop("points", [])
    system = place.pop("datum", "wgs84")
    if points and system != "wgs84":
        mask = datum.MAINLAND if ground is None else ground.datum_mask
        lon, lat = datum.convert(*zip(*points, strict=True), source=system, target="wgs84", mask=mask)
        points = list(zip(lon.tolist(), lat.tolist(), strict=True))
    if points:
        arguments["place"] = {**place, "points": [(float(lon), float(lat)) for lon, lat in points]}
        if "kind" not in place:
            arguments["place"]["kind"] = "point" if len(points) == 1 else "line"
    if address:
        if points:
            arguments["place"]["address"] = address
        else:
            said = arguments.get("text")
            arguments["text"] = f"{said}\n@ {address}" if said else f"@ {address}"
