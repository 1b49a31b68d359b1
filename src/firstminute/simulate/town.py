"""A living town before the live desk: crews on their beats, teams that muster, people who call, responders who answer.

Idea: the same `People` as in the twin, but under the wall clock of whoever calls `tick`: it gives back the commands that are due and where everybody is; the
shell submits and feeds them. Nothing here knows the desk. Limits: one dispatcher for all; calls do not get worse when the town is busy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firstminute.model.envelope import Fact
from firstminute.model.facts.people import TeamChased
from firstminute.model.records import Device, Member, Station, Team, Unit, Venue
from firstminute.simulate.behaviour import CITY_PEOPLE, Behaviour
from firstminute.simulate.callers import Callers, Drawn, corners_of
from firstminute.simulate.city.make import City
from firstminute.simulate.people import SEEN, People
from firstminute.simulate.plans import CALLER, COMMANDER, Agenda, Planned, crew_of, member_of
from firstminute.simulate.rides import Rides, Router
from firstminute.simulate.run import seeded_ids
from firstminute.simulate.trips import LonLat

UTC_OFFSET_S = 8 * 3600.0
SHIFT_H = 12
BATCH = 500
FOUND_BY_TEAM = 0.12  # share of calls from a venue that its own team saw first (assumed)
FIRST_CALLS = (
    "quarrel",
    "medical",
    "fight",
    "fire",
    "threat",
    "traffic_injury",
    "sos",
    "lost_elder",
    "cardiac_arrest",
    "theft",
)
"""What the first callers call about, so that every ring is seen at work within a minute."""
Fix = tuple[str, float, float, float]


@dataclass(frozen=True, slots=True)
class Pace:
    """How lively the town is: calls a day, calls in the first seconds, share of a team on duty."""

    calls_per_day: float = 2_400.0
    first_calls: int = 6
    first_within_s: float = 10.0
    on_duty_share: float = 0.42


class Town:
    """The people of a generated city.

    Parameters
    ----------
    city : drawing and registers
    router : ways on its ground
    rng : seeded
    """

    def __init__(
        self,
        city: City,
        router: Router,
        rng: np.random.Generator,
        *,
        pace: Pace = Pace(),
        behaviour: Behaviour = CITY_PEOPLE,
    ) -> None:
        self._units = [row for row in city.registers["units"] if isinstance(row, Unit)]
        self._teams = [row for row in city.registers["teams"] if isinstance(row, Team)]
        self._members: dict[str, list[str]] = {}
        for row in city.registers["members"]:
            if isinstance(row, Member):
                self._members.setdefault(row.team_id, []).append(row.member_id)
        corners = corners_of(city.drawing, rng)
        venues = [row for row in city.registers["venues"] if isinstance(row, Venue)]
        devices = [row for row in city.registers["devices"] if isinstance(row, Device)]
        homes = _homes(self._units, city)
        self.rides = Rides(
            self._units, homes, ([(lon, lat) for lon, lat, _ in corners], _water(city)), router, rng
        )
        self.people = People(self._units, behaviour, rng, self.rides)
        self._callers = Callers(venues, devices, corners, behaviour, rng)
        self._behaviour, self._rng, self._pace = behaviour, rng, pace
        self._agenda = Agenda()
        self._ids = seeded_ids(int(rng.integers(0, 2**62)))
        self._kinds = frozenset(SEEN)

    def begin(self, now_s: float) -> list[Planned]:
        """What must be given first: crews on duty, teams mustered; later musters and calls go on the agenda."""
        first = [
            Planned(now_s, "unit_on_duty", on_duty(unit, _shift(now_s)), crew_of(unit.unit_id))
            for unit in self._units
        ]
        muster = {"shift": _shift(now_s), "due_s": now_s + 60.0, "until_s": _shift_end(now_s)}
        first.append(Planned(now_s, "call_muster", muster, COMMANDER))
        rolls = self._muster(now_s, now_s, spread_s=240.0)
        first += [
            Planned(now_s, "take_rolls", {"rolls": rolls[k : k + BATCH]}, COMMANDER)
            for k in range(0, len(rolls), BATCH)
        ]
        self._change_of_shift(now_s)
        for k in range(self._pace.first_calls):
            at_s = now_s + 1.5 + k * self._pace.first_within_s / max(1, self._pace.first_calls)
            self._call(self._callers.draw(at_s, _hour(at_s), FIRST_CALLS[k % len(FIRST_CALLS)]))
        self._coming = self._callers.stream(
            now_s + self._pace.first_within_s, self._pace.calls_per_day, offset_s=UTC_OFFSET_S
        )
        self._next = next(self._coming)
        return first

    def see(self, facts: Iterable[Fact]) -> None:
        """Show facts to the people."""
        for fact in facts:
            if type(fact.body) in self._kinds:
                for planned in self.people.see(fact):
                    self._agenda.add(planned)
                if isinstance(fact.body, TeamChased) and self._rng.random() < 0.6:
                    wait = float(self._rng.uniform(15.0, 90.0))
                    self._agenda.add(self._roll(fact.body.team_id, fact.at_s + wait))

    def tick(self, now_s: float) -> tuple[list[Planned], list[Fix]]:
        """Commands that are due, and where every crew is."""
        while self._next.at_s <= now_s:
            self._call(self._next)
            self._next = next(self._coming)
        due: list[Planned] = []
        while (at_s := self._agenda.next_s()) is not None and at_s <= now_s:
            planned = self._agenda.pop()
            if not self.people.stale(planned):
                due.append(planned)
        self.rides.patrol(now_s)
        return due, self.rides.fixes(now_s)

    def _call(self, drawn: Drawn) -> None:
        """A call, and where the caller needs a moment to say it, the words that follow."""
        call_id = next(self._ids)
        arguments = call_arguments(drawn, call_id)
        slow = drawn.channel == "phone" and self._rng.random() < 0.35
        if slow:
            said = {"type_code": arguments.pop("type_code"), "text": arguments["text"]}
            arguments["text"] = drawn.text[: max(2, len(drawn.text) // 3)]
            later = drawn.at_s + float(self._rng.uniform(4.0, 9.0))
            self._agenda.add(Planned(later, "amend_call", {"call_id": call_id, **said}, CALLER))
        caller = CALLER
        finders = self._members.get("T" + str(drawn.venue_id)[1:], [])
        if finders and not slow and drawn.channel == "phone" and self._rng.random() < FOUND_BY_TEAM:
            caller = member_of(
                finders[int(self._rng.integers(0, len(finders)))], "T" + str(drawn.venue_id)[1:]
            )
            arguments = {**arguments, "channel": "member"}
        self._agenda.add(Planned(drawn.at_s, "receive_call", arguments, caller))

    def _muster(self, now_s: float, at_s: float, *, spread_s: float) -> list[dict[str, Any]]:
        """Rolls of the teams that report on time; late ones go on the agenda."""
        rolls = []
        for team in self._teams:
            draw = self._rng.random()
            if draw < self._behaviour.muster_on_time:
                rolls.append(self._roll_of(team.team_id, at_s))
            elif draw < self._behaviour.muster_on_time + self._behaviour.muster_late:
                self._agenda.add(self._roll(team.team_id, now_s + float(self._rng.uniform(5.0, spread_s))))
        return rolls

    def _change_of_shift(self, now_s: float) -> None:
        """Rolls of the next shift, spread over its first four minutes."""
        start = _shift_end(now_s)
        muster = {"shift": _shift(start + 1.0), "due_s": start + 300.0, "until_s": _shift_end(start + 1.0)}
        self._agenda.add(Planned(start, "call_muster", muster, COMMANDER))
        rolls = self._muster(start, start + 1.0, spread_s=600.0)
        order = self._rng.permutation(len(rolls))
        for k in range(0, len(rolls), 25):
            some = [rolls[int(i)] for i in order[k : k + 25]]
            self._agenda.add(
                Planned(start + 240.0 * k / max(1, len(rolls)), "take_rolls", {"rolls": some}, COMMANDER)
            )

    def _roll(self, team_id: str, at_s: float) -> Planned:
        return Planned(at_s, "take_roll", self._roll_of(team_id, at_s), COMMANDER)

    def _roll_of(self, team_id: str, at_s: float) -> dict[str, Any]:
        members = self._members.get(team_id, [])
        count = max(2, round(len(members) * self._pace.on_duty_share))
        picked = sorted(self._rng.choice(len(members), min(count, len(members)), replace=False).tolist())
        here = [members[k] for k in picked]
        return {
            "team_id": team_id,
            "shift": _shift(at_s),
            "on_duty": len(here),
            "reachable": max(1, len(here) - int(self._rng.random() < 0.15)),
            "method": ("button", "qr", "radio")[int(self._rng.choice(3, p=(0.55, 0.3, 0.15)))],
            "well": bool(self._rng.random() < 0.97),
            "member_ids": here,
            "until_s": _shift_end(at_s),
        }


def on_duty(unit: Unit, shift: str) -> dict[str, Any]:
    """Arguments of `unit_on_duty`."""
    return {
        "unit_id": unit.unit_id,
        "crew": unit.crew,
        "sworn": unit.sworn,
        "shift": shift,
        "station_id": unit.station_id,
    }


def call_arguments(drawn: Drawn, call_id: str) -> dict[str, Any]:
    """Arguments of `receive_call` as plain data."""
    place = {
        "points": [[drawn.lon, drawn.lat]],
        "radius_m": drawn.radius_m,
        "source": "device" if drawn.device_id else "caller",
        "known_s": drawn.at_s,
        "floor": drawn.floor,
        "address": drawn.address,
    }
    arguments = {
        "call_id": call_id,
        "channel": drawn.channel,
        "type_code": drawn.type_code,
        "venue_id": drawn.venue_id,
        "place": place,
        "text": drawn.text or None,
        "caller_name": drawn.caller_name,
        "caller_phone": drawn.caller_phone,
        "device_id": drawn.device_id,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _homes(units: Sequence[Unit], city: City) -> dict[str, LonLat]:
    """Where crews start: at their station, boats on the river, metro crews at stations of the line."""
    stations = {
        row.station_id: (row.lon, row.lat) for row in city.registers["stations"] if isinstance(row, Station)
    }
    metro = [
        (row.lon, row.lat)
        for row in city.registers["venues"]
        if isinstance(row, Venue) and row.category == "metro_station"
    ]
    water = _water(city)
    homes, boats, trains = {}, 0, 0
    for unit in units:
        place = stations[unit.station_id]
        if unit.mode == "boat":
            place, boats = water[(7 + 9 * boats) % len(water)], boats + 1
        elif unit.kind == "metro" and metro:
            place, trains = metro[trains % len(metro)], trains + 1
        homes[unit.unit_id] = place
    return homes


def _water(city: City) -> list[LonLat]:
    """Places along the middle of the river, inside the third ring."""
    x = np.linspace(-3_900.0, 3_900.0, 60)
    lon, lat = city.shape.ground(x, city.shape.river_y(x))
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def _hour(at_s: float) -> float:
    return ((at_s + UTC_OFFSET_S) % 86_400.0) / 3600.0


def _shift(at_s: float) -> str:
    """day from 07:00 to 19:00, night else.

    >>> _shift(0.0), _shift(12 * 3600.0)
    ('day', 'night')
    """
    return "day" if 7.0 <= _hour(at_s) < 19.0 else "night"


def _shift_end(at_s: float) -> float:
    """When the shift that holds a time ends, seconds since 1970."""
    since = (at_s + UTC_OFFSET_S - 7 * 3600.0) % (SHIFT_H * 3600.0)
    return at_s - since + SHIFT_H * 3600.0
