"""Places by name: everything on the map that has one, found by any part of it, by its pinyin or by the first letters of its pinyin.

Idea: all names stand one after the other in one array of characters. Every character where a match may begin is filed under itself and the next one, so a
query looks only at the places that begin as it does, however many names there are. Who is called exactly so comes first, then who begins so (a word
of it), then who holds it; among these venues before stations, areas, streets; then the shorter name. Pinyin matches from the beginning of a syllable
only, else every `an` would be found. Limits: no spelling correction; a name has one reading.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_NAMES = 500_000
SORT_RANK = {"venue": 0, "station": 1, "area": 2, "place": 3, "street": 4, "water": 5}
_END = 0
_WITHIN, _BEGINS = 1, 2
_EACH_TWICE = 8
"""How often a name may be hit at more than one place before all hits are sorted."""
Hit = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One named place, degrees WGS-84. `spelled`: the syllables of its name, empty where it needs none."""

    name: str
    name_en: str | None
    sort: str
    key: str
    lon: float
    lat: float
    spelled: tuple[str, ...] = ()


def fold_text(text: str) -> str:
    """Text as it is compared: full-width as half-width, lower case, no blanks and apostrophes.

    >>> fold_text("ＡＢ c路")
    'abc路'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().replace("'", "").split())


def distinct_streets(names: Iterable[tuple[str, str, float, float]]) -> list[Entry]:
    """One entry a street (name, English name or "", lon, lat), at the first place it was seen."""
    seen: dict[str, Entry] = {}
    for name, name_en, lon, lat in names:
        if name and name not in seen and len(seen) < MOST_NAMES:
            seen[name] = Entry(name, name_en or None, "street", name, lon, lat)
    return list(seen.values())


class Gazetteer:
    """Names, ready to be searched; never changed."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        ranked = sorted(entries, key=lambda each: (SORT_RANK.get(each.sort, 9), len(each.name), each.name))
        self.entries: Sequence[Entry] = ranked[:MOST_NAMES]
        letters, begins, owner = _text(self.entries)
        codes = np.frombuffer(letters.encode("utf-32-le"), "<u4")
        alphabet, text = np.unique(codes, return_inverse=True)
        # the letter that ends a name is in no query: looked for, it would lead past the end of the text
        self._rank = {chr(code): rank for rank, code in enumerate(alphabet.tolist()) if code != _END}
        self._text: NDArray[np.uint32] = text.astype(np.uint32)
        self._begins, self._owner = begins, owner
        at = np.flatnonzero(begins).astype(np.int32)
        key = self._text[at].astype(np.uint64) << np.uint64(32) | self._text[at + 1]
        order = np.argsort(key, kind="stable")
        self._key, self._at = key[order], at[order]

    def find(self, query: str, most: int, *, sort: str | None = None) -> list[Entry]:
        """At most `most` places whose name holds the query, best first; `sort`: only of that sort."""
        wanted = [self._rank.get(letter, -1) for letter in fold_text(query)]
        if not wanted or min(wanted) < 0 or most <= 0:
            return []
        at = self._beginning(wanted)
        for nth, letter in enumerate(wanted[2:], 2):
            at = at[self._text[at + nth] == letter]
            if not len(at):
                return []
        if sort is not None:
            kept = np.array([each.sort == sort for each in self.entries], bool)
            at = at[kept[self._owner[at]]]
        return self._best(at, len(wanted), most)

    def _beginning(self, wanted: list[int]) -> NDArray[np.int32]:
        """Where a match may begin with the first letters that are wanted."""
        low = wanted[0] << 32 | (wanted[1] if len(wanted) > 1 else 0)
        high = wanted[0] << 32 | (wanted[1] if len(wanted) > 1 else 0xFFFFFFFF)
        first = np.searchsorted(self._key, np.uint64(low), "left")
        last = np.searchsorted(self._key, np.uint64(high), "right")
        return self._at[first:last]

    def _best(self, at: NDArray[np.int32], length: int, most: int) -> list[Entry]:
        whole = self._text[at + length] == _END
        grade = np.where(self._begins[at] == _BEGINS, np.where(whole, 0, 1), 2)
        rank = grade.astype(np.int64) * len(self.entries) + self._owner[at]
        if len(rank) > most * _EACH_TWICE:
            first = np.partition(rank, most * _EACH_TWICE)[: most * _EACH_TWICE]
            if len(np.unique(first % len(self.entries))) >= most:
                rank = first
        found = dict.fromkeys((np.sort(rank) % len(self.entries)).tolist()) if len(rank) else {}
        return [self.entries[number] for number in list(found)[:most]]


def shown(entry: Entry) -> Hit:
    """A place as the map is told it."""
    return {
        "name": entry.name, "name_en": entry.name_en, "sort": entry.sort, "id": entry.key, "lon": entry.lon, "lat": entry.lat,
    }  # fmt: skip


def _text(entries: Sequence[Entry]) -> tuple[str, NDArray[np.uint8], NDArray[np.int32]]:
    """All names in one text, each ended by a NUL; where a match may begin; which entry each letter is of."""
    parts: list[str] = ["\0"]
    flags = bytearray([0])
    sizes: list[int] = []
    for each in entries:
        begun = len(flags)
        for name in (each.name, each.name_en):
            if name:
                _add_name(name, parts, flags)
        if each.spelled:
            _add_spelling(each.spelled, parts, flags)
        sizes.append(len(flags) - begun)
    owner = np.concatenate([[0], np.repeat(np.arange(len(entries)), sizes)]).astype(np.int32)
    return "".join(parts), np.frombuffer(bytes(flags), np.uint8), owner


def _add_name(name: str, parts: list[str], flags: bytearray) -> None:
    """A name: a match may begin anywhere, best at the beginning of a word."""
    for word in name.split():
        folded = fold_text(word)
        parts.append(folded)
        flags += bytes([_BEGINS] + [_WITHIN] * (len(folded) - 1)) if folded else b""
    parts.append("\0")
    flags.append(0)


def _add_spelling(syllables: Sequence[str], parts: list[str], flags: bytearray) -> None:
    """Whole syllables, then their first letters: `renmingongyuan`, `rmgy`."""
    for number, syllable in enumerate(syllables):
        parts.append(syllable)
        flags += bytes([_WITHIN if number else _BEGINS] + [0] * (len(syllable) - 1))
    parts.append("\0")
    parts.append("".join(syllable[0] for syllable in syllables))
    flags += bytes([0, _BEGINS, *[_WITHIN] * (len(syllables) - 1), 0])
    parts.append("\0")
