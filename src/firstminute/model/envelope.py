"""The envelope every fact travels in, and who did what when.

Idea (DESIGN.md §4): a *body* says what happened in the words of the field (`facts/`), the *envelope* says where in the journal, when it was recorded
and when it happened, by whom, from what origin, in which world and because of which rule. Capabilities return bodies; `flow.step` puts them
into envelopes. Limits: `seq` is 0 until the desk has given the fact its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar, cast, dataclass_transform

from firstminute.model.swift import swift

World: TypeAlias = Literal["live", "exercise", "twin"]
Origin: TypeAlias = Literal["public", "device", "member", "officer", "partner", "system"]
TimeSource: TypeAlias = Literal["system", "device", "radio", "typed", "paper", "outside"]
"""How `occurred_s` is known. outside: the zone outside wrote it down, signed, when it came there."""

WORLDS: tuple[World, ...] = ("live", "exercise", "twin")


class Body:
    """What happened: the base of every fact kind. The class variables are set by `kind`.

    Attributes
    ----------
    NAME : the kind, as the class is called
    VERSION : raised when a field changes its meaning; upcasters lift older ones on reading
    SUBJECT : the field that names the subject (incident, call, unit, team …)
    SEALED : fields that can identify a person: kept encrypted, None once erased
    DETACHED : fields that are not in the fact but in a register; the store joins them on reading
    OPENS, CLOSES : fields whose ids become open subjects, or stop being open
    """

    __slots__ = ()
    NAME: ClassVar[str]
    VERSION: ClassVar[int]
    SUBJECT: ClassVar[str]
    SEALED: ClassVar[frozenset[str]]
    DETACHED: ClassVar[frozenset[str]]
    OPENS: ClassVar[tuple[str, ...]]
    CLOSES: ClassVar[tuple[str, ...]]

    @property
    def subject(self) -> str:
        """The id this fact is about."""
        value: str = getattr(self, self.SUBJECT)
        return value


BodyClass = TypeVar("BodyClass", bound=type[Body])


@dataclass_transform(frozen_default=True, kw_only_default=True)
def kind(
    subject: str,
    *,
    sealed: tuple[str, ...] = (),
    detached: tuple[str, ...] = (),
    opens: tuple[str, ...] = (),
    closes: tuple[str, ...] = (),
    version: int = 1,
) -> Callable[[BodyClass], BodyClass]:
    """Make a class a fact kind: a frozen, slotted, keyword-only dataclass with the class variables of `Body`."""

    def make(cls: BodyClass) -> BodyClass:
        made = swift(dataclass(frozen=True, slots=True, kw_only=True)(cls))
        made.NAME, made.VERSION, made.SUBJECT = cls.__name__, version, subject
        made.SEALED, made.DETACHED = frozenset(sealed), frozenset(detached)
        made.OPENS, made.CLOSES = opens, closes
        names = {field.name for field in fields(cast(Any, made))}
        assert {subject, *sealed, *detached, *opens, *closes} <= names, cls.__name__
        return cast(BodyClass, made)

    return make


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: an account, device or the system itself, with the role its token was made for.

    Attributes
    ----------
    id : account or device id, `system` for the desk's own acts
    role : one of `model.roles` for a person; partner, device, admin for a token; system
    unit_id, team_id, seat, district : what the actor speaks for, where it speaks for something
    """

    id: str
    role: str
    unit_id: str | None = None
    team_id: str | None = None
    seat: str | None = None
    district: str | None = None


SYSTEM = Actor(id="system", role="system")

ORIGIN_OF_ROLE: dict[str, Origin] = {
    "dispatcher": "officer", "commander": "officer", "patrol": "officer", "lead": "member", "member": "member",
    "resident": "public", "partner": "partner", "device": "device", "auditor": "officer", "admin": "officer", "system": "system",
    "inspector": "officer", "analyst": "officer", "case_officer": "officer", "fleet_contact": "partner", "security_admin": "officer",
    "system_admin": "officer",
}  # fmt: skip


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One command's who, when and why: what a decision may know beside state and arguments.

    Attributes
    ----------
    at_s : now, seconds since 1970 (UTC), never running backwards
    occurred_s : when it happened, where that is not now (typed later, heard by radio)
    ids : the source of new ids
    hurried : others wait behind this command, so what may be decided a moment later is left for later
    """

    at_s: float
    actor: Actor
    command_id: str
    ids: Iterator[str]
    occurred_s: float | None = None
    time_source: TimeSource = "system"
    world: World = "live"
    because: str | None = None
    hurried: bool = False


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened, in its envelope (DESIGN.md §4). `body` holds the kind's own fields."""

    seq: int
    at_s: float
    occurred_s: float
    time_source: TimeSource
    body: Body
    actor: str
    command_id: str
    origin: Origin
    world: World
    because: str | None = None

    @property
    def kind(self) -> str:
        """The kind's name, for example `AlertSent`."""
        return self.body.NAME

    @property
    def subject(self) -> str:
        """The id the fact is about."""
        return self.body.subject


def envelop(body: Body, act: Act, seq: int = 0, because: str | None = None) -> Fact:
    """The fact that `act` makes of `body`, because of a rule or of nothing but the act."""
    return Fact(
        seq=seq,
        at_s=act.at_s,
        occurred_s=act.at_s if act.occurred_s is None else act.occurred_s,
        time_source=act.time_source,
        body=body,
        actor=act.actor.id,
        command_id=act.command_id,
        origin=ORIGIN_OF_ROLE.get(act.actor.role, "system"),
        world=act.world,
        because=because,
    )
