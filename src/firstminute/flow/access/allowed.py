"""Whether a command may be given by whoever gives it: asked by the step before it decides, on the state that it decides on.

Idea: the door asks for the role, the desk asks again, and for every thing that the command names (`OBJECTS`). Here alone there is no moment between looking and
acting. Whoever may not know of a thing is answered as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, Protocol, cast

from firstminute.flow.access import objects
from firstminute.flow.access.places import who_in
from firstminute.flow.deciders.desk import ChangeRegister
from firstminute.flow.state import State
from firstminute.model.access.policies import POLICIES, may, may_everything
from firstminute.model.access.things import Thing, Who
from firstminute.model.access.tree import PLACELESS
from firstminute.model.encoding import encode
from firstminute.model.envelope import Act
from firstminute.model.errors import Refused
from firstminute.model.records import TABLES

Finds = Callable[[State, Any], Iterable[Thing | None]]


def _one(find: Callable[[State, str], Thing | None]) -> Finds:
    return lambda state, key: (find(state, key),) if key is not None else ()


def _many(find: Callable[[State, str], Thing | None]) -> Finds:
    return lambda state, keys: (find(state, key) for key in keys)


OBJECTS: dict[str, Finds] = {
    "incident_id": _one(objects.incident_thing),
    "incident_ids": _many(objects.incident_thing),
    "call_id": _one(objects.call_thing),
    "alert_id": _one(objects.alert_thing),
    "assignment_id": _one(objects.assignment_thing),
    "unit_id": _one(objects.unit_thing),
    "unit_ids": _many(objects.unit_thing),
    "point_id": _one(objects.point_thing),
    "team_id": _one(objects.team_thing),
    "team_ids": _many(objects.team_thing),
    "member_id": _one(objects.member_thing),
    "task_id": _one(objects.task_thing),
    "subject_id": _one(objects.subject_thing),
    "subject_ids": _many(objects.subject_thing),
    "hold_id": lambda state, key: (
        replace(objects.subject_thing(state, each), sort="hold", id=key)
        for each in state.desk.holds.get(key, ())
    ),
    "rolls": lambda state, rolls: (objects.team_thing(state, each.team_id) for each in rolls),
    "access_id": _one(objects.glass_thing),
    "complaint_id": _one(objects.complaint_thing),
    "spot_id": lambda state, key: objects.teams_things(state, _teams(state.muster.spots.get(key or ""))),
    "drill_id": lambda state, key: objects.teams_things(state, _teams(state.muster.drills.get(key or ""))),
}
"""Name of an argument → the things that it names. What a hold or an opening is about is judged under its own name: a refusal tells nobody whose data it is."""

WHOLE_CITY = ("*",)
"""`about` of a command that is about no place but all of them: only those over the whole city may give it."""

AREA = frozenset({"district"})
"""Arguments that name a place of the tree; where they are left empty the command is about the whole city."""

NAMED = frozenset({
    "venue_id", "device_id", "external_id", "to_district", "station_id", "responder_id", "responder_ids", "with_unit_id", "commander_id", "promise_id",
    "request_id", "policy_id", "account_id", "place_id", "session_id", "enrolment_id", "key_id", "message_id", "reason_id", "proposal_id",
    "share_id", "file_id", "attachment_id", "registration_id", "roll_id", "member_ids",
})  # fmt: skip
"""Arguments that name somebody or something without asking for it, or whose command looks for itself; a test holds that every other id is in `OBJECTS`."""

UNKNOWN = {
    "incident": ("unknown_incident", "incident"),
    "call": ("unknown_call", "call"),
    "task": ("unknown_task", "task"),
    "point": ("unknown_point", "point"),
    "access": ("unknown_access", "access"),
    "complaint": ("unknown_complaint", "complaint"),
}
"""Sort → how somebody who may not know of it is refused."""


def _rows(state: State, a: ChangeRegister) -> Iterator[Thing]:
    """The rows of a register as they are, and as they would be."""
    table = a.table if a.table in TABLES else ""
    known = state.registers.table(table) if table else {}
    for key in (*a.keys, *a.removed):
        if key in known:
            yield objects.row_thing(state, table, key)
    if a.staged is not None or len(a.rows) != len(a.keys):
        yield Thing(sort="row", district=objects.ELSEWHERE)
    for key, row in zip(a.keys, a.rows, strict=False):
        said = row if isinstance(row, dict) else encode(row)
        at = objects.venue_thing(state, str(said.get("venue_id"))) if said.get("venue_id") else None
        home = objects.team_thing(state, str(said.get("team_id"))) if table == "members" else None
        about = home or at
        district = about.district if about is not None else said.get("district")
        yield Thing(sort="row", id=key, district=district or objects.ELSEWHERE)


def _teams(found: Any) -> tuple[str, ...]:
    return () if found is None else tuple(found.team_ids)


def objects_in(schema: type[Any]) -> tuple[str, ...]:
    """The arguments of a schema that name things or places."""
    found = _NAMING.get(schema)
    if found is None:
        names = (each.name for each in fields(cast(Any, schema)))
        found = _NAMING[schema] = tuple(name for name in names if name in OBJECTS or name in AREA)
    return found


_NAMING: dict[type[Any], tuple[str, ...]] = {}


def things_of(state: State, arguments: Any, about: tuple[str, ...]) -> Iterator[Thing]:
    """Every thing that a command's arguments name."""
    if about == WHOLE_CITY:
        yield objects.district_thing(state, None)
        return
    named = False
    for name in about:
        value = getattr(arguments, name)
        if name in AREA:
            continue
        for thing in OBJECTS[name](state, value):
            if thing is not None:
                named = True
                yield thing
    if not named:
        for name in AREA & frozenset(about):
            yield objects.district_thing(state, getattr(arguments, name))


class Guarded(Protocol):
    """A command as far as it is guarded."""

    @property
    def policy(self) -> str:
        """Whose it is."""

    @property
    def schema(self) -> type[Any]:
        """What its arguments fit."""

    @property
    def about(self) -> tuple[str, ...] | None:
        """The arguments that name what it is about."""


def admit(state: State, command: Guarded, arguments: Any, act: Act) -> None:
    """Let the command pass, or raise `Refused`."""
    role = act.actor.role
    if role == "system":
        return
    if role not in POLICIES[command.policy].roles:
        raise Refused("forbidden", role=role)
    about = objects_in(command.schema) if command.about is None else command.about
    if not about and not isinstance(arguments, ChangeRegister):
        return
    who = who_in(state, act.actor, act.at_s)
    if may_everything(command.policy, who):
        return
    if isinstance(arguments, ChangeRegister):
        things = iter(()) if who.everywhere else _rows(state, arguments)
    else:
        things = things_of(state, arguments, about)
    for thing in things:
        if not may(command.policy, who, thing):
            raise refusal(thing, who)


def refusal(thing: Thing, who: Who) -> Refused:
    """How somebody is refused who may not: a desk of another place as if the thing did not exist, a crew or a team that it is not theirs."""
    if thing.offered_to is not None and may("dispatcher", who, thing):
        return Refused("not_your_district", district=thing.offered_to)
    if thing.sort in UNKNOWN and who.role not in PLACELESS:
        code, name = UNKNOWN[thing.sort]
        return Refused(code, **{name: thing.id})
    if thing.sort == "district":
        return Refused("other_district", district=thing.id or "")
    return Refused("not_yours")
