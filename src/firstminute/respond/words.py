"""Radio words typed by the desk: `12 到` is a fact, because nobody who rides or fights should have to touch a phone.

Idea: a line is one or more statements; each names call signs and one word of a small table, in Chinese or English. A call sign may be said short: by its
last digits, first among those who are bound to the incident. What is not understood is refused with the line, never guessed. Limits: a time of day
in the line is not read; the desk gives it with the command.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firstminute.model.errors import Refused
from firstminute.model.records import Unit

MEANINGS: dict[str, tuple[str, ...]] = {
    "person_reached": ("见到人", "见到报警人", "找到人", "with caller", "at patient", "at person"),
    "arrived": (
        "到达现场",
        "已到达",
        "到场",
        "到达",
        "到了",
        "已到",
        "到",
        "on scene",
        "arrived",
        "at scene",
        "there",
    ),
    "en_route": (
        "在路上",
        "出发",
        "出动",
        "前往",
        "赶往",
        "en route",
        "rolling",
        "moving",
        "on the way",
        "responding",
    ),
    "help": ("请求支援", "请求增援", "支援", "增援", "need backup", "backup", "help"),
    "sos": ("民警求援", "紧急求援", "mayday", "officer down", "sos"),
    "cleared": ("处置完毕", "处理完毕", "完毕", "撤离", "结束", "clear", "cleared", "done", "finished"),
    "cannot": ("去不了", "不能去", "放弃", "cannot", "unable"),
    "well": ("平安", "安全", "正常", "ok", "safe", "all well"),
    "accepted": ("收到", "明白", "copy", "roger", "received"),
    "available": ("待命", "可用", "归队", "available", "in service"),
    "resting": ("休息", "用餐", "resting", "break"),
    "refuelling": ("加油", "充电", "refuelling", "charging"),
    "unavailable": ("不可用", "故障", "unavailable", "out of service"),
}
"""What is meant → the words for it."""

_WORDS = sorted(
    ((word, meant) for meant, words in MEANINGS.items() for word in words), key=lambda pair: -len(pair[0])
)
_STATEMENTS = re.compile(r"[;；。\n]+|[,，](?=\s*\S*\d)")
_FILLER = re.compile(r"[号組组呼叫\s,，、]+|\band\b|\bunit\b|\bis\b")
MOST = 20


@dataclass(frozen=True, slots=True)
class Heard:
    """One statement: who, as said, and what is meant (a key of `MEANINGS`)."""

    call_signs: tuple[str, ...]
    meant: str


def parse(line: str) -> list[Heard]:
    """The statements of a line. Raises `Refused` where one is not understood.

    >>> parse("12 到"), parse("12 ok")
    ([Heard(call_signs=('12',), meant='arrived')], [Heard(call_signs=('12',), meant='well')])
    >>> parse("铁骑12、15号 出发；P7 done")
    [Heard(call_signs=('铁骑12', '15'), meant='en_route'), Heard(call_signs=('p7',), meant='cleared')]
    """
    plain = unicodedata.normalize("NFKC", line).strip().lower()
    statements = [part.strip() for part in _STATEMENTS.split(plain) if part.strip()]
    if not statements or len(statements) > MOST:
        raise Refused("words_not_understood", line=line[:80])
    return [_statement(part, line) for part in statements]


def _statement(text: str, line: str) -> Heard:
    for word, meant in _WORDS:
        at = _at_end(text, word)
        if at is not None:
            signs = tuple(sign for sign in _FILLER.split(text[:at]) if sign)
            if signs:
                return Heard(signs, meant)
    raise Refused("words_not_understood", line=line[:80])


def _at_end(text: str, word: str) -> int | None:
    """Where the word stands at the end of the text; English words stand alone, Chinese ones may touch what is before."""
    bare = text.rstrip(" .!。")
    if not bare.endswith(word):
        return None
    at = len(bare) - len(word)
    if word.isascii() and at and bare[at - 1].isalnum():
        return None
    return at


def resolve(sign: str, units: Mapping[str, Unit], bound: Iterable[str]) -> Unit:
    """The unit that a call sign means: the whole sign, else its last digits, first among `bound`."""
    wanted = sign.casefold()
    here = [units[u] for u in bound if u in units]
    for among in (here, list(units.values())):
        for fits in (_whole, _last_digits):
            found = {u.unit_id: u for u in among if fits(u.call_sign.casefold(), wanted)}
            if len(found) == 1:
                return next(iter(found.values()))
            if len(found) > 1:
                raise Refused("call_sign_ambiguous", sign=sign, count=len(found))
    raise Refused("unknown_call_sign", sign=sign)


def _whole(known: str, wanted: str) -> bool:
    return known == wanted or known.replace("-", "") == wanted.replace("-", "")


def _last_digits(known: str, wanted: str) -> bool:
    if not wanted.isdigit():
        return False
    found = re.search(r"(\d+)\D*$", known)
    return found is not None and (found[1] == wanted or found[1].lstrip("0") == wanted.lstrip("0"))
