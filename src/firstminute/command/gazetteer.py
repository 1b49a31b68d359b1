"""Places by name: venues, stations and streets whose name holds what was typed.

Idea: a city's names are some ten thousand short strings, so a plain scan over one joined text is fast enough and finds any substring, in Chinese or English;
who begins with the words comes first, then the shorter name. Limits: no pinyin, no spelling correction.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MOST_NAMES = 500_000
SORT_RANK = {"venue": 0, "station": 1, "street": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """One named place, degrees WGS-84. `folded`: its names as they are compared."""

    name: str
    name_en: str | None
    sort: str
    key: str
    lon: float
    lat: float
    folded: str


def fold_text(text: str) -> str:
    """Text as it is compared: full-width as half-width, lower case, no blanks.

    >>> fold_text("ＡＢ c路")
    'abc路'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def entry(name: str, sort: str, key: str, lon: float, lat: float, *, name_en: str | None = None) -> Entry:
    """One entry, folded."""
    return Entry(
        name, name_en, sort, key, lon, lat, "\0".join(fold_text(each) for each in (name, name_en) if each)
    )


def find(entries: Sequence[Entry], query: str, most: int) -> list[dict[str, Any]]:
    """At most `most` places whose name holds the query, best first."""
    wanted = fold_text(query)
    if not wanted:
        return []
    hits = [each for each in entries if wanted in each.folded]
    hits.sort(
        key=lambda each: (
            not each.folded.startswith(wanted),
            SORT_RANK.get(each.sort, 9),
            len(each.name),
            each.name,
        )
    )
    return [
        {"name": h.name, "name_en": h.name_en, "sort": h.sort, "id": h.key, "lon": h.lon, "lat": h.lat}
        for h in hits[:most]
    ]


def distinct_streets(names: Iterable[tuple[str, str, float, float]]) -> list[Entry]:
    """One entry a street (name, English name or "", lon, lat), at the first place it was seen."""
    seen: dict[str, Entry] = {}
    for name, name_en, lon, lat in names:
        if name and name not in seen and len(seen) < MOST_NAMES:
            seen[name] = entry(name, "street", name, lon, lat, name_en=name_en or None)
    return list(seen.values())
