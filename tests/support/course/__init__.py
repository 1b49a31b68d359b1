"""Everything that somebody may try in the little town, one entry a command, for courses of random acts; and what must hold after each of them.

Idea: a course is a list of small numbers; each picks an act and, by what there is just then, whom and what it is about. A command that is missing here
fails a test, so that new ones are tried as well. The rules (`broken_rules`) are read from state and facts alone, by other ways than the code takes.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from firstminute.flow.registers import put
from firstminute.model.envelope import Fact
from firstminute.model.errors import Refused
from firstminute.model.records import AlertPolicy, Device, District, Member, MustVisit
from tests.support.course.calls import calls
from tests.support.course.desk import desk
from tests.support.course.incidents import incidents
from tests.support.course.parties import parties
from tests.support.course.people import people
from tests.support.course.picks import Act, place
from tests.support.course.response import response
from tests.support.course.rules import broken_rules
from tests.support.play import PLACES, Play, play

__all__ = ["ACTS", "NOT_TRIED", "a_town", "broken_rules", "place", "try_one"]
NOT_TRIED = frozenset({"change_register", "fire_timer"})
"""Registers change by `put` in these courses; timers fire as time passes, and by an act of their own."""
ACTS: tuple[tuple[str, Act], ...] = tuple(
    chain(calls(), incidents(), response(), people(), desk(), parties())
)
"""Name of a command → how it is tried. Seeds stand for places in this order."""


def try_one(town: Play, op: int, a: int, b: int) -> list[Fact]:
    """One act of the course; the facts that came of it, none where it was refused."""
    before = len(town.facts)
    try:
        ACTS[op % len(ACTS)][1](town, a, b)
    except Refused:
        pass
    town.at_s += 1.0
    return town.facts[before:]


def a_town(world: Any = "live") -> Play:
    """The town with a second district, three buttons, and one untrained member who is reached by text message."""
    town = play()
    town.state.world = world
    lon, lat = PLACES["h"]
    books = town.state.registers
    put(books, "districts", [District(district_id="E", name="E")])
    put(books, "alert_policies", [AlertPolicy(policy_id="default")])
    put(books, "members", [Member(member_id="Mh3", team_id="Th", channels=("sms", "page"))])
    put(books, "must_visits", [
        MustVisit(
            point_id=f"P{k}", name=f"point {k}", lon=lon, lat=lat, district="D", station_id="S1", from_min=from_min, until_min=until_min, unit_ids=crews,
        )
        for k, (from_min, until_min, crews) in enumerate(((0, 1440, ()), (16 * 60, 18 * 60, ("U1", "U3")), (22 * 60, 2 * 60, ())))
    ])  # fmt: skip
    put(books, "devices", [
        Device(device_id="B0", kind="sos_button", venue_id="Vh", lon=lon, lat=lat, type_code="sos", cancel_pin="12", duress_pin="13"),
        Device(device_id="B1", kind="sos_button", venue_id="Vi", silent=True, type_code="sos"),
        Device(device_id="B2", kind="sos_button", unit_id="U2", silent=True, type_code="officer_sos"),
    ])  # fmt: skip
    return town
