"""Looking at who called: allowed or not is asked of the desk's own state, and a look is a fact before anything is shown.

Idea: one fact a person, subject and hour, so that a page that asks again and again does not fill the journal: the command's key is made of
these three, and the desk answers the same key with the fact that stands already. What is refused is kept in the same way.
Limits: where the record cannot be written nothing is shown; taking calls does not wait for any of this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request

from firstminute.api.commanding import submit
from firstminute.api.errors import STATUS_OF, Problem
from firstminute.api.ports import Services
from firstminute.flow import opening
from firstminute.flow.access.objects import call_thing, incident_thing
from firstminute.flow.access.places import who_in
from firstminute.flow.known import rows_of
from firstminute.flow.state import State
from firstminute.model.access.policies import may
from firstminute.model.envelope import Actor

HOUR_S = 3600.0


def key_of(services: Services, *parts: str) -> str:
    """The same key for the same parts within an hour."""
    hour = int(services.desk.now_s() // HOUR_S)
    return hashlib.sha256("\0".join((*parts, str(hour))).encode("utf-8", "surrogatepass")).hexdigest()


def _sees(actor: Actor, subject_id: str, at_s: float) -> Any:
    """What may be seen of another place because it is shown is seen without who called: a share is no door."""

    def ask(state: State) -> bool | None:
        thing = incident_thing(state, subject_id) or call_thing(state, subject_id)
        if thing is None or not may("crew", who_in(state, actor, at_s, reading=True), thing):
            return None
        if not may("crew", who_in(state, actor, at_s), thing):
            return False
        incident, call = state.respond.incidents.get(subject_id), state.respond.calls.get(subject_id)
        if incident is not None:
            return opening.may_look(state, actor, incident)
        return call is not None and opening.may_look_at_call(state, actor, call)

    return ask


async def look(request: Request, actor: Actor, subject_id: str) -> bool | None:
    """Whether the actor may see who called, and if so that it looked is a fact by now; None where it may not know of the subject."""
    services: Services = request.app.state.services
    seen: bool | None = await services.ask_state(_sees(actor, subject_id, services.desk.now_s()))
    if not seen:
        return seen
    arguments = {"subject_id": subject_id}
    try:
        await submit(request, "look_at_callers", arguments, actor, key=key_of(services, "look", subject_id))
    except Problem as problem:
        if problem.code != "caller_hidden":
            raise
        await submit(request, "look_at_callers", arguments, actor)  # it was hidden earlier in this hour
    return True


async def must_see_words(request: Request, actor: Actor, subject_id: str) -> None:
    """Raise where what somebody sent in may not be seen: it goes with the row of its incident; of a restricted or closed one only through `look`."""
    services: Services = request.app.state.services
    at_s = services.desk.now_s()

    def ask(state: State) -> bool | None:
        thing = incident_thing(state, subject_id) or call_thing(state, subject_id)
        if thing is None or not may("crew", who_in(state, actor, at_s, reading=True), thing):
            return None
        call = state.respond.calls.get(subject_id)
        key = call.incident_id if call is not None else subject_id
        incident = state.respond.incidents.get(key or "")
        if incident is None:
            return call is not None and key is None
        return not rows_of(state)(incident.type_code).restricted

    seen: bool | None = await services.ask_state(ask)
    if seen is None:
        raise Problem("unknown_attachment")
    if not seen and not await look(request, actor, subject_id):
        await refuse(request, actor, subject_id, "caller_hidden", "respond")
        raise Problem("caller_hidden")


async def refuse(request: Request, actor: Actor, subject_id: str, code: str, purpose: str | None) -> None:
    """Keep that somebody was not let."""
    arguments = {"subject_id": subject_id, "why": code, "purpose": purpose}
    key = key_of(request.app.state.services, "refused", subject_id, code, purpose or "")
    await submit(request, "refuse_data", arguments, actor, key=key)


async def open_for(
    request: Request, actor: Actor, arguments: Mapping[str, Any], key: str | None
) -> tuple[Mapping[str, Any], int, str]:
    """Ask for an opening: the reply (`waits_for_another` says whether a second person is asked), seq and command id; a refusal is a fact too."""
    try:
        return await submit(request, "open_data", arguments, actor, key=key)
    except Problem as problem:
        if STATUS_OF.get(problem.code) in (403, 404):
            await refuse(request, actor, arguments["subject_id"], problem.code, arguments.get("purpose"))
        raise


async def may_see_file(request: Request, actor: Actor, subject_id: str) -> bool | None:
    """Whether the actor may see what is attached to a call or incident, and if so that it looked is a fact; None where it may not know of the subject.

    Whoever may look at the caller of an open incident may, and whom a second person lets read this very subject.
    """
    services: Services = request.app.state.services

    def asked(state: State) -> tuple[bool, str]:
        let = opening.may_read(state, actor, subject_id, services.desk.now_s())
        return let, opening.incident_of(state, subject_id)

    let, about = await services.ask_state(asked)
    return True if let else await look(request, actor, about)
