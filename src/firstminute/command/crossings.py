"""Where two streets meet, by their names: `人民路 / 中山路`, `人民路中山路`, `rml zsl`, `Renmin Road & Zhongshan Road`.

Idea: the words are cut in two, where somebody put a sign or a blank between them or behind a word for street; each part finds streets by name, and
those pairs that meet somewhere are the answer. Limits: two streets that meet twice are shown at the first place; no third street.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from firstminute.command.gazetteer import Entry, Gazetteer

Pair = tuple[str, str]
STREETS_MOST = 40
CUTS_MOST = 6
_BETWEEN = re.compile(r"\s*(?:[/／&＆+×、,，@]|与|和|交叉?口?|\band\b)\s*|\s+", re.IGNORECASE)
_STREET_END = re.compile(r"(?<=[路街道巷弄里线])(?=.)")
_TAIL = re.compile(r"(?:的?(?:交叉口|交叉路口|交汇处|路口|交界|口))$")


def crossings(
    gazetteer: Gazetteer, meeting: Mapping[Pair, tuple[float, float]], query: str, most: int
) -> list[Entry]:
    """Places where two streets meet that the words name, best first.

    Parameters
    ----------
    meeting : names of two streets in their alphabetical order -> lon, lat of where they meet
    """
    words = _TAIL.sub("", query.strip())
    found: dict[Pair, Entry] = {}
    for one, other in _cuts(words):
        first = gazetteer.find(one, STREETS_MOST, sort="street")
        second = gazetteer.find(other, STREETS_MOST, sort="street") if first else []
        for a in first:
            for b in second:
                pair = (a.name, b.name) if a.name < b.name else (b.name, a.name)
                if len(found) < most and pair in meeting and pair not in found:
                    found[pair] = _crossing(a, b, meeting[pair])
    return list(found.values())


def _cuts(words: str) -> list[Pair]:
    """The ways to cut the words in two, at most `CUTS_MOST`."""
    cuts = [(words[: at.start()], words[at.end() :]) for at in _BETWEEN.finditer(words)]
    cuts += [(words[: at.start()], words[at.start() :]) for at in _STREET_END.finditer(words)]
    return [(a, b) for a, b in cuts if a.strip() and b.strip()][:CUTS_MOST]


def _crossing(a: Entry, b: Entry, at: tuple[float, float]) -> Entry:
    english = f"{a.name_en} / {b.name_en}" if a.name_en and b.name_en else None
    name = f"{a.name} / {b.name}"
    return Entry(name, english, "crossing", name, at[0], at[1])
