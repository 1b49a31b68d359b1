"""The policy of a route asked about the things behind it: one thing before it is shown, a list before it is counted.

Idea: the door (`Allow`) asks for the role; whatever a route then shows of incidents, crews, teams or rows it asks here, by the same expression
that the desk asks of a command and the feed of a row. What the desk has forgotten is asked of the read model, by the same expression as SQL.
Whoever may not see a thing is told that it does not exist.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from starlette.requests import Request

from firstminute.api.errors import Problem
from firstminute.api.facts import facts_of
from firstminute.api.hub import Hub
from firstminute.command.picture import DESK_ROLES, Audience
from firstminute.flow.access.objects import (
    call_thing,
    district_thing,
    incident_thing,
    row_thing,
    teams_things,
)
from firstminute.flow.access.places import who_in
from firstminute.flow.state import State
from firstminute.model.access.policies import POLICIES, may
from firstminute.model.access.things import Thing, Who
from firstminute.model.envelope import Actor, Fact


def asking(request: Request, state: State, actor: Actor) -> Who:
    """Who asks to see, now."""
    return who_in(state, actor, request.app.state.services.desk.now_s(), reading=True)


def audience_of(actor: Actor) -> Audience:
    """Whose eyes an actor looks with."""
    names = (
        frozenset(name for name in (actor.id, actor.seat) if name)
        if actor.role in DESK_ROLES
        else frozenset()
    )
    return Audience(actor.role, actor.unit_id, actor.team_id, actor.district, names)


def looking(hub: Hub, actor: Actor) -> tuple[Audience, Who]:
    """Who asks to see rows of the feed."""
    audience = audience_of(actor)
    return audience, hub.who(audience)


async def _judged(
    request: Request, actor: Actor, policy: str, find: Callable[[State], Thing | None]
) -> tuple[Who, bool | None]:
    """Who asks, and whether the thing may be seen; None where the desk does not know it."""

    def look(state: State) -> tuple[Who, bool | None]:
        who, thing = asking(request, state, actor), find(state)
        return who, None if thing is None else may(policy, who, thing)

    found: tuple[Who, bool | None] = await request.app.state.services.ask_state(look)
    return found


async def must_see(request: Request, actor: Actor, policy: str, incident_id: str) -> None:
    """Raise where an incident, of now or of the past, may not be seen."""
    who, seen = await _judged(request, actor, policy, lambda state: incident_thing(state, incident_id))
    if seen is None:
        history = request.app.state.services.history
        seen = who.everywhere or await asyncio.to_thread(
            history.seen, incident_id, POLICIES[policy].rows, who
        )
    if not seen:
        raise Problem("unknown_incident")


async def must_see_call(request: Request, actor: Actor, policy: str, call_id: str) -> None:
    """Raise where a call may not be seen; one that the desk has forgotten is judged by its incident."""
    who, seen = await _judged(request, actor, policy, lambda state: call_thing(state, call_id))
    if seen is None and not who.everywhere:
        facts = await facts_of(request, call_id, "unknown_call")
        held = [key for fact in facts if (key := getattr(fact.body, "incident_id", None)) is not None]
        history, rows = request.app.state.services.history, POLICIES[policy].rows
        seen = bool(held) and await asyncio.to_thread(history.seen, held[-1], rows, who)
    if seen is False:
        raise Problem("unknown_call")


async def must_see_teams(request: Request, actor: Actor, policy: str, facts: Sequence[Fact]) -> None:
    """Raise where a roll-call or drill asked a team that may not be seen."""
    named = {team for fact in facts for team in getattr(fact.body, "team_ids", ())}

    def look(state: State) -> bool:
        who = asking(request, state, actor)
        return all(may(policy, who, thing) for thing in teams_things(state, named))

    if not await request.app.state.services.ask_state(look):
        raise Problem("not_found")


async def must_be_in(request: Request, actor: Actor, policy: str, district: str | None) -> None:
    """Raise where the actor does not answer for a place; None is the whole city."""

    def look(state: State) -> bool:
        return may(policy, asking(request, state, actor), district_thing(state, district))

    if not await request.app.state.services.ask_state(look):
        raise Problem("other_district", district=district or "")


async def only(
    request: Request, actor: Actor, policy: str, things: Callable[[State], Iterable[tuple[Thing, Any]]]
) -> list[Any]:
    """What goes with the things that the actor may see."""

    def look(state: State) -> list[Any]:
        who = asking(request, state, actor)
        return [value for thing, value in things(state) if may(policy, who, thing)]

    found: list[Any] = await request.app.state.services.ask_state(look)
    return found


async def rows_seen(request: Request, actor: Actor, policy: str, table: str) -> frozenset[str] | None:
    """The keys of a register's rows that the actor may see; None for all. What is of the whole city (plans, types, agencies) staff may read."""

    def look(state: State) -> frozenset[str] | None:
        who = asking(request, state, actor)
        if who.everywhere or table in WHOLE_CITY:
            return None
        keys = state.registers.table(table)
        return frozenset(key for key in keys if may(policy, who, row_thing(state, table, key)))

    found: frozenset[str] | None = await request.app.state.services.ask_state(look)
    return found


WHOLE_CITY = frozenset({"districts", "plans", "rosters", "incident_types", "alert_policies", "agencies"})
"""Registers that say how the city works, not who is where."""


async def of_place(request: Request, actor: Actor, facts: Sequence[Fact], since_s: float) -> Sequence[Fact]:
    """The facts about incidents that the actor may see, and about their calls."""

    def look(state: State) -> tuple[Who, frozenset[str]]:
        who = asking(request, state, actor)
        known = (*state.respond.incidents, *state.respond.closed)
        seen = (
            key
            for key in known
            if (thing := incident_thing(state, key)) is not None and may("figures", who, thing)
        )
        return who, frozenset(seen)

    who, now = await request.app.state.services.ask_state(look)
    if who.everywhere:
        return facts
    rows = POLICIES["figures"].rows
    past = await asyncio.to_thread(request.app.state.services.history.ids, rows, who, since_s)
    return await asyncio.to_thread(_about, facts, now | past)


def _about(facts: Sequence[Fact], incidents: frozenset[str]) -> list[Fact]:
    calls = {
        fact.body.call_id
        for fact in facts
        if getattr(fact.body, "incident_id", None) in incidents and hasattr(fact.body, "call_id")
    }
    return [
        fact
        for fact in facts
        if (key := getattr(fact.body, "incident_id", None)) in incidents
        or (key is None and getattr(fact.body, "call_id", None) in calls)
    ]
