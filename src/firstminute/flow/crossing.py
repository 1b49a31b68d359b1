"""What may be said over the border: the commands that the zone outside may send in, and for whom.

Idea: the outer machine stands where everybody can reach it, so it is trusted with no more than its callers could say themselves: no seat, no crew, no
commander, no partner and no administrator ever speaks through it. What is not in this table is refused inside and counted. Limits: the outer zone says who its
callers are; it can speak for any of its own residents, devices and members, and for nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firstminute.flow.commands import COMMAND_BY_NAME
from firstminute.model.envelope import Actor, World

PUBLIC = frozenset({"resident", "device", "member", "lead"})
TEAM = frozenset({"member", "lead"})

CROSSING: dict[str, frozenset[str]] = {
    "receive_call": PUBLIC,
    "receive_unreadable_call": PUBLIC,
    "tell_asked_outside": frozenset({"system"}),
    "alert_delivered": TEAM,
    "alert_failed": TEAM,
    "alert_seen": TEAM,
    "accept_alert": TEAM,
    "decline_alert": TEAM,
    "report_en_route": TEAM,
    "report_arrived": TEAM,
    "report_person_reached": TEAM,
    "report_cleared": TEAM,
    "release_assignment": TEAM,
    "ask_help": TEAM,
    "answer_safety": TEAM,
    "answer_welfare": TEAM,
    "take_roll": TEAM,
    "check_in": TEAM,
    "check_out": TEAM,
    "end_roll": TEAM,
    "answer_spot_call": TEAM,
    "answer_drill": TEAM,
    "report_kit": TEAM,
}
"""command → roles that may send it from outside. `system` is the outer zone itself."""

CALLS = frozenset({"receive_call", "receive_unreadable_call"})
BY_ALERT = "alert:"
"""`assignment_id` of somebody who answered outside, where the alert is all that is known: alert:<alert id>."""
TOLD_BACK = ("call_id", "incident_id", "assignment_id", "roll_id", "problems")
"""What of an answer goes back out."""


@dataclass(frozen=True, slots=True)
class Crossed:
    """A command that came over the border."""

    name: str
    arguments: Mapping[str, Any]
    actor: Actor
    command_id: str
    occurred_s: float
    world: World


def plain_of(crossed: Crossed) -> dict[str, Any]:
    """As it is sent."""
    actor = crossed.actor
    return {
        "name": crossed.name, "arguments": dict(crossed.arguments), "command_id": crossed.command_id, "occurred_s": crossed.occurred_s,
        "world": crossed.world, "actor": {"id": actor.id, "role": actor.role, "unit_id": actor.unit_id, "team_id": actor.team_id},
    }  # fmt: skip


def crossed_of(plain: Any) -> Crossed:
    """What was sent, where it may be sent. Raises ValueError, naming what is wrong."""
    if not isinstance(plain, Mapping) or set(plain) != {
        "name",
        "arguments",
        "command_id",
        "occurred_s",
        "world",
        "actor",
    }:
        raise ValueError("shape")
    name, who, command_id = plain["name"], plain["actor"], plain["command_id"]
    if name not in CROSSING or name not in COMMAND_BY_NAME:
        raise ValueError("command")
    if not isinstance(who, Mapping) or set(who) != {"id", "role", "unit_id", "team_id"}:
        raise ValueError("actor")
    texts = (who["id"], who["role"], *(who[key] or "" for key in ("unit_id", "team_id")), command_id)
    if (
        not all(isinstance(each, str) and len(each) <= 128 for each in texts)
        or not who["id"]
        or not command_id
    ):
        raise ValueError("actor")
    if who["role"] not in CROSSING[name]:
        raise ValueError("role")
    if not isinstance(plain["arguments"], Mapping) or plain["world"] not in ("live", "exercise"):
        raise ValueError("shape")
    if type(plain["occurred_s"]) not in (int, float):
        raise ValueError("time")
    return Crossed(
        name, plain["arguments"], Actor(id=who["id"], role=who["role"], unit_id=who["unit_id"], team_id=who["team_id"]), command_id,
        float(plain["occurred_s"]), plain["world"],
    )  # fmt: skip
