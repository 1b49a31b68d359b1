"""The way into a venue: which entrance is open then, for whom, and how long it takes inside to the floor.

Idea: a route ends at an entrance, not at the middle of a roof. Of a venue's entrances those count that are open at that minute of the week
and admit the mode; only when none is does a locked one with a key-holder count, with a wait. The inside time by floor is the quicker of
stairs and lift. Sources: stairs about 0.5 m/s along a 32 degree slope going up (Fruin 1971) and 0.48 m/s going down (NIST TN 1839, 2015), so 11
and 12 s for a storey of 3 m; lift 30 s average wait (CIBSE Guide D), doors 6 s, 1.75 m/s. Limits: the plan of the building is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firstminute.model.records import Entrance, Venue

WEEK_MIN = 7 * 24 * 60
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday, Monday = 0
_ON_FOOT = frozenset({"foot", "run"})


@dataclass(frozen=True, slots=True)
class InsideTimes:
    """Seconds of moving inside a building, a setting of the city."""

    stairs_up_s: float = 11.0
    stairs_down_s: float = 12.0
    lift_wait_s: float = 36.0
    lift_floor_s: float = 1.7
    key_wait_s: float = 120.0
    walk_m_s: float = 1.34


@dataclass(frozen=True, slots=True)
class WayIn:
    """One entrance that can be used.

    Attributes
    ----------
    index : position in venue.entrances, -1 = the venue's own point (none is known)
    lon, lat : degrees
    inside_s : from the entrance to the floor, with the wait for a key
    code : "open", "key_holder" (locked, ask them), "closed" (no way in is known, go and see)
    note, key_holder : what rides on the alert
    """

    index: int
    lon: float
    lat: float
    inside_s: float
    code: str
    note: str | None = None
    key_holder: str | None = None


def minute_of_week(at_s: float, utc_offset_s: float) -> int:
    """Minute of the local week, Monday 00:00 = 0.

    >>> minute_of_week(0.0, 8 * 3600)
    4800
    """
    minutes = int((at_s + utc_offset_s) // 60)
    return (minutes + _EPOCH_WEEKDAY * 24 * 60) % WEEK_MIN


def is_open(hours: Sequence[tuple[int, int]], minute: int) -> bool:
    """True where one of the spans holds a minute of the week; no span = always. A span may run over Sunday night.

    >>> is_open([(10020, 120)], 30), is_open([(480, 1080)], 1080), is_open([], 7)
    (True, False, True)
    """
    if not hours:
        return True
    return any(
        start <= minute < end if start <= end else minute >= start or minute < end for start, end in hours
    )


def inside_s(floor: int, lift: bool, times: InsideTimes = InsideTimes()) -> float:
    """Seconds from the entrance to a floor (0 = ground, negative below), by stairs or lift, whichever is quicker.

    >>> inside_s(1, True), round(inside_s(20, True), 1), inside_s(20, False), inside_s(-2, False)
    (11.0, 70.0, 220.0, 24.0)
    """
    storeys = abs(floor)
    stairs = storeys * (times.stairs_up_s if floor > 0 else times.stairs_down_s)
    return min(stairs, times.lift_wait_s + storeys * times.lift_floor_s) if lift and storeys else stairs


def ways_in(
    venue: Venue, mode: str, minute: int, *, floor: int = 0, times: InsideTimes = InsideTimes()
) -> list[WayIn]:
    """Entrances that a mode can use at a minute of the week, in the venue's own order.

    Parameters
    ----------
    venue : with its entrances; without any, its own point is the way in
    mode : foot and run need an entrance for people; a vehicle may stop before any, one for vehicles lets it drive in
    minute : minute of the local week, see `minute_of_week`
    floor : where the person is
    times : speeds inside

    Returns
    -------
    at least one: the open ones; else those with a key-holder; else all that admit the mode, as "closed"
    """
    if not venue.entrances:
        return [WayIn(-1, venue.lon, venue.lat, inside_s(floor, False, times), "open")]
    fitting = [k for k, way in enumerate(venue.entrances) if mode not in _ON_FOOT or way.access != "vehicle"]
    fitting = fitting or list(range(len(venue.entrances)))
    opened = [k for k in fitting if is_open(venue.entrances[k].hours, minute)]
    if opened:
        return [_way(venue.entrances[k], k, "open", floor, times) for k in opened]
    keyed = [k for k in fitting if venue.entrances[k].key_holder]
    if keyed:
        return [_way(venue.entrances[k], k, "key_holder", floor, times) for k in keyed]
    return [_way(venue.entrances[k], k, "closed", floor, times) for k in fitting]


def _way(entrance: Entrance, index: int, code: str, floor: int, times: InsideTimes) -> WayIn:
    wait = times.key_wait_s if code == "key_holder" else 0.0
    seconds = inside_s(floor, entrance.lift, times) + wait
    return WayIn(index, entrance.lon, entrance.lat, seconds, code, entrance.note, entrance.key_holder)
