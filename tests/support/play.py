"""A little town that calls can be played in: drawn streets, venues with teams, crews on duty, a clock that the test moves.

Idea: everything goes through `flow.step` with commands as plain arguments, as the desk does it; `Play.wait` fires the timers that come due. Facts are kept in
`Play.facts`; `Play.kinds` reads like a story.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter

from firstminute.flow import timers
from firstminute.flow.commands import COMMAND_BY_NAME, Command
from firstminute.flow.registers import put
from firstminute.flow.state import State
from firstminute.flow.step import Submitted, step
from firstminute.geo.ground import Ground
from firstminute.model.access.policies import POLICIES
from firstminute.model.envelope import SYSTEM, Act, Actor, Body, Fact, World
from firstminute.model.facts.access import ActProposed
from firstminute.model.facts.incident import IncidentOpened
from firstminute.model.facts.people import UnitOnDuty
from firstminute.model.records import District, Member, Station, Team, Unit, Venue
from firstminute.respond.fleet import Fleet
from firstminute.respond.muster import RollRow
from tests.support.city import ascii_ground, letters_of

PICTURE = """
a---b---c---d---e---f
|   |   |   |   |   |
g---h---i---j---k---l
|   |   |   |   |   |
m---n---o---p---q---r
|   |   |   |   |   |
s---t---u---v---w---x
"""
PLACES = letters_of(PICTURE)
NINE = 1_760_000_400.0  # 17:00 in the town, a Thursday
DISPATCHER = Actor(id="d1", role="dispatcher", seat="A")
COMMANDER = Actor(id="c1", role="commander")
SECOND = Actor(id="c2", role="commander")
ADMIN = Actor(id="a1", role="admin")
Kind = TypeVar("Kind", bound=Body)


def whoever_may(policy: str) -> Actor:
    """A dispatcher where a dispatcher may, else somebody who may."""
    roles = POLICIES[policy].roles
    return next((each for each in (DISPATCHER, COMMANDER, ADMIN) if each.role in roles), SYSTEM)


class Play:
    """One world and its clock."""

    def __init__(self, ground: Ground | None = None, *, at_s: float = NINE, world: World = "live") -> None:
        self.state = State(world=world, ground=ground)
        self.at_s = at_s
        self.facts: list[Fact] = []
        self._numbers = count(1)
        self._fleet_version = 0

    def ids(self) -> Iterator[str]:
        """Ids that count up, so that a failing test reads the same twice."""
        return (f"{number:032x}" for number in self._numbers)

    def submit(
        self,
        name: str,
        /,
        *,
        actor: Actor | None = None,
        occurred_s: float | None = None,
        hurried: bool = False,
        second: Actor | None = SECOND,
        **arguments: Any,
    ) -> list[Fact]:
        """One command now, with others waiting behind it where `hurried`. Raises `Refused`.

        By a dispatcher, or by whoever may where no dispatcher may; `second` says yes at once where a second person is needed (None: nobody answers).
        """
        command = COMMAND_BY_NAME[name]
        checked = TypeAdapter(command.schema).validate_python(arguments)
        facts = self._step(name, checked, actor or whoever_may(command.policy), occurred_s, hurried)
        if second is not None and facts and isinstance(facts[0].body, ActProposed):
            return self.submit("confirm_proposal", actor=second, proposal_id=facts[0].body.proposal_id)
        return facts

    def happen(self, *bodies: Body, occurred_s: float | None = None, actor: Actor = SYSTEM) -> list[Fact]:
        """Facts out of the blue, with all that follows from them."""
        COMMAND_BY_NAME["happen"] = Command(
            "happen", lambda state, given, act: list(given), "signed_in", tuple, about=()
        )
        try:
            return self._step("happen", bodies, actor, occurred_s)
        finally:
            del COMMAND_BY_NAME["happen"]

    def _step(
        self, name: str, arguments: Any, actor: Actor, occurred_s: float | None, hurried: bool = False
    ) -> list[Fact]:
        act = Act(
            at_s=self.at_s, actor=actor, command_id=next(self.ids()), ids=self.ids(), occurred_s=occurred_s, world=self.state.world,
            time_source="system" if occurred_s is None else "typed", hurried=hurried,
        )  # fmt: skip
        outcome = step(self.state, Submitted(name, arguments, act))
        if outcome.refused is not None:
            raise outcome.refused
        self.facts += outcome.facts
        return outcome.facts

    def wait(self, seconds: float) -> list[Fact]:
        """Let time pass; timers fire when they are due."""
        end, new = self.at_s + seconds, []
        while (due_s := timers.next_due_s(self.state.timers)) is not None and due_s <= end:
            self.at_s = max(self.at_s, due_s)
            for subject, timer, number in timers.due(self.state.timers, self.at_s, 1):
                new += self.submit("fire_timer", actor=SYSTEM, subject=subject, timer=timer, round=number)
        self.at_s = end
        return new

    def found(self, kind: type[Kind]) -> list[Kind]:
        """All facts of a kind so far, oldest first."""
        return [fact.body for fact in self.facts if isinstance(fact.body, kind)]

    def kinds(self) -> list[str]:
        """The story so far, as names."""
        return [fact.kind for fact in self.facts]

    def place_units(self, at: dict[str, str | tuple[float, float]], *, fix_s: float | None = None) -> None:
        """Put units at letters or points; the whole fleet is swapped."""
        ground = self.state.ground
        assert ground is not None
        ids = tuple(sorted(at))
        points = [PLACES[p] if isinstance(p, str) else p for p in (at[i] for i in ids)]
        lon, lat = np.array([p[0] for p in points]), np.array([p[1] for p in points])
        modes = {self.state.registers.units[i].mode for i in ids} - {"drone"}
        snaps = {mode: ground.snap(lon, lat, mode) for mode in modes}
        self._fleet_version += 1
        self.state.fleet = Fleet(
            ids=ids, row={i: k for k, i in enumerate(ids)}, lon=lon, lat=lat, fix_s=np.full(len(ids), self.at_s if fix_s is None else fix_s),
            edge={m: s.edge for m, s in snaps.items()}, share={m: s.share for m, s in snaps.items()},
            offset_m={m: s.offset_m for m, s in snaps.items()}, version=self._fleet_version,
        )  # fmt: skip

    def open(
        self, type_code: str, *, venue_id: str | None = "Vh", incident_id: str = "i1", **more: Any
    ) -> list[Fact]:
        """An incident opens now, as from a call answered now."""
        given: dict[str, Any] = {
            "incident_id": incident_id, "call_id": None, "type_code": type_code, "priority": 1, "grade": "normal", "plan_id": "default",
            "zone": "dense", "district": "D", "station_id": "S1", "venue_id": venue_id, "started_s": self.at_s,
        }  # fmt: skip
        return self.happen(IncidentOpened(**{**given, **more}))


@cache
def town_ground() -> Ground:
    """The town's streets, made once a process."""
    return ascii_ground(PICTURE)


