"""Make a whole city from one seed: what is drawn, and every register row that goes with it.

Idea: pure and deterministic; the caller turns the drawing into ground and imports the registers through the desk, exactly as a real city would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firstminute.model.records import Record
from firstminute.respond.catalogue import CATALOGUE
from firstminute.respond.plans import PLANS, POLICIES
from firstminute.simulate.city.areas import Drawing
from firstminute.simulate.city.drawing import Frontage, draw_city
from firstminute.simulate.city.people import make_devices, make_teams
from firstminute.simulate.city.police import (
    belong,
    make_agencies,
    make_districts,
    make_rosters,
    make_stations,
    make_units,
    make_zones,
)
from firstminute.simulate.city.rounds import make_must_visits
from firstminute.simulate.city.shape import Shape
from firstminute.simulate.city.venues import TOTAL, place_venues

DEMO_SEED = 135


@dataclass(frozen=True, slots=True)
class City:
    """A generated city.

    Attributes
    ----------
    drawing : streets, water, rails in the words of OpenStreetMap
    registers : table -> rows, in an order in which they may be imported
    shape, frontage : the plan it was drawn on
    """

    seed: int
    drawing: Drawing
    registers: dict[str, list[Record]]
    shape: Shape
    frontage: Frontage


def make_city(seed: int = DEMO_SEED, venues: int = TOTAL) -> City:
    """The city of a seed. `venues` may be made smaller for tests.

    >>> make_city(3, venues=40).registers["venues"][0].category
    'metro_station'
    """
    rng = np.random.default_rng(seed)
    drawing, shape, frontage = draw_city(rng)
    bare, plan = place_venues(frontage, shape, rng, venues)
    stations, places = make_stations(shape, plan, rng)
    rows = belong(shape, bare, plan, stations, places)
    teams, members = make_teams(rows, rng)
    units = make_units(stations)
    registers: dict[str, list[Record]] = {
        "alert_policies": [*POLICIES],
        "plans": [*PLANS],
        "rosters": [*make_rosters()],
        "incident_types": [*CATALOGUE],
        "districts": [*make_districts()],
        "stations": [*stations],
        "zones": [*make_zones(shape)],
        "venues": [*rows],
        "teams": [*teams],
        "members": [*members],
        "units": [*units],
        "must_visits": [*make_must_visits(rows, stations, units)],
        "devices": [*make_devices(rows, rng)],
        "agencies": [*make_agencies()],
    }
    return City(seed, drawing, registers, shape, frontage)
