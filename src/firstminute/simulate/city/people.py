"""Teams and members of the generated city, and the buttons on its walls.

Idea: every venue keeps a minimum emergency unit (最小应急单元); how many people, what they are trained for and what hangs on the wall depend
on the kind of venue. Names are put together at random, phone numbers start with 000. Limits: one shift pattern per team.
"""

from __future__ import annotations

import numpy as np

from firstminute.model.records import Device, Member, Team, Venue
from firstminute.simulate.city.words import person_name, person_phone

_GUARD = ("shield", "fork", "baton")
_STRENGTH: dict[str, tuple[int, int]] = {
    "mall": (16, 28), "hospital": (18, 30), "school": (7, 12), "kindergarten": (4, 6), "estate": (7, 13), "market": (8, 16), "factory": (10, 18),
    "office": (7, 12), "hotel": (6, 10), "metro_station": (9, 14), "park": (5, 9), "bank": (3, 5), "shop": (3, 6), "station": (9, 15),
    "culture": (5, 8), "government": (7, 12), "clinic": (3, 5), "bar": (4, 8), "restaurant": (4, 7), "fuel": (4, 6), "netcafe": (3, 5),
}  # fmt: skip
_TRAINED: dict[str, tuple[str, ...]] = {
    "hospital": ("cpr", "restrain", "fire", "crowd"), "school": ("cpr", "restrain", "fire"), "mall": ("cpr", "restrain", "fire", "crowd"),
    "metro_station": ("cpr", "restrain", "fire", "crowd"), "kindergarten": ("cpr", "restrain", "fire"), "estate": ("restrain", "fire"),
    "market": ("fire", "crowd"), "government": ("restrain", "fire"), "bank": ("restrain",), "station": ("restrain", "fire", "crowd"),
    "factory": ("fire", "crowd"), "office": ("cpr", "fire"), "hotel": ("cpr", "fire"), "clinic": ("cpr",), "bar": ("restrain",),
    "fuel": ("fire",), "park": ("cpr", "crowd"), "culture": ("fire", "crowd"), "restaurant": ("fire",), "shop": ("fire",),
}  # fmt: skip
_AED = {"mall", "hospital", "metro_station", "station", "office", "culture", "park"}
_SOS: dict[str, tuple[float, bool]] = {  # share of venues with a button, and whether it is silent
    "bank": (1.0, True), "school": (1.0, False), "kindergarten": (1.0, False), "hospital": (1.0, False), "fuel": (0.8, True),
    "bar": (0.4, True), "metro_station": (1.0, False), "mall": (0.7, False), "park": (0.6, False),
}  # fmt: skip


def make_teams(venues: list[Venue], rng: np.random.Generator) -> tuple[list[Team], list[Member]]:
    """One team a venue and its members."""
    teams: list[Team] = []
    members: list[Member] = []
    for venue in venues:
        low, high = _STRENGTH.get(venue.category, (3, 5))
        strength = int(rng.integers(low, high + 1))
        team_id = "T" + venue.venue_id[1:]
        trained = _TRAINED.get(venue.category, ("fire",))
        start = len(members) + 1
        for k in range(strength):
            members.append(_member(team_id, start + k, trained, rng))
        kit: tuple[str, ...] = _GUARD if "restrain" in trained else ()
        kit += ("aed",) if venue.category in _AED else ()
        teams.append(
            Team(
                team_id=team_id,
                venue_id=venue.venue_id,
                name=f"{venue.name}应急分队",
                minimum=max(2, strength // 4),
                trained=trained,
                kit=(*kit, "extinguisher", "first_aid"),
                mode="e-bike" if venue.category in ("estate", "factory") and rng.random() < 0.5 else "run",
                lead_id=f"M{start:05d}",
                lead_phone=person_phone(start),
            )
        )
    return teams, members


def _member(team_id: str, number: int, trained: tuple[str, ...], rng: np.random.Generator) -> Member:
    skills = tuple(skill for skill in trained if rng.random() < 0.7)
    channels = ("push", "page") if rng.random() < 0.8 else ("sms", "page")
    return Member(
        member_id=f"M{number:05d}",
        team_id=team_id,
        name=person_name(rng),
        phone=person_phone(number),
        trained=skills,
        channels=channels,
    )


def make_devices(venues: list[Venue], rng: np.random.Generator) -> list[Device]:
    """SOS buttons on the walls of venues that have one."""
    devices = []
    for venue in venues:
        share, silent = _SOS.get(venue.category, (0.0, False))
        if rng.random() < share:
            devices.append(
                Device(
                    device_id="B" + venue.venue_id[1:],
                    kind="sos_button",
                    venue_id=venue.venue_id,
                    lon=venue.lon,
                    lat=venue.lat,
                    floor=0,
                    silent=silent,
                    type_code="sos",
                )
            )
    return devices
