"""Reading an OpenStreetMap `maxspeed`: numbers, units, zones, signals, several values.

Idea: a posted limit may be "50", "30 mph", "10 knots", "CN:urban", "RO:zone30", "walk", "none", "signals" or "50;70"; what cannot be
read is *not posted*, never a guess, and the importer counts it. Source: the tag's documentation on the OpenStreetMap wiki.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from firstminute.geo.speeds import MPH_KMH, Region

_KNOT_KMH = 1.852
_UNITS = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": MPH_KMH, "knots": _KNOT_KMH, "knot": _KNOT_KMH}
_NUMBER = re.compile(r"^(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots?)?$")
_ZONE = re.compile(r"zone:?(\d+)$")
_NONE_KMH = 130.0  # "none": a motorway without a limit is driven at the advised speed
_WALK_KMH = 7.0
_LOWEST_KMH, _HIGHEST_KMH = (
    3.0,
    160.0,
)  # below and above, a number is a mistake or a code (0, 99 mph = 159 km/h is kept out by the table reader)


def parse_maxspeed(value: str | None, region: Region) -> float | None:
    """A limit in km/h, or None where it is not posted or cannot be read.

    >>> from firstminute.geo.speeds import REGIONS
    >>> cn = REGIONS["CN"]
    >>> parse_maxspeed("30 mph", cn), parse_maxspeed("CN:urban", cn), parse_maxspeed("signals", cn), parse_maxspeed("60;40", cn)
    (48.28032, 50, None, 40.0)
    """
    if value is None:
        return None
    found = [speed for part in value.split(";") if (speed := _one(part.strip().lower(), region)) is not None]
    return min(found) if found else None


def _one(text: str, region: Region) -> float | None:
    number = _NUMBER.match(text)
    if number:
        kmh = float(number.group(1)) * _UNITS[number.group(2) or ""]
        return kmh if _LOWEST_KMH <= kmh <= _HIGHEST_KMH else None
    if text == "none":
        return _NONE_KMH
    if text == "walk":
        return _WALK_KMH
    zone = text.rsplit(":", 1)[-1] if not text.startswith("zone") else text
    numbered = _ZONE.search(text)
    if numbered:
        return float(numbered.group(1))
    return region.zone_kmh.get(zone)


def posted_pair(tags: Mapping[str, str], region: Region) -> tuple[float | None, float | None]:
    """Posted limits (forward, backward) of a way in km/h.

    `maxspeed:forward`/`:backward` outrank `maxspeed`, which outranks `maxspeed:type`, `source:maxspeed` and `zone:maxspeed`.
    """
    both = parse_maxspeed(tags.get("maxspeed"), region)
    if both is None and "maxspeed" not in tags:
        for key in ("maxspeed:type", "zone:maxspeed", "source:maxspeed"):
            both = parse_maxspeed(tags.get(key), region)
            if both is not None:
                break
    forward = parse_maxspeed(tags.get("maxspeed:forward"), region)
    backward = parse_maxspeed(tags.get("maxspeed:backward"), region)
    return (both if forward is None else forward), (both if backward is None else backward)
