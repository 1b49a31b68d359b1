"""Chinese names in pinyin, without tones, for search: one list of syllables a name."""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

CHINESE = re.compile(r"[\u3400-\u9fff]")
_PARTS = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+")
KEPT_MOST = 65_536


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
        found += lazy_pinyin(part, style=Style.NORMAL) if CHINESE.match(part) else list(part.casefold())
    return tuple(each for each in found if each.strip())
