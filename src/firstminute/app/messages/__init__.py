"""Every sentence a person reads, by language and key: the core says codes and parameters, this says them in words.

Idea: two flat JSON catalogues with the same keys (a test compares them), read once; a parameter that a sentence does not name is left unsaid,
one that is missing is shown as its name in braces rather than losing the sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh-CN")


class _Kept(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All sentences of a language."""
    text = files("firstminute.app.messages").joinpath(f"{language}.json").read_text(encoding="utf-8")
    sentences: dict[str, str] = json.loads(text)
    return sentences


def sentence(language: str, key: str, params: Mapping[str, object] | None = None) -> str:
    """The sentence of a key; the key itself where the catalogue has none.

    >>> sentence("en", "ground.no_nodes", {"path": "n.csv"})
    'n.csv has no rows.'
    """
    return catalogue(language).get(key, key).format_map(_Kept(params or {}))


def language_of(wanted: str | None, environment: Mapping[str, str]) -> str:
    """A language that there is: the wanted one, else that of LC_ALL, LC_MESSAGES or LANG, else English.

    >>> language_of(None, {"LANG": "zh_CN.UTF-8"}), language_of("en", {"LANG": "zh_CN"}), language_of(None, {})
    ('zh-CN', 'en', 'en')
    """
    for value in (wanted, environment.get("LC_ALL"), environment.get("LC_MESSAGES"), environment.get("LANG")):
        if value:
            return "zh-CN" if value.lower().startswith("zh") else "en"
    return "en"
