"""Chinese names in pinyin, without tones, for search: one list of syllables a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

CHINESE = re.compile(r"[\u3400-\u9fff]")
_PARTS = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+")
KEPT_MOST = 65_536


@cache
def _reader() -> Callable[[str], list[str]]:
    """Loaded at the first Chinese name: its dictionary of phrases costs every start a second of the processor otherwise."""
    from pypinyin import Style, lazy_pinyin

    return lambda part: lazy_pinyin(part, style=Style.NORMAL)


@lru_cache(KEPT_MOST)
def spelled(name: str) -> tuple[str, ...]:
    """The syllables of a name, what is not Chinese letter by letter; nothing where no letter is Chinese.

    >>> spelled("人民公园")
    ('ren', 'min', 'gong', 'yuan')
    >>> spelled("Park")
    ()
    """
    if not CHINESE.search(name):
        return ()
    found: list[str] = []
    for part in _PARTS.findall(name):
        found += _reader()(part) if CHINESE.match(part) else list(part.casefold())
    return tuple(each for each in found if each.strip())