def play(*, mustered: bool = True, members: int = 4) -> Play:
    """The town: a venue with a trained, equipped team at h, i, o, v; cars at a and x, feet at p, a drone at r; all on duty."""
    town = Play(town_ground())
    books = town.state.registers
    for letter in "hiov":
        lon, lat = PLACES[letter]
        put(
            books,
            "venues",
            [
                Venue(
                    venue_id=f"V{letter}",
                    name=letter,
                    category="mall",
                    lon=lon,
                    lat=lat,
                    district="D",
                    station_id="S1",
                    zone="dense",
                )
            ],
        )
        put(
            books,
            "teams",
            [
                Team(
                    team_id=f"T{letter}",
                    venue_id=f"V{letter}",
                    name=letter,
                    minimum=2,
                    trained=("cpr", "restrain"),
                    kit=("shield", "aed"),
                )
            ],
        )
        people = [
            Member(member_id=f"M{letter}{k}", team_id=f"T{letter}", trained=("restrain", "cpr"))
            for k in range(members)
        ]
        put(books, "members", people)
    lon, lat = PLACES["m"]
    put(books, "stations", [Station(station_id="S1", name="S1", lon=lon, lat=lat, district="D", reserve=2)])
    put(books, "districts", [District(district_id="D", name="D")])
    rows = (
        ("U1", "car", "car-lights", 2),
        ("U2", "car", "car-lights", 1),
        ("U3", "foot", "foot", 1),
        ("U4", "drone", "drone", 0),
    )
    put(
        books,
        "units",
        [
            Unit(unit_id=u, call_sign=u[1:], kind=k, mode=m, station_id="S1", district="D", sworn=s)
            for u, k, m, s in rows
        ],
    )
    town.place_units({"U1": "a", "U2": "x", "U3": "p", "U4": "r"})
    town.happen(*(UnitOnDuty(unit_id=u, crew=2, shift="late", sworn=s) for u, _, _, s in rows))
    if mustered:
        for letter in "hiov":
            town.submit("take_roll", **roll(letter, members))
    town.facts.clear()
    return town


def roll(letter: str, members: int, **more: Any) -> dict[str, Any]:
    """Arguments of a roll of the team at a letter."""
    names = tuple(f"M{letter}{k}" for k in range(members))
    return {"team_id": f"T{letter}", "shift": "late", "on_duty": members, "member_ids": names, **more}


def rows(letters: str, members: int = 4) -> tuple[RollRow, ...]:
    """Rolls of several teams."""
    return tuple(RollRow(**roll(letter, members)) for letter in letters)
